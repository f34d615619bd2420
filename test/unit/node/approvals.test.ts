// Posts that the rules of a node hold until enough seats have approved them: what counts, what is kept of it, and breaking the glass.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isApprovalSigned } from "../../../src/audit/approval.ts";
import { judgeTrail } from "../../../src/audit/check.ts";
import { encodeEntry, type TrailEntry } from "../../../src/audit/entry.ts";
import { extended, TRAIL_START } from "../../../src/audit/trail.ts";
import { decodeHeld, encodeHeld, heldName } from "../../../src/node/held-row.ts";
import type { HeldPost } from "../../../src/node/releases.ts";
import type { CircleId } from "../../../src/record/ids.ts";
import { circleOfParties, hears, party, type Party, words } from "../../help/memory-rooms.ts";
import { opened } from "../../help/release-desk.ts";

const HOUR_MS = 3_600_000;
const by = { seat: "ida", token: "" };
const two = { approvals: 2, by: ["kim", "lee"], withinMs: HOUR_MS };
const said = (text: string): { body: ReturnType<typeof words>; exercise: false; key: string } => ({
  ...{ body: words(text), exercise: false, key: text },
});

async function disclosed({ rooms }: Party): Promise<readonly Extract<TrailEntry, { op: "disclosed" }>[]> {
  const judge = judgeTrail(rooms.me.key.publicKey);
  const entries = [];
  for await (const row of rooms.store.trail(0)) entries.push(judge.take(row));
  expect(judge.judged().faults).toEqual([]);
  return entries.flatMap((entry) => (entry?.op === "disclosed" ? [entry] : []));
}

async function stage(): Promise<{ acme: Party; circle: CircleId }> {
  const acme = party("acme");
  return { acme, circle: await circleOfParties([acme]) };
}

const first = ([one]: readonly { readonly post: HeldPost }[]): HeldPost => {
  if (!one) throw new Error("nothing is held");
  return one.post;
};

describe("a post that two seats must approve", () => {
  test("R77: is heard once both have, with their signatures in the trail", async () => {
    const { acme, circle } = await stage();
    const releases = await opened(acme, { able: ["kim", "lee", "ida", "max"], rules: [two] });
    expect(releases.asks(circle, words("x"))).toBe(true);
    const post = first(await releases.hold(circle, [said("one")], by));
    await expect(releases.approve(post, "ida")).rejects.toMatchObject({ code: "RIGHT_MISSING" });
    await expect(releases.approve(post, "max")).rejects.toThrow("kim, lee");
    for (const _ of [1, 2]) {
      // Once more is not twice.
      const half = await releases.approve(post, "kim");
      expect(half).toMatchObject({ state: "held", approvals: [{ seat: "kim" }] });
      expect(releases.needs(half)).toEqual([{ approvals: 2, have: ["kim"], may: ["lee"] }]);
    }
    expect(await hears(acme, circle)).toEqual([]);
    // A restart forgets no approval.
    const again = await opened(acme, { able: ["kim", "lee"], rules: [two] });
    expect(await again.approve(post, "lee")).toMatchObject({ state: "released", by: "lee" });
    expect(await hears(acme, circle)).toEqual(["one"]);
    const [row] = await disclosed(acme);
    const { subject, approvals = [], breakGlass } = row?.clearance ?? {};
    expect(approvals.map(({ seat }) => seat)).toEqual(["kim", "lee"]);
    expect(breakGlass).toBeUndefined();
    expect(subject && approvals.every((one) => isApprovalSigned(one, subject))).toBe(true);
    expect(again.broken()).toEqual([]);
  });

  test("R77: counts no approval that is too old, of a seat that is gone or came anew, or of other bytes", async () => {
    const { acme, circle } = await stage();
    const desk = { able: ["kim", "lee"], rules: [two], since: new Map([["kim", 1]]) };
    const releases = await opened(acme, desk);
    const post = first(await releases.hold(circle, [said("one")], by));
    const have = async (): Promise<readonly string[]> => {
      const [held] = await releases.held();
      if (!held) throw new Error("nothing is held");
      return releases.needs(held)[0]?.have ?? [];
    };
    await releases.approve(post, "kim");
    expect(await have()).toEqual(["kim"]);
    desk.since.set("kim", 2);
    expect(await have()).toEqual([]);
    desk.since.set("kim", 1);
    desk.able.shift();
    expect(await have()).toEqual([]);
    desk.able.unshift("kim");
    acme.clock.advance(HOUR_MS - 1);
    expect(await have()).toEqual(["kim"]);
    acme.clock.advance(1);
    expect(await have()).toEqual([]);
    expect(await releases.approve(post, "lee")).toMatchObject({ state: "held" });
    // Somebody writes other words into the row: the approval of those that were read is none of these.
    const name = heldName(circle, "one");
    const row = await acme.rooms.store.ownRow("release", name);
    const kept = row && decodeHeld(row);
    if (!kept?.said) throw new Error("the row says nothing");
    expect(await have()).toEqual(["lee"]);
    const other = encodeHeld({ ...kept, said: { ...kept.said, body: words("other") } });
    await acme.rooms.store.putOwn("release", [{ name, value: other }]);
    expect(await have()).toEqual([]);
    expect(await hears(acme, circle)).toEqual([]);
  });

  test("leaves without them where somebody breaks the glass, and the trail and the news tell who and why", async () => {
    const { acme, circle } = await stage();
    const releases = await opened(acme, { able: ["kim", "ida"], rules: [two] });
    const post = first(await releases.hold(circle, [said("one")], by));
    await releases.approve(post, "kim");
    expect(await releases.breakGlass(post, { seat: "ida", reason: "it spreads" })).toMatchObject({ state: "released" });
    expect(await hears(acme, circle)).toEqual(["one"]);
    const [row] = await disclosed(acme);
    const { subject, approvals, breakGlass } = row?.clearance ?? {};
    expect(approvals).toMatchObject([{ seat: "kim" }]);
    expect(breakGlass).toMatchObject({ seat: "ida", reason: "it spreads" });
    expect(subject && breakGlass && isApprovalSigned(breakGlass, subject)).toBe(true);
    expect(subject && breakGlass && isApprovalSigned({ ...breakGlass, reason: "no" }, subject)).toBe(false);
    const after = await opened(acme, { able: [], rules: [two] });
    expect(after.broken()).toMatchObject([{ breakGlass: { seat: "ida", reason: "it spreads" } }]);
    acme.clock.advance(3 * 24 * HOUR_MS);
    expect(after.broken()).toEqual([]);
  });

  test("a trail with an approval that its seat did not sign is at fault", async () => {
    const { acme, circle } = await stage();
    const releases = await opened(acme, { able: ["kim"], rules: [] });
    await releases.approve(first(await releases.hold(circle, [said("one")], by)), "kim");
    const judge = judgeTrail(acme.rooms.me.key.publicKey);
    let end = TRAIL_START;
    for await (const { number, entry } of acme.rooms.store.trail(0)) {
      const own = judgeTrail();
      const told = own.take({ number, entry, link: undefined });
      if (told?.op === "disclosed") told.clearance?.approvals?.[0]?.signature.fill(1);
      const forged = told ? encodeEntry(told) : new Uint8Array();
      end = extended(end, forged);
      judge.take({ number, entry: forged, link: end.link });
    }
    expect(judge.judged().faults).toMatchObject([{ what: "names an approval that its seat did not sign" }]);
  });
});

