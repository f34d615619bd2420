// A word to one org, over real sockets: the circle of exactly the two is made, the other side comes in by itself, and nobody else ever.

import { describe, expect, test } from "vitest";
import { encodeOffer } from "../../src/node/offer-wire.ts";
import { toHex, utf8 } from "../../src/base/bytes.ts";
import { closedCircleOf, closedPolicy, openClosedCircle } from "../../src/node/closed-circle.ts";
import { found, invite } from "../../src/node/membership.ts";

import { type CircleId, transportId } from "../../src/record/ids.ts";
import { circleOf, type Org, sees, sighting } from "../help/world.ts";

const patient = { timeout: 30_000, interval: 20 };

const orgKey = (org: Org): Uint8Array => org.rooms.me.certificate.orgKey;

/** The circle of exactly two orgs, made by the first of them. */
async function founds(by: Org, ...others: readonly Org[]): Promise<CircleId> {
  const members = others.map((other) => {
    const [live] = by.rooms.circles.values();
    const member = live?.state.roster?.members.get(other.rooms.me.id);
    if (!member) throw new Error(`${by.name} does not know ${other.name}`);
    return member;
  });
  return (await openClosedCircle(by.rooms, members)).row.id;
}

const isIn = (org: Org, circle: CircleId) => (): boolean =>
  org.rooms.circles.get(circle)?.state.roster?.members.has(org.rooms.me.id) === true;

const names = (org: Org): readonly string[] => org.events.map(({ event }) => event);

const refusals = (org: Org): readonly unknown[] =>
  org.events.flatMap(({ event, fields }) =>
    event === "place-refused" || event === "place-failed" ? [fields["reason"]] : [],
  );

/** What an inviter makes up is offered by hand, as a hostile member would. */
async function offers(by: Org, to: Org, circle: CircleId): Promise<Uint8Array> {
  const { line } = await invite(by.rooms, circle, { for: to.name, lifeMs: 60_000 });
  return by.rooms.net().offer(transportId(to.rooms.me.certificate.transportKey), encodeOffer({ ticket: line }));
}

describe("a closed circle", () => {
  test("is one for both, though each side says its first word at once; what was said before the other came in is read", async () => {
    await using world = await circleOf("acme", "borealis", "cygnus");
    const [acme, borealis, cygnus] = [world.org("acme"), world.org("borealis"), world.org("cygnus")];
    const circle = await founds(acme, borealis);
    const [first] = await acme.posts(circle, sighting("203.0.113.24", "for you alone"));
    if (!first) throw new Error("nothing was posted");
    await expect.poll(isIn(borealis, circle), patient).toBe(true);
    await sees(borealis, [first]);
    const answer = await borealis.posts(circle, sighting("203.0.113.25", "thank you"));
    await sees(acme, answer);
    expect([await founds(acme, borealis), await founds(borealis, acme)]).toEqual([circle, circle]);
    expect(cygnus.rooms.circles.has(circle)).toBe(false);
    // Founded from both sides at once there are two; both sides go on in the same one.
    const both = await Promise.all([founds(borealis, cygnus), founds(cygnus, borealis)]);
    for (const org of [borealis, cygnus]) for (const one of both) await expect.poll(isIn(org, one), patient).toBe(true);
    const chosen = [closedCircleOf(borealis.rooms, [orgKey(cygnus)]), closedCircleOf(cygnus.rooms, [orgKey(borealis)])];
    expect(new Set(chosen.map((live) => live?.row.id)).size).toBe(1);
  });

  test("waits for an org that is away, which comes in when it is back, after a restart of the founder too", async () => {
    await using world = await circleOf("acme", "borealis");
    const [acme, borealis] = [world.org("acme"), world.org("borealis")];
    const known = acme.rooms.circles.get(world.circle)?.state.roster?.members.get(borealis.rooms.me.id);
    if (!known) throw new Error("acme does not know borealis");
    await borealis.stop();
    const { row } = await openClosedCircle(acme.rooms, [known]);
    const said = await acme.posts(row.id, sighting("203.0.113.26", "when you are back"));
    await acme.stop();
    await acme.start();
    await borealis.start();
    await expect.poll(isIn(borealis, row.id), patient).toBe(true);
    await sees(borealis, said);
  });

  test("R78: nobody comes into it by a ticket who is not among its orgs", async () => {
    await using world = await circleOf("acme", "borealis", "cygnus");
    const [acme, borealis, cygnus] = [world.org("acme"), world.org("borealis"), world.org("cygnus")];
    const circle = await founds(acme, borealis);
    await expect.poll(isIn(borealis, circle), patient).toBe(true);
    await offers(acme, cygnus, circle);
    await expect.poll(() => refusals(cygnus), patient).toEqual(["JOIN_REFUSED"]);
    expect(cygnus.rooms.circles.has(circle)).toBe(false);
    expect(acme.rooms.circles.get(circle)?.state.roster?.members.size).toBe(2);
  });

  test("is no way to draw a node into another kind of circle, one of others, or one with rules that nobody agreed to", async () => {
    await using world = await circleOf("acme", "borealis", "cygnus");
    const [acme, borealis, cygnus] = [world.org("acme"), world.org("borealis"), world.org("cygnus")];
    const keys = (...orgs: readonly Org[]): readonly Uint8Array[] =>
      orgs.map(orgKey).toSorted((left, right) => (toHex(left) < toHex(right) ? -1 : 1));
    const { only, ...open } = closedPolicy(keys(acme, borealis));
    const traps = [
      open,
      closedPolicy(keys(acme, cygnus)),
      { ...open, only: only ?? [], gossip: true },
      { ...open, only: only ?? [], export: "nobody" as const },
    ];
    for (const [place, policy] of traps.entries()) {
      const { row } = await found(acme.rooms, `trap ${place}`, policy);
      await offers(acme, borealis, row.id);
      await expect.poll(() => refusals(borealis).length, patient).toBe(place + 1);
      expect(borealis.rooms.circles.has(row.id)).toBe(false);
    }
    expect(new Set(refusals(borealis))).toEqual(new Set(["JOIN_REFUSED"]));
    const noOffer = acme.rooms.net().offer(transportId(borealis.rooms.me.certificate.transportKey), utf8("come in"));
    await expect(noOffer).rejects.toMatchObject({ code: "PEER_REFUSED" });
  });

  test("is not entered where people want none, or where the words of its founder differed", async () => {
    await using world = await circleOf("acme", "borealis");
    const [acme, borealis] = [world.org("acme"), world.org("borealis")];
    borealis.direct = "nobody";
    await borealis.stop();
    await borealis.start();
    const circle = await founds(acme, borealis);
    await expect.poll(() => refusals(acme), patient).toEqual(["POST_REFUSED"]);
    expect([borealis.rooms.circles.has(circle), names(borealis).includes("place-taken")]).toEqual([false, false]);
    borealis.direct = "verified";
    await borealis.stop();
    await borealis.start();
    await expect(offers(acme, borealis, circle).catch((cause: unknown) => Promise.reject(cause))).rejects.toMatchObject(
      { code: expect.stringMatching(/PEER_/) },
    );
  });
});
