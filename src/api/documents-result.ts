// The documents of what posting did, or would do (docs/cli.md). Types only, as those of `documents.ts`.

import type { TrustWord } from "../circle/trust.ts";
import type { Tlp } from "../record/marking.ts";
import type { ItemKind } from "./documents-kinds.ts";
import type { HeldReason } from "./lane-document.ts";
import type { ReviewedDocument } from "./scrub-document.ts";

export type ResultState = "queued" | "delivered" | "duplicate" | "rejected" | "held" | "spooled";

export type ResultDocument = {
  schema: "tocsin.result/1";
  id: string;
  kind: ItemKind;
  circle: string;
  state: ResultState;
  /** Null only where `state` is "spooled" and none was named: the circle decides then. */
  tlp: Tlp | null;
  audience: string[];
  /** Who does not read it, and why. */
  withheld: WithheldDocument[];
  delivered: { held: string[]; of: number };
  acked: string[];
  exercise: boolean;
  /** Who was asked to say it, and where; of a rehearsal, who would be. The rest of this document is of the request then. */
  asked?: { sponsor: string; circle: string };
  held?: HeldReason; // only where `state` is "held"; it has no id then
  /** Only where a seat of this node decided so: which, and why. */
  rejected?: { by: string; reason: string };
  /** Only where `state` is "spooled", without an id either: why the daemon could not be reached, and the key of the post. */
  spooled?: { code: string; message: string; key: string };
  /** Only where the review found something. */
  scrub?: ReviewedDocument;
  /** Only of a rehearsal: the other orgs of `audience` and how far they are trusted, the risks taken, and what refuses it as it is (`state` "rejected"). */
  readers?: { org: string; trust: TrustWord }[];
  accepted?: string[];
  refused?: { code: string; exit: number; reason: string; message: string; hint: string | null };
};
/**
 * unverified, key-changed, blocked, not-named: it would read this, and for that it is refused. frozen: nobody seals for it. came-later:
 * it is in since. not-in-yet, left, removed: it is no member.
 */
export type WithheldDocument = {
  org: string;
  reason:
    | "unverified"
    | "key-changed"
    | "blocked"
    | "not-named"
    | "frozen"
    | "came-later"
    | "not-in-yet"
    | "left"
    | "removed";
};
/** One line of `import`. */
export type ImportLineDocument = {
  schema: "tocsin.result/1";
  line?: number;
  object?: string;
  key: string | null;
  id: string | null;
  state: ResultState;
  error: { code: string; message: string } | null;
  scrub?: ReviewedDocument;
};
