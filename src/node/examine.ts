// Looks whether the stored lanes hold together: every record in its place, after the one before it, signed by its author.
// Reads only; a node may run meanwhile.

import { asTocsinError, TocsinError } from "../base/errors.ts";
import type { CircleId, LaneId } from "../record/ids.ts";
import { verifyHeader, verifyRecord } from "../record/verify.ts";
import { decodeEnvelope } from "../record/wire.ts";
import type { LaneRow, Store } from "../store/store.ts";

/** A lane that is broken from a place on, and why: an error code. */
export type BrokenPlace = {
  readonly circle: CircleId;
  readonly lane: LaneId;
  readonly place: number;
  readonly code: string;
};

export type Examined = { readonly count: number; readonly records: number; readonly broken: readonly BrokenPlace[] };

/** The newest `most` records of each lane, all of them where it is Infinity. Never throws for what is stored. */
export async function examineLanes(store: Store, most: number): Promise<Examined> {
  const broken: BrokenPlace[] = [];
  let [count, records] = [0, 0];
  for (const { id: circle } of await store.circles()) {
    for (const row of await store.lanes(circle)) {
      count += 1;
      const from = Math.max(0, row.length - most);
      const { place, code } = await examineLane(store, { circle, row, from });
      records += place - from;
      if (code !== undefined) broken.push({ circle, lane: row.lane, place, code });
    }
  }
  return { count, records, broken };
}

type Part = { readonly circle: CircleId; readonly row: LaneRow; readonly from: number };

/** How far the lane is good, and the code of what is wrong there. */
async function examineLane(
  store: Store,
  { circle, row, from }: Part,
): Promise<{ readonly place: number; readonly code?: string }> {
  let place = from;
  let before: string | undefined;
  try {
    for await (const envelope of store.range(circle, { lane: row.lane, from, to: row.length })) {
      const record = decodeEnvelope(envelope);
      const { id, header, payload } = record;
      // Of a post that is held hollow there is no more to be verified.
      if (header.kind === "post" && payload.length === 0) verifyHeader(record);
      else verifyRecord(record);
      const isPlaced = header.circle === circle && header.lane === row.lane && header.author === row.author;
      const follows = place === from && from > 0 ? header.prev !== undefined : header.prev === before;
      if (!isPlaced || header.seq !== place || !follows) throw misplaced();
      before = id;
      place += 1;
    }
    if (place !== row.length || before !== row.head) throw misplaced();
    return { place };
  } catch (cause) {
    return { place, code: asTocsinError(cause).code };
  }
}

function misplaced(): TocsinError {
  return new TocsinError("STORE_CORRUPT", "a record is not where its lane has it");
}
