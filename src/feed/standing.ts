// Whether this node may go on in its own lane: nobody may be known to hold a record of it that this node does not. Pure.

import { limits } from "../base/limits.ts";

/** What another member said since the start of this node about this node's lane. */
export type Told = {
  /** Records of the lane that it holds. */
  readonly length: number;
  /** When it first claimed more than this node held then, by the monotonic clock in ms. */
  readonly aheadMs: number | undefined;
};

/** What is known about the end of the own lane. */
export type LaneEvidence = {
  /** Records of the lane that this node holds. */
  readonly length: number;
  /** Nothing shows that this home is the one which wrote the lane's last record: it may be an old copy. */
  readonly doubted: boolean;
  /** A copy of this node is known to write to the lane. */
  readonly shared: boolean;
  /** What the other members of the circle said, one entry for each that said anything. */
  readonly told: readonly Told[];
  /** How many other members the circle has. */
  readonly others: number;
  /** Monotonic, ms. */
  readonly nowMs: number;
};

/** `heard`: members that hold exactly as much of the lane as this node; `needed`: how many of them confirm it. */
export type Standing =
  | { readonly kind: "confirmed" }
  | {
      readonly kind: "held";
      readonly reason: "behind" | "unconfirmed" | "shared";
      readonly heard: number;
      readonly needed: number;
    };

/**
 * R37: a node goes on in its lane only where the lane's end is confirmed. In a home that was not copied the end is what it holds,
 * unless a member claims more and had no time yet to show it. In a copy, as many members as are needed must hold exactly what it
 * holds, and none may claim more. A lane that a copy writes to as well is never gone on in.
 */
export function laneStanding({ length, doubted, shared, told, others, nowMs }: LaneEvidence): Standing {
  const needed = doubted ? Math.max(1, Math.min(limits.laneWitnesses, others)) : 0;
  const heard = told.filter((one) => one.length === length).length;
  const ahead = told.filter((one) => one.length > length);
  if (shared) return { kind: "held", reason: "shared", heard, needed };
  // A claim is not yet a record: in a home that is intact, nobody can hold a lane up for longer than a moment by words alone.
  const waited = doubted ? ahead : ahead.filter(({ aheadMs = nowMs }) => nowMs - aheadMs < limits.laneClaimMs);
  if (waited.length > 0) return { kind: "held", reason: "behind", heard, needed };
  return heard >= needed ? { kind: "confirmed" } : { kind: "held", reason: "unconfirmed", heard, needed };
}
