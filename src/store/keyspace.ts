// Every key of the store in one table: which rows there are and how their keys are laid out, all big-endian, so that
// the order of the bytes is the order of reading. Nothing that a person wrote may stand in a key: only record ids,
// local numbers, times and keyed hashes.

import type { StorageCipher } from "../../keys/storage-key.ts";
import { assert } from "../base/assert.ts";
import { concat, lastU48, u32, u48, utf8 } from "../base/bytes.ts";
import { limits } from "../base/limits.ts";
import { type Indicator, POST_KINDS, type PostKind } from "../record/body.ts";
import { idBytes, type RecordId } from "../record/ids.ts";

/**
 * First byte of a key: the kind of row. `post`, `control` and `unread` hold the records; an index row has no value,
 * and its key ends in the key of the record that it points at.
 */
export const SPACE = {
  mark: 0x01, //      version(1): proves the storage key
  circle: 0x02, //    circle(2): its id and row
  lane: 0x03, //      circle(2) lane(2): author, length, head and counts
  tip: 0x04, //       how many batches were written; the one value that is not sealed
  post: 0x10, //      cursor(6): a post that was opened
  control: 0x11, //   circle(2) number(6): a record of any other kind, in order of arrival
  unread: 0x12, //    circle(2) number(6): a post that was not, in order of arrival
  place: 0x20, //     circle(2) lane(2) seq(4) -> any record
  id: 0x21, //        start of the id(8) -> any record
  feed: 0x22, //      circle(2) kind(1) at(6) -> post
  answer: 0x23, //    start of the id answered(8) -> post
  indicator: 0x24, // keyed hash(8) -> post
  epoch: 0x25, //     circle(2), start of the epoch's id(8) -> unread post sealed under it
  held: 0x30, //      circle(2) keyed hashes of member(16) and lane(16)
  script: 0x31, //    period(2) circle(2) keyed hash(16): what an idempotency key made
  setting: 0x32, //   keyed hash(16)
  peer: 0x33, //      keyed hash of an org key(16): what people decided about the org
  draft: 0x34, //     circle(2) number(6): what waits to be posted, in order
  own: 0x38, //       kind(1) keyed hash(16): seats, tokens and what else the node keeps for itself
  receipt: 0x35, //   circle(2) keyed hash of member and lane(16): the newest receipt of the member for the lane
  purge: 0x36, //     record key: what was erased, and may still stand in older files
  trail: 0x37, //     number(6): a row of the trail of disclosures, in order
} as const;

/** What the node keeps for itself, by number in the key: never reorder. */
export const OWN_KINDS = ["seat", "token", "release", "notice"] as const;
export type OwnKind = (typeof OWN_KINDS)[number];

/** The kinds in a feed key, by number. */
export const FEED_KINDS: readonly PostKind[] = POST_KINDS;

const INDEXES = ["place", "id", "feed", "answer", "indicator", "epoch"] as const;

/** Bytes of an id or hash in an index: a false match shows in the record, so the whole is not needed. */
const START_BYTES = 8;
const POST_KEY_BYTES = 7;
const OTHER_KEY_BYTES = 9;
/** Bytes before the pointer of an index key. */
const INDEX_BYTES: { readonly [space in (typeof INDEXES)[number]]: number } = {
  place: 9,
  id: 9,
  feed: 10,
  answer: 9,
  indicator: 9,
  epoch: 11,
};

/** Keys from `gte` on and before `lt`. */
export type Span = { readonly gte: Uint8Array; readonly lt: Uint8Array };

/** A key of `space` from its fields, in the order of the table above. */
export function keyOf(space: keyof typeof SPACE, ...fields: readonly Uint8Array[]): Uint8Array {
  return concat(Uint8Array.of(SPACE[space]), ...fields);
}

/** All keys that start with these fields. */
export function spanOf(space: keyof typeof SPACE, ...fields: readonly Uint8Array[]): Span {
  return spanUnder(keyOf(space, ...fields));
}

/** All keys that start with these bytes. */
export function spanUnder(prefix: Uint8Array): Span {
  return { gte: prefix, lt: afterAll(prefix) };
}

/** The first key behind everything that starts with `prefix` (whose first byte, a space, is never 0xff). */
export function afterAll(prefix: Uint8Array): Uint8Array {
  const next = prefix.slice(0, prefix.findLastIndex((byte) => byte !== 0xff) + 1);
  next[next.length - 1] = (next[next.length - 1] ?? 0) + 1;
  return next;
}

/** The record key that an index key ends in. */
export function pointerIn(indexKey: Uint8Array): Uint8Array {
  return indexKey.slice(fieldBytes(indexKey));
}

/** An index key without the record key that it ends in. */
export function indexFieldsOf(indexKey: Uint8Array): Uint8Array {
  return indexKey.slice(0, fieldBytes(indexKey));
}

function fieldBytes(indexKey: Uint8Array): number {
  const found = INDEXES.find((space) => SPACE[space] === indexKey[0]);
  assert(found !== undefined, "only the key of an index row points at a record");
  return INDEX_BYTES[found];
}

/** The part of a feed key that orders the feed over all circles and kinds: the moment, then the cursor. */
export function feedOrderOf(feedKey: Uint8Array): Uint8Array {
  return feedKey.subarray(INDEX_BYTES.feed - 6);
}

/** What kind of row a record key names, or undefined where it is none. */
export function recordSpace(key: Uint8Array): "post" | "control" | "unread" | undefined {
  if (key[0] === SPACE.post && key.length === POST_KEY_BYTES) return "post";
  if (key.length !== OTHER_KEY_BYTES) return undefined;
  if (key[0] === SPACE.control) return "control";
  return key[0] === SPACE.unread ? "unread" : undefined;
}

/** The number that a record key ends in: the cursor of a post, the order of arrival of the others. */
export function numberIn(key: Uint8Array): number {
  return lastU48(key);
}

/** The leading bytes of an id, as the index rows carry them. */
export function idStart(id: RecordId): Uint8Array {
  return idBytes(id).subarray(0, START_BYTES);
}

/** `value` in two bytes. */
export function u16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff);
}

/** A place in a lane. */
export function placeOf(circle: number, lane: number, seq: number): readonly Uint8Array[] {
  return [u16(circle), u16(lane), u32(seq)];
}

/** A moment, cut to what six bytes hold: an author's clock may say anything. */
export function momentOf(ms: number): Uint8Array {
  return u48(Math.min(Math.max(Math.trunc(ms), 0), 2 ** 48 - 1));
}

/** The leading bytes of the keyed hash by which an indicator is found. */
export function indicatorHash(cipher: StorageCipher, { type, value }: Indicator): Uint8Array {
  return cipher.index("indicator", utf8(`${type}:${value}`)).subarray(0, START_BYTES);
}

/** The keyed hash of a script's idempotency key. */
export function scriptHash(cipher: StorageCipher, key: string): Uint8Array {
  return cipher.index("idempotency key", utf8(key));
}

/** The keyed hash of a setting's name. */
export function settingHash(cipher: StorageCipher, name: string): Uint8Array {
  return cipher.index("setting", utf8(name));
}

/** Number of the span of time in which a moment lies; as long as idempotency keys are kept, dropped as a whole. */
export function scriptPeriod(at: number): number {
  return Math.max(0, Math.floor(at / limits.idempotencyKeepMs));
}
