// The only way in: whatever came by push, sync or gossip is verified, judged, opened, committed and rung here, in that
// order. Nothing that fails a check changes anything.

import { setImmediate as nextTurn } from "node:timers/promises";
import { asTocsinError, errorRow, TocsinError, verdictOf } from "../base/errors.ts";
import { accept, emptyLane, type Lane } from "../feed/lane.ts";
import type { Arrival, ArrivalPath } from "../net/net.ts";
import type { PostBody } from "../record/body.ts";
import { laneLimit, refuseMarking } from "../circle/policy.ts";
import { evaluate } from "../circle/evaluate.ts";
import type { CircleId, MemberId, RecordId } from "../record/ids.ts";
import type { Content } from "../record/content.ts";
import { decodePost } from "../record/parse-body.ts";
import type { SignedRecord, VerifiedRecord } from "../record/record.ts";
import { verifyRecord } from "../record/verify.ts";
import { decodeEnvelope } from "../record/wire.ts";
import { openPost } from "../seal/seal.ts";
import type { CircleRow, Kept, Opened } from "../store/store.ts";
import { limits } from "../base/limits.ts";
import { checkAhead, recordOrRefusal } from "./ahead.ts";
import { refuseAuthor } from "./authorship.ts";
import { type CircleState, rosterOf, settled, withNext, withRecord } from "./circle-state.ts";
import { complain } from "./complaints.ts";
import { secretOf, takeEpoch } from "./epochs.ts";
import { withoutSent } from "./drafts.ts";
import { hasForks, isClosed, noteRecord, noteSide, noteWanted, proveForks, recordAt } from "./forks.ts";
import { logComplaint, logRefusal } from "./ingest-log.ts";
import { adopted, forked } from "./lanes.ts";
import { forgetPrekeys } from "./prekeys.ts";
import { noteContents } from "./receipts.ts";
import { circleNamed, type LiveCircle, type Rooms } from "./rooms.ts";

const BREATH_RECORDS = 32; // judged before other work gets its turn: at most 8 ms

/**
 * Takes envelopes of one circle in the order received. Resolves, with one outcome each, once everything kept is durable.
 * Throws only what is our own failure (DISK_FULL, STORE_FAILED); nothing of the batch is kept then.
 */
export async function ingest(
  rooms: Rooms,
  from: { readonly member: MemberId; readonly path: ArrivalPath },
  parcel: { readonly circle: CircleId; readonly envelopes: readonly Uint8Array[] },
): Promise<readonly Arrival[]> {
  // Before the circle's turn: while one parcel is stored, the signatures of the next are checked.
  const signed = parcel.envelopes.map(recordOrRefusal);
  const checking = checkAhead(rooms, parcel.circle, signed);
  return rooms.turns.take(parcel.circle, async () => {
    await checking;
    const live = circleNamed(rooms, parcel.circle);
    const outcomes: Arrival[] = [];
    const taken: { readonly record: VerifiedRecord; readonly receivedAt: number }[] = [];
    const epochs: RecordId[] = [];
    let { state } = live;
    let isBad = false;
    for (const [index, one] of signed.entries()) {
      if (index % BREATH_RECORDS === BREATH_RECORDS - 1) await nextTurn();
      const judged = await judge(rooms, { state, batch: taken, live }, one);
      outcomes.push(judged.arrival);
      if (judged.arrival.kind === "refused") {
        logRefusal(rooms, from, judged.arrival);
        if (judged.arrival.reason === "RECORD_FORKED" && !(one instanceof TocsinError))
          forked(rooms, live, one.header.lane);
      }
      if (!judged.next) continue;
      const { record, lane } = judged.next;
      const before = state;
      state = withNext(state, record, lane);
      if (before.complaints !== state.complaints) logComplaint(rooms, before, state);
      const epoch = state.epochs.get(record.id);
      const known = epoch && (await takeEpoch(rooms, epoch, { wraps: record.wraps, known: state.epochs }));
      if (epoch && known === "held") epochs.push(epoch.id);
      isBad ||= known === "bad";
      taken.push({ record, receivedAt: rooms.clock.now() });
    }
    if (taken.length > 0) await keepTaken(rooms, live, { state: settled(state), taken, epochs });
    if (isBad) await complain(rooms, live);
    if (live.row.state === "removed") await forgetPrekeys(rooms, live);
    await proveForks(rooms, live);
    return outcomes;
  });
}

type Taken = {
  readonly state: CircleState;
  readonly taken: readonly { readonly record: VerifiedRecord; readonly receivedAt: number }[];
  readonly epochs: readonly RecordId[];
};

