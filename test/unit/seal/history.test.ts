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
  const epoch = [...state.epochs.values()].find(({ recipients }) => recipients.has(borealis.rooms.me.id));
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
  const both = { ...roster, members: roster.members.with(own.id, own) };
  expect(asks(own, both)).toBeUndefined();
  expect(asks(other, { ...roster, members: roster.members.with(other.id, other) })).toBeDefined();
  const { certificate } = first;
  const removal = {
    op: first.addedBy,
    remover: post.author,
    at: 0,
    certificate,
    cuts: new Map(),
    how: "removed",
    seniority: undefined,
  } as const;
  const successor = {
    ...both,
    members: both.members.without(first.id),
    removed: roster.removed.with(first.id, removal),
  };
  expect(asks(own, successor)).toBeUndefined();
});
