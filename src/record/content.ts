// What lies inside a payload: salt, length, body, zeros. The commitment in the signed header binds salt and body,
// so that revealing them later proves what was said without any key (docs/protocol.md section 4).

import { concat, u32, utf8 } from "../base/bytes.ts";
import { sha256 } from "../base/digest.ts";
import { TocsinError } from "../base/errors.ts";

export const SALT_BYTES = 32;
const LENGTH_BYTES = 4;
const COMMITMENT_TAG = utf8("tocsin/1 commitment");

export type Content = { readonly salt: Uint8Array; readonly body: Uint8Array };

/** SHA-256(tag, salt, body): hiding, because the salt is 32 random bytes that travel inside the seal. */
export function commitTo({ salt, body }: Content): Uint8Array {
  return sha256(COMMITMENT_TAG, salt, body);
}

/** Salt, length and body, filled with zeros up to a multiple of `step` bytes (1: no filling). */
export function packContent({ salt, body }: Content, step: number): Uint8Array {
  const length = SALT_BYTES + LENGTH_BYTES + body.length;
  const filling = new Uint8Array((step - (length % step)) % step);
  return concat(salt, u32(body.length), body, filling);
}

/** The reverse of packContent. Throws RECORD_MALFORMED where the length lies or the filling is not zero. */
export function unpackContent(bytes: Uint8Array): Content {
  const start = SALT_BYTES + LENGTH_BYTES;
  if (bytes.length < start) throw new TocsinError("RECORD_MALFORMED", "payload is too short to hold a body");
  const length = new DataView(bytes.buffer, bytes.byteOffset + SALT_BYTES, LENGTH_BYTES).getUint32(0);
  if (length > bytes.length - start) throw new TocsinError("RECORD_MALFORMED", "payload is shorter than it says");
  if (bytes.subarray(start + length).some((byte) => byte !== 0)) {
    throw new TocsinError("RECORD_MALFORMED", "payload is filled with something else than zeros");
  }
  return { salt: bytes.slice(0, SALT_BYTES), body: bytes.slice(start, start + length) };
}
