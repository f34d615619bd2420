// What two nodes learn of each other's circles: those that both are in, and not so much as the number of the others.

import type { Libp2p } from "@libp2p/interface";
import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import { transportOf } from "../../src/net/addresses.ts";
import { FrameStream } from "../../src/net/frames.ts";
import { type HelloSide, answerHello, sayHello } from "../../src/net/hello.ts";
import { startNode } from "../../src/net/libp2p.ts";
import type { Mesh, Session } from "../../src/net/mesh.ts";
import { pushFrom } from "../../src/net/push.ts";
import { decodeMessage, encodeMessage } from "../../src/net/wire.ts";
import type { CircleId } from "../../src/record/ids.ts";
import { contactOf, fakeHost, toyCircle, toyLane, toyMember } from "../help/fake-host.ts";
import { introduce, isLinked, LOOPBACK, seedOf, startTestNode } from "../help/nets.ts";

const uncounted = { sent: () => undefined, received: () => undefined };
const soon = (): AbortSignal => AbortSignal.timeout(5_000);

type Ends = { readonly caller: FrameStream; readonly answerer: FrameStream; readonly ids: readonly [Side, Side] };
type Side = Pick<HelloSide, "self" | "peer">;

/** Two bare nodes and one stream between them. */
async function withStream(body: (ends: Ends) => Promise<void>): Promise<void> {
  const [caller, answerer] = await Promise.all(
    ["caller", "answerer"].map((name) =>
      startNode({ seed: seedOf(name), listen: [LOOPBACK], announce: [], gater: {}, services: {} }),
    ),
  );
  if (!caller || !answerer) throw new Error("two nodes were started");
  try {
    const arrived = Promise.withResolvers<FrameStream>();
    await answerer.handle("/hello/1", (stream) => arrived.resolve(new FrameStream(stream, uncounted)));
    const stream = await (await caller.dial(answerer.getMultiaddrs())).newStream("/hello/1");
    const id = (node: Libp2p): Side["self"] => transportOf(node.peerId) ?? fail();
    const ids = [
      { self: id(caller), peer: id(answerer) },
      { self: id(answerer), peer: id(caller) },
    ] as const;
    await body({ caller: new FrameStream(stream, uncounted), answerer: await arrived.promise, ids });
  } finally {
    await Promise.all([caller.stop(), answerer.stop()]);
  }
}

const fail = (): never => {
  throw new Error("a node has an Ed25519 key");
};

const circlesOf = (...names: readonly string[]): HelloSide["circles"] => {
  const host = fakeHost("any");
  for (const name of names) host.joinCircle(toyCircle(name));
  return host.circles();
};

