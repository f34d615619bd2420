// What the log is told of records that came in.

import type { Arrival, ArrivalPath } from "../net/net.ts";
import type { MemberId } from "../record/ids.ts";
import type { CircleState } from "./circle-state.ts";
import type { Rooms } from "./rooms.ts";

/** A complaint is told with both sides: one of them is at fault, and only people can find out which. */
export function logComplaint(rooms: Rooms, before: CircleState, { complaints, epochs }: CircleState): void {
  for (const [epoch, members] of complaints) {
    for (const by of members.difference(before.complaints.get(epoch) ?? new Set())) {
      const minter = epochs.get(epoch)?.minter ?? "unknown";
      rooms.log("epoch-complained", { epoch: epoch.slice(0, 8), by: by.slice(0, 8), minter: minter.slice(0, 8) });
    }
  }
}

export function logRefusal(
  rooms: Rooms,
  from: { readonly member: MemberId; readonly path: ArrivalPath },
  arrival: Extract<Arrival, { kind: "refused" }>,
): void {
  rooms.log("record-refused", {
    from: from.member.slice(0, 8),
    path: from.path,
    reason: arrival.reason,
    verdict: arrival.verdict,
  });
}
