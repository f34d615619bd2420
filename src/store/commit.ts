// Turns one step of the node into one batch of rows, and into the catalogue that holds once the batch is durable.
// It writes nothing itself, so that a write that fails leaves nothing behind in memory.

import type { StorageCipher } from "../../keys/storage-key.ts";
import { assert } from "../base/assert.ts";
import { u48 } from "../base/bytes.ts";
import { indicatorsOf, type PostBody, referenceOf } from "../record/body.ts";
import { type CircleId, idBytes } from "../record/ids.ts";
import type { VerifiedRecord } from "../record/record.ts";
import { type Catalogue, circleChange, type CircleEntry, type LaneEntry, laneChange } from "./catalogue.ts";
import { draftChanges } from "./drafts.ts";
import { heldChanges } from "./held.ts";
import { receiptChanges } from "./receipts.ts";
import { trailChanges } from "./trail.ts";
import { controlRow, keptBytes, makeItem, postRow, shownAt, storedRecord, unreadRow } from "./item-codec.ts";
import {
  FEED_KINDS,
  idStart,
  indicatorHash,
  keyOf,
  momentOf,
  placeOf,
  scriptHash,
  scriptPeriod,
  u16,
} from "./keyspace.ts";
import { readPlace } from "./records.ts";
import { type Change, indexRow, sealedRow, type Shelf } from "./shelf.ts";
import type { Commit, Item, Kept, Opened } from "./store.ts";

/** What a commit will change. */
export type Draft = {
  readonly changes: readonly Change[];
  readonly catalogue: Catalogue;
  /** The items made, in order. */
  readonly items: readonly Item[];
};

/** A draft in the making: the circle as it will be, and the rows so far. */
type Work = {
  readonly cipher: StorageCipher;
  readonly circle: number;
  readonly lanes: LaneEntry[];
  readonly touched: Set<number>;
  readonly changes: Change[];
  readonly items: Item[];
  lastCursor: number;
  nextControl: number;
  nextUnread: number;
};

/** Works out what `change` does to the store. Asserts that its records are the next ones of their lanes. */
export async function draft(shelf: Shelf, change: Commit): Promise<Draft> {
  const { catalogue, cipher } = shelf;
  const found = catalogue.circles.findIndex(({ id }) => id === change.circle);
  const number = found < 0 ? catalogue.circles.length : found;
  const before = catalogue.circles[number] ?? newCircle(change.circle);
  assert(change.row === undefined || change.row.id === change.circle, "a commit describes its own circle");
  const lanes = [...before.lanes];
  const work: Work = {
    cipher,
    circle: number,
    lanes,
    touched: new Set(),
    changes: [],
    items: [],
    lastCursor: catalogue.lastCursor,
    nextControl: before.nextControl,
    nextUnread: before.nextUnread,
  };

  for (const kept of change.records) {
    assert(kept.record.header.circle === change.circle, "a commit keeps records of one circle");
    keep(work, kept);
  }
  for (const opened of change.opened ?? []) await replace(work, shelf, opened);
  for (const filled of change.filled ?? []) await fill(work, shelf, filled);
  for (const lane of work.touched) {
    const entry = lanes[lane];
    if (entry) work.changes.push(laneChange(cipher, [u16(number), u16(lane)], entry));
  }
  work.changes.push(...(await heldChanges(shelf, number, change.held ?? [])));
  work.changes.push(...receiptChanges(shelf, number, change.receipts ?? []));
  work.changes.push(...(await draftChanges(shelf, number, change)));

  const { trail, changes: rows } = trailChanges(cipher, catalogue.trail, change.trail ?? []);
  work.changes.push(...rows);

  const circle: CircleEntry = {
    id: change.circle,
    row: change.row ?? before.row,
    lanes,
    nextControl: work.nextControl,
    nextUnread: work.nextUnread,
  };
  if (found < 0 || change.row) work.changes.push(circleChange(cipher, number, circle));
  const circles = found < 0 ? [...catalogue.circles, circle] : catalogue.circles.with(number, circle);
  return { changes: work.changes, items: work.items, catalogue: { circles, lastCursor: work.lastCursor, trail } };
}

function newCircle(id: CircleId): CircleEntry {
  return { id, row: undefined, lanes: [], nextControl: 1, nextUnread: 1 };
}

/** Keeps one record at the end of its lane. */
function keep(work: Work, kept: Kept): void {
  const { record, receivedAt, content, idempotencyKey } = kept;
  const isControl = content === "control";
  assert(isControl === (record.header.kind !== "post"), "every record but a post is a control record");
  const lane = append(work, record);
  count(work, lane, { bytes: keptBytes(kept) });
  if (isControl) {
    const key = keyOf("control", u16(work.circle), u48(work.nextControl++));
    work.changes.push(sealedRow(work.cipher, key, controlRow(record)), ...pointers(work, { record, lane, key }));
  } else {
    keepAny(work, kept, lane);
  }
  if (idempotencyKey !== undefined) {
    const name = scriptHash(work.cipher, idempotencyKey);
    const key = keyOf("script", u16(scriptPeriod(receivedAt)), u16(work.circle), name);
    work.changes.push(sealedRow(work.cipher, key, [idBytes(record.id), receivedAt]));
  }
}