describe("a hello", () => {
  it("shows each side exactly the circles that both are in", async () => {
    await withStream(async ({ caller, answerer, ids }) => {
      const answered = Promise.withResolvers<Set<CircleId>>();
      const [said] = await Promise.all([
        sayHello(caller, { ...ids[0], circles: circlesOf("a", "b", "c"), random: systemRandom }, soon()),
        answerHello(
          answerer,
          { ...ids[1], circles: circlesOf("b", "c", "d"), random: systemRandom },
          { admit: answered.resolve, signal: soon() },
        ),
      ]);
      const shared = new Set([toyCircle("b"), toyCircle("c")]);
      expect(said).toEqual(shared);
      expect(await answered.promise).toEqual(shared);
    });
  });

  it("always carries eight tags, or a multiple of eight", async () => {
    for (const count of [0, 1, 8, 9]) {
      await withStream(async ({ caller, answerer, ids }) => {
        const circles = circlesOf(...Array.from({ length: count }, (_, index) => `circle ${index}`));
        const options = { admit: () => undefined, signal: soon() };
        const answering = answerHello(answerer, { ...ids[1], circles, random: systemRandom }, options);
        const nonce = systemRandom(32);
        await caller.write(encodeMessage({ kind: "hello", versions: [1], nonce }), soon());
        const answer = decodeMessage(await caller.read(soon()));
        expect(answer.kind === "answer" && answer.tags.length).toBe(count > 8 ? 16 : 8);
        caller.abort(new Error("seen enough"));
        await expect(answering).rejects.toThrow();
      });
    }
  });

  it("proves nothing to a node that sends back the tags that it was sent", async () => {
    await withStream(async ({ caller, answerer, ids }) => {
      const answered = Promise.withResolvers<Set<CircleId>>();
      const circles = circlesOf("a");
      const options = { admit: answered.resolve, signal: soon() };
      const answering = answerHello(answerer, { ...ids[1], circles, random: systemRandom }, options);
      await caller.write(encodeMessage({ kind: "hello", versions: [1], nonce: systemRandom(32) }), soon());
      const answer = decodeMessage(await caller.read(soon()));
      if (answer.kind !== "answer") throw new Error("an answer was due");
      await caller.write(encodeMessage({ kind: "tags", tags: answer.tags }), soon());
      expect(await answered.promise).toEqual(new Set());
      await caller.finish(soon());
      await answering;
    });
  });

  it("ends where there is no version in common", async () => {
    await withStream(async ({ caller, answerer, ids }) => {
      const side = { ...ids[1], circles: [], random: systemRandom };
      const answering = answerHello(answerer, side, { admit: () => undefined, signal: soon() });
      await caller.write(encodeMessage({ kind: "hello", versions: [2, 3], nonce: systemRandom(32) }), soon());
      await expect(answering).rejects.toMatchObject({ code: "PEER_PROTOCOL" });
    });
  });
});

it("fetches a circle that linked nodes come to share at once, however often that happens", async () => {
  await using acme = await startTestNode("acme");
  await using borealis = await startTestNode("borealis");
  introduce([acme, borealis]);
  await expect.poll(() => isLinked(acme, borealis) && isLinked(borealis, acme), { timeout: 20_000 }).toBe(true);
  const circles = [toyCircle("inner")];
  for (let round = 0; round < 12; round++) {
    const circle = toyCircle(`round ${round}`);
    circles.push(circle);
    acme.host.joinCircle(circle);
    acme.host.post(circle, 3);
    acme.net.setContacts([contactOf(borealis.host, borealis.net, circles)]);
    borealis.host.joinCircle(circle);
    borealis.net.setContacts([contactOf(acme.host, acme.net, circles)]);
    await expect.poll(() => borealis.host.total(circle), { timeout: 5_000, interval: 10 }).toBe(3);
  }
});

it("remembers what a peer tells of a circle before its own hello has proven that", async () => {
  await withStream(async ({ caller, answerer, ids }) => {
    const [circle, strange] = [toyCircle("inner"), toyCircle("strange")];
    const host = fakeHost("answerer");
    host.joinCircle(circle);
    const contact = { transport: ids[1].peer, member: toyMember("caller"), addresses: [], circles: [circle] };
    const pulled: CircleId[] = [];
    const session = {
      peer: ids[1].peer,
      member: contact.member,
      proven: new Set(),
      theirs: new Map(),
      told: new Map(),
      doubts: new Map(),
      stuck: new Map(),
    };
    const reading = pushFrom(
      { contacts: new Map([[ids[1].peer, contact]]), host, clock: systemClock } as unknown as Mesh,
      { ...session, ended: new AbortController() } as unknown as Session,
      { frames: answerer, puller: { want: (wanted) => void pulled.push(wanted), retry: () => undefined } },
    );
    const frontier = new Map([[toyLane("caller"), 3]]);
    for (const told of [circle, strange])
      await caller.write(encodeMessage({ kind: "have", circle: told, frontier, heads: new Map() }), soon());
    await caller.finish(AbortSignal.timeout(100)).catch(() => undefined);
    await caller[Symbol.asyncDispose]();
    await reading.catch(() => undefined);
    expect(session.theirs).toEqual(new Map([[circle, frontier]]));
    expect(pulled).toEqual([]);
  });
});
