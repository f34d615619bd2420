// Which rules ask for a post, and which approvals count for them.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { circleId, recordId } from "../../../src/record/ids.ts";
import { TLP_LEVELS } from "../../../src/record/marking.ts";
import { isAsked, isMet, needsOf, type ReleaseRule, rulesFor } from "../../../src/seat/release.ts";
import { words } from "../../help/memory-rooms.ts";

const id = circleId(new Uint8Array(32).fill(1));
const target = { id, name: "retail" };
const SEATS = ["kim", "lee", "sam", "ada"];
const seats = fc.subarray(SEATS);
const rule: fc.Arbitrary<ReleaseRule> = fc.record(
  {
    approvals: fc.integer({ min: 1, max: 3 }),
    withinMs: fc.integer({ min: 1, max: 100 }),
    by: seats,
  },
  { requiredKeys: ["approvals", "withinMs"] },
);
const approvals = fc.array(fc.record({ seat: fc.constantFrom(...SEATS), at: fc.integer({ min: 0, max: 200 }) }), {
  maxLength: 6,
});

describe("the rules of a node", () => {
  test("ask for a circle by its name or id, and for the markings that they name", () => {
    const rules: readonly ReleaseRule[] = [
      { circles: ["retail"], approvals: 1, withinMs: 1 },
      { circles: [id], tlp: ["red", "amber+strict"], approvals: 2, withinMs: 1 },
      { circles: ["board"], approvals: 3, withinMs: 1 },
      { tlp: ["red"], approvals: 4, withinMs: 1 },
    ];
    const asked = TLP_LEVELS.map((tlp) => [tlp, rulesFor(rules, target, tlp).map(({ approvals: n }) => n)]);
    expect(Object.fromEntries(asked)).toEqual({
      ...{ clear: [1], green: [1], amber: [1], "amber+strict": [1, 2], red: [1, 2, 4] },
    });
  });

  test("keep back nothing that says nothing: an acknowledgement, a withdrawal, a reminder", () => {
    const re = recordId(new Uint8Array(32));
    expect(isAsked({ kind: "ack", tlp: "red", seat: "kim", re })).toBe(false);
    expect(isAsked({ kind: "ack", tlp: "red", seat: "kim", re, note: "at once" })).toBe(true);
    expect(isAsked({ kind: "retract", tlp: "red", seat: "kim", re })).toBe(false);
    expect(isAsked({ kind: "retract", tlp: "red", seat: "kim", re, why: "it was kim's laptop" })).toBe(true);
    expect(isAsked({ kind: "nudge", tlp: "red", seat: "kim", re })).toBe(false);
    expect(isAsked(words("hello"))).toBe(true);
  });

  test("R77: an approval counts of another seat than the poster's, that may approve now and that the rule names, for the rule's time", () => {
    fc.assert(
      fc.property(
        fc.array(rule, { maxLength: 3 }),
        approvals,
        seats,
        fc.constantFrom(...SEATS),
        (rules, given, able, poster) => {
          const now = 100;
          const needs = needsOf(rules, { approvals: given, able, poster, now });
          expect(needs).toHaveLength(Math.max(1, rules.length));
          for (const [index, { have, may, approvals: wanted }] of needs.entries()) {
            const { by, withinMs } = rules[index] ?? { withinMs: Infinity };
            expect(wanted).toBe(rules[index]?.approvals ?? 1);
            for (const seat of SEATS) {
              const mayAtAll = seat !== poster && able.includes(seat) && (by === undefined || by.includes(seat));
              const isFresh = given.some((one) => one.seat === seat && Math.abs(now - one.at) < withinMs);
              expect({ seat, have: have.includes(seat), may: may.includes(seat) }).toEqual({
                ...{ seat, have: mayAtAll && isFresh, may: mayAtAll && !isFresh },
              });
            }
          }
          expect(isMet(needs)).toBe(needs.every(({ have, approvals: wanted }) => have.length >= wanted));
        },
      ),
    );
  });
});
