// The store on LevelDB: the contract, restarts, and what the folder gives away to whoever finds it.

import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Level } from "level";
import { describe, expect, it } from "vitest";
import { utf8 } from "../../../src/base/bytes.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { TocsinError } from "../../../src/base/errors.ts";
import { systemRandom } from "../../../src/base/random.ts";
import { storageCipher } from "../../../keys/storage-key.ts";
import { assemble } from "../../../src/store/assemble.ts";
import { keyOf, spanOf } from "../../../src/store/keyspace.ts";
import { openDisk } from "../../../src/store/level.ts";
import { type Disk, openRow, sealedRow } from "../../../src/store/shelf.ts";
import { freshLevelStore, openLevelStore } from "../../help/level-store.ts";
import { MORNING, type Pen, penIn, sightingOf, someCircle, someMember, typicalSighting } from "../../help/records.ts";
import { errorOf, refusalOf } from "../../help/refusal.ts";
import { describeStore } from "../../help/store-contract.ts";
import { tempDir } from "../../help/temp-dir.ts";

/** What `level` does on a disk but does not declare. */
type Compacting = { readonly compactRange: (from: Uint8Array, to: Uint8Array) => Promise<void> };

describeStore("the store on LevelDB", freshLevelStore);

describe("a LevelDB store", () => {
  it("holds after a restart what it held before, and goes on from there", async () => {
    await using folder = await tempDir();
    const path = folder.at("store");
    const acme = penIn(someCircle());
    const member = someMember();
    const row = {
      id: acme.circle,
      name: "Nordic banks",
      lane: acme.lane,
      state: "current",
      joinedAt: MORNING,
    } as const;
    const sealed = acme.mumbles();
    const held = [{ member, frontier: new Map([[acme.lane, 4]]) }];
    const before = await openLevelStore(path);
    await before.commit({ circle: acme.circle, records: [sealed, acme.rules()], row, held });
    const items = await before.commit({
      circle: acme.circle,
      records: [0, 1].map((n) => acme.says(typicalSighting(n))),
    });
    const lanes = await before.lanes(acme.circle);
    await before.putSetting("read", utf8("2"));
    await before[Symbol.asyncDispose]();

    await using after = await openLevelStore(path);
    expect(await after.circles()).toEqual([row]);
    expect(await after.lanes(acme.circle)).toEqual(lanes);
    expect(await after.held(acme.circle)).toEqual(new Map([[member, new Map([[acme.lane, 4]])]]));
    expect(await after.after(0, 10)).toEqual(items);
    expect([
      await after.lastCursor(),
      await after.itemCount(acme.circle),
      await after.sealedCount(acme.circle),
    ]).toEqual([2, 2, 1]);
    expect(await after.setting("read")).toEqual(utf8("2"));
    const opened = [{ record: sealed.record, receivedAt: MORNING, content: sightingOf("203.0.113.7") }];
    const more = await after.commit({ circle: acme.circle, records: [acme.rules(), acme.mumbles()], opened });
    expect(more.map(({ cursor }) => cursor)).toEqual([3]);
    expect(await Array.fromAsync(after.control(acme.circle))).toHaveLength(2);
  });

  it("admits one process at a time", async () => {
    await using folder = await tempDir();
    const path = folder.at("store");
    await using first = await openLevelStore(path);
    expect(await refusalOf(() => openLevelStore(path))).toBe("STORE_LOCKED");
    expect(await first.lastCursor()).toBe(0);
  });

  it("says so where the key is another, and changes nothing", async () => {
    await using folder = await tempDir();
    const path = folder.at("store");
    await (await openLevelStore(path, 1))[Symbol.asyncDispose]();
    const error = await errorOf(() => openLevelStore(path, 2));
    expect(error?.code).toBe("STORE_CORRUPT");
    expect(error?.message).toContain("another key");
    await (await openLevelStore(path, 1))[Symbol.asyncDispose]();
  });

  it.each([
    ["CURRENT is gone", async (path: string) => rm(join(path, "CURRENT"))],
    ["CURRENT is garbage", async (path: string) => writeFile(join(path, "CURRENT"), "nonsense")],
    ["CURRENT is empty", async (path: string) => writeFile(join(path, "CURRENT"), "")],
    ["the manifest is gone", async (path: string) => rm(join(path, await manifestOf(path)))],
    ["the manifest is garbage", async (path: string) => writeFile(join(path, await manifestOf(path)), "x".repeat(99))],
    [
      "it is a database of something else",
      async (path: string) => {
        await rm(path, { recursive: true });
        const other = new Level(path);
        await other.put("key", "value");
        await other.close();
      },
    ],
  ])("refuses a folder of which %s, and names the next step", async (_, damage) => {
    await using folder = await tempDir();
    const path = folder.at("store");
    const acme = penIn(someCircle());
    const store = await openLevelStore(path);
    await store.commit({ circle: acme.circle, records: [acme.says(sightingOf("203.0.113.1"))] });
    await store[Symbol.asyncDispose]();
    await damage(path);
    const error = await errorOf(() => openLevelStore(path));
    expect(error?.code).toBe("STORE_CORRUPT");
    expect(error?.hint).toBeDefined();
  });

  it("refuses writes once it is closed, and does not open itself again", async () => {
    await using folder = await tempDir();
    const acme = penIn(someCircle());
    const store = await openLevelStore(folder.at("store"));
    await store[Symbol.asyncDispose]();
    const records = [acme.rules()];
    for (const _ of [1, 2]) {
      expect(await refusalOf(() => store.commit({ circle: acme.circle, records }))).toBe("STORE_FAILED");
      expect(await refusalOf(() => store.envelope(acme.epoch))).toBe("STORE_FAILED");
    }
    await (await openLevelStore(folder.at("store")))[Symbol.asyncDispose]();
  });

  it("keeps its folder to its owner", async () => {
    await using folder = await tempDir();
    await using store = await openLevelStore(folder.at("store"));
    expect((await stat(folder.at("store"))).mode & 0o077).toBe(0);
    expect(await store.size()).toBeGreaterThan(0);
  });

  it("writes nothing in clear that a person wrote, before and after compaction", async () => {
    await using folder = await tempDir();
    const path = folder.at("store");
    const canary = "canary-7f3a";
    const acme = penIn(someCircle());
    const row = {
      id: acme.circle,
      name: `${canary} circle`,
      lane: acme.lane,
      state: "current",
      joinedAt: MORNING,
    } as const;
    const kept = Array.from({ length: 50 }, () => ({
      ...acme.says({
        ...sightingOf(`${canary}.ip`),
        title: `${canary} title`,
        text: `${canary} text`,
        seat: `${canary} org`,
        source: `${canary} source`,
      }),
      idempotencyKey: `${canary} key`,
    }));
    const store = await openLevelStore(path);
    await store.commit({ circle: acme.circle, records: kept, row });
    await store.putSetting(`${canary} setting`, utf8(`${canary} value`));
    expect(await clearIn(path, canary)).toEqual([]);
    await store[Symbol.asyncDispose]();

    const level = new Level(path, { keyEncoding: "view", valueEncoding: "view" });
    await level.open();
    await (level as unknown as Compacting).compactRange(new Uint8Array(0), Uint8Array.of(255));
    expect(await level.keys().all()).not.toHaveLength(0);
    await level.close();
    expect(await clearIn(path, canary)).toEqual([]);
    await using again = await openLevelStore(path);
    expect(await again.byIndicator({ type: "ip", value: `${canary}.ip` }, 99)).toHaveLength(50);
  });
});

