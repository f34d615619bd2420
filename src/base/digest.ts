// Hashes and key derivation: SHA-256 (FIPS 180-4), HMAC (RFC 2104) and HKDF (RFC 5869), all by node:crypto.
// Every use names its domain, so that no two purposes ever hash the same input.

import { createHmac, createSecretKey, hash, type KeyObject } from "node:crypto";
import { concat, plain, utf8 } from "./bytes.ts";

const HASH_BYTES = 32;

/** SHA-256 of the parts one after the other; 32 bytes. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  return plain(hash("sha256", parts.length === 1 && parts[0] ? parts[0] : concat(...parts), "buffer"));
}

/** A key for many HMACs: making it once is five times cheaper than handing over its bytes each time. */
export function macKey(key: Uint8Array): KeyObject {
  return createSecretKey(key);
}

/** HMAC-SHA-256 of the parts one after the other; 32 bytes. */
export function hmac(key: Uint8Array | KeyObject, ...parts: readonly Uint8Array[]): Uint8Array {
  const mac = createHmac("sha256", key);
  for (const part of parts) mac.update(part);
  return plain(mac.digest());
}

/** HKDF-Extract (RFC 5869 section 2.2) with SHA-256. */
export function hkdfExtract(salt: Uint8Array, ikm: Uint8Array): Uint8Array {
  return hmac(salt, ikm);
}

/** HKDF-Expand (RFC 5869 section 2.3) with SHA-256; `length` of at most 8,160 bytes. */
export function hkdfExpand(prk: Uint8Array, info: string | Uint8Array, length: number): Uint8Array {
  const label = typeof info === "string" ? utf8(info) : info;
  const key = macKey(prk);
  const okm = new Uint8Array(Math.ceil(length / HASH_BYTES) * HASH_BYTES);
  let previous: Uint8Array = new Uint8Array(0);
  for (let block = 1; (block - 1) * HASH_BYTES < length; block++) {
    previous = hmac(key, previous, label, Uint8Array.of(block));
    okm.set(previous, (block - 1) * HASH_BYTES);
  }
  return okm.slice(0, length);
}
