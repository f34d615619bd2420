// Several real nodes that are about to post at one moment while no epoch is usable.

import { describe, expect, test } from "vitest";
import { shownEpoch } from "../../src/node/membership.ts";
import { declare } from "../../src/node/post.ts";
import { freshPrekey } from "../../src/node/prekeys.ts";
import { circleNamed, type Rooms } from "../../src/node/rooms.ts";
import type { CircleId } from "../../src/record/ids.ts";
import { circleOf, type Org, sees, sighting, type World } from "../help/world.ts";

const NAMES = ["acme", "borealis", "cygnus", "dorado", "eridanus"];

/** Waits until a condition on what a node knows holds; it is asked again whenever something changed. */
async function until(rooms: Rooms, holds: () => boolean): Promise<void> {
  const late = AbortSignal.timeout(20_000);
  for (let seen = rooms.changes.count(); !holds(); seen = rooms.changes.count()) await rooms.changes.after(seen, late);
}

/** All are linked with all, and nobody may send under any epoch that there is. */
async function withoutEpoch({ orgs, circle }: World, generation = 1): Promise<void> {
  const isLinkedToAll = ({ rooms }: Org): boolean =>
    rooms
      .net()
      .links()
      .filter(({ state }) => state === "linked").length ===
    orgs.length - 1;
  for (const org of orgs) await until(org.rooms, () => isLinkedToAll(org));
  const [acme] = orgs;
  if (!acme) throw new Error("a world has a founder");
  await acme.rooms.turns.take(circle, async () => {
    const live = circleNamed(acme.rooms, circle);
    const { bytes } = await freshPrekey(acme.rooms, circle, 2, generation);
    await declare(acme.rooms, live, [{ kind: "prekey", body: bytes }]);
  });
  for (const { rooms } of orgs) await until(rooms, () => shownEpoch(rooms, circleNamed(rooms, circle)) === undefined);
}

const epochsOf = ({ rooms }: Org, circle: CircleId): number => circleNamed(rooms, circle).state.epochs.size;

describe("nodes that post at one moment without a usable epoch", () => {
  test("R35: mint fewer epochs than there are authors, and read each other", async () => {
    await using world = await circleOf(...NAMES);
    await withoutEpoch(world);
    const [acme] = world.orgs;
    if (!acme) throw new Error("a world has a founder");
    const before = epochsOf(acme, world.circle);
    const posted = await Promise.all(
      world.orgs.map(async (org, index) => org.posts(world.circle, sighting(`ip:203.0.113.${index}`))),
    );
    for (const org of world.orgs) await sees(org, posted.flat());
    const minted = epochsOf(acme, world.circle) - before;
    expect(minted).toBeLessThan(NAMES.length - 1);
  });

  test("R35: and each of them mints by itself where the others have nothing to say", async () => {
    await using world = await circleOf(...NAMES.slice(0, 3));
    for (const [index, org] of world.orgs.entries()) {
      await withoutEpoch(world, index + 1);
      const before = epochsOf(org, world.circle);
      const items = await org.posts(world.circle, sighting("ip:203.0.113.1"));
      expect(epochsOf(org, world.circle)).toBe(before + 1);
      for (const other of world.orgs) await sees(other, items);
    }
  });
});
