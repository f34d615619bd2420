// The rows of the store between its readers and its disk: every value is sealed with its key as context.
// It knows neither LevelDB nor what a row means.

import type { StorageCipher } from "../../keys/storage-key.ts";
import { type Cbor, decodeCbor, encodeCbor } from "../base/cbor.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { Catalogue } from "./catalogue.ts";
import type { Span } from "./keyspace.ts";

/** One change of a batch: `value` undefined deletes the key, an empty one makes an index row. */
export type Change = { readonly key: Uint8Array; readonly value: Uint8Array | undefined };

export type ScanOptions = { readonly reverse?: boolean; readonly limit?: number };

/** Sorted keys and values on a disk. `level.ts` makes it. Every call throws TocsinError only. */
export type Disk = {
  /** Values in the order of the keys, undefined where there is none. */
  readonly getMany: (keys: readonly Uint8Array[]) => Promise<readonly (Uint8Array | undefined)[]>;
  /** Rows of a span as they were when the scan began, read as the caller consumes them. */
  readonly scan: (span: Span, options?: ScanOptions) => AsyncGenerator<readonly [key: Uint8Array, value: Uint8Array]>;
  /** All changes, fsynced, or none. One call at a time. */
  readonly write: (changes: readonly Change[]) => Promise<void>;
  /** Has what was deleted or replaced in spans leave the files; no row has an end of a span for its key. Others read and write meanwhile. */
  readonly purge: (spans: readonly Span[]) => Promise<void>;
  readonly size: () => Promise<number>;
  /** Batches that were durable once and are not there any more. */
  readonly lostBatches: number;
  readonly close: () => Promise<void>;
};

/** What the functions of this room work on; the catalogue is replaced by a durable commit only. */
export type Shelf = { readonly disk: Disk; readonly cipher: StorageCipher; catalogue: Catalogue };

/** The largest row: an envelope, an unpacked body and their framing. */
const ROW_BYTES_MAX = limits.envelopeBytesMax + limits.recordBytesMax + 4_096;
const NOTHING = new Uint8Array(0);

/** A row with a sealed value. */
export function sealedRow(cipher: StorageCipher, key: Uint8Array, value: Cbor): Change {
  return { key, value: cipher.seal(encodeCbor(value), key) };
}

/** A row that says all it has to say by its key: there is nothing to seal. */
export function indexRow(key: Uint8Array): Change {
  return { key, value: NOTHING };
}

/** What a stored value holds. Throws STORE_CORRUPT where it was not sealed by this node's key under this `key`. */
export function openRow(cipher: StorageCipher, key: Uint8Array, value: Uint8Array): Cbor {
  const bytes = cipher.open(value, key);
  try {
    return decodeCbor(bytes, ROW_BYTES_MAX);
  } catch (cause) {
    throw corrupt("a row that is no row", cause);
  }
}

/** The row of a key, or undefined. */
export async function getRow(
  { disk, cipher }: Pick<Shelf, "disk" | "cipher">,
  key: Uint8Array,
): Promise<Cbor | undefined> {
  const [value] = await disk.getMany([key]);
  return value && openRow(cipher, key, value);
}

/** Keys of a span, read as the caller consumes them. */
export async function* keysIn(disk: Disk, span: Span, options: ScanOptions = {}): AsyncGenerator<Uint8Array> {
  for await (const [key] of disk.scan(span, options)) yield key;
}

/** The first key of a span, or the last one with `reverse`. */
export async function edgeKey(disk: Disk, span: Span, reverse: boolean): Promise<Uint8Array | undefined> {
  for await (const key of keysIn(disk, span, { reverse, limit: 1 })) return key;
  return undefined;
}

/** The values of `source` in groups of at most `size`, so that what they point at is read at one stroke. */
export async function* pagesOf<T>(source: AsyncIterable<T>, size: number): AsyncGenerator<readonly T[]> {
  let page: T[] = [];
  for await (const value of source) {
    page.push(value);
    if (page.length < size) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

/** The store holds something that this code would not have written. */
export function corrupt(what: string, cause?: unknown): TocsinError {
  return new TocsinError("STORE_CORRUPT", `the store holds ${what}`, {
    cause,
    hint: "move the store folder aside and start again; a steward of each circle removes and invites you anew, then its records come back",
  });
}
