// The second path: members who cannot reach each other directly still hear at once, through those who can.

import { expect, it } from "vitest";
import type { Stream } from "@libp2p/interface";
import { systemRandom } from "../../src/base/random.ts";
import { dialTargets, peerIdOf, transportOf } from "../../src/net/addresses.ts";
import { FrameStream } from "../../src/net/frames.ts";
import { gossipServices } from "../../src/net/gossip.ts";
import { sayHello } from "../../src/net/hello.ts";
import { startNode } from "../../src/net/libp2p.ts";
import { contactOf, toyCircle, toyMember } from "../help/fake-host.ts";
import { hurried, introduce, isLinked, postAndPush, seedOf, startTestNode } from "../help/nets.ts";

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
    .poll(
      () => {
        postAndPush(acme, circle);
        return cygnus.host.arrivals.some(({ path }) => path === "gossip");
      },
      { timeout: 20_000, interval: 400 },
    )
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

it("a link whose gossip died unseen is renewed", async () => {
  const clock = hurried(4);
  await using acme = await startTestNode("acme", { gossip: true, clock });
  const second = gossipServices(() => true);
  const node = await startNode({
    seed: seedOf("mallory"),
    listen: [],
    announce: [],
    gater: {},
    services: second.services,
  });
  try {
    const self = transportOf(node.peerId);
    if (!self) throw new Error("the node has a key");
    acme.host.joinCircle(circle);
    acme.net.setContacts([{ transport: self, member: toyMember("mallory"), addresses: [], circles: [circle] }]);
    const connection = await node.dial(dialTargets(acme.net.addresses(), peerIdOf(acme.net.transport)));
    const hello = new FrameStream(await connection.newStream("/tocsin/hello/1"), {
      sent: () => undefined,
      received: () => undefined,
    });
    const circles = acme.host.circles();
    const side = { self, peer: acme.net.transport, circles, random: systemRandom };
    await sayHello(hello, side, AbortSignal.timeout(5_000));
    const streams = (): readonly Stream[] =>
      connection.streams.filter(({ protocol }) => protocol.startsWith("/meshsub/"));
    await expect.poll(() => streams().length, patient).toBe(2);
    for (const stream of streams()) stream.abort(new Error("gossip dies"));
    expect(connection.status).toBe("open");
    await expect.poll(() => connection.status, patient).not.toBe("open");
  } finally {
    await node.stop();
  }
});
