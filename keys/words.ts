// Bits as words that people read to one another: the BIP-39 English list, eleven bits a word, no checksum.
// Reading is forgiving only where nothing can be mistaken: every word of the list differs in its first four letters.

import { wordlist } from "@scure/bip39/wordlists/english.js";
import { assert } from "../src/base/assert.ts";
import { toHex } from "../src/base/bytes.ts";

const WORD_BITS = 11;
const STARTS_LETTERS = 4;

/** The first `count` words of a digest, from its top: the first word is the first eleven bits. */
export function wordsOf(digest: Uint8Array, count: number): readonly string[] {
  const bits = digest.length * 8;
  assert(count * WORD_BITS <= bits, "a digest has bits for its words");
  const number = BigInt(`0x${toHex(digest)}`);
  return Array.from({ length: count }, (_, index) => {
    const place = number >> BigInt(bits - WORD_BITS * (index + 1));
    return wordlist[Number(BigInt.asUintN(WORD_BITS, place))] ?? "";
  });
}

/**
 * What a person typed, as words of the list: case, spaces, commas and the numbers of a list are forgiven, and four letters or
 * more stand for the word that they begin. What is no word is `undefined` in its place.
 */
export function readWords(typed: string): readonly (string | undefined)[] {
  return (
    typed
      .normalize("NFKD")
      .toLowerCase()
      .match(/[a-z]+/g) ?? []
  ).map((text) => {
    if (wordlist.includes(text)) return text;
    const [only, other] = text.length < STARTS_LETTERS ? [] : wordlist.filter((word) => word.startsWith(text));
    return other === undefined ? only : undefined;
  });
}
