// The spool as a folder: files that wait, in the order of their names, and beside them those that could not be posted,
// each with the reason in its name. Several commands may write at once; one daemon takes away.
// A file may leave this folder in one way only: what it holds was posted, or a person took it.

import { lstat, mkdir, readdir, rename, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { readWhole, systemCode, writeAtomic, writeFailure } from "../../keys/atomic-file.ts";
import { toHex } from "../base/bytes.ts";
import { TocsinError, type ErrorCode } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { Random } from "../base/random.ts";
import type { WrapKeys } from "../seal/hpke.ts";
import { openItem, sealItem } from "./item.ts";

/** Absolute paths of the folder and of the public key that it is sealed to. */
export type SpoolPlace = { readonly spool: string; readonly spoolKey: string };

export type SpoolCounts = { readonly waiting: number; readonly failed: number; readonly reasons: readonly string[] };

const NAME = /^\d{15}-[0-9a-f]{16}$/;
const FAILED_NAME = /^\d{15}-[0-9a-f]{16}\.([A-Z_]+)$/;
const FAILED = "failed";
const KEY_BYTES_MAX = 4 * 1024;
const OTHERS_WRITE = 0o022;
/** How old what a crash left half written must be before it is taken away: nobody writes for so long. */
const UNFINISHED_MS = 3_600_000;

/** The public key that items are sealed to; undefined in a home whose daemon never ran. */
export async function readSpoolKey({ spoolKey }: SpoolPlace): Promise<Uint8Array | undefined> {
  return readWhole(spoolKey, { bytesMax: KEY_BYTES_MAX, privately: false, damaged: "CONFIG_INVALID" });
}

export async function writeSpoolKey({ spoolKey }: SpoolPlace, publicKey: Uint8Array): Promise<void> {
  await writeAtomic(spoolKey, publicKey, { replace: true });
}

/**
 * Seals a text and resolves once its file is durable. `at`, in ms, orders it among the others. False in a
 * home whose daemon never ran, which has no key to seal to. Throws QUEUE_FULL, DISK_FULL,
 * CONFIG_INVALID where the folder or the key cannot be used, STORE_FAILED.
 */
export async function putItem(
  place: SpoolPlace,
  item: { readonly text: string; readonly at: number },
  random: Random,
): Promise<boolean> {
  const key = await readSpoolKey(place);
  if (!key) return false;
  const sealed = await sealItem(key, item.text);
  try {
    await mkdir(place.spool, { recursive: true, mode: 0o700 });
    const { bavail, bsize, blocks } = await statfs(place.spool);
    if (blocks > 0 && bavail * bsize < sealed.length)
      throw new TocsinError("DISK_FULL", "the disk of the spool is full");
  } catch (cause) {
    throw cause instanceof TocsinError ? cause : writeFailure(place.spool, cause, true);
  }
  if ((await waitingItems(place)).length >= limits.spoolItemsMax)
    throw new TocsinError("QUEUE_FULL", `${limits.spoolItemsMax} files wait in the spool already`);
  const name = `${String(Math.floor(item.at)).padStart(15, "0")}-${toHex(random(8))}`;
  await writeAtomic(join(place.spool, name), sealed, { replace: true });
  return true;
}

/** Names of what waits, oldest first. Throws CONFIG_INVALID where others may write to the folder. */
export async function waitingItems({ spool }: SpoolPlace): Promise<readonly string[]> {
  const found = await lstat(spool).catch(nothing);
  if (!found) return [];
  const isOurs = process.getuid === undefined || found.uid === process.getuid();
  if (!found.isDirectory() || !isOurs || (process.platform !== "win32" && (found.mode & OTHERS_WRITE) !== 0))
    throw new TocsinError("CONFIG_INVALID", "the folder of the spool can be written by others", {
      hint: `chmod 700 ${spool}`,
    });
  return namesIn(spool, NAME);
}

/** What a file says. Throws STORE_CORRUPT, CONFIG_INVALID where others can read it, STORE_FAILED. */
export async function takeItem({ spool }: SpoolPlace, name: string, keys: WrapKeys): Promise<string> {
  const options = { bytesMax: limits.spoolItemBytesMax + KEY_BYTES_MAX, privately: true } as const;
  const bytes = await readWhole(join(spool, name), { ...options, damaged: "STORE_CORRUPT" });
  if (!bytes) throw new TocsinError("STORE_FAILED", "a file of the spool is gone");
  return openItem(keys, bytes);
}

/** Takes away what was posted. */
export async function dropItem({ spool }: SpoolPlace, name: string): Promise<void> {
  await rm(join(spool, name), { force: true });
}

/** Puts aside what cannot be posted, with the code of the reason in its name. */
export async function failItem({ spool }: SpoolPlace, name: string, reason: ErrorCode): Promise<void> {
  await mkdir(join(spool, FAILED), { recursive: true, mode: 0o700 });
  await rename(join(spool, name), join(spool, FAILED, `${name}.${reason}`));
}

/** How much waits, and how much was put aside and why. */
export async function countSpool({ spool }: SpoolPlace): Promise<SpoolCounts> {
  const failed = await namesIn(join(spool, FAILED), FAILED_NAME);
  const reasons = new Set(failed.map((name) => FAILED_NAME.exec(name)?.[1] ?? ""));
  return { waiting: (await namesIn(spool, NAME)).length, failed: failed.length, reasons: [...reasons].sort() };
}

/** Takes away what crashes left half written: nobody was told that it is safe. `now` in ms since 1970. */
export async function dropUnfinishedItems({ spool }: SpoolPlace, now: number): Promise<void> {
  for (const name of await namesIn(spool, /^\d{15}-[0-9a-f]{16}\.new$/)) {
    if (Number(name.slice(0, 15)) + UNFINISHED_MS < now) await rm(join(spool, name), { force: true });
  }
}

async function namesIn(folder: string, shape: RegExp): Promise<readonly string[]> {
  const entries = (await readdir(folder, { withFileTypes: true }).catch(nothing)) ?? [];
  return entries
    .filter((entry) => entry.isFile() && shape.test(entry.name))
    .map(({ name }) => name)
    .sort();
}

/** Undefined for what is not there; throws STORE_FAILED where it cannot be looked at. */
function nothing(cause: unknown): undefined {
  if (systemCode(cause) === "ENOENT") return undefined;
  throw new TocsinError("STORE_FAILED", `the spool cannot be read: ${systemCode(cause)}`, { cause });
}
