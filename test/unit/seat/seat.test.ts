// What a seat and its token let a caller do, and how the rows of the store hold them.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { circleId } from "../../../src/record/ids.ts";
import { TLP_LEVELS, stricter } from "../../../src/record/marking.ts";
import { decodeSeat, decodeToken, encodeSeat, encodeToken } from "../../../src/seat/rows.ts";
import { type Bucket, callerOf, refusedPost, RIGHTS, type Seat, spend, type Token } from "../../../src/seat/seat.ts";

const circles = [1, 2, 3].map((n) => circleId(new Uint8Array(32).fill(n)));
const seat: Seat = { name: "siem", machine: true, rights: ["post"], at: 1 };
const token: Token = { name: "edr", seat: "siem", mac: new Uint8Array(32), release: "hold", at: 2 };
const some = fc.option(fc.subarray(circles, { minLength: 1 }), { nil: undefined });

describe("a caller by a token", () => {
  test("uses a circle only where its seat and its token both may", () => {
    fc.assert(
      fc.property(some, some, (ofSeat, ofToken) => {
        const caller = callerOf(
          { ...seat, ...(ofSeat && { circles: ofSeat }) },
          { ...token, ...(ofToken && { circles: ofToken }) },
        );
        for (const circle of circles) {
          const both = (ofSeat?.includes(circle) ?? true) && (ofToken?.includes(circle) ?? true);
          expect(caller.circles?.has(circle) ?? true).toBe(both);
        }
      }),
    );
  });

  test("posts no marking above that of its token, no kind that it does not name, and no alert without the right", () => {
    for (const maxTlp of TLP_LEVELS)
      for (const tlp of TLP_LEVELS) {
        const caller = callerOf(seat, { ...token, maxTlp });
        expect(refusedPost(caller, { kind: "sighting", tlp }) !== undefined).toBe(stricter(tlp, maxTlp));
      }
    const narrow = callerOf(seat, { ...token, kinds: ["sighting"] });
    expect(refusedPost(narrow, { kind: "reply", tlp: "clear" })).toContain("may not post a reply");
    expect(refusedPost(callerOf(seat, token), { kind: "alert", tlp: "clear" })).toContain("may not raise alerts");
    const loud = callerOf({ ...seat, rights: ["post", "alert"] }, token);
    expect(refusedPost(loud, { kind: "alert", tlp: "clear" })).toBeUndefined();
  });
});

test("a rate lets through its count at once, and in any time no more than what has come since", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1_000, max: 3_600_000 }),
      fc.array(fc.integer({ min: 0, max: 100_000 }), { maxLength: 200 }),
      (count, perMs, steps) => {
        let [bucket, now, taken]: [Bucket | undefined, number, number] = [undefined, 0, 0];
        for (const step of steps) {
          now += step;
          const next = spend({ count, perMs }, bucket, now);
          if ("waitMs" in next) {
            // What it is told to wait is enough.
            expect("left" in spend({ count, perMs }, bucket, now + next.waitMs + 1)).toBe(true);
            continue;
          }
          bucket = next;
          taken += 1;
        }
        expect(taken).toBeLessThanOrEqual(count + (now * count) / perMs + 1e-6);
        if (steps.length >= count) expect(taken).toBeGreaterThanOrEqual(count);
      },
    ),
  );
});

test("seats and tokens are read as they were written; what is none is refused", () => {
  const full: Token = {
    ...token,
    ...{ circles, kinds: ["sighting", "note"], maxTlp: "green", rate: { count: 60, perMs: 3_600_000 }, expires: 9 },
  };
  expect(decodeToken(encodeToken(full))).toEqual(full);
  expect(decodeToken(encodeToken(token))).toEqual(token);
  const person: Seat = { ...seat, machine: false, rights: [...RIGHTS], circles };
  expect(decodeSeat(encodeSeat(person))).toEqual(person);
  expect(() => decodeSeat(encodeToken(full))).toThrow("malformed");
  expect(() => decodeToken(new Uint8Array([1, 2]))).toThrow("malformed");
});