/** Has what was taken stored, and only then shown. */
async function keepTaken(rooms: Rooms, live: LiveCircle, { state, taken, epochs }: Taken): Promise<void> {
  // Before the epochs are committed: a failure in here fails the batch, and its repeat opens what is sealed still.
  await openSealed(rooms, state, epochs);
  const opened = taken.map((one): Kept => ({ ...one, ...contentOf(rooms, state, one.record) }));
  const { kept, settled: sent } = await withoutSent(rooms, live, opened);
  const row = rowAfter(rooms, live.row, state);
  const change = { circle: live.row.id, records: kept, settled: sent };
  const items = await rooms.store.commit({ ...change, ...(row !== live.row && { row }) });
  live.state = state;
  live.row = row;
  noteContents(rooms, row.id, kept);
  live.drafts -= sent.length;
  if (kept.some(({ record }) => record.header.kind !== "post")) rooms.contactsChanged();
  // Others may open what this node cannot.
  if (kept.some(({ content }) => content === "sealed")) rooms.changes.ring();
  if (items.length > 0) rooms.items.ring();
  const records = taken.map(({ record }) => record);
  adopted(rooms, live, records);
  for (const { header } of records)
    if (header.kind === "lane-open") rooms.log("lane-opened", { author: header.author.slice(0, 8) });
}

/** Where this node was taken out, the circle stays readable and is not synced any more. */
function rowAfter({ me }: Rooms, row: CircleRow, { roster, lanes }: CircleState): CircleRow {
  // Whoever just came back hears of its last removal first; it is in once it has spoken on the lane that it came with.
  const isOut = roster?.removed.has(me.id) === true && !roster.members.has(me.id) && lanes.has(row.lane);
  return isOut ? { ...row, state: "removed" } : row;
}

type Judged = { readonly arrival: Arrival; readonly next?: { readonly record: VerifiedRecord; readonly lane: Lane } };

/** What a record is judged against: the circle with what this batch brought so far, which is not stored yet. */
type Bench = {
  readonly state: CircleState;
  readonly batch: readonly { readonly record: VerifiedRecord }[];
  readonly live: LiveCircle;
};

async function judge(rooms: Rooms, bench: Bench, record: SignedRecord | TocsinError): Promise<Judged> {
  const { state, batch, live } = bench;
  try {
    if (record instanceof TocsinError) throw record;
    const { header } = record;
    // R4: a record speaks in the circle that it names.
    if (header.circle !== state.id) throw new TocsinError("RECORD_CIRCLE_WRONG", "a record of another circle");
    const lane = state.lanes.get(header.lane) ?? emptyLane(header.lane, header.author);
    const place = accept(lane, record);
    const isOver = place.kind !== "broken" && isClosed(state, header);
    if (place.kind === "gap" && !isOver) {
      // Of a lane that is forked it may well be the other side, whose changes are wanted.
      if (live.forks.lanes.has(header.lane)) noteRecord(live.forks, verifyRecord(record));
      return { arrival: { kind: "gap" } };
    }
    // The newest one is what comes twice most: by push, and by gossip after it.
    const held = async (): Promise<boolean> =>
      record.id === lane.head ||
      batch.some((one) => one.record.id === record.id) ||
      (await rooms.store.envelope(record.id)) !== undefined;
    if (place.kind === "held" && (await held())) return { arrival: { kind: "duplicate" } };
    if (place.kind === "held" || place.kind === "forked" || isOver) {
      await noteFork(rooms, bench, { record: verifyRecord(record), lane });
      throw new TocsinError("RECORD_FORKED", `author ${header.author.slice(0, 8)} made two records at one place`);
    }
    if (header.rosterHeads.some((head) => !state.graph.ops.has(head))) {
      if (hasForks(live)) noteWanted(live.forks, state.graph, verifyRecord(record).header.rosterHeads);
      return { arrival: { kind: "gap" } };
    }
    // Whether the named author may speak is asked first: a flood of unknown keys must not cost their admission each.
    const refused = refuseAuthor(state, record, lane);
    if (refused) throw refused;
    const verified = verifyRecord(record);
    if (place.kind === "broken")
      throw new TocsinError("RECORD_MALFORMED", `record ${record.id.slice(0, 8)}: ${place.reason}`);
    // A circle begins with the genesis that it is named after.
    if (!state.roster && !withRecord(state, verified, lane).roster)
      throw new TocsinError("RECORD_CIRCLE_WRONG", "not the genesis of this circle");
    return { arrival: { kind: "kept" }, next: { record: verified, lane } };
  } catch (cause) {
    const error = asTocsinError(cause);
    // What is not a peer's fault is ours, and fails the batch as a whole.
    if (errorRow(error.code).exit === 74 || error.code === "INTERNAL") throw error;
    const verdict = verdictOf(error) === "reject" ? "reject" : "ignore";
    return { arrival: { kind: "refused", verdict, reason: error.code } };
  }
}

