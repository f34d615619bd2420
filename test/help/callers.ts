// Who asks, in tests that are not about that: the owner of the node, from whom nothing is kept.

import { openStaff } from "../../src/api/daemon.ts";
import type { Desk } from "../../src/api/desk.ts";
import type { Staff } from "../../src/api/held-posts.ts";
import { seatKeys } from "../../src/node/home-keys.ts";
import type { Rooms } from "../../src/node/rooms.ts";
import { type Caller, ownerCaller } from "../../src/seat/seat.ts";

export const owner: Caller = ownerCaller("kim");

/** A desk without a gate. */
export const openToAll: Pick<Desk, "callerBy" | "gate"> = {
  callerBy: () => owner,
  gate: async (_method, params) => params,
};

/** The seats of a node, with tokens under some key. */
export async function staffOf(rooms: Rooms): Promise<Staff> {
  return openStaff(rooms, seatKeys(new Uint8Array(32).fill(7)));
}
