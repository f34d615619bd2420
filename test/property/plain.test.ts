// What is said for another member, without what its writer's keyboard, editor, tools and clock put into it.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Alert, Sighting } from "../../src/record/body.ts";
import { plainBody, plainText, sayable } from "../../src/record/plain.ts";
import { BODIES, withTextEverywhere } from "../help/bodies.ts";
import { MORNING } from "../help/records.ts";

const HOUR = 3_600_000;
/** Characters that an editor may choose for its user, among others. */
const odd = fc.constantFrom(
  ...Array.from("“”‘’«»–—−…•\u00a0\u2003\u200b\u200e\ufeff\u00ad\ufe0fﬁ①Ｋé\u0301\t\r\n\u2028 ab.-'\""),
);
const text = fc
  .array(fc.oneof(odd, fc.string({ unit: "binary", maxLength: 3 })), { maxLength: 40 })
  .map((all) => all.join(""));

describe("what is made plain", () => {
  test("is the same when it is made plain again, in every field of every kind", () => {
    fc.assert(
      fc.property(text, (any) => {
        expect(plainText(plainText(any))).toBe(plainText(any));
        for (const [, body] of withTextEverywhere(any)) {
          const said = sayable(body);
          if (said) expect(plainBody(plainBody(said))).toEqual(plainBody(said));
        }
      }),
    );
  });

  test("holds nothing that is not seen, and no sign that a keyboard does not have but letters", () => {
    fc.assert(
      fc.property(text, (any) => {
        const plain = plainText(any);
        expect(plain).not.toMatch(
          /[\p{Cf}\u2010-\u2015\u2018-\u201f\u2026\u00a0\r\t\u2028]|[\u{fe00}-\u{fe0f}]|^\s|\s$| {2}| \n|\n |\n{3}/u,
        );
        expect(plain.normalize("NFKC")).toBe(plain);
      }),
    );
  });

  test.each([
    ["“Cobalt” spray — don’t   wait…\r\n\r\n\r\n• one\u00a0try", '"Cobalt" spray - don\'t wait...\n\n- one try'],
    ["  Gru\u0308ße, 北京 ﬁle\u200b\u202e ", "Grüße, 北京 file"],
    ["C2 at 203.0.113.24 ‑ seen", "C2 at 203.0.113.24 - seen"],
  ])("%j reads %j", (typed, plain) => {
    expect(plainText(typed)).toBe(plain);
  });

  test("is the same of two who saw the same hour, in another order, at another minute, with another tool", () => {
    const least = BODIES.sighting[0] as Sighting;
    const ioc = [
      { type: "ip", value: "203.0.113.24" },
      { type: "cve", value: "CVE-2026-12345" },
    ] as const;
    const one: Sighting = {
      ...{ ...least, seat: "kim", auto: true, source: "indicator--1", indicators: ioc, confidence: 82 },
      seen: { first: MORNING + 1, last: MORNING + HOUR + 7, count: 4_187 },
    };
    const other: Sighting = {
      ...{ ...least, seat: "SIEM export", indicators: ioc.toReversed(), confidence: 78 },
      seen: { first: MORNING + 0.7 * HOUR, last: MORNING + 1.5 * HOUR, count: 4_900 },
    };
    expect(plainBody(one)).toEqual(plainBody(other));
    expect(plainBody(one)).toMatchObject({ seat: "", confidence: 80, seen: { first: MORNING, count: 4_000 } });
    const [, alert] = BODIES.alert;
    expect(plainBody(alert as Alert)).not.toHaveProperty("who");
  });

  test("never ends before it ended, and is never surer of nothing", () => {
    const body = { ...(BODIES.alert[0] as Alert), expires: MORNING + 1, ackBy: MORNING + HOUR };
    expect(plainBody(body)).toMatchObject({ expires: MORNING + HOUR, ackBy: MORNING + HOUR });
    for (const confidence of [0, 1, 4]) {
      const plain = plainBody({ ...(BODIES.sighting[0] as Sighting), confidence });
      expect(plain.confidence === 0).toBe(confidence === 0);
    }
  });
});