/**
 * R7: two records of one author at one place are a fork: the first one held stands, the others are evidence. It is the author's
 * only if it verifies, and then its author is at fault, never whoever relays a side that this node does not hold.
 */
async function noteFork(
  rooms: Rooms,
  { batch, live }: Bench,
  { record, lane }: { readonly record: VerifiedRecord; readonly lane: Lane },
): Promise<void> {
  const { seq } = record.header;
  if (seq > lane.length || (seq === lane.length && record.header.prev === lane.head)) {
    noteRecord(live.forks, record);
    return;
  }
  const here = batch.find((one) => one.record.header.lane === lane.id && one.record.header.seq === seq)?.record;
  const own = here ?? (await recordAt(rooms, live.row.id, { lane: lane.id, seq }));
  noteSide(live.forks, lane, { record, own });
}

/** What a record says, as far as this node can tell. A body that does not open or parse leaves its place in the lane. */
function contentOf(rooms: Rooms, state: CircleState, record: VerifiedRecord): Pick<Kept, "content" | "salt"> {
  const { epoch } = record.header;
  if (!epoch) return { content: "control" };
  const secret = secretOf(rooms, epoch);
  return secret && state.roster
    ? readContent(rooms, state, { record, open: () => openPost(record, secret) })
    : { content: "sealed" };
}

/** What an opened post says, where it counts and holds a known body. */
function readContent(
  rooms: Rooms,
  state: CircleState,
  { record, open }: { readonly record: VerifiedRecord; readonly open: () => Content },
): { readonly content: PostBody; readonly salt: Uint8Array } | { readonly content: "malformed" } {
  const { author, lane, seq, exercise, rosterHeads } = record.header;
  try {
    if (seq >= laneLimit(rosterOf(state), author, lane))
      throw new TocsinError("RECORD_AUTHOR_REMOVED", "sent around the removal of its author");
    const { salt, body } = open();
    const content = decodePost(body);
    // By the rules that its author had seen: what was within them stays readable when they change.
    const { policy } = evaluate(state.graph, rosterHeads, state.memo);
    const refused = refuseMarking(policy, content, exercise);
    if (refused) throw refused;
    return { content, salt };
  } catch (cause) {
    rooms.log("body-refused", {
      record: record.id.slice(0, 8),
      author: record.header.author.slice(0, 8),
      reason: asTocsinError(cause).code,
    });
    return { content: "malformed" };
  }
}

/** Opens what was kept sealed for want of the epochs that are held now, in batches. Inside the circle's turn. */
export async function openSealed(rooms: Rooms, state: CircleState, epochs: readonly RecordId[]): Promise<void> {
  const { id, roster } = state;
  for (const epoch of epochs) {
    const secret = secretOf(rooms, epoch);
    if (!secret || !roster) continue;
    const open = (record: VerifiedRecord): Content => openPost(record, secret);
    const sealed: Sealed[] = [];
    for await (const { envelope, receivedAt } of rooms.store.sealedUnder(id, epoch)) {
      sealed.push({ record: decodeEnvelope(envelope), receivedAt, open });
      if (sealed.length >= limits.syncPageRecords) await commitOpened(rooms, id, { rows: sealed.splice(0), state });
    }
    if (sealed.length > 0) await commitOpened(rooms, id, { rows: sealed, state });
  }
}

/** Takes what a member re-sealed of posts that are kept sealed, once it was checked. All of it is durable when this resolves. */
export async function takeOpenings(
  rooms: Rooms,
  circle: CircleId,
  openings: readonly { readonly record: SignedRecord; readonly receivedAt: number; readonly content: Content }[],
): Promise<void> {
  await rooms.turns.take(circle, async () => {
    const { state } = circleNamed(rooms, circle);
    const rows = openings.map(({ content, ...row }): Sealed => ({ ...row, open: () => content }));
    if (state.roster && rows.length > 0) await commitOpened(rooms, circle, { rows, state });
  });
}

/** A post kept sealed, and how it is opened. */
type Sealed = {
  readonly record: SignedRecord;
  readonly receivedAt: number;
  readonly open: (record: VerifiedRecord) => Content;
};

async function commitOpened(
  rooms: Rooms,
  circle: CircleId,
  { rows, state }: { readonly rows: readonly Sealed[]; readonly state: CircleState },
): Promise<void> {
  const opened = rows.map(({ record: stored, receivedAt, open }): Opened => {
    // It was verified when it was stored; verifying again costs little and keeps one maker of trust.
    const record = verifyRecord(stored);
    return { record, receivedAt, ...readContent(rooms, state, { record, open: () => open(record) }) };
  });
  await rooms.store.commit({ circle, records: [], opened });
  noteContents(rooms, circle, opened);
  rooms.items.ring();
}
