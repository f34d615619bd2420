// What the document of an item says beside the words that all kinds share: one section for each kind that has more to say.
// Types only; keys are only ever added.

import type { Tlp } from "../record/marking.ts";
import type { ALERT_STATUSES, EXPLOITED, FINDINGS, INCIDENT_STATUSES, PostKind, VERDICTS } from "../record/body.ts";

export type ItemKind = PostKind;

export type AckDocument = { org: string; seat: string; at: string; note: string | null };
export type AlertDocument = {
  severity: string;
  urgency: string;
  certainty: string;
  /** CAP's word; a drill is told by `exercise` of the item. */
  status: (typeof ALERT_STATUSES)[number] | "exercise";
  ackBy: string | null;
  need: number | "all";
  /** The orgs that must acknowledge, by name; empty where none are named. */
  who: readonly string[];
  acks: AckDocument[];
};

export type VerdictDocument = {
  answer: (typeof VERDICTS)[number];
  state: (typeof FINDINGS)[number] | null;
  searched: { from: string | null; to: string | null; scope: string | null } | null;
};
/** The newest answer of each org, oldest first. */
export type AskDocument = {
  closes: string | null;
  answers: ({
    id: string;
    org: string;
    seat: string;
    at: string;
    text: string | null;
    late: boolean;
  } & VerdictDocument)[];
  tally: Record<(typeof VERDICTS)[number], number>;
  /** Orgs that can read it and have not answered. */
  waiting: string[];
};

export type UpdateDocument = { status: IncidentStatus | null; decision: boolean; links: string[] };
export type IncidentStatus = (typeof INCIDENT_STATUSES)[number];
export type IncidentDocument = {
  severity: string;
  status: IncidentStatus;
  updates: ({ id: string; org: string; seat: string; at: string; text: string | null } & UpdateDocument)[];
  /** Records that any update linked. */
  links: string[];
};

export type VulnerabilityDocument = {
  product: string;
  severity: string;
  exploited: (typeof EXPLOITED)[number];
  versions: string | null;
  fixed: string | null;
};

/** Of an amendment: what it changes of what stood before. `counts`: whether its author may. */
export type AmendmentDocument = {
  why: string | null;
  counts: boolean;
  changes: { field: string; before: string | null; after: string | null }[];
};

/** At most the one that fits the kind. */
export type KindSections = {
  alert?: AlertDocument;
  ask?: AskDocument;
  answer?: VerdictDocument;
  incident?: IncidentDocument;
  update?: UpdateDocument;
  vuln?: VulnerabilityDocument;
  amend?: AmendmentDocument;
  retract?: { counts: boolean };
  widen?: { limit: Tlp; credit: boolean; counts: boolean };
  /** Where its author wants something said, null where that circle is not known here, and of which kind it is. */
  sponsor?: { circle: string | null; kind: PostKind };
  /** What its author called the kind; this version does not know it. */
  unknown?: { named: string };
};

/** Of an item that its author amended or withdrew: by which item, when and why. */
export type CorrectionDocument = { id: string; org: string; seat: string; at: string; why: string | null };
