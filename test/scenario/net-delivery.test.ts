// Records between real nodes on loopback: pushed while linked, caught up after, and acknowledged only when kept.

import { describe, expect, it } from "vitest";
import { limits } from "../../src/base/limits.ts";
import { fakeHost, toyCircle, toyLane } from "../help/fake-host.ts";
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

  it("what one member said just now does not wait for the long backlog of another", async () => {
    const given = Promise.withResolvers<void>();
    const cygnusHost = fakeHost("cygnus");
    const slow = fakeHost("acme");
    slow.post(circle, 10_000);
    // It has heard of cygnus, so that both lanes are asked of it at first.
    const [early] = cygnusHost.post(circle);
    if (early) await slow.ingest(cygnusHost.member, circle, [early.envelope], "push");
    const host = {
      ...slow,
      serve: async function* (...asked: Parameters<typeof slow.serve>) {
        let sent = 0;
        for await (const envelope of slow.serve(...asked)) {
          if (sent++ > limits.syncPageRecords) await given.promise;
          yield envelope;
        }
      },
    };
    await using acme = await startTestNode("acme", { host });
    await using borealis = await startTestNode("borealis");
    await using cygnus = await startTestNode("cygnus", { host: cygnusHost });
    introduce([acme, borealis]);
    await expect.poll(() => borealis.host.length(circle, toyLane("cygnus")), patient).toBe(1);
    cygnus.host.post(circle, 3);
    introduce([acme, borealis, cygnus]);
    await expect.poll(() => borealis.host.length(circle, toyLane("cygnus")), { timeout: 5_000 }).toBe(4);
    expect(borealis.host.length(circle, toyLane("acme"))).toBeLessThan(limits.syncPageRecords);
    given.resolve();
    await expect.poll(() => borealis.host.total(circle), patient).toBe(10_004);
  });
});
