// A bundle as a file: a magic line, then frames, each a letter for its kind, four bytes of length and that many bytes. Written and
// read frame by frame, whatever its size. What is read is anybody's: lengths are checked before anything is kept of them.

import { type FileHandle, open } from "node:fs/promises";
import { basename } from "node:path";
import { systemCode } from "../../keys/index.ts";
import { concat, equalBytes, plain, u32, utf8 } from "../base/bytes.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { BundleFrame } from "../node/bundle.ts";
import { writeNewFile } from "./new-file.ts";

const MAGIC = utf8("tocsin bundle 1\n");
const LETTERS = { head: 0x48, sealed: 0x53, last: 0x4c } as const;
const PREFIX_BYTES = 5;
const COUNT_BYTES = 4;

/** Writes a new file and answers its size. Throws as `writeNewFile`, and what `frames` throws. */
export async function writeBundleFile(path: string, frames: AsyncIterable<BundleFrame>): Promise<number> {
  return writeNewFile(path, partsOf(frames));
}

async function* partsOf(frames: AsyncIterable<BundleFrame>): AsyncGenerator<Uint8Array> {
  yield MAGIC;
  for await (const frame of frames) yield bytesOf(frame);
}

/** The frames of a file as they are read. Throws INPUT_MISSING, and INPUT_INVALID for what is no bundle. */
export async function* readBundleFile(path: string): AsyncGenerator<BundleFrame> {
  await using file = await open(path, "r").catch((cause: unknown) => {
    throw new TocsinError("INPUT_MISSING", `${basename(path)} cannot be read: ${systemCode(cause)}`, { cause });
  });
  if (!(await file.stat()).isFile()) throw new TocsinError("INPUT_MISSING", `${basename(path)} is no file`);
  const magic = await take(file, MAGIC.length);
  if (!magic || !equalBytes(magic, MAGIC)) throw new TocsinError("INPUT_INVALID", `${basename(path)} is no bundle`);
  for (;;) {
    const prefix = await take(file, PREFIX_BYTES);
    const frame = prefix && (await frameAfter(file, prefix));
    yield frame ?? { kind: "torn" };
    if (!frame || frame.kind === "last") return;
  }
}

/** Undefined where the file ends too early, or goes on as no bundle does. */
async function frameAfter(file: FileHandle, prefix: Uint8Array): Promise<BundleFrame | undefined> {
  const [letter] = prefix;
  const length = new DataView(prefix.buffer, prefix.byteOffset).getUint32(1);
  if (letter === LETTERS.last) {
    const count = length === COUNT_BYTES ? await take(file, COUNT_BYTES) : undefined;
    return count && { kind: "last", parts: new DataView(count.buffer, count.byteOffset).getUint32(0) };
  }
  const kind = letter === LETTERS.head ? "head" : letter === LETTERS.sealed ? "sealed" : undefined;
  if (!kind || length > (kind === "head" ? limits.bundleHeadBytesMax : limits.bundleFrameBytesMax)) return undefined;
  const bytes = await take(file, length);
  return bytes && { kind, bytes };
}

/** The next `length` bytes, undefined where the file has fewer. Throws STORE_FAILED where reading fails. */
async function take(file: FileHandle, length: number): Promise<Uint8Array | undefined> {
  const bytes = new Uint8Array(length);
  for (let filled = 0; filled < length;) {
    const { bytesRead } = await file.read(bytes, filled, length - filled).catch((cause: unknown) => {
      throw new TocsinError("STORE_FAILED", `the bundle cannot be read: ${systemCode(cause)}`, { cause });
    });
    if (bytesRead === 0) return undefined;
    filled += bytesRead;
  }
  return plain(bytes);
}

function bytesOf(frame: BundleFrame): Uint8Array {
  if (frame.kind === "torn") throw new TocsinError("INTERNAL", "a torn bundle is not written");
  const body = frame.kind === "last" ? u32(frame.parts) : frame.bytes;
  return concat(Uint8Array.of(LETTERS[frame.kind]), u32(body.length), body);
}
