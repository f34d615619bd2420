// The org key in shares: any `needed` of them make the key, fewer say nothing about it (Shamir's secret sharing over
// GF(2^8)). The only file that knows the library, which checks nothing: what comes out is held against the org key here.

import { combine, split } from "shamir-secret-sharing";
import { concat, equalBytes, utf8 } from "../src/base/bytes.ts";
import { sha256 } from "../src/base/digest.ts";
import { TocsinError } from "../src/base/errors.ts";
import { limits } from "../src/base/limits.ts";
import type { Random } from "../src/base/random.ts";
import { fingerprintStart, shortForm } from "./fingerprint.ts";
import { PAPER_WORDS, typedWords, wordsToSeed } from "./paper.ts";
import { type KeyShare, SET_BYTES, SHARE_WORDS, wordsToShare } from "./share-words.ts";
import { signingKeyFromSeed } from "./signing.ts";

const SET_TAG = utf8("tocsin/1 share set");
const SALT_BYTES = 2;

/** Splits the seed of an org key. Throws INPUT_INVALID unless 2 <= needed <= shares <= `limits.keySharesMax`. */
export async function splitSeed(
  seed: Uint8Array,
  into: { readonly shares: number; readonly needed: number },
  random: Random,
): Promise<readonly KeyShare[]> {
  const { shares, needed } = into;
  if (!(Number.isInteger(needed) && needed >= 2 && needed <= shares && shares <= limits.keySharesMax)) {
    throw new TocsinError("INPUT_INVALID", `${needed} of ${shares} is no way to split a key`, {
      hint: `at least 2 are needed, at most all, and there are at most ${limits.keySharesMax}`,
    });
  }
  const orgKey = signingKeyFromSeed(seed).publicKey;
  const org = fingerprintStart(orgKey);
  const set = setOf(random(SALT_BYTES), needed, orgKey);
  const points = await split(seed, shares, needed);
  return points.map((point, index) => {
    const place = point.at(-1) ?? 0;
    return { number: index + 1, needed, place, org, set, value: point.slice(0, -1) };
  });
}

/**
 * The seed that shares of one set make, held against the org key that the set names. Throws INPUT_INVALID: with
 * `missing`, how many more are needed, in its details; for a share of another org or split; for one that is there twice.
 */
export async function combineShares(shares: readonly KeyShare[]): Promise<Uint8Array> {
  const [first] = shares;
  if (first === undefined) throw new TocsinError("INPUT_INVALID", "there is no share");
  const { needed, org, set } = first;
  for (const [index, share] of shares.entries()) checkFits(share, shares.slice(0, index), first);
  const missing = needed - shares.length;
  if (missing > 0) {
    throw new TocsinError("INPUT_INVALID", `${missing} more of the shares of ${shortForm(org)} needed`, {
      hint: `any ${needed} of them make the key, here are ${shares.length}`,
      details: { missing, needed },
    });
  }
  const seed = await combine(shares.map(({ value, place }) => concat(value, Uint8Array.of(place))));
  const orgKey = signingKeyFromSeed(seed).publicKey;
  const named = setOf(set.subarray(0, SALT_BYTES), needed, orgKey);
  if (equalBytes(named, set) && equalBytes(fingerprintStart(orgKey), org)) return seed;
  seed.fill(0);
  throw new TocsinError("INPUT_INVALID", `these shares do not make the key of ${shortForm(org)}`, {
    hint: "one of them was altered, whole and with its check; try others of the same split",
  });
}

/**
 * The seed that a text holds as the 24 words of a paper key, or as sheets of shares: empty lines part them, lines that
 * begin with # are left out. Throws INPUT_INVALID as `wordsToSeed`, `wordsToShare` and `combineShares` do, with the
 * `sheet` (from 1) in its details where there are shares.
 */
export async function readPaperKeyOrShares(lines: readonly string[]): Promise<Uint8Array> {
  const sheets = sheetsOf(lines);
  const [first = []] = sheets;
  if (sheets.length <= 1 && first.length <= PAPER_WORDS) return wordsToSeed(first.join(" "));
  return await combineShares(
    sheets.map((words, index) => {
      try {
        return wordsToShare(words.join(" "));
      } catch (cause) {
        if (!(cause instanceof TocsinError)) throw cause;
        const { message, hint, details } = cause;
        throw new TocsinError("INPUT_INVALID", `sheet ${index + 1}: ${message}`, {
          ...(hint === undefined ? {} : { hint }),
          details: { ...details, sheet: index + 1 },
        });
      }
    }),
  );
}

/** The words of each sheet; several without anything between them are parted by their number. */
function sheetsOf(lines: readonly string[]): readonly (readonly string[])[] {
  const sheets: string[][] = [[]];
  for (const line of lines) {
    const words = line.trimStart().startsWith("#") ? [] : typedWords(line);
    if (words.length === 0) sheets.push([]);
    else sheets.at(-1)?.push(...words);
  }
  return sheets
    .filter((words) => words.length > 0)
    .flatMap((words) => {
      if (words.length % SHARE_WORDS !== 0) return [words];
      return Array.from({ length: words.length / SHARE_WORDS }, (_, at) =>
        words.slice(at * SHARE_WORDS, (at + 1) * SHARE_WORDS),
      );
    });
}

function checkFits(share: KeyShare, before: readonly KeyShare[], first: KeyShare): void {
  const problem = !equalBytes(share.org, first.org)
    ? `is of another organisation, ${shortForm(share.org)} and not ${shortForm(first.org)}`
    : !equalBytes(share.set, first.set)
      ? "is of another split of this key"
      : before.some(({ number, place }) => number === share.number || place === share.place)
        ? "is there twice"
        : undefined;
  if (problem === undefined) return;
  throw new TocsinError("INPUT_INVALID", `share ${share.number} ${problem}`, { details: { share: share.number } });
}

/** Names a split and commits to the org key: a salt, and the start of a hash over it, the threshold and the key. */
function setOf(salt: Uint8Array, needed: number, orgKey: Uint8Array): Uint8Array {
  return concat(salt, sha256(SET_TAG, salt, Uint8Array.of(needed), orgKey)).slice(0, SET_BYTES);
}
