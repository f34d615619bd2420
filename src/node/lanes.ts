// Keeps this node from writing two records in one place: what it learns about the end of its own lanes, and who must wait
// for it. Whatever extends the own lane asks here first.

import type { Clock } from "../base/clock.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { laneStanding, type Standing } from "../feed/standing.ts";
import { type CircleId, idBytes, type LaneId, laneId, type MemberId } from "../record/ids.ts";
import type { Frontier, VerifiedRecord } from "../record/record.ts";
import type { CircleRow, Store } from "../store/store.ts";
import { firstOf } from "./bell.ts";
import type { CircleState } from "./circle-state.ts";
import { circleNamed, type LaneWatch, type LiveCircle, ownLane, type Rooms } from "./rooms.ts";

/** The watch over a lane that begins now: only this node can write to it. */
export function freshWatch(lane: LaneId): LaneWatch {
  return {
    ...{ lane, doubted: false, doubtStored: false, asked: true, askUntilMs: 0 },
    ...{ told: new Map(), wrote: false, shared: false },
  };
}

/** The watch over a lane that an earlier run wrote to. */
export async function loadWatch({ store, clock }: { store: Store; clock: Clock }, row: CircleRow): Promise<LaneWatch> {
  const stored = await store.setting(doubtName(row.id));
  const doubted = stored !== undefined && stored.length > 0 && laneId(stored) === row.lane;
  const askUntilMs = clock.monotonic() + limits.laneAskMs;
  return { ...freshWatch(row.lane), doubted, doubtStored: doubted, asked: false, askUntilMs };
}

/** Writes down that every lane is in doubt: this home is a copy, or nothing shows that it is none. */
export async function doubtLanes(store: Store): Promise<void> {
  for (const row of await store.circles()) await doubtLane(store, row.id, row.lane);
}

/** Writes down that one lane is in doubt. */
export async function doubtLane(store: Store, circle: CircleId, lane: LaneId): Promise<void> {
  await store.putSetting(doubtName(circle), idBytes(lane));
}

/** Writes down that the lane is confirmed; until then a restart asks again. */
export async function keepConfirmation(rooms: Rooms, live: LiveCircle): Promise<void> {
  const watch = watchOf(live);
  if (watch.doubted || !watch.doubtStored) return;
  await rooms.store.putSetting(doubtName(live.row.id), new Uint8Array(0));
  watch.doubtStored = false;
}

/**
 * A member was admitted once more, with another lane: it goes on in its own until that admission counts (`laneAfter`). It never does
 * where whoever admitted it was no steward any more; nobody would take in what it said in the new one.
 */
export async function awaitLane({ store }: { store: Store }, live: LiveCircle, lane: LaneId): Promise<void> {
  await store.putSetting(comingName(live.row.id), idBytes(lane));
  live.coming = lane;
}

/** The lane that a member waits for; none where it is the one that it writes to, as after a crash when it had come. */
export async function loadComing(store: Store, { id, lane }: CircleRow): Promise<LaneId | undefined> {
  const stored = await store.setting(comingName(id));
  if (stored === undefined || stored.length === 0) return undefined;
  if (laneId(stored) !== lane) return laneId(stored);
  await store.putSetting(comingName(id), new Uint8Array(0));
  return undefined;
}

/**
 * The lane of this node once a circle stands so: the one that it waits for, where it is a member with it now; the one that it came from,
 * where the admission with its own counts no more.
 */
export function laneAfter({ coming, row: { lane } }: LiveCircle, me: MemberId, state: CircleState): LaneId {
  const { roster, graph, lanes } = state;
  const counts = roster?.members.get(me)?.lane;
  if (!roster || counts === undefined || counts === lane) return lane;
  const isVoid = (): boolean =>
    [...graph.ops.values()].some(
      ({ id, change }) => change.op === "add" && change.lane === lane && roster.void.has(id),
    );
  return counts === coming || (lanes.has(counts) && isVoid()) ? counts : lane;
}

/** The lane of this node is another one than before: it waits for that one no more, or for the one that it left. */
export async function changedLane(rooms: Rooms, live: LiveCircle, before: LaneId): Promise<void> {
  const { id, lane } = live.row;
  if (lane === before) return;
  if (live.coming === lane) {
    live.coming = undefined;
    return rooms.store.putSetting(comingName(id), new Uint8Array(0));
  }
  await awaitLane(rooms, live, before);
  // It wrote there long ago: a doubt about this home is one about that lane as well.
  if (live.watch.doubtStored) await doubtLane(rooms.store, id, lane);
  live.watch = await loadWatch(rooms, live.row);
}

function comingName(circle: CircleId): string {
  return `coming/${circle}`;
}

function doubtName(circle: CircleId): string {
  return `doubt/${circle}`;
}

/** The watch over the lane that this node writes to now. */
export function watchOf(live: LiveCircle): LaneWatch {
  if (live.watch.lane !== live.row.lane) live.watch = freshWatch(live.row.lane);
  return live.watch;
}

/** Whether this node may go on in its lane now. */
export function standingOf(rooms: Rooms, live: LiveCircle): Standing {
  const { doubted, shared, told } = watchOf(live);
  const { length } = ownLane(rooms, live);
  const members = [...(live.state.roster?.members.keys() ?? [])].filter((member) => member !== rooms.me.id);
  const said = members.flatMap((member) => told.get(member) ?? []);
  const nowMs = rooms.clock.monotonic();
  return laneStanding({ length, doubted, shared, told: said, others: members.length, nowMs });
}

