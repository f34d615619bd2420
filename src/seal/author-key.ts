// Keys of one author's lane under one epoch, and the nonce of one record. No counter and no state: a crash, a restore
// or a cloned machine cannot make two records share a nonce unless they say the same (docs/protocol.md section 6).

import { concat, utf8 } from "../base/bytes.ts";
import { hkdfExpand, hmac } from "../base/digest.ts";
import { idBytes, type LaneId, type MemberId } from "../record/ids.ts";

export const SECRET_BYTES = 32;
const NONCE_BYTES = 24;
const AUTHOR_TAG = utf8("tocsin/1 author");

export type AuthorKeys = { readonly cipherKey: Uint8Array; readonly nonceKey: Uint8Array };

/** Keys already derived, by the secret they come from: they are forgotten together with it. */
const derived = new WeakMap<Uint8Array, Map<string, AuthorKeys>>();

/** HKDF-Expand of the epoch secret for an author and lane, split into the AEAD key and the nonce key. */
export function authorKeys(secret: Uint8Array, author: MemberId, lane: LaneId): AuthorKeys {
  const known = derived.get(secret) ?? new Map<string, AuthorKeys>();
  derived.set(secret, known);
  const name = author + lane;
  const before = known.get(name);
  if (before) return before;
  const base = hkdfExpand(secret, concat(AUTHOR_TAG, idBytes(author), idBytes(lane)), SECRET_BYTES);
  const keys = {
    cipherKey: hkdfExpand(base, "tocsin/1 cipher", SECRET_BYTES),
    nonceKey: hkdfExpand(base, "tocsin/1 nonce", SECRET_BYTES),
  };
  known.set(name, keys);
  return keys;
}

/**
 * R21: hedged nonce, HMAC(nonce key, 32 random bytes, bound header part) cut to 24 bytes. The header part holds lane, seq, prev
 * and the commitment to the plaintext, so that a repeated random value alone never repeats a nonce.
 */
export function hedgedNonce(nonceKey: Uint8Array, fresh: Uint8Array, sealedContext: Uint8Array): Uint8Array {
  return hmac(nonceKey, fresh, sealedContext).slice(0, NONCE_BYTES);
}
