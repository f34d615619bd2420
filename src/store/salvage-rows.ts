// What can still be read of a damaged store: its circles and lanes, and where each record lies. Whatever does not open is left out.

import type { StorageCipher } from "../../keys/storage-key.ts";
import { TRAIL_START } from "../audit/trail.ts";
import { TocsinError } from "../base/errors.ts";
import type { CircleId, LaneId } from "../record/ids.ts";
import { type Catalogue, type CircleEntry, decodeCircle, decodeLane, type LaneEntry } from "./catalogue.ts";
import { decodeStored, storedRecord } from "./item-codec.ts";
import { numberIn, SPACE, spanOf, u16 } from "./keyspace.ts";
import { type Disk, openRow } from "./shelf.ts";

/** A record that can be read, and where. */
export type FoundRecord = {
  readonly key: Uint8Array;
  readonly lane: LaneId;
  readonly seq: number;
  /** Its place in the order of arrival among its kind: control records, unread posts, posts. */
  readonly order: number;
};

export type FoundCircle = {
  /** Its local number in the damaged store. */
  readonly number: number;
  readonly entry: CircleEntry;
  readonly control: readonly FoundRecord[];
  readonly posts: readonly FoundRecord[];
};

export type Rows = {
  /** As far as it can be read: places that cannot are holes. */
  readonly catalogue: Catalogue;
  readonly circles: readonly FoundCircle[];
  /** Circles of which there are records, and nothing that names them. */
  readonly nameless: number;
};

/** Reads all rows. */
export async function readRows(disk: Disk, cipher: StorageCipher): Promise<Rows> {
  const circles: CircleEntry[] = [];
  for await (const [key, value] of disk.scan(spanOf("circle"))) {
    const head = readable(() => decodeCircle(openRow(cipher, key, value)));
    if (!head) continue;
    const number = (key[1] ?? 0) * 256 + (key[2] ?? 0);
    circles[number] = { ...head, lanes: await lanesOf(disk, cipher, number), nextControl: 1, nextUnread: 1 };
  }
  const catalogue = { circles, lastCursor: 0, trail: TRAIL_START };
  const found = new Map<CircleId, { readonly control: FoundRecord[]; readonly posts: FoundRecord[] }>();
  for (const space of ["control", "unread", "post"] as const) {
    for await (const [key, value] of disk.scan(spanOf(space))) {
      const header = readable(() => storedRecord(decodeStored(catalogue, key, openRow(cipher, key, value))).header);
      if (!header) continue;
      const { circle, lane, seq } = header;
      const records = found.get(circle) ?? { control: [], posts: [] };
      found.set(circle, records);
      records[space === "control" ? "control" : "posts"].push({ key, lane, seq, order: numberIn(key) });
    }
  }
  const named = circles.flatMap((entry, number): readonly FoundCircle[] => [
    { number, entry, ...(found.get(entry.id) ?? { control: [], posts: [] }) },
  ]);
  const nameless = [...found.keys()].filter((id) => !named.some(({ entry }) => entry.id === id)).length;
  return { catalogue, circles: named, nameless };
}

async function lanesOf(disk: Disk, cipher: StorageCipher, circle: number): Promise<readonly LaneEntry[]> {
  const lanes: LaneEntry[] = [];
  for await (const [key, value] of disk.scan(spanOf("lane", u16(circle)))) {
    const entry = readable(() => decodeLane(openRow(cipher, key, value)));
    if (entry) lanes[(key[3] ?? 0) * 256 + (key[4] ?? 0)] = entry;
  }
  return lanes;
}

/** The spaces whose rows are copied as they are: they point at nothing. */
export const COPIED = ["script", "setting", "peer", "draft", "receipt", "own", "trail"] as const;

/** Where the number of a circle stands in such a key, or undefined where none does. */
export function circlePlace(key: Uint8Array): number | undefined {
  if (key[0] === SPACE.script) return 3;
  return key[0] === SPACE.draft || key[0] === SPACE.receipt ? 1 : undefined;
}

/** What `read` answers, or undefined where what it reads is harmed. */
export function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof TocsinError && cause.code !== "INTERNAL") return undefined;
    throw cause;
  }
}
