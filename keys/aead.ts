// XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha) with the nonce in front: the form of everything at rest.
// Its 24-byte nonces may be random. A key must never serve two purposes; the callers derive one for each.

import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import type { Random } from "../src/base/random.ts";

export const AEAD_KEY_BYTES = 32;
const NONCE_BYTES = 24;
const TAG_BYTES = 16;

/** Bytes that sealing adds. */
export const SEAL_OVERHEAD_BYTES: number = NONCE_BYTES + TAG_BYTES;

/** What `aeadSeal` binds and draws from. */
export type SealOptions = { readonly context: Uint8Array; readonly random: Random };

/** Nonce, ciphertext and tag; they open under the same 32-byte key and the same context only. */
export function aeadSeal(key: Uint8Array, plaintext: Uint8Array, options: SealOptions): Uint8Array {
  const sealed = new Uint8Array(NONCE_BYTES + plaintext.length + TAG_BYTES);
  const nonce = options.random(NONCE_BYTES);
  sealed.set(nonce);
  xchacha20poly1305(key, nonce, options.context).encrypt(plaintext, sealed.subarray(NONCE_BYTES));
  return sealed;
}

/** What was sealed, or undefined where one bit of it, the context or the key is another. */
export function aeadOpen(key: Uint8Array, sealed: Uint8Array, context: Uint8Array): Uint8Array | undefined {
  if (sealed.length < SEAL_OVERHEAD_BYTES) return undefined;
  const cipher = xchacha20poly1305(key, sealed.subarray(0, NONCE_BYTES), context);
  try {
    return cipher.decrypt(sealed.subarray(NONCE_BYTES));
  } catch {
    // The lengths were checked: a tag that does not fit is the one thing left that it throws for.
    return undefined;
  }
}
