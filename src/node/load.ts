// Rebuilds the circles from the store at start: control records are folded again, posts are not read.

import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { emptyLane, extend } from "../feed/lane.ts";
import type { LaneId } from "../record/ids.ts";
import { verifyRecord } from "../record/verify.ts";
import { decodeEnvelope } from "../record/wire.ts";
import type { CircleRow } from "../store/store.ts";
import { type CircleState, emptyState, fold, settled } from "./circle-state.ts";
import { loadBootstrap } from "./contacts.ts";
import { missingKeys } from "./epochs.ts";
import { loadShown } from "./consent.ts";
import { openSealed } from "./ingest.ts";
import { loadWatch } from "./lanes.ts";
import { noForks } from "./forks.ts";
import type { LiveCircle, Rooms } from "./rooms.ts";

/** Fills `rooms.circles`. Throws STORE_CORRUPT where what is stored does not hold together. */
export async function loadCircles(rooms: Rooms): Promise<void> {
  for (const row of await rooms.store.circles()) {
    const live: LiveCircle = {
      ...{ row, state: await loadState(rooms, row), used: new Map(), waiting: [] },
      watch: await loadWatch(rooms, row),
      drafts: (await rooms.store.drafts(row.id)).filter(({ refused }) => refused === undefined).length,
      forks: noForks(),
    };
    rooms.circles.set(row.id, live);
    await loadBootstrap(rooms, row.id);
    await loadShown(rooms, live);
    await rooms.delivery.load(row.id);
    await countUsed(rooms, live);
    const missing = missingKeys(rooms, live);
    if (missing > 0) rooms.log("keyring-behind", { circle: row.id.slice(0, 8), missing });
  }
}

async function loadState(rooms: Rooms, row: CircleRow): Promise<CircleState> {
  let state = emptyState(row.id);
  for await (const envelope of rooms.store.control(row.id))
    state = fold(state, verifyRecord(decodeEnvelope(envelope))).state;
  state = settled(state);
  const lanes = new Map<LaneId, ReturnType<typeof emptyLane>>();
  for (const lane of await rooms.store.lanes(row.id)) {
    const envelope = await rooms.store.envelope(lane.head);
    if (!envelope) throw new TocsinError("STORE_CORRUPT", `the newest record of a lane in ${row.name} is missing`);
    const head = decodeEnvelope(envelope);
    lanes.set(lane.lane, extend(emptyLane(lane.lane, lane.author), head));
  }
  return { ...state, lanes };
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
