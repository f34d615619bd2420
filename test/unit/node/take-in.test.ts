// A further lane of a node, and a node that enrolled: who takes them in, once, and what counts before and after.

import { beforeEach, describe, expect, test } from "vitest";
import { limits } from "../../../src/base/limits.ts";
import { vouch } from "../../../src/node/governing.ts";
import { acceptNewLane } from "../../../src/node/lane-keeper.ts";
import { openLane } from "../../../src/node/new-lane.ts";
import { promote, remove } from "../../../src/node/membership.ts";
import { heardFrom } from "../../../src/node/lanes.ts";
import { frontierOf } from "../../../src/node/frontier.ts";
import { isAbreast, patienceFor, takeInLanes, waitingLanes } from "../../../src/node/take-in.ts";
import { type CircleId, type LaneId, laneFor, orgId } from "../../../src/record/ids.ts";
import { encodeLaneOpen } from "../../../src/circle/notice.ts";
import { draftOf, forgeClear, startOf } from "../../help/forge.ts";
import {
  admits,
  circleOfParties,
  hands,
  links,
  liveOf,
  type Party,
  party,
  says,
  sync,
} from "../../help/memory-rooms.ts";
import { refusalOf } from "../../help/refusal.ts";

let acme: Party;
let borealis: Party;
let cygnus: Party;
let circle: CircleId;

beforeEach(async () => {
  [acme, borealis, cygnus] = [party("acme"), party("borealis"), party("cygnus")];
  circle = await circleOfParties([acme, borealis, cygnus]);
});

async function opens(node: Party): Promise<LaneId> {
  await node.rooms.turns.take(circle, async () => openLane(node.rooms, liveOf(node, circle), "accepted"));
  return liveOf(node, circle).row.lane;
}

const waiting = (node: Party): readonly LaneId[] => waitingLanes(node.rooms, liveOf(node, circle));
const takesIn = async (node: Party): Promise<void> => takeInLanes(node.rooms, circle, waiting(node));
const laneIn = (node: Party, of: Party): LaneId | undefined =>
  liveOf(node, circle).state.roster?.members.get(of.rooms.me.id)?.lane;
const stranger = orgId(new Uint8Array(32).fill(7));

