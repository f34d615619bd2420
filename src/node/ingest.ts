// The only way in: whatever came by push, sync or gossip is verified, judged, opened, committed and rung here, in that
// order. Nothing that fails a check changes anything.

import { setImmediate as nextTurn } from "node:timers/promises";
import { asTocsinError, errorRow, TocsinError, verdictOf } from "../base/errors.ts";
import { accept, emptyLane, type Lane } from "../feed/lane.ts";
import type { Arrival, ArrivalPath } from "../net/net.ts";
import type { CircleId, MemberId, RecordId } from "../record/ids.ts";
import type { SignedRecord, VerifiedRecord } from "../record/record.ts";
import { verifyRecord } from "../record/verify.ts";
import { isPruned } from "../record/wire.ts";
import type { CircleRow, Kept } from "../store/store.ts";
import { checkAhead, recordOrRefusal } from "./ahead.ts";
import { logComplaint, logRefusal } from "./arrival-log.ts";
import { refuseAuthor } from "./authorship.ts";
import { type CircleState, settled, withNext, withRecord } from "./circle-state.ts";
import { isHollow, noteStored, staysHollow } from "./disk-quota.ts";
import { complain } from "./complaints.ts";
import { takeEpoch } from "./epochs.ts";
import { withoutSent } from "./drafts.ts";
import { hasForks, isClosed, noteRecord, noteSide, noteWanted, proveForks, recordAt } from "./forks.ts";
import { adopted, changedLane, forked, laneAfter } from "./lanes.ts";
import { forgetPrekeys } from "./prekeys.ts";
import { contentOf, openSealed, openUncut } from "./opening.ts";
import { noteContents } from "./receipts.ts";
import { commitErasing } from "./erasure.ts";
import { circleNamed, type LiveCircle, type Rooms } from "./rooms.ts";
import { returnedRows } from "./trail.ts";
import { sizeOf } from "./turns.ts";

const GLANCE_RECORDS = 4; // judged before what is small may take the turn over: at most 1 ms
const BREATH_RECORDS = 16; // judged before whoever waits takes it over

type From = { readonly member: MemberId; readonly path: ArrivalPath };
type Parcel = { readonly circle: CircleId; readonly envelopes: readonly Uint8Array[] };

/**
 * Takes envelopes of one circle in the order received. Resolves, with one outcome each, once everything kept is durable.
 * Throws only what is our own failure (DISK_FULL, STORE_FAILED); what follows the last durable record is not kept then.
 */
export async function ingest(rooms: Rooms, from: From, parcel: Parcel): Promise<readonly Arrival[]> {
  // Before the circle's turn: while one parcel is stored, the signatures of the next are checked.
  const signed = parcel.envelopes.map(recordOrRefusal);
  const checking = checkAhead(rooms, parcel.circle, signed);
  // One source after its own order; between sources whoever waits longest.
  return rooms.turns.take(`${parcel.circle} ${from.member} ${from.path}`, async () => {
    await checking;
    const outcomes: Arrival[] = [];
    while (outcomes.length < signed.length)
      outcomes.push(
        ...(await ingestSome(rooms, from, { circle: parcel.circle, signed: signed.slice(outcomes.length) })),
      );
    return outcomes;
  });
}

/** Takes the first of them, at least one: so many as nobody else waits for the circle's turn. */
async function ingestSome(
  rooms: Rooms,
  from: From,
  parcel: { readonly circle: CircleId; readonly signed: readonly ReturnType<typeof recordOrRefusal>[] },
): Promise<readonly Arrival[]> {
  const work = async (): Promise<readonly Arrival[]> => {
    const live = circleNamed(rooms, parcel.circle);
    const outcomes: Arrival[] = [];
    const taken: TakenRecord[] = [];
    const epochs: RecordId[] = [];
    let { state } = live;
    let { bytes } = live.disk;
    let isBad = false;
    for (const [index, one] of parcel.signed.entries()) {
      if (index > 0 && index % GLANCE_RECORDS === 0) {
        await nextTurn();
        // Whoever sends much gives way, in the middle of what it sent, to whoever else waits for the circle.
        if (rooms.turns.isAwaited(parcel.circle, index % BREATH_RECORDS === 0 ? undefined : "small")) break;
      }
      const judged = await judge(rooms, { state, batch: taken, bytes, live, path: from.path }, one);
      outcomes.push(judged.arrival);
      if (judged.arrival.kind === "refused") {
        logRefusal(rooms, from, judged.arrival);
        if (judged.arrival.reason === "RECORD_FORKED" && !(one instanceof TocsinError))
          forked(rooms, live, one.header.lane);
      }
      const receivedAt = rooms.clock.now();
      const spare = judged.next?.as === "hollow" ? undefined : (judged.next?.record ?? judged.whole);
      bytes += spare?.bytes.length ?? 0;
      if (judged.whole) taken.push({ record: judged.whole, receivedAt, as: "whole" });
      if (!judged.next) continue;
      const { record, lane, as } = judged.next;
      const before = state;
      state = withNext(state, record, lane, as === "hollow");
      if (before.complaints !== state.complaints) logComplaint(rooms, before, state);
      const epoch = state.epochs.get(record.id);
      const known = epoch && (await takeEpoch(rooms, epoch, { wraps: record.wraps, known: state.epochs }));
      if (epoch && known === "held") epochs.push(epoch.id);
      isBad ||= known === "bad";
      taken.push({ record, receivedAt, as });
    }
    if (taken.length > 0) await keepTaken(rooms, live, { state: settled(state), taken, epochs });
    if (isBad) await complain(rooms, live);
    if (live.row.state === "removed") await forgetPrekeys(rooms, live);
    await proveForks(rooms, live);
    return outcomes;
  };
  // R68: what is small, as an alert is, waits for no queue of large parcels.
  return rooms.turns.take(parcel.circle, work, sizeOf(parcel.signed.length));
}

