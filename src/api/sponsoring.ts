// What others ask our org to say for them: each request waits to be released like a post of a script, and what was released is said at
// a random moment. What cannot be said here is declined at once.

import { asTocsinError, errorRow } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { orgOf } from "../circle/roster.ts";
import { orgOf as orgNameOf } from "../node/circle-state.ts";
import { postOrHold } from "../node/drafts.ts";
import { firstOf } from "../node/bell.ts";
import type { HeldPost } from "../node/releases.ts";
import type { Rooms } from "../node/rooms.ts";
import { isErrand, spokenFor } from "../node/sponsor.ts";
import type { Errand } from "../record/body.ts";
import type { RecordId } from "../record/ids.ts";
import type { Caller } from "../seat/seat.ts";
import type { Item } from "../store/store.ts";
import { followItems } from "./follow.ts";
import type { Staff } from "./held-posts.ts";
import { isContested } from "./present.ts";
import { clearanceOf, review, type Scrubbing } from "./scrubbing.ts";

const KEY = "sponsor:";
const RETRY_MS = 10_000;

/** Holds what members ask for and posts what is due, until it is disposed. */
export function keepSponsoring(rooms: Rooms, staff: Staff, scrubbing: Scrubbing): AsyncDisposable {
  const stop = new AbortController();
  const { signal } = stop;
  const failed = (reason: string): void => rooms.log("sponsor-stopped", { reason });

  const take = async (items: readonly Item[]): Promise<void> => {
    for (const item of items)
      if (isErrand(item) && isForUs(rooms, item)) await holdErrand(rooms, staff, { item, scrubbing });
  };

  const postDue = async (): Promise<void> => {
    while (!signal.aborted) {
      const seen = rooms.changes.count();
      const dueAt = staff.releases.nextDueAt();
      const leftMs = dueAt === undefined ? undefined : dueAt - rooms.clock.now();
      try {
        if (leftMs !== undefined && leftMs <= 0) await staff.releases.resume();
        const isStillDue = staff.releases.nextDueAt() === dueAt && leftMs !== undefined && leftMs <= 0;
        if (leftMs === undefined) await rooms.changes.after(seen, signal);
        else if (isStillDue) await rooms.clock.wait(RETRY_MS, signal);
        else if (leftMs > 0)
          await firstOf(
            signal,
            async (ended) => rooms.changes.after(seen, ended),
            async (ended) => rooms.clock.wait(leftMs, ended),
          );
      } catch (cause) {
        if (signal.aborted) return;
        failed(asTocsinError(cause).code);
        await rooms.clock.wait(RETRY_MS, signal).catch(() => undefined);
      }
    }
  };

  const running = Promise.all([followItems(rooms, "sponsor/cursor", { take, failed, signal }), postDue()]);
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running;
    },
  };
}

/** Whether somebody else asks it, lately, and on a lane that counts. */
function isForUs(rooms: Rooms, item: Item): boolean {
  const live = rooms.circles.get(item.circle);
  if (!live || item.author === rooms.me.id || isContested(rooms, item)) return false;
  if (rooms.clock.now() - item.at > limits.sponsorAskMs) return false;
  return orgNameOf(live.state, item.author) !== rooms.me.org;
}

async function holdErrand(
  rooms: Rooms,
  staff: Staff,
  { item, scrubbing }: { readonly item: Item & { readonly body: Errand }; readonly scrubbing: Scrubbing },
): Promise<void> {
  const live = rooms.circles.get(item.circle);
  const author = live ? orgNameOf(live.state, item.author) : "";
  try {
    const { live: target, body, exercise } = await spokenFor(rooms, item);
    // As for a machine: what is found is left to whoever releases it.
    const seat = `for ${author}`;
    const caller = { seat, machine: true } as Caller;
    const { evidence } = review(rooms, await scrubbing(), { body, decision: undefined, caller });
    const utterance = { body, exercise, key: `${KEY}${item.id}`, clearance: clearanceOf(evidence) };
    await staff.releases.hold(target.row.id, [utterance], { seat, token: "" });
    rooms.log("sponsor-asked", { circle: target.row.id.slice(0, 8), record: item.id.slice(0, 8) });
  } catch (cause) {
    const { code } = asTocsinError(cause);
    if (errorRow(code).retryable || code === "INTERNAL") throw cause;
    rooms.log("sponsor-refused", { record: item.id.slice(0, 8), reason: code });
    await decline(rooms, item, { seat: rooms.me.seat, why: `it cannot be said there: ${code}` });
  }
}

/** Tells the author of a request that a person here declined it, where the held post is one. Its reason stays here. */
export async function tellDeclined(rooms: Rooms, { key }: HeldPost, seat: string): Promise<void> {
  if (!key.startsWith(KEY)) return;
  const item = await rooms.store.item(key.slice(KEY.length) as RecordId);
  if (item) await decline(rooms, item, { seat, why: "declined" });
}

async function decline(
  rooms: Rooms,
  item: Item,
  { seat, why }: { readonly seat: string; readonly why: string },
): Promise<void> {
  const live = rooms.circles.get(item.circle);
  if (!live) return;
  const author = live.state.roster?.members.get(item.author);
  if (!author) return;
  const to = item.body.to ? { to: [orgOf(author)] } : {};
  const body = { kind: "reply", tlp: item.body.tlp, seat, re: item.id, text: why, ...to } as const;
  const utterance = { body, exercise: item.exercise, key: `declined:${item.id}` };
  await postOrHold(rooms, item.circle, [utterance]);
}
