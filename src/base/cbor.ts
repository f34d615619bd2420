// Deterministic CBOR (RFC 8949 section 4.2.1). The only file that knows cborg.
// What does not re-encode to the same bytes is refused, so every value has exactly one encoding.

import { decode, encode, rfc8949EncodeOptions } from "cborg";
import { equalBytes, plain } from "./bytes.ts";
import { readCommon, writeCommon } from "./cbor-pass.ts";
import { TocsinError } from "./errors.ts";
import { limits } from "./limits.ts";

/** What a record may be made of: no floats but those that JSON has, no tags, no undefined. */
export type Cbor = null | boolean | number | string | Uint8Array | readonly Cbor[] | { readonly [key: string]: Cbor };

const decodeOptions = {
  strict: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowInfinity: false,
  allowNaN: false,
  allowBigInt: false,
  rejectDuplicateMapKeys: true,
} as const;

/** The one encoding of `value`. */
export function encodeCbor(value: Cbor): Uint8Array {
  return writeCommon(value) ?? encodeAny(value);
}

/**
 * The value of `bytes`, which must be at most `bytesMax` long and nested at most `limits.cborDepthMax` deep.
 * Throws CBOR_INVALID for anything that `encodeCbor` would not have written.
 */
export function decodeCbor(bytes: Uint8Array, bytesMax: number): Cbor {
  if (bytes.length > bytesMax) {
    throw new TocsinError("LIMIT_EXCEEDED", `${bytes.length} bytes where at most ${bytesMax} are allowed`);
  }
  return readCommon(plain(bytes), limits.cborDepthMax) ?? decodeAny(bytes);
}

/** The same by cborg, for values of any kind; `cbor-pass.ts` must agree with it. */
export function encodeAny(value: Cbor): Uint8Array {
  return plain(encode(value, rfc8949EncodeOptions));
}

/** The same by cborg, for bytes of any kind. Throws CBOR_INVALID. */
export function decodeAny(bytes: Uint8Array): Cbor {
  let value: Cbor;
  try {
    value = decode(plain(bytes), decodeOptions) as Cbor;
    if (depth(value, limits.cborDepthMax) < 0) throw new Error("nested too deep");
    // Re-encoding is the whole check of determinism: shortest integers, sorted keys, no spare bytes.
    if (!equalBytes(encodeAny(value), bytes)) throw new Error("not the deterministic encoding");
  } catch (cause) {
    // A RangeError (stack overflow on hostile nesting) is invalid input like any other.
    throw new TocsinError("CBOR_INVALID", `malformed CBOR of ${bytes.length} bytes`, { cause });
  }
  return value;
}

/** Levels left after walking `value`, negative where it is nested deeper than `left`. */
function depth(value: Cbor, left: number): number {
  if (left < 0) return left;
  if (value === null || typeof value !== "object" || value instanceof Uint8Array) return left;
  let least = left;
  for (const child of Object.values(value)) least = Math.min(least, depth(child, left - 1));
  return least;
}
