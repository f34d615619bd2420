// A member that does not keep to the rules: it signs whatever it likes with its own valid key.

import { signClear, type Draft } from "../../src/record/sign.ts";
import { emptyLane, nextPlace } from "../../src/feed/lane.ts";
import { ownLane } from "../../src/node/rooms.ts";
import type { CircleId, LaneId, RecordId } from "../../src/record/ids.ts";
import type { RecordKind, SignedRecord } from "../../src/record/record.ts";
import { sealPost } from "../../src/seal/seal.ts";
import { liveOf, type Party } from "./memory-rooms.ts";

/** How a forged record differs from the member's honest next one. */
export type Twist = Partial<Draft> & { readonly wraps?: readonly Uint8Array[] };

/** The header that the member's next record in a circle would have, twisted. */
export function draftOf(node: Party, circle: CircleId, kind: RecordKind, twist: Twist = {}): Draft {
  const live = liveOf(node, circle);
  const { wraps: _, ...fields } = twist;
  const honest = { circle, kind, ...nextPlace(ownLane(node.rooms, live)), rosterHeads: live.state.graph.heads };
  return { ...honest, epoch: undefined, exercise: false, at: node.clock.now(), ...fields };
}

/** A control record with any body. */
export function forgeClear(node: Party, draft: Draft, body: Uint8Array, wraps?: readonly Uint8Array[]): SignedRecord {
  return signClear(
    draft,
    { bytes: body, ...(wraps ? { wraps } : {}) },
    { key: node.rooms.me.key, random: node.rooms.random },
  );
}

/** A post sealed under any secret. */
export function forgePost(node: Party, draft: Draft, body: Uint8Array, secret: Uint8Array): SignedRecord {
  return sealPost(draft, body, { secret, key: node.rooms.me.key, random: node.rooms.random }).record;
}

/** The place at the start of another lane. */
export function startOf(node: Party, lane: LaneId): Pick<Draft, "lane" | "author" | "seq" | "prev"> {
  return nextPlace(emptyLane(lane, node.rooms.me.id));
}

/** The place after a forged record. */
export function after(record: SignedRecord): { readonly seq: number; readonly prev: RecordId } {
  return { seq: record.header.seq + 1, prev: record.id };
}
