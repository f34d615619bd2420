// Makes a new store of what can still be read of a damaged one. Rows that were harmed do not open, because each is sealed with its
// key; what does open is judged as if it came from outside, and written anew in order: of each lane as much as has no gap.
// The damaged files stay beside the new ones. What is missing comes back from other nodes.

import { cp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { StorageCipher } from "../../keys/storage-key.ts";
import { equalBytes } from "../base/bytes.ts";
import type { Clock } from "../base/clock.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { CircleId, LaneId, MemberId, RecordId } from "../record/ids.ts";
import { verifyRecord } from "../record/verify.ts";
import { decodeEnvelope } from "../record/wire.ts";
import { assemble } from "./assemble.ts";
import { decodeStored, storedItem, storedRecord, storedWithheld } from "./item-codec.ts";
import { keyOf, settingHash, spanOf, u16 } from "./keyspace.ts";
import { openDisk } from "./level.ts";
import { rebuildApart } from "./rebuild.ts";
import {
  circlePlace,
  COPIED,
  type FoundCircle,
  type FoundRecord,
  readable,
  readRows,
  type Rows,
} from "./salvage-rows.ts";
import { type Change, type Disk, openRow, sealedRow } from "./shelf.ts";
import type { Kept, Store } from "./store.ts";

/** A lane of which less is held than before. */
export type LostLane = {
  readonly circle: CircleId;
  readonly lane: LaneId;
  readonly author: MemberId;
  readonly had: number;
  readonly kept: number;
};

export type Salvaged = {
  /** The folder that holds the damaged files. */
  readonly aside: string;
  readonly records: number;
  readonly lost: readonly LostLane[];
  /** Circles of which not even the name can be read. */
  readonly nameless: number;
};

type Options = {
  readonly cipher: StorageCipher;
  readonly clock: Clock;
  /** Settings that must not outlive the damage, by name. */
  readonly forget: readonly string[];
  /** Whether it is known that the key is right: then a store of which nothing opens is replaced by an empty one. */
  readonly proven: boolean;
  readonly rebuild?: (path: string) => Promise<boolean>;
};

/**
 * Puts a new store in the place of a damaged one. Throws STORE_CORRUPT where no circle opens under this key, STORE_LOCKED,
 * DISK_FULL, STORE_FAILED; the damaged store is where it was then.
 */
export async function salvageStore(path: string, options: Options): Promise<Salvaged> {
  const [aside, work, fresh] = [`${path}.damaged-${options.clock.now()}`, `${path}.work`, `${path}.new`];
  const clear = async (): Promise<void> => {
    for (const folder of [work, fresh]) await rm(folder, { recursive: true, force: true });
  };
  await clear();
  try {
    // Rebuilding changes files, and the damaged ones may be all the evidence there is.
    await cp(path, work, { recursive: true });
    await rm(join(work, "tip"), { force: true });
    // Of what cannot even be copied nothing can be read; members give it back.
    if (!(await (options.rebuild ?? rebuildApart)(work))) await rm(work, { recursive: true });
    const salvaged = await rewrite(work, fresh, options);
    await rename(path, aside);
    await rename(fresh, path);
    return { ...salvaged, aside };
  } catch (cause) {
    if (cause instanceof TocsinError) throw cause;
    const full = cause instanceof Error && "code" in cause && cause.code === "ENOSPC";
    throw new TocsinError(full ? "DISK_FULL" : "STORE_FAILED", `the store in ${path} cannot be repaired`, {
      cause,
      ...(full && { hint: `repairing takes twice the space of the store` }),
    });
  } finally {
    await clear();
  }
}

async function rewrite(from: string, to: string, options: Options): Promise<Omit<Salvaged, "aside">> {
  await using stack = new AsyncDisposableStack();
  const old = await openDisk(from, options.clock);
  stack.defer(async () => old.close());
  const rows = await readRows(old, options.cipher);
  if (rows.catalogue.circles.length === 0 && !options.proven)
    throw new TocsinError(
      "STORE_CORRUPT",
      "nothing of the store opens: it is harmed as a whole, or another identity's",
    );
  const disk = await openDisk(to, options.clock);
  const store = stack.use(await assemble(disk, options));
  const copy = { old, disk, store, rows, options };
  for (const circle of rows.circles) await copyCircle(copy, circle);
  await copyRest(copy);
  const lanes = await Promise.all(
    rows.circles.map(async ({ entry }) => {
      const kept = new Map((await store.lanes(entry.id)).map(({ lane, length }) => [lane, length]));
      return entry.lanes.map(({ lane, author, length }) => ({
        ...{ circle: entry.id, lane, author, had: length, kept: kept.get(lane) ?? 0 },
      }));
    }),
  );
  const records = lanes.flat().reduce((sum, { kept }) => sum + kept, 0);
  return { records, lost: lanes.flat().filter(({ had, kept }) => kept < had), nameless: rows.nameless };
}

type Copy = {
  readonly old: Disk;
  readonly disk: Disk;
  readonly store: Store;
  readonly rows: Rows;
  readonly options: Options;
};

/**
 * Writes one circle anew: control records in the order in which they came, before each the records that its lane holds before it, and in
 * the end the other posts.
 */
async function copyCircle(copy: Copy, { entry, control, posts }: FoundCircle): Promise<void> {
  const { store } = copy;
  await store.commit({ circle: entry.id, records: [], ...(entry.row && { row: entry.row }) });
  const places = new Map<LaneId, Map<number, FoundRecord>>();
  for (const found of [...control, ...posts]) {
    const lane = places.get(found.lane) ?? new Map<number, FoundRecord>();
    places.set(found.lane, lane.set(found.seq, found));
  }
  const ends = new Map<LaneId, { readonly length: number; readonly head: RecordId }>();
  const changes = new Set<RecordId>();
  let batch: Kept[] = [];
  const flush = async (): Promise<void> => {
    if (batch.length > 0) await store.commit({ circle: entry.id, records: batch });
    batch = [];
  };
  for (const { lane, seq } of [...inOrder(control), ...inOrder(posts)]) {
    for (let next = ends.get(lane)?.length ?? 0; next <= seq; next++) {
      const found = places.get(lane)?.get(next);
      const kept = found && (await readKept(copy, found));
      if (!kept) break;
      const { id, header } = kept.record;
      // The next of its lane, of this circle, and nothing that it leans on is gone.
      const isNext = header.prev === ends.get(lane)?.head && header.circle === entry.id;
      if (!isNext || !header.rosterHeads.every((head) => changes.has(head))) break;
      ends.set(lane, { length: next + 1, head: id });
      if (header.kind === "roster") changes.add(id);
      batch.push(kept);
      if (batch.length >= limits.importBatchRecords) await flush();
    }
  }
  await flush();
}

function inOrder(records: readonly FoundRecord[]): readonly FoundRecord[] {
  return [...records].sort((left, right) => left.order - right.order);
}

/** A record as it is kept, or undefined where it is harmed or was never signed. */
async function readKept({ old, rows, options }: Copy, { key }: FoundRecord): Promise<Kept | undefined> {
  const [value] = await old.getMany([key]);
  if (!value) return undefined;
  return readable(() => {
    const stored = decodeStored(rows.catalogue, key, openRow(options.cipher, key, value));
    const record = verifyRecord(storedRecord(stored));
    const receivedAt = stored.receivedAt === 0 ? options.clock.now() : stored.receivedAt;
    if (record.header.kind !== "post") return { record, receivedAt, content: "control" };
    // Before its body is taken from it for good, what was withheld is withheld in the new store.
    const whole = storedWithheld(stored);
    const erased = stored.erased && { erased: { why: stored.erased, withheld: whole !== undefined } };
    if (whole)
      return {
        record: verifyRecord(decodeEnvelope(whole.envelope)),
        receivedAt,
        content: whole.body,
        salt: whole.salt,
        ...erased,
      };
    const body = storedItem(key, stored)?.body;
    if (body === undefined) return { record, receivedAt, content: stored.sealed ? "sealed" : "malformed", ...erased };
    return { record, receivedAt, content: body, ...(stored.salt && { salt: stored.salt }), ...erased };
  });
}

/** Copies the rows that point at no record; those of a circle to the number that it has now. */
async function copyRest({ old, disk, rows, options }: Copy): Promise<void> {
  const { cipher } = options;
  const forgotten = options.forget.map((name) => keyOf("setting", settingHash(cipher, name)));
  const numbers = new Map(rows.circles.map(({ number }, index) => [number, index] as const));
  for (const space of COPIED) {
    let changes: Change[] = [];
    for await (const [key, value] of old.scan(spanOf(space))) {
      const row = readable(() => openRow(cipher, key, value));
      const moved = movedKey(key, numbers);
      if (row === undefined || !moved || forgotten.some((name) => equalBytes(name, key))) continue;
      changes.push(sealedRow(cipher, moved, row));
      if (changes.length < limits.importBatchRecords) continue;
      await disk.write(changes);
      changes = [];
    }
    if (changes.length > 0) await disk.write(changes);
  }
}

function movedKey(key: Uint8Array, numbers: ReadonlyMap<number, number>): Uint8Array | undefined {
  const place = circlePlace(key);
  if (place === undefined) return key;
  const number = numbers.get((key[place] ?? 0) * 256 + (key[place + 1] ?? 0));
  if (number === undefined) return undefined;
  const moved = Uint8Array.from(key);
  moved.set(u16(number), place);
  return moved;
}
