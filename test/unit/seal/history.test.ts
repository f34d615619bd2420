// The rule of history on rosters made by hand: an org's nodes read for one another.

import { expect, test } from "vitest";
import type { Roster } from "../../../src/circle/roster.ts";
import { rosterOf } from "../../../src/node/circle-state.ts";
import { historyRule } from "../../../src/seal/history.ts";
import { circleOfParties, heldClock, liveOf, party } from "../../help/memory-rooms.ts";

test("R39: a post is given to any node of an org that was among the recipients, present or past, and to no other org", async () => {
  const clock = heldClock();
  const [acme, borealis, cygnus] = [party("acme", { clock }), party("borealis", { clock }), party("cygnus", { clock })];
  const circle = await circleOfParties([acme, borealis]);
  const { state } = liveOf(acme, circle);
  const roster = rosterOf(state);
  const first = roster.members.get(borealis.rooms.me.id);
  const [epoch] = [...state.epochs.values()].filter(({ recipients }) => recipients.has(borealis.rooms.me.id));
  const lane = [...state.lanes.values()].find(({ author }) => author === acme.rooms.me.id);
  if (!first || !epoch || !lane) throw new Error("borealis is a recipient");
  const post = { author: acme.rooms.me.id, lane: lane.id, seq: 1, at: clock.now() - 1 };
  const second = (orgKey: Uint8Array): typeof first => {
    const { id, certificate } = cygnus.rooms.me;
    return { ...first, id, certificate: { ...certificate, orgKey } };
  };
  const own = second(first.certificate.orgKey);
  const other = second(cygnus.rooms.me.certificate.orgKey);
  const asks = (member: typeof first, of: Roster): string | undefined =>
    historyRule({ graph: state.graph, roster: of }, member)(post, epoch);
  const members = (...all: readonly (typeof first)[]): Roster => ({
    ...roster,
    members: new Map(all.map((member) => [member.id, member])),
  });
  expect(asks(own, members(first, own))).toBeUndefined();
  expect(asks(other, members(first, other))).toBeDefined();
  const removal = {
    op: first.addedBy,
    remover: acme.rooms.me.id,
    at: 0,
    certificate: first.certificate,
    cuts: new Map(),
  };
  expect(asks(own, { ...members(own), removed: new Map([[first.id, removal]]) })).toBeUndefined();
});
