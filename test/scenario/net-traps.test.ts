// What a hostile or broken peer does to a stream, and what libp2p does to the unwary: the node stays up, its memory
// bounded, and its other links work. One test for each trap that was once fallen into.

import type { Connection, Libp2p, Stream } from "@libp2p/interface";
import { describe, expect, it } from "vitest";
import { concat, u32, utf8 } from "../../src/base/bytes.ts";
import { systemClock } from "../../src/base/clock.ts";
import { limits } from "../../src/base/limits.ts";
import { systemRandom } from "../../src/base/random.ts";
import { dialTargets, peerIdOf, transportOf } from "../../src/net/addresses.ts";
import { FrameStream } from "../../src/net/frames.ts";
import { sayHello } from "../../src/net/hello.ts";
import { startNode } from "../../src/net/libp2p.ts";
import { encodeMessage } from "../../src/net/wire.ts";
import { contactOf, fakeHost, toyCircle, toyLane, toyRecord } from "../help/fake-host.ts";
import { LOOPBACK, type TestNode, isLinked, postAndPush, seedOf, startTestNode } from "../help/nets.ts";

const circle = toyCircle("inner");
const patient = { timeout: 20_000, interval: 20 };
const uncounted = { sent: () => undefined, received: () => undefined };
const soon = (): AbortSignal => AbortSignal.timeout(10_000);

type Mallory = AsyncDisposable & {
  readonly node: Libp2p;
  readonly connection: Connection;
  readonly open: (protocol: string) => Promise<Stream>;
};

/** A member of the circle that speaks libp2p by hand, connected and past its hello. */
async function malloryAt(target: TestNode): Promise<Mallory> {
  const node = await startNode({ seed: seedOf("mallory"), listen: [], announce: [], gater: {}, services: {} });
  const self = transportOf(node.peerId);
  if (!self) throw new Error("mallory has a key");
  const { member } = fakeHost("mallory");
  target.host.joinCircle(circle);
  target.net.setContacts([{ transport: self, member, addresses: [], circles: [circle] }]);
  const connection = await node.dial(dialTargets(target.net.addresses(), peerIdOf(target.net.transport)));
  await using hello = new FrameStream(await connection.newStream("/tocsin/hello/1"), uncounted);
  const circles = target.host.circles();
  await sayHello(hello, { self, peer: target.net.transport, circles, random: systemRandom }, soon());
  return {
    node,
    connection,
    open: (protocol) => connection.newStream(protocol),
    [Symbol.asyncDispose]: async () => await node.stop(),
  };
}

const frame = (body: Uint8Array): Uint8Array => concat(u32(body.length), body);
const records = (from: number, count: number): Uint8Array =>
  encodeMessage({
    kind: "records",
    circle,
    envelopes: Array.from({ length: count }, (_, index) => toyRecord(toyLane("mallory"), from + index).envelope),
  });

/** A stream between two bare nodes, from its writing to its reading end. */
async function betweenTwo(
  body: (sink: FrameStream, source: FrameStream, stream: Stream) => Promise<void>,
): Promise<void> {
  const [reader, writer] = await Promise.all([
    startNode({ seed: seedOf("reader"), listen: [LOOPBACK], announce: [], gater: {}, services: {} }),
    startNode({ seed: seedOf("writer"), listen: [], announce: [], gater: {}, services: {} }),
  ]);
  try {
    const arrived = Promise.withResolvers<FrameStream>();
    await reader.handle("/bulk/1", (stream) => arrived.resolve(new FrameStream(stream, uncounted)));
    const stream = await (await writer.dial(reader.getMultiaddrs())).newStream("/bulk/1");
    await using sink = new FrameStream(stream, uncounted);
    await using source = await arrived.promise;
    await body(sink, source, stream);
  } finally {
    await Promise.all([reader.stop(), writer.stop()]);
  }
}

const PROTOCOLS = ["/tocsin/hello/1", "/tocsin/push/1", "/tocsin/sync/1"] as const;

