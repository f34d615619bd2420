// Rebuilding a damaged store beside the process that needs it: what ends the one does not end the other.

import { readdir, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { storageCipher } from "../../../keys/storage-key.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { systemRandom } from "../../../src/base/random.ts";
import { utf8 } from "../../../src/base/bytes.ts";
import { rebuildApart } from "../../../src/store/rebuild.ts";
import { salvageStore } from "../../../src/store/salvage.ts";
import { openLevelStore } from "../../help/level-store.ts";
import { MORNING, penIn, someCircle, typicalSighting } from "../../help/records.ts";
import { refusalOf } from "../../help/refusal.ts";
import { tempDir, type TempDir } from "../../help/temp-dir.ts";

const cipher = storageCipher(new Uint8Array(32).fill(1), systemRandom);

async function written(folder: TempDir): Promise<{ path: string; circle: ReturnType<typeof someCircle> }> {
  const path = folder.at("store");
  const acme = penIn(someCircle());
  const store = await openLevelStore(path);
  const row = { id: acme.circle, name: "Nordic banks", lane: acme.lane, state: "current", joinedAt: MORNING } as const;
  await store.commit({ circle: acme.circle, records: [acme.rules(), acme.says(typicalSighting(0))], row });
  await store.putSetting("read", utf8("2"));
  await store[Symbol.asyncDispose]();
  return { path, circle: acme.circle };
}

test("keeps what can be read", async () => {
  await using folder = await tempDir();
  const { path, circle } = await written(folder);
  expect(await rebuildApart(path)).toBe(true);
  await using store = await openLevelStore(path);
  expect((await store.circles()).map(({ id }) => id)).toEqual([circle]);
  expect(await store.setting("read")).toEqual(utf8("2"));
});

test.each([
  ["process.abort()", false],
  ["process.kill(process.pid, 'SIGKILL')", false],
  ["process.exit(74)", "DISK_FULL"],
  ["process.exit(70)", "STORE_FAILED"],
])("a program that does %s is told as what it is", async (does, expected) => {
  await using folder = await tempDir();
  const program = folder.at("program.mjs");
  await writeFile(program, does);
  if (typeof expected === "boolean") expect(await rebuildApart(folder.path, program)).toBe(expected);
  else expect(await refusalOf(() => rebuildApart(folder.path, program))).toBe(expected);
});

test("a store whose rebuilding dies is one of which nothing can be read: begun anew where the key is proven, else left", async () => {
  await using folder = await tempDir();
  const { path, circle } = await written(folder);
  const before = await readdir(path);
  const options = { cipher, clock: systemClock, forget: [], rebuild: async () => false } as const;
  expect(await refusalOf(() => salvageStore(path, { ...options, proven: false }))).toBe("STORE_CORRUPT");
  expect(await readdir(path)).toEqual(before);
  const { aside, records, lost } = await salvageStore(path, { ...options, proven: true });
  expect([records, lost]).toEqual([0, []]);
  await using kept = await openLevelStore(aside);
  expect((await kept.circles()).map(({ id }) => id)).toEqual([circle]);
  await using fresh = await openLevelStore(path);
  expect(await fresh.circles()).toEqual([]);
});
