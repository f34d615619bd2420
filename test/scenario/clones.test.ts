// Two copies of one home that run at once, as real nodes with one identity: members never see two records at one place.

import { cp } from "node:fs/promises";
import { expect, test } from "vitest";
import { postOrHold } from "../../src/node/drafts.ts";
import { circleOf, Org, sighting } from "../help/world.ts";

async function texts(org: Org, circle: Parameters<Org["items"]>[0]): Promise<readonly string[]> {
  return (await org.items(circle)).map(({ body }) => ("text" in body ? (body.text ?? "") : "")).sort();
}

test("a copy of a home that runs beside it is held as long as that one is linked, then goes on where it stopped", async () => {
  await using world = await circleOf("acme", "borealis", "cygnus");
  const { circle } = world;
  const [acme, borealis, cygnus] = world.orgs;
  if (!acme || !borealis || !cygnus) throw new Error("three organisations");
  const said: string[] = [];
  const says = async (org: Org, text: string): Promise<void> => {
    said.push(text);
    await postOrHold(org.rooms, circle, [{ body: sighting("203.0.113.1", text), exercise: false }]);
  };
  const expectHeard = async (...orgs: readonly Org[]): Promise<void> => {
    for (const org of orgs)
      await expect.poll(async () => texts(org, circle), { timeout: 40_000, interval: 100 }).toEqual(said.toSorted());
  };
  await says(acme, "before");
  await expectHeard(borealis, cygnus);
  await acme.stop();
  await cp(acme.folder, `${acme.folder}-copy`, { recursive: true, preserveTimestamps: true });
  await using copy = new Org("acme", `${acme.folder}-copy`, { identity: acme.identity });
  await acme.start();
  await says(acme, "by the first");
  await expectHeard(borealis, cygnus);
  await copy.start();
  // Members take the copy for a second connection of the first one, so it hears nobody and holds what is said.
  await says(copy, "by the copy");
  await says(acme, "by the first again");
  await expect.poll(async () => texts(borealis, circle)).toContain("by the first again");
  expect(copy.rooms.circles.get(circle)?.drafts).toBe(1);
  // Once the first one is gone the copy takes its place, with all that it had said.
  await acme.stop();
  await expectHeard(borealis, cygnus, copy);
  for (const { events } of [borealis, cygnus])
    expect(events.filter(({ fields }) => fields["reason"] === "RECORD_FORKED")).toEqual([]);
});
