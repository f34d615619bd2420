// From a passphrase to a key: scrypt (RFC 7914) with a cost that the file states and this reader bounds.
// A passphrase must never show up in a message.

import { scrypt } from "node:crypto";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { assert } from "../src/base/assert.ts";
import { plain, utf8 } from "../src/base/bytes.ts";
import { TocsinError } from "../src/base/errors.ts";
import { limits } from "../src/base/limits.ts";
import type { Random } from "../src/base/random.ts";

/** What a guess costs: N = 2^log2N rounds over 128 * N * r bytes, p times. */
export type ScryptCost = { readonly log2N: number; readonly r: number; readonly p: number };

/** 128 MiB and about a third of a second. */
export const SCRYPT_DEFAULT: ScryptCost = { log2N: 17, r: 8, p: 1 };

export const SALT_BYTES = 32;
const DERIVED_BYTES = 32;
const GENERATED_WORDS = 7; // 77 bits

/** Whether this reader works at that cost: neither weak enough to help a thief nor large enough to stop the machine. */
export function isScryptCost({ log2N, r, p }: ScryptCost): boolean {
  return log2N >= limits.scryptLog2NMin && log2N <= limits.scryptLog2NMax && r === 8 && p >= 1 && p <= 4;
}

/** 32 bytes from a passphrase and a salt, worked out off the main thread. */
export async function deriveKey(passphrase: string, params: ScryptCost & { salt: Uint8Array }): Promise<Uint8Array> {
  assert(isScryptCost(params), "the cost of scrypt was checked");
  const { log2N, r, p, salt } = params;
  const N = 2 ** log2N;
  // Two keyboards may write one letter in two ways: both are the same passphrase.
  const secret = utf8(passphrase.normalize("NFKC"));
  try {
    return await new Promise((resolve, reject) => {
      scrypt(secret, salt, DERIVED_BYTES, { N, r, p, maxmem: 2 * 128 * N * r }, (error, key) => {
        if (error) reject(error);
        else resolve(plain(key));
      });
    });
  } finally {
    secret.fill(0);
  }
}

/** Throws INPUT_INVALID where a passphrase is too short or too long to be chosen. */
export function checkPassphrase(passphrase: string): void {
  const { passphraseCharsMin: min, passphraseCharsMax: max } = limits;
  if (passphrase.length >= min && passphrase.length <= max) return;
  throw new TocsinError("INPUT_INVALID", `a passphrase has ${min} to ${max} characters`, {
    hint: "take several words that do not belong together",
  });
}

/** Seven words of the BIP-39 English list joined by hyphens, 77 bits. */
export function generatePassphrase(random: Random): string {
  const bytes = random(2 * GENERATED_WORDS);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  // The list has 2,048 words, a divisor of 65,536: every word is equally likely.
  const words = Array.from({ length: GENERATED_WORDS }, (_, at) => wordlist[view.getUint16(2 * at) % wordlist.length]);
  return words.join("-");
}
