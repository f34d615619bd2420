// Rebuilds the circles from the store at start: control records are folded again, posts are not read.

import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { emptyLane, extend } from "../feed/lane.ts";
import type { LaneId, MemberId } from "../record/ids.ts";
import type { VerifiedRecord } from "../record/record.ts";
import { verifyRecord } from "../record/verify.ts";
import { decodeEnvelope } from "../record/wire.ts";
import type { CircleRow } from "../store/store.ts";
import { type CircleState, emptyState, fold, settled } from "./circle-state.ts";
import { loadDisk, newDisk } from "./disk-quota.ts";
import { loadBootstrap } from "./contacts.ts";
import { missingKeys } from "./epochs.ts";
import { refuseAuthor } from "./authorship.ts";
import { loadShown } from "./consent.ts";
import { openSealed } from "./opening.ts";
import { loadComing, loadWatch } from "./lanes.ts";
import { noForks } from "./forks.ts";
import { loadReceipts } from "./receipts.ts";
import type { LiveCircle, Rooms } from "./rooms.ts";

/** Fills `rooms.circles`. Throws STORE_CORRUPT where what is stored does not hold together. */
export async function loadCircles(rooms: Rooms): Promise<void> {
  for (const row of await rooms.store.circles()) {
    const live: LiveCircle = {
      ...{ row, state: await loadState(rooms, row), used: new Map(), waiting: [] },
      watch: await loadWatch(rooms, row),
      coming: await loadComing(rooms.store, row),
      drafts: (await rooms.store.drafts(row.id)).filter(({ refused }) => refused === undefined).length,
      ...{ forks: noForks(), fetched: new Map(), disk: newDisk() },
    };
    rooms.circles.set(row.id, live);
    await loadBootstrap(rooms, row.id);
    await loadShown(rooms, live);
    await rooms.delivery.load(row.id);
    await loadReceipts(rooms, live);
    await loadDisk(rooms, live);
    await countUsed(rooms, live);
    const missing = missingKeys(rooms, live);
    if (missing > 0) rooms.log("keyring-behind", { circle: row.id.slice(0, 8), missing });
  }
}

async function loadState(rooms: Rooms, row: CircleRow): Promise<CircleState> {
  let state = emptyState(row.id);
  const places: Places = new Map();
  const rows = await rooms.store.lanes(row.id);
  for (const { lane, author, length } of rows) places.set(lane, { author, next: 0, length });
  for await (const envelope of rooms.store.control(row.id))
    state = fold(state, vouched(state, { row, places }, envelope)).state;
  state = settled(state);
  const lanes = new Map<LaneId, ReturnType<typeof emptyLane>>();
  for (const lane of rows) {
    const envelope = await rooms.store.envelope(lane.head);
    if (!envelope) throw new TocsinError("STORE_CORRUPT", `the newest record of a lane in ${row.name} is missing`);
    const head = decodeEnvelope(envelope);
    lanes.set(lane.lane, extend(emptyLane(lane.lane, lane.author), head));
  }
  return { ...state, lanes };
}

/** Where the next control record of each lane may stand. */
type Places = Map<LaneId, { readonly author: MemberId; readonly next: number; readonly length: number }>;

/** A stored record, which passes what decides about one that arrives: whoever could write rows of the store makes no member by it. */
function vouched(
  state: CircleState,
  { row, places }: { readonly row: CircleRow; readonly places: Places },
  envelope: Uint8Array,
): VerifiedRecord {
  try {
    const record = verifyRecord(decodeEnvelope(envelope));
    const { circle, rosterHeads, lane, author, seq } = record.header;
    const place = places.get(lane);
    const isNext = place?.author === author && seq >= place.next && seq < place.length;
    if (isNext) places.set(lane, { ...place, next: seq + 1 });
    const isPlaced = rosterHeads.every((head) => state.graph.ops.has(head));
    const before = { ...emptyLane(lane, author), length: seq };
    if (isNext && circle === row.id && isPlaced && !refuseAuthor(state, record, before)) return record;
  } catch (cause) {
    throw corrupt(row, cause);
  }
  throw corrupt(row);
}

function corrupt({ name }: CircleRow, cause?: unknown): TocsinError {
  return new TocsinError("STORE_CORRUPT", `the store holds a record of ${name} that no member made`, { cause });
}

/** Counts the own records under the newest epoch again, and opens what a crash left sealed although its key is held. */
async function countUsed(rooms: Rooms, live: LiveCircle): Promise<void> {
  const { row, state } = live;
  const own = state.lanes.get(row.lane);
  if (own) {
    const from = Math.max(0, own.length - limits.epochRecordsMax);
    for await (const envelope of rooms.store.range(row.id, { lane: row.lane, from, to: own.length })) {
      const { epoch } = decodeEnvelope(envelope).header;
      if (epoch) live.used.set(epoch, (live.used.get(epoch) ?? 0) + 1);
    }
  }
  if ((await rooms.store.sealedCount(row.id)) === 0) return;
  const held = [...rooms.keyring.value().epochs.values()].filter((epoch) => epoch.circle === row.id);
  await openSealed(
    rooms,
    state,
    held.map((epoch) => epoch.id),
  );
}