describe("approvals in any order", () => {
  test("R77: nothing is heard before every rule has its seats, and everything is heard then, once", async () => {
    const seats = ["kim", "lee", "sam"];
    const rule = fc.record({
      approvals: fc.integer({ min: 1, max: 2 }),
      by: fc.subarray(seats, { minLength: 2 }),
      withinMs: fc.constant(HOUR_MS),
    });
    const step = fc.record({
      seat: fc.constantFrom(...seats),
      text: fc.constantFrom("a", "b"),
      waitMs: fc.nat({ max: HOUR_MS / 2 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(rule, { minLength: 1, maxLength: 2 }),
        fc.array(step, { maxLength: 8 }),
        async (rules, steps) => {
          const { acme, circle } = await stage();
          let releases = await opened(acme, { able: [...seats, "ida"], rules });
          const given = new Map<string, Map<string, number>>();
          const left = new Set<string>();
          for (const { seat, text, waitMs } of steps) {
            acme.clock.advance(waitMs);
            const now = acme.clock.now();
            const post = first(await releases.hold(circle, [said(text)], by));
            const isWanted = rules.some((one) => one.by.includes(seat));
            const marks = given.get(text) ?? new Map<string, number>();
            given.set(text, marks);
            const outcome = await releases.approve(post, seat).catch((cause: unknown) => cause as Error);
            if (left.has(text)) expect(outcome).toMatchObject({ code: "NOT_FOUND" });
            else if (!isWanted) expect(outcome).toMatchObject({ code: "RIGHT_MISSING" });
            else {
              marks.set(seat, now);
              const isEnough = rules.every(
                (one) => one.by.filter((who) => now - (marks.get(who) ?? -Infinity) < HOUR_MS).length >= one.approvals,
              );
              expect(outcome).toMatchObject({ state: isEnough ? "released" : "held" });
              if (isEnough) left.add(text);
            }
            expect((await hears(acme, circle)).toSorted()).toEqual([...left].toSorted());
            releases = await opened(acme, { able: [...seats, "ida"], rules });
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});
