// What stands before the door: how much a member sends is counted by its quota, whatever becomes of it.

import type { Arrival, ArrivalPath } from "../net/net.ts";
import { type CircleId, type LaneId, type MemberId, ownsLane } from "../record/ids.ts";
import type { Frontier, SignedRecord } from "../record/record.ts";
import { decodeEnvelope } from "../record/wire.ts";
import { ingest } from "./ingest.ts";
import type { Rooms } from "./rooms.ts";

/** As `ingest`, later where the member is over its quota: the network reads nothing more from it meanwhile. */
export async function receive(
  rooms: Rooms,
  from: { readonly member: MemberId; readonly path: ArrivalPath },
  parcel: { readonly circle: CircleId; readonly envelopes: readonly Uint8Array[]; readonly stop: AbortSignal },
): Promise<readonly Arrival[]> {
  const { circle, stop } = parcel;
  const pauseMs = rooms.quotas.pauseMs(from.member);
  if (pauseMs > 0) await rooms.clock.wait(pauseMs, stop);
  const startedMs = rooms.clock.monotonic();
  const arrivals = await ingest(rooms, from, parcel);
  rooms.observed.arrived(from.path, arrivals, rooms.clock.monotonic() - startedMs);
  if (from.path !== "push") return arrivals;
  const last = arrivals.findLastIndex(({ kind }) => kind === "kept");
  const { header } = readHeader(parcel.envelopes[last]) ?? {};
  if (header?.author === from.member) rooms.observed.dated(from.member, header.at);
  // An honest node pushes what it wrote, once. By sync it is asked, and by gossip it passes on what others wrote.
  const vain = arrivals.filter(({ kind }) => kind !== "kept").length;
  if (vain > 0) rooms.quotas.wasted(from.member, vain);
  if (vain < arrivals.length) heardOf(rooms, from.member, circle);
  return arrivals;
}

/** The record in an envelope that was kept, if there is one. */
function readHeader(envelope: Uint8Array | undefined): SignedRecord | undefined {
  return envelope && decodeEnvelope(envelope);
}

/** A member told how much it holds of each lane: how much it wrote itself is its own word. */
export function heardTold(rooms: Rooms, member: MemberId, circle: CircleId, told: Frontier): void {
  const { lanes } = rooms.circles.get(circle)?.state ?? {};
  const isOwn = (lane: LaneId): boolean => {
    const known = lanes?.get(lane);
    return known ? known.author === member : ownsLane(member, lane);
  };
  rooms.quotas.grew(
    member,
    circle,
    [...told].filter(([lane]) => isOwn(lane)),
  );
}

/** A member pushed records that were kept: its lanes are as long as they are here. */
function heardOf(rooms: Rooms, member: MemberId, circle: CircleId): void {
  const lanes = [...(rooms.circles.get(circle)?.state.lanes.values() ?? [])];
  const own = lanes.filter(({ author }) => author === member);
  rooms.quotas.grew(
    member,
    circle,
    own.map(({ id, length }) => [id, length] as const),
  );
}
