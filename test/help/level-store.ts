// A LevelDB store in a folder of its own, under a key that its tests know.

import { systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import { storageCipher } from "../../keys/storage-key.ts";
import { openStore } from "../../src/store/level.ts";
import type { Store } from "../../src/store/store.ts";
import { tempDir } from "./temp-dir.ts";

/** Opens the store of a folder; the same `key` (a number, for tests) opens it again. */
export function openLevelStore(path: string, key: number = 1): Promise<Store> {
  return openStore(path, { cipher: storageCipher(new Uint8Array(32).fill(key), systemRandom), clock: systemClock });
}

/** An empty store whose folder goes with it. */
export async function freshLevelStore(): Promise<Store> {
  const folder = await tempDir();
  const store = await openLevelStore(folder.at("store"));
  return {
    ...store,
    [Symbol.asyncDispose]: async () => {
      await store[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}