/** `as`: the next of its lane, kept as it is or without its payload; or the whole of a post that is held hollow. */
type TakenRecord = {
  readonly record: VerifiedRecord;
  readonly receivedAt: number;
  readonly as: "next" | "hollow" | "whole";
};

type Taken = {
  readonly state: CircleState;
  readonly taken: readonly TakenRecord[];
  readonly epochs: readonly RecordId[];
};

/** Has what was taken stored, and only then shown. */
async function keepTaken(rooms: Rooms, live: LiveCircle, { state, taken, epochs }: Taken): Promise<void> {
  // Before the epochs are committed: a failure in here fails the batch, and its repeat opens what is sealed still.
  await openSealed(rooms, state, epochs);
  await openUncut(rooms, live.state, state);
  const opened = ({ record, receivedAt, as }: TakenRecord): Kept =>
    as === "hollow"
      ? { record, receivedAt, content: "hollow" }
      : { record, receivedAt, ...contentOf(rooms, state, record) };
  const filled = taken.filter(({ as }) => as === "whole").map(opened);
  const next = taken.filter(({ as }) => as !== "whole").map(opened);
  const { kept, settled: sent } = await withoutSent(rooms, live, next);
  const row = rowAfter(rooms, live, state);
  const trail = returnedRows(rooms, kept);
  const change = { circle: live.row.id, records: kept, filled, settled: sent, trail };
  const items = await commitErasing(rooms, state, { ...change, ...(row !== live.row && { row }) });
  live.state = state;
  const { lane } = live.row;
  live.row = row;
  await changedLane(rooms, live, lane);
  const hollow = kept.filter(({ content }) => content === "hollow");
  await noteStored(rooms, live, {
    hollow: hollow.map(({ record }) => record),
    filled: filled.map(({ record }) => record),
  });
  noteContents(rooms, row.id, [...kept, ...filled]);
  live.drafts -= sent.length;
  if (kept.some(({ record }) => record.header.kind !== "post")) rooms.contactsChanged();
  // Others may open what this node cannot.
  if ([...kept, ...filled].some(({ content }) => content === "sealed")) rooms.changes.ring();
  if (items.length > 0) rooms.items.ring();
  const records = taken.map(({ record }) => record);
  adopted(rooms, live, records);
  for (const { header } of records)
    if (header.kind === "lane-open") rooms.log("lane-opened", { author: header.author.slice(0, 8) });
}

/** Where this node was taken out, the circle stays readable and is not synced any more. */
function rowAfter({ me }: Rooms, live: LiveCircle, state: CircleState): CircleRow {
  const { roster, lanes } = state;
  const { row, coming } = live;
  const lane = laneAfter(live, me.id, state);
  if (lane !== row.lane) return { ...row, lane };
  // Whoever just came back hears of its last removal first; it is in once it has spoken on the lane that it came with.
  const hasCome = coming === undefined && lanes.has(row.lane);
  const isOut = roster?.removed.has(me.id) === true && !roster.members.has(me.id) && hasCome;
  return isOut ? { ...row, state: "removed" } : row;
}

type Judged = {
  readonly arrival: Arrival;
  readonly next?: { readonly record: VerifiedRecord; readonly lane: Lane; readonly as: "next" | "hollow" };
  /** All of a post that is held without its payload. */
  readonly whole?: VerifiedRecord;
};

/** What a record is judged against: the circle with what this batch brought so far, which is not stored yet. */
type Bench = {
  readonly state: CircleState;
  readonly batch: readonly TakenRecord[];
  /** What the circle takes of the disk once the batch is stored. */
  readonly bytes: number;
  readonly live: LiveCircle;
  readonly path: ArrivalPath;
};

async function judge(rooms: Rooms, bench: Bench, record: SignedRecord | TocsinError): Promise<Judged> {
  const { state, batch, live } = bench;
  try {
    if (record instanceof TocsinError) throw record;
    const { header } = record;
    // A post without its payload is what somebody has left of it: nobody hands one over as news.
    if (isPruned(record) && (bench.path === "push" || bench.path === "gossip"))
      throw new TocsinError("RECORD_MALFORMED", "a post without what it says");
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
    const isTaken = (): boolean => batch.some((one) => one.record.id === record.id);
    const held = async (): Promise<boolean> =>
      record.id === lane.head || isTaken() || (await rooms.store.envelope(record.id)) !== undefined;
    const isSpare = isPruned(record) || !staysHollow(rooms, header, bench.bytes);
    if (place.kind === "held" && (await held()))
      return isSpare && isHollow(live, header) && !isTaken()
        ? { arrival: { kind: "kept" }, whole: verifyRecord(record) }
        : { arrival: { kind: "duplicate" } };
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
    return isSpare
      ? { arrival: { kind: "kept" }, next: { record: verified, lane, as: "next" } }
      : { arrival: { kind: "kept", isHollow: true }, next: { record: verified, lane, as: "hollow" } };
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
