// The one way to check an Ed25519 signature. Libraries, and versions of one library, disagree on crafted signatures;
// a signature that half a circle accepts would split its record for ever. So the disputed cases are refused here,
// before node:crypto decides the rest. It must never fall back to another library.

import { createPublicKey, verify, type KeyObject } from "node:crypto";
import { Point } from "@noble/ed25519";
import { fromHex, toBase64Url, toHex } from "../src/base/bytes.ts";
import { TocsinError } from "../src/base/errors.ts";
import { limits } from "../src/base/limits.ts";
import { PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from "./signing.ts";

type Refusal = { readonly refused: string };

/** Keys judged lately, the least recently used first: a judgement takes as long as ten checks of a signature. */
const judged = new Map<string, KeyObject | Refusal>();

/**
 * Throws KEY_REFUSED unless the key is the canonical encoding of a point of the prime-order subgroup.
 * Small-order keys have signatures that fit any message, mixed-order ones divide the verifiers.
 */
export function admitKey(publicKey: Uint8Array): void {
  const key = judge(publicKey);
  if ("refused" in key) throw new TocsinError("KEY_REFUSED", `public key refused: ${key.refused}`);
}

/**
 * Whether `signature` (64 bytes, RFC 8032) is the key's over `message`, by the rule that every node applies:
 * the key is admitted, R is canonical and of no small order, S is below the group order, and node:crypto agrees.
 */
export function verifyStrict(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const key = keyFor(publicKey, signature);
  return key !== undefined && verify(null, message, key, signature);
}

/** The same answer, worked out on a thread of its own, so that many signatures are checked while other work goes on. */
export async function verifyStrictAside(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const key = keyFor(publicKey, signature);
  if (!key) return false;
  return new Promise((resolve) => {
    // What fails is no valid signature: whoever asked asks again with `verifyStrict`, and hears of the failure there.
    verify(null, message, key, signature, (failure, fits) => resolve(failure === null && fits));
  });
}

/** The key that decides over a signature of admissible form, undefined where key or form are refused. */
function keyFor(publicKey: Uint8Array, signature: Uint8Array): KeyObject | undefined {
  if (signature.length !== SIGNATURE_BYTES) return undefined;
  const r = signature.subarray(0, 32);
  if (!isCanonicalY(r) || isSmallOrder(r) || !isBelow(signature.subarray(32), GROUP_ORDER)) return undefined;
  const key = judge(publicKey);
  return "refused" in key ? undefined : key;
}

/** The key ready for node:crypto, or why it is refused; refusals are remembered too, so that repeating one is cheap. */
function judge(publicKey: Uint8Array): KeyObject | Refusal {
  if (publicKey.length !== PUBLIC_KEY_BYTES) return { refused: `${publicKey.length} bytes long` };
  const name = toHex(publicKey);
  const known = judged.get(name);
  const key = known ?? importKey(publicKey);
  judged.delete(name);
  judged.set(name, key);
  if (judged.size > limits.admittedKeysMax) {
    const [oldest] = judged.keys();
    if (oldest !== undefined) judged.delete(oldest);
  }
  return key;
}

function importKey(publicKey: Uint8Array): KeyObject | Refusal {
  let point: Point;
  try {
    // Strict decoding of RFC 8032 section 5.1.3: y below the field's prime, and no negative zero.
    point = Point.fromBytes(publicKey);
  } catch {
    return { refused: "not the canonical encoding of a point" };
  }
  if (point.isSmallOrder()) return { refused: "small order" };
  if (!point.isTorsionFree()) return { refused: "mixed order" };
  return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: toBase64Url(publicKey) }, format: "jwk" });
}

// Little-endian, as on the wire. L is the order of the base point, p the prime of the field (RFC 8032 section 5.1).
const GROUP_ORDER = constant("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
const FIELD_PRIME = constant("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");

/** y of the eight points whose order divides 8: two of order 8, then 4, 1 and 2. Either sign of x is one of them. */
const SMALL_ORDER_Y: readonly Uint8Array[] = [
  constant("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
  constant("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
  constant("0000000000000000000000000000000000000000000000000000000000000000"),
  constant("0100000000000000000000000000000000000000000000000000000000000000"),
  constant("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
];

/** Negative zero, the other non-canonical form, is a small-order point and refused as one. */
function isCanonicalY(encoded: Uint8Array): boolean {
  return isBelow(withoutSign(encoded), FIELD_PRIME);
}

function isSmallOrder(encoded: Uint8Array): boolean {
  const y = withoutSign(encoded);
  return SMALL_ORDER_Y.some((small) => small.every((byte, index) => byte === y[index]));
}

/** A point's encoding without the sign of x, which sits in the top bit. */
function withoutSign(encoded: Uint8Array): Uint8Array {
  const y = encoded.slice();
  y[31] = (encoded[31] ?? 0) & 0x7f;
  return y;
}

/** Whether a 32-byte little-endian number is below another. Nothing here is secret: time may depend on it. */
function isBelow(left: Uint8Array, right: Uint8Array): boolean {
  for (let index = 31; index >= 0; index--) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

function constant(hex: string): Uint8Array {
  return fromHex(hex) ?? new Uint8Array(0);
}
