// How long bodies are kept: as long as the circle's rules say, and not longer than this node's settings say for their marking. What is past its
// time is erased once a day and at each start, a few at a time, and then leaves the files of the store.

import { setImmediate as nextTurn } from "node:timers/promises";
import { limits } from "../base/limits.ts";
import { isHeldBy } from "../circle/hold.ts";
import type { PostBody } from "../record/body.ts";
import type { CircleId } from "../record/ids.ts";
import { TLP_LEVELS, type Tlp } from "../record/marking.ts";
import type { Erasing } from "../store/store.ts";
import { firstOf } from "./bell.ts";
import type { CircleState } from "./circle-state.ts";
import { circleNamed, type Rooms } from "./rooms.ts";

const DAY_MS = 86_400_000;

/** Days that a node keeps bodies of a marking for; those that are left out are kept as the circle has it. */
export type KeepDays = Partial<Readonly<Record<Tlp, number>>>;

/** Until when a body is kept that came at a moment, ms since 1970. Of one that is not open the marking is not known. */
export function keptUntil(
  { keepDays }: Pick<Rooms, "keepDays">,
  { roster }: CircleState,
  { at, body }: { readonly at: number; readonly body: PostBody | undefined },
): number {
  // What withdraws something stays with what is left of it: it says who did, and why.
  if (!roster || body?.kind === "retract") return Infinity;
  const days = Math.min(roster.policy.keepDays, (body && keepDays[body.tlp]) ?? Infinity);
  return at + days * DAY_MS;
}

/**
 * R74: what is past its time is erased, at every node by the same rule of the circle, unless it is under a hold. Answers how many bodies went.
 * A batch is one turn of the circle, so that what comes meanwhile waits for one at most.
 */
export async function eraseExpired(rooms: Rooms, circle: CircleId, signal?: AbortSignal): Promise<number> {
  let erased = 0;
  // What is erased does not come back: not by a clock that nobody else's agrees with.
  if (Math.abs(rooms.observed.clockSkewMs() ?? 0) > limits.clockSkewMaxMs) return erased;
  for await (const batch of batches(rooms, circle)) {
    signal?.throwIfAborted();
    erased += await rooms.turns.take(circle, async () => {
      const { state } = circleNamed(rooms, circle);
      // Judged again: a hold may have come since.
      const due = batch.filter(({ id, about }) => !isHeldBy(state, rooms.me.certificate.orgKey, { id, about }));
      if (due.length > 0)
        await rooms.store.commit({
          circle,
          records: [],
          erased: due.map(({ id }): Erasing => ({ id, why: "expired" })),
        });
      return due.length;
    });
    await nextTurn();
  }
  return erased;
}

type Due = { readonly id: Erasing["id"]; readonly about?: Erasing["id"] | undefined };

async function* batches(rooms: Rooms, circle: CircleId): AsyncGenerator<readonly Due[]> {
  let batch: Due[] = [];
  for await (const due of expired(rooms, circle)) {
    batch.push(due);
    if (batch.length < limits.eraseBatchRecords) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** Posts whose body is past its time and was not erased yet, those too that are not open. */
async function* expired(rooms: Rooms, circle: CircleId): AsyncGenerator<Due> {
  const { state } = circleNamed(rooms, circle);
  if (!state.roster) return;
  const now = rooms.clock.now();
  const isOver = (at: number, body?: PostBody): boolean => keptUntil(rooms, state, { at, body }) <= now;
  const shortest = Math.min(state.roster.policy.keepDays, ...TLP_LEVELS.map((tlp) => rooms.keepDays[tlp] ?? Infinity));
  const until = now - shortest * DAY_MS + limits.clockSkewMaxMs;
  // Counted from the receipt: an author's clock that is behind must not have its words erased as they come.
  for await (const item of rooms.store.feed({ circle, until, limit: Number.MAX_SAFE_INTEGER })) {
    const { id, receivedAt, body, erased } = item;
    if (!erased && isOver(receivedAt, body)) yield { id, about: body.kind === "amend" ? body.re : undefined };
  }
  for await (const { id, receivedAt, erased, hollow } of rooms.store.unopened(circle))
    if (!erased && !hollow && isOver(receivedAt)) yield { id };
}

/** Erases what is past its time, at once and then daily, until the signal aborts; and has what was erased leave the files. */
export async function keepErasing(rooms: Rooms, signal: AbortSignal, failed: (cause: unknown) => void): Promise<void> {
  while (!signal.aborted) {
    try {
      for (const circle of [...rooms.circles.keys()]) {
        const erased = await eraseExpired(rooms, circle, signal);
        if (erased > 0) rooms.log("bodies-expired", { circle: circle.slice(0, 8), records: erased });
      }
      await rooms.store.purge(true);
    } catch (cause) {
      if (!signal.aborted) failed(cause);
    }
    await purgeFor(rooms, rooms.clock.monotonic() + limits.eraseEveryMs, { signal, failed });
  }
}

/** Has what is erased meanwhile leave the files within a minute, until `untilMs` (monotonic). */
async function purgeFor(
  rooms: Rooms,
  untilMs: number,
  { signal, failed }: { readonly signal: AbortSignal; readonly failed: (cause: unknown) => void },
): Promise<void> {
  let seen = 0;
  for (let leftMs = Infinity; leftMs > 0 && !signal.aborted; leftMs = untilMs - rooms.clock.monotonic()) {
    try {
      const waitMs = Math.min(leftMs, untilMs - rooms.clock.monotonic());
      await firstOf(
        signal,
        async (ended) => rooms.clock.wait(waitMs, ended),
        async (ended) => rooms.erased.after(seen, ended),
      );
      if (rooms.erased.count() === seen) continue;
      seen = rooms.erased.count();
      await rooms.store.purge(false);
      await rooms.clock.wait(limits.purgeEveryMs, signal);
    } catch (cause) {
      if (!signal.aborted) failed(cause);
    }
  }
}
