// The version of the layout of the rows: proves the key of a store, and brings one of the version before to this one. That reads all
// records once, and writes in one batch.

import type { StorageCipher } from "../../keys/storage-key.ts";
import { TocsinError } from "../base/errors.ts";
import type { CircleId, LaneId } from "../record/ids.ts";
import { type Catalogue, laneChange } from "./catalogue.ts";
import { decodeStored, storedRecord } from "./item-codec.ts";
import { keyOf, SPACE, spanOf, u16 } from "./keyspace.ts";
import { type Change, type Disk, edgeKey, getRow, openRow, sealedRow } from "./shelf.ts";

/** The way rows are laid out; of others only the one before is read. */
export const SCHEMA = 4;
/** The one before: it did not count the bytes of lanes. */
const UNCOUNTED = 3;
const MARK = "tocsin store";

const markKey = (version: number): Uint8Array => keyOf("mark", Uint8Array.of(version));

/**
 * One row, sealed, under the version of the layout, which this answers: it opens under the right key only. Throws STORE_CORRUPT where the
 * key is another, or the version is none that can be read.
 */
export async function proveKey(disk: Disk, cipher: StorageCipher): Promise<number> {
  const first = await edgeKey(disk, { gte: new Uint8Array(0), lt: Uint8Array.of(0xff) }, false);
  if (first === undefined) {
    await disk.write([sealedRow(cipher, markKey(SCHEMA), MARK)]);
    return SCHEMA;
  }
  const version = first[1] ?? 0;
  if (first[0] !== SPACE.mark || (version !== SCHEMA && version !== UNCOUNTED)) {
    throw new TocsinError("STORE_CORRUPT", "the store was written by another version of tocsin, or by something else", {
      hint: "run the version of tocsin that wrote it",
    });
  }
  const mark = await getRow({ disk, cipher }, markKey(version)).catch((cause: unknown) => {
    throw new TocsinError("STORE_CORRUPT", "the store is sealed under another key than this identity's", {
      cause,
      hint: "restore the key file that belongs to this store, or move the store folder aside",
    });
  });
  if (mark !== MARK) throw new TocsinError("STORE_CORRUPT", "the store holds no proof of its key");
  return version;
}

/**
 * The catalogue of a store of the version before, with its bytes counted. On a full disk the store stays as it is and is counted again
 * at the next opening: it must open there too.
 */
export async function renewed(disk: Disk, cipher: StorageCipher, before: Catalogue): Promise<Catalogue> {
  const catalogue = await counted(disk, cipher, before);
  const lanes = catalogue.circles.flatMap((circle, number): readonly Change[] =>
    circle.lanes.map((entry, lane) => laneChange(cipher, [u16(number), u16(lane)], entry)),
  );
  const marks: readonly Change[] = [
    sealedRow(cipher, markKey(SCHEMA), MARK),
    { key: markKey(UNCOUNTED), value: undefined },
  ];
  try {
    await disk.write([...marks, ...lanes]);
  } catch (cause) {
    if (!(cause instanceof TocsinError) || cause.code !== "DISK_FULL") throw cause;
  }
  return catalogue;
}

async function counted(disk: Disk, cipher: StorageCipher, catalogue: Catalogue): Promise<Catalogue> {
  const bytes = new Map<string, number>();
  const nameOf = (circle: CircleId, lane: LaneId): string => `${circle} ${lane}`;
  for (const space of ["control", "unread", "post"] as const) {
    for await (const [key, value] of disk.scan(spanOf(space))) {
      const stored = decodeStored(catalogue, key, openRow(cipher, key, value));
      const { circle, lane } = storedRecord(stored).header;
      const name = nameOf(circle, lane);
      bytes.set(name, (bytes.get(name) ?? 0) + stored.envelope.length);
    }
  }
  const circles = catalogue.circles.map((circle) => ({
    ...circle,
    lanes: circle.lanes.map((entry) => ({ ...entry, bytes: bytes.get(nameOf(circle.id, entry.lane)) ?? 0 })),
  }));
  return { ...catalogue, circles };
}
