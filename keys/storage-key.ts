// Data at rest: the cipher of everything that this node writes to its store, made from the vault's storage key.
// The key itself must never seal anything: each purpose has its own subkey.

import { assert } from "../src/base/assert.ts";
import { concat, u32, utf8 } from "../src/base/bytes.ts";
import { hkdfExpand, hmac, macKey } from "../src/base/digest.ts";
import { TocsinError } from "../src/base/errors.ts";
import type { Random } from "../src/base/random.ts";
import { AEAD_KEY_BYTES, aeadOpen, aeadSeal } from "./aead.ts";

export const STORAGE_KEY_BYTES = 32;
const INDEX_BYTES = 16;

export type StorageCipher = {
  /** XChaCha20-Poly1305 with a random nonce in front; it opens under the same `context` (the store's key) only. */
  readonly seal: (plaintext: Uint8Array, context: Uint8Array) => Uint8Array;
  /** What was sealed. Throws STORE_CORRUPT where a bit, the context or the key differs. */
  readonly open: (sealed: Uint8Array, context: Uint8Array) => Uint8Array;
  /** A 16-byte keyed name for a value that must not stand in clear on the disk; different under every label. */
  readonly index: (label: string, value: Uint8Array) => Uint8Array;
};

/** The cipher of a 32-byte storage key, which may be wiped afterwards. */
export function storageCipher(storageKey: Uint8Array, random: Random): StorageCipher {
  assert(storageKey.length === STORAGE_KEY_BYTES, "a storage key has 32 bytes");
  const sealKey = hkdfExpand(storageKey, "tocsin/1 store value", AEAD_KEY_BYTES);
  const indexKey = macKey(hkdfExpand(storageKey, "tocsin/1 store index", 32));
  return Object.freeze({
    seal: (plaintext: Uint8Array, context: Uint8Array) => aeadSeal(sealKey, plaintext, { context, random }),
    open: (sealed: Uint8Array, context: Uint8Array) => {
      const plaintext = aeadOpen(sealKey, sealed, context);
      if (plaintext) return plaintext;
      throw new TocsinError("STORE_CORRUPT", `a stored value of ${sealed.length} bytes does not open`);
    },
    index: (label: string, value: Uint8Array) => {
      const name = utf8(label);
      // The length in front keeps ("ab", "c") and ("a", "bc") apart.
      return hmac(indexKey, concat(u32(name.length), name, value)).slice(0, INDEX_BYTES);
    },
  });
}
