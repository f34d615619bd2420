// What the store keeps in memory: its circles and lanes with their lengths, heads and counts, so that opening never
// reads a record. It must never hold one: its size is bounded by members, not by history.

import type { StorageCipher } from "../../keys/storage-key.ts";
import { equalBytes } from "../base/bytes.ts";
import type { Cbor } from "../base/cbor.ts";
import {
  circleId,
  type CircleId,
  ID_BYTES,
  idBytes,
  LANE_BYTES,
  laneId,
  type LaneId,
  memberId,
  recordId,
} from "../record/ids.ts";
import type { TrailEnd } from "../audit/trail.ts";
import { keyOf, numberIn, spanOf, spanUnder, u16 } from "./keyspace.ts";
import { readTrailEnd } from "./trail.ts";
import { type Change, corrupt, type Disk, edgeKey, openRow, sealedRow } from "./shelf.ts";
import type { CircleRow, LaneRow } from "./store.ts";

/** A lane, how many of its posts can be read and cannot for want of a key, and how many bytes its envelopes have. */
export type LaneEntry = LaneRow & { readonly items: number; readonly sealed: number; readonly bytes: number };

/** A circle and its lanes; `row` is absent until one was committed. */
export type CircleEntry = {
  readonly id: CircleId;
  readonly row: CircleRow | undefined;
  /** A lane's place in this list is its local number. */
  readonly lanes: readonly LaneEntry[];
  /** Numbers of the next control record and the next unread post. */
  readonly nextControl: number;
  readonly nextUnread: number;
};

/** A value: a commit makes a new one. */
export type Catalogue = {
  /** A circle's place in this list is its local number. */
  readonly circles: readonly CircleEntry[];
  /** The cursor of the newest item. */
  readonly lastCursor: number;
  /** How far the trail of disclosures goes. */
  readonly trail: TrailEnd;
};

/** The local number of a circle, or undefined. */
export function circleNumber({ circles }: Catalogue, id: CircleId): number | undefined {
  const number = circles.findIndex((circle) => circle.id === id);
  return number < 0 ? undefined : number;
}

/** The local number of a lane, or undefined. */
export function laneNumber({ lanes }: CircleEntry, lane: LaneId): number | undefined {
  const number = lanes.findIndex((entry) => entry.lane === lane);
  return number < 0 ? undefined : number;
}

/** Reads the catalogue: one row for each circle and lane, and the last key of each kind of record. */
export async function loadCatalogue(disk: Disk, cipher: StorageCipher): Promise<Catalogue> {
  const circles: CircleEntry[] = [];
  for await (const [key, value] of disk.scan(spanOf("circle"))) {
    const number = u16(circles.length);
    if (!equalBytes(key, keyOf("circle", number))) throw corrupt("a gap in its circles");
    const lanes: LaneEntry[] = [];
    for await (const [laneKey, laneValue] of disk.scan(spanOf("lane", number))) {
      if (!equalBytes(laneKey, keyOf("lane", number, u16(lanes.length)))) throw corrupt("a gap in its lanes");
      lanes.push(decodeLane(openRow(cipher, laneKey, laneValue)));
    }
    circles.push({
      ...decodeCircle(openRow(cipher, key, value)),
      lanes,
      nextControl: (await lastNumber(disk, keyOf("control", number))) + 1,
      nextUnread: (await lastNumber(disk, keyOf("unread", number))) + 1,
    });
  }
  return { circles, lastCursor: await lastNumber(disk, keyOf("post")), trail: await readTrailEnd({ disk, cipher }) };
}

async function lastNumber(disk: Disk, prefix: Uint8Array): Promise<number> {
  const key = await edgeKey(disk, spanUnder(prefix), true);
  return key ? numberIn(key) : 0;
}

/** The row of a circle's entry. */
export function circleChange(cipher: StorageCipher, number: number, { id, row }: CircleEntry): Change {
  return sealedRow(cipher, keyOf("circle", u16(number)), row ? rowFields(row) : [idBytes(id), null]);
}

/** A circle as it is stored. */
export function rowFields({ id, name, lane, state, joinedAt }: CircleRow): Cbor {
  return [idBytes(id), [name, idBytes(lane), state === "current", joinedAt]];
}

/** The circle that was stored so. Throws STORE_CORRUPT. */
export function rowOf(stored: Cbor): CircleRow {
  const { row } = decodeCircle(stored);
  if (!row) throw corrupt("a circle without a name");
  return row;
}

/** The head of a circle's entry in its row. Throws STORE_CORRUPT. */
export function decodeCircle(row: Cbor): Pick<CircleEntry, "id" | "row"> {
  const [idField, fields] = list(row, 2);
  const id = circleId(bytes(idField, ID_BYTES));
  if (fields === null) return { id, row: undefined };
  const [name, lane, current, joinedAt] = list(fields, 4);
  if (typeof name !== "string" || typeof current !== "boolean") throw corrupt("a malformed circle");
  const state = current ? "current" : "removed";
  return { id, row: { id, name, lane: laneId(bytes(lane, LANE_BYTES)), state, joinedAt: count(joinedAt) } };
}

/** The row of a lane's entry. */
export function laneChange(cipher: StorageCipher, place: readonly Uint8Array[], entry: LaneEntry): Change {
  const { lane, author, length, head, items, sealed, bytes } = entry;
  const fields = [idBytes(lane), idBytes(author), length, idBytes(head), items, sealed, bytes];
  return sealedRow(cipher, keyOf("lane", ...place), fields);
}

/** The entry of a lane in its row; one of a store that did not count bytes yet has none. Throws STORE_CORRUPT. */
export function decodeLane(row: Cbor): LaneEntry {
  const isCounted = !Array.isArray(row) || row.length !== 6;
  const [lane, author, length, head, items, sealed, size] = list(row, isCounted ? 7 : 6);
  return {
    lane: laneId(bytes(lane, LANE_BYTES)),
    author: memberId(bytes(author, ID_BYTES)),
    length: count(length),
    head: recordId(bytes(head, ID_BYTES)),
    items: count(items),
    sealed: count(sealed),
    bytes: isCounted ? count(size) : 0,
  };
}

/** A list of so many fields. Throws STORE_CORRUPT, like its neighbours: a stored row is checked, not trusted. */
export function list(row: Cbor | undefined, length: number): readonly Cbor[] {
  if (!Array.isArray(row) || row.length !== length) throw corrupt("a row of another shape");
  return row as readonly Cbor[];
}

/** Bytes, of this length where it is given. */
export function bytes(field: Cbor | undefined, length?: number): Uint8Array {
  if (!(field instanceof Uint8Array) || (length !== undefined && field.length !== length)) {
    throw corrupt("a field that is not the bytes it should be");
  }
  return field;
}

/** A whole number. */
export function count(field: Cbor | undefined): number {
  if (typeof field !== "number" || !Number.isSafeInteger(field)) throw corrupt("a field that is no whole number");
  return field;
}
