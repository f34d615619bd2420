// Does what is due once a lane is confirmed, or shared with a copy of this node: parts from it, sends what was held, says
// what this node had to say.

import { asTocsinError } from "../base/errors.ts";
import type { CircleId, LaneId } from "../record/ids.ts";
import { firstOf } from "./bell.ts";
import { sendDrafts } from "./drafts.ts";
import { keepConfirmation, standingOf, untilAsked, watchOf } from "./lanes.ts";
import { refreshNotices } from "./membership.ts";
import { openLane } from "./new-lane.ts";
import { circleNamed, type LiveCircle, type Rooms } from "./rooms.ts";
import { isAbreast, patienceFor, takeInLanes, waitingLanes } from "./take-in.ts";

const LOOK_EVERY_MS = 1_000;

/** What a person accepts: leaves a lane that is held, and sends what waits. Answers whether a new lane was opened. */
export async function acceptNewLane(rooms: Rooms, circle: CircleId): Promise<boolean> {
  await untilAsked(rooms, circle);
  const opened = await rooms.turns.take(circle, async () => {
    const live = circleNamed(rooms, circle);
    const { roster, opened: openings, graph } = live.state;
    const [me, { lane }] = [roster?.members.get(rooms.me.id), live.row];
    // Where a copy of this node was taken in with another lane, this one's changes count no more; nor do they ever in a lane that nobody
    // will take in, as of a node that lost its power while it enrolled.
    const waits = openings.has(lane) || (me && graph.ops.get(me.addedBy)?.lane === lane);
    const isLeft = me !== undefined && me.lane !== lane && (roster?.lanes.has(lane) === true || !waits);
    if (standingOf(rooms, live).kind === "confirmed" && !isLeft) return false;
    await openLane(rooms, live, "accepted");
    return true;
  });
  await tendLane(rooms, circle);
  return opened;
}

/** One look at the lane of a circle, and what is due for it. Throws DISK_FULL, LANES_EXCEEDED. */
export async function tendLane(rooms: Rooms, circle: CircleId): Promise<void> {
  await untilAsked(rooms, circle);
  const resumed = await rooms.turns.take(circle, async () => {
    const live = circleNamed(rooms, circle);
    if (!isDue(rooms, live)) return false;
    if (watchOf(live).shared) await openLane(rooms, live, "shared");
    if (standingOf(rooms, live).kind === "held") return false;
    await keepConfirmation(rooms, live);
    await sendDrafts(rooms, live);
    return true;
  });
  if (resumed) await refreshNotices(rooms, circle);
}

function isDue(rooms: Rooms, live: LiveCircle): boolean {
  const { row, state, drafts } = live;
  if (row.state !== "current" || !state.roster?.members.has(rooms.me.id)) return false;
  const { doubted, doubtStored, shared } = watchOf(live);
  return shared || drafts > 0 || (doubtStored && !doubted);
}

/** Looks after all lanes until the signal ends it: this node's own, and those of others that wait for a word. */
export async function keepLanes(rooms: Rooms, signal: AbortSignal): Promise<void> {
  const noticed = new Map<LaneId, number>();
  while (!signal.aborted) {
    const seen = rooms.changes.count();
    const due = [...rooms.circles.values()].filter((live) => isDue(rooms, live));
    try {
      const waitMs = await takeInDue(rooms, noticed);
      for (const { row } of due) {
        await untilAsked(rooms, row.id, signal);
        await tendLane(rooms, row.id).catch((cause: unknown) => {
          rooms.log("lane-held", { circle: row.id.slice(0, 8), reason: asTocsinError(cause).code });
        });
      }
      // A claim is waited for a while only; nobody rings when that is over.
      if (due.length === 0 && waitMs === 0) await rooms.changes.after(seen, signal);
      else
        await firstOf(
          signal,
          async (ended) => rooms.changes.after(seen, ended),
          async (ended) => rooms.clock.wait(waitMs > 0 ? waitMs : LOOK_EVERY_MS, ended),
        );
    } catch (cause) {
      if (!signal.aborted) throw cause;
    }
  }
}

/**
 * Takes in what waited long enough for others to do it. `noticed`: since when each lane waits (monotonic, ms). Answers how long
 * the next one is still left to the others, 0 where none is.
 */
async function takeInDue(rooms: Rooms, noticed: Map<LaneId, number>): Promise<number> {
  let nextMs = 0;
  const seen = new Set<LaneId>();
  for (const live of rooms.circles.values()) {
    const nowMs = rooms.clock.monotonic();
    const waiting = waitingLanes(rooms, live);
    const lanes = waiting.filter((lane) => isAbreast(rooms, live, lane));
    for (const lane of waiting) seen.add(lane);
    for (const lane of lanes) {
      if (!noticed.has(lane)) noticed.set(lane, nowMs + patienceFor(rooms, live, lane));
    }
    const due = lanes.filter((lane) => (noticed.get(lane) ?? 0) <= nowMs);
    if (due.length > 0)
      await takeInLanes(rooms, live.row.id, due).catch((cause: unknown) => {
        rooms.log("lane-held", { circle: live.row.id.slice(0, 8), reason: asTocsinError(cause).code });
      });
    const later = lanes.map((lane) => (noticed.get(lane) ?? 0) - nowMs).filter((ms) => ms > 0);
    // What it lacks may come without a bell.
    if (waiting.length > lanes.length) later.push(LOOK_EVERY_MS);
    nextMs = Math.min(...later, nextMs === 0 ? Infinity : nextMs);
    if (nextMs === Infinity) nextMs = 0;
  }
  for (const lane of noticed.keys()) if (!seen.has(lane)) noticed.delete(lane);
  return nextMs;
}
