// A circle that reaches the disk quota of one member, with real nodes: it stays governable there, and all of it comes once there is room.

import { expect, test } from "vitest";
import { limits } from "../../src/base/limits.ts";
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
  const many = Array.from({ length: 2 * limits.syncPageRecords }, (_, n) => sighting(`ip:198.51.100.${n}`));
  const posted = [
    ...(await acme.posts(circle, ...many)),
    ...(await borealis.posts(circle, sighting("ip:203.0.113.4"))),
  ];
  const late = AbortSignal.timeout(40_000);
  while (hollowCount(at(cygnus)) < posted.length) await cygnus.rooms.clock.wait(20, late);
  // What comes by sync lies behind more than a page of what is hollow.
  const { id } = cygnus.rooms.me;
  await cygnus.stop();
  await promote(acme.rooms, circle, id);
  await cygnus.start();
  const knows = (): boolean => {
    const { roster } = at(cygnus).state;
    return roster !== undefined && isSteward(roster, cygnus.rooms.me.id) && hollowCount(at(cygnus)) === posted.length;
  };
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
