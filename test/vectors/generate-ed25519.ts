// Makes ed25519-strict.json: crafted signatures on which Ed25519 libraries disagree, and what every node answers.
// It must be deterministic: the committed file is compared with it byte for byte. Run directly, it writes the file.

import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { Point } from "@noble/ed25519";
import { concat, toHex, utf8 } from "../../src/base/bytes.ts";

/** One signature and two answers to it; bytes in hex. */
export type StrictVector = {
  readonly name: string;
  readonly publicKey: string;
  readonly message: string;
  readonly signature: string;
  /** What the lenient rule of ZIP 215 says: it accepts whatever the equation with cofactor allows. */
  readonly zip215: boolean;
  /** What `verifyStrict` says. */
  readonly strict: boolean;
};

/** How a signature is made: S = nonce + k * secret, whatever the key and R claim to be. */
type Craft = {
  readonly name: string;
  readonly key: Uint8Array;
  readonly r: Uint8Array;
  readonly secret?: bigint;
  readonly nonce?: bigint;
  /** Searches a message for which the torsion of the key does, or does not, vanish from k * key. */
  readonly torsionVanishes?: boolean;
  readonly addToS?: bigint;
};

const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const P = 2n ** 255n - 19n;
const NEGATIVE = 2n ** 255n;

const SECRET = hashScalar(utf8("tocsin ed25519 vectors: secret"));
const NONCE = hashScalar(utf8("tocsin ed25519 vectors: nonce"));

/** The text of ed25519-strict.json. */
export function ed25519Vectors(): string {
  return `${JSON.stringify(crafts().map(toVector), null, 2)}\n`;
}

function crafts(): readonly Craft[] {
  const honest = Point.BASE.multiply(SECRET);
  // The generator of the eight points of small order.
  const torsion = Point.fromHex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05");
  const key = honest.toBytes();
  const r = Point.BASE.multiply(NONCE).toBytes();
  const mixedR = Point.BASE.multiply(NONCE).add(torsion).toBytes();
  const mixedKey = honest.add(torsion).toBytes();
  const smallKey = torsion.toBytes();
  const identity = encode(1n);
  const identityPlusP = encode(P + 1n);
  const identityNegative = encode(1n + NEGATIVE);
  return [
    { name: "honest signature", key, r },
    { name: "honest signature with S + L", key, r, addToS: L },
    { name: "honest key, R with torsion", key, r: mixedR },
    { name: "mixed-order key, k mod 8 is not 0", key: mixedKey, r, torsionVanishes: false },
    { name: "mixed-order key, k mod 8 is 0", key: mixedKey, r, torsionVanishes: true },
    { name: "honest key, R is the identity", key, r: identity, nonce: 0n },
    { name: "honest key, R is the identity written with y + p", key, r: identityPlusP, nonce: 0n },
    { name: "honest key, R is the identity with a negative x", key, r: identityNegative, nonce: 0n },
    { name: "small-order key, k mod 8 is not 0", key: smallKey, r, secret: 0n, torsionVanishes: false },
    { name: "small-order key, k mod 8 is 0", key: smallKey, r, secret: 0n, torsionVanishes: true },
    { name: "the key is the identity", key: identity, r, secret: 0n },
    { name: "the key is the identity written with y + p", key: identityPlusP, r, secret: 0n },
    { name: "the key is the identity with a negative x", key: identityNegative, r, secret: 0n },
    { name: "key and R are of small order", key: smallKey, r: smallKey, secret: 0n, nonce: 0n },
  ];
}

function toVector(craft: Craft, at: number): StrictVector {
  const { name, key, r, secret = SECRET, nonce = NONCE, addToS = 0n, torsionVanishes } = craft;
  for (let attempt = 0; ; attempt++) {
    const message = utf8(`case ${at}, attempt ${attempt}`);
    const k = hashScalar(r, key, message);
    if (torsionVanishes !== undefined && (k % 8n === 0n) !== torsionVanishes) continue;
    const s = ((nonce + k * secret) % L) + addToS;
    return {
      name,
      publicKey: toHex(key),
      message: toHex(message),
      signature: toHex(concat(r, encode(s))),
      zip215: addToS === 0n,
      strict: at === 0,
    };
  }
}

/** SHA-512 of the parts as a scalar (RFC 8032 section 5.1.7, step 2). */
function hashScalar(...parts: readonly Uint8Array[]): bigint {
  const digest = createHash("sha512")
    .update(concat(...parts))
    .digest();
  return BigInt(`0x${toHex(digest.toReversed())}`) % L;
}

/** A number as 32 bytes, little-endian. */
function encode(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, index) => Number((value >> BigInt(8 * index)) & 0xffn));
}

if (import.meta.main) writeFileSync(new URL("ed25519-strict.json", import.meta.url), ed25519Vectors());
