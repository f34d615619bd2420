// Two members that cannot reach each other, and a third between them: what one posts reaches the other at once by
// gossip, soon by catch-up where gossip is off, and whole where it is a burst that gossip would drop.

import { expect, it } from "vitest";
import { contactOf, toyCircle } from "../help/fake-host.ts";
import { isLinked, postAndPush, startTestNode, type TestNode } from "../help/nets.ts";

const circle = toyCircle("inner");
const patient = { timeout: 20_000, interval: 5 };
const BURST = 2_000;

/** acme - borealis - cygnus: the outer two know of each other, but not where to find each other. */
async function chain(gossip: boolean): Promise<{ acme: TestNode; cygnus: TestNode } & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const start = async (name: string): Promise<TestNode> => stack.use(await startTestNode(name, { gossip }));
  const [acme, borealis, cygnus] = [await start("acme"), await start("borealis"), await start("cygnus")];
  for (const node of [acme, borealis, cygnus]) node.host.joinCircle(circle);
  const open = (node: TestNode) => contactOf(node.host, node.net, [circle]);
  const hidden = (node: TestNode) => ({ ...open(node), addresses: [] });
  acme.net.setContacts([open(borealis), hidden(cygnus)]);
  cygnus.net.setContacts([open(borealis), hidden(acme)]);
  borealis.net.setContacts([open(acme), open(cygnus)]);
  await expect.poll(() => isLinked(acme, borealis) && isLinked(cygnus, borealis), patient).toBe(true);
  const owned = stack.move();
  return { acme, cygnus, [Symbol.asyncDispose]: async () => owned.disposeAsync() };
}

it("the far member hears by gossip within a second", async () => {
  await using line = await chain(true);
  const { acme, cygnus } = line;
  const heard = (): number => cygnus.host.arrivals.filter(({ path }) => path === "gossip").length;
  // Until the mesh stands a post may come by catch-up instead.
  await expect
    .poll(
      () => {
        postAndPush(acme, circle);
        return heard() > 0;
      },
      { timeout: 20_000, interval: 300 },
    )
    .toBe(true);
  await expect.poll(() => cygnus.host.total(circle), patient).toBe(acme.host.total(circle));
  const before = heard();
  const from = performance.now();
  postAndPush(acme, circle);
  await expect.poll(() => cygnus.host.total(circle), patient).toBe(acme.host.total(circle));
  expect(performance.now() - from).toBeLessThan(1_000);
  expect(heard()).toBe(before + 1);
});

it("the far member hears by catch-up where gossip is off", async () => {
  await using line = await chain(false);
  const { acme, cygnus } = line;
  postAndPush(acme, circle);
  await expect.poll(() => cygnus.host.total(circle), patient).toBe(1);
  expect(cygnus.host.arrivals.map(({ path }) => path)).toEqual(["sync"]);
});

it.each([true, false])("the far member gets the whole of a burst (gossip: %s)", async (gossip) => {
  await using line = await chain(gossip);
  const { acme, cygnus } = line;
  postAndPush(acme, circle, BURST);
  await expect.poll(() => cygnus.host.total(circle), patient).toBe(BURST);
});