describe.each(PROTOCOLS)("a hostile member on %s", (protocol) => {
  it.each([
    ["a frame that is too long", concat(u32(limits.frameBytesMax + 1), utf8("x"))],
    ["an empty frame", u32(0)],
    ["bytes that are no message", frame(utf8("no message"))],
    ["a message of another protocol", frame(encodeMessage({ kind: "challenge", challenge: new Uint8Array(32) }))],
    ["CBOR nested deeper than the stack", frame(new Uint8Array(200_000).fill(0x81))],
  ])("is cut off for %s, and the node lives on", async (_what, bytes) => {
    await using acme = await startTestNode("acme");
    await using mallory = await malloryAt(acme);
    const stream = await mallory.open(protocol);
    stream.send(bytes);
    await expect.poll(() => stream.status, patient).not.toBe("open");
    const again = await mallory.open("/tocsin/push/1");
    again.send(frame(records(0, 1)));
    await expect.poll(() => acme.host.total(circle), patient).toBe(1);
  });

  it("is cut off when it ends or resets its stream within a frame", async () => {
    await using acme = await startTestNode("acme");
    await using mallory = await malloryAt(acme);
    const ended = await mallory.open(protocol);
    ended.send(concat(u32(100), utf8("half")));
    await ended.close();
    const reset = await mallory.open(protocol);
    reset.send(concat(u32(100), utf8("half")));
    reset.abort(new Error("gone"));
    await expect.poll(() => ended.status, patient).not.toBe("open");
    const again = await mallory.open("/tocsin/push/1");
    again.send(frame(records(0, 1)));
    await expect.poll(() => acme.host.total(circle), patient).toBe(1);
  });
});

describe("a peculiar member", () => {
  it("that sends byte by byte is understood", async () => {
    await using acme = await startTestNode("acme");
    await using mallory = await malloryAt(acme);
    const stream = await mallory.open("/tocsin/push/1");
    for (const byte of frame(records(0, 2))) stream.send(Uint8Array.of(byte));
    await expect.poll(() => acme.host.total(circle), patient).toBe(2);
  });

  it("that opens more streams than it may is refused the surplus only", async () => {
    await using acme = await startTestNode("acme");
    await using mallory = await malloryAt(acme);
    const streams = await Promise.allSettled(Array.from({ length: 20 }, () => mallory.open("/tocsin/sync/1")));
    const open = (): number =>
      streams.filter((opened) => opened.status === "fulfilled" && opened.value.status === "open").length;
    await expect.poll(open, patient).toBeLessThanOrEqual(8);
    const push = await mallory.open("/tocsin/push/1");
    push.send(frame(records(0, 1)));
    await expect.poll(() => acme.host.total(circle), patient).toBe(1);
  });

  it("that pushes forgeries is stopped after the first batch", async () => {
    await using acme = await startTestNode("acme");
    acme.host.refuse = () => ({ kind: "refused", verdict: "reject", reason: "RECORD_SIGNATURE_INVALID" });
    await using mallory = await malloryAt(acme);
    const stream = await mallory.open("/tocsin/push/1");
    stream.send(frame(records(0, 10)));
    await expect.poll(() => stream.status, patient).not.toBe("open");
    expect(acme.host.arrivals).toHaveLength(10);
  });

  it("that opens a hello and says nothing is given up on", async () => {
    await using acme = await startTestNode("acme");
    await using mallory = await malloryAt(acme);
    const stream = await mallory.open("/tocsin/hello/1");
    await expect.poll(() => stream.status, { timeout: limits.helloTimeoutMs + 5_000, interval: 100 }).not.toBe("open");
  });

  it("that claims records and breaks each pull is asked ever more seldom, whatever else it claims", async () => {
    await using acme = await startTestNode("acme");
    await using mallory = await malloryAt(acme);
    let asked = 0;
    await mallory.node.handle("/tocsin/sync/1", (stream) => {
      asked += 1;
      stream.abort(new Error("no"));
    });
    const push = await mallory.open("/tocsin/push/1");
    for (let seq = 1; seq <= 50; seq++) {
      const frontier = new Map([[toyLane("mallory"), 1_000 + seq]]);
      push.send(frame(encodeMessage({ kind: "have", circle, frontier, heads: new Map() })));
    }
    await expect.poll(() => asked, patient).toBeGreaterThanOrEqual(1);
    const until = performance.now() + 1_500;
    await expect.poll(() => performance.now() > until, patient).toBe(true);
    // Pauses that double from 250 ms, give or take a half.
    expect(asked).toBeLessThanOrEqual(5);
  });

  it("that gave nothing of what it claims is asked again when it opens its push stream anew, and not before", async () => {
    await using acme = await startTestNode("acme");
    await using mallory = await malloryAt(acme);
    let asked = 0;
    await mallory.node.handle("/tocsin/sync/1", async (stream) => {
      asked += 1;
      stream.send(frame(encodeMessage({ kind: "end" })));
      await stream.close();
    });
    const frontier = new Map([[toyLane("mallory"), 9]]);
    for (const times of [1, 2]) {
      const push = await mallory.open("/tocsin/push/1");
      push.send(frame(encodeMessage({ kind: "have", circle, frontier, heads: new Map() })));
      await expect.poll(() => asked, patient).toBe(times);
      const until = performance.now() + 1_000;
      await expect.poll(() => performance.now() > until, patient).toBe(true);
      expect(asked).toBe(times);
    }
  });
});

