// What a node does with its keys over weeks: it renews them, opens what was wrapped to it however long it was away, and
// holds nothing longer than it must.

import { describe, expect, test } from "vitest";
import { limits } from "../../../src/base/limits.ts";
import { encodeChange } from "../../../src/circle/change-codec.ts";
import { refreshNotices, remove } from "../../../src/node/membership.ts";
import { declare } from "../../../src/node/post.ts";
import { rekey } from "../../../src/node/prekeys.ts";
import type { CircleId } from "../../../src/record/ids.ts";
import { decodeEnvelope } from "../../../src/record/wire.ts";
import { circleOfParties, hands, hears, liveOf, type Party, party, says, sync } from "../../help/memory-rooms.ts";

const DAY_MS = 24 * 3_600_000;

/** Days pass; each day every party does what is due, and those that are `linked` meet. */
async function pass(
  days: number,
  all: readonly Party[],
  of: {
    readonly circle: CircleId;
    readonly linked: readonly Party[];
    readonly daily?: (day: number) => Promise<unknown>;
  },
): Promise<void> {
  for (let day = 0; day < days; day++) {
    for (const { clock } of all) clock.advance(DAY_MS);
    for (const { rooms } of all) await refreshNotices(rooms, of.circle);
    await meet(of.circle, of.linked);
    await of.daily?.(day);
    await meet(of.circle, of.linked);
    for (const { rooms } of all) await refreshNotices(rooms, of.circle);
    for (const { rooms } of all) await rooms.keyring.update((keyring) => keyring);
  }
}

async function meet(circle: CircleId, nodes: readonly Party[]): Promise<void> {
  for (let turn = 0; turn < 2; turn++)
    for (const from of nodes) for (const to of nodes) if (from !== to) await sync(from, to, circle);
}

async function toldBy(node: Party, circle: CircleId): Promise<number> {
  const records = await Array.fromAsync(node.rooms.store.control(circle));
  return records.filter((bytes) => {
    const { kind, author } = decodeEnvelope(bytes).header;
    return kind === "prekey" && author === node.rooms.me.id;
  }).length;
}