describe("R57: a further lane", () => {
  test("waits for a member of another org, which takes it in once; then its author speaks there", async () => {
    const lane = await opens(acme);
    await sync(acme, borealis, circle);
    await sync(acme, cygnus, circle);
    expect(await refusalOf(async () => vouch(acme.rooms, circle, stranger))).toBe("POST_REFUSED");
    expect([waiting(acme), waiting(borealis), waiting(cygnus)]).toEqual([[], [lane], [lane]]);
    await takesIn(borealis);
    await sync(borealis, cygnus, circle);
    expect([waiting(borealis), waiting(cygnus)]).toEqual([[], []]);
    await sync(borealis, acme, circle);
    expect(laneIn(acme, acme)).toBe(lane);
    await promote(acme.rooms, circle, borealis.rooms.me.id);
    await sync(acme, borealis, circle);
    expect(liveOf(borealis, circle).state.roster?.members.get(borealis.rooms.me.id)?.seniority).toBeDefined();
  });

  test("is posted in before anybody has taken it in", async () => {
    await opens(acme);
    await says(acme, circle, "who else?");
    await sync(acme, borealis, circle);
    expect(liveOf(borealis, circle).state.lanes.get(liveOf(acme, circle).row.lane)?.length).toBeGreaterThan(1);
  });

  test("that was left for another one is taken in before that, so that no later word makes it the one that counts", async () => {
    const first = await opens(borealis);
    const second = await opens(borealis);
    await sync(borealis, acme, circle);
    for (const lane of [first, second]) {
      expect(waiting(acme)).toEqual([lane]);
      await takesIn(acme);
    }
    expect(waiting(acme)).toEqual([]);
    expect(laneIn(acme, borealis)).toBe(second);
  });

  test("of a former membership is not taken in", async () => {
    const second = await opens(borealis);
    await sync(borealis, acme, circle);
    await remove(acme.rooms, circle, borealis.rooms.me.id);
    await admits(acme, borealis, circle);
    await takesIn(acme);
    expect(laneIn(acme, borealis)).toBe(liveOf(borealis, circle).row.lane);
    expect(liveOf(acme, circle).state.roster?.lanes.has(second)).toBe(false);
  });

  test("that another copy of the node goes on in leaves this one a way: a lane of its own, by word", async () => {
    const before = liveOf(acme, circle).row.lane;
    const place = startOf(acme, laneFor(acme.rooms.me.id, acme.rooms.random));
    const opening = { from: before, length: 1, head: liveOf(acme, circle).state.lanes.get(before)?.head };
    const copy = forgeClear(acme, draftOf(acme, circle, "lane-open", place), encodeLaneOpen({ ...opening, length: 1 }));
    await hands(borealis, acme, { circle, envelopes: [copy.bytes] });
    await takesIn(borealis);
    await sync(borealis, acme, circle);
    expect(await refusalOf(async () => vouch(acme.rooms, circle, stranger))).toBe("POST_REFUSED");
    expect(await acceptNewLane(acme.rooms, circle)).toBe(true);
    await sync(acme, borealis, circle);
    await takesIn(borealis);
    await sync(borealis, acme, circle);
    await vouch(acme.rooms, circle, stranger);
  });

  test("gives a node a way whose own one nobody will take in, as after a power cut while it enrolled", async () => {
    const live = liveOf(acme, circle);
    live.row = { ...live.row, lane: laneFor(acme.rooms.me.id, acme.rooms.random) };
    expect(await refusalOf(async () => vouch(acme.rooms, circle, stranger))).toBe("POST_REFUSED");
    expect(await acceptNewLane(acme.rooms, circle)).toBe(true);
    expect(await acceptNewLane(acme.rooms, circle)).toBe(false);
    await sync(acme, borealis, circle);
    await takesIn(borealis);
    await sync(borealis, acme, circle);
    await vouch(acme.rooms, circle, stranger);
  });

  test("is kept beyond the most that a node keeps of one author, where others have taken it in", async () => {
    for (let lanes = 1; lanes < limits.lanesPerMemberMax; lanes++) {
      const place = startOf(acme, laneFor(acme.rooms.me.id, acme.rooms.random));
      const notice = forgeClear(acme, draftOf(acme, circle, "address", place), new Uint8Array([0x80]));
      await hands(cygnus, acme, { circle, envelopes: [notice.bytes] });
    }
    await opens(acme);
    await says(acme, circle, "who else?");
    await sync(acme, borealis, circle);
    await sync(acme, cygnus, circle);
    const { lane } = liveOf(acme, circle).row;
    expect(liveOf(cygnus, circle).state.lanes.has(lane)).toBe(false);
    await takesIn(borealis);
    await sync(borealis, cygnus, circle);
    await sync(borealis, cygnus, circle);
    expect(liveOf(cygnus, circle).state.lanes.get(lane)?.length).toBe(2);
  });

  test("is not taken in by a node that was away, before it has heard of what others hold from somebody else than its author", async () => {
    const lane = await opens(acme);
    await sync(acme, borealis, circle);
    await says(cygnus, circle, "meanwhile");
    const abreast = (): boolean => isAbreast(borealis.rooms, liveOf(borealis, circle), lane);
    const hears = (of: Party): void => {
      links(borealis, of);
      heardFrom(borealis.rooms, of.rooms.me.id, circle, frontierOf(liveOf(of, circle).state));
    };
    hears(acme);
    expect(abreast()).toBe(false);
    hears(cygnus);
    expect(abreast()).toBe(false);
    await sync(cygnus, borealis, circle);
    expect(abreast()).toBe(true);
    borealis.neighbours.delete(cygnus.rooms.me.id);
    expect(abreast()).toBe(false);
    // Where nobody else is in, there is nobody to wait for.
    const pair = await circleOfParties([acme, borealis]);
    await acme.rooms.turns.take(pair, async () => openLane(acme.rooms, liveOf(acme, pair), "accepted"));
    await sync(acme, borealis, pair);
    expect(isAbreast(borealis.rooms, liveOf(borealis, pair), liveOf(acme, pair).row.lane)).toBe(true);
  });

  test("is left to the other members for a while, and by the first of them not at all", async () => {
    const lane = await opens(acme);
    await sync(acme, borealis, circle);
    await sync(acme, cygnus, circle);
    for (const [node, other] of [
      [borealis, cygnus],
      [cygnus, borealis],
    ] as const)
      node.neighbours.set(other.rooms.me.id, async () => new Uint8Array(0));
    const waits = [borealis, cygnus].map((node) => patienceFor(node.rooms, liveOf(node, circle), lane));
    expect(waits.toSorted((one, two) => one - two)).toEqual([0, limits.mintStepMs]);
  });
});