describe("a store of the version before, which counted no bytes", () => {
  it("is counted once, whatever it holds, and goes on with every later commit", async () => {
    await using folder = await tempDir();
    const path = folder.at("store");
    const { acme, bytes } = await uncounted(path);
    const store = await openLevelStore(path);
    expect(await store.bytes(acme.circle)).toBe(bytes);
    const more = acme.says(sightingOf("203.0.113.2"));
    await store.commit({ circle: acme.circle, records: [more] });
    await store[Symbol.asyncDispose]();
    expect((await rawRows(path, "mark")).map(([key]) => key[1])).toEqual([4]);
    await using again = await openLevelStore(path);
    expect(await again.bytes(acme.circle)).toBe(bytes + more.record.bytes.length);
    expect(await again.itemCount(acme.circle)).toBe(2);
  });

  it("opens on a full disk as well, and is counted again until it can be written", async () => {
    await using folder = await tempDir();
    const path = folder.at("store");
    const { acme, bytes } = await uncounted(path);
    const disk = await openDisk(path, systemClock);
    const full: Disk = { ...disk, write: () => Promise.reject(new TocsinError("DISK_FULL", "no space")) };
    const store = await assemble(full, { cipher, clock: systemClock });
    expect(await store.bytes(acme.circle)).toBe(bytes);
    await store[Symbol.asyncDispose]();
    expect((await rawRows(path, "mark")).map(([key]) => key[1])).toEqual([3]);
    await using again = await openLevelStore(path);
    expect(await again.bytes(acme.circle)).toBe(bytes);
  });
});

const cipher = storageCipher(new Uint8Array(32).fill(1), systemRandom);

/** A store of two lanes, one of them in another circle too, as the version before wrote it. */
async function uncounted(path: string): Promise<{ readonly acme: Pen; readonly bytes: number }> {
  const [acme, other] = [penIn(someCircle()), penIn(someCircle())];
  const kept = [acme.rules(), acme.says(sightingOf("203.0.113.1")), acme.mumbles()];
  const store = await openLevelStore(path);
  await store.commit({ circle: acme.circle, records: kept });
  await store.commit({ circle: other.circle, records: [other.rules()] });
  await store[Symbol.asyncDispose]();
  const lanes = await rawRows(path, "lane");
  const changes = lanes.map(([key, value]) => {
    const row = openRow(cipher, key, value);
    return sealedRow(cipher, key, Array.isArray(row) ? row.slice(0, 6) : row);
  });
  await using disk = await opened(path);
  await disk.write([
    ...changes,
    { key: keyOf("mark", Uint8Array.of(4)), value: undefined },
    sealedRow(cipher, keyOf("mark", Uint8Array.of(3)), "tocsin store"),
  ]);
  return { acme, bytes: kept.reduce((sum, { record }) => sum + record.bytes.length, 0) };
}

async function rawRows(path: string, space: "lane" | "mark"): Promise<(readonly [Uint8Array, Uint8Array])[]> {
  await using disk = await opened(path);
  return await Array.fromAsync(disk.scan(spanOf(space)));
}

async function opened(path: string): Promise<Disk & AsyncDisposable> {
  const disk = await openDisk(path, systemClock);
  return { ...disk, [Symbol.asyncDispose]: async () => disk.close() };
}

async function manifestOf(path: string): Promise<string> {
  return (await readdir(path)).find((name) => name.startsWith("MANIFEST")) ?? "";
}

/** Files of a folder in which the text stands. */
async function clearIn(path: string, text: string): Promise<readonly string[]> {
  const files = await readdir(path);
  const contents = await Promise.all(files.map((name) => readFile(join(path, name))));
  expect(files.length).toBeGreaterThan(3);
  return files.filter((_, index) => contents[index]?.includes(text));
}
