// The documents about the review of what is posted: what was found, and what would be left. Types only, light to import.

type FoundDocument = {
  /** `title`, `text`, `note`, `seat`, `source`, or `indicators.N`. */
  field: string;
  /** UTF-16 units; `end` is behind the last one. */
  start: number;
  end: number;
  class: "personal-data" | "own-organisation" | "secret" | "warninglist";
  detector: string;
  /** `hold`: it is not sent before somebody decides. */
  severity: "hold" | "warn";
};

/** What a post that was reviewed tells of it: never what was found. */
export type ReviewedDocument = {
  result: "clean" | "applied" | "kept";
  reviewer: string;
  reason: string | null;
  /** The rules that it was reviewed by. */
  rules: string;
  findings: FoundDocument[];
};

/** The review of a draft, for whoever wrote it. */
export type ScrubDocument = {
  schema: "tocsin.scrub/1";
  /** Whether somebody must decide. */
  held: boolean;
  findings: (FoundDocument & { found: string; replacement: string | null })[];
  /** Fields as they are and as they would be; null: an indicator that would be left out. */
  changes: { field: string; before: string; after: string | null }[];
  /** Findings and changes that are left out here, because there are too many to be shown. */
  more: number;
};
