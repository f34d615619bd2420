// Real nodes whose every connection passes a bad path: cut, silent, slow and losing. `npm run chaos` runs more of it.

import { connect, createServer, type Socket } from "node:net";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import type { RecordId } from "../../src/record/ids.ts";
import { someLane, someMember, someRecordId } from "../help/records.ts";
import { machineMs, type Proven } from "../help/node-process.ts";
import { tempDir } from "../help/temp-dir.ts";
import { diceFrom } from "../chaos/dice.ts";
import { clear, Proxies } from "../chaos/proxy.ts";
import { chaos, isKept } from "../chaos/run.ts";
import { judge } from "../chaos/truth.ts";

it(
  "a circle of real nodes whose paths are cut at random loses nothing and shows of every post what is true",
  { timeout: 240_000 },
  async ({ annotate }) => {
    const seed = String(Date.now());
    await annotate(`seed ${seed}`);
    await using folder = await tempDir();
    const report = await chaos(
      folder.path,
      {
        nodes: 5,
        records: 200,
        postingMs: 6_000,
        weather: { delayMs: 10, jitterMs: 5, loss: 0.01, bytesPerSecond: 1024 * 1024 },
        cuts: 8,
        longestCutMs: 2_500,
        breaks: ["reset", "silence", "one-way"], // what is forgotten takes 20 s to be noticed
        patienceMs: 60_000,
        seed,
      },
      () => undefined,
    );
    expect(report, `seed ${seed}`).toMatchObject({
      records: 200,
      refused: {},
      delivered: 1_000,
      lost: 0,
      duplicated: 0,
    });
    expect(isKept(report), JSON.stringify(report)).toBe(true);
  },
);

describe("the judge of a run", () => {
  const [anna, ben] = [someMember(), someMember()];
  const lane = someLane();
  const post = (seq: number, number = seq) => ({ id: someRecordId(), author: anna, lane, seq, number });
  const [first, second] = [post(1), post(2)];
  const posted = [first.id, second.id];
  const byAnna = (held: number, unopened: Proven["unopened"] = []) => ({
    member: anna,
    lane,
    items: [first, second],
    sealed: new Set<RecordId>(),
    shown: new Map([[ben, { held, unopened }]]),
  });
  const atBen = (...items: readonly (typeof first)[]) => ({
    member: ben,
    lane: someLane(),
    items,
    sealed: new Set<RecordId>(),
    shown: new Map(),
  });
  const good = { delivered: 4, lost: 0, sealed: 0, duplicated: 0, shownFalsely: 0, notShown: 0 };

  it("finds nothing where nothing is wrong", () => {
    expect(judge(posted, [byAnna(3), atBen(first, second)])).toEqual(good);
  });
  it("sees what a store lacks, and that it was shown as held", () => {
    const lost = { ...good, delivered: 3, lost: 1 };
    expect(judge(posted, [byAnna(2), atBen(first)])).toEqual(lost);
    expect(judge(posted, [byAnna(3), atBen(first)])).toEqual({ ...lost, shownFalsely: 1 });
  });
  it("sees what is stored and cannot be read: that is lost, and may be shown as held but not as open", () => {
    const ben = { ...atBen(first), sealed: new Set([second.id]) };
    const unread = { ...good, delivered: 3, lost: 1, sealed: 1 };
    expect(judge(posted, [byAnna(3, [[2, 3]]), ben])).toEqual(unread);
    expect(judge(posted, [byAnna(3), ben])).toEqual({ ...unread, shownFalsely: 1 });
  });
  it("sees what is there twice, under one id or two, and what nobody knows to be there", () => {
    expect(judge(posted, [byAnna(3), atBen(first, second, second)])).toEqual({ ...good, duplicated: 1 });
    expect(judge(posted, [byAnna(3), atBen(first, second, post(3, 2))])).toEqual({ ...good, duplicated: 1 });
    expect(judge(posted, [byAnna(2), atBen(first, second)])).toEqual({ ...good, notShown: 1 });
  });
});

