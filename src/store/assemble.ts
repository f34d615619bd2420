// Builds the Store on a disk: proves the key, reads the catalogue, and lets one change happen at a time.
// It must never let memory run ahead of the disk: the catalogue is replaced after the fsync.

import type { StorageCipher } from "../../keys/storage-key.ts";
import { assert } from "../base/assert.ts";
import type { Clock } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import { ID_BYTES, recordId, type RecordId } from "../record/ids.ts";
import { bytes, circleNumber, type CircleEntry, count, list, loadCatalogue } from "./catalogue.ts";
import { draft } from "./commit.ts";
import { readDrafts } from "./drafts.ts";
import { readAfter, readFeed, readItem } from "./feed.ts";
import { readHeld } from "./held.ts";
import { storedOpening, storedWithheld } from "./item-codec.ts";
import { keyOf, OWN_KINDS, type OwnKind, scriptHash, scriptPeriod, settingHash, spanOf, u16 } from "./keyspace.ts";
import { findRecord, readAllSealed, readControl, readRange, readSealed, readUnopened } from "./records.ts";
import { purge } from "./purge.ts";
import { readReceipts } from "./receipts.ts";
import { proveKey, renewed, SCHEMA } from "./schema.ts";
import { readByIndicator, readRoot, readThread, resolveIds } from "./search.ts";
import { readTrail } from "./trail.ts";
import { type Change, type Disk, getRow, keysIn, openRow, sealedRow, type Shelf } from "./shelf.ts";
import type { CircleRow, Commit, Item, Store } from "./store.ts";

/** Outdated rows dropped in one batch. */
const DROP_ROWS = 1_000;

/** The store on this disk, which it closes in the end. Throws STORE_CORRUPT where the key or the version is another. */
export async function assemble(
  disk: Disk,
  { cipher, clock }: { readonly cipher: StorageCipher; readonly clock: Clock },
): Promise<Store> {
  const version = await proveKey(disk, cipher);
  const found = await loadCatalogue(disk, cipher);
  const shelf: Shelf = { disk, cipher, catalogue: version === SCHEMA ? found : await renewed(disk, cipher, found) };

  let last: Promise<unknown> = Promise.resolve();
  /** Runs `work` when all work before it has settled. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = last.then(work, work);
    last = mine;
    return mine;
  }

  /** Until when outdated rows were dropped; none at opening, which must work on a full disk too. */
  let dropped = -1;

  async function commit(change: Commit): Promise<readonly Item[]> {
    const { changes, catalogue, items } = await draft(shelf, change);
    const period = scriptPeriod(clock.now());
    const drops = period === dropped ? [] : await outdated(disk, period);
    const batch = [...changes, ...drops];
    if (batch.length > 0) await disk.write(batch);
    shelf.catalogue = catalogue;
    if (drops.length < DROP_ROWS) dropped = period;
    return items;
  }

  function entryOf(circle: CircleEntry["id"]): CircleEntry | undefined {
    return shelf.catalogue.circles.find(({ id }) => id === circle);
  }

  return {
    commit: (change) => inTurn(() => commit(change)),
    circles: async () => shelf.catalogue.circles.flatMap(({ row }): readonly CircleRow[] => (row ? [row] : [])),
    lanes: async (circle) =>
      (entryOf(circle)?.lanes ?? []).map(({ lane, author, length, head }) => ({ lane, author, length, head })),
    control: (circle) => readControl(shelf, circle),
    bytes: async (circle) => sum(entryOf(circle), ({ bytes: size }) => size),
    envelope: async (id) => (await findRecord(shelf, id))?.stored.envelope,
    range: (circle, range) => readRange(shelf, circle, range),
    sealedUnder: (circle, epoch) => readSealed(shelf, circle, epoch),
    sealed: (circle, after) => readAllSealed(shelf, circle, after),
    unopened: (circle) => readUnopened(shelf, circle),
    sealedCount: async (circle) => sum(entryOf(circle), ({ sealed }) => sealed),
    opening: async (id) => {
      const found = await findRecord(shelf, id);
      return found && storedOpening(found.stored);
    },
    item: (id) => readItem(shelf, id),
    resolve: (from, to, limit) => resolveIds(shelf, { from, to }, limit),
    feed: (query) => readFeed(shelf, query),
    thread: (root, limit) => readThread(shelf, root, limit),
    rootOf: (id) => readRoot(shelf, id),
    byIndicator: (indicator, limit) => readByIndicator(shelf, indicator, limit),
    after: (cursor, limit) => readAfter(shelf, cursor, limit),
    lastCursor: async () => shelf.catalogue.lastCursor,
    itemCount: async (circle) => sum(entryOf(circle), ({ items }) => items),
    byIdempotencyKey: (circle, key, now) => readScript(shelf, { circle, key, now }),
    held: async (circle) => {
      const number = circleNumber(shelf.catalogue, circle);
      return number === undefined ? new Map() : readHeld(shelf, [u16(number)]);
    },
    receipts: async function* (circle) {
      const number = circleNumber(shelf.catalogue, circle);
      if (number !== undefined) yield* readReceipts(shelf, number);
    },
    trail: (after) => readTrail(shelf, after),
    trailEnd: async () => shelf.catalogue.trail,
    drafts: (circle) => readDrafts(shelf, circle),
    setting: async (name) => {
      const row = await getRow(shelf, keyOf("setting", settingHash(cipher, name)));
      return row === undefined ? undefined : bytes(row);
    },
    putSetting: async (name, value) => {
      assert(value.length <= limits.settingBytesMax, "a setting is small");
      const change = sealedRow(cipher, keyOf("setting", settingHash(cipher, name)), value);
      await inTurn(() => disk.write([change]));
    },
    peers: async function* () {
      for await (const [key, value] of disk.scan(spanOf("peer"))) yield bytes(openRow(cipher, key, value));
    },
    putPeer: async (name, value) => {
      assert(value.length <= limits.peerRowBytesMax, "the row of a peer is small");
      const change = sealedRow(cipher, keyOf("peer", cipher.index("peer", name)), value);
      await inTurn(() => disk.write([change]));
    },
    withheld: async (id) => {
      const found = await findRecord(shelf, id);
      return found && storedWithheld(found.stored);
    },
    purge: async (isLast) => {
      const done = await purge(shelf, isLast);
      if (done.length > 0) await inTurn(() => disk.write(done));
    },
    own: async function* (kind) {
      for await (const [key, value] of disk.scan(spanOf("own", ownKind(kind))))
        yield bytes(openRow(cipher, key, value));
    },
    ownRow: async (kind, name) => {
      const row = await getRow(shelf, ownKey(cipher, kind, name));
      return row === undefined ? undefined : bytes(row);
    },
    putOwn: async (kind, rows) => {
      const changes = rows.map(({ name, value }): Change => {
        assert((value?.length ?? 0) <= limits.ownRowBytesMax, "a row of the node's own is small");
        const key = ownKey(cipher, kind, name);
        return value ? sealedRow(cipher, key, value) : { key, value };
      });
      await inTurn(() => disk.write(changes));
    },
    size: () => disk.size(),
    [Symbol.asyncDispose]: () => inTurn(() => disk.close()),
  };
}

