// What is withdrawn or past its time leaves every copy, in whatever order it comes; holds, exercises, and what is left of a record.

import { describe, expect, test } from "vitest";
import { limits } from "../../../src/base/limits.ts";
import { holdersOf } from "../../../src/circle/hold.ts";
import { hold, release } from "../../../src/node/custody.ts";
import { askAround } from "../../../src/node/history.ts";
import { ingest } from "../../../src/node/ingest.ts";
import { openSealed } from "../../../src/node/opening.ts";
import { post } from "../../../src/node/post.ts";
import { eraseExpired } from "../../../src/node/retention.ts";
import type { PostBody } from "../../../src/record/body.ts";
import type { CircleId, RecordId } from "../../../src/record/ids.ts";
import { decodeEnvelope, prunedEnvelope } from "../../../src/record/wire.ts";
import {
  allOf,
  circleOfParties,
  closePolicy,
  enrols,
  hands,
  hears,
  heldClock,
  links,
  liveOf,
  offered,
  type Party,
  party,
  sync,
  words,
} from "../../help/memory-rooms.ts";

const DAY_MS = 86_400_000;
const ip = { type: "ip", value: "203.0.113.7" } as const;

async function say(node: Party, circle: CircleId, body: PostBody): Promise<RecordId> {
  const [posted] = await post(node.rooms, circle, [{ body, exercise: false }]);
  if (!posted) throw new Error("a post");
  return posted.id;
}

const canary = (text: string): PostBody => ({
  ...{ kind: "sighting", tlp: "amber", seat: "kim", text, indicators: [ip], techniques: [] },
});
const retract = (re: RecordId): PostBody => ({ kind: "retract", tlp: "amber", seat: "kim", re, why: "was a test" });
const amend = (re: RecordId, text: string): PostBody => ({
  ...{ kind: "amend", tlp: "amber", seat: "kim", re, now: canary(text) as never },
});

/** Everything that a node would give of a circle, as text: to people, to members, and to whoever asks for what it has open. */
async function outputs({ rooms }: Party, node: Party, circle: CircleId): Promise<string> {
  const items = await Array.fromAsync(rooms.store.feed({ circle, limit: 1_000 }));
  const more = await Promise.all([
    rooms.store.after(0, 1_000),
    rooms.store.byIndicator(ip, 1_000),
    ...items.flatMap(({ id }) => [rooms.store.opening(id), rooms.store.thread(id, 1_000)]),
  ]);
  const served = (await allOf(node, circle)).map((envelope) => decodeEnvelope(envelope));
  return JSON.stringify([items, more, served.map(({ id, payload }) => (payload.length > 0 ? `whole ${id}` : ""))]);
}

const given = async (node: Party, circle: CircleId): Promise<string> => outputs(node, node, circle);

async function three(policy = closePolicy): Promise<{ acme: Party; borealis: Party; cygnus: Party; circle: CircleId }> {
  const clock = heldClock();
  const [acme, borealis, cygnus] = [party("acme", { clock }), party("borealis", { clock }), party("cygnus", { clock })];
  return { acme, borealis, cygnus, circle: await circleOfParties([acme, borealis, cygnus], policy) };
}

