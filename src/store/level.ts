// The store on LevelDB: opening, the lock, and what its errors mean. The only file that knows `level`.
// After a failed write LevelDB may refuse every other one until it is opened again, so this file opens it again.

import { mkdir, readdir, readFile, rm, stat, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Level } from "level";
import type { StorageCipher } from "../../keys/storage-key.ts";
import { lastU48, plain, u48 } from "../base/bytes.ts";
import type { Clock } from "../base/clock.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { assemble } from "./assemble.ts";
import { keyOf, type Span } from "./keyspace.ts";
import type { Change, Disk } from "./shelf.ts";
import type { OpenedStore } from "./store.ts";
import { openTip } from "./tip.ts";

/** What `level` does on a disk but does not declare. */
type Database = Level<Uint8Array, Uint8Array> & {
  readonly compactRange: (from: Uint8Array, to: Uint8Array, options: { readonly keyEncoding: "view" }) => Promise<void>;
};
const Repairing = Level as unknown as { readonly repair: (path: string) => Promise<void> };

const TIP = keyOf("tip");

/** Rows that one native call reads of a scan. */
const SCAN_ROWS = 64;
/** How long the free space that was measured holds: less than it takes us to write `limits.diskReserveBytes`. */
const SPACE_HOLDS_MS = 250;

/**
 * Opens the store in the folder `path`, or makes it. Throws STORE_LOCKED where another process has it open,
 * STORE_CORRUPT where it is damaged or sealed under another key, DISK_FULL or STORE_FAILED.
 */
export async function openStore(
  path: string,
  options: { readonly cipher: StorageCipher; readonly clock: Clock; readonly signal?: AbortSignal },
): Promise<OpenedStore> {
  options.signal?.throwIfAborted();
  const disk = await openDisk(path, options.clock);
  try {
    const store = await assemble(disk, options);
    options.signal?.throwIfAborted();
    return { ...store, lostBatches: disk.lostBatches };
  } catch (cause) {
    await disk.close();
    throw cause;
  }
}

/** The rows of a store as they are on the disk, whatever they say. Throws as openStore. */
export async function openDisk(path: string, clock: Clock): Promise<Disk> {
  let db = await openLevel(path);
  const tip = openTip(path);
  let batches = await batchesOf(db);
  const lostBatches = Math.max(0, tip.told - batches);
  let closed = false;
  let spaceHoldsMs = -Infinity; // monotonic
  /** A batch that failed, and how to take it back, once that was read. */
  let failed: { readonly changes: readonly Change[]; readonly undo: readonly Change[] | undefined } | undefined;

  /** Opens the database again, and takes back what of the failed batch may have reached its log. */
  async function recover(batch: {
    readonly changes: readonly Change[];
    readonly undo: readonly Change[] | undefined;
  }): Promise<void> {
    // The failed batch never reached the tables in memory: what is read now is what was there before.
    const undo = batch.undo ?? (await present(batch.changes));
    failed = { ...batch, undo };
    // While it stays open it can at least be read.
    await proveSpace(path);
    await db.close();
    db = await openLevel(path);
    await writeBatch(db, undo);
    failed = undefined;
  }

  async function present(changes: readonly Change[]): Promise<readonly Change[]> {
    const values = await getMany(changes.map(({ key }) => key));
    return changes.map(({ key }, index) => ({ key, value: values[index] }));
  }

  async function getMany(keys: readonly Uint8Array[]): Promise<readonly (Uint8Array | undefined)[]> {
    try {
      const [only] = keys;
      // A call through the thread pool costs ten times what the read itself does: one row comes from memory or one block.
      if (keys.length === 1 && only) return [plainOrNone(db.getSync(only))];
      const values = await db.getMany([...keys]);
      return values.map(plainOrNone);
    } catch (cause) {
      throw failure("the store cannot be read", cause);
    }
  }

  return {
    getMany,
    scan: async function* ({ gte, lt }, { reverse = false, limit = -1 } = {}) {
      try {
        const rows = db.iterator({ gte, lt, reverse, limit });
        try {
          for (let page = await rows.nextv(SCAN_ROWS); page.length > 0; page = await rows.nextv(SCAN_ROWS)) {
            for (const [key, value] of page) yield [plain(key), plain(value)] as const;
          }
        } finally {
          await rows.close();
        }
      } catch (cause) {
        throw failure("the store cannot be read", cause);
      }
    },
    write: async (changes) => {
      if (closed) throw new TocsinError("STORE_FAILED", "the store is closed");
      if (clock.monotonic() >= spaceHoldsMs) {
        await requireSpace(path);
        spaceHoldsMs = clock.monotonic() + SPACE_HOLDS_MS;
      }
      if (failed) await recover(failed);
      const batch = [...changes, { key: TIP, value: u48(batches + 1) }];
      try {
        await writeBatch(db, batch);
      } catch (cause) {
        failed = { changes: batch, undo: undefined };
        spaceHoldsMs = -Infinity;
        throw cause;
      }
      batches += 1;
      tip.tell(batches);
    },
    purge: async (spans) => {
      try {
        for (const span of spans) await purgeSpan(db, span);
      } catch (cause) {
        throw failure("the store cannot be compacted", cause);
      }
    },
    size: () => sizeOf(path),
    lostBatches,
    close: async () => {
      closed = true;
      tip.close();
      await db.close();
    },
  };
}

