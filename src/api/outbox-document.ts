// The documents about own posts that are not where they are meant to be. Types only, light to import.

import type { Tlp } from "../record/marking.ts";
import type { ItemKind, LinkWord } from "./documents.ts";
import type { NeedRow } from "./seat-documents.ts";

/** Own posts that an org has not proved to hold; `since`: when the oldest of them was posted. */
export type WaitingDocument = { circle: string; org: string; posts: number; since: string };

export type HeldRow = {
  id: string;
  circle: string;
  kind: ItemKind;
  title: string;
  tlp: Tlp;
  seat: string;
  token: string;
  since: string;
  /**
   * Why it waits: by the token of a script, by the rules of this node, for what the review found in what a script says, or since another
   * member asks for it.
   */
  why: "token" | "rules" | "findings" | "sponsor";
  /** When it is said, of what was approved and is said for another member; null where nobody has approved it. */
  due: string | null;
  /** Classes of what the review found and nobody has taken out, with how many there are. */
  found: { class: string; count: number }[];
  needs: NeedRow[];
  refused: string | null;
};

/** What left without the approvals that the rules of this node ask for. */
export type BrokenRow = { held: string; id: string | null; circle: string; by: string; at: string; reason: string };

/** `outbox list`. */
export type OutboxDocument = {
  schema: "tocsin.outbox/1";
  /** `late`: for longer than people want to wait. `link` and `lastError`: of the org's node that was heard of last. */
  queued: (WaitingDocument & { late: boolean; link: LinkWord; lastError: string | null })[];
  /** Not sent to anybody yet: they wait for this node's lane. */
  held: { circle: string; kind: ItemKind; title: string }[];
  /** What waits until others have approved it, or one has rejected it; `refused`: why the circle did not take it then. */
  release: HeldRow[];
  /** In the last three days. */
  unapproved: BrokenRow[];
  /** The circle's rules refuse them for good. */
  failed: { circle: string; kind: ItemKind; title: string; reason: string }[];
};
