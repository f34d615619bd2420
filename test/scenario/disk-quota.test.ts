// A circle that reaches the disk quota of one member, with real nodes: it stays governable there, and all of it comes once there is room.

import { expect, test } from "vitest";
import { hollowCount } from "../../src/node/disk-quota.ts";
import { frontierOf } from "../../src/node/frontier.ts";
import { promote } from "../../src/node/membership.ts";
import { circleNamed, type LiveCircle } from "../../src/node/rooms.ts";
import { isSteward } from "../../src/circle/roster.ts";
import { type Org, circleOf, sees, sighting } from "../help/world.ts";

test("R60: a full member takes every change and no post, and fetches all of them after its quota is raised", async () => {
  await using world = await circleOf("acme", "borealis", "cygnus");
  const { circle } = world;
  const [acme, borealis, cygnus] = [world.org("acme"), world.org("borealis"), world.org("cygnus")];
  const at = (org: Org): LiveCircle => circleNamed(org.rooms, circle);
  await sees(cygnus, await acme.posts(circle, sighting("ip:203.0.113.1")));

  await cygnus.stop();
  cygnus.quotaBytes = 1;
  await cygnus.start();
  // By push and gossip while it is linked, and by sync what came meanwhile.
  const posted = [
    ...(await acme.posts(circle, sighting("ip:203.0.113.2"), sighting("ip:203.0.113.3"))),
    ...(await borealis.posts(circle, sighting("ip:203.0.113.4"))),
  ];
  await promote(acme.rooms, circle, cygnus.rooms.me.id);
  const knows = (): boolean => {
    const { roster } = at(cygnus).state;
    return roster !== undefined && isSteward(roster, cygnus.rooms.me.id) && hollowCount(at(cygnus)) === 3;
  };
  const late = AbortSignal.timeout(20_000);
  while (!knows()) await cygnus.rooms.clock.wait(20, late);
  expect(await cygnus.items(circle)).toHaveLength(1);
  expect(cygnus.events.filter(({ event }) => event === "record-refused" || event === "peer-at-fault")).toEqual([]);
  const lane = at(acme).row.lane;
  const told = frontierOf(at(cygnus).state, borealis.rooms.me.id).get(lane) ?? 0;
  expect(told).toBeLessThan(at(acme).state.lanes.get(lane)?.length ?? 0);

  await cygnus.stop();
  cygnus.quotaBytes = undefined;
  await cygnus.start();
  await sees(cygnus, posted);
  expect(hollowCount(at(cygnus))).toBe(0);
  expect(frontierOf(at(cygnus).state).get(lane)).toBe(at(acme).state.lanes.get(lane)?.length);
}, 90_000);
