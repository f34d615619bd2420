// Stands in for src/seal/hpke.ts in a run of the simulator: the same suite 1 of RFC 9180 (DHKEM(X25519, HKDF-SHA256),
// HKDF-SHA256, AES-256-GCM), but with randomness from the seed and without threads, so that a run repeats to the byte.
// A test holds that it and the real one open each other's wraps.

import { createCipheriv, createDecipheriv, createPrivateKey, createPublicKey, diffieHellman } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { concat, plain, toHex, utf8 } from "../../src/base/bytes.ts";
import { hkdfExpand, hkdfExtract } from "../../src/base/digest.ts";
import type { Random } from "../../src/base/random.ts";
import type { Suite, WrapContext, WrapKeys } from "../../src/seal/hpke.ts";

export type { Suite, WrapContext, WrapKeys } from "../../src/seal/hpke.ts";

const NONE = new Uint8Array(0);
const KEY_BYTES = 32;
const TAG_BYTES = 16;
const KEM = concat(utf8("KEM"), Uint8Array.of(0, 0x20));
const HPKE = concat(utf8("HPKE"), Uint8Array.of(0, 0x20, 0, 1, 0, 2));
// What goes before the raw key in the encodings of RFC 8410.
const PRIVATE_DER = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 0x22, 4, 0x20);
const PUBLIC_DER = Uint8Array.of(0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 3, 0x21, 0);

let random: Random = () => {
  throw new Error("a run seeds the wraps first");
};

/** From now on keys and wraps are drawn from this. */
export function seedWraps(source: Random): void {
  random = source;
}

export async function generateWrapKeys(suite: Suite): Promise<WrapKeys> {
  if (suite !== 1) throw new Error("the simulator knows suite 1 only");
  return freshKeys();
}

export async function wrap(
  suite: Suite,
  publicKey: Uint8Array,
  secret: Uint8Array,
  context: WrapContext,
): Promise<Uint8Array | undefined> {
  const own = freshKeys();
  const dh = suite === 1 ? agreed(own, publicKey) : undefined;
  if (!dh) return undefined;
  const { key, nonce } = schedule(dh, concat(own.publicKey, publicKey), context.info);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(context.aad);
  const sealed = concat(plain(cipher.update(secret)), plain(cipher.final()), plain(cipher.getAuthTag()));
  return concat(own.publicKey, sealed);
}

export async function unwrap(
  suite: Suite,
  keys: WrapKeys,
  wrapped: Uint8Array,
  context: WrapContext,
): Promise<Uint8Array | undefined> {
  if (suite !== 1 || wrapped.length < KEY_BYTES + TAG_BYTES) return undefined;
  const enc = wrapped.slice(0, KEY_BYTES);
  const dh = agreed(keys, enc);
  if (!dh) return undefined;
  const { key, nonce } = schedule(dh, concat(enc, keys.publicKey), context.info);
  const decipher = createDecipheriv("aes-256-gcm", key, nonce).setAAD(context.aad);
  decipher.setAuthTag(wrapped.slice(-TAG_BYTES));
  try {
    return concat(plain(decipher.update(wrapped.slice(KEY_BYTES, -TAG_BYTES))), plain(decipher.final()));
  } catch {
    return undefined;
  }
}

const privateKeys = new WeakMap<WrapKeys, KeyObject>();
const publicKeys = new Map<string, KeyObject>();

export function freshKeys(): WrapKeys {
  const privateKey = random(KEY_BYTES);
  const key = createPrivateKey({ key: der(PRIVATE_DER, privateKey), format: "der", type: "pkcs8" });
  const spki = createPublicKey(key).export({ format: "der", type: "spki" });
  const keys = { privateKey, publicKey: plain(spki).slice(PUBLIC_DER.length) };
  privateKeys.set(keys, key);
  return keys;
}

/** The shared point, or undefined where the other key is none. */
function agreed(keys: WrapKeys, other: Uint8Array): Uint8Array | undefined {
  if (other.length !== KEY_BYTES) return undefined;
  const own =
    privateKeys.get(keys) ?? createPrivateKey({ key: der(PRIVATE_DER, keys.privateKey), format: "der", type: "pkcs8" });
  privateKeys.set(keys, own);
  const name = toHex(other);
  const theirs = publicKeys.get(name) ?? createPublicKey({ key: der(PUBLIC_DER, other), format: "der", type: "spki" });
  publicKeys.set(name, theirs);
  if (publicKeys.size > 4_096) publicKeys.clear();
  try {
    return plain(diffieHellman({ privateKey: own, publicKey: theirs }));
  } catch {
    return undefined;
  }
}

function der(prefix: Uint8Array, key: Uint8Array): Buffer {
  return Buffer.from(concat(prefix, key));
}

/** RFC 9180 sections 4.1 and 5.1, base mode: the AEAD key and nonce of the first message. */
function schedule(dh: Uint8Array, kemContext: Uint8Array, info: Uint8Array): { key: Uint8Array; nonce: Uint8Array } {
  const shared = labeledExpand(KEM, labeledExtract(KEM, NONE, ["eae_prk", dh]), ["shared_secret", kemContext, 32]);
  const context = concat(Uint8Array.of(0), PSK_ID_HASH, labeledExtract(HPKE, NONE, ["info_hash", info]));
  const secret = labeledExtract(HPKE, shared, ["secret", NONE]);
  return {
    key: labeledExpand(HPKE, secret, ["key", context, 32]),
    nonce: labeledExpand(HPKE, secret, ["base_nonce", context, 12]),
  };
}

function labeledExtract(suite: Uint8Array, salt: Uint8Array, [label, ikm]: readonly [string, Uint8Array]): Uint8Array {
  return hkdfExtract(salt, concat(utf8("HPKE-v1"), suite, utf8(label), ikm));
}

function labeledExpand(
  suite: Uint8Array,
  prk: Uint8Array,
  [label, info, length]: readonly [string, Uint8Array, number],
): Uint8Array {
  return hkdfExpand(prk, concat(Uint8Array.of(0, length), utf8("HPKE-v1"), suite, utf8(label), info), length);
}

const PSK_ID_HASH = labeledExtract(HPKE, NONE, ["psk_id_hash", NONE]);
