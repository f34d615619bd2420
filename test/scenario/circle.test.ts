// The spine: organisations found a circle, join it, post, go away, come back, and are removed.

import { describe, expect, test } from "vitest";
import { remove } from "../../src/node/membership.ts";
import { circleOf, sees, sighting } from "../help/world.ts";

describe("a circle of three", () => {
  test("what one posts the others read", async () => {
    await using world = await circleOf("acme", "borealis", "cygnus");
    const [acme, borealis, cygnus] = world.orgs;
    if (!acme || !borealis || !cygnus) throw new Error("three organisations");
    const t = performance.now();
    const items = await acme.posts(world.circle, sighting("ip:203.0.113.24"), sighting("domain:evil.example"));
    await sees(borealis, items);
    await sees(cygnus, items);
    console.log("took", performance.now() - t);
    const reply = await cygnus.posts(world.circle, sighting("ip:203.0.113.25"));
    await sees(acme, reply);
    await sees(borealis, reply);
  });

  test("a member that was away fetches everything once", async () => {
    await using world = await circleOf("acme", "borealis", "cygnus");
    const [acme, borealis, cygnus] = world.orgs;
    if (!acme || !borealis || !cygnus) throw new Error("three organisations");
    await cygnus.stop();let t0=performance.now();
    const mine = await acme.posts(world.circle, ...Array.from({ length: 500 }, (_, n) => sighting(`ip:198.51.100.${n % 250}`, `a${n}`)));
    const theirs = await borealis.posts(world.circle, ...Array.from({ length: 500 }, (_, n) => sighting(`ip:192.0.2.${n % 250}`, `b${n}`)));
    await sees(borealis, mine);
    await sees(acme, theirs);
    console.log('T posted', performance.now()-t0);t0=performance.now();await cygnus.start();console.log('T start', performance.now()-t0);
    await sees(cygnus, [...mine, ...theirs]);
    console.log(cygnus.rooms.net().counters(), cygnus.events.slice(0, 20));console.log('T',performance.now()-t0);
    expect(cygnus.rooms.net().counters().duplicates).toBe(0);
  });

  test("a removed member reads nothing that is posted afterwards", async () => {
    await using world = await circleOf("acme", "borealis", "cygnus");
    const [acme, borealis, cygnus] = world.orgs;
    if (!acme || !borealis || !cygnus) throw new Error("three organisations");
    const before = await acme.posts(world.circle, sighting("ip:203.0.113.1"));
    await sees(cygnus, before);
    await remove(acme.rooms, world.circle, cygnus.rooms.me.id);
    const after = await acme.posts(world.circle, sighting("ip:203.0.113.2"));
    await sees(borealis, after);
    await expect.poll(() => acme.rooms.net().links().some((link) => link.member === cygnus.rooms.me.id && link.state === "linked")).toBe(false);
    expect(await cygnus.items(world.circle)).toHaveLength(before.length);
  });
});