describe("a retraction", () => {
  test("R72: takes the body and every amendment of it from all who hold them, and leaves the lane and a tombstone", async () => {
    const { acme, borealis, circle } = await three();
    const id = await say(acme, circle, canary("first words"));
    await say(acme, circle, amend(id, "second words"));
    await sync(acme, borealis, circle);
    expect(await given(borealis, circle)).toMatch(/first words.*second words/);
    await say(acme, circle, retract(id));
    await sync(acme, borealis, circle);
    for (const node of [acme, borealis]) {
      const said = await given(node, circle);
      expect(said).not.toMatch(/first words|second words|203\.0\.113\.7/);
      expect(said).not.toContain(`whole ${id}`);
      expect(await node.rooms.store.item(id)).toMatchObject({ erased: "retracted", author: acme.rooms.me.id });
      const about = await node.rooms.store.thread(id, 10);
      expect(about.map(({ body }) => body)).toContainEqual(retract(id));
    }
  });

  test("R72: takes the body in the batch that brings it where the retraction came first, from another node of the org", async () => {
    const clock = heldClock();
    const [acme, second] = [party("acme", { clock }), party("acme-2", { clock, of: "acme" })];
    const borealis = party("borealis", { clock });
    const circle = await circleOfParties([acme, borealis]);
    await enrols(second, acme, circle);
    await sync(acme, second, circle);
    const id = await say(acme, circle, canary("first words"));
    const late = await offered(acme, borealis, circle);
    await sync(acme, second, circle);
    await say(second, circle, amend(id, "second words"));
    await say(second, circle, retract(id));
    const lane = liveOf(second, circle).row.lane;
    const ahead = (await offered(second, borealis, circle)).filter(
      (envelope) => decodeEnvelope(envelope).header.lane === lane,
    );
    await hands(borealis, second, { circle, envelopes: ahead });
    expect(await given(borealis, circle)).not.toMatch(/second words/);
    await hands(borealis, acme, { circle, envelopes: late });
    expect(liveOf(borealis, circle).state.lanes.get(liveOf(acme, circle).row.lane)?.length).toBe(
      liveOf(acme, circle).state.lanes.get(liveOf(acme, circle).row.lane)?.length,
    );
    expect(await given(borealis, circle)).not.toMatch(/first words|second words/);
    expect(await borealis.rooms.store.item(id)).toMatchObject({ erased: "retracted" });
  });

  test("R72: of another org's words takes nothing", async () => {
    const { acme, borealis, cygnus, circle } = await three();
    const id = await say(acme, circle, canary("first words"));
    await sync(acme, borealis, circle);
    await say(borealis, circle, retract(id));
    await sync(acme, cygnus, circle);
    await sync(borealis, cygnus, circle);
    for (const node of [borealis, cygnus]) expect(await given(node, circle)).toMatch(/first words/);
  });

  test("R72: takes what is held sealed, and nobody opens it later", async () => {
    const { acme, borealis, circle } = await three();
    const id = await say(acme, circle, canary("first words"));
    await borealis.rooms.keyring.update((keyring) => ({ ...keyring, epochs: new Map() }));
    const epochs = liveOf(acme, circle).state.epochs;
    await sync(acme, borealis, circle);
    expect(await borealis.rooms.store.sealedCount(circle)).toBe(1);
    acme.clock.advance(limits.epochAgeMaxMs);
    await say(acme, circle, retract(id));
    expect(liveOf(acme, circle).state.epochs.size).toBe(epochs.size + 1);
    await sync(acme, borealis, circle);
    expect(await borealis.rooms.store.sealedCount(circle)).toBe(0);
    expect(await given(borealis, circle)).not.toContain(`whole ${id}`);
  });
});

describe("a retraction that was sealed itself", () => {
  test("R72: takes the body in the batch that opens either of them", async () => {
    const { acme, borealis, circle } = await three();
    const before = borealis.rooms.keyring.value();
    await borealis.rooms.keyring.update((keyring) => ({ ...keyring, epochs: new Map() }));
    const id = await say(acme, circle, canary("first words"));
    await say(acme, circle, amend(id, "second words"));
    await sync(acme, borealis, circle);
    await say(acme, circle, retract(id));
    await sync(acme, borealis, circle);
    const { rooms } = borealis;
    expect(await rooms.store.sealedCount(circle)).toBe(3);
    await rooms.keyring.update(() => before);
    await rooms.turns.take(circle, async () =>
      openSealed(rooms, liveOf(borealis, circle).state, [...before.epochs.keys()]),
    );
    expect(await rooms.store.sealedCount(circle)).toBe(0);
    expect(await rooms.store.item(id)).toMatchObject({ erased: "retracted" });
    expect(await given(borealis, circle)).not.toMatch(/first words|second words/);
  });
});

