// Leaves a lane whose end is not this node's to know, and begins another one that names it.

import { limits } from "../base/limits.ts";
import { TocsinError } from "../base/errors.ts";
import { encodeLaneOpen } from "../circle/notice.ts";
import { laneFor } from "../record/ids.ts";
import { declare } from "./post.ts";
import { type LiveCircle, ownLane, type Rooms } from "./rooms.ts";

/**
 * Opens a new lane whose first record names the one that is left, as far as this node holds it. Inside the circle's turn. Throws
 * LANES_EXCEEDED, DISK_FULL; the lane is the old one then.
 */
export async function openLane(rooms: Rooms, live: LiveCircle, why: "accepted" | "shared"): Promise<void> {
  const { id: from, length, head } = ownLane(rooms, live);
  const lanes = [...live.state.lanes.values()].filter(({ author }) => author === rooms.me.id).length;
  if (lanes >= limits.lanesPerMemberMax)
    throw new TocsinError("LANES_EXCEEDED", `this node has opened all its ${lanes} lanes in ${live.row.name}`, {
      hint: "a steward removes this member and invites it again",
    });
  const row = { ...live.row, lane: laneFor(rooms.me.id, rooms.random) };
  await declare(rooms, live, [{ kind: "lane-open", body: encodeLaneOpen({ from, length, head }) }], { row });
  rooms.log("lane-left", { circle: row.id.slice(0, 8), lane: from.slice(0, 8), why });
}