describe("a bad path", () => {
  it("delivers late, in order and whole, and a lost segment holds up what is behind it", async () => {
    await using path = await openPath();
    path.proxies.weather = { ...clear, delayMs: 40, jitterMs: 20 };
    const near = await path.dial();
    const sent = Buffer.from(Array.from({ length: 100_000 }, (_, n) => n & 255));
    const fromMs = machineMs();
    for (let at = 0; at < sent.length; at += 10_000) near.write(sent.subarray(at, at + 10_000));
    const far = await path.accepted();
    expect(await read(far, sent.length)).toEqual(sent);
    expect(machineMs() - fromMs).toBeGreaterThan(80 + 20);
    path.proxies.weather = { ...clear, loss: 0.1 };
    const lossyMs = machineMs();
    near.write(sent);
    near.write("end");
    expect(String((await read(far, sent.length + 3)).subarray(-3))).toBe("end");
    expect(machineMs() - lossyMs).toBeGreaterThan(200);
  });

  it("is silent while it is cut, and passes then what was sent meanwhile", async () => {
    await using path = await openPath();
    const near = await path.dial();
    const far = await path.accepted();
    const heal = path.proxies.break("silence", (from) => from === 0);
    near.write("a");
    far.write("b");
    await systemClock.wait(300);
    expect([near.bytesRead, far.bytesRead]).toEqual([0, 0]);
    heal();
    expect(String(await read(far, 1))).toBe("a");
    expect(String(await read(near, 1))).toBe("b");
  });

  it("is cut one way, the other way passes", async () => {
    await using path = await openPath();
    const near = await path.dial();
    const far = await path.accepted();
    path.proxies.break("one-way", (from) => from === 0);
    near.write("a");
    far.write("b");
    expect(String(await read(near, 1))).toBe("b");
    expect(far.bytesRead).toBe(0);
  });

  it("forgets connections for good, and those made afterwards work", async () => {
    await using path = await openPath();
    const near = await path.dial();
    const far = await path.accepted();
    path.proxies.break("forget", (from) => from === 0)();
    near.write("a");
    const next = await path.dial();
    next.write("b");
    expect(String(await read(await path.accepted(), 1))).toBe("b");
    expect(far.bytesRead).toBe(0);
  });

  it("is reset, refuses while that lasts, and works again then", async () => {
    await using path = await openPath();
    const near = await path.dial();
    const far = await path.accepted();
    const ended = Promise.all([gone(near), gone(far)]);
    const heal = path.proxies.break("reset", (from) => from === 0);
    await ended;
    await gone(path.dials());
    heal();
    const next = await path.dial();
    next.write("b");
    expect(String(await read(await path.accepted(), 1))).toBe("b");
  });
});

/** A path from node 0 to node 1, and a server at its end. */
async function openPath() {
  const proxies = new Proxies(2, diceFrom("paths"));
  await proxies.open();
  const arrived: Socket[] = [];
  const all: Socket[] = [];
  const keep = (socket: Socket): Socket => {
    all.push(socket.on("error", () => undefined));
    return socket;
  };
  const port = Number(proxies.announced(1).split("/").at(-1));
  const dials = (): Socket => keep(connect({ host: proxies.host(1), port, localAddress: proxies.host(0) }));
  const server = createServer((socket) => arrived.push(keep(socket)));
  server.listen(Number(proxies.listen(1).split("/").at(-1)), proxies.host(1));
  await once(server, "listening");
  return {
    proxies,
    dials,
    dial: async (): Promise<Socket> => {
      const socket = dials();
      await once(socket, "connect");
      return socket;
    },
    accepted: async (): Promise<Socket> => {
      await expect.poll(() => arrived.length).toBeGreaterThan(0);
      const socket = arrived.shift();
      if (!socket) throw new Error("nobody came");
      return socket;
    },
    [Symbol.asyncDispose]: async (): Promise<void> => {
      for (const socket of all) socket.destroy();
      server.close();
      await once(server, "close");
      await proxies[Symbol.asyncDispose]();
    },
  };
}

/** Closed, in order or not. */
const gone = async (socket: Socket): Promise<void> => new Promise((resolve) => socket.once("close", () => resolve()));

async function read(socket: Socket, length: number): Promise<Buffer> {
  let bytes = Buffer.alloc(0);
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    bytes = Buffer.concat([bytes, chunk as Buffer]);
    if (bytes.length >= length) break;
  }
  return bytes;
}