describe("what is left of a post", () => {
  test("R74: is taken by who comes later, who asks others for what it says and nobody once it was withdrawn", async () => {
    const { acme, borealis, cygnus, circle } = await three();
    const id = await say(acme, circle, canary("first words"));
    const envelopes = await offered(acme, cygnus, circle);
    const stripped = envelopes.map((envelope) => {
      const record = decodeEnvelope(envelope);
      return record.id === id ? prunedEnvelope(record) : envelope;
    });
    const from = { member: acme.rooms.me.id };
    const parcel = { circle, envelopes: stripped };
    // As news it is refused: somebody took from it what it says.
    for (const path of ["push", "gossip"] as const) {
      const arrivals = await ingest(cygnus.rooms, { ...from, path }, parcel);
      expect(arrivals.at(-1)).toMatchObject({ kind: "refused", verdict: "reject", reason: "RECORD_MALFORMED" });
    }
    expect((await ingest(cygnus.rooms, { ...from, path: "sync" }, parcel)).at(-1)).toEqual({ kind: "kept" });
    expect(await cygnus.rooms.store.sealedCount(circle)).toBe(1);
    links(cygnus, acme);
    const ask = async (): Promise<number> =>
      askAround(cygnus.rooms, liveOf(cygnus, circle), { desks: new Map(), signal: new AbortController().signal });
    await ask();
    expect(await hears(cygnus, circle)).toEqual(["first words"]);
    // Of what it gave back it has header and signature, and passes these on.
    await sync(cygnus, borealis, circle);
    expect(await borealis.rooms.store.sealedCount(circle)).toBe(1);
    await say(acme, circle, retract(id));
    await sync(acme, borealis, circle);
    expect(await borealis.rooms.store.sealedCount(circle)).toBe(0);
    links(borealis, acme);
    expect(
      await askAround(borealis.rooms, liveOf(borealis, circle), {
        ...{ desks: new Map(), signal: new AbortController().signal },
      }),
    ).toBe(Infinity);
  });
});

