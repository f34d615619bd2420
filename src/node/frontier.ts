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
  const known = knownOf(state);
  if (state.hollow.size === 0) return known;
  return withParts(state, known, { to, of: ({ length }) => length });
}

/** The last record of each of these lanes, cut to what tells two sides of a fork apart. */
export function headsOf(state: CircleState, to?: MemberId): Heads {
  const { lanes } = state;
  const known = madeOnce(
    headsMade,
    lanes,
    () => new Map(Array.from(lanes.values(), (lane) => [lane.id, startOf(lane)])),
  );
  return state.hollow.size === 0 ? known : withParts(state, known, { to, of: startOf });
}

/** How many records of each lane are known, be it that posts among them are hollow. */
export function knownOf({ lanes }: Pick<CircleState, "lanes">): Frontier {
  return madeOnce(frontiersMade, lanes, () => new Map(Array.from(lanes.values(), ({ id, length }) => [id, length])));
}

/** How much of a lane is held whole, and the last record of that. */
export function wholeOf({ hollow }: Pick<CircleState, "hollow">, lane: Lane): WholePart {
  return hollow.get(lane.id) ?? lane;
}

function startOf({ head }: WholePart): string {
  return head?.slice(0, HEAD_DIGITS) ?? "";
}

/** What is known of all lanes, of hollow ones what is whole; nothing of those of which nothing is. */
function withParts<Part>(
  { hollow, lanes }: CircleState,
  known: ReadonlyMap<LaneId, Part>,
  told: { readonly to: MemberId | undefined; readonly of: (part: WholePart) => Part },
): ReadonlyMap<LaneId, Part> {
  const parts = new Map(known);
  for (const [lane, part] of hollow) {
    if (lanes.get(lane)?.author === told.to) continue;
    if (part.length > 0) parts.set(lane, told.of(part));
    else parts.delete(lane);
  }
  return parts;
}

/** What is made of a value of the lanes, once: it is asked for with every message of every link. */
function madeOnce<Made>(of: WeakMap<CircleState["lanes"], Made>, lanes: CircleState["lanes"], make: () => Made): Made {
  const known = of.get(lanes);
  if (known) return known;
  const made = make();
  of.set(lanes, made);
  return made;
}

const frontiersMade = new WeakMap<CircleState["lanes"], Frontier>();
const headsMade = new WeakMap<CircleState["lanes"], Heads>();
