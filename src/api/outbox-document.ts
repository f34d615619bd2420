// The documents about own posts that are not where they are meant to be. Types only, light to import.

import type { Tlp } from "../record/marking.ts";
import type { ItemKind, LinkWord } from "./documents.ts";

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
  refused: string | null;
};

/** `outbox list`. */
export type OutboxDocument = {
  schema: "tocsin.outbox/1";
  /** `late`: for longer than people want to wait. `link` and `lastError`: of the org's node that was heard of last. */
  queued: (WaitingDocument & { late: boolean; link: LinkWord; lastError: string | null })[];
  /** Not sent to anybody yet: they wait for this node's lane. */
  held: { circle: string; kind: ItemKind; title: string }[];
  /** What scripts want to say, until another seat releases or rejects it; `refused`: why the circle did not take it then. */
  release: HeldRow[];
  /** The circle's rules refuse them for good. */
  failed: { circle: string; kind: ItemKind; title: string; reason: string }[];
};
