// Tells a home that goes on from a copy of it. An empty file stands outside of the store; the store knows its name and
// what the file system says of it, which no copying, unpacking or syncing of files can repeat. Whatever does not fit is
// taken for a copy.

import { mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fromUtf8, toHex, utf8 } from "../base/bytes.ts";
import { writeFailure } from "../../keys/index.ts";
import type { Random } from "../base/random.ts";
import type { Store } from "../store/store.ts";

export const MARK_SETTING = "start mark";
const NAME = /^[0-9a-f]{32}$/;

/** Whether this home is the one that was last started with this store. */
export async function isIntact(folder: string, store: Store): Promise<boolean> {
  const stored = await store.setting(MARK_SETTING);
  if (!stored) return false;
  const marks = await Promise.all((await namesIn(folder)).map(async (name) => markOf(folder, name)));
  return marks.includes(fromUtf8(stored) ?? "");
}

/** Marks the home of a start, once; what failed is tried again by the next call. Throws DISK_FULL. */
export function markingOf(folder: string, store: Store, random: Random): () => Promise<void> {
  let isMarked = false;
  let underWay: Promise<void> | undefined;
  return async () => {
    if (isMarked) return;
    underWay ??= renewMark(folder, store, random).finally(() => (underWay = undefined));
    await underWay;
    isMarked = true;
  };
}

/** Marks the home anew, so that what is copied back over it later is found to be old. A crash in here leaves the old mark or the new one. Throws DISK_FULL. */
export async function renewMark(folder: string, store: Store, random: Random): Promise<void> {
  const old = await namesIn(folder);
  const name = toHex(random(16));
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(join(folder, name), "", { mode: 0o600, flag: "wx" });
  } catch (cause) {
    throw writeFailure(folder, cause, true);
  }
  await store.putSetting(MARK_SETTING, utf8(await markOf(folder, name)));
  for (const stale of old) await rm(join(folder, stale), { force: true });
}

async function namesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((): readonly string[] => []);
  return names.filter((name) => NAME.test(name));
}

/** A copy has another inode or another time of creation or change; no program can set these three. */
async function markOf(folder: string, name: string): Promise<string> {
  const { ino, ctimeNs, birthtimeNs } = await stat(join(folder, name), { bigint: true });
  return `${name} ${ino} ${ctimeNs} ${birthtimeNs}`;
}
