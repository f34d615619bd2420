// How far this node has the lanes of a circle: as far as they are whole, which is told and served, and as far as their records are known.

import type { Lane } from "../feed/lane.ts";
import type { LaneId, MemberId } from "../record/ids.ts";
import { type Frontier, HEAD_DIGITS, type Heads } from "../record/record.ts";
import type { CircleState, WholePart } from "./circle-state.ts";

/**
 * How much of each lane is held whole: what is told to peers and served to them. What a removed member sent around its removal is
 * in it too, because records of others may lean on it. `to`, the author of a lane, is told all that is known of it: where it ends decides
 * whether a copy of the author goes on in it, and what was delivered its author reads in receipts.
 */
export function frontierOf(state: CircleState, to?: MemberId): Frontier {
  return new Map(partsOf(state, to).map(({ lane, part }) => [lane, part.length]));
}

/** The last record of each of these lanes, cut to what tells two sides of a fork apart. */
export function headsOf(state: CircleState, to?: MemberId): Heads {
  return new Map(partsOf(state, to).map(({ lane, part: { head = "" } }) => [lane, head.slice(0, HEAD_DIGITS)]));
}

/** How many records of each lane are known, be it that posts among them are hollow. */
export function knownOf({ lanes }: CircleState): Frontier {
  return new Map([...lanes.values()].map(({ id, length }) => [id, length]));
}

/** How much of a lane is held whole, and the last record of that. */
export function wholeOf({ hollow }: Pick<CircleState, "hollow">, lane: Lane): WholePart {
  return hollow.get(lane.id) ?? lane;
}

function partsOf(state: CircleState, to?: MemberId): readonly { readonly lane: LaneId; readonly part: WholePart }[] {
  return [...state.lanes.values()]
    .map((lane) => ({ lane: lane.id, part: lane.author === to ? lane : wholeOf(state, lane) }))
    .filter(({ part }) => part.length > 0);
}
