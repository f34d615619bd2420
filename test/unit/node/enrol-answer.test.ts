// What the owner of an org key is told of its nodes, so that it can withdraw one that is in the hands of a thief.

import { expect, test } from "vitest";
import { limits } from "../../../src/base/limits.ts";
import { emptyLane } from "../../../src/feed/lane.ts";
import { answerOrg } from "../../../src/node/enrol-answer.ts";
import { decodeJoinAnswer } from "../../../src/node/join-wire.ts";
import { idBytes, laneFor, orgId } from "../../../src/record/ids.ts";
import { circleOfParties, liveOf, party } from "../../help/memory-rooms.ts";

test("of a node that began more lanes than are told, the one that counts is told", async () => {
  const [acme, dorado] = [party("acme"), party("dorado")];
  const circle = await circleOfParties([acme, dorado]);
  const live = liveOf(acme, circle);
  const { id, certificate } = dorado.rooms.me;
  const flood = Array.from({ length: 2 * limits.lanesPerMemberMax }, () => laneFor(id, dorado.rooms.random));
  const counts = live.state.roster?.members.get(id)?.lane;
  const lanes = new Map(flood.map((lane) => [lane, { ...emptyLane(lane, id), length: 1 }]));
  if (counts === undefined) throw new Error("a member without a lane");
  lanes.set(counts, { ...emptyLane(counts, id), length: 7 });
  live.state = { ...live.state, lanes };
  const answer = decodeJoinAnswer(await answerOrg(acme.rooms, orgId(certificate.orgKey), { op: "circles" }));
  if (answer.op !== "circles") throw new Error("another answer");
  const told = answer.circles[0]?.nodes[0]?.lanes ?? [];
  expect(told).toHaveLength(limits.lanesPerMemberMax);
  expect(told[0]).toEqual({ lane: idBytes(counts), length: 7 });
});
