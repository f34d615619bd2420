// Runs the programs that the settings name when members raise alerts or name what is looked for. Each item is looked at once, in order of
// arrival, from a durable cursor: a crash may run a program for it again, and never leaves it out.

import { toHex } from "../base/bytes.ts";
import { asTocsinError, TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { orgOf } from "../node/circle-state.ts";
import type { HookSetting } from "../node/local-rules.ts";
import type { Rooms } from "../node/rooms.ts";
import { indicatorsOf } from "../record/body.ts";
import type { MemberId } from "../record/ids.ts";
import { type Bucket, spend } from "../seat/seat.ts";
import type { Item } from "../store/store.ts";
import { followItems } from "./follow.ts";
import type { HookDocument } from "./hook-document.ts";
import { type HookEnd, runHook } from "./hook-process.ts";
import { mayHook } from "./may-hook.ts";
import { isContested, presentItem } from "./present.ts";
import { matches, parseQuery, type Query } from "./query.ts";

type Hook = HookSetting & { readonly asked: Query | undefined; readonly number: number };

const HITS_MAX = 64;

/** Follows the items of a node until it is disposed, which ends the programs that run. Throws CONFIG_INVALID for a query that is none. */
export function keepHooks(
  rooms: Rooms,
  settings: readonly HookSetting[],
  run: typeof runHook = runHook,
): AsyncDisposable {
  const hooks = settings.map((hook, index): Hook => ({ ...hook, asked: queryOf(rooms, hook), number: index + 1 }));
  const buckets = new Map<number, Bucket>();
  const stop = new AbortController();
  const { signal } = stop;

  /** Whether a hook has run less often than it may. */
  const hasRoom = ({ number }: Hook): boolean => {
    const rate = { count: limits.hooksPerMinute, perMs: 60_000 };
    const next = spend(rate, buckets.get(number), rooms.clock.monotonic());
    if ("waitMs" in next) return false;
    buckets.set(number, next);
    return true;
  };

  const runOne = async ({ hook, item }: { readonly hook: Hook; readonly item: Item }): Promise<void> => {
    const document: HookDocument = { schema: "tocsin.hook/1", on: hook.on, item: await presentItem(rooms, item) };
    if (!mayHook(document.item, hook)) return;
    if (!hasRoom(hook)) return rooms.log("hook-left-out", { hook: hook.number });
    const ended = await run(hook.run, JSON.stringify(document), { clock: rooms.clock, signal });
    if (ended.how === "done" || signal.aborted) return;
    rooms.log("hook-failed", { hook: hook.number, reason: ended.how, exit: codeOf(ended) });
  };

  const take = async (items: readonly Item[]): Promise<void> => {
    const wanted: { readonly hook: Hook; readonly item: Item }[] = [];
    for (const item of items) for (const hook of hooks) if (await wants(rooms, hook, item)) wanted.push({ hook, item });
    // Nobody is paged later because of what merely matches.
    const jobs = [
      ...wanted.filter(({ hook }) => hook.on === "alert"),
      ...wanted.filter(({ hook }) => hook.on !== "alert"),
    ];
    const worker = async (): Promise<void> => {
      for (let job = jobs.shift(); job && !signal.aborted; job = jobs.shift()) await runOne(job);
    };
    await Promise.all(Array.from({ length: limits.hooksAtOnce }, worker));
  };

  const failed = (reason: string): void => rooms.log("hooks-stopped", { reason });
  const running = hooks.length === 0 ? Promise.resolve() : followItems(rooms, "hooks/cursor", { take, failed, signal });
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running;
    },
  };
}

function queryOf({ clock }: Rooms, { query }: HookSetting): Query | undefined {
  try {
    return query === undefined ? undefined : parseQuery([query], clock.now());
  } catch (cause) {
    throw new TocsinError("CONFIG_INVALID", `a hook in node.json: ${asTocsinError(cause).message}`, { cause });
  }
}

async function wants(rooms: Rooms, { on, circles, asked }: Hook, item: Item): Promise<boolean> {
  const live = rooms.circles.get(item.circle);
  if (!live || isOurs(rooms, item) || isContested(rooms, item)) return false;
  if (circles && !circles.some((named) => named === live.row.name || named === live.row.id)) return false;
  if (rooms.clock.now() - item.at > limits.hookLateMs) return false;
  if (on === "alert") return item.body.kind === "alert";
  return asked ? matches(asked, item, orgOf(live.state, item.author)) : isKnownHere(rooms, item);
}

/** Whether it names an indicator that our org has named. */
async function isKnownHere(rooms: Rooms, item: Item): Promise<boolean> {
  for (const indicator of indicatorsOf(item.body)) {
    const named = await rooms.store.byIndicator(indicator, HITS_MAX);
    if (named.some((one) => isOurs(rooms, one))) return true;
  }
  return false;
}

/** Whether a node of our org said it. */
function isOurs(
  rooms: Rooms,
  { circle, author }: { readonly circle: Item["circle"]; readonly author: MemberId },
): boolean {
  if (author === rooms.me.id) return true;
  const roster = rooms.circles.get(circle)?.state.roster;
  const member = roster?.members.get(author) ?? roster?.removed.get(author);
  return member !== undefined && toHex(member.certificate.orgKey) === toHex(rooms.me.certificate.orgKey);
}

function codeOf(ended: HookEnd): number {
  return ended.how === "exit" ? ended.code : 0;
}
