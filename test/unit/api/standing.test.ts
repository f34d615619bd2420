// What stands, wherever items are searched, counted and let out: the newest version, and nothing that was withdrawn, said anew or erased.

import { owner, staffOf } from "../../help/callers.ts";
import { describe, expect, test } from "vitest";
import type { ItemDocument } from "../../../src/api/documents.ts";
import { boardRoutes } from "../../../src/api/routes-board.ts";
import { readRoutes } from "../../../src/api/routes-read.ts";
import { verifyEvidence } from "../../../src/audit/evidence.ts";
import { compileEvidence } from "../../../src/node/evidence.ts";
import { post } from "../../../src/node/post.ts";
import { eraseExpired, type KeepDays } from "../../../src/node/retention.ts";
import type { Amendable, Amendment, PostBody } from "../../../src/record/body.ts";
import { printId, type RecordId } from "../../../src/record/ids.ts";
import type { Tlp } from "../../../src/record/marking.ts";
import { circleOfParties, heldClock, type Party, party, sync } from "../../help/memory-rooms.ts";

const DAY_MS = 86_400_000;
const OLD = "198.51.100.1";
const NEW = "203.0.113.7";
const session = { signal: AbortSignal.timeout(60_000), caller: owner };

const told = (text: string, value: string, tlp: Tlp = "amber") =>
  ({ tlp, seat: "kim", text, indicators: [{ type: "ip", value }], techniques: [] }) as const;
const sighting = (text: string, value: string, tlp: Tlp = "amber"): Amendable => ({
  kind: "sighting",
  ...told(text, value, tlp),
});
const alert = (text: string): PostBody => ({
  ...{ kind: "alert", ...told(text, OLD), severity: "severe", urgency: "immediate", certainty: "likely" },
});
const marks = { tlp: "amber", seat: "kim" } as const;
const amend = (re: RecordId, now: Amendable): Amendment => ({ kind: "amend", ...marks, tlp: now.tlp, re, now });
const retract = (re: RecordId): PostBody => ({ kind: "retract", ...marks, re });

/** Two orgs that hold everything of each other whenever one of them is asked. */
async function two(keepDays: KeepDays = {}) {
  const clock = heldClock();
  const [acme, borealis] = [party("acme", { clock, keepDays }), party("borealis", { clock })];
  const circle = await circleOfParties([acme, borealis]);
  const say = async (node: Party, body: PostBody, exercise = false): Promise<RecordId> => {
    clock.advance(1_000);
    const [posted] = await post(node.rooms, circle, [{ body, exercise }]);
    if (!posted) throw new Error("a post");
    await sync(node, node === acme ? borealis : acme, circle);
    return posted.id;
  };
  const pass = async (days: number): Promise<void> => {
    clock.advance(days * DAY_MS);
    for (const { rooms } of [acme, borealis]) await eraseExpired(rooms, circle);
  };
  return { acme, borealis, circle, say, pass, asked: askedOf(acme) };
}

function askedOf({ rooms }: Party) {
  const read = readRoutes(rooms);
  const ids = (items: readonly ItemDocument[]): readonly string[] => items.map(({ id }) => id);
  return {
    search: async (...words: readonly string[]) => ids((await read.search({ words, limit: 100 }, session)).items),
    check: async (value: string) => {
      const { hits } = await read.check({ indicators: [value] }, session);
      return hits.flatMap(({ items }) => items.map(({ id }) => id));
    },
    seen: async (value: string) =>
      (await read.check({ indicators: [value] }, session)).hits[0]?.corroboration[0]?.seen ?? 0,
    show: async (id: string) => read.show({ id }, session),
    feed: async () => JSON.stringify(await read.feed({ limit: 100 }, session)),
    acks: async (more: { readonly id?: string; readonly exercise?: boolean } = {}) =>
      (await boardRoutes(rooms, await staffOf(rooms)).acks(more, session)).alerts,
  };
}

