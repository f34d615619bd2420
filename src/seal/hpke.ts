// HPKE base mode (RFC 9180). The only file that knows `hpke`.
// Suite 2: X-Wing (KEM 0x647a, hybrid of X25519 and ML-KEM-768); suite 1: DHKEM(X25519, HKDF-SHA256).
// Both with HKDF-SHA256 and AES-256-GCM.

import * as HPKE from "hpke";
import { concat } from "../base/bytes.ts";

export type Suite = 1 | 2;

/** A recipient's key pair as bytes: the private key is 32 bytes under both suites (X-Wing keeps its seed). */
export type WrapKeys = { readonly publicKey: Uint8Array; readonly privateKey: Uint8Array };

/** What a wrap is bound to. */
export type WrapContext = { readonly info: Uint8Array; readonly aad: Uint8Array };

const suites: Readonly<Record<Suite, HPKE.CipherSuite>> = {
  1: new HPKE.CipherSuite(HPKE.KEM_DHKEM_X25519_HKDF_SHA256, HPKE.KDF_HKDF_SHA256, HPKE.AEAD_AES_256_GCM),
  2: new HPKE.CipherSuite(HPKE.KEM_MLKEM768_X25519, HPKE.KDF_HKDF_SHA256, HPKE.AEAD_AES_256_GCM),
};

/** Length of the encapsulated secret that a wrap starts with. */
const ENCAPSULATED_BYTES = { 1: 32, 2: 1_120 } as const;

/** A fresh key pair from the operating system's generator. */
export async function generateWrapKeys(suite: Suite): Promise<WrapKeys> {
  const pair = await suites[suite].GenerateKeyPair(true);
  return {
    publicKey: await suites[suite].SerializePublicKey(pair.publicKey),
    privateKey: await suites[suite].SerializePrivateKey(pair.privateKey),
  };
}

/** The key pair that 32 secret bytes stand for; they must not be used for anything else. */
export async function deriveWrapKeys(suite: Suite, secret: Uint8Array): Promise<WrapKeys> {
  const pair = await suites[suite].DeriveKeyPair(secret, true);
  return {
    publicKey: await suites[suite].SerializePublicKey(pair.publicKey),
    privateKey: await suites[suite].SerializePrivateKey(pair.privateKey),
  };
}

/** `secret` sealed to a public key: encapsulated secret and ciphertext in one. Undefined where nothing can be sealed to it. */
export async function wrap(
  suite: Suite,
  publicKey: Uint8Array,
  secret: Uint8Array,
  context: WrapContext,
): Promise<Uint8Array | undefined> {
  try {
    const key = await suites[suite].DeserializePublicKey(publicKey);
    const sealed = await suites[suite].Seal(key, secret, context);
    return concat(sealed.encapsulatedSecret, sealed.ciphertext);
  } catch {
    // A key of the right length may still be none: of small order, or not reduced. Only the library can tell.
    return undefined;
  }
}

/** The secret in a wrap, or undefined where it was not made for this key and context. */
export async function unwrap(
  suite: Suite,
  keys: WrapKeys,
  wrapped: Uint8Array,
  context: WrapContext,
): Promise<Uint8Array | undefined> {
  const split = ENCAPSULATED_BYTES[suite];
  if (wrapped.length <= split) return undefined;
  try {
    const privateKey = await suites[suite].DeserializePrivateKey(keys.privateKey);
    const publicKey = await suites[suite].DeserializePublicKey(keys.publicKey);
    return await suites[suite].Open({ privateKey, publicKey }, wrapped.slice(0, split), wrapped.slice(split), context);
  } catch {
    // HPKE tells a wrong key from a broken ciphertext no more than an AEAD does: either way it is not for us. Nor is a
    // wrap of another suite than that of our keys, which a hostile minter may send.
    return undefined;
  }
}
