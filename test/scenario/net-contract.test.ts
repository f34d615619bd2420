// The sentences of `src/net/net.ts`, held to the network of real sockets and to the one in memory alike.

import { describe, expect, it } from "vitest";
import { fromUtf8, utf8 } from "../../src/base/bytes.ts";
import { systemClock } from "../../src/base/clock.ts";
import { sha256 } from "../../src/base/digest.ts";
import { TocsinError } from "../../src/base/errors.ts";
import { peerIdFromPrivateKey } from "@libp2p/peer-id";
import { generateKeyPairFromSeed } from "@libp2p/crypto/keys";
import { joinCall } from "../../src/net/join.ts";
import type { JoinCall } from "../../src/net/net.ts";
import { keyOf } from "../../src/net/addresses.ts";
import { type TicketId, idBytes, ticketId } from "../../src/record/ids.ts";
import { contactOf, fakeHost, toyCircle, toyLane, toyMember, toyRecord } from "../help/fake-host.ts";
import { createMemoryHub } from "../help/memory-net.ts";
import { type TestNode, introduce, isLinked, postAndPush, seedOf, startTestNode } from "../help/nets.ts";
import { seededRandom } from "../help/seeded-random.ts";

const circle = toyCircle("inner");
const patient = { timeout: 20_000, interval: 10 };

type Harness = AsyncDisposable & { readonly start: (name: string) => Promise<TestNode>; readonly join: JoinCall };

const realSockets = async (): Promise<Harness> => ({
  start: (name) => startTestNode(name),
  join: joinCall,
  [Symbol.asyncDispose]: async () => undefined,
});

const inMemory = async (): Promise<Harness> => {
  const hub = createMemoryHub({ clock: systemClock, random: seededRandom("contract"), weather: { duplication: 0.1 } });
  return {
    start: async (name) => {
      const host = fakeHost(name);
      const net = await hub.start({ transportSeed: seedOf(name), listen: [], announce: [], gossip: false }, host);
      return { host, net, [Symbol.asyncDispose]: () => net[Symbol.asyncDispose]() };
    },
    join: hub.join,
    [Symbol.asyncDispose]: () => hub[Symbol.asyncDispose](),
  };
};

const linkedAll = (nodes: readonly TestNode[]) => (): boolean =>
  nodes.every((from) => nodes.every((to) => from === to || isLinked(from, to)));

