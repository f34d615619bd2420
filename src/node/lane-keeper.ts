// Does what is due once a lane is confirmed, or shared with a copy of this node: parts from it, sends what was held, says
// what this node had to say.

import { asTocsinError } from "../base/errors.ts";
import type { CircleId } from "../record/ids.ts";
import { firstOf } from "./bell.ts";
import { sendDrafts } from "./drafts.ts";
import { keepConfirmation, standingOf, untilAsked, watchOf } from "./lanes.ts";
import { refreshNotices } from "./membership.ts";
import { openLane } from "./new-lane.ts";
import { circleNamed, type LiveCircle, type Rooms } from "./rooms.ts";

const LOOK_EVERY_MS = 1_000;

/** What a person accepts: leaves a lane that is held, and sends what waits. Answers whether a new lane was opened. */
export async function acceptNewLane(rooms: Rooms, circle: CircleId): Promise<boolean> {
  await untilAsked(rooms, circle);
  const opened = await rooms.turns.take(circle, async () => {
    const live = circleNamed(rooms, circle);
    if (standingOf(rooms, live).kind === "confirmed") return false;
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

/** Looks after all lanes until the signal ends it. */
export async function keepLanes(rooms: Rooms, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const seen = rooms.changes.count();
    const due = [...rooms.circles.values()].filter((live) => isDue(rooms, live));
    try {
      for (const { row } of due) {
        await untilAsked(rooms, row.id, signal);
        await tendLane(rooms, row.id).catch((cause: unknown) => {
          rooms.log("lane-held", { circle: row.id.slice(0, 8), reason: asTocsinError(cause).code });
        });
      }
      // A claim is waited for a while only; nobody rings when that is over.
      await firstOf(
        signal,
        async (ended) => rooms.changes.after(seen, ended),
        ...(due.length > 0 ? [async (ended: AbortSignal) => rooms.clock.wait(LOOK_EVERY_MS, ended)] : []),
      );
    } catch (cause) {
      if (!signal.aborted) throw cause;
    }
  }
}
