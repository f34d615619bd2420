// Reads records by their id and by their place in a lane, and those that this node cannot or need not open.
// A post may be opened, and so move to another key, between the reading of an index and of the record: such a
// pointer is read again, never taken for a missing record.

import type { CircleId, RecordId } from "../record/ids.ts";
import type { LaneRange } from "../record/record.ts";
import { u48 } from "../base/bytes.ts";
import { circleNumber, laneNumber } from "./catalogue.ts";
import { decodeStored, type Stored, storedRecord } from "./item-codec.ts";
import {
  idStart,
  indexFieldsOf,
  keyOf,
  numberIn,
  placeOf,
  pointerIn,
  type Span,
  spanOf,
  spanUnder,
  u16,
} from "./keyspace.ts";
import { corrupt, keysIn, openRow, pagesOf, type Shelf } from "./shelf.ts";
import type { SealedRow, Unopened } from "./store.ts";

/** Records read at one stroke. */
const PAGE_RECORDS = 32;

/** A record and the key that it is stored under. */
export type Found = { readonly key: Uint8Array; readonly stored: Stored };

/** The records of these keys, undefined where none is stored under a key any longer. */
export async function readRecords(shelf: Shelf, keys: readonly Uint8Array[]): Promise<readonly (Stored | undefined)[]> {
  const values = await shelf.disk.getMany(keys);
  return keys.map((key, index) => {
    const value = values[index];
    return value && decodeStored(shelf.catalogue, key, openRow(shelf.cipher, key, value));
  });
}

/** The record of an id, or undefined. */
export function findRecord(shelf: Shelf, id: RecordId): Promise<Found | undefined> {
  return locate(shelf, spanOf("id", idStart(id)), (stored) => storedRecord(stored).id === id);
}

/** The record at a place (local numbers) of a lane, or undefined. */
export function readPlace(
  shelf: Shelf,
  place: { readonly circle: number; readonly lane: number; readonly seq: number },
): Promise<Found | undefined> {
  return locate(shelf, spanOf("place", ...placeOf(place.circle, place.lane, place.seq)), () => true);
}

/** The first record that the pointers of a span lead to and that `fits`. */
async function locate(shelf: Shelf, span: Span, fits: (stored: Stored) => boolean): Promise<Found | undefined> {
  for (const isLast of [false, true]) {
    let moved = false;
    for await (const indexKey of keysIn(shelf.disk, span)) {
      const key = pointerIn(indexKey);
      const [stored] = await readRecords(shelf, [key]);
      if (stored && fits(stored)) return { key, stored };
      moved ||= stored === undefined;
    }
    if (!moved) return undefined;
    if (isLast) throw corrupt("a pointer to a record that is gone");
  }
  return undefined;
}

/** Envelopes of a lane in order of seq; it ends where the lane does. */
export async function* readRange(shelf: Shelf, circle: CircleId, range: LaneRange): AsyncGenerator<Uint8Array> {
  const number = circleNumber(shelf.catalogue, circle);
  const entry = shelf.catalogue.circles[number ?? -1];
  const lane = entry && laneNumber(entry, range.lane);
  if (number === undefined || lane === undefined || range.from >= range.to) return;
  const place = (seq: number): Uint8Array => keyOf("place", ...placeOf(number, lane, seq));
  const end = Math.min(range.to, entry?.lanes[lane]?.length ?? 0);
  const pointers = keysIn(shelf.disk, { gte: place(range.from), lt: place(end) });
  for await (const page of pagesOf(pointers, PAGE_RECORDS)) {
    const records = await readRecords(shelf, page.map(pointerIn));
    for (const [index, indexKey] of page.entries()) {
      const stored = records[index] ?? (await locate(shelf, spanUnder(indexFieldsOf(indexKey)), () => true))?.stored;
      if (stored) yield stored.envelope;
    }
  }
}

/** Envelopes of the control records of a circle, in order of arrival. */
export async function* readControl(shelf: Shelf, circle: CircleId): AsyncGenerator<Uint8Array> {
  const number = circleNumber(shelf.catalogue, circle);
  if (number === undefined) return;
  for await (const [key, value] of shelf.disk.scan(spanOf("control", u16(number)))) {
    yield decodeStored(shelf.catalogue, key, openRow(shelf.cipher, key, value)).envelope;
  }
}

/** Posts of a circle that wait for the key of an epoch, in order of arrival. */
export async function* readSealed(
  shelf: Shelf,
  circle: CircleId,
  epoch: RecordId,
): AsyncGenerator<{ readonly envelope: Uint8Array; readonly receivedAt: number }> {
  const number = circleNumber(shelf.catalogue, circle);
  if (number === undefined) return;
  const pointers = keysIn(shelf.disk, spanOf("epoch", u16(number), idStart(epoch)));
  for await (const page of pagesOf(pointers, PAGE_RECORDS)) {
    for (const stored of await readRecords(shelf, page.map(pointerIn))) {
      // Opened meanwhile, or of another epoch whose id starts alike.
      if (!stored?.sealed || storedRecord(stored).header.epoch !== epoch) continue;
      yield { envelope: stored.envelope, receivedAt: stored.receivedAt };
    }
  }
}

/** Posts of a circle that wait for a key, behind a place in the order of their arrival. */
export async function* readAllSealed(shelf: Shelf, circle: CircleId, after: number): AsyncGenerator<SealedRow> {
  const number = circleNumber(shelf.catalogue, circle);
  if (number === undefined) return;
  const span = { ...spanOf("unread", u16(number)), gte: keyOf("unread", u16(number), u48(after + 1)) };
  for await (const [key, value] of shelf.disk.scan(span)) {
    const { envelope, receivedAt, sealed } = decodeStored(shelf.catalogue, key, openRow(shelf.cipher, key, value));
    if (sealed) yield { number: numberIn(key), envelope, receivedAt };
  }
}

/** Places of the posts of a circle that are not open, in order of arrival. */
export async function* readUnopened(shelf: Shelf, circle: CircleId): AsyncGenerator<Unopened> {
  const number = circleNumber(shelf.catalogue, circle);
  if (number === undefined) return;
  for await (const [key, value] of shelf.disk.scan(spanOf("unread", u16(number)))) {
    const stored = decodeStored(shelf.catalogue, key, openRow(shelf.cipher, key, value));
    const { id, header } = storedRecord(stored);
    yield {
      id,
      lane: header.lane,
      seq: header.seq,
      receivedAt: stored.receivedAt,
      erased: stored.erased !== undefined,
      hollow: stored.hollow,
    };
  }
}
