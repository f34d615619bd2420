// Links come up by themselves, stay single, come back, and end for whoever may not stay.

import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { limits } from "../../src/base/limits.ts";
import { systemRandom } from "../../src/base/random.ts";
import { dialTargets, peerIdOf, transportOf } from "../../src/net/addresses.ts";
import { FrameStream } from "../../src/net/frames.ts";
import { answerHello } from "../../src/net/hello.ts";
import { startNode } from "../../src/net/libp2p.ts";
import { contactOf, fakeHost, toyCircle, toyLane } from "../help/fake-host.ts";
import {
  LOOPBACK,
  type TestNode,
  hurried,
  introduce,
  isLinked,
  postAndPush,
  seedOf,
  startTestNode,
} from "../help/nets.ts";
import { diceFrom } from "../chaos/dice.ts";
import { Proxies } from "../chaos/proxy.ts";

const circle = toyCircle("inner");
const TWINS_MS = 5_000; // that is how long two connections may come of both sides dialling at once
/** How many things of this kind keep the process alive. */
const open = (kind: RegExp): number => process.getActiveResourcesInfo().filter((name) => kind.test(name)).length;
const patient = { timeout: 30_000, interval: 20 };
const bothLinked = (left: TestNode, right: TestNode) => (): boolean => isLinked(left, right) && isLinked(right, left);

