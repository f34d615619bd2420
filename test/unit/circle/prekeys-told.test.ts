// Which prekeys of a member count, after any statements of it in any order.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { limits } from "../../../src/base/limits.ts";
import { parsePrekey, signPrekey, type ToldPrekey, withTold } from "../../../src/circle/prekey.ts";
import { circleId } from "../../../src/record/ids.ts";
import { party } from "../../help/memory-rooms.ts";

const circle = circleId(new Uint8Array(32).fill(1));
const { me } = party("acme").rooms;
const told = (number: number, generation: number): ToldPrekey =>
  signPrekey(circle, me.key, { suite: 1, publicKey: new Uint8Array(32).fill(number), generation });

describe("the prekeys of a member", () => {
  test("R36: of an earlier generation never count again, in whatever order they are heard of", () => {
    const statements = [told(1, 0), told(2, 0), told(3, 1), told(4, 1), told(5, 2), told(6, 2)];
    fc.assert(
      fc.property(fc.shuffledSubarray(statements, { minLength: 1 }), (heard) => {
        const counting = heard.reduce<readonly ToldPrekey[]>(withTold, []);
        const newest = Math.max(...heard.map(({ generation }) => generation));
        expect(counting.map(({ id }) => id)).toEqual(
          heard.filter(({ generation }) => generation === newest).map(({ id }) => id),
        );
      }),
      { seed: 36 },
    );
  });

  test("are the last few of one generation", () => {
    const many = Array.from({ length: 9 }, (_, number) => told(number, 0));
    expect(many.reduce<readonly ToldPrekey[]>(withTold, [])).toEqual(many.slice(-limits.prekeysToldMax));
  });

  test("carry their generation under the signature", () => {
    expect(parsePrekey(told(1, 7).bytes, circle).generation).toBe(7);
  });
});