function plainOrNone(value: Uint8Array | undefined): Uint8Array | undefined {
  return value && plain(value);
}

async function batchesOf(db: Database): Promise<number> {
  const told = await db.get(TIP);
  return told ? lastU48(plain(told)) : 0;
}

/** Has LevelDB build the tables and the manifest of a folder anew of whatever can still be read. Throws STORE_FAILED, DISK_FULL. */
export async function rebuildTables(path: string): Promise<void> {
  try {
    await Repairing.repair(path);
  } catch (cause) {
    throw failure(`the store in ${path} cannot be rebuilt`, cause);
  }
}

async function openLevel(path: string): Promise<Database> {
  const next = "stop the daemon and run tocsin doctor --fix: it keeps what can be read, and members give back the rest";
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    const names = await readdir(path);
    // LevelDB would make a new and empty database here.
    if (!names.includes("CURRENT") && names.some((name) => /\.(ldb|log)$/.test(name))) {
      throw new TocsinError("STORE_CORRUPT", `the store in ${path} has lost its file CURRENT`, { hint: next });
    }
    const db = new Level<Uint8Array, Uint8Array>(path, { keyEncoding: "view", valueEncoding: "view" }) as Database;
    await db.open();
    // What LevelDB leaves out in the middle of a log it tells its own log file alone, and goes on.
    if (/: dropping \d+ bytes/.test(await readFile(join(path, "LOG"), "utf8").catch(() => ""))) {
      await db.close();
      throw new TocsinError("STORE_CORRUPT", `the store in ${path} has lost rows`, { hint: next });
    }
    return db;
  } catch (cause) {
    const { codes, text } = chainOf(cause);
    if (codes.includes("LEVEL_LOCKED")) {
      throw new TocsinError("STORE_LOCKED", `the store in ${path} is open in another process`, { cause });
    }
    if (codes.includes("LEVEL_CORRUPTION") || (codes.includes("LEVEL_IO_ERROR") && /no such file/i.test(text))) {
      throw new TocsinError("STORE_CORRUPT", `the store in ${path} is damaged`, { cause, hint: next });
    }
    throw failure(`the store in ${path} cannot be opened`, cause);
  }
}

async function writeBatch(db: Database, changes: readonly Change[]): Promise<void> {
  const rows = changes.map(({ key, value }) =>
    value ? ({ type: "put", key, value } as const) : ({ type: "del", key } as const),
  );
  try {
    await db.batch(rows, { sync: true });
  } catch (cause) {
    throw failure("the store cannot be written", cause);
  }
}

/**
 * LevelDB drops what is outdated where files are merged, and never within the last one: first it is brought out of the log into a file, then
 * something is laid over both ends of the span, which are keys of no row, so that the next run has what to merge it with.
 */
async function purgeSpan(db: Database, { gte, lt }: Span): Promise<void> {
  await db.compactRange(gte, lt, { keyEncoding: "view" });
  await writeBatch(db, [
    { key: gte, value: undefined },
    { key: lt, value: undefined },
  ]);
  await db.compactRange(gte, lt, { keyEncoding: "view" });
}

/** Refuses in time: on a disk that is really full LevelDB could not even be opened for reading. */
async function requireSpace(path: string): Promise<void> {
  const { blocks, bavail, bsize } = await statfs(path).catch((cause: unknown) => {
    throw failure("the store cannot be reached", cause);
  });
  // Some network file systems know no sizes and answer 0.
  if (blocks > 0 && bavail * bsize < limits.diskReserveBytes) {
    throw new TocsinError("DISK_FULL", "the disk of the store is full", { details: { freeBytes: bavail * bsize } });
  }
}

/** Writes as much as opening the database may write: quotas and limits on files show in no statistics. */
async function proveSpace(path: string): Promise<void> {
  const probe = join(path, "probe");
  try {
    await writeFile(probe, new Uint8Array(limits.diskReserveBytes / 2), { mode: 0o600 });
  } catch (cause) {
    throw failure("the store cannot be written", cause);
  } finally {
    await rm(probe, { force: true });
  }
}

async function sizeOf(path: string): Promise<number> {
  let bytes = 0;
  for (const name of await readdir(path)) {
    // A file may be gone by now: LevelDB compacts whenever it likes.
    bytes += (await stat(join(path, name)).catch(() => ({ size: 0 }))).size;
  }
  return bytes;
}

function failure(what: string, cause: unknown): TocsinError {
  if (cause instanceof TocsinError) return cause;
  const { codes, text } = chainOf(cause);
  // LevelDB hands down strerror(3) and no number.
  if (/no space left|ENOSPC|quota exceeded|file too large/i.test(text)) {
    return new TocsinError("DISK_FULL", `${what}: the disk is full`, { cause });
  }
  return new TocsinError(codes.includes("LEVEL_CORRUPTION") ? "STORE_CORRUPT" : "STORE_FAILED", what, { cause });
}

/** Codes and messages of an error and its causes. */
function chainOf(cause: unknown): { readonly codes: readonly unknown[]; readonly text: string } {
  const codes: unknown[] = [];
  let text = "";
  for (let link = cause; link instanceof Error; link = link.cause) {
    codes.push("code" in link ? link.code : undefined);
    text += `${link.message}\n`;
  }
  return { codes, text };
}
