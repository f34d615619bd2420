// Two members of whom neither can be dialled reach each other through a third one that offers it, and nobody else does.
// A node that listens nowhere cannot be dialled; net-namespaces.test.ts has the same behind real, separate networks.

import { describe, expect, it } from "vitest";
import type { CircleId } from "../../src/record/ids.ts";
import { contactOf, toyCircle } from "../help/fake-host.ts";
import { type TestNode, hurried, isLinked, postAndPush, startTestNode } from "../help/nets.ts";

const circle = toyCircle("inner");
const other = toyCircle("other");
const patient = { timeout: 30_000, interval: 20 };
const bothLinked = (left: TestNode, right: TestNode) => (): boolean => isLinked(left, right) && isLinked(right, left);
const linkTo = (from: TestNode, to: TestNode) =>
  from.net.links().find(({ transport }) => transport === to.net.transport);
const hidden = (name: string): Promise<TestNode> => startTestNode(name, { listen: [] });

/** Tells a node of others, and which of them relay. */
function knows(
  node: TestNode,
  others: readonly TestNode[],
  options: { readonly relays: readonly TestNode[]; readonly circlesOf?: (of: TestNode) => readonly CircleId[] },
): void {
  const { relays, circlesOf = () => [circle] } = options;
  for (const id of circlesOf(node)) node.host.joinCircle(id);
  node.net.setContacts(
    others.map((one) => {
      const shared = circlesOf(one).filter((id) => circlesOf(node).includes(id));
      return { ...contactOf(one.host, one.net, shared), relay: relays.includes(one) };
    }),
  );
}

/** Everybody knows everybody of its circles. */
function introduceAll(
  nodes: readonly TestNode[],
  relays: readonly TestNode[],
  circlesOf: (of: TestNode) => readonly CircleId[] = () => [circle],
): void {
  for (const node of nodes) {
    const others = nodes.filter((one) => one !== node && circlesOf(one).some((id) => circlesOf(node).includes(id)));
    knows(node, others, { relays, circlesOf });
  }
}

describe("members of whom neither can be dialled", () => {
  it("reach each other through one that relays, and what they post arrives both ways", async () => {
    await using relay = await startTestNode("relay", { relay: true });
    await using acme = await hidden("acme");
    await using borealis = await hidden("borealis");
    introduceAll([relay, acme, borealis], [relay]);
    await expect.poll(bothLinked(acme, borealis), patient).toBe(true);
    expect([linkTo(acme, borealis)?.via, linkTo(borealis, acme)?.via]).toEqual(Array(2).fill(relay.net.transport));
    expect(linkTo(acme, relay)).toMatchObject({ state: "linked" });
    expect(linkTo(acme, relay)?.via).toBeUndefined();
    postAndPush(acme, circle, 50, 20_000);
    postAndPush(borealis, circle, 50, 20_000);
    await expect.poll(() => acme.host.total(circle) + borealis.host.total(circle), patient).toBe(200);
    expect(await acme.net.ping(borealis.net.transport, AbortSignal.timeout(5_000))).toBeGreaterThan(0);
  });

  it("do not where nobody relays, and say why", async () => {
    await using middle = await startTestNode("middle");
    await using acme = await hidden("acme");
    await using borealis = await hidden("borealis");
    // They believe it, but it does not.
    introduceAll([middle, acme, borealis], [middle]);
    await expect.poll(bothLinked(acme, middle), patient).toBe(true);
    await expect.poll(bothLinked(borealis, middle), patient).toBe(true);
    await expect.poll(() => linkTo(acme, borealis)?.lastError, patient).toBe("no relay has a link to it");
    await expect(acme.net.ping(borealis.net.transport, AbortSignal.timeout(1_000))).rejects.toMatchObject({
      code: "PEER_UNREACHABLE",
    });
  });

  it("R62: are not carried to each other where they share no circle, whatever the two say of it", async () => {
    await using relay = await startTestNode("relay", { relay: true });
    await using acme = await hidden("acme");
    await using borealis = await hidden("borealis");
    const circlesOf = (of: TestNode): readonly CircleId[] =>
      of === relay ? [circle, other] : of === acme ? [circle] : [other];
    introduceAll([relay, acme, borealis], [relay], circlesOf);
    // Each claims the other for its own circle.
    knows(acme, [relay, borealis], { relays: [relay] });
    knows(borealis, [relay, acme], { relays: [relay], circlesOf: () => [other] });
    await expect.poll(bothLinked(acme, relay), patient).toBe(true);
    await expect.poll(bothLinked(borealis, relay), patient).toBe(true);
    // Again and again, so long that both have asked to be reached over the relay.
    for (let tries = 0; tries < 3; tries++) {
      const before = linkTo(acme, borealis)?.nextDialAt;
      const failed = (): boolean => linkTo(acme, borealis)?.nextDialAt !== before && !isLinked(acme, borealis);
      await expect.poll(failed, patient).toBe(true);
      expect(linkTo(acme, borealis)?.via).toBeUndefined();
    }
    // Once the relay's roster has them in one circle too, nothing else stands in the way.
    introduceAll([relay, acme, borealis], [relay]);
    await expect.poll(bothLinked(acme, borealis), patient).toBe(true);
  });

  it("are linked again after their relay was away", async () => {
    const clock = hurried(10);
    const first = await startTestNode("relay", { relay: true });
    const listen = first.net.addresses();
    await using acme = await startTestNode("acme", { listen: [], clock });
    await using borealis = await startTestNode("borealis", { listen: [], clock });
    introduceAll([first, acme, borealis], [first]);
    await expect.poll(bothLinked(acme, borealis), patient).toBe(true);
    await first[Symbol.asyncDispose]();
    await expect.poll(() => isLinked(acme, borealis) || isLinked(borealis, acme), patient).toBe(false);
    await using second = await startTestNode("relay", { relay: true, listen });
    knows(second, [acme, borealis], { relays: [] });
    await expect.poll(bothLinked(acme, borealis), patient).toBe(true);
  });

  it("go over to a direct link as soon as there is a way, and lose nothing", async () => {
    await using relay = await startTestNode("relay", { relay: true });
    await using acme = await hidden("acme");
    await using borealis = await startTestNode("borealis");
    const nodes = [relay, acme, borealis];
    introduceAll(nodes, [relay]);
    // Nothing listens where it is said to be.
    const lost = { ...contactOf(borealis.host, borealis.net, [circle]), addresses: ["/ip4/127.0.0.1/tcp/1"] };
    const known = { ...contactOf(relay.host, relay.net, [circle]), relay: true };
    acme.net.setContacts([known, lost]);
    await expect.poll(() => linkTo(acme, borealis)?.via, patient).toBe(relay.net.transport);
    await expect.poll(bothLinked(acme, borealis), patient).toBe(true);
    postAndPush(acme, circle, 200, 2_000);
    acme.net.setContacts([known, contactOf(borealis.host, borealis.net, [circle])]);
    postAndPush(borealis, circle, 200, 2_000);
    for (const [from, to] of [[acme, borealis] as const, [borealis, acme] as const]) {
      await expect.poll(() => [linkTo(from, to)?.state, linkTo(from, to)?.via], patient).toEqual(["linked", undefined]);
    }
    await expect.poll(() => acme.host.total(circle) + borealis.host.total(circle), patient).toBe(800);
  });
});
