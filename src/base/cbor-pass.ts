// The common kinds of deterministic CBOR, read and written in one pass each: whole numbers, bytes, ASCII text, lists, maps
// with ASCII keys, true, false, null. Every record that is caught up passes here some ten times. Whatever is not wholly made
// of these is answered with undefined and left to `cbor.ts`, whose rules these are: it must never accept what that refuses.

import type { Cbor } from "./cbor.ts";

const NUMBER = 0;
const BYTES = 2;
const TEXT = 3;
const LIST = 4;
const MAP = 5;
const FALSE = 0xf4;
const TRUE = 0xf5;
const NULL = 0xf6;
const U32 = 2 ** 32;

/** The value of `bytes` where they are the one encoding of it, nested at most `depthMax` deep; else undefined. */
export function readCommon(bytes: Uint8Array, depthMax: number): Cbor | undefined {
  const reader: Reader = { bytes, at: 0 };
  const value = read(reader, depthMax);
  return reader.at === bytes.length ? value : undefined;
}

type Reader = { readonly bytes: Uint8Array; at: number };

function read(reader: Reader, depthLeft: number): Cbor | undefined {
  const { bytes } = reader;
  const head = bytes[reader.at];
  if (head === undefined || depthLeft < 0) return undefined;
  const kind = head >> 5;
  if (kind === 7) {
    reader.at += 1;
    return head === NULL ? null : head === TRUE ? true : head === FALSE ? false : undefined;
  }
  const count = readCount(reader, head & 0x1f);
  const from = reader.at;
  // Nothing is set aside for what is not there: each entry takes a byte at least.
  if (count === undefined || (kind !== NUMBER && count > bytes.length - from)) return undefined;
  switch (kind) {
    case NUMBER:
      return count;
    case BYTES:
      reader.at += count;
      return bytes.slice(from, reader.at);
    case TEXT:
      return readText(reader, count);
    case LIST: {
      const list: Cbor[] = [];
      for (let index = 0; index < count; index++) {
        const entry = read(reader, depthLeft - 1);
        if (entry === undefined) return undefined;
        list.push(entry);
      }
      return list;
    }
    case MAP:
      return readMap(reader, count, depthLeft - 1);
    default:
      return undefined;
  }
}

/** The number in a head, where it is in its shortest form and exact. */
function readCount(reader: Reader, short: number): number | undefined {
  const { bytes, at } = reader;
  const width = short < 24 ? 0 : short < 28 ? 1 << (short - 24) : undefined;
  if (width === undefined || at + 1 + width > bytes.length) return undefined;
  reader.at = at + 1 + width;
  if (width === 0) return short;
  let count = 0;
  for (let index = at + 1; index < reader.at; index++) count = count * 256 + (bytes[index] ?? 0);
  const isShortest = width === 1 ? count >= 24 : count >= 256 ** (width / 2);
  return isShortest && count <= Number.MAX_SAFE_INTEGER ? count : undefined;
}

function readText(reader: Reader, length: number): string | undefined {
  const { bytes, at } = reader;
  let text = "";
  for (let index = at; index < at + length; index++) {
    const code = bytes[index] ?? 0x80;
    if (code >= 0x80) return undefined;
    text += String.fromCharCode(code);
  }
  reader.at = at + length;
  return text;
}

function readMap(reader: Reader, count: number, depthLeft: number): Cbor | undefined {
  const map: Record<string, Cbor> = {};
  let last: string | undefined;
  for (let index = 0; index < count; index++) {
    const isText = (reader.bytes[reader.at] ?? 0) >> 5 === TEXT;
    const key = isText ? read(reader, 0) : undefined;
    if (typeof key !== "string" || key === "__proto__" || (last !== undefined && compareKeys(last, key) >= 0))
      return undefined;
    const value = read(reader, depthLeft);
    if (value === undefined) return undefined;
    map[key] = value;
    last = key;
  }
  return map;
}

/** RFC 8949 section 4.2.1 for ASCII keys: the shorter one first, since its length leads its encoding. */
function compareKeys(left: string, right: string): number {
  return left.length - right.length || (left < right ? -1 : left > right ? 1 : 0);
}

/** The one encoding of `value`, or undefined. */
export function writeCommon(value: Cbor): Uint8Array | undefined {
  const length = sizeOf(value);
  if (Number.isNaN(length)) return undefined;
  const writer: Writer = { bytes: new Uint8Array(length), at: 0 };
  write(writer, value);
  return writer.bytes;
}

type Writer = { readonly bytes: Uint8Array; at: number };

/** Bytes that a value takes, NaN where it is none of the common kinds. */
function sizeOf(value: Cbor): number {
  if (value === null || typeof value === "boolean") return 1;
  if (typeof value === "number")
    return Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0) ? headSize(value) : NaN;
  if (typeof value === "string") return isAscii(value) ? headSize(value.length) + value.length : NaN;
  if (value instanceof Uint8Array) return headSize(value.length) + value.length;
  if (typeof value !== "object") return NaN;
  let size = 0;
  if (Array.isArray(value)) {
    const list = value as readonly Cbor[];
    for (const entry of list) size += sizeOf(entry);
    return headSize(list.length) + size;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return NaN;
  const map = value as { readonly [key: string]: Cbor };
  const keys = Object.keys(map);
  for (const key of keys) size += sizeOf(key) + sizeOf(map[key] as Cbor);
  return headSize(keys.length) + size;
}

function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) >= 0x80) return false;
  return true;
}

function headSize(count: number): number {
  return count < 24 ? 1 : count < 256 ? 2 : count < 65_536 ? 3 : count < U32 ? 5 : 9;
}

function write(writer: Writer, value: Cbor): void {
  const { bytes } = writer;
  if (value === null) bytes[writer.at++] = NULL;
  else if (typeof value === "boolean") bytes[writer.at++] = value ? TRUE : FALSE;
  else if (typeof value === "number") writeHead(writer, NUMBER, value);
  else if (typeof value === "string") {
    writeHead(writer, TEXT, value.length);
    for (let index = 0; index < value.length; index++) bytes[writer.at++] = value.charCodeAt(index);
  } else if (value instanceof Uint8Array) {
    writeHead(writer, BYTES, value.length);
    bytes.set(value, writer.at);
    writer.at += value.length;
  } else if (Array.isArray(value)) {
    const list = value as readonly Cbor[];
    writeHead(writer, LIST, list.length);
    for (const entry of list) write(writer, entry);
  } else {
    const map = value as { readonly [key: string]: Cbor };
    const keys = Object.keys(map).sort(compareKeys);
    writeHead(writer, MAP, keys.length);
    for (const key of keys) {
      write(writer, key);
      write(writer, map[key] as Cbor);
    }
  }
}

function writeHead(writer: Writer, kind: number, count: number): void {
  const { bytes } = writer;
  const width = headSize(count) - 1;
  bytes[writer.at++] = (kind << 5) | (width === 0 ? count : 24 + Math.log2(width));
  let rest = count;
  for (let index = writer.at + width - 1; index >= writer.at; index--) {
    bytes[index] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  writer.at += width;
}