describe.each([
  ["real sockets", realSockets],
  ["memory", inMemory],
] as const)("a network of %s", (_name, open) => {
  it("pushes what is posted to every linked member, who acknowledges what it keeps", async () => {
    await using world = await open();
    await using acme = await world.start("acme");
    await using borealis = await world.start("borealis");
    await using cygnus = await world.start("cygnus");
    const nodes = [acme, borealis, cygnus];
    introduce(nodes);
    await expect.poll(linkedAll(nodes), patient).toBe(true);
    for (let count = 1; count <= 20; count++) postAndPush(acme, circle);
    for (const node of [borealis, cygnus]) {
      await expect.poll(() => node.host.length(circle, toyLane("acme")), patient).toBe(20);
      await expect.poll(() => acme.host.heldBy(node.host.member, circle, toyLane("acme")), patient).toBe(20);
    }
  });

  it("fetches the other side of a lane of which a peer holds as much, but another head", async () => {
    await using world = await open();
    await using acme = await world.start("acme");
    await using borealis = await world.start("borealis");
    const lane = toyLane("mallory");
    for (const [node, bytes] of [
      [acme, 200],
      [borealis, 300],
    ] as const) {
      const sides = [toyRecord(lane, 0), toyRecord(lane, 1, bytes)].map(({ envelope }) => envelope);
      await node.host.ingest(toyMember("mallory"), circle, sides, "push");
    }
    introduce([acme, borealis]);
    for (const [node, other] of [
      [acme, borealis],
      [borealis, acme],
    ] as const) {
      const refused = (): number =>
        node.host.arrivals.filter(({ from, outcome }) => from === other.host.member && outcome === "refused").length;
      await expect.poll(refused, patient).toBeGreaterThan(0);
      expect(node.host.length(circle, lane)).toBe(2);
    }
  });

  it("fetches of a lane that is forked nothing from the fork on, unless its other sides are wanted", async () => {
    await using world = await open();
    await using acme = await world.start("acme");
    await using borealis = await world.start("borealis");
    const lane = toyLane("borealis");
    borealis.host.post(circle, 9);
    acme.host.contests = new Map([[lane, { from: 5, otherSides: false }]]);
    introduce([acme, borealis]);
    await expect.poll(() => acme.host.length(circle, lane), patient).toBe(5);
    postAndPush(acme, circle);
    await expect.poll(() => borealis.host.length(circle, toyLane("acme")), patient).toBe(1);
    expect(acme.host.length(circle, lane)).toBe(5);
    acme.host.contests = new Map([[lane, { from: 5, otherSides: true }]]);
    acme.net.catchUp(circle);
    await expect.poll(() => acme.host.length(circle, lane), patient).toBe(9);
  });

  it("brings a newcomer everything, and each member learns what it holds", async () => {
    await using world = await open();
    await using acme = await world.start("acme");
    await using borealis = await world.start("borealis");
    acme.host.post(circle, 600);
    borealis.host.post(circle, 300);
    introduce([acme, borealis]);
    await expect.poll(() => acme.host.total(circle) + borealis.host.total(circle), patient).toBe(1_800);
    await using cygnus = await world.start("cygnus");
    introduce([acme, borealis, cygnus]);
    await expect.poll(() => cygnus.host.total(circle), patient).toBe(900);
    for (const node of [acme, borealis]) {
      await expect.poll(() => node.host.heldBy(cygnus.host.member, circle, toyLane("acme")), patient).toBe(600);
    }
  });

  it("tells receipts to whoever is linked: those that there are, and each new one", async () => {
    await using world = await open();
    await using acme = await world.start("acme");
    await using borealis = await world.start("borealis");
    const texts = (): ReadonlySet<string> => new Set(acme.host.receiptsHeard.map(({ text }) => text));
    borealis.host.receiptsToGive = [utf8("one"), utf8("two")];
    introduce([acme, borealis]);
    await expect.poll(texts, patient).toEqual(new Set(["one", "two"]));
    borealis.host.receiptsToGive = [...borealis.host.receiptsToGive, utf8("three")];
    borealis.net.tellReceipts(circle);
    await expect.poll(texts, patient).toEqual(new Set(["one", "two", "three"]));
    expect(new Set(acme.host.receiptsHeard.map(({ from }) => from))).toEqual(new Set([borealis.host.member]));
  });

  it("says which envelopes the link of a member took, the very arrays that it was given", async () => {
    await using world = await open();
    await using acme = await world.start("acme");
    await using borealis = await world.start("borealis");
    const [early] = acme.host.post(circle);
    introduce([acme, borealis]);
    await expect.poll(() => borealis.host.total(circle), patient).toBe(1);
    const [late] = acme.host.post(circle);
    acme.net.push(circle, late ? [late] : []);
    await expect.poll(() => borealis.host.total(circle), patient).toBe(2);
    await expect.poll(() => acme.host.handed.length, patient).toBeGreaterThanOrEqual(2);
    for (const record of [early, late])
      expect(
        acme.host.handed.some(({ to, envelope }) => to === borealis.host.member && envelope === record?.envelope),
      ).toBe(true);
  });

  it("acknowledges nothing that is not yet stored", async () => {
    await using world = await open();
    await using acme = await world.start("acme");
    await using borealis = await world.start("borealis");
    introduce([acme, borealis]);
    await expect.poll(linkedAll([acme, borealis]), patient).toBe(true);
    const disk = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    borealis.host.beforeIngest = async () => {
      asked.resolve();
      await disk.promise;
    };
    postAndPush(acme, circle);
    await asked.promise;
    expect(acme.host.heldBy(borealis.host.member, circle, toyLane("acme"))).toBe(0);
    disk.resolve();
    await expect.poll(() => acme.host.heldBy(borealis.host.member, circle, toyLane("acme")), patient).toBe(1);
  });

  it("hands over records of a circle only to members of that circle", async () => {
    await using world = await open();
    await using acme = await world.start("acme");
    await using borealis = await world.start("borealis");
    await using cygnus = await world.start("cygnus");
    const pair = toyCircle("pair");
    introduce([acme, borealis, cygnus]);
    for (const node of [acme, borealis]) node.host.joinCircle(pair);
    const contact = (node: TestNode, circles = [circle]) => contactOf(node.host, node.net, circles);
    acme.net.setContacts([contact(borealis, [circle, pair]), contact(cygnus)]);
    borealis.net.setContacts([contact(acme, [circle, pair]), contact(cygnus)]);
    await expect.poll(linkedAll([acme, borealis, cygnus]), patient).toBe(true);
    postAndPush(acme, pair, 3);
    postAndPush(acme, circle, 1);
    await expect.poll(() => borealis.host.total(pair), patient).toBe(3);
    await expect.poll(() => cygnus.host.total(circle), patient).toBe(1);
    expect(cygnus.host.total(pair)).toBe(0);
  });

  it("carries a question for old posts to a linked member of the circle, and its answer back", async () => {
    await using world = await open();
    await using acme = await world.start("acme");
    await using borealis = await world.start("borealis");
    const pair = toyCircle("pair");
    introduce([acme, borealis]);
    acme.host.joinCircle(pair);
    await expect.poll(linkedAll([acme, borealis]), patient).toBe(true);
    const heard: unknown[] = [];
    borealis.host.onAsk = async (to, of, question) => {
      heard.push(to, of, fromUtf8(question));
      return new Uint8Array(300_000).fill(9);
    };
    const { signal } = new AbortController();
    const answer = await acme.net.ask(borealis.host.member, circle, utf8("which?"), signal);
    expect(answer).toEqual(new Uint8Array(300_000).fill(9));
    expect(heard).toEqual([acme.host.member, circle, "which?"]);
    // In a circle that the other is not in, of somebody who is not linked, and where it refuses.
    await expect(acme.net.ask(borealis.host.member, pair, utf8("which?"), signal)).rejects.toThrow();
    await expect(acme.net.ask(toyMember("cygnus"), circle, utf8("which?"), signal)).rejects.toThrow();
    borealis.host.onAsk = undefined;
    await expect(acme.net.ask(borealis.host.member, circle, utf8("which?"), signal)).rejects.toThrow();
    expect(heard).toHaveLength(3);
  });

  it("cuts a member that is a contact no more", async () => {
    await using world = await open();
    await using acme = await world.start("acme");
    await using borealis = await world.start("borealis");
    introduce([acme, borealis]);
    await expect.poll(linkedAll([acme, borealis]), patient).toBe(true);
    acme.net.setContacts([]);
    expect(acme.net.links()).toEqual([]);
    await expect.poll(() => isLinked(borealis, acme), patient).toBe(false);
    postAndPush(acme, circle);
    await expect.poll(() => acme.net.counters().strangersRefused, patient).toBeGreaterThan(0);
    expect(borealis.host.total(circle)).toBe(0);
  });

  it("asks again for what was refused as soon as the contacts change", async () => {
    await using world = await open();
    await using acme = await world.start("acme");
    await using borealis = await world.start("borealis");
    let admitted = false;
    let refusals = 0;
    borealis.host.refuse = () => {
      if (admitted) return undefined;
      refusals += 1;
      return { kind: "refused", verdict: "ignore", reason: "RECORD_AUTHOR_UNKNOWN" };
    };
    introduce([acme, borealis]);
    postAndPush(acme, circle, 5);
    await expect.poll(() => refusals, patient).toBeGreaterThan(0);
    expect(borealis.host.total(circle)).toBe(0);
    admitted = true;
    introduce([acme, borealis]);
    await expect.poll(() => borealis.host.total(circle), patient).toBe(5);
  });

  it("carries messages about safety words between linked members only, and tells why one is refused", async () => {
    await using world = await open();
    await using acme = await world.start("acme");
    await using borealis = await world.start("borealis");
    const ask = async (): Promise<Uint8Array> => acme.net.verify(borealis.net.transport, utf8("words?"));
    await expect(ask()).rejects.toMatchObject({ code: "PEER_UNREACHABLE" });
    introduce([acme, borealis]);
    await expect.poll(linkedAll([acme, borealis]), patient).toBe(true);
    await expect(ask()).rejects.toMatchObject({ code: "PEER_REFUSED", details: { remote: "MEMBER_UNKNOWN" } });
    borealis.host.onVerify = async (from, message) => utf8(`${from} asks ${fromUtf8(message)}`);
    expect(fromUtf8(await ask())).toBe(`${acme.host.member} asks words?`);
    borealis.net.setContacts([]);
    await expect.poll(() => isLinked(acme, borealis), patient).toBe(false);
    await expect(ask()).rejects.toMatchObject({ code: "PEER_UNREACHABLE" });
  });

  it("lets a joiner speak once with an open ticket, and tells it why it was refused", async () => {
    await using world = await open();
    await using acme = await world.start("acme");
    const ticketSeed = seedOf("ticket");
    const call = (): ReturnType<JoinCall> =>
      world.join({
        ticketSeed,
        addresses: acme.net.addresses(),
        responderHash: sha256(idBytes(acme.net.transport)).subarray(0, 16),
        respond: ({ responder }) => utf8(responder),
        signal: AbortSignal.timeout(10_000),
      });
    await expect(call()).rejects.toMatchObject({ code: "JOIN_REFUSED" });
    acme.net.setTickets([await ticketOf(ticketSeed)]);
    acme.host.onJoin = async (_ticket, message) => message;
    expect(fromUtf8((await call()).reply)).toBe(acme.net.transport);
    acme.host.onJoin = async () => {
      throw new TocsinError("TICKET_EXPIRED", "too late");
    };
    await expect(call()).rejects.toMatchObject({ code: "JOIN_REFUSED", details: { remote: "TICKET_EXPIRED" } });
  });
});