/** Whether this node may write to its lane now: it is confirmed, and the members had their moment to speak. */
export function mayWrite(rooms: Rooms, live: LiveCircle): boolean {
  return watchOf(live).asked && standingOf(rooms, live).kind === "confirmed";
}

/** Throws LANE_UNCONFIRMED where this node must not write to its lane now. */
export function requireConfirmed(rooms: Rooms, live: LiveCircle): void {
  if (mayWrite(rooms, live)) return;
  const standing = standingOf(rooms, live);
  const { reason, heard, needed } =
    standing.kind === "held" ? standing : ({ reason: "asking", heard: 0, needed: 0 } as const);
  throw new TocsinError("LANE_UNCONFIRMED", `${live.row.name}: ${WORDS[reason]}`, {
    hint: `wait for members to be linked, or run tocsin circle lane ${live.row.name} --accept new-lane`,
    details: { held: reason, heard, needed },
  });
}

const WORDS = {
  asking: "the members were not asked yet what they hold of this node's records",
  behind: "members hold newer records of this node; they are being fetched",
  unconfirmed: "this home may be a copy, and too few members have said what they hold of this node's records",
  shared: "a copy of this node writes as well, and no lane is free to part from it",
} as const;

/** Takes the circle's turn for something that extends the own lane, once the members had their moment to speak. */
export async function ownTurn<T>(rooms: Rooms, circle: CircleId, work: () => Promise<T>): Promise<T> {
  await untilAsked(rooms, circle);
  return rooms.turns.take(circle, work);
}

/** Resolves when the first member said what it holds, when none is being reached, or soon after the start. Never inside a turn. Rejects when the signal aborts. */
export async function untilAsked(rooms: Rooms, circle: CircleId, signal?: AbortSignal): Promise<void> {
  const live = circleNamed(rooms, circle);
  const watch = watchOf(live);
  while (!watch.asked) {
    const seen = rooms.changes.count();
    const restMs = watch.askUntilMs - rooms.clock.monotonic();
    if (restMs <= 0 || !mayStillHear(rooms, live)) watch.asked = true;
    else
      await firstOf(
        signal ?? new AbortController().signal,
        async (ended) => rooms.changes.after(seen, ended),
        async (ended) => rooms.clock.wait(restMs, ended),
      );
  }
}

function mayStillHear(rooms: Rooms, live: LiveCircle): boolean {
  if (watchOf(live).told.size > 0 && standingOf(rooms, live).kind === "confirmed") return false;
  const others = live.state.roster?.members;
  return rooms
    .net()
    .links()
    .some(({ member, state, lastError }) => others?.has(member) && (state === "linked" || lastError === undefined));
}

/** A member said how much it holds of the circle's lanes. Answers whether that is news. */
export function heardFrom(rooms: Rooms, member: MemberId, circle: CircleId, frontier: Frontier): boolean {
  const learnt = rooms.delivery.learn(circle, member, frontier);
  const live = rooms.circles.get(circle);
  if (!live) return learnt;
  const watch = watchOf(live);
  const before = watch.told.get(member);
  const length = Math.max(before?.length ?? 0, frontier.get(watch.lane) ?? 0);
  if (before?.length === length) return learnt;
  const isAhead = length > ownLane(rooms, live).length;
  const aheadMs = before?.aheadMs ?? (isAhead ? rooms.clock.monotonic() : undefined);
  watch.told.set(member, { length, aheadMs });
  review(rooms, live);
  return true;
}

/** Lets go of the doubt where the lane is confirmed by now: what is written from here on, nobody else holds yet. */
export function review(rooms: Rooms, live: LiveCircle): void {
  const watch = watchOf(live);
  if (!watch.doubted || standingOf(rooms, live).kind === "held") return;
  watch.doubted = false;
  rooms.log("lane-confirmed", { circle: live.row.id.slice(0, 8), length: ownLane(rooms, live).length });
  rooms.changes.ring();
}

/**
 * Own records came from members: an earlier run of this node, or a copy of it, wrote them. They count like all that it
 * seals. Where this run wrote to the lane as well, a copy is running beside it.
 */
export function adopted(rooms: Rooms, live: LiveCircle, records: readonly VerifiedRecord[]): void {
  const watch = watchOf(live);
  const own = records.filter(({ header }) => header.lane === watch.lane);
  if (own.length === 0) return;
  for (const { header } of own) if (header.epoch) live.used.set(header.epoch, (live.used.get(header.epoch) ?? 0) + 1);
  rooms.log("own-records-adopted", { circle: live.row.id.slice(0, 8), records: own.length });
  if (watch.wrote) watch.shared = true;
  review(rooms, live);
  rooms.changes.ring();
}

/** A lane was proven to have two records at one place: if it is this node's, a copy of it wrote the other one. */
export function forked(rooms: Rooms, live: LiveCircle, lane: LaneId): void {
  const watch = watchOf(live);
  if (lane !== watch.lane || watch.shared) return;
  watch.shared = true;
  rooms.log("own-lane-forked", { circle: live.row.id.slice(0, 8), lane: lane.slice(0, 8) });
  rooms.changes.ring();
}
