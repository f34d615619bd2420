// Bytes: joining, comparing and writing them as text. The only file that knows Buffer.
// It must never interpret what the bytes mean.

import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import { base32crockford } from "@scure/base";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** All `parts` in one new array. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** Equality in time that depends on the lengths only. */
export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");
}

/** Bytes of a hexadecimal text, or undefined where it is none. */
export function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(text)) return undefined;
  return plain(Buffer.from(text, "hex"));
}

/** Crockford's base 32, upper case, no padding: safe to read aloud (no I, L, O, U). */
export function toBase32(bytes: Uint8Array): string {
  return base32crockford.encode(bytes).replace(/=+$/, "");
}

/** Bytes of a base-32 text (case and look-alikes forgiven), or undefined where it is none. */
export function fromBase32(text: string): Uint8Array | undefined {
  try {
    return base32crockford.decode(text.toUpperCase());
  } catch {
    return undefined;
  }
}

/** URL-safe base 64 without padding, as the API carries bytes in JSON. */
export function toBase64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64url");
}

/** Base 64 with padding (RFC 4648, section 4). */
export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
}

/** UTF-8 bytes of a text. */
export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Text of UTF-8 bytes, or undefined where they are not well-formed UTF-8. */
export function fromUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** `value` as 4 bytes, big-endian. */
export function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

/** `value` (a safe integer of at most 48 bits) as 6 bytes, big-endian. */
export function u48(value: number): Uint8Array {
  const bytes = new Uint8Array(6);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, Math.floor(value / 2 ** 32));
  view.setUint32(2, value % 2 ** 32);
  return bytes;
}

/** The number in the last 6 bytes of `bytes`, big-endian. */
export function lastU48(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 6, 6);
  return view.getUint16(0) * 2 ** 32 + view.getUint32(2);
}

/** Order of two byte strings: negative, zero or positive. */
export function compareBytes(left: Uint8Array, right: Uint8Array): number {
  return Buffer.compare(left, right);
}

/** The same bytes as a plain Uint8Array: a library that answers with Buffer is converted at its door. */
export function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}
