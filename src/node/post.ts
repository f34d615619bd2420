// The way out: a body becomes a sealed, signed, durable record, and only then is it "posted".

import type { CircleId, RecordId } from "../record/ids.ts";
import type { VerifiedRecord } from "../record/record.ts";
import type { CircleRow } from "../store/store.ts";
import { limits } from "../base/limits.ts";
import { TocsinError } from "../base/errors.ts";
import { awaitEpoch } from "./epochs.ts";
import { mayWrite, untilAsked } from "./lanes.ts";
import { OwnBatch } from "./own-batch.ts";
import { circleNamed, type LiveCircle, type Rooms } from "./rooms.ts";
import { sizeOf } from "./turns.ts";
import type { Posted, Statement, Utterance, WaitingPosts } from "./utterance.ts";

/**
 * Posts in the order given, all in one durable batch. Throws what the circle's policy refuses, DISK_FULL, or LANE_UNCONFIRMED where
 * it must be held (`drafts.ts`); nothing is posted then. Answers the record of each.
 */
export async function post(
  rooms: Rooms,
  circle: CircleId,
  utterances: readonly Utterance[],
): Promise<readonly Posted[]> {
  const live = currentCircle(rooms, circle);
  const { waiting } = live;
  await untilAsked(rooms, circle);
  const { promise, resolve, reject } = Promise.withResolvers<readonly Posted[]>();
  waiting.push({ utterances, resolve, reject });
  // Calls that came while another turn was on share one batch and one fsync: whoever comes first takes the others along.
  // Not in the turn: what this may wait for comes in by one.
  const take = async (): Promise<void> =>
    rooms.turns.take(circle, async () => postWaiting(rooms, circle, waiting), sizeOf(utterances.length));
  const minted = mayWrite(rooms, live) ? awaitEpoch(rooms, live) : undefined;
  const turn = minted?.then(take) ?? take();
  const [posted] = await Promise.all([promise, turn]);
  return posted;
}

/** One batch of what waits; a call that is refused leaves no trace in it, and the others are posted all the same. */
async function postWaiting(rooms: Rooms, circle: CircleId, waiting: WaitingPosts[]): Promise<void> {
  const taken = takeSome(waiting);
  const done: { readonly call: WaitingPosts; readonly posted: readonly Posted[] }[] = [];
  try {
    const live = currentCircle(rooms, circle);
    if (live.drafts > 0) throw behindDrafts(live);
    const batch = new OwnBatch(rooms, live);
    const byKey = new Map<string, RecordId>();
    for (const call of taken) {
      const mark = batch.mark();
      try {
        done.push({ call, posted: await sealAll(rooms, { batch, byKey }, call.utterances) });
      } catch (cause) {
        batch.returnTo(mark);
        call.reject(cause);
      }
    }
    await batch.commit();
    for (const { call, posted } of done) call.resolve(posted);
  } catch (cause) {
    // Nothing of the batch was kept. One that was refused before knows it already.
    for (const call of taken) call.reject(cause);
  }
}

/** What is said later is never heard before what is held. */
function behindDrafts({ row, drafts }: LiveCircle): TocsinError {
  return new TocsinError("LANE_UNCONFIRMED", `${row.name}: ${drafts} posts are held before this one`, {
    details: { held: "queued", heard: 0, needed: 0 },
  });
}

/** The calls that were first, as many as make one batch; one call alone may be larger. */
function takeSome(waiting: WaitingPosts[]): readonly WaitingPosts[] {
  let records = 0;
  const end = waiting.findIndex((call, index) => {
    records += call.utterances.length;
    return index > 0 && records > limits.importBatchRecords;
  });
  return waiting.splice(0, end === -1 ? waiting.length : end);
}

async function sealAll(
  rooms: Rooms,
  into: { readonly batch: OwnBatch; readonly byKey: Map<string, RecordId> },
  utterances: readonly Utterance[],
): Promise<readonly Posted[]> {
  const posted: Posted[] = [];
  const keyed = new Map<string, RecordId>();
  for (const utterance of utterances) {
    const { key } = utterance;
    const known = key === undefined ? undefined : (keyed.get(key) ?? into.byKey.get(key));
    const before = known ?? (key === undefined ? undefined : await keyedBefore(rooms, into.batch.circle, key));
    const id = before ?? (await into.batch.seal(utterance));
    if (key !== undefined) keyed.set(key, id);
    posted.push({ id, duplicate: before !== undefined });
  }
  // Only now: the keys of a call that is refused are free again.
  for (const [key, id] of keyed) into.byKey.set(key, id);
  return posted;
}

async function keyedBefore(rooms: Rooms, circle: CircleId, key: string): Promise<RecordId | undefined> {
  return rooms.store.byIdempotencyKey(circle, key, rooms.clock.now());
}

/**
 * Writes control records of this node in one durable batch, with the `row` of a circle that begins; where they change who is in, with the
 * epoch that this asks for; `rekey` asks for one in any case. For the verbs of membership, inside their turn.
 */
export async function declare(
  rooms: Rooms,
  live: LiveCircle,
  statements: readonly Statement[],
  { row, rekey = false }: { readonly row?: CircleRow; readonly rekey?: boolean } = {},
): Promise<readonly VerifiedRecord[]> {
  const batch = new OwnBatch(rooms, live, row);
  for (const statement of statements) batch.declare(statement);
  if (rekey || batch.needsEpoch()) await batch.mint();
  await batch.commit(row);
  return batch.records;
}

/** A circle that this node may still write to. */
export function currentCircle(rooms: Rooms, circle: CircleId): LiveCircle {
  const live = circleNamed(rooms, circle);
  if (live.row.state === "removed")
    throw new TocsinError("MEMBER_REMOVED", `you are no longer a member of ${live.row.name}`);
  return live;
}