describe("a stream with a slow reader", () => {
  it("stops its writer whenever nobody reads, and goes on when somebody does", async () => {
    await betweenTwo(async (sink, source) => {
      const body = new Uint8Array(128 * 1024).fill(7);
      let written = 0;
      let read = 0;
      let writing = sink.write(body, soon());
      const writeUntilStalled = async (): Promise<void> => {
        while (await Promise.race([writing.then(() => true), systemClock.wait(300).then(() => false)])) {
          written += body.length;
          // What the reader's memory, the window and the writer's frame hold, and no more.
          expect(written - read).toBeLessThan(4 * limits.streamUnreadBytesMax);
          writing = sink.write(body, soon());
        }
      };
      // The second and third time, waking the stream brings enough at once to stop it again within the same call.
      for (let round = 0; round < 3; round++) {
        await writeUntilStalled();
        for (const until = read + 2 * limits.streamUnreadBytesMax; read < until; read += body.length) {
          expect(await source.read(soon())).toEqual(body);
        }
      }
      await writing;
    });
  });

  it("carries 24 MiB without overflowing either end", async () => {
    await betweenTwo(async (sink, source, stream) => {
      const frames = 96;
      const body = new Uint8Array(256 * 1024).fill(7);
      const reading = (async () => {
        for (let read = 1; read <= frames; read++) {
          await source.read(soon());
          // Slower than the network: everything behind this frame has to wait somewhere.
          if (read % 8 === 0) await systemClock.wait(10);
        }
      })();
      let peak = 0;
      for (let sent = 0; sent < frames; sent++) {
        await sink.write(body, soon());
        peak = Math.max(peak, stream.writeBufferLength);
      }
      await reading;
      expect(peak).toBeLessThan(2 * limits.streamUnreadBytesMax);
    });
  });

  it("does not delay an alert behind a bulk transfer", async () => {
    await using acme = await startTestNode("acme");
    await using borealis = await startTestNode("borealis");
    const bulk = toyCircle("bulk");
    const circles = [circle, bulk];
    for (const { host } of [acme, borealis]) circles.forEach(host.joinCircle);
    // One of them dials: of two connections that cross one is closed later, and with it goes the alert that is on it.
    borealis.net.setContacts([{ ...contactOf(acme.host, acme.net, circles), addresses: [] }]);
    acme.net.setContacts([contactOf(borealis.host, borealis.net, circles)]);
    await expect.poll(() => isLinked(acme, borealis) && isLinked(borealis, acme), patient).toBe(true);
    postAndPush(acme, bulk, 20_000, 1_024);
    const waits: number[] = [];
    for (let alert = 1; borealis.host.total(bulk) < 20_000; alert++) {
      const started = performance.now();
      postAndPush(acme, circle);
      await expect.poll(() => borealis.host.total(circle), { timeout: 20_000, interval: 1 }).toBe(alert);
      waits.push(performance.now() - started);
    }
    expect(Math.max(...waits)).toBeLessThan(1_000);
  });
});
