// What members told us they hold, for "held by 5 of 7". Untrusted: a member may claim anything about any lane,
// so claims never sink and their number is bounded.

import { limits } from "../base/limits.ts";
import { ID_BYTES, idBytes, LANE_BYTES, laneId, type LaneId, memberId, type MemberId } from "../record/ids.ts";
import type { Frontier } from "../record/record.ts";
import { bytes, count, list } from "./catalogue.ts";
import { keyOf, spanOf, u16 } from "./keyspace.ts";
import { type Change, keysIn, openRow, sealedRow, type Shelf } from "./shelf.ts";

/** Lanes that one member may speak of. */
const LANES_MAX = limits.membersMax * limits.lanesPerMemberMax;

type Claim = { readonly member: MemberId; readonly frontier: Frontier };

/** The rows that these claims change: those that are higher than what was claimed before. */
export async function heldChanges(shelf: Shelf, circle: number, claims: readonly Claim[]): Promise<readonly Change[]> {
  const changes: Change[] = [];
  for (const { member, frontier } of merged(claims)) {
    const name = shelf.cipher.index("member", idBytes(member));
    const told = [...frontier].map(([lane, length]) => {
      const key = keyOf("held", u16(circle), name, shelf.cipher.index("lane", idBytes(lane)));
      return { lane, length, key };
    });
    const before = await shelf.disk.getMany(told.map(({ key }) => key));
    // Counted only where a member speaks of a lane for the first time: what it says again is told without end.
    let room = before.includes(undefined) ? LANES_MAX - (await countHeld(shelf, [u16(circle), name])) : 0;
    for (const [index, { lane, length, key }] of told.entries()) {
      const stored = before[index];
      const old = stored === undefined ? 0 : heldRow(shelf, key, stored).length;
      if (length <= old || (stored === undefined && room-- <= 0)) continue;
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
    const { member, lane, length } = heldRow(shelf, key, value);
    const lanes = all.get(member) ?? new Map<LaneId, number>();
    all.set(member, lanes.set(lane, length));
  }
  return all;
}

/** How many rows there are under these fields. */
async function countHeld({ disk }: Shelf, fields: readonly Uint8Array[]): Promise<number> {
  let rows = 0;
  for await (const _ of keysIn(disk, spanOf("held", ...fields))) rows += 1;
  return rows;
}

function heldRow(
  { cipher }: Shelf,
  key: Uint8Array,
  value: Uint8Array,
): { readonly member: MemberId; readonly lane: LaneId; readonly length: number } {
  const [member, lane, length] = list(openRow(cipher, key, value), 3);
  return { member: memberId(bytes(member, ID_BYTES)), lane: laneId(bytes(lane, LANE_BYTES)), length: count(length) };
}
