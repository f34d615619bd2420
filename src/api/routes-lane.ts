// Routes about this node's own lanes: what holds one, what waits for it, and the override that a person names.

import type { TocsinError } from "../base/errors.ts";
import { acceptNewLane } from "../node/lane-keeper.ts";
import { standingOf } from "../node/lanes.ts";
import { missingKeys } from "../node/epochs.ts";
import { speaksHere } from "../node/membership.ts";
import { type LiveCircle, ownLane, type Rooms } from "../node/rooms.ts";
import { currentCircle } from "../node/post.ts";
import type { Routes } from "./desk.ts";
import type { StatusDocument } from "./documents.ts";
import type { BareStatus, HeldReason, LaneDocument } from "./lane-document.ts";
import { findCircle } from "./lookup.ts";
import { parseRequest, requests } from "./requests.ts";

export function laneRoutes(rooms: Rooms): Pick<Routes, "circle.lane"> {
  return {
    "circle.lane": async (params) => {
      const { circle, accept } = parseRequest(requests.circleLane, params);
      const live = currentCircle(rooms, findCircle(rooms, circle).row.id);
      if (accept?.includes("new-lane")) await acceptNewLane(rooms, live.row.id);
      return presentLane(rooms, live);
    },
  };
}

function presentLane(rooms: Rooms, live: LiveCircle): LaneDocument {
  const standing = standingOf(rooms, live);
  const { id, length } = ownLane(rooms, live);
  const held =
    standing.kind === "held" ? { reason: standing.reason, heard: standing.heard, needed: standing.needed } : null;
  return {
    ...{ schema: "tocsin.lane/1", circle: live.row.name, lane: id, length, state: standing.kind, held },
    ...{ drafts: live.drafts, missingKeys: missingKeys(rooms, live), takenIn: speaksHere(rooms, live) },
  };
}

/** A status with what is held, and why. */
export async function withLanes(rooms: Rooms, status: BareStatus): Promise<Omit<StatusDocument, "spool">> {
  let [held, failed] = [0, 0];
  for (const { row } of rooms.circles.values()) {
    const drafts = await rooms.store.drafts(row.id);
    // Who was removed sends nothing more.
    const waiting = drafts.filter(({ refused }) => refused === undefined && row.state === "current").length;
    held += waiting;
    failed += drafts.length - waiting;
  }
  const current = [...rooms.circles.values()].filter(({ row }) => row.state === "current");
  const lanes = current.map((live) => presentLane(rooms, live));
  return {
    ...status,
    outbox: { ...status.outbox, held, failed },
    lanes: lanes.filter(
      ({ state, drafts, missingKeys, takenIn }) => state === "held" || drafts > 0 || missingKeys > 0 || !takenIn,
    ),
  };
}

/** Why a post was held, from the refusal of the lane. */
export function heldReason({ details }: TocsinError): HeldReason {
  const { held, heard, needed } = details;
  return { reason: held as HeldReason["reason"], heard: Number(heard), needed: Number(needed) };
}
