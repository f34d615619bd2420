// The way out: a body becomes a sealed, signed, durable record, and only then is it "posted".

import { encodePost } from "../record/parse-body.ts";
import type { CircleId, RecordId } from "../record/ids.ts";
import type { VerifiedRecord } from "../record/record.ts";
import { signClear } from "../record/sign.ts";
import { verifyRecord } from "../record/verify.ts";
import { encodeChange } from "../circle/change-codec.ts";
import { type Graph, precedes } from "../circle/graph.ts";
import { refusePost } from "../circle/policy.ts";
import { emptyLane, type Lane, nextPlace } from "../feed/lane.ts";
import { forgetPrekeysOf } from "../seal/keyring.ts";
import { openPost, sealPost } from "../seal/seal.ts";
import type { CircleRow, Commit, Kept } from "../store/store.ts";
import { limits } from "../base/limits.ts";
import { TocsinError } from "../base/errors.ts";
import { type CircleState, rosterOf, withRecord } from "./circle-state.ts";
import { awaitEpoch, currentEpoch, mint, secretOf } from "./epochs.ts";
import { heardBy } from "./farewell.ts";
import { mayWrite, requireConfirmed, untilAsked, watchOf } from "./lanes.ts";
import { circleNamed, type LiveCircle, type Rooms } from "./rooms.ts";
import { refuseDoubt } from "./trust.ts";
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
  const take = async (): Promise<void> => rooms.turns.take(circle, async () => postWaiting(rooms, circle, waiting));
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
  if (rekey || batch.hasChangedMembers()) await batch.mint();
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

type BatchMark = { readonly records: number; readonly state: CircleState; readonly used: Map<string, number> };

/** What one of our own records says. */
type Said = Pick<Kept, "content" | "salt">;

/** Own records of one turn: each follows the one before; the circle's state is replaced once all of them are durable. */
export class OwnBatch {
  readonly records: VerifiedRecord[] = [];
  private readonly kept: Kept[] = [];
  private usedHere = new Map<string, number>();
  private readonly rooms: Rooms;
  private readonly live: LiveCircle;
  private readonly row: CircleRow;
  private state: CircleState;

  /** `row`: the circle's row from here on, with a lane of its own where the batch begins one. Throws LANE_UNCONFIRMED. */
  constructor(rooms: Rooms, live: LiveCircle, row: CircleRow = live.row) {
    if (row.lane === live.row.lane) requireConfirmed(rooms, live);
    this.rooms = rooms;
    this.live = live;
    this.row = row;
    this.state = live.state;
  }

  get circle(): CircleId {
    return this.live.row.id;
  }

  /** Where the batch stands, to come back to. */
  mark(): BatchMark {
    return { records: this.records.length, state: this.state, used: new Map(this.usedHere) };
  }

  /** Forgets what was added since. The secret of an epoch minted meanwhile stays in the keyring, where nothing names it. */
  returnTo({ records, state, used }: BatchMark): void {
    this.records.length = records;
    this.kept.length = records;
    this.state = state;
    this.usedHere = used;
  }

  async seal({ body, exercise, key, accept }: Utterance): Promise<RecordId> {
    const { rooms, live } = this;
    const roster = rosterOf(this.state);
    const refused = refusePost(roster, rooms.me.id, body) ?? refuseDoubt(rooms, roster, accept);
    if (refused) throw refused;
    this.joinHeads();
    const plaintext = encodePost(body);
    let epoch = currentEpoch(rooms, live, this.state);
    if (!epoch || (live.used.get(epoch.id) ?? 0) + (this.usedHere.get(epoch.id) ?? 0) >= limits.epochRecordsMax)
      epoch = await this.mint();
    const secret = secretOf(rooms, epoch.id);
    if (!secret) throw new TocsinError("INTERNAL", "the secret of a usable epoch is not held");
    const record = sealPost({ ...this.draft(), kind: "post", epoch: epoch.id, exercise }, plaintext, {
      secret,
      key: rooms.me.key,
      random: rooms.random,
    });
    // Our own record passes the same gate as everybody else's.
    const verified = verifyRecord(record);
    this.add(verified, { content: body, salt: openPost(verified, secret).salt }, key);
    this.usedHere.set(epoch.id, (this.usedHere.get(epoch.id) ?? 0) + 1);
    return record.id;
  }

  declare(statement: Statement): void {
    // That a lane takes over from another one is said in its first record.
    if (statement.kind !== "lane-open") this.joinHeads();
    this.write(statement);
  }

