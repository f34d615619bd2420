// Two members of whom neither can be dialled reach each other through a third one that offers it, and nobody else does.
// A node that listens nowhere cannot be dialled; net-namespaces.test.ts has the same behind real, separate networks.

import { describe, expect, it } from "vitest";
import type { Clock } from "../../src/base/clock.ts";
import { systemClock } from "../../src/base/clock.ts";
import type { Contact } from "../../src/net/net.ts";
import { contactOf, toyCircle } from "../help/fake-host.ts";
import { LOOPBACK, type TestNode, hurried, isLinked, postAndPush, startTestNode } from "../help/nets.ts";

const circle = toyCircle("inner");
const patient = { timeout: 30_000, interval: 20 };
const bothLinked = (left: TestNode, right: TestNode) => (): boolean => isLinked(left, right) && isLinked(right, left);
const viaOf = (from: TestNode, to: TestNode): string | undefined =>
  from.net.links().find(({ transport }) => transport === to.net.transport)?.via;

/** Everybody knows everybody, and that `relays` relay. */
function introduce(nodes: readonly TestNode[], relays: readonly TestNode[], circles = [circle]): void {
  const contact = (node: TestNode): Contact => ({
    ...contactOf(node.host, node.net, circles),
    relay: relays.includes(node),
  });
  for (const node of nodes) for (const one of circles) node.host.joinCircle(one);
  for (const node of nodes) node.net.setContacts(nodes.filter((other) => other !== node).map(contact));
}

const hidden = (name: string, clock?: Clock): Promise<TestNode> =>
  startTestNode(name, { listen: [], ...(clock && { clock }) });

describe("members behind walls", () => {
  it("reach each other through a third one that relays, and what they post arrives both ways", async () => {
    await using relay = await startTestNode("relay", { relay: true });
    await using acme = await hidden("acme");
    await using borealis = await hidden("borealis");
    introduce([relay, acme, borealis], [relay]);
    await expect.poll(bothLinked(acme, borealis), patient).toBe(true);
    expect([viaOf(acme, borealis), viaOf(borealis, acme)]).toEqual([relay.net.transport, relay.net.transport]);
    expect(viaOf(acme, relay)).toBeUndefined();
    postAndPush(acme, circle, 50, 20_000);
    postAndPush(borealis, circle, 50, 20_000);
    await expect.poll(() => acme.host.total(circle) + borealis.host.total(circle), patient).toBe(200);
    expect(await acme.net.ping(borealis.net.transport, AbortSignal.timeout(5_000))).toBeGreaterThan(0);
  });
});
void [LOOPBACK, hurried, systemClock];