describe("links between members", () => {
  it("a member that restarts with the same key and address is linked again, and nothing is missing", async () => {
    await using acme = await startTestNode("acme");
    const host = fakeHost("borealis");
    const first = await startTestNode("borealis", { host });
    const [address = ""] = first.net.addresses();
    introduce([acme, first]);
    await expect.poll(bothLinked(acme, first), patient).toBe(true);
    await first[Symbol.asyncDispose]();
    await expect.poll(() => isLinked(acme, first)).toBe(false);
    postAndPush(acme, circle, 5);
    await using second = await startTestNode("borealis", { host, listen: [address] });
    second.net.setContacts([{ ...contactOf(acme.host, acme.net, [circle]), addresses: [] }]);
    await expect.poll(bothLinked(acme, second), patient).toBe(true);
    await expect.poll(() => host.total(circle), patient).toBe(5);
  });

  it("a member that dials anew has lost the former connection, and the new one takes its place at once", async () => {
    await using proxies = new Proxies(2, diceFrom("forgetful"));
    await proxies.open();
    await using acme = await startTestNode("acme", { listen: [proxies.listen(1)], announce: [proxies.announced(1)] });
    // Its clock hurries, so that it finds the dead link long before acme does.
    await using borealis = await startTestNode("borealis", { clock: hurried(20) });
    for (const { host } of [acme, borealis]) host.joinCircle(circle);
    acme.net.setContacts([{ ...contactOf(borealis.host, borealis.net, [circle]), addresses: [] }]);
    borealis.net.setContacts([contactOf(acme.host, acme.net, [circle])]);
    await expect.poll(bothLinked(acme, borealis), patient).toBe(true);
    await systemClock.wait(TWINS_MS);
    proxies.break("forget", () => true)();
    await expect.poll(() => isLinked(borealis, acme), patient).toBe(false);
    await expect.poll(() => isLinked(borealis, acme), patient).toBe(true);
    postAndPush(acme, circle);
    postAndPush(borealis, circle);
    const totals = (): readonly number[] => [acme.host.total(circle), borealis.host.total(circle)];
    await expect.poll(totals, { timeout: limits.linkDeadMs / 4, interval: 20 }).toEqual([2, 2]);
  });

  it("two members that dial each other at once end with one connection, and push works both ways", async () => {
    // Sockets of other tests that are still closing would be counted as ours and then missed.
    await expect.poll(() => open(/TCPSocket/), patient).toBe(0);
    const clock = hurried(5);
    await using acme = await startTestNode("acme", { clock });
    await using borealis = await startTestNode("borealis", { clock });
    introduce([acme, borealis]);
    await expect.poll(bothLinked(acme, borealis), patient).toBe(true);
    // Longer than the time that a double link may live; each connection has two ends in this process.
    const startedMs = clock.monotonic();
    for (let round = 1; clock.monotonic() - startedMs < 8_000; round++) {
      postAndPush(acme, circle);
      postAndPush(borealis, circle);
      await expect.poll(() => acme.host.total(circle) + borealis.host.total(circle), patient).toBe(4 * round);
      expect(bothLinked(acme, borealis)()).toBe(true);
    }
    await expect.poll(() => open(/TCPSocket/), patient).toBe(2);
    expect(acme.net.links()).toMatchObject([{ state: "linked" }]);
    expect(borealis.net.links()).toMatchObject([{ state: "linked" }]);
  });

  it.each([
    ["acme", "borealis"],
    ["borealis", "acme"],
  ])(
    "%s does not keep a second connection of %s that nobody speaks on, whoever was to close it",
    async (one, other) => {
      const clock = hurried(5);
      await using holder = await startTestNode(one, { clock });
      await using peer = await startTestNode(other, { clock });
      introduce([holder, peer]);
      await expect.poll(bothLinked(holder, peer), patient).toBe(true);
      // As one that crossed with the first, and of which the peer has lost its end.
      const lost = await startNode({ seed: seedOf(other), listen: [], announce: [], gater: {}, services: {} });
      try {
        const connection = await lost.dial(dialTargets(holder.net.addresses(), peerIdOf(holder.net.transport)));
        await expect.poll(() => connection.status, patient).not.toBe("open");
        expect(bothLinked(holder, peer)()).toBe(true);
      } finally {
        await lost.stop();
      }
    },
  );

  it("a circle that is founded later works over the link that there is", async () => {
    await using acme = await startTestNode("acme");
    await using borealis = await startTestNode("borealis");
    introduce([acme, borealis]);
    await expect.poll(bothLinked(acme, borealis), patient).toBe(true);
    const later = toyCircle("later");
    acme.host.post(later, 3);
    introduce([acme, borealis], [circle, later]);
    await expect.poll(() => borealis.host.total(later), patient).toBe(3);
    postAndPush(acme, later);
    await expect.poll(() => borealis.host.total(later), patient).toBe(4);
  });

  it("a circle that only one side grants stays unknown to the other", async () => {
    await using acme = await startTestNode("acme");
    await using borealis = await startTestNode("borealis");
    const secret = toyCircle("secret");
    introduce([acme, borealis]);
    acme.host.joinCircle(secret);
    acme.net.setContacts([contactOf(borealis.host, borealis.net, [circle, secret])]);
    await expect.poll(bothLinked(acme, borealis), patient).toBe(true);
    postAndPush(acme, secret, 3);
    postAndPush(acme, circle);
    await expect.poll(() => borealis.host.total(circle), patient).toBe(1);
    expect(borealis.host.total(secret)).toBe(0);
    expect(acme.host.heldBy(borealis.host.member, secret, toyLane("acme", secret))).toBe(0);
  });

  it("a member that is removed is cut at once and refused from then on", async () => {
    await using acme = await startTestNode("acme");
    await using borealis = await startTestNode("borealis");
    introduce([acme, borealis]);
    await expect.poll(bothLinked(acme, borealis), patient).toBe(true);
    acme.net.setContacts([]);
    expect(acme.net.links()).toEqual([]);
    await expect.poll(() => isLinked(borealis, acme), { timeout: 1_000, interval: 10 }).toBe(false);
    await expect.poll(() => acme.net.counters().strangersRefused, patient).toBeGreaterThan(0);
    await expect.poll(() => borealis.net.links()[0]?.state, patient).toBe("refused");
  });

  it("a member that stops answering is cut, and a silent but living one is not", async () => {
    const clock = hurried(20);
    await using acme = await startTestNode("acme", { clock });
    await using borealis = await startTestNode("borealis", { clock });
    introduce([acme, borealis]);
    await expect.poll(bothLinked(acme, borealis), patient).toBe(true);
    const mute = await startNode({ seed: seedOf("mute"), listen: [LOOPBACK], announce: [], gater: {}, services: {} });
    try {
      const muteId = transportOf(mute.peerId);
      if (!muteId) throw new Error("the mute node has a key");
      const addresses = mute.getMultiaddrs().map((address) => address.toString().replace(/\/p2p\/.*$/, ""));
      await mute.handle("/tocsin/hello/1", async (stream) => {
        await using frames = new FrameStream(stream, { sent: () => undefined, received: () => undefined });
        const side = { self: muteId, peer: acme.net.transport, circles: acme.host.circles(), random: systemRandom };
        await answerHello(frames, side, { admit: () => undefined, signal: AbortSignal.timeout(5_000) });
      });
      await mute.handle("/tocsin/push/1", () => undefined);
      const { member } = fakeHost("mute");
      const contact = contactOf(borealis.host, borealis.net, [circle]);
      // No byte can have come from it before this moment.
      const askedAt = clock.monotonic();
      acme.net.setContacts([contact, { transport: muteId, member, addresses, circles: [circle] }]);
      const stateOf = (transport: string): string | undefined =>
        acme.net.links().find((link) => link.transport === transport)?.state;
      await expect.poll(() => stateOf(muteId), patient).toBe("linked");
      await expect.poll(() => stateOf(muteId), patient).not.toBe("linked");
      expect(clock.monotonic() - askedAt).toBeGreaterThan(limits.linkDeadMs);
      expect(stateOf(borealis.net.transport)).toBe("linked");
      expect(acme.net.links().find((link) => link.member === borealis.host.member)?.rttMs).toBeGreaterThan(0);
    } finally {
      await mute.stop();
    }
  });

  it("a stranger is refused at the handshake and counted", async () => {
    await using acme = await startTestNode("acme");
    const stranger = await startNode({ seed: seedOf("stranger"), listen: [], announce: [], gater: {}, services: {} });
    try {
      const targets = dialTargets(acme.net.addresses(), peerIdOf(acme.net.transport));
      const connection = await stranger.dial(targets).catch(() => undefined);
      await expect.poll(() => connection?.status ?? "closed").not.toBe("open");
      expect(acme.net.counters().strangersRefused).toBe(1);
    } finally {
      await stranger.stop();
    }
  });

  it("a member that cannot be reached is shown with the reason and the next attempt", async () => {
    await using acme = await startTestNode("acme");
    await using borealis = await startTestNode("borealis");
    acme.net.setContacts([
      { ...contactOf(borealis.host, borealis.net, [circle]), addresses: ["/ip4/127.0.0.1/tcp/1"] },
    ]);
    await expect
      .poll(() => acme.net.links()[0], patient)
      .toMatchObject({ state: "dialling", lastError: "nothing listens there", nextDialAt: expect.any(Number) });
    // Its record with the new address comes: no waiting for the old backoff.
    borealis.host.joinCircle(circle);
    borealis.net.setContacts([{ ...contactOf(acme.host, acme.net, [circle]), addresses: [] }]);
    acme.net.setContacts([contactOf(borealis.host, borealis.net, [circle])]);
    await expect.poll(bothLinked(acme, borealis), { timeout: 1_000, interval: 10 }).toBe(true);
  });

  it("a machine that slept, or whose clock leapt, dials at once instead of after the pause", async () => {
    let leptMs = 0;
    const clock = { ...systemClock, now: () => systemClock.now() + leptMs };
    await using acme = await startTestNode("acme", { clock });
    const gone = await startTestNode("borealis");
    const [address = ""] = gone.net.addresses();
    const contact = contactOf(gone.host, gone.net, [circle]);
    await gone[Symbol.asyncDispose]();
    acme.host.joinCircle(circle);
    acme.net.setContacts([contact]);
    const pauseMs = (): number => (acme.net.links()[0]?.nextDialAt ?? 0) - clock.now();
    await expect.poll(pauseMs, patient).toBeGreaterThan(3_000);
    await using back = await startTestNode("borealis", { listen: [address] });
    back.host.joinCircle(circle);
    back.net.setContacts([{ ...contactOf(acme.host, acme.net, [circle]), addresses: [] }]);
    leptMs = 3_600_000;
    await expect.poll(bothLinked(acme, back), { timeout: 2_000, interval: 10 }).toBe(true);
    expect(acme.net.standing().connected).toBe(true);
  });

  it("closing leaves neither socket nor timer behind", async () => {
    const before = open(/TCP|Timeout/);
    {
      await using acme = await startTestNode("acme", { gossip: true });
      await using borealis = await startTestNode("borealis", { gossip: true });
      introduce([acme, borealis]);
      await expect.poll(bothLinked(acme, borealis), patient).toBe(true);
      postAndPush(acme, circle, 10);
      await expect.poll(() => borealis.host.total(circle), patient).toBe(10);
      expect(open(/TCP|Timeout/)).toBeGreaterThan(before);
    }
    await expect.poll(() => open(/TCP|Timeout/), { timeout: 5_000 }).toBeLessThanOrEqual(before);
  });

  it("an address that cannot be listened on is an error with a name", async () => {
    await using acme = await startTestNode("acme");
    const [taken = ""] = acme.net.addresses();
    await expect(startTestNode("borealis", { listen: [taken] })).rejects.toMatchObject({ code: "LISTEN_FAILED" });
  });
});