describe("a network in memory in bad weather", () => {
  it("loses nothing for good: after a partition everyone holds everything", async () => {
    const weather = { delayMs: [1, 5], loss: 0.2, duplication: 0.2 } as const;
    await using hub = createMemoryHub({ clock: systemClock, random: seededRandom("storm"), weather });
    const nodes: TestNode[] = [];
    for (const name of ["acme", "borealis", "cygnus", "dorado"]) {
      const host = fakeHost(name);
      const net = await hub.start({ transportSeed: seedOf(name), listen: [], announce: [], gossip: false }, host);
      nodes.push({ host, net, [Symbol.asyncDispose]: () => net[Symbol.asyncDispose]() });
    }
    introduce(nodes);
    const ids = nodes.map(({ net }) => net.transport);
    hub.partition([ids.slice(0, 2), ids.slice(2)]);
    for (const node of nodes) for (let count = 0; count < 25; count++) postAndPush(node, circle);
    await expect
      .poll(() => nodes.map(({ host }) => host.total(circle) >= 25), patient)
      .toEqual([true, true, true, true]);
    expect(nodes.every(({ host }) => host.total(circle) <= 50)).toBe(true);
    hub.heal();
    // Each post moves a frontier, and each move is told: repair needs no more than that.
    await expect
      .poll(
        () => {
          for (const node of nodes.filter(({ host }) => host.length(circle, toyLane(host.name)) < 60))
            postAndPush(node, circle);
          return nodes.map(({ host }) => host.total(circle));
        },
        { timeout: 60_000, interval: 100 },
      )
      .toEqual([240, 240, 240, 240]);
  });
});

/** The public half of a one-time key, as an inviter keeps it. */
async function ticketOf(seed: Uint8Array): Promise<TicketId> {
  const key = keyOf(peerIdFromPrivateKey(await generateKeyPairFromSeed("Ed25519", seed)));
  return ticketId(key ?? utf8(""));
}
