// The paper form of one share of an org key: 36 words that name their place, their organisation and their split, and
// that find their own misreadings. Layout, 396 bits: number - 1 in 4, needed - 1 in 4, place in 8, start of the org's
// fingerprint in 40, set in 48, value in 256, check in 36. A message here must never repeat a typed word.

import { wordlist } from "@scure/bip39/wordlists/english.js";
import { assert } from "../src/base/assert.ts";
import { concat, utf8 } from "../src/base/bytes.ts";
import { sha256 } from "../src/base/digest.ts";
import { TocsinError } from "../src/base/errors.ts";
import { limits } from "../src/base/limits.ts";
import { SHORT_BYTES } from "./fingerprint.ts";
import { checkWords, typedWords } from "./paper.ts";
import { SEED_BYTES } from "./signing.ts";

/** One share of an org key. */
export type KeyShare = {
  /** From 1 on, as it stands on the sheet. */
  readonly number: number;
  /** How many shares of the set make the key, 2 to 16. */
  readonly needed: number;
  /** Where the share lies on the polynomial, 1 to 255. */
  readonly place: number;
  /** The first five bytes of the fingerprint of the org key. */
  readonly org: Uint8Array;
  /** Names the split, 6 bytes. */
  readonly set: Uint8Array;
  /** 32 secret bytes. */
  readonly value: Uint8Array;
};

export const SHARE_WORDS = 36;
export const SET_BYTES = 6;
const HEAD_BYTES = 2;
const BODY_BYTES = HEAD_BYTES + SHORT_BYTES + SET_BYTES + SEED_BYTES;
/** Whole bytes of the check; another four bits follow. */
const CHECK_BYTES = 4;
const CHECK_TAG = utf8("tocsin/1 share check");
const WORD_BITS = 11;
const NUMBER_MAX = limits.keySharesMax;

/** The 36 words of a share. */
export function shareToWords(share: KeyShare): readonly string[] {
  const { number, needed, place, org, set, value } = share;
  assert(number >= 1 && number <= NUMBER_MAX && needed >= 2 && needed <= NUMBER_MAX, "a share is one of at most 16");
  assert(place >= 1 && place <= 255 && org.length === SHORT_BYTES && set.length === SET_BYTES, "a share has its place");
  assert(value.length === SEED_BYTES, "a share is as long as the key");
  const body = concat(Uint8Array.of(((number - 1) << 4) | (needed - 1), place), org, set, value);
  const check = sha256(CHECK_TAG, body).subarray(0, CHECK_BYTES + 1);
  // Zeros behind, for a word is read from three bytes.
  const bits = concat(body, check, new Uint8Array(2));
  return Array.from({ length: SHARE_WORDS }, (_, at) => wordlist[wordAt(bits, at)] ?? "");
}

/**
 * The share of 36 typed words, read as `wordsToSeed` reads a paper key. Throws INPUT_INVALID with the position (from 1)
 * of the word that is unknown or, where a single one is wrong, was taken for another.
 */
export function wordsToShare(typed: string): KeyShare {
  const words = typedWords(typed);
  if (words.length !== SHARE_WORDS) {
    throw new TocsinError("INPUT_INVALID", `a share has ${SHARE_WORDS} words, these are ${words.length}`);
  }
  checkWords(words);
  const bits = new Uint8Array(BODY_BYTES + CHECK_BYTES + 3);
  for (const [at, word] of words.entries()) mix(bits, at, wordlist.indexOf(word));
  if (!fits(bits)) throw misread(bits);

  const body = bits.subarray(0, BODY_BYTES);
  const [head = 0, place = 0] = body;
  const share = {
    number: (head >> 4) + 1,
    needed: (head & 15) + 1,
    place,
    org: body.slice(HEAD_BYTES, HEAD_BYTES + SHORT_BYTES),
    set: body.slice(HEAD_BYTES + SHORT_BYTES, -SEED_BYTES),
    value: body.slice(-SEED_BYTES),
  };
  if (share.needed < 2 || place === 0)
    throw new TocsinError("INPUT_INVALID", "a share that this version does not know");
  return share;
}

/** Names the one word that was taken for another, or the two neighbours that changed places, where it is that alone. */
function misread(bits: Uint8Array): TocsinError {
  const wrong = positionWhere((at) =>
    // Every other word differs from this one by one of these numbers.
    wordlist.some((_, difference) => fitsWith(bits, [[at, difference]])),
  );
  if (wrong !== undefined) {
    return new TocsinError("INPUT_INVALID", `word ${wrong} is another one of the list`, {
      hint: "compare it with the paper",
      details: { position: wrong },
    });
  }
  const swapped = positionWhere((at) => {
    if (at + 1 === SHARE_WORDS) return false;
    const difference = wordAt(bits, at) ^ wordAt(bits, at + 1);
    return fitsWith(bits, [
      [at, difference],
      [at + 1, difference],
    ]);
  });
  if (swapped !== undefined) {
    return new TocsinError("INPUT_INVALID", `words ${swapped} and ${swapped + 1} changed places`, {
      hint: "compare them with the paper",
      details: { position: swapped },
    });
  }
  return new TocsinError("INPUT_INVALID", "the words do not fit together: more than one is wrong", {
    hint: "compare them with the paper, one by one",
  });
}

/** From 1. */
function positionWhere(is: (at: number) => boolean): number | undefined {
  for (let at = 0; at < SHARE_WORDS; at++) if (is(at)) return at + 1;
  return undefined;
}

/** Whether the words would fit with these differences. They are mixed in and out again: 73,000 of them are tried. */
function fitsWith(bits: Uint8Array, differences: readonly (readonly [at: number, difference: number])[]): boolean {
  for (const [at, difference] of differences) mix(bits, at, difference);
  const fit = fits(bits);
  for (const [at, difference] of differences) mix(bits, at, difference);
  return fit;
}

/** Whether body and check belong together. */
function fits(bits: Uint8Array): boolean {
  const check = sha256(CHECK_TAG, bits.subarray(0, BODY_BYTES));
  for (let index = 0; index < CHECK_BYTES; index++) if (bits[BODY_BYTES + index] !== check[index]) return false;
  // Of the fifth byte only the upper half is in the words.
  return (((bits[BODY_BYTES + CHECK_BYTES] ?? 0) ^ (check[CHECK_BYTES] ?? 0)) & 0xf0) === 0;
}

/** The number of the word at a position, from 0. */
function wordAt(bits: Uint8Array, at: number): number {
  const { byte, shift } = whereIs(at);
  const [first = 0, second = 0, third = 0] = bits.subarray(byte, byte + 3);
  return (((first << 16) | (second << 8) | third) >> shift) & (2 ** WORD_BITS - 1);
}

/** Adds a word, or a difference of two, into its place (exclusive or). */
function mix(bits: Uint8Array, at: number, word: number): void {
  const { byte, shift } = whereIs(at);
  const shifted = word << shift;
  for (const index of [0, 1, 2]) bits[byte + index] = (bits[byte + index] ?? 0) ^ (shifted >> (16 - 8 * index));
}

function whereIs(at: number): { readonly byte: number; readonly shift: number } {
  const bit = at * WORD_BITS;
  return { byte: bit >> 3, shift: 24 - WORD_BITS - (bit & 7) };
}
