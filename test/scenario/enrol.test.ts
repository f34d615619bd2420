// A node that is lost, and one that is added: real nodes, real sockets, the org key as the only authority.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { newIdentity, signingKeyFromSeed } from "../../keys/index.ts";
import { systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import { joinCall } from "../../src/net/join.ts";
import { enrol, findCircles, type OrgCall, retire } from "../../src/node/enrol.ts";
import { remove } from "../../src/node/membership.ts";
import { circleNamed } from "../../src/node/rooms.ts";
import { refusalOf } from "../help/refusal.ts";
import { circleOf, Org, sees, sighting, type World } from "../help/world.ts";

/** Another machine of an org: its own keys, certified by the same org key. */
async function anotherNode(world: World, org: Org, folder: string): Promise<Org> {
  const { orgSeed } = org.identity;
  if (!orgSeed) throw new Error("an org seed");
  const identity = newIdentity(
    { org: org.name, seat: "kim", orgSeed },
    { random: systemRandom, now: systemClock.now() },
  );
  const node = new Org(org.name, join(world.orgs[0]?.folder ?? "", folder), { identity });
  await mkdir(node.folder, { recursive: true, mode: 0o700 });
  await node.start();
  return node;
}

function callBy(node: Org, member: Org): OrgCall {
  const orgSeed = node.identity.orgSeed ?? new Uint8Array(32);
  const addresses = member.rooms.net().addresses();
  return {
    call: joinCall,
    addresses,
    orgSeed,
    orgKey: signingKeyFromSeed(orgSeed),
    signal: AbortSignal.timeout(20_000),
  };
}

async function entersBy(node: Org, member: Org, replaces: boolean): Promise<void> {
  const by = callBy(node, member);
  const { circles, responder } = await findCircles(node.rooms, by);
  expect(responder.org).toBe(member.name);
  for (const circle of circles) await enrol(node.rooms, circle, { by, replaces: () => replaces });
}

const membersOf = (org: Org, world: World): readonly string[] =>
  [...(circleNamed(org.rooms, world.circle).state.roster?.members.values() ?? [])]
    .map(({ certificate, seniority }) => certificate.org + (seniority === undefined ? "" : "*"))
    .sort();

describe("a node that is lost", () => {
  test("is replaced from its org key without any steward, keeps its rank, and its old key can do nothing afterwards", async () => {
    await using world = await circleOf("acme", "borealis", "cygnus");
    const [acme, borealis, cygnus] = [world.org("acme"), world.org("borealis"), world.org("cygnus")];
    await sees(cygnus, await acme.posts(world.circle, sighting("ip:203.0.113.9", "before")));
    // The steward's machine is gone; an ordinary member is the only one that answers.
    await acme.stop();
    await using heir = await anotherNode(world, acme, "acme-again");
    await entersBy(heir, borealis, true);
    expect(membersOf(heir, world)).toEqual(["acme*", "borealis", "cygnus"]);
    const posted = await heir.posts(world.circle, sighting("ip:203.0.113.10", "from the new machine"));
    await sees(borealis, posted);
    await sees(cygnus, posted);
    await sees(heir, await borealis.posts(world.circle, sighting("ip:203.0.113.11", "to the new machine")));
    // It is a steward, as the one before it was.
    await remove(heir.rooms, world.circle, cygnus.rooms.me.id);
    await expect.poll(() => membersOf(borealis, world)).toEqual(["acme*", "borealis"]);
    // The thief of the old machine is nobody: refused at the handshake, and what it signs counts for nobody.
    await acme.start();
    await remove(acme.rooms, world.circle, borealis.rooms.me.id);
    await expect.poll(() => borealis.rooms.net().counters().strangersRefused, { timeout: 15_000 }).toBeGreaterThan(0);
    expect(membersOf(borealis, world)).toEqual(["acme*", "borealis"]);
    expect(membersOf(heir, world)).toEqual(["acme*", "borealis"]);
  });

  test("nobody enters by the key of an org that is in no circle, or by another key than its own", async () => {
    await using world = await circleOf("acme", "borealis");
    const [acme, borealis] = [world.org("acme"), world.org("borealis")];
    await using stranger = new Org("dorado", join(acme.folder, "dorado"));
    await mkdir(stranger.folder, { recursive: true });
    await stranger.start();
    expect(await refusalOf(async () => findCircles(stranger.rooms, callBy(stranger, borealis)))).toBe("JOIN_REFUSED");
    const orgSeed = acme.identity.orgSeed ?? new Uint8Array(32);
    const borrowed = { ...callBy(stranger, borealis), orgSeed, orgKey: signingKeyFromSeed(orgSeed) };
    expect(await refusalOf(async () => findCircles(stranger.rooms, borrowed))).toBe("KEY_REFUSED");
  });
});

describe("an org of several nodes", () => {
  test("each posts in its own lane under one org, and any may be withdrawn alone", async () => {
    await using world = await circleOf("acme", "borealis");
    const [acme, borealis] = [world.org("acme"), world.org("borealis")];
    await using laptop = await anotherNode(world, borealis, "laptop");
    await entersBy(laptop, acme, false);
    expect(membersOf(laptop, world)).toEqual(["acme*", "borealis", "borealis"]);
    await expect.poll(() => membersOf(borealis, world)).toHaveLength(3);
    const fromLaptop = await laptop.posts(world.circle, sighting("ip:203.0.113.12", "from the road"));
    for (const org of [acme, borealis]) await sees(org, fromLaptop);
    await sees(laptop, await borealis.posts(world.circle, sighting("ip:203.0.113.13", "from the office")));
    // The laptop is stolen: the office withdraws it by the org key.
    const orgKey = signingKeyFromSeed(borealis.identity.orgSeed ?? new Uint8Array(32));
    await retire(borealis.rooms, world.circle, { members: [laptop.rooms.me.id], orgKey });
    await expect.poll(() => membersOf(acme, world)).toEqual(["acme*", "borealis"]);
    await expect.poll(() => circleNamed(laptop.rooms, world.circle).row.state, { timeout: 15_000 }).toBe("removed");
    const later = await acme.posts(world.circle, sighting("ip:203.0.113.14", "without the laptop"));
    await sees(borealis, later);
    expect(await laptop.items(world.circle)).not.toContainEqual(expect.objectContaining({ id: later[0]?.id }));
    // The whole org ends its part: its members are told.
    await retire(borealis.rooms, world.circle, { members: [borealis.rooms.me.id], orgKey });
    await expect.poll(() => membersOf(acme, world)).toEqual(["acme*"]);
    expect(await refusalOf(async () => borealis.posts(world.circle, sighting("ip:203.0.113.15")))).toBe(
      "MEMBER_REMOVED",
    );
  });
});
