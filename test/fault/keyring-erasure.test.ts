// What a node forgot is gone from its disk: real files, real store, and every byte of the home is looked at.

import { copyFile, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { newIdentity, systemCode } from "../../keys/index.ts";
import type { Clock } from "../../src/base/clock.ts";
import { systemClock } from "../../src/base/clock.ts";
import { limits } from "../../src/base/limits.ts";
import { systemRandom } from "../../src/base/random.ts";
import { found, refreshNotices } from "../../src/node/membership.ts";
import { openNode, type TocsinNode } from "../../src/node/node.ts";
import { post } from "../../src/node/post.ts";
import type { CircleId } from "../../src/record/ids.ts";
import type { Keyring } from "../../src/seal/keyring.ts";
import { closePolicy, words } from "../help/memory-rooms.ts";
import { tempDir } from "../help/temp-dir.ts";

/** The system's clock, which a test may put ahead. */
type AheadClock = Clock & { ahead: number };

function aheadClock(): AheadClock {
  const clock: AheadClock = { ...systemClock, ahead: 0, now: () => systemClock.now() + clock.ahead };
  return clock;
}

const identity = newIdentity({ org: "acme", seat: "kim" }, { random: systemRandom, now: systemClock.now() });

async function start(home: string, clock: Clock): Promise<TocsinNode> {
  return openNode({
    ...{ identity, storePath: join(home, "store"), keyringPath: join(home, "keyring"), startPath: join(home, "start") },
    ...{ listen: ["/ip4/127.0.0.1/tcp/0"], announce: [], clock, random: systemRandom, log: () => undefined },
  });
}

/** A month and a half in which it posts daily. */
async function live({ rooms }: TocsinNode, clock: AheadClock, circle: CircleId): Promise<void> {
  for (let day = 0; day < 45; day++) {
    clock.ahead += limits.epochAgeMaxMs;
    await refreshNotices(rooms, circle);
    await post(rooms, circle, [{ body: words(`day ${day}`), exercise: false }]);
  }
}

function secretsOf({ epochs, prekeys }: Keyring): readonly Uint8Array[] {
  return [
    ...[...epochs.values()].map(({ secret }) => secret),
    ...[...prekeys.values()].map((held) => held.keys.privateKey),
  ];
}

/** Pieces of a file that stand nowhere else by chance. */
function piecesOf(file: Uint8Array): readonly Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 16; at + 16 <= file.length; at += 16) pieces.push(file.slice(at, at + 16));
  return pieces;
}

/** Files of a home, by name, that hold one of these byte strings. A file may be put in place of another meanwhile: then all are looked at again. */
async function holding(home: string, sought: readonly Uint8Array[]): Promise<readonly string[]> {
  const names: string[] = [];
  for (const entry of await readdir(home, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path).catch((cause: unknown) => {
      if (systemCode(cause) === "ENOENT") return undefined;
      throw cause;
    });
    if (!bytes) return holding(home, sought);
    if (sought.some((one) => bytes.includes(Buffer.from(one)))) names.push(path.slice(home.length + 1));
  }
  return names;
}

describe("what a keyring forgot", () => {
  test("R30: is in no byte of the home once its time is up, neither in clear nor as it was sealed", async () => {
    await using folder = await tempDir();
    const home = join(folder.path, "home");
    await mkdir(home, { recursive: true });
    const clock = aheadClock();
    await using node = await start(home, clock);
    const { row } = await found(node.rooms, "retail-eu", { ...closePolicy, suite: 2 });
    await post(node.rooms, row.id, [{ body: words("day 0"), exercise: false }]);
    const old = secretsOf(node.rooms.keyring.value());
    const oldFile = piecesOf(await readFile(join(home, "keyring")));
    expect(old).toHaveLength(2);
    // The search finds what is there.
    expect(await holding(home, oldFile)).toEqual(["keyring"]);
    await live(node, clock, row.id);
    const held = new Set(secretsOf(node.rooms.keyring.value()).map(String));
    expect(old.filter((secret) => held.has(String(secret)))).toEqual([]);
    expect(await holding(home, [...old, ...oldFile])).toEqual([]);
    // Nor is anything in clear of what it still holds.
    expect(await holding(home, secretsOf(node.rooms.keyring.value()))).toEqual([]);
  });

  test("R30: goes with the next start where a crash came between writing the new file and putting it in place", async () => {
    await using folder = await tempDir();
    const home = join(folder.path, "home");
    await mkdir(home, { recursive: true });
    const clock = aheadClock();
    let node = await start(home, clock);
    const { row } = await found(node.rooms, "retail-eu", closePolicy);
    const oldFile = piecesOf(await readFile(join(home, "keyring")));
    await copyFile(join(home, "keyring"), join(folder.path, "old"));
    await live(node, clock, row.id);
    await node[Symbol.asyncDispose]();
    await copyFile(join(folder.path, "old"), join(home, "keyring.new"));
    await rm(join(folder.path, "old"));
    expect(await holding(home, oldFile)).toEqual(["keyring.new"]);
    node = await start(home, clock);
    expect(await holding(home, oldFile)).toEqual([]);
    await node[Symbol.asyncDispose]();
  });

  test("R30: goes at the start of a node that was off when its time was up", async () => {
    await using folder = await tempDir();
    const home = join(folder.path, "home");
    await mkdir(home, { recursive: true });
    const clock = aheadClock();
    let node = await start(home, clock);
    const { row } = await found(node.rooms, "retail-eu", closePolicy);
    clock.ahead += limits.epochAgeMaxMs;
    await post(node.rooms, row.id, [{ body: words("a day later"), exercise: false }]);
    expect(node.rooms.keyring.value().epochs.size).toBe(2);
    const oldFile = piecesOf(await readFile(join(home, "keyring")));
    await node[Symbol.asyncDispose]();
    clock.ahead += limits.epochKeepMs;
    node = await start(home, clock);
    expect(node.rooms.keyring.value().epochs.size).toBe(1);
    expect(await holding(home, oldFile)).toEqual([]);
    await node[Symbol.asyncDispose]();
  });
});
