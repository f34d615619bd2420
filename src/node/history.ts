// Reading what this node holds and has no key for: the time before it came, or an epoch that it missed. Whenever such posts
// remain, linked members are asked to re-seal them, one member at a time and each one again only after a pause that doubles,
// so that what nobody may give costs next to nothing.

import { asTocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { CircleId, MemberId } from "../record/ids.ts";
import type { SignedRecord } from "../record/record.ts";
import { decodeEnvelope } from "../record/wire.ts";
import { historyRule, kinOf } from "../seal/history.ts";
import type { Given } from "../seal/reseal.ts";
import type { SealedRow } from "../store/store.ts";
import { firstOf } from "./bell.ts";
import { rosterOf } from "./circle-state.ts";
import { takeOpenings } from "./opening.ts";
import { askFor, epochReader } from "./reseal.ts";
import { isFull } from "./disk-quota.ts";
import type { LiveCircle, Rooms } from "./rooms.ts";

/** Time for the epoch of a post that came just now. */
const SETTLE_MS = 1_000;
/** One member is listened to for so long, then the others get their turn. */
const ROUND_MS = 30_000;
const AGAIN_MIN_MS = 30_000;
const AGAIN_MAX_MS = 6 * 3_600_000;

/** How far a member was asked. */
type Asked = {
  /** Number of the last sealed post that it was asked for; Infinity where it is asked for nothing until `dueMs`. */
  after: number;
  /** When it is asked for all of them again (monotonic), and how long it is left alone after that. */
  dueMs: number;
  pauseMs: number;
};

/** How far the members of a circle were asked; forgotten when it changes what this node may have. */
type Desk = {
  readonly entitlement: string;
  /** Up to this number nothing is to be asked of anybody. */
  floor: number;
  readonly asked: Map<MemberId, Asked>;
};

export type Desks = Map<CircleId, Desk>;

/** Asks in all circles until `signal` aborts; sleeps while there is nothing to ask for. */
export async function keepAsking(rooms: Rooms, signal: AbortSignal, failed: (cause: unknown) => void): Promise<void> {
  const desks: Desks = new Map();
  try {
    while (!signal.aborted) {
      const seen = rooms.changes.count();
      let dueMs = Infinity;
      for (const live of rooms.circles.values()) {
        try {
          dueMs = Math.min(dueMs, await askAround(rooms, live, { desks, signal }));
        } catch (cause) {
          if (!signal.aborted) failed(cause);
        }
      }
      await rooms.clock.wait(SETTLE_MS, signal);
      const restMs = dueMs - rooms.clock.monotonic();
      const change = async (stop: AbortSignal): Promise<void> => rooms.changes.after(seen, stop);
      if (restMs === Infinity) await change(signal);
      else if (restMs > 0) await firstOf(signal, change, async (stop) => rooms.clock.wait(restMs, stop));
    }
  } catch (cause) {
    if (!signal.aborted) failed(cause);
  }
}

/** One round over the linked members of a circle. Answers when the next one is due (monotonic ms). */
export async function askAround(
  rooms: Rooms,
  live: LiveCircle,
  { desks, signal }: { readonly desks: Desks; readonly signal: AbortSignal },
): Promise<number> {
  const { row, state } = live;
  const me = state.roster?.members.get(rooms.me.id);
  if (
    !state.roster ||
    !me ||
    row.state !== "current" ||
    (await rooms.store.sealedCount(row.id)) === 0 ||
    isFull(rooms, live)
  ) {
    desks.delete(row.id);
    return Infinity;
  }
  const entitlement = [me.admittedBy, state.roster.policy.history, ...kinOf(state.roster, me)].join();
  const before = desks.get(row.id);
  const desk = before?.entitlement === entitlement ? before : { entitlement, floor: 0, asked: new Map() };
  desks.set(row.id, desk);
  let dueMs = Infinity;
  for (const { member, state: link } of rooms.net().links()) {
    if (link !== "linked" || !state.roster.members.has(member)) continue;
    const asked = desk.asked.get(member) ?? { after: 0, dueMs: -Infinity, pauseMs: AGAIN_MIN_MS };
    desk.asked.set(member, asked);
    const isDone = await askMember(rooms, live, { desk, asked, from: member, signal });
    dueMs = Math.min(dueMs, isDone ? asked.dueMs : -Infinity);
  }
  return dueMs;
}

type Round = { readonly desk: Desk; readonly asked: Asked; readonly from: MemberId; readonly signal: AbortSignal };

/** Asks one member for what it was not asked for yet, or for everything where that is due again. Answers whether it came to the end. */
async function askMember(rooms: Rooms, live: LiveCircle, { desk, asked, from, signal }: Round): Promise<boolean> {
  const startMs = rooms.clock.monotonic();
  const isDue = asked.dueMs <= startMs;
  if (isDue) asked.after = desk.floor;
  let gave = 0;
  let isDone = false;
  try {
    while (!isDone && rooms.clock.monotonic() <= startMs + ROUND_MS) {
      const { posts, to } = await nextPosts(rooms, live, { desk, after: asked.after });
      const given = posts.length === 0 ? NOTHING : await askFor(rooms, from, { circle: live.row.id, posts, signal });
      if (given) {
        gave += await keepGiven(rooms, live, { posts, given });
        asked.after = given.covered < posts.length ? (posts[given.covered - 1]?.number ?? to) : to;
      } else asked.after = Infinity;
      isDone = asked.after === Infinity || posts.length === 0;
    }
  } catch (cause) {
    if (signal.aborted) throw cause;
    // Whoever gives what no author signed, or nothing in time, is left alone until its pause is over.
    rooms.log("history-refused", { from: from.slice(0, 8), reason: asTocsinError(cause).code });
    asked.after = Infinity;
    isDone = true;
  }
  if (gave > 0) rooms.log("history-given", { from: from.slice(0, 8), posts: gave });
  if (isDue || asked.after === Infinity) {
    asked.pauseMs = gave > 0 ? AGAIN_MIN_MS : Math.min(asked.pauseMs * 2, AGAIN_MAX_MS);
    asked.dueMs = rooms.clock.monotonic() + asked.pauseMs;
  }
  return isDone;
}

const NOTHING: Given = { covered: 0, openings: new Map() };

type SealedPost = SealedRow & { readonly record: SignedRecord };

/** The next sealed posts that this node may be given, as many as one question takes, and how far they reach. */
async function nextPosts(
  rooms: Rooms,
  { row, state }: LiveCircle,
  { desk, after }: { readonly desk: Desk; readonly after: number },
): Promise<{ readonly posts: readonly SealedPost[]; readonly to: number }> {
  const posts: SealedPost[] = [];
  let to = after;
  const roster = rosterOf(state);
  const me = roster.members.get(rooms.me.id);
  if (!me || after === Infinity) return { posts, to };
  const rule = historyRule({ graph: state.graph, roster }, me);
  const epochOf = epochReader(rooms, state);
  for await (const sealed of rooms.store.sealed(row.id, after)) {
    const record = decodeEnvelope(sealed.envelope);
    const { header } = record;
    const epoch = header.epoch && (await epochOf(header.epoch));
    // Where its epoch has not come yet, only the giver can tell.
    if (!epoch || rule(header, epoch) === undefined) posts.push({ ...sealed, record });
    else if (posts.length === 0 && to === desk.floor) desk.floor = sealed.number;
    to = sealed.number;
    if (posts.length === limits.resealRecords) break;
  }
  return { posts, to };
}

/** Stores what was given. Answers how much that was. */
async function keepGiven(
  rooms: Rooms,
  { row }: LiveCircle,
  { posts, given }: { readonly posts: readonly SealedPost[]; readonly given: Given },
): Promise<number> {
  const openings = [...given.openings].flatMap(([index, content]) => {
    const post = posts[index];
    return post ? [{ record: post.record, receivedAt: post.receivedAt, content }] : [];
  });
  for (let start = 0; start < openings.length; start += limits.syncPageRecords)
    await takeOpenings(rooms, row.id, openings.slice(start, start + limits.syncPageRecords));
  return openings.length;
}
