// How people compare an org's key: words to read aloud, digits for a letterhead, a short form to recognise on screen.
// The short form must never decide anything: 40 bits can be imitated with patience.

import { sha256 } from "../src/base/digest.ts";
import { equalBytes, toBase32, toHex, utf8 } from "../src/base/bytes.ts";
import { wordsOf } from "./words.ts";

/** Three writings of one tagged SHA-256 of an org key. */
export type Fingerprint = {
  /** Twelve words of the BIP-39 English list: 132 bits, no checksum. */
  readonly words: readonly string[];
  /** Sixty decimal digits, 199 bits, in twelve groups of five parted by spaces. */
  readonly digits: string;
  /** Eight characters of base 32 in two groups, `7K2M 9QX4`. */
  readonly short: string;
};

const TAG = utf8("tocsin/1 fingerprint");
const WORDS = 12;
const DIGITS = 60;
export const SHORT_BYTES = 5;

/** The fingerprint of a 32-byte org key. */
export function fingerprint(orgKey: Uint8Array): Fingerprint {
  const digest = sha256(TAG, orgKey);
  const number = BigInt(`0x${toHex(digest)}`);
  // The remainder is uneven by one part in 2^56, which helps nobody.
  const digits = (number % 10n ** BigInt(DIGITS)).toString().padStart(DIGITS, "0");
  return {
    words: wordsOf(digest, WORDS),
    digits: digits.replaceAll(/\d{5}(?!$)/g, "$& "),
    short: shortForm(digest.subarray(0, SHORT_BYTES)),
  };
}

/** The first five bytes of a fingerprint as they are shown. */
export function shortForm(start: Uint8Array): string {
  const short = toBase32(start);
  return `${short.slice(0, 4)} ${short.slice(4)}`;
}

/** The first five bytes of the fingerprint of a 32-byte org key. */
export function fingerprintStart(orgKey: Uint8Array): Uint8Array {
  return sha256(TAG, orgKey).slice(0, SHORT_BYTES);
}

/**
 * Whether typed text is the key's fingerprint in words or digits; case, spaces, commas and hyphens are forgiven. The time that it
 * takes tells nothing but the length of what was typed.
 */
export function matchesFingerprint(orgKey: Uint8Array, typed: string): boolean {
  const { words, digits } = fingerprint(orgKey);
  const parts = typed.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  const asWords = equalBytes(utf8(parts.join(" ")), utf8(words.join(" ")));
  const asDigits = equalBytes(utf8(parts.join("")), utf8(digits.replaceAll(" ", "")));
  return asWords || asDigits;
}