  /** A record names so many heads at most: where members acted in more places than that, merges join them first. */
  private joinHeads(): void {
    const merge = encodeChange({ op: "merge" });
    while (this.state.graph.heads.length > limits.rosterHeadsMax) this.write({ kind: "roster", body: merge });
  }

  private write({ kind, body, wraps }: Statement): void {
    const record = signClear(
      { ...this.draft(), kind, epoch: undefined, exercise: false },
      { bytes: body, ...(wraps && { wraps }) },
      { key: this.rooms.me.key, random: this.rooms.random },
    );
    this.add(verifyRecord(record), { content: "control" });
  }

  /** Whether somebody came or went by what was declared, and this node is still there to write to the others. */
  hasChangedMembers(): boolean {
    const [before, after] = [this.live.state.roster, this.state.roster];
    return after?.members.has(this.rooms.me.id) === true && before?.rekeys.join() !== after.rekeys.join();
  }

  async mint(): Promise<NonNullable<ReturnType<CircleState["epochs"]["get"]>>> {
    this.joinHeads();
    const { record, state } = await mint(this.rooms, this.live, this.state);
    this.keep(record, { content: "control" });
    this.state = state;
    const epoch = state.epochs.get(record.id);
    if (!epoch) throw new TocsinError("INTERNAL", "a minted epoch is malformed");
    return epoch;
  }

  /** One synced batch; then memory follows, screens are told, and the network gets it. Whoever goes by it is told before its link is cut. */
  async commit(begun?: CircleRow, settled: Commit["settled"] = []): Promise<void> {
    const { rooms, live, records } = this;
    if (records.length === 0) return;
    const [before, after] = [[...(live.state.roster?.members.keys() ?? [])], this.state.roster?.members];
    const gone = before.filter((member) => after?.has(member) !== true);
    const iGo = gone.includes(rooms.me.id);
    const row: CircleRow | undefined = iGo ? { ...live.row, state: "removed" } : begun;
    const items = await rooms.store.commit({ circle: live.row.id, records: this.kept, settled, ...(row && { row }) });
    if (begun && !iGo) live.row = begun;
    live.state = this.state;
    watchOf(live).wrote = true;
    for (const { header } of records)
      if (header.epoch) live.used.set(header.epoch, (live.used.get(header.epoch) ?? 0) + 1);
    if (items.length > 0) rooms.items.ring();
    const envelopes = records.map((record) => ({ id: record.id, envelope: record.bytes }));
    if (gone.length === 0) rooms.contactsChanged();
    rooms.net().push(live.row.id, envelopes);
    if (gone.length === 0) return;
    await heardBy(rooms, iGo ? before : gone, records[0]);
    if (row) live.row = row;
    if (iGo) await rooms.keyring.update((keyring) => forgetPrekeysOf(keyring, live.row.id));
    rooms.contactsChanged();
  }

  private draft(): { circle: CircleId; rosterHeads: CircleState["graph"]["heads"]; at: number } & ReturnType<
    typeof nextPlace
  > {
    const { live, rooms, state } = this;
    const lane = state.lanes.get(this.row.lane) ?? emptyLane(this.row.lane, rooms.me.id);
    const rosterHeads = headsFor(state.graph, lane);
    return { circle: live.row.id, ...nextPlace(lane), rosterHeads, at: rooms.clock.now() };
  }

  private add(record: VerifiedRecord, content: Said, key?: string): void {
    const lane = this.state.lanes.get(record.header.lane) ?? emptyLane(record.header.lane, record.header.author);
    this.keep(record, content, key);
    this.state = withRecord(this.state, record, lane);
  }

  private keep(record: VerifiedRecord, content: Said, key?: string): void {
    this.records.push(record);
    this.kept.push({
      record,
      receivedAt: this.rooms.clock.now(),
      ...content,
      ...(key === undefined ? {} : { idempotencyKey: key }),
    });
  }
}

/** As many heads as a record may name; first those that the lane has named before, which its author never forgets. */
function headsFor(graph: Graph, lane: Lane): readonly RecordId[] {
  const seen = lane.head !== undefined && graph.ops.has(lane.head) ? [lane.head] : lane.seen;
  const own = (head: RecordId): boolean => seen.some((id) => id === head || precedes(graph, id, head));
  const heads = [...graph.heads.filter(own), ...graph.heads.filter((head) => !own(head))];
  return heads.slice(0, limits.rosterHeadsMax).sort();
}
