// The second path: members who cannot reach each other directly still hear at once, through those who can.

import { expect, it } from "vitest";
import { toyCircle, toyMember } from "../help/fake-host.ts";
import { contactOf } from "../help/fake-host.ts";
import { introduce, isLinked, postAndPush, startTestNode } from "../help/nets.ts";

const circle = toyCircle("inner");
const patient = { timeout: 20_000, interval: 20 };

it("a record reaches a member that its author cannot reach, through a third", async () => {
  await using acme = await startTestNode("acme", { gossip: true });
  await using borealis = await startTestNode("borealis", { gossip: true });
  await using cygnus = await startTestNode("cygnus", { gossip: true });
  const nodes = [acme, borealis, cygnus];
  for (const node of nodes) node.host.joinCircle(circle);
  // acme and cygnus know of each other, but not where to find each other.
  const hidden = (node: (typeof nodes)[number]) => ({ ...contactOf(node.host, node.net, [circle]), addresses: [] });
  const open = (node: (typeof nodes)[number]) => contactOf(node.host, node.net, [circle]);
  acme.net.setContacts([open(borealis), hidden(cygnus)]);
  cygnus.net.setContacts([open(borealis), hidden(acme)]);
  borealis.net.setContacts([open(acme), open(cygnus)]);
  await expect.poll(() => isLinked(acme, borealis) && isLinked(cygnus, borealis), patient).toBe(true);
  await expect
    .poll(() => {
      postAndPush(acme, circle);
      return cygnus.host.arrivals.some(({ path }) => path === "gossip");
    }, { timeout: 20_000, interval: 400 })
    .toBe(true);
  expect(isLinked(acme, cygnus)).toBe(false);
  // Attributed to the member that passed it on, never to the author that it claims.
  expect(new Set(cygnus.host.arrivals.map(({ from }) => from))).toEqual(new Set([toyMember("borealis")]));
  await expect.poll(() => cygnus.host.total(circle), patient).toBe(acme.host.total(circle));
});

it("nothing is gossiped while every member is linked", async () => {
  await using acme = await startTestNode("acme", { gossip: true });
  await using borealis = await startTestNode("borealis", { gossip: true });
  introduce([acme, borealis]);
  await expect.poll(() => isLinked(acme, borealis) && isLinked(borealis, acme), patient).toBe(true);
  postAndPush(acme, circle);
  await expect.poll(() => borealis.host.total(circle), patient).toBe(1);
  expect(acme.net.counters().gossipPublished).toBe(0);
});
