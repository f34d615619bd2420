// One author's chain of records in a circle: what comes next, and what cannot.

import { type LaneId, type MemberId, ownsLane, type RecordId } from "../record/ids.ts";
import type { Header, SignedRecord } from "../record/record.ts";

/** How much of a lane is held. */
export type Lane = {
  readonly id: LaneId;
  readonly author: MemberId;
  /** Records held, from seq 0 without gaps. */
  readonly length: number;
  /** The last of them. */
  readonly head: RecordId | undefined;
  /** Membership heads that the last record had seen. */
  readonly seen: readonly RecordId[];
};

/** A lane of which nothing is held. */
export function emptyLane(id: LaneId, author: MemberId): Lane {
  return { id, author, length: 0, head: undefined, seen: [] };
}

export type Acceptance =
  | { readonly kind: "next" }
  | { readonly kind: "held" }
  | { readonly kind: "gap" }
  | { readonly kind: "forked" }
  | { readonly kind: "broken"; readonly reason: string };

/**
 * Where a record stands against what is held of its lane. "held": its place is taken; whether by itself (a duplicate) or by
 * another record (a fork) the caller tells by id. "forked": it follows another record than the one held, so its author made
 * two at one place. "broken": it can never follow.
 */
export function accept(lane: Lane, record: Pick<SignedRecord, "header">): Acceptance {
  const { header } = record;
  // R5: a lane belongs to the author that its name proves.
  if (header.author !== lane.author || (lane.length === 0 && !ownsLane(lane.author, lane.id)))
    return { kind: "broken", reason: "lane of another author" };
  if (header.seq < lane.length) return { kind: "held" };
  if (header.seq > lane.length) return { kind: "gap" };
  // R6: each record names the one before it.
  if (header.prev !== lane.head) return { kind: "forked" };
  return { kind: "next" };
}

/** The lane with `record`, which must be its next one, at its end. */
export function extend(lane: Lane, record: Pick<SignedRecord, "header" | "id">): Lane {
  return { ...lane, length: record.header.seq + 1, head: record.id, seen: record.header.rosterHeads };
}

/** Place and predecessor of the next record of a lane. */
export function nextPlace(lane: Lane): Pick<Header, "lane" | "author" | "seq" | "prev"> {
  return { lane: lane.id, author: lane.author, seq: lane.length, prev: lane.head };
}
