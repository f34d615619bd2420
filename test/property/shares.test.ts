// However an org key is split: enough shares make it, fewer do not, and no misread word goes unnoticed.

import { wordlist } from "@scure/bip39/wordlists/english.js";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { combineShares, type KeyShare, shareToWords, splitSeed, wordsToShare } from "../../keys/index.ts";
import { systemRandom } from "../../src/base/random.ts";
import { errorOf } from "../help/refusal.ts";

const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 });
const ways = fc
  .tuple(fc.integer({ min: 2, max: 16 }), fc.integer({ min: 2, max: 16 }))
  .map(([one, other]) => ({ shares: Math.max(one, other), needed: Math.min(one, other) }));
/** A choice of some: the shares in the order of these numbers. */
const orders = fc.array(fc.nat(), { minLength: 16, maxLength: 16 });
const shuffled = (shares: readonly KeyShare[], order: readonly number[]): readonly KeyShare[] =>
  shares
    .map((share, index) => ({ share, rank: order[index] ?? 0 }))
    .sort((left, right) => left.rank - right.rank)
    .map(({ share }) => wordsToShare(shareToWords(share).join(" ")));

test("any shares that are enough make the key, and one fewer makes nothing and says so", async () => {
  await fc.assert(
    fc.asyncProperty(seeds, ways, orders, async (seed, way, order) => {
      const some = shuffled(await splitSeed(seed, way, systemRandom), order);
      expect(await combineShares(some.slice(0, way.needed))).toEqual(seed);
      const error = await errorOf(() => combineShares(some.slice(0, way.needed - 1)));
      expect(error).toMatchObject({ code: "INPUT_INVALID", details: { missing: 1 } });
    }),
    { numRuns: 60, seed: 31 },
  );
});

test("every word taken for another is found, and named", async () => {
  await fc.assert(
    fc.asyncProperty(seeds, fc.nat(35), fc.integer({ min: 1, max: 2_047 }), async (seed, at, further) => {
      const [share] = await splitSeed(seed, { shares: 2, needed: 2 }, systemRandom);
      const words = share ? shareToWords(share) : [];
      const other = wordlist[(wordlist.indexOf(words[at] ?? "") + further) % wordlist.length] ?? "";
      const error = await errorOf(() => wordsToShare(words.with(at, other).join(" ")));
      expect(error).toMatchObject({ code: "INPUT_INVALID", details: { position: at + 1 } });
    }),
    { numRuns: 10, seed: 33 },
  );
});
