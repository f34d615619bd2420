// Writing a private file so that a crash leaves the old one or the new one, never a part.
// It must never make a file that others on this machine can read, not even for a moment.

import { link, open, rename, rm } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { plain } from "../src/base/bytes.ts";
import { TocsinError, type ErrorCode } from "../src/base/errors.ts";

const OWNER_ONLY = 0o600;
const OTHERS_MASK = 0o077;
/** There the mode says nothing and a folder cannot be synced. */
const onWindows = process.platform === "win32";

/** The last write asked for, by path: a path has one temporary file, so its writes go one after the other. */
const writing = new Map<string, Promise<void>>();

/**
 * Writes `bytes` to `path`, mode 0600; resolves once they are durable under that name. Writes of one path happen in
 * the order they were asked for. With `replace: false` an existing file stays and IDENTITY_EXISTS is thrown.
 * Throws DISK_FULL, CONFIG_INVALID where the folder does not allow it, or STORE_FAILED.
 */
export async function writeAtomic(path: string, bytes: Uint8Array, options: { replace: boolean }): Promise<void> {
  const write = after(writing.get(path), () => writeNow(path, bytes, options.replace));
  writing.set(path, write);
  try {
    await write;
  } catch (cause) {
    throw writeFailure(path, cause, options.replace);
  } finally {
    if (writing.get(path) === write) writing.delete(path);
  }
}

/**
 * The whole file, or undefined where there is none. `privately` refuses (CONFIG_INVALID) a file that others may read.
 * Throws `damaged` for one of more than `bytesMax`, STORE_FAILED where reading fails.
 */
export async function readWhole(
  path: string,
  options: { bytesMax: number; privately: boolean; damaged: ErrorCode },
): Promise<Uint8Array | undefined> {
  try {
    await using file = await open(path, "r");
    const { mode, size } = await file.stat();
    if (options.privately && !onWindows && (mode & OTHERS_MASK) !== 0) {
      throw new TocsinError("CONFIG_INVALID", `${basename(path)} can be read by other users of this machine`, {
        hint: `chmod 600 ${path}`,
      });
    }
    if (size > options.bytesMax) throw new TocsinError(options.damaged, `${basename(path)} is too large`);
    return plain(await file.readFile());
  } catch (cause) {
    if (cause instanceof TocsinError) throw cause;
    if (systemCode(cause) === "ENOENT") return undefined;
    throw new TocsinError("STORE_FAILED", `${basename(path)} cannot be read: ${systemCode(cause)}`, { cause });
  }
}

/** Runs `step` when `before` is over, however it ended: its failure is told to whoever asked for it. */
async function after(before: Promise<void> | undefined, step: () => Promise<void>): Promise<void> {
  if (before) await Promise.allSettled([before]);
  await step();
}

/** Removes what a crash left of a write of `path`: it may hold old keys. Only before the first write of this process. */
export async function dropUnfinished(path: string): Promise<void> {
  await rm(draftOf(path), { force: true });
}

/** One name for the draft, so that what a crash left behind goes with the next write. */
function draftOf(path: string): string {
  return `${path}.new`;
}

async function writeNow(path: string, bytes: Uint8Array, replace: boolean): Promise<void> {
  const draft = draftOf(path);
  await rm(draft, { force: true });
  try {
    await writeDurably(draft, bytes);
    // Only a link refuses to replace; asking first would leave a moment for another process.
    if (replace) await rename(draft, path);
    else await link(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
  if (!onWindows) await syncFolder(dirname(path));
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  await using file = await open(path, "wx", OWNER_ONLY);
  await file.writeFile(bytes);
  await file.sync();
}

/** Makes the new name durable. */
async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, "r");
  await folder.sync();
}

/** What a failed write of `path` means. */
export function writeFailure(path: string, cause: unknown, replace: boolean): TocsinError {
  const code = systemCode(cause);
  const name = basename(path);
  if (code === "EEXIST" && !replace) return new TocsinError("IDENTITY_EXISTS", `${name} exists already`, { cause });
  // A limit on the size of files is a full disk too, as it is to the store.
  if (code !== undefined && ["ENOSPC", "EDQUOT", "EFBIG"].includes(code))
    return new TocsinError("DISK_FULL", `no space for ${name}`, { cause });
  if (code !== undefined && ["EACCES", "EPERM", "EROFS", "ENOENT", "ENOTDIR"].includes(code)) {
    return new TocsinError("CONFIG_INVALID", `${name} cannot be written in its folder: ${code}`, { cause });
  }
  return new TocsinError("STORE_FAILED", `${name} cannot be written: ${code}`, { cause });
}

/** The system's code of a failed call, such as ENOENT. */
export function systemCode(cause: unknown): string | undefined {
  return cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : undefined;
}
