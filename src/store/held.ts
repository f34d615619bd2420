// What members told us they hold, for "held by 5 of 7". Untrusted: a member may claim anything about any lane,
// so claims never sink and their number is bounded.

import { limits } from "../base/limits.ts";
import { ID_BYTES, idBytes, LANE_BYTES, laneId, type LaneId, memberId, type MemberId } from "../record/ids.ts";
import type { Frontier } from "../record/record.ts";
import { bytes, count, list } from "./catalogue.ts";
import { keyOf, spanOf, u16 } from "./keyspace.ts";
import { type Change, openRow, sealedRow, type Shelf } from "./shelf.ts";

/** Lanes that one member may speak of. */
const LANES_MAX = limits.membersMax * limits.lanesPerMemberMax;

type Claim = { readonly member: MemberId; readonly frontier: Frontier };

/** The rows that these claims change: those that are higher than what was claimed before. */
export async function heldChanges(shelf: Shelf, circle: number, claims: readonly Claim[]): Promise<readonly Change[]> {
  const changes: Change[] = [];
  for (const { member, frontier } of merged(claims)) {
    const name = shelf.cipher.index("member", idBytes(member));
    const before = (await readHeld(shelf, [u16(circle), name])).get(member) ?? new Map<LaneId, number>();
    let room = LANES_MAX - before.size;
    for (const [lane, length] of frontier) {
      const old = before.get(lane);
      if (length <= (old ?? 0) || (old === undefined && room-- <= 0)) continue;
      const key = keyOf("held", u16(circle), name, shelf.cipher.index("lane", idBytes(lane)));
      changes.push(sealedRow(shelf.cipher, key, [idBytes(member), idBytes(lane), length]));
    }
  }
  return changes;
}

/** One claim for each member, the highest of what it says of a lane. */
function merged(claims: readonly Claim[]): readonly Claim[] {
  const all = new Map<MemberId, Map<LaneId, number>>();
  for (const { member, frontier } of claims) {
    const lanes = all.get(member) ?? new Map<LaneId, number>();
    for (const [lane, length] of frontier) lanes.set(lane, Math.max(length, lanes.get(lane) ?? 0));
    all.set(member, lanes);
  }
  return [...all].map(([member, frontier]) => ({ member, frontier }));
}

/** Everything claimed under these fields of a `held` key: a circle, or a circle and a member. */
export async function readHeld(shelf: Shelf, fields: readonly Uint8Array[]): Promise<ReadonlyMap<MemberId, Frontier>> {
  const all = new Map<MemberId, Map<LaneId, number>>();
  for await (const [key, value] of shelf.disk.scan(spanOf("held", ...fields))) {
    const [memberField, laneField, length] = list(openRow(shelf.cipher, key, value), 3);
    const member = memberId(bytes(memberField, ID_BYTES));
    const lanes = all.get(member) ?? new Map<LaneId, number>();
    all.set(member, lanes.set(laneId(bytes(laneField, LANE_BYTES)), count(length)));
  }
  return all;
}
