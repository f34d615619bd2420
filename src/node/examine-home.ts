// Looks into the store and the keyring of a home whose node does not run. Changes nothing unless it is told to mend.

import { existsSync } from "node:fs";
import { storageCipher } from "../../keys/index.ts";
import type { Log } from "../base/events.ts";
import type { Clock } from "../base/clock.ts";
import { asTocsinError } from "../base/errors.ts";
import type { Random } from "../base/random.ts";
import { openStore } from "../store/level.ts";
import { type Examined, examineLanes } from "./examine.ts";
import { keyringKey } from "./home-keys.ts";
import { readKeyring } from "./keyring-file.ts";
import { keepRepair, mendStore, type Repair } from "./repair.ts";

export type HomeExamined = {
  /** Why the store does not open; "none" where there is none yet. */
  readonly store: string | undefined;
  /** Absent where the store does not open. */
  readonly lanes?: Examined;
  readonly keyring: string | undefined;
  /** What was mended, where it was. */
  readonly repair?: Repair;
};

type Options = {
  readonly storePath: string;
  readonly keyringPath: string;
  readonly storageKey: Uint8Array;
  /** Newest records of each lane to look at. */
  readonly most: number;
  /** Whether a damaged store is repaired. */
  readonly mend: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
};

/** Throws what a repair throws, where one is asked for. */
export async function examineHome(options: Options): Promise<HomeExamined> {
  const keyring = await codeOf(async () => readKeyring(options.keyringPath, keyringKey(options.storageKey)));
  if (!existsSync(options.storePath)) return { store: "none", keyring };
  const found = await examineStore(options);
  const isDamaged = found.store === "STORE_CORRUPT" || (found.lanes?.broken.length ?? 0) > 0;
  if (!options.mend || !isDamaged) return { ...found, keyring };
  const repair = await mendStore(options);
  return { ...(await examineStore(options, repair)), keyring, repair };
}

async function examineStore(
  { storePath, storageKey, most, clock, random }: Options,
  repair?: Repair,
): Promise<Pick<HomeExamined, "store" | "lanes">> {
  let lanes: Examined | undefined;
  const store = await codeOf(async () => {
    await using opened = await openStore(storePath, { cipher: storageCipher(storageKey, random), clock });
    if (repair) await keepRepair(opened, repair);
    lanes = await examineLanes(opened, most);
  });
  return { store, ...(lanes && { lanes }) };
}

async function codeOf(work: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (cause) {
    return asTocsinError(cause).code;
  }
}
