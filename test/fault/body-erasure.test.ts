// What was erased is gone from the disk: real files, real store, and every byte of the home is looked at.

import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Level } from "level";
import { describe, expect, test, vi } from "vitest";
import { newIdentity } from "../../keys/index.ts";
import { toHex } from "../../src/base/bytes.ts";
import { systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import { found } from "../../src/node/membership.ts";
import { openNode, type TocsinNode } from "../../src/node/node.ts";
import { post } from "../../src/node/post.ts";
import { decodeEnvelope } from "../../src/record/wire.ts";
import { openLevelStore } from "../help/level-store.ts";
import { closePolicy, words } from "../help/memory-rooms.ts";
import { penIn, someCircle, someLane, someMember, typicalSighting } from "../help/records.ts";
import { tempDir } from "../help/temp-dir.ts";
import { watchedDisk } from "../help/watched-disk.ts";

const DAY_MS = 86_400_000;
const PATIENCE = { timeout: 10_000, interval: 50 };

/** Pieces of what is sought that stand nowhere else by chance. */
function piecesOf(bytes: Uint8Array): readonly Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at + 16 <= bytes.length; at += 16) pieces.push(bytes.slice(at, at + 16));
  return pieces;
}

/** How many of the pieces stand in any file of a folder. */
async function foundIn(folder: string, pieces: readonly Uint8Array[]): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = await Promise.all(
    entries.filter((entry) => entry.isFile()).map((entry) => readFile(join(entry.parentPath, entry.name))),
  );
  return pieces.filter((piece) => files.some((bytes) => bytes.includes(Buffer.from(piece)))).length;
}

/** The values of all rows of opened posts, as they lie in the files, by key in hexadecimal. */
async function rowsOf(path: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const db = new Level<Uint8Array, Uint8Array>(path, { keyEncoding: "view", valueEncoding: "view" });
  const rows = new Map<string, Uint8Array>();
  for await (const [key, value] of db.iterator({ gte: Uint8Array.of(0x10), lt: Uint8Array.of(0x11) }))
    rows.set(Buffer.from(key).toString("hex"), Uint8Array.from(value));
  await db.close();
  return rows;
}

