// Records between real nodes on loopback: pushed while linked, caught up after, and acknowledged only when kept.

import { describe, expect, it } from "vitest";
import { toyCircle, toyLane } from "../help/fake-host.ts";
import { introduce, isLinked, postAndPush, startTestNode } from "../help/nets.ts";

const circle = toyCircle("inner");
const patient = { timeout: 20_000, interval: 20 };

describe("delivery between two members", () => {
  it("a record that acme posts reaches borealis at once, and acme learns that it is held", async () => {
    await using acme = await startTestNode("acme");
    await using borealis = await startTestNode("borealis");
    introduce([acme, borealis]);
    await expect.poll(() => isLinked(acme, borealis) && isLinked(borealis, acme), patient).toBe(true);
    postAndPush(acme, circle);
    await expect.poll(() => borealis.host.total(circle), patient).toBe(1);
    await expect.poll(() => acme.host.heldBy(borealis.host.member, circle, toyLane("acme")), patient).toBe(1);
  });

  it("what was posted before the link came up is caught up by sync", async () => {
    await using acme = await startTestNode("acme");
    await using borealis = await startTestNode("borealis");
    acme.host.post(circle, 1_000);
    borealis.host.post(circle, 700);
    introduce([acme, borealis]);
    await expect.poll(() => borealis.host.total(circle), patient).toBe(1_700);
    await expect.poll(() => acme.host.total(circle), patient).toBe(1_700);
    expect(borealis.net.counters().duplicates).toBe(0);
    await expect.poll(() => acme.host.heldBy(borealis.host.member, circle, toyLane("acme")), patient).toBe(1_000);
  });
});
