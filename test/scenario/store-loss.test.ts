// A node whose store is damaged or gone, while its keys are not: what a daemon says, what the others give back, and
// that its own lane is never written twice.

import { cp, open, readdir, rename, rm, stat, truncate, unlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { remove } from "../../src/node/membership.ts";
import { lastRepair } from "../../src/node/repair.ts";
import type { LaneId } from "../../src/record/ids.ts";
import { refusalOf } from "../help/refusal.ts";
import { circleOf, type Org, sees, sighting, type World } from "../help/world.ts";

const POSTS = 30;
const patient = { timeout: 10_000, interval: 20 };
const storeOf = (org: Org): string => join(org.folder, "store");

it("a store whose newest rows are torn off is filled again by the others, own records included", async () => {
  await using world = await circleOf("acme", "borealis");
  const [acme, borealis] = await talked(world);
  const before = ownLane(world, borealis);
  await borealis.stop();
  const log = await named(borealis, /\.log$/);
  await truncate(log, Math.floor((await stat(log)).size / 2));
  await borealis.start();
  expect(ownLane(world, borealis).length).toBeLessThan(before.length);
  await expect.poll(() => ownLane(world, borealis), patient).toEqual(before);
  // It goes on where its lane ends at the others.
  const [posted] = await borealis.posts(world.circle, sighting("ip:198.51.100.1"));
  await sees(acme, posted ? [posted] : []);
  expect((await borealis.items(world.circle)).length).toBe((await acme.items(world.circle)).length);
});

it.each([
  ["a manifest cut in half", /^MANIFEST/, async (path: string) => truncate(path, (await stat(path)).size / 2)],
  ["no manifest", /^MANIFEST/, unlink],
  ["an empty CURRENT", /^CURRENT/, async (path: string) => truncate(path, 0)],
  ["no CURRENT", /^CURRENT/, unlink],
  ["a table that is gone", /\.ldb$/, unlink],
  ["a table whose end is other bytes", /\.ldb$/, overwriteEnd],
  ["a table whose middle is other bytes", /\.ldb$/, overwriteMiddle],
  ["a table that is empty", /\.ldb$/, async (path: string) => truncate(path, 0)],
  ["a log whose middle is other bytes", /\.log$/, overwriteMiddle],
])(
  "a store with %s is repaired: what can be read stays, the rest comes back, and no lane is written twice",
  async (_what, name, harm) => {
    await using world = await circleOf("acme", "borealis", "cygnus");
    const [acme, borealis, cygnus] = [...(await talked(world)), world.org("cygnus")];
    await sees(cygnus, await acme.items(world.circle));
    await borealis.stop();
    // Opening once more moves the rows of the log to a table; what follows stays in a log.
    await borealis.start();
    const later = await borealis.posts(world.circle, sighting("ip:198.51.100.2"), sighting("ip:198.51.100.3"));
    for (const org of [acme, cygnus]) await sees(org, later);
    const before = ownLane(world, borealis);
    await borealis.stop();
    await harm(await named(borealis, name));
    await borealis.start();
    const repair = await lastRepair(borealis.rooms.store);
    expect(repair?.aside).toMatch(/^store\.damaged-\d+$/);
    expect(await readdir(borealis.folder)).toContain(repair?.aside);
    await expect.poll(() => ownLane(world, borealis), patient).toEqual(before);
    const [posted] = await borealis.posts(world.circle, sighting("ip:198.51.100.1"));
    for (const org of [acme, cygnus]) {
      await sees(org, posted ? [posted] : []);
      expect((await borealis.items(world.circle)).length).toBe((await org.items(world.circle)).length);
      expect(org.rooms.circles.get(world.circle)?.state.roster?.closed.size).toBe(0);
    }
  },
);

it("a store of which nothing can be read, without a word of what was in it, is left as it is", async () => {
  await using world = await circleOf("acme", "borealis");
  const [, borealis] = await talked(world);
  await borealis.stop();
  for (const file of await readdir(storeOf(borealis))) await truncate(join(storeOf(borealis), file), 0);
  await unlink(join(borealis.folder, "circles"));
  const files = await readdir(storeOf(borealis));
  expect(await refusalOf(() => borealis.start())).toBe("STORE_CORRUPT");
  expect((await readdir(storeOf(borealis))).filter((file) => /ldb|MANIFEST|CURRENT/.test(file))).toEqual(
    files.filter((file) => /ldb|MANIFEST|CURRENT/.test(file)),
  );
  expect((await readdir(borealis.folder)).filter((file) => file.startsWith("store."))).toEqual([]);
});

it("a keyring that does not open is set aside, and what was sealed is opened again by others", async () => {
  await using world = await circleOf("acme", "borealis");
  const [acme, borealis] = await talked(world);
  const before = await borealis.items(world.circle);
  await borealis.stop();
  const keyring = join(borealis.folder, "keyring");
  await truncate(keyring, Math.floor((await stat(keyring)).size / 2));
  await borealis.start();
  expect(await borealis.items(world.circle)).toHaveLength(before.length);
  const fresh = await acme.posts(world.circle, sighting("ip:198.51.100.9"));
  await sees(borealis, fresh);
});

it.each([
  ["is gone", async (org: Org) => rm(storeOf(org), { recursive: true })],
  [
    "is harmed as a whole",
    async (org: Org) => {
      for (const file of await readdir(storeOf(org))) await truncate(join(storeOf(org), file), 0);
    },
  ],
])(
  "a node whose store %s comes back by itself, reads all that it had, and goes on in its lane once that is whole",
  async (_what, harm) => {
    await using world = await circleOf("acme", "borealis");
    const [acme, borealis] = await talked(world);
    const before = ownLane(world, borealis);
    await borealis.stop();
    await harm(borealis);
    await borealis.start();
    await expect.poll(() => ownLane(world, borealis), patient).toEqual(before);
    await expect.poll(() => borealis.rooms.store.itemCount(world.circle), patient).toBe(2 * POSTS);
    expect(await borealis.rooms.store.sealedCount(world.circle)).toBe(0);
    await sees(acme, await borealis.posts(world.circle, sighting("ip:198.51.100.1")));
    expect(acme.rooms.circles.get(world.circle)?.state.roster?.closed.size).toBe(0);
  },
);

it("a node that lost its store and what names its circles comes back by a new ticket, reads all that it had, and begins a lane of its own", async () => {
  await using world = await circleOf("acme", "borealis");
  const [acme, borealis] = await talked(world);
  const before = ownLane(world, borealis);
  await borealis.stop();
  await rename(storeOf(borealis), join(borealis.folder, "aside"));
  await unlink(join(borealis.folder, "circles"));
  await borealis.start();
  // Nothing but the store says which circles it is in: it speaks to nobody, and so forks nothing.
  expect(borealis.rooms.circles.size).toBe(0);
  await remove(acme.rooms, world.circle, borealis.rooms.me.id);
  await world.invites(acme, borealis);
  await expect.poll(() => borealis.rooms.store.itemCount(world.circle), patient).toBe(2 * POSTS);
  expect(await borealis.rooms.store.sealedCount(world.circle)).toBe(0);
  expect(ownLane(world, borealis).id).not.toBe(before.id);
  const [posted] = await borealis.posts(world.circle, sighting("ip:198.51.100.1"));
  await sees(acme, posted ? [posted] : []);
});

it("an old copy of a store is brought up to date before it continues its lane", async () => {
  await using world = await circleOf("acme", "borealis");
  const [acme, borealis] = await talked(world);
  await borealis.stop();
  await cp(storeOf(borealis), join(borealis.folder, "copy"), { recursive: true });
  await borealis.start();
  await sees(acme, await borealis.posts(world.circle, sighting("ip:198.51.100.1")));
  const before = ownLane(world, borealis);
  await borealis.stop();
  await rm(storeOf(borealis), { recursive: true });
  await rename(join(borealis.folder, "copy"), storeOf(borealis));
  await borealis.start();
  expect(ownLane(world, borealis).length).toBeLessThan(before.length);
  await expect.poll(() => ownLane(world, borealis), patient).toEqual(before);
});

/** Both have posted and read each other. */
async function talked(world: World): Promise<readonly [Org, Org]> {
  const [acme, borealis] = [world.org("acme"), world.org("borealis")];
  for (const [n, org] of [acme, borealis].entries()) {
    const bodies = Array.from({ length: POSTS }, (_, m) => sighting(`ip:203.0.${n}.${m}`));
    const items = await org.posts(world.circle, ...bodies.slice(0, POSTS / 2));
    // In two commits at least, so that a torn log can lose one of them.
    const more = await org.posts(world.circle, ...bodies.slice(POSTS / 2));
    await sees(org === acme ? borealis : acme, [...items, ...more]);
  }
  return [acme, borealis];
}

function ownLane(world: World, org: Org): { readonly id: LaneId | undefined; readonly length: number } {
  const live = org.rooms.circles.get(world.circle);
  return { id: live?.row.lane, length: (live && live.state.lanes.get(live.row.lane)?.length) ?? 0 };
}

/** The path of the first file of the store of that name. */
async function named(org: Org, name: RegExp): Promise<string> {
  const found = (await readdir(storeOf(org))).find((file) => name.test(file));
  if (found === undefined) throw new Error(`no file ${String(name)}`);
  return join(storeOf(org), found);
}

async function overwriteMiddle(path: string): Promise<void> {
  const file = await open(path, "r+");
  const { size } = await file.stat();
  await file.write(new Uint8Array(64).fill(7), 0, 64, Math.floor(size / 2));
  await file.close();
}

async function overwriteEnd(path: string): Promise<void> {
  const file = await open(path, "r+");
  await file.write(new Uint8Array(48).fill(7), 0, 48, (await file.stat()).size - 48);
  await file.close();
}
