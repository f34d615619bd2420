// The keyring on disk: one small sealed file, replaced as a whole, so that what is forgotten is really gone.

import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import { dropUnfinished, readSealedFile, writeSealedFile } from "../../keys/index.ts";
import { decodeKeyring, emptyKeyring, encodeKeyring, forgetExpired, type Keyring } from "../seal/keyring.ts";

export type KeyringFile = {
  readonly value: () => Keyring;
  /** Writes and fsyncs what `step` makes of the keyring, without what its time is up for; then it is the value. */
  readonly update: (step: (keyring: Keyring) => Keyring) => Promise<void>;
};

const CONTEXT = "tocsin/1 keyring";

/** What the file holds, which stays as it is. Throws STORE_CORRUPT. */
export async function readKeyring(path: string, key: Uint8Array): Promise<Keyring> {
  const stored = await readSealedFile(path, key, { context: CONTEXT });
  return stored ? decodeKeyring(stored) : emptyKeyring;
}

/**
 * Opens the file without what its time is up for, or starts an empty keyring where there is none; what a crash left of a write is
 * gone then. Throws STORE_CORRUPT, and what writing throws.
 */
export async function openKeyring(
  path: string,
  key: Uint8Array,
  modules: { readonly clock: Clock; readonly random: Random },
): Promise<KeyringFile> {
  await dropUnfinished(path);
  let value = await readKeyring(path, key);
  let last: Promise<void> = Promise.resolve();
  const write = async (step: (keyring: Keyring) => Keyring): Promise<void> => {
    const next = forgetExpired(step(value), modules.clock.now());
    if (next === value) return;
    await writeSealedFile(path, key, encodeKeyring(next), { context: CONTEXT, random: modules.random });
    value = next;
  };
  await write((keyring) => keyring);
  return {
    value: () => value,
    update: async (step) => {
      // Circles take turns of their own; the one file that they share is written one step at a time.
      last = last.then(
        async () => write(step),
        async () => write(step),
      );
      await last;
    },
  };
}
