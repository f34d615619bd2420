// A lane that takes over from another one of its author: what others make of it, and how many there may be.

import { beforeEach, describe, expect, test } from "vitest";
import { limits } from "../../../src/base/limits.ts";
import { decodeLaneOpen, encodeLaneOpen, type LaneOpen } from "../../../src/circle/notice.ts";
import { openLane } from "../../../src/node/new-lane.ts";
import { ownLane } from "../../../src/node/rooms.ts";
import { type CircleId, laneFor } from "../../../src/record/ids.ts";
import { draftOf, forgeClear, startOf } from "../../help/forge.ts";
import { circleOfParties, hands, hears, liveOf, type Party, party, says, sync } from "../../help/memory-rooms.ts";
import { refusalOf } from "../../help/refusal.ts";

let acme: Party;
let borealis: Party;
let circle: CircleId;

beforeEach(async () => {
  [acme, borealis] = [party("acme"), party("borealis")];
  circle = await circleOfParties([acme, borealis]);
});

/** Opens a lane inside the turn, as the node does. */
async function opens(node: Party): Promise<void> {
  await node.rooms.turns.take(circle, async () => openLane(node.rooms, liveOf(node, circle), "accepted"));
}

describe("R38: a lane that takes over from another one", () => {
  test("names it and where it ended in its first record, everybody knows, and both lanes count", async () => {
    await says(acme, circle, "on the old lane");
    const { id: from, length, head } = ownLane(acme.rooms, liveOf(acme, circle));
    await opens(acme);
    await says(acme, circle, "on the new lane");
    await sync(acme, borealis, circle);
    const { lane } = liveOf(acme, circle).row;
    expect(lane).not.toBe(from);
    for (const node of [acme, borealis])
      expect(liveOf(node, circle).state.opened).toEqual(new Map([[lane, { from, length, head }]]));
    expect(await hears(borealis, circle)).toEqual(["on the new lane", "on the old lane"]);
    expect(borealis.events.map(({ event }) => event)).toContain("lane-opened");
    expect((await acme.rooms.store.circles())[0]?.lane).toBe(lane);
  });

  test.each([
    [
      "in the middle of a lane",
      (node: Party, from: LaneOpen) => [{}, { ...from, from: laneFor(node.rooms.me.id, node.rooms.random) }] as const,
    ],
    [
      "from itself",
      (node: Party, from: LaneOpen) => {
        const lane = laneFor(node.rooms.me.id, node.rooms.random);
        return [startOf(node, lane), { ...from, from: lane }] as const;
      },
    ],
    [
      "from the lane of another",
      (node: Party, from: LaneOpen) =>
        [
          startOf(node, laneFor(node.rooms.me.id, node.rooms.random)),
          { ...from, from: laneFor(party("cygnus").rooms.me.id, node.rooms.random) },
        ] as const,
    ],
  ])("says nothing %s, and keeps its place", async (_, twist) => {
    const { id: from, length, head } = ownLane(acme.rooms, liveOf(acme, circle));
    const [place, body] = twist(acme, { from, length, head });
    const forged = forgeClear(acme, draftOf(acme, circle, "lane-open", place), encodeLaneOpen(body));
    expect(await hands(borealis, acme, { circle, envelopes: [forged.bytes] })).toEqual([{ kind: "kept" }]);
    expect(liveOf(borealis, circle).state.opened.size).toBe(0);
  });

  test("is bounded: no node opens, and no other one keeps, more lanes than a member may have", async () => {
    for (let lanes = 1; lanes < limits.lanesPerMemberMax; lanes++) await opens(acme);
    expect(await refusalOf(async () => opens(acme))).toBe("LANES_EXCEEDED");
    const { id: from, length, head } = ownLane(acme.rooms, liveOf(acme, circle));
    await sync(acme, borealis, circle);
    const place = startOf(acme, laneFor(acme.rooms.me.id, acme.rooms.random));
    const more = forgeClear(acme, draftOf(acme, circle, "lane-open", place), encodeLaneOpen({ from, length, head }));
    expect(await hands(borealis, acme, { circle, envelopes: [more.bytes] })).toMatchObject([
      { kind: "refused", reason: "LANES_EXCEEDED" },
    ]);
    await says(acme, circle, "on the last one");
    await sync(acme, borealis, circle);
    expect(await hears(borealis, circle)).toEqual(["on the last one"]);
  });

  test("has a body of one shape", async () => {
    const { id: from, head } = ownLane(acme.rooms, liveOf(acme, circle));
    for (const body of [
      { from, length: 3, head },
      { from, length: 0, head: undefined },
    ])
      expect(decodeLaneOpen(encodeLaneOpen(body))).toEqual(body);
    for (const body of [
      { from, length: 0, head },
      { from, length: 3, head: undefined },
    ])
      expect(await refusalOf(() => decodeLaneOpen(encodeLaneOpen(body)))).toBe("RECORD_BODY_INVALID");
    expect(await refusalOf(() => decodeLaneOpen(Uint8Array.of(0xa0)))).toBe("RECORD_BODY_INVALID");
  });
});