function ownKind(kind: OwnKind): Uint8Array {
  return Uint8Array.of(OWN_KINDS.indexOf(kind));
}

function ownKey(cipher: StorageCipher, kind: OwnKind, name: Uint8Array): Uint8Array {
  return keyOf("own", ownKind(kind), cipher.index(kind, name));
}

/** Drops idempotency keys of spans of time that can be asked for no longer. */
async function outdated(disk: Disk, period: number): Promise<readonly Change[]> {
  const lt = keyOf("script", u16(Math.max(0, period - 1)));
  const keys = await Array.fromAsync(keysIn(disk, { gte: spanOf("script").gte, lt }, { limit: DROP_ROWS }));
  return keys.map((key) => ({ key, value: undefined }));
}

async function readScript(
  shelf: Shelf,
  { circle, key, now }: { readonly circle: CircleEntry["id"]; readonly key: string; readonly now: number },
): Promise<RecordId | undefined> {
  const number = circleNumber(shelf.catalogue, circle);
  if (number === undefined) return undefined;
  const name = scriptHash(shelf.cipher, key);
  const period = scriptPeriod(now);
  for (const when of [period, period - 1]) {
    const row = when < 0 ? undefined : await getRow(shelf, keyOf("script", u16(when), u16(number), name));
    if (row === undefined) continue;
    const [id, at] = list(row, 2);
    if (now - count(at) <= limits.idempotencyKeepMs) return recordId(bytes(id, ID_BYTES));
  }
  return undefined;
}

function sum(circle: CircleEntry | undefined, value: (lane: CircleEntry["lanes"][number]) => number): number {
  return (circle?.lanes ?? []).reduce((total, lane) => total + value(lane), 0);
}
