// The rows of the trail of disclosures: each with its link, so that what was taken out or put in shows where it was.

import type { StorageCipher } from "../../keys/storage-key.ts";
import { extended, TRAIL_START, type TrailEnd, type TrailRow } from "../audit/trail.ts";
import type { Cbor } from "../base/cbor.ts";
import { u48 } from "../base/bytes.ts";
import { TocsinError } from "../base/errors.ts";
import { keyOf, numberIn, spanOf } from "./keyspace.ts";
import { type Change, edgeKey, getRow, openRow, sealedRow, type Shelf } from "./shelf.ts";

const LINK_BYTES = 32;

/** The trail with these rows at its end, and the rows. */
export function trailChanges(
  cipher: StorageCipher,
  end: TrailEnd,
  entries: readonly Uint8Array[],
): { readonly trail: TrailEnd; readonly changes: readonly Change[] } {
  let trail = end;
  const changes = entries.map((entry) => {
    trail = extended(trail, entry);
    return sealedRow(cipher, keyOf("trail", u48(trail.length)), [entry, trail.link]);
  });
  return { trail, changes };
}

/** How far the trail goes. What the last row does not say was harmed; the next one says so for ever, because it follows on nothing. */
export async function readTrailEnd(shelf: Pick<Shelf, "disk" | "cipher">): Promise<TrailEnd> {
  const last = await edgeKey(shelf.disk, spanOf("trail"), true);
  if (!last) return TRAIL_START;
  const row = await getRow(shelf, last).catch((cause: unknown) => {
    if (cause instanceof TocsinError && cause.code === "STORE_CORRUPT") return undefined;
    throw cause;
  });
  return { length: numberIn(last), link: (row === undefined ? undefined : linkIn(row)) ?? TRAIL_START.link };
}

/** Rows after a number, in order; of one that was harmed only the number. */
export async function* readTrail(shelf: Shelf, after: number): AsyncGenerator<TrailRow> {
  const { lt } = spanOf("trail");
  for await (const [key, value] of shelf.disk.scan({ gte: keyOf("trail", u48(after + 1)), lt })) {
    const row = readable(() => openRow(shelf.cipher, key, value));
    const [entry] = Array.isArray(row) ? (row as readonly Cbor[]) : [];
    const isRow = entry instanceof Uint8Array;
    yield {
      number: numberIn(key),
      entry: isRow ? entry : undefined,
      link: row === undefined ? undefined : linkIn(row),
    };
  }
}

function linkIn(row: Cbor): Uint8Array | undefined {
  const [, link] = Array.isArray(row) ? (row as readonly Cbor[]) : [];
  return link instanceof Uint8Array && link.length === LINK_BYTES ? link : undefined;
}

function readable(read: () => Cbor): Cbor | undefined {
  try {
    return read();
  } catch (cause) {
    // A harmed row is what the reader looks for, and no reason to stop.
    if (cause instanceof TocsinError) return undefined;
    throw cause;
  }
}
