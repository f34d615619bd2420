// The trail of disclosures against the records that it tells of: an own record without a row, or a row whose record is gone, shows
// that the one or the other was cut off or put back.

import { type Judge, judgeTrail } from "../audit/check.ts";
import { toHex } from "../base/bytes.ts";
import { decodeEnvelope } from "../record/wire.ts";
import type { RecordId } from "../record/ids.ts";
import type { Rooms } from "./rooms.ts";

/** Judges the whole trail of this node: time and memory grow with it. */
export async function checkTrail(rooms: Rooms): Promise<Judge> {
  const judge = judgeTrail(rooms.me.key.publicKey);
  // What is posted meanwhile has its record and its row at once, and neither is looked at.
  const { length } = await rooms.store.trailEnd();
  const posts = await ownPosts(rooms);
  const told = new Map<string, number>();
  for await (const row of rooms.store.trail(0)) {
    if (row.number > length) break;
    const entry = judge.take(row);
    if (entry?.op === "disclosed" || entry?.op === "returned") told.set(toHex(entry.record), row.number);
    if (entry?.op === "audience") judgeReaders(rooms, judge, { ...entry, number: row.number });
  }
  const { end } = judge.judged();
  if (end.length < length)
    judge.fault({ number: end.length + 1, what: `rows ${end.length + 1} to ${length} are missing` });
  for (const id of posts)
    if (!told.has(id)) judge.fault({ number: 0, what: `no row tells of record ${id.slice(0, 16)}` });
  for (const [id, number] of told)
    if (!(await rooms.store.envelope(id as RecordId)))
      judge.fault({ number, what: `tells of record ${id.slice(0, 16)}, which is not in the store` });
  return judge;
}

/** Ids of all own posts that are held. */
async function ownPosts(rooms: Rooms): Promise<readonly RecordId[]> {
  const ids: RecordId[] = [];
  for (const { row } of rooms.circles.values()) {
    for (const { lane, author, length } of await rooms.store.lanes(row.id)) {
      if (author !== rooms.me.id) continue;
      for await (const envelope of rooms.store.range(row.id, { lane, from: 0, to: length })) {
        const { id, header } = decodeEnvelope(envelope);
        if (header.kind === "post") ids.push(id);
      }
    }
  }
  return ids;
}

/** Who could read, by the row, against the epoch's signed list, where that is held still. */
function judgeReaders(
  rooms: Rooms,
  judge: Judge,
  row: {
    readonly number: number;
    readonly circle: Uint8Array;
    readonly epoch: Uint8Array;
    readonly readers: readonly (readonly [Uint8Array, Uint8Array, string])[];
  },
): void {
  const live = [...rooms.circles.values()].find(({ row: { id } }) => id === toHex(row.circle));
  const epoch = live && [...live.state.epochs.values()].find(({ id }) => id === toHex(row.epoch));
  if (!epoch) return;
  const listed = new Set(row.readers.map(([member]) => toHex(member)));
  if (listed.size !== epoch.recipients.size || ![...epoch.recipients.keys()].every((member) => listed.has(member)))
    judge.fault({ number: row.number, what: "names other readers than the epoch" });
}
