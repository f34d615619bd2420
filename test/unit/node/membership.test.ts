// Turns, bells and what a circle's state makes of statements that come late or from nobody.

import { describe, expect, test } from "vitest";
import { encodeCbor } from "../../../src/base/cbor.ts";
import { limits } from "../../../src/base/limits.ts";
import { encodeChange } from "../../../src/circle/change-codec.ts";
import { signPrekey } from "../../../src/circle/prekey.ts";
import { makeBell, firstOf } from "../../../src/node/bell.ts";
import { loadCircles } from "../../../src/node/load.ts";
import { invite, promote, remove, revoke } from "../../../src/node/membership.ts";
import { declare } from "../../../src/node/post.ts";
import { makeTurns } from "../../../src/node/turns.ts";
import { generateWrapKeys } from "../../../src/seal/hpke.ts";
import { draftOf, forgeClear } from "../../help/forge.ts";
import { memoryStore } from "../../help/memory-store.ts";
import {
  admits,
  circleOfParties,
  hands,
  hears,
  liveOf,
  offered,
  party,
  picture,
  prekeysOf,
  says,
  sync,
} from "../../help/memory-rooms.ts";
import { vouches } from "../../help/roster-graph.ts";
import { refusalOf } from "../../help/refusal.ts";

describe("turns", () => {
  test("of one name run one after the other in the order asked for, and a failure stops nobody", async () => {
    const turns = makeTurns();
    const told: number[] = [];
    const work = (number: number) => async (): Promise<number> => {
      told.push(number);
      await Promise.resolve();
      told.push(-number);
      if (number === 2) throw new Error("two");
      return number;
    };
    const [first, second, third] = await Promise.allSettled([
      turns.take("a", work(1)),
      turns.take("a", work(2)),
      turns.take("a", work(3)),
    ]);
    expect(told).toEqual([1, -1, 2, -2, 3, -3]);
    expect([first?.status, second?.status, third?.status]).toEqual(["fulfilled", "rejected", "fulfilled"]);
    await turns.idle();
  });

  test("of two names run side by side", async () => {
    const turns = makeTurns();
    const told: string[] = [];
    const work = (name: string) => async (): Promise<void> => {
      told.push(name);
      await Promise.resolve();
      told.push(name);
    };
    await Promise.all([turns.take("a", work("a")), turns.take("b", work("b"))]);
    expect(told).toEqual(["a", "b", "a", "b"]);
  });
});

describe("a bell", () => {
  test("wakes who waits, answers at once who was late, and forgets who gave up", async () => {
    const bell = makeBell();
    const waiting = bell.after(0);
    bell.ring();
    await waiting;
    await bell.after(0);
    const stop = new AbortController();
    const given = bell.after(1, stop.signal);
    stop.abort(new Error("enough"));
    await expect(given).rejects.toThrow("enough");
    await expect(bell.after(9, stop.signal)).rejects.toThrow("enough");
    const both = firstOf(
      AbortSignal.timeout(5_000),
      async (signal) => bell.after(1, signal),
      async (signal) => makeBell().after(0, signal),
    );
    bell.ring();
    await both;
    expect(bell.count()).toBe(2);
  });
});

describe("the verbs of membership", () => {
  test("are refused to whoever is no steward, with the reason that all others would have", async () => {
    const [acme, borealis, cygnus] = [party("acme"), party("borealis"), party("cygnus")];
    const circle = await circleOfParties([acme, borealis, cygnus]);
    const { rooms } = borealis;
    expect(await refusalOf(async () => remove(rooms, circle, cygnus.rooms.me.id))).toBe("STEWARD_NEEDED");
    expect(await refusalOf(async () => promote(rooms, circle, rooms.me.id))).toBe("STEWARD_NEEDED");
    expect(await refusalOf(async () => invite(rooms, circle, { for: "x", lifeMs: 1_000 }))).toBe("STEWARD_NEEDED");
    const { ticket } = await invite(acme.rooms, circle, { for: "x", lifeMs: 1_000 });
    await sync(acme, borealis, circle);
    expect(await refusalOf(async () => revoke(rooms, circle, ticket))).toBe("STEWARD_NEEDED");
    expect(await refusalOf(async () => remove(acme.rooms, circle, acme.rooms.me.id))).toBe("POST_REFUSED");
  });

  test("R17: of three stewards two remove the third, and nothing changes until the second says so", async () => {
    const [acme, borealis, cygnus] = [party("acme"), party("borealis"), party("cygnus")];
    const circle = await circleOfParties([acme, borealis, cygnus]);
    for (const node of [borealis, cygnus]) await promote(acme.rooms, circle, node.rooms.me.id);
    await sync(acme, cygnus, circle);
    expect(await remove(acme.rooms, circle, borealis.rooms.me.id)).toBeUndefined();
    expect(liveOf(acme, circle).state.roster?.members.has(borealis.rooms.me.id)).toBe(true);
    expect(await refusalOf(async () => remove(acme.rooms, circle, borealis.rooms.me.id))).toBe("POST_REFUSED");
    await sync(acme, cygnus, circle);
    expect(await remove(cygnus.rooms, circle, borealis.rooms.me.id)).toBeDefined();
    await sync(cygnus, acme, circle);
    for (const node of [acme, cygnus])
      expect(liveOf(node, circle).state.roster?.members.has(borealis.rooms.me.id)).toBe(false);
  });
});

