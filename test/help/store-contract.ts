// The one contract suite of the store: LevelDB's and the in-memory one are both held to it.

import { describe, expect, it } from "vitest";
import { extended, TRAIL_START } from "../../src/audit/trail.ts";
import { fromUtf8, utf8 } from "../../src/base/bytes.ts";
import { limits } from "../../src/base/limits.ts";
import type { Indicator, PostBody } from "../../src/record/body.ts";
import type { CircleId, RecordId } from "../../src/record/ids.ts";
import { decodeEnvelope, prunedEnvelope } from "../../src/record/wire.ts";
import type { CircleRow, Item, Kept, Store } from "../../src/store/store.ts";
import {
  MORNING,
  penIn,
  sightingOf,
  someCircle,
  someLane,
  someMember,
  someRecordId,
  typicalSighting,
} from "./records.ts";

const collect = Array.fromAsync<unknown>;
const idsOf = async (items: AsyncIterable<Item> | Promise<readonly Item[]>): Promise<readonly string[]> =>
  (await Array.fromAsync(Symbol.asyncIterator in items ? items : await items)).map(({ id }) => id);

const keep = (store: Store, circle: CircleId, ...records: readonly Kept[]): Promise<readonly Item[]> =>
  store.commit({ circle, records });
const at = (minutes: number): { at: number } => ({ at: MORNING + minutes * 60_000 });
const ip = (value: string): Indicator => ({ type: "ip", value });
const reply = (to: Kept): PostBody => ({ kind: "reply", tlp: "amber", seat: "SOC", re: to.record.id, text: "same" });

