// A member that is restarted with the same identity is back in the mesh within seconds, however often.
// `npm run bench:restarts` does it fifty times with processes, half of which are killed.

import { expect, test } from "vitest";
import { circleOf, type Org } from "../help/world.ts";

test("a member that is restarted ten times is linked with everybody, both ways, within 5 s each time", async () => {
  await using world = await circleOf("acme", "borealis", "hooli");
  const borealis = world.org("borealis");
  const links = (org: Org): number =>
    org.rooms
      .net()
      .links()
      .filter(({ state }) => state === "linked").length;
  for (let round = 0; round < 10; round++) {
    await borealis.stop();
    await borealis.start();
    await expect.poll(() => world.orgs.map(links), { timeout: 5_000, interval: 10 }).toEqual([2, 2, 2]);
  }
});
