// Takes in the further lanes of other orgs' nodes, so that what these say of membership counts there (docs/protocol.md section 5): whoever
// does says that it has seen the lane begin, in the view that it has of the circle now.

import type { RosterChange } from "../circle/change.ts";
import { encodeChange } from "../circle/change-codec.ts";
import { evaluate } from "../circle/evaluate.ts";
import { type Member, orgOf } from "../circle/roster.ts";
import type { Lane } from "../feed/lane.ts";
import { type CircleId, type LaneId, orgId } from "../record/ids.ts";
import { mintWaitMs } from "../seal/mint-order.ts";
import type { CircleRow } from "../store/store.ts";
import type { CircleState } from "./circle-state.ts";
import { recordAt } from "./forks.ts";
import { ownTurn, standingOf, watchOf } from "./lanes.ts";
import { entitlement } from "./membership.ts";
import { declare } from "./post.ts";
import { circleNamed, type LiveCircle, type Rooms } from "./rooms.ts";

/**
 * Lanes that wait for the word of another org, and that this node may give it to. One that its author left again waits as well, before the
 * one that took over from it: a word for it that comes later would make it the one that counts.
 */
export function waitingLanes(rooms: Rooms, { row, state }: LiveCircle): readonly LaneId[] {
  // Asked for whenever anything rings, which is far more often than the circle changes.
  const known = waitingIn.get(state);
  if (known?.row === row) return known.lanes;
  const lanes = lanesWaiting(rooms, { row, state });
  waitingIn.set(state, { row, lanes });
  return lanes;
}

const waitingIn = new WeakMap<CircleState, { readonly row: CircleRow; readonly lanes: readonly LaneId[] }>();

function lanesWaiting(rooms: Rooms, { row, state }: Pick<LiveCircle, "row" | "state">): readonly LaneId[] {
  const { roster, opened, graph } = state;
  const me = roster?.members.get(rooms.me.id);
  if (!roster || !me || row.state !== "current" || me.lane !== row.lane) return [];
  const passed = new Set<LaneId>();
  for (const taken of roster.lanes.keys())
    for (let from = opened.get(taken)?.from; from !== undefined && !passed.has(from); from = opened.get(from)?.from)
      passed.add(from);
  const isSettled = (lane: LaneId): boolean => roster.lanes.has(lane) || roster.closed.has(lane) || passed.has(lane);
  const isAwaited = ({ id, author }: Lane): boolean => {
    const member = roster.members.get(author);
    if (!member || orgOf(member) === orgId(rooms.me.certificate.orgKey) || isSettled(id)) return false;
    const from = opened.get(id);
    return from ? from.length === 0 || isSettled(from.from) : graph.ops.get(member.addedBy)?.lane === id;
  };
  return [...state.lanes.values()].filter(isAwaited).map(({ id }) => id);
}

/**
 * Whether this node is abreast of the circle, so that its word for a lane is worth something: a member of a third org is linked, where there is
 * one, and this node lacks nothing that it holds. Else whoever meets a node that was away, before anybody else does, has it take in a lane
 * as of then.
 */
export function isAbreast(rooms: Rooms, live: LiveCircle, lane: LaneId): boolean {
  const { roster, lanes } = live.state;
  const author = roster?.members.get(lanes.get(lane)?.author ?? rooms.me.id);
  if (!roster || !author) return false;
  const others = [...roster.members.values()].filter(
    (one) => orgOf(one) !== orgOf(author) && orgOf(one) !== orgId(rooms.me.certificate.orgKey),
  );
  if (others.length === 0) return true;
  const shared = [...roster.lanes.keys()].filter((id) => !roster.closed.has(id));
  const linked = new Set(
    rooms
      .net()
      .links()
      .flatMap(({ member, state }) => (state === "linked" ? member : [])),
  );
  const hasAllOf = ({ id }: Member): boolean =>
    shared.every((one) => rooms.delivery.held(live.row.id, id, one) <= (lanes.get(one)?.length ?? 0));
  return others.some((one) => linked.has(one.id) && watchOf(live).told.has(one.id) && hasAllOf(one));
}

/**
 * How long this node leaves a lane to the other members that are linked, ms: one of them is enough, and more do no harm.
 */
export function patienceFor(rooms: Rooms, { state }: LiveCircle, lane: LaneId): number {
  const linked = rooms.net().links();
  const present = linked.filter(({ member, state: link }) => link === "linked" && state.roster?.members.has(member));
  const opening = state.lanes.get(lane)?.author;
  const others = present.map(({ member }) => member).filter((member) => member !== opening);
  return mintWaitMs(rooms.me.id, others, state.graph.heads);
}

/** Takes in those of the lanes that still wait. Throws DISK_FULL. */
export async function takeInLanes(rooms: Rooms, circle: CircleId, lanes: readonly LaneId[]): Promise<void> {
  await ownTurn(rooms, circle, async () => {
    const live = circleNamed(rooms, circle);
    for (const lane of lanes) {
      if (standingOf(rooms, live).kind === "held" || !waitingLanes(rooms, live).includes(lane)) continue;
      const change = await openingOf(rooms, live, lane);
      if (!change || entitlement(rooms, live, change)) continue;
      await declare(rooms, live, [{ kind: "roster", body: encodeChange(change) }]);
      const author = live.state.lanes.get(lane)?.author ?? lane;
      rooms.log("lane-taken-in", { circle: circle.slice(0, 8), author: author.slice(0, 8), lane: lane.slice(0, 8) });
    }
  });
}

/** The change that takes in a lane; none where its author began it in another membership than the one it has now. */
async function openingOf(
  rooms: Rooms,
  { row, state }: LiveCircle,
  lane: LaneId,
): Promise<Extract<RosterChange, { op: "lane" }> | undefined> {
  const first = await recordAt(rooms, row.id, { lane, seq: 0 });
  if (!first) return undefined;
  const { id, header, headerBytes, signature } = first;
  const now = state.roster?.members.get(header.author)?.addedBy;
  const then = evaluate(state.graph, header.rosterHeads, state.memo).members.get(header.author)?.addedBy;
  if (now !== id && now !== then) return undefined;
  return { op: "lane", opening: { id, header, headerBytes, signature } };
}