describe("what was amended", () => {
  test("is found by its newest version, once and as itself, and by no earlier one", async () => {
    const { acme, say, asked } = await two();
    const id = await say(acme, sighting("first words", OLD));
    const shown = printId("sighting", id);
    const between = await say(acme, amend(id, sighting("second words", "192.0.2.9")));
    const last = await say(acme, amend(id, sighting("third words", NEW)));
    expect(await asked.search("words")).toEqual([shown]);
    expect(await asked.search("third")).toEqual([shown]);
    expect(await asked.search(`ip:${NEW}`)).toEqual([shown]);
    expect(await asked.check(NEW)).toEqual([shown]);
    for (const gone of ["first", "second", `ip:${OLD}`, "ip:192.0.2.9"]) expect(await asked.search(gone)).toEqual([]);
    for (const gone of [OLD, "192.0.2.9"]) expect(await asked.check(gone)).toEqual([]);
    expect(await asked.search("kind:amend")).toEqual([printId("amend", last)]);
    expect(await asked.show(printId("amend", between))).toMatchObject({
      ...{ state: "amended", text: null, indicators: [], correction: { id: printId("amend", last) } },
    });
    expect(await asked.show(shown)).toMatchObject({ state: "amended", text: "third words" });
  });

  test("is not there again where its amendment is erased before it", async () => {
    const { acme, say, pass, asked } = await two({ amber: 2 });
    const id = await say(acme, sighting("first words", OLD, "green"));
    await say(acme, amend(id, sighting("second words", OLD, "amber")));
    expect(await asked.check(OLD)).toHaveLength(1);
    await pass(3);
    for (const gone of ["words", "kind:sighting", "from:acme"]) expect(await asked.search(gone)).toEqual([]);
    expect(await asked.check(OLD)).toEqual([]);
    expect(await asked.feed()).not.toMatch(/first words|second words/);
    expect(await asked.show(printId("sighting", id))).toMatchObject({ state: "erased", text: null });
  });

  test("is proven without its body, and its newest amendment with it", async () => {
    const { acme, say } = await two();
    const id = await say(acme, sighting("first words", OLD));
    const evidence = async (of: RecordId): Promise<PostBody | undefined> => {
      const item = await acme.rooms.store.item(of);
      if (!item) throw new Error("an item");
      return verifyEvidence((await compileEvidence(acme.rooms, item, { body: true })).file).body;
    };
    expect(await evidence(id)).toMatchObject({ text: "first words" });
    const first = await say(acme, amend(id, sighting("second words", OLD)));
    const second = await say(acme, amend(id, sighting("third words", OLD)));
    expect(await evidence(id)).toBeUndefined();
    expect(await evidence(first)).toBeUndefined();
    expect(await evidence(second)).toMatchObject({ now: { text: "third words" } });
    await say(acme, retract(id));
    expect(await evidence(second)).toBeUndefined();
  });
});

describe("a tally", () => {
  test("is without what was withdrawn, erased or said in a drill", async () => {
    const { acme, borealis, say, pass, asked } = await two({ clear: 2 });
    const saw = (re: RecordId, tlp: Tlp = "amber"): PostBody => ({ kind: "sighting", ...told("too", NEW, tlp), re });
    const id = await say(acme, sighting("first words", OLD));
    const too = await say(borealis, saw(id));
    await say(borealis, saw(id), true);
    expect(await asked.seen(OLD)).toBe(2);
    await say(borealis, retract(too));
    expect(await asked.seen(OLD)).toBe(1);
    expect(await asked.check(NEW)).toEqual([]);
    await say(borealis, saw(id, "clear"));
    expect(await asked.seen(OLD)).toBe(2);
    await pass(3);
    expect(await asked.seen(OLD)).toBe(1);
    expect((await asked.show(printId("sighting", id))).sawToo).toEqual([]);
  });
});

describe("a board", () => {
  const ack = (re: RecordId, tlp: Tlp = "amber"): PostBody => ({ kind: "ack", ...marks, tlp, re });

  test("counts no drill among the real ones, and stands apart where it is of a drill", async () => {
    const { acme, borealis, say, asked } = await two();
    const real = await say(acme, alert("real"));
    const drill = await say(acme, alert("drill"), true);
    await say(borealis, ack(real), true);
    expect(await asked.acks()).toMatchObject([{ id: printId("alert", real), enough: false, acked: [] }]);
    expect(await asked.acks({ exercise: true })).toMatchObject([{ id: printId("alert", drill), exercise: true }]);
    await say(borealis, ack(real));
    expect(await asked.acks()).toEqual([]);
  });

  test("is none of what was withdrawn or erased, and counts nothing that was erased", async () => {
    const { acme, borealis, say, pass, asked } = await two({ clear: 2, amber: 20 });
    const first = await say(acme, alert("first"));
    await say(acme, retract(first));
    expect(await asked.acks()).toEqual([]);
    const second = await say(acme, alert("second"));
    const id = printId("alert", second);
    expect((await asked.acks({ id }))[0]?.acked).toEqual([]);
    await say(borealis, ack(second, "clear"));
    expect((await asked.acks({ id }))[0]?.acked).toMatchObject([{ org: "borealis" }]);
    await pass(3);
    expect((await asked.acks({ id }))[0]?.acked).toEqual([]);
    await pass(20);
    expect(await asked.acks()).toEqual([]);
    await expect(asked.acks({ id })).rejects.toMatchObject({ code: "INPUT_INVALID" });
  });
});