/** Runs the suite over stores that `open` makes, each of them empty. */
export function describeStore(name: string, open: () => Promise<Store>): void {
  describe(name, () => {
    it("starts empty", async () => {
      await using store = await open();
      const circle = someCircle();
      expect(await store.circles()).toEqual([]);
      expect(await store.lanes(circle)).toEqual([]);
      expect(await store.lastCursor()).toBe(0);
      expect(await store.itemCount(circle)).toBe(0);
      expect(await store.sealedCount(circle)).toBe(0);
      expect(await store.envelope(someRecordId())).toBeUndefined();
      expect(await store.item(someRecordId())).toBeUndefined();
      expect(await collect(store.feed({ limit: 10 }))).toEqual([]);
      expect(await collect(store.control(circle))).toEqual([]);
      expect(await collect(store.range(circle, { lane: someLane(), from: 0, to: 9 }))).toEqual([]);
      expect(await store.held(circle)).toEqual(new Map());
      expect(await store.setting("read")).toBeUndefined();
    });

    it("chains the rows of the trail in the order of the commits, whatever their circle, and keeps none of a commit that fails", async () => {
      await using store = await open();
      const [one, two] = [someCircle(), someCircle()];
      expect(await store.trailEnd()).toEqual(TRAIL_START);
      await store.commit({ circle: one, records: [], trail: [utf8("first"), utf8("second")] });
      await store.commit({ circle: two, records: [], trail: [utf8("third")] });
      const pen = penIn(one);
      const misplaced = [pen.says(sightingOf("203.0.113.1")), pen.says(sightingOf("203.0.113.2"))].slice(1);
      await expect(store.commit({ circle: one, records: misplaced, trail: [utf8("never")] })).rejects.toThrow();
      const rows = await Array.fromAsync(store.trail(0));
      expect(rows.map(({ number, entry }) => [number, entry && fromUtf8(entry)])).toEqual([
        [1, "first"],
        [2, "second"],
        [3, "third"],
      ]);
      let end = TRAIL_START;
      for (const { entry, link } of rows) {
        end = extended(end, entry ?? new Uint8Array(0));
        expect(link).toEqual(end.link);
      }
      expect(await store.trailEnd()).toEqual(end);
      expect((await Array.fromAsync(store.trail(2))).map(({ number }) => number)).toEqual([3]);
    });

    it("shows what is dated far ahead at the time of its receipt, so that it does not top the feed for ever", async () => {
      await using store = await open();
      const circle = someCircle();
      const acme = penIn(circle);
      const ahead = { ...acme.says(sightingOf("203.0.113.1"), at(24 * 60)), receivedAt: MORNING };
      const usual = { ...acme.says(sightingOf("203.0.113.2"), at(5)), receivedAt: MORNING };
      const items = await keep(store, circle, ahead, usual);
      expect(items.map((item) => item.at)).toEqual([MORNING, MORNING + 5 * 60_000]);
      expect(await idsOf(store.feed({ circle, limit: 9 }))).toEqual([usual.record.id, ahead.record.id]);
    });

    it("gives back every field of what an author said, and the envelope byte for byte", async () => {
      await using store = await open();
      const acme = penIn(someCircle());
      const bodies: readonly PostBody[] = [
        { ...typicalSighting(7), re: someRecordId(), source: "indicator--1", auto: true, expires: MORNING, pap: "red" },
        {
          kind: "alert",
          tlp: "red",
          seat: "Duty",
          indicators: [],
          techniques: ["T1059"],
          ackBy: MORNING,
          need: 3,
          severity: "extreme",
          urgency: "immediate",
          certainty: "observed",
          title: "Łódź 火",
        },
        { kind: "reply", tlp: "green", seat: "Duty", re: someRecordId(), text: "seen here too" },
        { kind: "ack", tlp: "clear", seat: "Duty", re: someRecordId(), note: "on it" },
      ];
      const kept = bodies.map((body, index) => acme.says(body, { exercise: index === 1, payloadBytes: 784 }));
      const items = await keep(store, acme.circle, ...kept);
      for (const [index, { record, receivedAt }] of kept.entries()) {
        const { circle, author, lane, seq, at, exercise, epoch } = record.header;
        const item = { cursor: index + 1, id: record.id, circle, author, lane, seq, at, receivedAt, exercise, epoch };
        expect(items[index]).toEqual({ ...item, body: bodies[index] });
        expect(await store.item(record.id)).toEqual(items[index]);
        expect(await store.envelope(record.id)).toEqual(record.bytes);
      }
      expect(await store.after(0, 10)).toEqual(items);
    });

    it("numbers items by arrival over all circles and pages through them", async () => {
      await using store = await open();
      const [acme, borealis] = [penIn(someCircle()), penIn(someCircle())];
      await keep(
        store,
        acme.circle,
        acme.rules(),
        acme.says(sightingOf("203.0.113.1")),
        acme.says(sightingOf("203.0.113.2")),
      );
      await keep(store, borealis.circle, borealis.says(sightingOf("203.0.113.3")), borealis.mumbles());
      await keep(store, acme.circle, acme.says(sightingOf("203.0.113.4")));
      expect((await store.after(0, 10)).map(({ cursor }) => cursor)).toEqual([1, 2, 3, 4]);
      expect((await store.after(1, 2)).map(({ cursor }) => cursor)).toEqual([2, 3]);
      expect(await store.after(4, 10)).toEqual([]);
      expect(await store.after(0, 0)).toEqual([]);
      expect(await store.lastCursor()).toBe(4);
      expect([await store.itemCount(acme.circle), await store.itemCount(borealis.circle)]).toEqual([3, 1]);
      expect([await store.sealedCount(acme.circle), await store.sealedCount(borealis.circle)]).toEqual([0, 1]);
    });

    it("tells the length and head of each lane and serves any range of it", async () => {
      await using store = await open();
      const acme = penIn(someCircle());
      const cygnus = penIn(acme.circle);
      const kept = Array.from({ length: 150 }, (_, n) =>
        n % 3 === 0 ? acme.rules() : n % 3 === 1 ? acme.says(sightingOf(`203.0.113.${n}`)) : acme.mumbles(),
      );
      await keep(store, acme.circle, ...kept.slice(0, 70));
      await keep(store, acme.circle, cygnus.rules(), ...kept.slice(70));
      const envelopes = kept.map(({ record }) => record.bytes);
      expect(await store.lanes(acme.circle)).toEqual([
        { lane: acme.lane, author: acme.author, length: 150, head: kept.at(-1)?.record.id },
        expect.objectContaining({ lane: cygnus.lane, author: cygnus.author, length: 1 }),
      ]);
      const range = (from: number, to: number): Promise<unknown[]> =>
        collect(store.range(acme.circle, { lane: acme.lane, from, to }));
      expect(await range(0, 150)).toEqual(envelopes);
      expect(await range(60, 80)).toEqual(envelopes.slice(60, 80));
      expect(await range(140, 9_999)).toEqual(envelopes.slice(140));
      expect(await range(80, 60)).toEqual([]);
      expect(await range(150, 151)).toEqual([]);
    });

    it("gives control records in order of arrival, and only those of the circle", async () => {
      await using store = await open();
      const acme = penIn(someCircle());
      const borealis = penIn(acme.circle);
      const elsewhere = penIn(someCircle());
      const [first, second, third] = [
        borealis.rules(),
        acme.rules({ kind: "prekey" }),
        acme.rules({ kind: "address" }),
      ];
      await keep(store, acme.circle, first, second, third, acme.mumbles());
      await keep(store, elsewhere.circle, elsewhere.rules());
      expect(await collect(store.control(acme.circle))).toEqual(
        [first, second, third].map(({ record }) => record.bytes),
      );
    });

    it("refuses a record that is not the next of its lane, and keeps nothing of that commit", async () => {
      await using store = await open();
      const acme = penIn(someCircle());
      const first = acme.says(sightingOf("203.0.113.1"));
      const second = acme.says(sightingOf("203.0.113.2"));
      const third = acme.says(sightingOf("203.0.113.3"));
      await expect(keep(store, acme.circle, first, third)).rejects.toThrow("next of its lane");
      await expect(keep(store, acme.circle, second)).rejects.toThrow("next of its lane");
      await expect(keep(store, someCircle(), first)).rejects.toThrow("one circle");
      expect(await store.lastCursor()).toBe(0);
      expect(await store.envelope(first.record.id)).toBeUndefined();
      await keep(store, acme.circle, first, second);
      await expect(keep(store, acme.circle, second)).rejects.toThrow("next of its lane");
      expect(await store.lastCursor()).toBe(2);
    });

    it("opens posts that were kept sealed once their key comes, and gives them a cursor then", async () => {
      await using store = await open();
      const acme = penIn(someCircle());
      const borealis = penIn(acme.circle);
      const [one, two, three] = [acme.mumbles(), acme.mumbles(), acme.mumbles()];
      await keep(store, acme.circle, one, two, three, borealis.mumbles(), borealis.says(sightingOf("203.0.113.9")));
      expect(await store.sealedCount(acme.circle)).toBe(4);
      expect(await Array.fromAsync(store.unopened(acme.circle))).toHaveLength(4);
      expect(await store.item(two.record.id)).toBeUndefined();
      const waiting = [one, two, three].map(({ record, receivedAt }) => ({ envelope: record.bytes, receivedAt }));
      expect(await collect(store.sealedUnder(acme.circle, acme.epoch))).toEqual(waiting);
      expect(await collect(store.sealedUnder(acme.circle, someRecordId()))).toEqual([]);

      const opened = [
        { record: two.record, receivedAt: two.receivedAt, content: sightingOf("203.0.113.2") },
        { record: three.record, receivedAt: three.receivedAt, content: "malformed" as const },
      ];
      const items = await store.commit({
        circle: acme.circle,
        records: [acme.says(sightingOf("203.0.113.3"))],
        opened,
      });
      expect(items.map(({ cursor, id }) => [cursor, id === two.record.id])).toEqual([
        [2, false],
        [3, true],
      ]);
      expect(await store.item(two.record.id)).toEqual(items[1]);
      expect(await idsOf(store.byIndicator({ type: "ip", value: "203.0.113.2" }, 5))).toEqual([two.record.id]);
      expect(await store.sealedCount(acme.circle)).toBe(2);
      expect(await collect(store.sealedUnder(acme.circle, acme.epoch))).toEqual(waiting.slice(0, 1));
      expect(await collect(store.range(acme.circle, { lane: acme.lane, from: 0, to: 3 }))).toEqual(
        waiting.map(({ envelope }) => envelope),
      );
      // What was no post may be one after all.
      const after = { record: three.record, receivedAt: three.receivedAt, content: sightingOf("203.0.113.4") };
      expect(await store.commit({ circle: acme.circle, records: [], opened: [after] })).toHaveLength(1);
      expect(await store.item(three.record.id)).toMatchObject({ id: three.record.id, cursor: 4 });
      expect(await Array.fromAsync(store.unopened(acme.circle))).toHaveLength(2);
      // What is open already stays as it is.
      expect(await store.commit({ circle: acme.circle, records: [], opened })).toEqual([]);
      expect(await store.sealedCount(acme.circle)).toBe(2);
      expect(await store.itemCount(acme.circle)).toBe(4);
    });

    it("walks what is sealed in order of arrival, and keeps with each opened post what proves it", async () => {
      await using store = await open();
      const acme = penIn(someCircle());
      const borealis = penIn(acme.circle);
      const salt = new Uint8Array(32).fill(7);
      const [one, two, three] = [acme.mumbles(), borealis.mumbles(), acme.mumbles()];
      const own = { ...acme.says(sightingOf("203.0.113.1")), salt };
      const bare = acme.says(sightingOf("203.0.113.4"));
      const rule = acme.rules();
      await keep(store, acme.circle, one, two, three, own, bare, rule);
      const walk = async (after: number): Promise<readonly (readonly [number, RecordId])[]> =>
        (await Array.fromAsync(store.sealed(acme.circle, after))).map(({ number, envelope }) => [
          number,
          decodeEnvelope(envelope).id,
        ]);
      expect((await collect(store.sealed(acme.circle, 0)))[0]).toEqual({
        ...{ number: 1, envelope: one.record.bytes, receivedAt: one.receivedAt },
      });
      expect(await walk(0)).toEqual([one, two, three].map(({ record }, index) => [index + 1, record.id]));
      expect(await walk(1)).toEqual([
        [2, two.record.id],
        [3, three.record.id],
      ]);
      expect(await walk(3)).toEqual([]);
      expect(await collect(store.sealed(someCircle(), 0))).toEqual([]);
      expect(await store.opening(own.record.id)).toEqual({ envelope: own.record.bytes, salt, body: own.content });
      expect(await store.opening(bare.record.id)).toBeUndefined();
      expect(await store.opening(two.record.id)).toBeUndefined();
      expect(await store.opening(rule.record.id)).toBeUndefined();
      expect(await store.opening(someRecordId())).toBeUndefined();

      const opened = { record: two.record, receivedAt: two.receivedAt, content: sightingOf("203.0.113.2"), salt };
      const unread = { record: three.record, receivedAt: three.receivedAt, content: "malformed" as const };
      await store.commit({ circle: acme.circle, records: [], opened: [opened, unread] });
      expect(await walk(0)).toEqual([[1, one.record.id]]);
      expect(await store.opening(two.record.id)).toEqual({
        ...{ envelope: two.record.bytes, salt, body: sightingOf("203.0.113.2") },
      });
      expect(await store.opening(three.record.id)).toBeUndefined();
    });

    it("keeps a post without its payload, and whole once it came, and counts the bytes of both", async () => {
      await using store = await open();
      const acme = penIn(someCircle());
      const [rule, one, two, three, last] = [
        acme.rules(),
        acme.mumbles(),
        acme.mumbles(),
        acme.mumbles(),
        acme.rules(),
      ];
      const hollow = (kept: Kept): Kept => ({ ...kept, content: "hollow" });
      expect(await store.bytes(acme.circle)).toBe(0);
      await keep(store, acme.circle, rule, hollow(one), hollow(two), hollow(three), last);

      const bare = decodeEnvelope((await store.envelope(one.record.id)) ?? new Uint8Array());
      expect(bare.payload).toEqual(new Uint8Array(0));
      expect([bare.id, bare.signature]).toEqual([one.record.id, one.record.signature]);
      const envelopes = await Array.fromAsync(store.range(acme.circle, { lane: acme.lane, from: 0, to: 9 }));
      expect(envelopes.map((bytes) => decodeEnvelope(bytes).id)).toEqual(
        [rule, one, two, three, last].map(({ record }) => record.id),
      );
      expect(await store.lanes(acme.circle)).toEqual([
        { lane: acme.lane, author: acme.author, length: 5, head: last.record.id },
      ]);
      const hollowBytes = rule.record.bytes.length + last.record.bytes.length + 3 * bare.bytes.length;
      expect(await store.bytes(acme.circle)).toBe(hollowBytes);
      expect(bare.bytes.length).toBeLessThan(one.record.bytes.length - 250);
      expect([await store.sealedCount(acme.circle), await store.itemCount(acme.circle)]).toEqual([0, 0]);
      expect(await collect(store.unopened(acme.circle))).toMatchObject(
        [1, 2, 3].map((seq) => ({ lane: acme.lane, seq, hollow: true })),
      );

      const body = sightingOf("203.0.113.9");
      const filled: readonly Kept[] = [{ ...one, content: body }, three];
      const items = await store.commit({ circle: acme.circle, records: [], filled });
      expect(items.map(({ id, cursor }) => [id, cursor])).toEqual([[one.record.id, 1]]);
      expect(await store.envelope(one.record.id)).toEqual(one.record.bytes);
      expect(await idsOf(store.feed({ circle: acme.circle, limit: 9 }))).toEqual([one.record.id]);
      expect(await store.bytes(acme.circle)).toBe(hollowBytes + 2 * (one.record.bytes.length - bare.bytes.length));
      expect([await store.sealedCount(acme.circle), await store.itemCount(acme.circle)]).toEqual([1, 1]);
      expect((await Array.fromAsync(store.unopened(acme.circle))).sort((a, b) => a.seq - b.seq)).toMatchObject([
        { lane: acme.lane, seq: 2, hollow: true },
        { lane: acme.lane, seq: 3, hollow: false },
      ]);
      expect(await collect(store.sealed(acme.circle, 0))).toEqual([
        expect.objectContaining({ envelope: three.record.bytes }),
      ]);
      // What is whole already stays as it is.
      expect(await store.commit({ circle: acme.circle, records: [], filled })).toEqual([]);
      expect(await store.bytes(acme.circle)).toBe(hollowBytes + 2 * (one.record.bytes.length - bare.bytes.length));
    });

    it("shows the feed newest first by the author's clock, then by arrival", async () => {
      await using store = await open();
      const [acme, borealis] = [penIn(someCircle()), penIn(someCircle())];
      const alert: PostBody = {
        kind: "alert",
        tlp: "amber",
        seat: "Duty",
        indicators: [],
        techniques: [],
        severity: "severe",
        urgency: "expected",
        certainty: "likely",
      };
      const late = acme.says(sightingOf("203.0.113.1"), at(30));
      const early = acme.says(alert, at(10));
      const tied = acme.says(sightingOf("203.0.113.2"), at(30));
      const other = borealis.says(alert, at(20));
      await keep(store, acme.circle, late, early, tied);
      await keep(store, borealis.circle, other);
      const [lateId, earlyId, tiedId, otherId] = [late, early, tied, other].map(({ record }) => record.id);

      expect(await idsOf(store.feed({ limit: 10 }))).toEqual([tiedId, lateId, otherId, earlyId]);
      expect(await idsOf(store.feed({ limit: 2 }))).toEqual([tiedId, lateId]);
      expect(await idsOf(store.feed({ limit: 0 }))).toEqual([]);
      expect(await idsOf(store.feed({ limit: 10, circle: acme.circle }))).toEqual([tiedId, lateId, earlyId]);
      expect(await idsOf(store.feed({ limit: 10, circle: someCircle() }))).toEqual([]);
      expect(await idsOf(store.feed({ limit: 10, kinds: ["alert"] }))).toEqual([otherId, earlyId]);
      expect(await idsOf(store.feed({ limit: 10, kinds: [] }))).toEqual([]);
      expect(await idsOf(store.feed({ limit: 10, since: at(20).at }))).toEqual([tiedId, lateId, otherId]);
      expect(await idsOf(store.feed({ limit: 10, until: at(20).at }))).toEqual([otherId, earlyId]);
      expect(await idsOf(store.feed({ limit: 10, since: at(11).at, until: at(29).at }))).toEqual([otherId]);
      expect(await idsOf(store.feed({ limit: 10, since: at(29).at, until: at(11).at }))).toEqual([]);
      const before = { at: at(30).at, cursor: 3 };
      expect(await idsOf(store.feed({ limit: 10, before }))).toEqual([lateId, otherId, earlyId]);
    });

    it("pages through a long feed without losing or repeating an item", async () => {
      await using store = await open();
      const pens = [penIn(someCircle()), penIn(someCircle())];
      for (const [index, pen] of pens.entries()) {
        const kept = Array.from({ length: 90 }, (_, n) =>
          pen.says(sightingOf(`198.51.100.${n}`), { at: MORNING + ((n * 7 + index) % 40) }),
        );
        await keep(store, pen.circle, ...kept);
      }
      const whole = await idsOf(store.feed({ limit: 1_000 }));
      const paged: string[] = [];
      for (let before: { at: number; cursor: number } | undefined; ;) {
        const page = await Array.fromAsync(store.feed({ limit: 37, ...(before ? { before } : {}) }));
        paged.push(...page.map(({ id }) => id));
        const last = page.at(-1);
        if (!last) break;
        before = { at: last.at, cursor: last.cursor };
      }
      expect(whole).toHaveLength(180);
      expect(paged).toEqual(whole);
    });

    it("gathers a thread in any order of arrival, and never across circles", async () => {
      await using store = await open();
      const [acme, borealis, stranger] = [penIn(someCircle()), penIn(someCircle()), penIn(someCircle())];
      const cygnus = penIn(acme.circle);
      const root = acme.says(sightingOf("203.0.113.1"), { at: MORNING });
      const answer = cygnus.says(reply(root), { at: MORNING + 1_000 });
      const again = cygnus.says({ ...sightingOf("203.0.113.1"), re: answer.record.id }, { at: MORNING + 2_000 });
      await keep(store, acme.circle, answer, again);
      expect(await store.rootOf(again.record.id)).toBe(answer.record.id);
      expect(await idsOf(store.thread(root.record.id, 10))).toEqual([answer.record.id, again.record.id]);
      await keep(store, stranger.circle, stranger.says(reply(root)));
      await keep(store, acme.circle, root);
      expect(await idsOf(store.thread(root.record.id, 10))).toEqual([answer.record.id, again.record.id]);
      expect(await idsOf(store.thread(root.record.id, 1))).toEqual([answer.record.id]);
      expect(await idsOf(store.thread(borealis.epoch, 10))).toEqual([]);
      expect(await store.rootOf(again.record.id)).toBe(root.record.id);
      expect(await store.rootOf(root.record.id)).toBe(root.record.id);
      const unknown = someRecordId();
      expect(await store.rootOf(unknown)).toBe(unknown);
    });

    it("finds who else named exactly this indicator, newest arrival first", async () => {
      await using store = await open();
      const [acme, borealis] = [penIn(someCircle()), penIn(someCircle())];
      const first = acme.says(sightingOf("203.0.113.1", "203.0.113.2"), { at: MORNING + 9_000 });
      const second = borealis.says(sightingOf("203.0.113.1"), { at: MORNING });
      await keep(store, acme.circle, first, acme.says(sightingOf("203.0.113.11")));
      await keep(store, borealis.circle, second);
      expect(await idsOf(store.byIndicator(ip("203.0.113.1"), 10))).toEqual([second.record.id, first.record.id]);
      expect(await idsOf(store.byIndicator(ip("203.0.113.1"), 1))).toEqual([second.record.id]);
      expect(await idsOf(store.byIndicator(ip("203.0.113.2"), 10))).toEqual([first.record.id]);
      expect(await idsOf(store.byIndicator({ type: "domain", value: "203.0.113.1" }, 10))).toEqual([]);
    });

    it("resolves the beginning of an id to the items that start with it", async () => {
      await using store = await open();
      const acme = penIn(someCircle());
      const kept = Array.from({ length: 40 }, (_, n) => acme.says(sightingOf(`203.0.113.${n}`)));
      const control = acme.rules();
      await keep(store, acme.circle, ...kept, control);
      const ids = kept.map(({ record }) => record.id).sort();
      const [low, high] = [ids[5] ?? someRecordId(), ids[20] ?? someRecordId()];
      expect(await store.resolve(low, high, 100)).toEqual(ids.slice(5, 21));
      expect(await store.resolve(low, high, 3)).toEqual(ids.slice(5, 8));
      expect(await store.resolve(low, low, 3)).toEqual([low]);
      expect(await store.resolve(control.record.id, control.record.id, 3)).toEqual([]);
    });

    it("knows a script's repeat by its key until the key is too old", async () => {
      await using store = await open();
      const acme = penIn(someCircle());
      const post = { ...acme.says(sightingOf("203.0.113.1")), idempotencyKey: "case-42" };
      await keep(store, acme.circle, post);
      const now = post.receivedAt;
      expect(await store.byIdempotencyKey(acme.circle, "case-42", now)).toBe(post.record.id);
      expect(await store.byIdempotencyKey(acme.circle, "case-42", now + limits.idempotencyKeepMs)).toBe(post.record.id);
      expect(await store.byIdempotencyKey(acme.circle, "case-42", now + limits.idempotencyKeepMs + 1)).toBeUndefined();
      expect(await store.byIdempotencyKey(acme.circle, "case-43", now)).toBeUndefined();
      expect(await store.byIdempotencyKey(someCircle(), "case-42", now)).toBeUndefined();
    });

    it("never lowers what members told us they hold", async () => {
      await using store = await open();
      const circle = someCircle();
      const [acme, borealis] = [someMember(), someMember()];
      const [one, two] = [someLane(), someLane()];
      const tell = (
        ...held: readonly (readonly [typeof acme, readonly (readonly [typeof one, number])[]])[]
      ): Promise<unknown> =>
        store.commit({
          circle,
          records: [],
          held: held.map(([member, lanes]) => ({ member, frontier: new Map(lanes) })),
        });
      await tell(
        [
          acme,
          [
            [one, 5],
            [two, 1],
          ],
        ],
        [borealis, [[one, 2]]],
      );
      await tell([acme, [[one, 3]]], [acme, [[two, 4]]], [borealis, [[one, 9]]]);
      expect(await store.held(circle)).toEqual(
        new Map([
          [
            acme,
            new Map([
              [one, 5],
              [two, 4],
            ]),
          ],
          [borealis, new Map([[one, 9]])],
        ]),
      );
      expect(await store.held(someCircle())).toEqual(new Map());
    });

    it("keeps the newest receipt of each member and lane, of its circle alone", async () => {
      await using store = await open();
      const circle = someCircle();
      const [acme, borealis] = [someMember(), someMember()];
      const [one, two] = [someLane(), someLane()];
      const keeps = (...receipts: readonly (readonly [typeof acme, typeof one, number])[]): Promise<unknown> =>
        store.commit({
          ...{ circle, records: [] },
          receipts: receipts.map(([member, lane, byte]) => ({ member, lane, bytes: Uint8Array.of(byte) })),
        });
      await keeps([acme, one, 1], [acme, two, 2], [borealis, one, 3]);
      await keeps([acme, one, 4]);
      const found = async (of: typeof circle): Promise<number[]> =>
        (await Array.fromAsync(store.receipts(of))).map(([byte = 0]) => byte).toSorted((left, right) => left - right);
      expect(await found(circle)).toEqual([2, 3, 4]);
      expect(await found(someCircle())).toEqual([]);
    });

    it("keeps a circle's row and changes it only when told to", async () => {
      await using store = await open();
      const acme = penIn(someCircle());
      const row: CircleRow = {
        id: acme.circle,
        name: "Nordic banks",
        lane: acme.lane,
        state: "current",
        joinedAt: MORNING,
      };
      await store.commit({ circle: acme.circle, records: [acme.rules()], row });
      await keep(store, acme.circle, acme.rules());
      expect(await store.circles()).toEqual([row]);
      await store.commit({ circle: acme.circle, records: [], row: { ...row, state: "removed" } });
      expect(await store.circles()).toEqual([{ ...row, state: "removed" }]);
    });

    it("takes commits one after the other, however they are called", async () => {
      await using store = await open();
      const acme = penIn(someCircle());
      const kept = Array.from({ length: 20 }, (_, n) => acme.says(sightingOf(`203.0.113.${n}`)));
      const made = await Promise.all(kept.map((one) => keep(store, acme.circle, one)));
      expect(made.flat().map(({ cursor }) => cursor)).toEqual(kept.map((_, index) => index + 1));
    });

    it("remembers one row a peer", async () => {
      await using store = await open();
      const [acme, borealis] = [utf8("key of acme"), utf8("key of borealis")];
      await store.putPeer(acme, utf8("blocked"));
      await store.putPeer(acme, utf8("verified"));
      await store.putPeer(borealis, utf8("blocked"));
      const rows = await Array.fromAsync(store.peers());
      expect(rows).toHaveLength(2);
      expect(new Set(rows.map(fromUtf8))).toEqual(new Set(["blocked", "verified"]));
      await expect(store.putPeer(acme, new Uint8Array(limits.peerRowBytesMax + 1))).rejects.toThrow("small");
    });

    it("keeps rows of the node's own by kind and name until they are taken away", async () => {
      await using store = await open();
      const [kim, siem] = [utf8("kim"), utf8("siem")];
      const put = (kind: "seat" | "token", name: Uint8Array, text: string | undefined): Promise<void> =>
        store.putOwn(kind, [{ name, value: text === undefined ? undefined : utf8(text) }]);
      await store.putOwn(
        "seat",
        [kim, siem].map((name) => ({ name, value: utf8("first") })),
      );
      await put("seat", kim, "second");
      await put("token", kim, "a token");
      const rows = async (): Promise<ReadonlySet<unknown>> =>
        new Set((await Array.fromAsync(store.own("seat"))).map(fromUtf8));
      expect(await rows()).toEqual(new Set(["first", "second"]));
      expect(fromUtf8((await store.ownRow("token", kim)) ?? utf8(""))).toBe("a token");
      await put("seat", siem, undefined);
      expect(await rows()).toEqual(new Set(["second"]));
      expect(await store.ownRow("seat", siem)).toBeUndefined();
      await expect(put("seat", kim, "x".repeat(limits.ownRowBytesMax + 1))).rejects.toThrow("small");
    });

    it("keeps drafts in order until they are settled, with the records that they became or on their own", async () => {
      await using store = await open();
      const acme = penIn(someCircle());
      const { circle } = acme;
      const drafts = [1, 2, 3, 4].map((n) => {
        return {
          body: sightingOf(`203.0.113.${n}`),
          exercise: n % 2 === 0,
          key: `key ${n}`,
          accept: n === 1 ? (["key-change"] as const) : [],
        };
      });
      expect(await store.drafts(circle)).toEqual([]);
      await store.commit({ circle, records: [], drafts: drafts.slice(0, 2) });
      await store.commit({ circle, records: [], drafts: drafts.slice(2) });
      const held = await store.drafts(circle);
      expect(held).toMatchObject(drafts);
      expect(held).toHaveLength(drafts.length);
      const [first, second, third, fourth] = held;
      if (!first || !second || !third || !fourth) throw new Error("four drafts");
      expect([first, second, third, fourth].map(({ number }) => number)).toEqual(
        held.map(({ number }) => number).toSorted((left, right) => left - right),
      );
      const kept = { ...acme.says(drafts[0]?.body ?? sightingOf("203.0.113.1")), idempotencyKey: "key 1" };
      await store.commit({ circle, records: [kept], settled: [{ number: first.number }] });
      await store.commit({ circle, records: [], settled: [{ number: third.number, refused: "TLP_REFUSED" }] });
      expect(await store.drafts(circle)).toEqual([second, { ...third, refused: "TLP_REFUSED" }, fourth]);
      expect(await store.drafts(someCircle())).toEqual([]);
      await store.commit({ circle, records: [], settled: held.map(({ number }) => ({ number })) });
      expect(await store.drafts(circle)).toEqual([]);
    });

    it("takes the body from a post with all that opens or finds it, and keeps its place, its envelope's head and its item", async () => {
      await using store = await open();
      const acme = penIn(someCircle());
      const { circle } = acme;
      const [first, second] = [acme.says(sightingOf("203.0.113.1")), acme.says(sightingOf("203.0.113.2"))];
      const salted = { ...first, salt: new Uint8Array(32).fill(7) };
      const [sealed, about] = [acme.mumbles(), acme.says(reply(first))];
      await keep(store, circle, salted, second, sealed, about);
      const before = await store.item(first.record.id);
      const erased = [first, sealed].map(({ record }) => ({ id: record.id, why: "retracted" as const }));
      await store.commit({ circle, records: [], erased: [...erased, { id: someRecordId(), why: "expired" }] });
      const empty = { kind: "sighting", tlp: "amber", seat: "", indicators: [], techniques: [] };
      expect(await store.item(first.record.id)).toEqual({ ...before, body: empty, erased: "retracted" });
      expect(await store.item(second.record.id)).not.toHaveProperty("erased");
      expect(await store.opening(first.record.id)).toBeUndefined();
      expect(await store.withheld(first.record.id)).toBeUndefined();
      expect(await store.byIndicator(ip("203.0.113.1"), 9)).toEqual([]);
      expect(await store.byIndicator(ip("203.0.113.2"), 9)).toHaveLength(1);
      expect(await idsOf(store.feed({ circle, limit: 9 }))).toContain(first.record.id);
      expect(await idsOf(store.thread(first.record.id, 9))).toEqual([about.record.id]);
      // What is served has the same header, so that the lane goes on; nothing of it opens.
      const range = await Array.fromAsync(store.range(circle, { lane: acme.lane, from: 0, to: 4 }));
      const heads = [salted, second, sealed, about].map(({ record }) => record.id);
      expect(range.map((envelope) => decodeEnvelope(envelope).id)).toEqual(heads);
      expect(range.map((envelope) => decodeEnvelope(envelope).payload.length > 0)).toEqual([false, true, false, true]);
      expect(await store.envelope(first.record.id)).toEqual(range[0]);
      expect([await store.sealedCount(circle), await store.itemCount(circle)]).toEqual([0, 3]);
      expect(await Array.fromAsync(store.sealedUnder(circle, acme.epoch))).toEqual([]);
      const { id, header } = sealed.record;
      const place = {
        id,
        lane: acme.lane,
        seq: header.seq,
        receivedAt: sealed.receivedAt,
        erased: true,
        hollow: false,
      };
      expect(await Array.fromAsync(store.unopened(circle))).toEqual([place]);
    });

    it("keeps what is erased as it comes without its body, and what comes without one for whoever has it", async () => {
      await using store = await open();
      const acme = penIn(someCircle());
      const { circle } = acme;
      const said = { ...acme.says(sightingOf("203.0.113.1")), erased: { why: "expired" as const } };
      const sealed = { ...acme.mumbles(), erased: { why: "retracted" as const } };
      const pruned = acme.mumbles();
      const record = decodeEnvelope(prunedEnvelope(pruned.record)) as typeof pruned.record;
      const [item] = await keep(store, circle, said, sealed, { ...pruned, record });
      expect(item).toMatchObject({ erased: "expired", body: { indicators: [] } });
      expect(await store.item(said.record.id)).toEqual(item);
      expect(await store.byIndicator(ip("203.0.113.1"), 9)).toEqual([]);
      expect(await store.sealedCount(circle)).toBe(1);
      // No epoch opens it.
      expect(await Array.fromAsync(store.sealedUnder(circle, acme.epoch))).toEqual([]);
      expect(await Array.fromAsync(store.sealed(circle, 0))).toMatchObject([{ envelope: record.bytes }]);
      const opened = { record, receivedAt: MORNING, content: sightingOf("203.0.113.9"), salt: new Uint8Array(32) };
      const [came] = await store.commit({ circle, records: [], opened: [opened] });
      expect(came).toMatchObject({ id: record.id, body: opened.content });
      expect(await store.item(record.id)).toEqual(came);
      expect(await store.envelope(record.id)).toEqual(record.bytes);
      expect(await store.opening(record.id)).toEqual({
        ...{ envelope: record.bytes, salt: opened.salt, body: opened.content },
      });
      await store.commit({ circle, records: [], erased: [{ id: record.id, why: "expired" }] });
      expect(await store.envelope(record.id)).toEqual(record.bytes);
      expect(await store.opening(record.id)).toBeUndefined();
    });

    it("withholds a body until it is erased for good, and gives it to nobody but who asks for what is withheld", async () => {
      await using store = await open();
      const acme = penIn(someCircle());
      const { circle } = acme;
      const salt = new Uint8Array(32).fill(7);
      const kept = { ...acme.says(sightingOf("203.0.113.1")), salt };
      await keep(store, circle, kept);
      const { id, bytes } = kept.record;
      await store.commit({ circle, records: [], erased: [{ id, why: "retracted", withheld: true }] });
      expect(await store.item(id)).toMatchObject({ erased: "retracted", body: { indicators: [] } });
      expect(await store.byIndicator(ip("203.0.113.1"), 9)).toEqual([]);
      expect(await store.opening(id)).toBeUndefined();
      expect((await store.envelope(id))?.length).toBeLessThan(bytes.length);
      expect(await store.withheld(id)).toEqual({ envelope: bytes, salt, body: kept.content });
      await store.commit({ circle, records: [], erased: [{ id, why: "retracted" }] });
      expect(await store.withheld(id)).toBeUndefined();
      expect(await store.item(id)).toMatchObject({ erased: "retracted", body: { indicators: [] } });
    });

    it("remembers small settings", async () => {
      await using store = await open();
      await store.putSetting("read", utf8("17"));
      await store.putSetting("read", utf8("18"));
      expect(await store.setting("read")).toEqual(utf8("18"));
      expect(await store.setting("reads")).toBeUndefined();
      await expect(store.putSetting("big", new Uint8Array(limits.settingBytesMax + 1))).rejects.toThrow("small");
    });
  });
}