describe("a hold", () => {
  test("R73: keeps what is withdrawn from being erased, from being shown and from being passed on, and is told to the circle", async () => {
    const { acme, borealis, cygnus, circle } = await three();
    const id = await say(acme, circle, canary("first words"));
    for (const node of [borealis, cygnus]) await sync(acme, node, circle);
    await hold(borealis.rooms, circle, id, "case 7");
    await sync(borealis, acme, circle);
    const holders = holdersOf(liveOf(acme, circle).state, { id });
    expect(holders).toMatchObject([{ by: borealis.rooms.me.id, reason: "case 7" }]);
    await say(acme, circle, retract(id));
    for (const node of [borealis, cygnus]) await sync(acme, node, circle);
    for (const node of [borealis, cygnus]) {
      const said = await given(node, circle);
      expect(said).not.toMatch(/first words|203\.0\.113\.7/);
      expect(said).not.toContain(`whole ${id}`);
    }
    expect(await borealis.rooms.store.withheld(id)).toMatchObject({ body: canary("first words") });
    expect(await cygnus.rooms.store.withheld(id)).toBeUndefined();
    await expect(release(cygnus.rooms, circle, id)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await release(borealis.rooms, circle, id);
    expect(await borealis.rooms.store.withheld(id)).toBeUndefined();
    await sync(borealis, acme, circle);
    expect(holdersOf(liveOf(acme, circle).state, { id })).toEqual([]);
  });

  test("R73: of the circle keeps what is past its time whole, at the org that says it alone", async () => {
    const { acme, borealis, circle } = await three({ ...closePolicy, keepDays: 10 });
    await say(acme, circle, canary("first words"));
    await hold(borealis.rooms, circle, "circle", "");
    await sync(acme, borealis, circle);
    acme.clock.advance(11 * DAY_MS);
    for (const node of [acme, borealis]) await eraseExpired(node.rooms, circle);
    expect(await given(acme, circle)).not.toMatch(/first words/);
    expect(await given(borealis, circle)).toMatch(/first words/);
    await release(borealis.rooms, circle, "circle");
    await eraseExpired(borealis.rooms, circle);
    expect(await given(borealis, circle)).not.toMatch(/first words/);
  });

  test("R73: is refused where it would push another one out", async () => {
    const { acme, circle } = await three();
    const ids = Array.from(
      { length: limits.holdsPerMemberMax },
      (_, n) => n.toString(16).padStart(64, "0") as RecordId,
    );
    for (const id of ids) await hold(acme.rooms, circle, id, "");
    await expect(hold(acme.rooms, circle, "f".repeat(64) as RecordId, "")).rejects.toMatchObject({
      code: "LIMIT_EXCEEDED",
    });
  });
});

describe("retention", () => {
  test("R74: takes what is past the circle's time or this node's for its marking, sealed or open, and as it comes", async () => {
    const clock = heldClock();
    const [acme, cygnus] = [party("acme", { clock }), party("cygnus", { clock })];
    const borealis = party("borealis", { clock, keepDays: { green: 2, amber: 99 } });
    const circle = await circleOfParties([acme, borealis, cygnus], { ...closePolicy, keepDays: 10 });
    const amber = await say(acme, circle, canary("amber words"));
    const green = await say(acme, circle, { ...canary("green words"), tlp: "green" });
    const gone = await say(acme, circle, words("withdrawn"));
    await say(acme, circle, retract(gone));
    await sync(acme, borealis, circle);
    expect(await eraseExpired(borealis.rooms, circle)).toBe(0);
    clock.advance(3 * DAY_MS);
    expect(await eraseExpired(borealis.rooms, circle)).toBe(1);
    expect(await borealis.rooms.store.item(green)).toMatchObject({ erased: "expired" });
    expect(await borealis.rooms.store.item(amber)).not.toHaveProperty("erased");
    clock.advance(8 * DAY_MS);
    for (const node of [acme, borealis]) await eraseExpired(node.rooms, circle);
    // Whoever is behind gets what is left, of either, and asks nobody.
    await sync(borealis, cygnus, circle);
    expect(await cygnus.rooms.store.sealedCount(circle)).toBe(0);
    for (const node of [acme, borealis, cygnus]) {
      expect(await given(node, circle)).not.toMatch(/amber words|green words/);
      expect(await eraseExpired(node.rooms, circle)).toBe(0);
    }
    // What was withdrawn says so for ever.
    expect((await acme.rooms.store.thread(gone, 9)).map(({ body }) => body)).toEqual([retract(gone)]);
    expect(liveOf(cygnus, circle).state.lanes).toEqual(liveOf(acme, circle).state.lanes);
  });

  test("R74: takes what comes late and whole as long after that: its author's clock may be behind", async () => {
    const { acme, borealis, circle } = await three({ ...closePolicy, keepDays: 10 });
    const id = await say(acme, circle, canary("first words"));
    const envelopes = await offered(acme, borealis, circle);
    acme.clock.advance(11 * DAY_MS);
    await hands(borealis, acme, { circle, envelopes });
    expect(await eraseExpired(borealis.rooms, circle)).toBe(0);
    expect(await given(borealis, circle)).toMatch(/first words/);
    acme.clock.advance(11 * DAY_MS);
    expect(await eraseExpired(borealis.rooms, circle)).toBe(1);
    const said = await given(borealis, circle);
    expect(said).not.toMatch(/first words/);
    expect(said).not.toContain(`whole ${id}`);
    expect(await borealis.rooms.store.sealedCount(circle)).toBe(0);
  });
});
