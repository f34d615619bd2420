// What a node does where its own files are damaged: it keeps what can be read, says what was lost, and asks the others for the rest.
// The damaged files are set aside, never deleted.

import type { Log } from "../base/events.ts";
import { rename } from "node:fs/promises";
import { basename } from "node:path";
import { type StorageCipher, storageCipher } from "../../keys/index.ts";
import { decodeCbor, encodeCbor } from "../base/cbor.ts";
import type { Clock } from "../base/clock.ts";
import { asTocsinError, type TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { Random } from "../base/random.ts";
import { type Salvaged, salvageStore } from "../store/salvage.ts";
import type { Store } from "../store/store.ts";
import { lifelineKey } from "./home-keys.ts";
import { type KeyringFile, openKeyring } from "./keyring-file.ts";
import { lifelinePlace, readLifeline } from "./lifeline.ts";
import { MARK_SETTING } from "./start-mark.ts";
import { forgetRead } from "./reading.ts";

/** The last repair of a store, as people are told of it. */
export type Repair = {
  readonly at: number;
  readonly records: number;
  /** Records that were held before and are not now; members may give them back. */
  readonly lost: number;
  /** Circles that nothing names any more. */
  readonly circlesLost: number;
  /** The folder that holds the damaged files, beside the store. */
  readonly aside: string;
};

const SETTING = "repair";

/**
 * Makes a new store of what can be read of a damaged one, and says so. It holds no start mark, so that the node asks where its lanes end
 * before it goes on in them. Throws STORE_CORRUPT where nothing can be read, and what writing throws; the store is as it was then.
 */
export async function repairStore(
  path: string,
  options: { readonly cipher: StorageCipher; readonly clock: Clock; readonly log: Log; readonly proven: boolean },
): Promise<Repair> {
  const { cipher, clock, log, proven } = options;
  const salvaged = await salvageStore(path, { cipher, clock, proven, forget: [MARK_SETTING] });
  const repair = repairOf(salvaged, clock.now());
  log("store-repaired", { records: repair.records, lost: repair.lost, circlesLost: repair.circlesLost });
  for (const { circle, lane, had, kept } of salvaged.lost)
    log("lane-shortened", { circle: circle.slice(0, 8), lane: lane.slice(0, 8), had, kept });
  return repair;
}

/** The same for the store of a home, whose key is known to be right where it opens the file beside the store. */
export async function mendStore(options: {
  readonly storePath: string;
  readonly storageKey: Uint8Array;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}): Promise<Repair> {
  const { storePath, storageKey, clock, random, log } = options;
  const lines = await readLifeline(lifelinePlace(storePath, lifelineKey(storageKey)), log);
  return repairStore(storePath, { cipher: storageCipher(storageKey, random), clock, log, proven: lines.length > 0 });
}

function repairOf({ records, lost, nameless, aside }: Salvaged, at: number): Repair {
  const missing = lost.reduce((sum, { had, kept }) => sum + had - kept, 0);
  return { at, records, lost: missing, circlesLost: nameless, aside: basename(aside) };
}

/** Remembers a repair, for status to tell. Where posts were lost, those after them moved: nobody has read them for sure any more. */
export async function keepRepair(store: Store, { at, records, lost, circlesLost, aside }: Repair): Promise<void> {
  if (lost > 0) for (const { id } of await store.circles()) await forgetRead(store, id);
  await store.putSetting(SETTING, encodeCbor([at, records, lost, circlesLost, aside]));
}

/** The last repair of this store, or undefined where there was none. */
export async function lastRepair(store: Store): Promise<Repair | undefined> {
  const stored = await store.setting(SETTING);
  const fields = stored && decodeCbor(stored, limits.settingBytesMax);
  if (!Array.isArray(fields)) return undefined;
  const [at, records, lost, circlesLost, aside] = fields as readonly unknown[];
  return {
    at: Number(at),
    records: Number(records),
    lost: Number(lost),
    circlesLost: Number(circlesLost),
    aside: String(aside),
  };
}

/** Whether it is files of ours that are not what was written to them. */
export function isDamage(cause: unknown): cause is TocsinError {
  return asTocsinError(cause).code === "STORE_CORRUPT";
}

/**
 * Opens the keyring; one that does not open is set aside and an empty one begun. What is sealed under its secrets stays sealed until
 * members have it re-sealed to this node.
 */
export async function openOrReplaceKeyring(
  path: string,
  key: Uint8Array,
  modules: { readonly clock: Clock; readonly random: Random; readonly log: Log },
): Promise<KeyringFile> {
  try {
    return await openKeyring(path, key, modules);
  } catch (cause) {
    if (!isDamage(cause)) throw cause;
    await rename(path, `${path}.damaged-${modules.clock.now()}`);
    modules.log("keyring-replaced", {});
    return openKeyring(path, key, modules);
  }
}
