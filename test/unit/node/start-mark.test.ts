// A home is told from every copy of it, and from itself after something was copied back over it.

import { cp, mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isIntact, markingOf, renewMark } from "../../../src/node/start-mark.ts";
import type { Store } from "../../../src/store/store.ts";
import { TocsinError } from "../../../src/base/errors.ts";
import { post } from "../../../src/node/post.ts";
import type { Rooms } from "../../../src/node/rooms.ts";
import { circleOfParties, hears, party, words } from "../../help/memory-rooms.ts";
import { type CopiedStore, copiedStore } from "../../help/copied-home.ts";
import { seededRandom } from "../../help/seeded-random.ts";
import { tempDir } from "../../help/temp-dir.ts";

const random = seededRandom("start marks");
const KEEP = { recursive: true, preserveTimestamps: true } as const;

async function started(): Promise<AsyncDisposable & { folder: string; store: CopiedStore }> {
  const dir = await tempDir();
  const store = copiedStore();
  await renewMark(dir.at("start"), store, random);
  return { folder: dir.at("start"), store, [Symbol.asyncDispose]: dir[Symbol.asyncDispose] };
}

describe("a home", () => {
  test("that was never started, or whose mark is gone, is taken for a copy", async () => {
    await using home = await started();
    const { folder, store } = home;
    expect(await isIntact(folder, copiedStore())).toBe(false);
    await rm(folder, { recursive: true });
    expect(await isIntact(folder, store)).toBe(false);
  });

  test("is intact from start to start, and where it was moved as a whole", async () => {
    await using home = await started();
    const { folder, store } = home;
    for (let start = 0; start < 3; start++) {
      expect(await isIntact(folder, store)).toBe(true);
      await renewMark(folder, store, random);
    }
    await rename(folder, `${folder}.moved`);
    expect(await isIntact(`${folder}.moved`, store)).toBe(true);
    expect(await readdir(`${folder}.moved`)).toHaveLength(1);
  });

  test("that is a copy with all names and times kept is told from the first one", async () => {
    await using home = await started();
    const { folder, store } = home;
    await cp(folder, `${folder}.copy`, KEEP);
    expect(await isIntact(`${folder}.copy`, await store.copy())).toBe(false);
    expect(await isIntact(folder, store)).toBe(true);
  });

  test("over which an older copy was put back is told, whether what is newer stays beside it or not", async () => {
    for (const clean of [true, false]) {
      await using home = await started();
      const { folder, store } = home;
      await cp(folder, `${folder}.backup`, KEEP);
      const backup = await store.copy();
      await renewMark(folder, store, random);
      if (clean) await rm(folder, { recursive: true });
      await cp(`${folder}.backup`, folder, KEEP);
      expect(await isIntact(folder, backup)).toBe(false);
      await renewMark(folder, backup, random);
      expect(await isIntact(folder, backup)).toBe(true);
    }
  });

  test("whose store alone was put back is told", async () => {
    await using home = await started();
    const { folder, store } = home;
    const backup = await store.copy();
    await renewMark(folder, store, random);
    expect(await isIntact(folder, backup)).toBe(false);
  });

  test("that died while it was marked is still intact", async () => {
    for (const when of ["before", "after"] as const) {
      await using home = await started();
      const { folder, store } = home;
      const dying: Store = {
        ...store,
        putSetting: async (name, value) => {
          if (when === "after") await store.putSetting(name, value);
          throw new Error("dead");
        },
        [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
      };
      await expect(renewMark(folder, dying, random)).rejects.toThrow("dead");
      expect(await isIntact(folder, store)).toBe(true);
      await renewMark(folder, store, random);
      expect(await readdir(folder)).toHaveLength(1);
    }
  });

  test("minds no other files beside its mark", async () => {
    await using home = await started();
    const { folder, store } = home;
    await mkdir(join(folder, "x"));
    await writeFile(join(folder, ".DS_Store"), "");
    expect(await isIntact(folder, store)).toBe(true);
  });
});

describe("the mark of a start", () => {
  test("is made once, also by those who ask for it at the same time, and tried again where the disk was full", async () => {
    await using home = await started();
    const { folder, store } = home;
    let writes = 0;
    const filling: Store = {
      ...store,
      putSetting: async (name, value) => {
        writes += 1;
        if (writes <= 2) throw new TocsinError("DISK_FULL", "the disk is full");
        await store.putSetting(name, value);
      },
    };
    const marked = markingOf(folder, filling, random);
    const both = await Promise.allSettled([marked(), marked()]);
    expect([writes, ...both.map(({ status }) => status)]).toEqual([1, "rejected", "rejected"]);
    await expect(marked()).rejects.toMatchObject({ code: "DISK_FULL" });
    // What was tried in vain leaves the home as it was.
    expect(await isIntact(folder, store)).toBe(true);
    await Promise.all([marked(), marked()]);
    await marked();
    expect([writes, await isIntact(folder, store)]).toEqual([3, true]);
    expect(await readdir(folder)).toHaveLength(1);
  });

  test("comes before anything is added to a lane: what an old copy would not know of is not said", async () => {
    const acme = party("acme");
    const circle = await circleOfParties([acme]);
    const full = {
      ...acme.rooms,
      marked: async () => Promise.reject(new TocsinError("DISK_FULL", "the disk is full")),
    };
    const say = async (rooms: Rooms): Promise<unknown> => post(rooms, circle, [{ body: words("x"), exercise: false }]);
    await expect(say(full)).rejects.toMatchObject({ code: "DISK_FULL" });
    expect(await hears(acme, circle)).toEqual([]);
    await say(acme.rooms);
    expect(await hears(acme, circle)).toEqual(["x"]);
  });
});
