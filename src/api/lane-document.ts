// The documents about this node's own lanes and what waits for them. Types only, light to import.

import type { StatusDocument } from "./documents.ts";

/** Why a lane, or a post for it, waits: `heard` of `needed` members confirmed it. */
export type HeldReason = {
  reason: "asking" | "behind" | "unconfirmed" | "shared" | "queued" | "release";
  /** Of a post that another seat has to release: how many have. */
  heard: number;
  needed: number;
};
/** `circle lane`, and `status` of each circle whose lane has anything to tell. */
export type LaneDocument = {
  schema: "tocsin.lane/1";
  circle: string;
  lane: string;
  length: number;
  state: "confirmed" | "held";
  held: HeldReason | null;
  /** Posts that wait for it. */
  drafts: number;
  /** Recent epochs of this node whose secrets its keyring lacks: it is older than the store. */
  missingKeys: number;
  /** Whether what this node says of membership counts: another org has taken in its lane. */
  takenIn: boolean;
};

/** A status before what is held, and what is spooled, is added. */
export type BareStatus = Omit<StatusDocument, "lanes" | "spool">;