describe("the state of a circle", () => {
  test("is the same again when it is loaded from what was stored", async () => {
    const store = memoryStore();
    const [acme, borealis, cygnus] = [party("acme"), party("borealis", { store }), party("cygnus")];
    const circle = await circleOfParties([acme, borealis, cygnus]);
    await borealis.rooms.store.commit({ circle, records: [], row: liveOf(borealis, circle).row });
    await says(acme, circle, "one");
    await remove(acme.rooms, circle, cygnus.rooms.me.id);
    await sync(acme, borealis, circle);
    await says(borealis, circle, "two");
    const again = party("borealis", { store });
    await again.rooms.keyring.update(() => borealis.rooms.keyring.value());
    await loadCircles(again.rooms);
    expect(picture(again, circle)).toEqual(picture(borealis, circle));
    expect(liveOf(again, circle).used).toEqual(liveOf(borealis, circle).used);
    await says(again, circle, "three");
    await sync(again, acme, circle);
    expect(await hears(acme, circle)).toEqual(["one", "three", "two"]);
  });

  test("keeps the prekey that a member came back with, when one from before its removal comes late", async () => {
    const [acme, borealis, cygnus] = [party("acme"), party("borealis"), party("cygnus")];
    const circle = await circleOfParties([acme, borealis, cygnus]);
    const { publicKey } = await generateWrapKeys(1);
    const late = forgeClear(
      cygnus,
      draftOf(cygnus, circle, "prekey"),
      signPrekey(circle, cygnus.rooms.me.key, { suite: 1, publicKey }).bytes,
    );
    await remove(acme.rooms, circle, cygnus.rooms.me.id);
    await admits(acme, cygnus, circle);
    const known = prekeysOf(acme, circle);
    expect(await hands(acme, cygnus, { circle, envelopes: [late.bytes] })).toEqual([{ kind: "kept" }]);
    expect(prekeysOf(acme, circle)).toEqual(known);
  });

  test("serves nothing to whoever is no member, and nothing that a member holds", async () => {
    const [acme, borealis] = [party("acme"), party("borealis")];
    const circle = await circleOfParties([acme, borealis]);
    const eve = party("eve");
    eve.rooms.circles.set(circle, {
      ...liveOf(borealis, circle),
      state: { ...liveOf(borealis, circle).state, lanes: new Map() },
    });
    expect(await offered(acme, eve, circle)).toEqual([]);
    expect(await offered(acme, borealis, circle)).toEqual([]);
    const junk = forgeClear(borealis, draftOf(borealis, circle, "invite"), encodeCbor({ op: "revoke" }));
    expect(await hands(acme, borealis, { circle, envelopes: [junk.bytes] })).toEqual([{ kind: "kept" }]);
    expect(liveOf(acme, circle).state.invites.size).toBe(0);
  });
});

describe("more heads than a record may name", () => {
  test("are joined before anything else is said, and everybody follows", async () => {
    const names = Array.from({ length: limits.rosterHeadsMax + 3 }, (_, index) => `org ${index}`);
    const [founder, ...others] = names.map((name) => party(name));
    if (!founder) throw new Error("a founder");
    const circle = await circleOfParties([founder, ...others]);
    // Everybody changes something without hearing of the others.
    for (const node of others) await sync(founder, node, circle);
    const body = (name: string): Uint8Array => encodeChange(vouches(name));
    for (const node of others)
      await declare(node.rooms, liveOf(node, circle), [{ kind: "roster", body: body(node.name) }]);
    for (const node of others) await sync(node, founder, circle);
    expect(liveOf(founder, circle).state.graph.heads.length).toBeGreaterThan(limits.rosterHeadsMax);
    await says(founder, circle, "to all of you");
    expect(liveOf(founder, circle).state.graph.heads.length).toBeLessThanOrEqual(limits.rosterHeadsMax);
    for (const node of others) await sync(founder, node, circle);
    for (const node of others) expect(await hears(node, circle)).toEqual(["to all of you"]);
    for (const node of others) expect(picture(node, circle)).toEqual(picture(founder, circle));
  });
});

test("what was said after a removal is shown once that removal counts no more", async () => {
  const [acme, borealis, cygnus, dorado] = [party("acme"), party("borealis"), party("cygnus"), party("dorado")];
  const circle = await circleOfParties([acme, borealis, cygnus, dorado]);
  await promote(acme.rooms, circle, borealis.rooms.me.id);
  for (const node of [borealis, cygnus, dorado]) await sync(acme, node, circle);
  await says(dorado, circle, "before");
  for (const node of [borealis, cygnus]) await sync(dorado, node, circle);
  await remove(borealis.rooms, circle, dorado.rooms.me.id);
  await sync(borealis, cygnus, circle);
  await says(dorado, circle, "meanwhile");
  await sync(dorado, cygnus, circle);
  expect(await hears(cygnus, circle)).toEqual(["before"]);
  await remove(acme.rooms, circle, borealis.rooms.me.id);
  await sync(acme, cygnus, circle);
  expect(await hears(cygnus, circle)).toEqual(["before", "meanwhile"]);
});
