// Who mints first: one at once, the others a little later, nobody much later.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { limits } from "../../../src/base/limits.ts";
import { memberId, type MemberId, recordId } from "../../../src/record/ids.ts";
import { mintWaitMs } from "../../../src/seal/mint-order.ts";

const members = fc
  .uniqueArray(fc.uint8Array({ minLength: 32, maxLength: 32 }), { minLength: 1, maxLength: 200, selector: String })
  .map((ids) => ids.map(memberId));
const heads = [recordId(new Uint8Array(32).fill(1))];

/** The wait of each, where all of them are linked with each other. */
function waits(all: readonly MemberId[], seen = heads): readonly number[] {
  return all.map((me) =>
    mintWaitMs(
      me,
      all.filter((other) => other !== me),
      seen,
    ),
  );
}

describe("of several that are about to mint", () => {
  test("R35: one does at once, each later one later than the one before, and the last within the limit", () => {
    fc.assert(
      fc.property(members, (all) => {
        const sorted = waits(all).toSorted((left, right) => left - right);
        expect(sorted[0]).toBe(0);
        expect(new Set(sorted).size).toBe(all.length);
        expect(sorted.at(-1)).toBeLessThanOrEqual(limits.mintWaitMaxMs);
      }),
      { numRuns: 30, seed: 35 },
    );
  });

  test("R35: nobody waits for one that is not linked", () => {
    fc.assert(
      fc.property(members, (all) => {
        for (const me of all) expect(mintWaitMs(me, [], heads)).toBe(0);
      }),
      { numRuns: 5, seed: 35 },
    );
  });

  test("R35: the first is another one after a change of membership", () => {
    const all = Array.from({ length: 20 }, (_, number) => memberId(new Uint8Array(32).fill(number)));
    const firsts = Array.from({ length: 20 }, (_, number) =>
      waits(all, [recordId(new Uint8Array(32).fill(number))]).indexOf(0),
    );
    expect(new Set(firsts).size).toBeGreaterThan(8);
  });
});