describe("the files of a store", () => {
  // Where LevelDB has put a row by then decides what it takes to be rid of it.
  test.each([
    { where: "its log", restarts: 0, others: 10 },
    { where: "a file of its first level", restarts: 1, others: 10 },
    { where: "files that were merged", restarts: 4, others: 4_000 },
  ])("hold nothing of a body that was erased and purged, not even as it was sealed: in $where", async (of) => {
    await using folder = await tempDir();
    const path = folder.at("store");
    const acme = penIn(someCircle());
    const { circle } = acme;
    let store = await openLevelStore(path);
    const kept = { ...acme.says(typicalSighting(1)), salt: new Uint8Array(32).fill(3) };
    await store.commit({ circle, records: [kept] });
    for (let n = 0; n < of.others; n += 100)
      await store.commit({
        circle,
        records: Array.from({ length: Math.min(100, of.others) }, (_, i) => acme.says(typicalSighting(n + i))),
      });
    for (let n = 0; n < of.restarts; n++) {
      await store[Symbol.asyncDispose]();
      store = await openLevelStore(path);
      await store.commit({ circle, records: [acme.says(typicalSighting(n))] });
    }
    const payload = piecesOf(kept.record.payload);
    await store[Symbol.asyncDispose]();
    const rows = await rowsOf(path);
    const [row] = [...rows.values()];
    if (!row) throw new Error("a row");
    const sought = piecesOf(row).slice(2, -2);
    // The search finds what is there, in clear or sealed.
    expect(await foundIn(path, sought)).toBeGreaterThan(0);
    store = await openLevelStore(path);
    await store.commit({ circle, records: [], erased: [{ id: kept.record.id, why: "retracted" }] });
    await store.purge(true);
    expect(await foundIn(path, [...sought, ...payload])).toBe(0);
    await store[Symbol.asyncDispose]();
    expect(await foundIn(path, [...sought, ...payload])).toBe(0);
  });

  test("hold nothing of it as it waited to be posted, or as it lay here before its key came", async () => {
    await using folder = await tempDir();
    const disk = watchedDisk(folder.at("store"));
    let store = await disk.open();
    const acme = penIn(someCircle());
    const { circle } = acme;
    const body = words("canary");
    const [others, own] = [acme.says(typicalSighting(2)), acme.says(body)];
    const clerk = penIn(circle);
    const gone = new Set([own, others].map(({ record }) => toHex(record.signature)));
    const isSought = (of: string): boolean => gone.has(of) || of.includes("canary");
    await store.commit({ circle, records: [], drafts: [{ body, exercise: false, key: "one", accept: [] }] });
    await store.commit({ circle, records: [{ ...others, content: "sealed" }] });
    // With so much around them the rows come to lie in old files of their own.
    for (let n = 0; n < 40; n++) {
      const records = Array.from({ length: 4 }, () => clerk.rules({ payloadBytes: 40_000 }));
      const frontier = new Map(Array.from({ length: 1_000 }, () => [someLane(), 1] as const));
      await store.commit({ circle, records, held: [{ member: someMember(), frontier }] });
    }
    for (let n = 0; n < 4; n++) {
      await store[Symbol.asyncDispose]();
      store = await disk.open();
      await store.commit({ circle, records: [clerk.rules()] });
    }
    await store.commit({ circle, records: [], opened: [{ ...others, content: typicalSighting(2) }] });
    await store.commit({ circle, records: [own], settled: [{ number: 1 }] });
    await store[Symbol.asyncDispose]();
    store = await disk.open();
    expect(await disk.found(isSought)).toBeGreaterThan(0);
    const erased = [own, others].map(({ record: { id } }) => ({ id, why: "retracted" as const }));
    await store.commit({ circle, records: [], erased });
    await store.purge(true);
    expect(await disk.found(isSought)).toBe(0);
    await store[Symbol.asyncDispose]();
  });

  test("R74: hold nothing of what is past its time after the next start, and the lane is whole", async () => {
    await using folder = await tempDir();
    const home = folder.at("home");
    await mkdir(home, { recursive: true });
    const identity = newIdentity({ org: "acme", seat: "kim" }, { random: systemRandom, now: systemClock.now() });
    let ahead = 0;
    const clock = { ...systemClock, now: () => systemClock.now() + ahead };
    const start = async (): Promise<TocsinNode> =>
      openNode({
        ...{ identity, storePath: join(home, "store"), keyringPath: join(home, "keyring") },
        ...{ startPath: join(home, "start"), listen: ["/ip4/127.0.0.1/tcp/0"], announce: [] },
        ...{ clock, random: systemRandom, log: () => undefined, keepDays: { "amber+strict": 3 } },
      });
    let node = await start();
    const { row } = await found(node.rooms, "retail-eu", { ...closePolicy, keepDays: 20, maxTlp: "red" });
    const [old] = await post(node.rooms, row.id, [{ body: words("canary one"), exercise: false }]);
    const [red] = await post(node.rooms, row.id, [
      { body: { ...words("canary two"), tlp: "amber+strict" }, exercise: false },
    ]);
    if (!old || !red) throw new Error("two posts");
    const payloads = await Promise.all(
      [old.id, red.id].map(async (id) => decodeEnvelope((await node.rooms.store.envelope(id)) ?? new Uint8Array(0))),
    );
    await node[Symbol.asyncDispose]();
    const pieces = [...(await rowsOf(join(home, "store"))).values()].map((value) => piecesOf(value).slice(2, -2));
    expect(await foundIn(home, pieces.flat())).toBeGreaterThan(0);
    ahead = 4 * DAY_MS;
    node = await start();
    const isErased = async (id: (typeof old)["id"]): Promise<boolean> =>
      (await node.rooms.store.item(id))?.erased === "expired";
    await vi.waitFor(async () => expect(await isErased(red.id)).toBe(true), PATIENCE);
    expect(await isErased(old.id)).toBe(false);
    await node[Symbol.asyncDispose]();
    ahead = 21 * DAY_MS;
    node = await start();
    await vi.waitFor(async () => expect(await isErased(old.id)).toBe(true), PATIENCE);
    await post(node.rooms, row.id, [{ body: words("later"), exercise: false }]);
    const sought = [...pieces.flat(), ...payloads.flatMap(({ payload }) => piecesOf(payload))];
    await vi.waitFor(async () => expect(await foundIn(home, sought)).toBe(0), PATIENCE);
    const [lane] = await node.rooms.store.lanes(row.id);
    const range = { lane: row.lane, from: 0, to: lane?.length ?? 0 };
    const held = await Array.fromAsync(node.rooms.store.range(row.id, range));
    expect(held.map((envelope) => decodeEnvelope(envelope).header.seq)).toEqual([...held.keys()]);
    expect(held.length).toBe(lane?.length);
    await node[Symbol.asyncDispose]();
  });
});