describe("over weeks", () => {
  test("R27, R30: a node that only reads renews its prekey daily, and keeps a month of epochs and a few prekeys", async () => {
    const [acme, borealis] = [party("acme"), party("borealis")];
    const circle = await circleOfParties([acme, borealis]);
    const all = [acme, borealis];
    await pass(50, all, { circle, linked: all, daily: async (day) => says(acme, circle, `day ${day}`) });
    expect(await toldBy(borealis, circle)).toBe(50);
    expect(await hears(borealis, circle)).toHaveLength(50);
    for (const { rooms } of all) {
      const { epochs, prekeys } = rooms.keyring.value();
      expect(epochs.size).toBeGreaterThanOrEqual(30);
      expect(epochs.size).toBeLessThanOrEqual(32);
      expect(prekeys.size).toBe(limits.prekeysToldMax);
    }
    const minted = [...liveOf(acme, circle).state.epochs.values()];
    expect(minted.length).toBeGreaterThan(50);
  });

  test("R27, R30: an epoch that was forgotten is not opened again by whoever looks for bad ones", async () => {
    const [acme, borealis] = [party("acme"), party("borealis")];
    const circle = await circleOfParties([acme, borealis]);
    await says(acme, circle, "old");
    await sync(acme, borealis, circle);
    const [old] = [...borealis.rooms.keyring.value().epochs.keys()].slice(-1);
    for (const days of [1, 30]) {
      for (const { clock } of [acme, borealis]) clock.advance(days * DAY_MS);
      await says(acme, circle, `after ${days}`);
      await sync(acme, borealis, circle);
    }
    await borealis.rooms.keyring.update((keyring) => keyring);
    await refreshNotices(borealis.rooms, circle);
    expect(old && borealis.rooms.keyring.value().epochs.has(old)).toBe(false);
    expect(await hears(borealis, circle)).toHaveLength(3);
  });

  test("R30: a member that was switched off for five weeks reads all that was wrapped to it", async () => {
    const [acme, borealis, cygnus] = [party("acme"), party("borealis"), party("cygnus")];
    const circle = await circleOfParties([acme, borealis, cygnus]);
    const all = [acme, borealis, cygnus];
    await pass(3, all, { circle, linked: all });
    await pass(35, [acme, cygnus], {
      circle,
      linked: [acme, cygnus],
      daily: async (day) => says(day % 2 ? acme : cygnus, circle, `day ${day}`),
    });
    borealis.clock.advance(35 * DAY_MS);
    // It starts: what is due comes first, then what it missed.
    await borealis.rooms.keyring.update((keyring) => keyring);
    await refreshNotices(borealis.rooms, circle);
    await sync(acme, borealis, circle);
    expect(await hears(borealis, circle)).toHaveLength(35);
    expect(await borealis.rooms.store.sealedCount(circle)).toBe(0);
  });

  test("R30: a member that ran five weeks without any link reads all that was wrapped to it", async () => {
    const [acme, borealis, cygnus] = [party("acme"), party("borealis"), party("cygnus")];
    const circle = await circleOfParties([acme, borealis, cygnus]);
    const all = [acme, borealis, cygnus];
    await pass(3, all, { circle, linked: all });
    const daily = async (day: number): Promise<unknown> => says(day % 2 ? acme : cygnus, circle, `day ${day}`);
    const before = await toldBy(borealis, circle);
    await pass(35, all, { circle, linked: [acme, cygnus], daily });
    // One that nobody heard of is enough.
    expect(await toldBy(borealis, circle)).toBe(before + 1);
    await sync(acme, borealis, circle);
    expect(await hears(borealis, circle)).toHaveLength(35);
    await pass(2, all, { circle, linked: all });
    expect(await toldBy(borealis, circle)).toBeGreaterThan(before + 1);
  });

  test("R30: a member that never answers keeps the prekeys of others for 14 days and no longer", async () => {
    const [acme, borealis] = [party("acme"), party("borealis")];
    const circle = await circleOfParties([acme, borealis, party("cygnus")]);
    await pass(30, [acme, borealis], { circle, linked: [acme, borealis] });
    const { prekeys } = acme.rooms.keyring.value();
    const keptMs = limits.prekeyKeepMs + limits.prekeyRotateMs;
    expect(prekeys.size).toBeGreaterThanOrEqual(14);
    for (const { madeAt } of prekeys.values()) expect(acme.clock.now() - madeAt).toBeLessThanOrEqual(keptMs);
  });

  test("an older prekey is kept while anybody is known to hold more: it may be an epoch that is wrapped to that", async () => {
    const [acme, borealis] = [party("acme"), party("borealis")];
    const circle = await circleOfParties([acme, borealis]);
    // Borealis mints for the prekey that acme came with, and acme does not get it yet.
    await rekey(borealis.rooms, circle, { compromised: false });
    const said = await says(borealis, circle, "on the way");
    for (let turn = 0; turn < 5; turn++) await rekey(acme.rooms, circle, { compromised: false });
    await sync(acme, borealis, circle);
    const own = liveOf(borealis, circle).state.lanes.get(liveOf(borealis, circle).row.lane);
    if (!own) throw new Error("a lane");
    acme.rooms.delivery.learn(circle, borealis.rooms.me.id, new Map([[own.id, own.length]]));
    await refreshNotices(acme.rooms, circle);
    expect(acme.rooms.keyring.value().prekeys.size).toBe(6);
    await sync(borealis, acme, circle);
    expect(await hears(acme, circle)).toHaveLength(said.length);
    await refreshNotices(acme.rooms, circle);
    expect(acme.rooms.keyring.value().prekeys.size).toBe(limits.prekeysToldMax);
  });

  test("a member that leaves forgets its prekeys of the circle at once", async () => {
    const [acme, borealis] = [party("acme"), party("borealis")];
    const circle = await circleOfParties([acme, borealis]);
    await declare(borealis.rooms, liveOf(borealis, circle), [{ kind: "roster", body: encodeChange({ op: "leave" }) }]);
    expect(liveOf(borealis, circle).row.state).toBe("removed");
    expect(borealis.rooms.keyring.value().prekeys.size).toBe(0);
  });

  test("a member that is removed forgets its prekeys of the circle at once, and of no other", async () => {
    const [acme, borealis] = [party("acme"), party("borealis")];
    const circle = await circleOfParties([acme, borealis]);
    const other = await circleOfParties([acme, borealis]);
    await says(borealis, circle, "here");
    await meet(circle, [acme, borealis]);
    await remove(acme.rooms, circle, borealis.rooms.me.id);
    const lanes = await Array.fromAsync(acme.rooms.store.control(circle));
    await hands(borealis, acme, { circle, envelopes: lanes });
    expect(liveOf(borealis, circle).row.state).toBe("removed");
    expect([...borealis.rooms.keyring.value().prekeys.values()].map((held) => held.circle)).toEqual([other]);
  });
});
