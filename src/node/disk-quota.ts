// What one circle may take of the disk, so that no circle drowns the others and the machine. Near its quota people are warned; at it
// this node keeps posts of others hollow, header and signature alone, and posts nothing itself.

import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { addPlace, type Ranges, removePlace } from "../feed/places.ts";
import type { LaneId, MemberId } from "../record/ids.ts";
import type { Header, SignedRecord } from "../record/record.ts";
import { decodeEnvelope } from "../record/wire.ts";
import type { LiveCircle, Rooms } from "./rooms.ts";

/** What a circle takes. Owned by the turn of its circle. */
export type CircleDisk = {
  /** Bytes of its envelopes in the store. */
  bytes: number;
  /** Places of posts that are held without their payload. */
  readonly hollow: Map<LaneId, Ranges>;
};

export type QuotaLevel = "ok" | "near" | "full";

type Quota = Pick<Rooms, "quotaBytes">;
type Sized = Pick<LiveCircle, "disk">;

export function newDisk(): CircleDisk {
  return {
    bytes: 0,
    hollow: new Map(),
  };
}

export function quotaLevel({ quotaBytes }: Quota, bytes: number): QuotaLevel {
  if (bytes >= quotaBytes) return "full";
  return bytes * 100 >= quotaBytes * limits.quotaWarnPercent ? "near" : "ok";
}

export function isFull(rooms: Quota, { disk }: Sized): boolean {
  return quotaLevel(rooms, disk.bytes) === "full";
}

/**
 * R60: of the posts of other members a node keeps header and signature alone where their circle has reached its quota. So each lane
 * goes on, and no control record is ever turned away: they keep the circle governable. `bytes`: what the circle takes by now.
 */
export function staysHollow(
  rooms: Quota & { readonly me: { readonly id: MemberId } },
  { kind, author }: Pick<Header, "kind" | "author">,
  bytes: number,
): boolean {
  return kind === "post" && author !== rooms.me.id && quotaLevel(rooms, bytes) === "full";
}

/** Whether the post at a place is held without its payload. */
export function isHollow({ disk }: Sized, { lane, seq }: Pick<Header, "lane" | "seq">): boolean {
  return disk.hollow.get(lane)?.some(([from, to]) => seq >= from && seq < to) === true;
}

/** How many posts of a circle are held without their payload. */
export function hollowCount({ disk }: Sized): number {
  return [...disk.hollow.values()].flat().reduce((sum, [from, to]) => sum + to - from, 0);
}

/** Throws QUOTA_FULL where a circle takes no posts any more, own ones neither. */
export function refuseFull(rooms: Quota, live: Pick<LiveCircle, "disk" | "row">): void {
  if (!isFull(rooms, live)) return;
  const { quotaBytes } = rooms;
  const { bytes } = live.disk;
  throw new TocsinError("QUOTA_FULL", `${live.row.name} takes ${bytes} bytes of its disk quota of ${quotaBytes}`, {
    details: { bytes, quota: quotaBytes },
  });
}

/** What a commit changed: posts that are held hollow since, and such that are whole by now. Inside the circle's turn, once it is durable. */
export async function noteStored(
  rooms: Rooms,
  live: LiveCircle,
  changed: { readonly hollow?: readonly SignedRecord[]; readonly filled?: readonly SignedRecord[] } = {},
): Promise<void> {
  const { hollow } = live.disk;
  for (const { header } of changed.hollow ?? []) noteHollow(live.disk, header);
  for (const { header } of changed.filled ?? []) removePlace(hollow.get(header.lane) ?? [], header.seq);
  const lanes = new Set((changed.filled ?? []).map(({ header }) => header.lane));
  if (lanes.size > 0) await findWhole(rooms, live, lanes);
  await measure(rooms, live);
}

/** What the store has of a circle. */
export async function loadDisk(rooms: Rooms, live: LiveCircle): Promise<void> {
  await findWhole(rooms, live, live.disk.hollow.keys());
  await measure(rooms, live);
}

export function noteHollow({ hollow }: CircleDisk, { lane, seq }: Pick<Header, "lane" | "seq">): void {
  const known = hollow.get(lane) ?? [];
  hollow.set(lane, known);
  addPlace(known, seq);
}

/** Up to where these lanes are whole. */
async function findWhole(rooms: Rooms, live: LiveCircle, lanes: Iterable<LaneId>): Promise<void> {
  const parts = new Map(live.state.hollow);
  for (const lane of lanes) {
    const first = live.disk.hollow.get(lane)?.[0]?.[0];
    if (first === undefined) {
      parts.delete(lane);
      live.disk.hollow.delete(lane);
      continue;
    }
    const before = { lane, from: Math.max(0, first - 1), to: first };
    const [last] = await Array.fromAsync(rooms.store.range(live.row.id, before));
    parts.set(lane, { length: first, head: last && decodeEnvelope(last).id });
  }
  live.state = { ...live.state, hollow: parts };
}

/** Tells once of a circle that comes near its quota, and of one that reaches it. */
async function measure(rooms: Rooms, live: LiveCircle): Promise<void> {
  const before = quotaLevel(rooms, live.disk.bytes);
  live.disk.bytes = await rooms.store.bytes(live.row.id);
  const now = quotaLevel(rooms, live.disk.bytes);
  if (now === before) return;
  const circle = live.row.id.slice(0, 8);
  if (now !== "ok") rooms.log(now === "full" ? "quota-full" : "quota-near", { circle, bytes: live.disk.bytes });
  rooms.changes.ring();
}
