// Posts that are held until this node may go on in its lane: durable, in order, each posted once.

import { decodeClearance, encodeClearance } from "../audit/clearance.ts";
import { equalBytes, toHex } from "../base/bytes.ts";
import { asTocsinError, errorRow, TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { CircleId } from "../record/ids.ts";
import { encodePost } from "../record/parse-body.ts";
import type { Draft, Kept } from "../store/store.ts";
import { rosterOf } from "./circle-state.ts";
import { refuseUtterance } from "./consent.ts";
import { refuseFull } from "./disk-quota.ts";
import { refuseDoubt } from "./trust.ts";
import { OwnBatch } from "./own-batch.ts";
import { currentCircle, post } from "./post.ts";
import type { LiveCircle, Rooms } from "./rooms.ts";
import type { HeldPosts, Posted, Utterance } from "./utterance.ts";

const WAITS: ReadonlySet<string> = new Set(["PEER_KEY_CHANGED", "PEER_BLOCKED", "POLICY_UNACCEPTED"]);

/** Posts, or holds what may not be posted yet. Throws what `post` throws, but for LANE_UNCONFIRMED, and QUEUE_FULL where too many are held. */
export async function postOrHold(
  rooms: Rooms,
  circle: CircleId,
  utterances: readonly Utterance[],
): Promise<readonly Posted[] | HeldPosts> {
  try {
    return await post(rooms, circle, utterances);
  } catch (cause) {
    if (!(cause instanceof TocsinError) || cause.code !== "LANE_UNCONFIRMED") throw cause;
    return { why: cause, keys: await hold(rooms, circle, utterances) };
  }
}

/** Holds utterances after those that are held. Answers the key of each, by which its record is found once it is posted. */
async function hold(rooms: Rooms, circle: CircleId, utterances: readonly Utterance[]): Promise<readonly string[]> {
  return rooms.turns.take(circle, async () => {
    const live = currentCircle(rooms, circle);
    refuseFull(rooms, live);
    const held = await rooms.store.drafts(circle);
    const known = new Set(held.map(({ key }) => key));
    const keys: string[] = [];
    const drafts: Draft[] = [];
    const roster = rosterOf(live.state);
    for (const { body, exercise, accept = [], clearance, key = `draft:${toHex(rooms.random(16))}` } of utterances) {
      const refused = refuseUtterance(rooms, live, { body, exercise }) ?? refuseDoubt(rooms, roster, accept);
      if (refused) throw refused;
      encodePost(body); // what fits no record is refused now
      keys.push(key);
      if (known.has(key) || (await rooms.store.byIdempotencyKey(circle, key, rooms.clock.now()))) continue;
      known.add(key);
      drafts.push({ body, exercise, key, accept, ...(clearance && { clearance: encodeClearance(clearance) }) });
    }
    if (held.length + drafts.length > limits.draftsHeldMax)
      throw new TocsinError("QUEUE_FULL", `${held.length} posts are held in ${live.row.name} already`);
    if (drafts.length === 0) return keys;
    await rooms.store.commit({ circle, records: [], drafts });
    live.drafts += drafts.length;
    rooms.changes.ring();
    return keys;
  });
}

/**
 * Posts what is held, in order; each batch is durable together with the end of its drafts, so that a crash posts nothing
 * twice. A draft that the circle refuses by now stays, marked as such; where the key of a peer is in doubt the rest waits. Inside the circle's turn. Throws LANE_UNCONFIRMED, DISK_FULL.
 */
export async function sendDrafts(rooms: Rooms, live: LiveCircle): Promise<void> {
  const circle = live.row.id;
  while (live.drafts > 0) {
    const waiting = (await rooms.store.drafts(circle)).filter(({ refused }) => refused === undefined);
    const batch = new OwnBatch(rooms, live);
    const settled: { readonly number: number; readonly refused?: string }[] = [];
    let isDoubtful = false;
    for (const { number, ...utterance } of waiting.slice(0, limits.importBatchRecords)) {
      const refused = await sealed(batch, utterance);
      // Whose key is in doubt a person decides, and which rules are accepted; until then this draft and those after it wait.
      isDoubtful = WAITS.has(refused ?? "");
      if (isDoubtful) break;
      settled.push({ number, ...(refused === undefined ? {} : { refused }) });
      if (refused !== undefined) rooms.log("draft-refused", { circle: circle.slice(0, 8), reason: refused });
    }
    if (batch.records.length > 0) await batch.commit(undefined, settled);
    else if (settled.length > 0) await rooms.store.commit({ circle, records: [], settled });
    live.drafts = waiting.length - settled.length;
    if (isDoubtful) return;
  }
}

/**
 * Own posts that come back from members, with the keys of the drafts that they were: what a copy of this home held and an
 * earlier run of it posted is not posted again. Two drafts of equal content are two posts.
 */
export async function withoutSent(
  rooms: Rooms,
  live: LiveCircle,
  records: readonly Kept[],
): Promise<{ readonly kept: readonly Kept[]; readonly settled: readonly { readonly number: number }[] }> {
  const settled: { readonly number: number }[] = [];
  if (live.drafts === 0 || !records.some(({ record }) => record.header.author === rooms.me.id))
    return { kept: records, settled };
  const waiting = (await rooms.store.drafts(live.row.id)).filter(({ refused }) => refused === undefined);
  const kept = records.map((one): Kept => {
    const { content, record } = one;
    if (typeof content === "string" || record.header.author !== rooms.me.id) return one;
    const said = encodePost(content);
    const at = waiting.findIndex(
      ({ body, exercise }) => exercise === record.header.exercise && equalBytes(encodePost(body), said),
    );
    const [draft] = at === -1 ? [] : waiting.splice(at, 1);
    if (!draft) return one;
    settled.push({ number: draft.number });
    return { ...one, idempotencyKey: draft.key };
  });
  return { kept, settled };
}

/** Adds a draft to a batch; the code of what the circle refuses of it. */
async function sealed(batch: OwnBatch, draft: Draft): Promise<string | undefined> {
  const mark = batch.mark();
  try {
    const { clearance, ...said } = draft;
    await batch.seal({ ...said, ...(clearance && { clearance: decodeClearance(clearance) }) });
    return undefined;
  } catch (cause) {
    const { code } = asTocsinError(cause);
    if (errorRow(code).exit === 74 || code === "INTERNAL") throw cause;
    batch.returnTo(mark);
    return code;
  }
}
