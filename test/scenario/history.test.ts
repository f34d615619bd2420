// What newcomers and members without keys read, on real nodes: they ask by themselves, over real sockets.

import { mkdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Policy } from "../../src/circle/change.ts";
import { tempDir } from "../help/temp-dir.ts";
import { openPolicy, Org, sees, sighting, type World, worldOf } from "../help/world.ts";

const patient = { timeout: 30_000, interval: 20 };
const BEFORE = 301;

const idsOf = async (org: Org, world: World): Promise<readonly string[]> =>
  (await org.items(world.circle)).map(({ id }) => id);

const askedBy = (org: Org): readonly string[] =>
  org.events.map(({ event }) => event).filter((event) => event.startsWith("history"));

/** Two members that have said 301 things to each other. */
async function talked(history: Policy["history"]): Promise<World & { readonly acme: Org; readonly borealis: Org }> {
  const world = await worldOf(["acme", "borealis"], { ...openPolicy, history });
  const [acme, borealis] = [world.org("acme"), world.org("borealis")];
  const bodies = Array.from({ length: BEFORE - 1 }, (_, n) => sighting("ip:192.0.2.1", `${n}`));
  await sees(borealis, await acme.posts(world.circle, ...bodies));
  await sees(acme, await borealis.posts(world.circle, sighting("ip:192.0.2.2")));
  return { ...world, acme, borealis };
}

/** A node that is in no circle yet. */
async function stranger(name: string): Promise<{ org: Org } & AsyncDisposable> {
  const folder = await tempDir();
  const org = new Org(name, folder.at(name));
  await mkdir(org.folder, { mode: 0o700 });
  await org.start();
  return {
    org,
    [Symbol.asyncDispose]: async () => {
      await org.stop();
      await folder[Symbol.asyncDispose]();
    },
  };
}

describe("a newcomer", () => {
  it("reads everything where the circle gives it, in the same order as the others, and passes it on", async () => {
    await using world = await talked("all");
    await using dorado = await stranger("dorado");
    await world.invites(world.acme, dorado.org);
    await expect.poll(async () => idsOf(dorado.org, world), patient).toEqual(await idsOf(world.acme, world));
    expect(await dorado.org.rooms.store.sealedCount(world.circle)).toBe(0);
    // The next one is given everything by dorado, which was given it itself: the others are away.
    await world.borealis.stop();
    await using ember = await stranger("ember");
    await world.invites(world.acme, ember.org);
    await world.acme.stop();
    await expect.poll(async () => (await idsOf(ember.org, world)).length, patient).toBe(BEFORE);
  });

  it("reads nothing from before it came where the circle gives none, and asks nobody", async () => {
    await using world = await talked("none");
    await using dorado = await stranger("dorado");
    await world.invites(world.acme, dorado.org);
    await expect.poll(async () => dorado.org.rooms.store.sealedCount(world.circle), patient).toBe(BEFORE);
    const after = await world.acme.posts(world.circle, sighting("ip:192.0.2.3"));
    await sees(dorado.org, after);
    expect(await idsOf(dorado.org, world)).toEqual(after.map(({ id }) => id));
    expect(askedBy(dorado.org)).toEqual([]);
  });

  it("reads what was posted since a moment where the circle names one", async () => {
    await using world = await talked(Date.now() + 5_000);
    const since = Number(world.acme.rooms.circles.get(world.circle)?.state.roster?.policy.history);
    await expect.poll(() => Date.now() >= since, patient).toBe(true);
    const late = await world.acme.posts(world.circle, sighting("ip:192.0.2.3"), sighting("ip:192.0.2.4"));
    await using dorado = await stranger("dorado");
    await world.invites(world.acme, dorado.org);
    await sees(dorado.org, late);
    expect(await idsOf(dorado.org, world)).toHaveLength(late.length);
    expect(await dorado.org.rooms.store.sealedCount(world.circle)).toBe(BEFORE);
  });
});

it("a member that comes back without its keyring reads everything again", async () => {
  await using world = await talked("none");
  const { acme, borealis } = world;
  await borealis.stop();
  await unlink(join(borealis.folder, "keyring"));
  const late = await acme.posts(world.circle, sighting("ip:192.0.2.4", "while it was away"));
  await borealis.start();
  await sees(borealis, late);
  expect(await idsOf(borealis, world)).toHaveLength(BEFORE + 1);
});