/** Keeps a post, whatever is known of it, at its place in its lane. */
function keepAny(work: Work, { record, receivedAt, content, salt }: Kept, lane: number): void {
  assert(content !== "control", "a post is no control record");
  if (content !== "sealed" && content !== "malformed" && content !== "hollow") {
    keepPost(work, { record, lane, receivedAt, body: content, salt });
    return;
  }
  const key = keyOf("unread", u16(work.circle), u48(work.nextUnread++));
  work.changes.push(sealedRow(work.cipher, key, unreadRow(record, receivedAt, content)));
  work.changes.push(...pointers(work, { record, lane, key }));
  if (content !== "sealed") return;
  work.changes.push(indexRow(epochKey(work, record, key)));
  count(work, lane, { sealed: 1 });
}

/** Keeps a post whole that was kept hollow; one that is not kept hollow is left as it is. */
async function fill(work: Work, shelf: Shelf, filled: Kept): Promise<void> {
  const { lane: laneId, seq } = filled.record.header;
  const lane = work.lanes.findIndex(({ lane }) => lane === laneId);
  const old = lane < 0 ? undefined : await readPlace(shelf, { circle: work.circle, lane, seq });
  if (!old?.stored.hollow || storedRecord(old.stored).id !== filled.record.id) return;
  for (const { key } of pointers(work, { record: filled.record, lane, key: old.key }))
    work.changes.push({ key, value: undefined });
  work.changes.push({ key: old.key, value: undefined });
  count(work, lane, { bytes: keptBytes(filled) - old.stored.envelope.length });
  keepAny(work, filled, lane);
}

/** Keeps a post that was kept sealed as what it turned out to be; one that is not kept sealed is left as it is. */
async function replace(work: Work, shelf: Shelf, { record, receivedAt, content, salt }: Opened): Promise<void> {
  const { lane: laneId, seq } = record.header;
  const lane = work.lanes.findIndex(({ lane }) => lane === laneId);
  const old = lane < 0 ? undefined : await readPlace(shelf, { circle: work.circle, lane, seq });
  if (!old?.stored.sealed) return;
  count(work, lane, { sealed: -1 });
  work.changes.push({ key: epochKey(work, record, old.key), value: undefined });
  if (content === "malformed") {
    work.changes.push(sealedRow(work.cipher, old.key, unreadRow(record, receivedAt, content)));
    return;
  }
  for (const { key } of pointers(work, { record, lane, key: old.key })) work.changes.push({ key, value: undefined });
  work.changes.push({ key: old.key, value: undefined });
  keepPost(work, { record, lane, receivedAt, body: content, salt });
}

type Post = {
  readonly record: VerifiedRecord;
  readonly lane: number;
  readonly receivedAt: number;
  readonly body: PostBody;
  readonly salt: Uint8Array | undefined;
};

function keepPost(work: Work, post: Post): void {
  const { record, lane, receivedAt, body, salt } = post;
  const cursor = ++work.lastCursor;
  const key = keyOf("post", u48(cursor));
  const { circle, cipher } = work;
  const feedKey = keyOf(
    "feed",
    u16(circle),
    Uint8Array.of(FEED_KINDS.indexOf(body.kind)),
    momentOf(shownAt(record.header.at, receivedAt)),
    key,
  );
  const reference = referenceOf(body);
  work.changes.push(
    sealedRow(cipher, key, postRow(record, { circle, lane }, { receivedAt, body, salt })),
    ...pointers(work, { record, lane, key }),
    indexRow(feedKey),
    ...indicatorsOf(body).map((indicator) => indexRow(keyOf("indicator", indicatorHash(cipher, indicator), key))),
    ...(reference === undefined ? [] : [indexRow(keyOf("answer", idStart(reference), key))]),
  );
  work.items.push(makeItem(record, { cursor, receivedAt, body }));
  count(work, lane, { items: 1 });
}

/** The rows by which a record is found: by its place and by its id. */
function pointers(work: Work, to: { record: VerifiedRecord; lane: number; key: Uint8Array }): readonly Change[] {
  const { header, id } = to.record;
  return [
    indexRow(keyOf("place", ...placeOf(work.circle, to.lane, header.seq), to.key)),
    indexRow(keyOf("id", idStart(id), to.key)),
  ];
}

/** Adds a record to the end of its lane; the lane's number. */
function append(work: Work, { header, id }: VerifiedRecord): number {
  const { lane, author, seq } = header;
  const found = work.lanes.findIndex((entry) => entry.lane === lane);
  const number = found < 0 ? work.lanes.length : found;
  const entry = work.lanes[number];
  assert(seq === (entry?.length ?? 0) && header.prev === entry?.head, "a record is the next of its lane");
  assert(author === (entry?.author ?? author), "a lane has one author");
  work.lanes[number] = { items: 0, sealed: 0, bytes: 0, ...entry, lane, author, length: seq + 1, head: id };
  work.touched.add(number);
  return number;
}

function count(
  work: Work,
  lane: number,
  { items = 0, sealed = 0, bytes = 0 }: { items?: number; sealed?: number; bytes?: number },
): void {
  const entry = work.lanes[lane];
  if (entry)
    work.lanes[lane] = {
      ...entry,
      items: entry.items + items,
      sealed: entry.sealed + sealed,
      bytes: entry.bytes + bytes,
    };
  work.touched.add(lane);
}

function epochKey({ circle }: Work, { header }: VerifiedRecord, unread: Uint8Array): Uint8Array {
  assert(header.epoch !== undefined, "a post names the epoch that seals it");
  return keyOf("epoch", u16(circle), idStart(header.epoch), unread);
}
