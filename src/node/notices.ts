// What this node tells of itself from time to time: where it is reached and which keys are fresh, in each of its circles.

import { firstOf } from "./bell.ts";
import { untilAsked } from "./lanes.ts";
import { refreshNotices } from "./membership.ts";
import type { LiveCircle, Rooms } from "./rooms.ts";

const NOTICES_EVERY_MS = 600_000;
const MOVED_EVERY_MS = 10_000;

/** Resolves once this node stands in the roster of a circle where it has not spoken yet: others vouched for it meanwhile. */
async function arrival(rooms: Rooms, signal: AbortSignal): Promise<void> {
  const isNew = ({ row, state }: LiveCircle): boolean =>
    row.state === "current" && state.roster?.members.has(rooms.me.id) === true && !state.lanes.has(row.lane);
  for (let seen = rooms.changes.count(); ![...rooms.circles.values()].some(isNew); seen = rooms.changes.count())
    await rooms.changes.after(seen, signal);
}

/** Until this machine has other addresses than now, as one has that is carried from network to network. */
async function moved(rooms: Rooms, signal: AbortSignal): Promise<void> {
  const before = rooms.net().addresses().join();
  while (rooms.net().addresses().join() === before) await rooms.clock.wait(MOVED_EVERY_MS, signal);
}

/** Keeps addresses and prekeys of this node fresh in its circles, at start and from time to time. */
export async function keepNotices(rooms: Rooms, signal: AbortSignal, failed: (cause: unknown) => void): Promise<void> {
  while (!signal.aborted) {
    for (const circle of [...rooms.circles.keys()]) {
      try {
        await untilAsked(rooms, circle, signal);
        await refreshNotices(rooms, circle);
      } catch (cause) {
        if (signal.aborted) return;
        failed(cause);
      }
    }
    try {
      await rooms.keyring.update((keyring) => keyring);
      await firstOf(
        signal,
        async (ended) => rooms.clock.wait(NOTICES_EVERY_MS, ended),
        async (ended) => arrival(rooms, ended),
        async (ended) => moved(rooms, ended),
      );
    } catch (cause) {
      if (!signal.aborted) failed(cause);
      return;
    }
  }
}
