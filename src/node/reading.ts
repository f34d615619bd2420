// How far a person has read each circle, and which posts were not shown yet: a mark in the order of arrival.

import { fromUtf8, utf8 } from "../base/bytes.ts";
import type { CircleId, LaneId } from "../record/ids.ts";
import type { Rooms } from "./rooms.ts";

const PAGE = 1_000;

/** The cursor up to which a person has read a circle. */
export async function readMark({ store }: Pick<Rooms, "store">, circle: CircleId): Promise<number> {
  const stored = await store.setting(markName(circle));
  return stored ? Number(fromUtf8(stored)) : 0;
}

/** Moves the mark forward; answers whether it moved. */
export async function markRead(rooms: Pick<Rooms, "store">, circle: CircleId, cursor: number): Promise<boolean> {
  if (cursor <= (await readMark(rooms, circle))) return false;
  await rooms.store.putSetting(markName(circle), utf8(String(cursor)));
  return true;
}

/** The order of arrival is another one now: nothing in the circle counts as read. */
export async function forgetRead(store: Rooms["store"], circle: CircleId): Promise<void> {
  await store.putSetting(markName(circle), utf8("0"));
}

/** Posts of a circle that were not shown yet, in order of arrival, as far as they were read from the store. */
export type Unshown = {
  until: number;
  rows: { readonly cursor: number; readonly lane: LaneId; readonly seq: number }[];
};

/**
 * The first post of each lane that is open here and was not shown, where there is one. What was opened late comes late in the
 * order of arrival: while it is not read, what stands behind it in its lane does not count as read either. Undefined where
 * nobody has read anything. `known` is what earlier calls found.
 */
export async function unshownFrom(
  rooms: Pick<Rooms, "store">,
  circle: CircleId,
  known: Unshown,
): Promise<ReadonlyMap<LaneId, number> | undefined> {
  const mark = await readMark(rooms, circle);
  if (mark === 0) return undefined;
  known.until = Math.max(known.until, mark);
  known.rows = known.rows.filter(({ cursor }) => cursor > mark);
  for (let page = await rooms.store.after(known.until, PAGE); page.length > 0;) {
    for (const { cursor, circle: of, lane, seq } of page) {
      if (of === circle) known.rows.push({ cursor, lane, seq });
      known.until = cursor;
    }
    page = await rooms.store.after(known.until, PAGE);
  }
  const first = new Map<LaneId, number>();
  for (const { lane, seq } of known.rows) first.set(lane, Math.min(seq, first.get(lane) ?? seq));
  return first;
}

function markName(circle: CircleId): string {
  return `read/${circle}`;
}
