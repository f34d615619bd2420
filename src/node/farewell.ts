// The last word between members that part: it is given a moment to arrive before the link is cut.

import type { CircleId, LaneId, MemberId } from "../record/ids.ts";
import type { Rooms } from "./rooms.ts";

/** How long they are given to learn of it. */
const FAREWELL_MS = 1_000;

/**
 * Waits a moment for those of the members that are linked to hold a record, such as one by which they or we are out, so that they know. Whoever
 * is out is in no epoch from there on and is served nothing, so all that it can be told meanwhile is this.
 */
export async function heardBy(
  rooms: Rooms,
  members: readonly MemberId[],
  place: { readonly circle: CircleId; readonly lane: LaneId; readonly seq: number },
): Promise<void> {
  // Once it knows, it leaves by itself, often before its acknowledgement is out.
  const waits = (member: MemberId): boolean =>
    isLinked(rooms, member) && !rooms.delivery.holds(place.circle, member, place);
  const late = AbortSignal.timeout(FAREWELL_MS);
  try {
    for (let seen = rooms.changes.count(); members.some(waits); seen = rooms.changes.count())
      await rooms.changes.after(seen, late);
  } catch (cause) {
    if (!late.aborted) throw cause;
  }
}

/** Whether a member is connected now. */
export function isLinked(rooms: Rooms, member: MemberId): boolean {
  return rooms
    .net()
    .links()
    .some((link) => link.member === member && link.state === "linked");
}
