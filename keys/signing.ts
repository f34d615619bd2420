// Ed25519 signing keys (RFC 8032) on node:crypto, eleven times faster than JavaScript.
// A key object must never show its seed: not by property, not by printing, not by JSON.

import { createPrivateKey, createPublicKey, sign, type PrivateKeyInput } from "node:crypto";
import { assert } from "../src/base/assert.ts";
import { concat, plain } from "../src/base/bytes.ts";

export const SEED_BYTES = 32;
export const PUBLIC_KEY_BYTES = 32;
export const SIGNATURE_BYTES = 64;

/** A key that signs. Only the closure of `sign` holds the private half. */
export type SigningKey = {
  /** 32 bytes, as RFC 8032 section 5.1.5 encodes them. */
  readonly publicKey: Uint8Array;
  /** The 64-byte signature of a message; callers put their domain tag in front of it. */
  readonly sign: (message: Uint8Array) => Uint8Array;
};

// PrivateKeyInfo of RFC 8410 section 7, up to the 32 bytes of the seed.
const PKCS8_HEAD = Uint8Array.of(0x30, 46, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 34, 4, 32);

/** The key of a 32-byte seed. The caller keeps the seed and may wipe it. */
export function signingKeyFromSeed(seed: Uint8Array): SigningKey {
  assert(seed.length === SEED_BYTES, "an Ed25519 seed has 32 bytes");
  const der = concat(PKCS8_HEAD, seed);
  // The types ask for node's own subclass of Uint8Array, the function does not.
  const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" } as PrivateKeyInput);
  der.fill(0);
  const spki = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  return Object.freeze({
    publicKey: plain(spki).slice(-PUBLIC_KEY_BYTES),
    sign: (message: Uint8Array) => plain(sign(null, message, privateKey)),
  });
}
