// The paper form of an org key: its 32-byte seed as 24 words (BIP-39; the seed is the entropy, no stretching).
// A message here must never repeat a typed word: it may be all that a thief lacks.

import { entropyToMnemonic, mnemonicToEntropy } from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { assert } from "../src/base/assert.ts";
import { TocsinError } from "../src/base/errors.ts";
import { SEED_BYTES } from "./signing.ts";

export const PAPER_WORDS = 24;

/** The 24 words of a 32-byte seed: 256 bits and a checksum of 8. */
export function seedToWords(seed: Uint8Array): readonly string[] {
  assert(seed.length === SEED_BYTES, "the paper form holds 32 bytes");
  return entropyToMnemonic(seed, wordlist).split(" ");
}

/**
 * The seed of 24 typed words; case, line breaks, commas and the numbers of a list are forgiven.
 * Throws INPUT_INVALID with the position (from 1) of the first unknown word, or for a checksum that fails.
 */
export function wordsToSeed(typed: string): Uint8Array {
  const words = typedWords(typed);
  if (words.length !== PAPER_WORDS) {
    throw new TocsinError("INPUT_INVALID", `the paper key has ${PAPER_WORDS} words, these are ${words.length}`);
  }
  checkWords(words);
  try {
    return mnemonicToEntropy(words.join(" "), wordlist);
  } catch {
    // Count and words were checked: the checksum is what is left. Its error is dropped, it may quote the words.
    throw new TocsinError("INPUT_INVALID", "the words do not fit together", {
      hint: "one word is another one of the list, or two changed places; compare them with the paper",
    });
  }
}

/** The words of a typed text, in lower case; commas and the numbers of a list are left out. */
export function typedWords(typed: string): readonly string[] {
  return typed
    .normalize("NFKD")
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((word) => word !== "" && !/^\d+[.):]?$/.test(word));
}

/** Throws INPUT_INVALID with the position (from 1) of the first word that is not in the list. */
export function checkWords(words: readonly string[]): void {
  const unknown = words.findIndex((word) => !wordlist.includes(word));
  if (unknown < 0) return;
  throw new TocsinError("INPUT_INVALID", `word ${unknown + 1} is not in the list`, {
    hint: "compare it with the paper; the first four letters of a word are enough to tell it from all others",
    details: { position: unknown + 1 },
  });
}
