// What must hold for any bytes: splicing gives back what it cut, keys sort as their fields do, and a stored row of
// which one bit changed is refused and never read as something else.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { storageCipher } from "../../keys/storage-key.ts";
import { compareBytes, concat, u48, utf8 } from "../../src/base/bytes.ts";
import { systemRandom } from "../../src/base/random.ts";
import {
  afterAll,
  feedOrderOf,
  keyOf,
  momentOf,
  numberIn,
  pointerIn,
  recordSpace,
  spanUnder,
  u16,
} from "../../src/store/keyspace.ts";
import { openRow, sealedRow } from "../../src/store/shelf.ts";
import { cut, restore } from "../../src/store/splice.ts";
import { refusalOf } from "../help/refusal.ts";

const bytes = (maxLength: number, minLength: number = 0): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength, maxLength });

describe("splicing", () => {
  it("restores any bytes from which any parts were cut, overlapping and empty ones too", () => {
    fc.assert(
      fc.property(
        bytes(80),
        fc.array(bytes(3), { maxLength: 5 }),
        fc.array(fc.tuple(fc.nat(80), fc.nat(9)), { maxLength: 4 }),
        (whole, others, slices) => {
          const parts = [...others, ...slices.map(([from, length]) => whole.subarray(from, from + length))];
          const spliced = cut(whole, parts);
          expect(restore(spliced, parts)).toEqual(whole);
          expect(spliced.rest.length).toBeLessThanOrEqual(whole.length);
        },
      ),
    );
  });

  it("leaves out each part that stands in the whole", () => {
    const whole = utf8("headauthorlanetail");
    expect(cut(whole, [utf8("author"), utf8("lane"), utf8("none")])).toEqual({
      rest: utf8("headtail"),
      places: [4, 4, -1],
    });
  });
});

describe("keys", () => {
  const moment = fc.integer({ min: 0, max: 2 ** 48 - 1 });

  it("sort items by moment, then by cursor, as numbers do", () => {
    const fields = fc.record({ at: moment, cursor: moment });
    fc.assert(
      fc.property(fields, fields, (left, right) => {
        const key = ({ at, cursor }: typeof left): Uint8Array =>
          keyOf("feed", u16(3), Uint8Array.of(1), momentOf(at), keyOf("post", u48(cursor)));
        const order = Math.sign(left.at - right.at || left.cursor - right.cursor);
        expect(Math.sign(compareBytes(feedOrderOf(key(left)), feedOrderOf(key(right))))).toBe(order);
        expect(recordSpace(pointerIn(key(left)))).toBe("post");
        expect(numberIn(pointerIn(key(left)))).toBe(left.cursor);
      }),
    );
  });

  it("of a span are exactly those that start with its prefix", () => {
    fc.assert(
      fc.property(bytes(4), bytes(4), bytes(8), (start, end, other) => {
        const prefix = concat(Uint8Array.of(0x22), start);
        const { gte, lt } = spanUnder(prefix);
        const inside = (key: Uint8Array): boolean => compareBytes(key, gte) >= 0 && compareBytes(key, lt) < 0;
        expect(inside(concat(prefix, end))).toBe(true);
        expect(inside(other)).toBe(
          compareBytes(other.subarray(0, prefix.length), prefix) === 0 && other.length >= prefix.length,
        );
      }),
    );
    expect(afterAll(Uint8Array.of(0x22, 0xff, 0xff))).toEqual(Uint8Array.of(0x23));
  });

  it("hold any clock: a moment before 1970 or beyond the year 10,000 is the nearest one that fits", () => {
    expect(momentOf(-5)).toEqual(u48(0));
    expect(momentOf(Number.MAX_SAFE_INTEGER)).toEqual(u48(2 ** 48 - 1));
  });
});

describe("a stored row", () => {
  it("is refused where one bit of it, or its key, is another", async () => {
    const cipher = storageCipher(new Uint8Array(32).fill(7), systemRandom);
    await fc.assert(
      fc.asyncProperty(bytes(60), fc.nat(), fc.nat(7), async (value, place, bit) => {
        const key = keyOf("post", u48(9));
        const row = sealedRow(cipher, key, value);
        const sealed = row.value ?? new Uint8Array(0);
        expect(openRow(cipher, key, sealed)).toEqual(value);
        const torn = sealed.slice();
        torn[place % torn.length] = (torn[place % torn.length] ?? 0) ^ (1 << bit);
        expect(await refusalOf(() => openRow(cipher, key, torn))).toBe("STORE_CORRUPT");
        expect(await refusalOf(() => openRow(cipher, keyOf("post", u48(10)), sealed))).toBe("STORE_CORRUPT");
      }),
    );
  });
});
