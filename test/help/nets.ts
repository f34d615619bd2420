// Nodes of the real network on loopback, each with a fake host, introduced to one another.

import { type Clock, systemClock } from "../../src/base/clock.ts";
import { sha256 } from "../../src/base/digest.ts";
import { utf8 } from "../../src/base/bytes.ts";
import { systemRandom } from "../../src/base/random.ts";
import type { Net, NetOptions } from "../../src/net/net.ts";
import { startNet } from "../../src/net/start.ts";
import type { CircleId } from "../../src/record/ids.ts";
import { type FakeHost, contactOf, fakeHost, toyCircle } from "./fake-host.ts";

export type TestNode = { readonly host: FakeHost; readonly net: Net } & AsyncDisposable;

export const LOOPBACK = "/ip4/127.0.0.1/tcp/0";
export const seedOf = (name: string): Uint8Array => sha256(utf8(`seed ${name}`));

/** The system's clock, so many times faster: an hour in minutes. */
export const hurried = (times: number): Clock => ({
  now: () => systemClock.monotonic() * times,
  monotonic: () => systemClock.monotonic() * times,
  wait: (ms, signal) => systemClock.wait(ms / times, signal),
});

/** A node that knows nobody yet. */
export async function startTestNode(
  name: string,
  options: Partial<NetOptions> & { readonly host?: FakeHost; readonly clock?: Clock } = {},
): Promise<TestNode> {
  const host = options.host ?? fakeHost(name);
  const { clock = systemClock, host: _host, ...netOptions } = options;
  const net = await startNet(
    { transportSeed: seedOf(name), listen: [LOOPBACK], announce: [], gossip: false, ...netOptions },
    host,
    { clock, random: systemRandom },
  );
  return { host, net, [Symbol.asyncDispose]: () => net[Symbol.asyncDispose]() };
}

/** Puts the nodes into one circle and makes each a contact of all others. */
export function introduce(nodes: readonly TestNode[], circles: readonly CircleId[] = [toyCircle("inner")]): void {
  for (const node of nodes) for (const circle of circles) node.host.joinCircle(circle);
  for (const node of nodes) {
    node.net.setContacts(nodes.filter((other) => other !== node).map(({ host, net }) => contactOf(host, net, circles)));
  }
}

/** Posts on a node and pushes what was posted. */
export function postAndPush(node: TestNode, circle: CircleId, count = 1, bytes = 200): void {
  node.net.push(circle, node.host.post(circle, count, bytes));
}

export const isLinked = (from: TestNode, to: TestNode): boolean =>
  from.net.links().some((link) => link.transport === to.net.transport && link.state === "linked");
