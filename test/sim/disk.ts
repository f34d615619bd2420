// The disk of a simulated machine: what was written durably, in order. A power cut keeps a start of it, an old backup is
// a shorter start of it, and a restart plays it back into an empty store.

import { TocsinError } from "../../src/base/errors.ts";
import type { Clock } from "../../src/base/clock.ts";
import type { KeyringFile } from "../../src/node/keyring-file.ts";
import { emptyKeyring, forgetExpired, type Keyring } from "../../src/seal/keyring.ts";
import type { Commit, Store } from "../../src/store/store.ts";
import { memoryStore } from "../help/memory-store.ts";

/** One fsynced step. */
export type Write =
  | { readonly kind: "commit"; readonly change: Commit }
  | { readonly kind: "setting"; readonly name: string; readonly value: Uint8Array }
  | { readonly kind: "keyring"; readonly value: Keyring };

/** What becomes of a write: it is lost with the power, the power goes right after it, or the disk takes no more. */
export type Fault = "cut-before" | "cut-after" | "full";

/** The power of one run of a machine. Once it is off, nothing of that run is written any more. */
export type Power = {
  off: boolean;
  /** The fault that is to come, after as many more writes. */
  fault: { readonly kind: Fault; writes: number } | undefined;
};

/** What is written to a machine without power. */
export class PowerCut extends Error {
  override readonly name = "PowerCut";
}

/** Store and keyring of a run, as the writes left them. `wrote` sees each write once it is durable. */
export async function mount(
  disk: Write[],
  power: Power,
  by: { readonly clock: Clock; readonly wrote: (write: Write) => void },
): Promise<{ readonly store: Store; readonly keyring: KeyringFile }> {
  const memory = memoryStore();
  let ring: Keyring = emptyKeyring;
  for (const write of disk) {
    if (write.kind === "commit") await memory.commit(write.change);
    else if (write.kind === "setting") await memory.putSetting(write.name, write.value);
    else ring = write.value;
  }
  const durable = async <T>(write: Write, apply: () => Promise<T> | T): Promise<T> => {
    if (power.off) throw new PowerCut("without power");
    const { fault } = power;
    const struck = fault && fault.writes-- <= 0 ? fault.kind : undefined;
    if (struck) power.fault = undefined;
    if (struck === "full") throw new TocsinError("DISK_FULL", "the disk of the store is full");
    if (struck === "cut-before") {
      power.off = true;
      throw new PowerCut("before a write");
    }
    const answer = await apply();
    disk.push(write);
    by.wrote(write);
    if (struck === "cut-after") {
      power.off = true;
      throw new PowerCut("after a write");
    }
    return answer;
  };
  const store: Store = {
    ...memory,
    commit: async (change) => durable({ kind: "commit", change }, async () => memory.commit(change)),
    putSetting: async (name, value) =>
      durable({ kind: "setting", name, value }, async () => memory.putSetting(name, value)),
    [Symbol.asyncDispose]: () => memory[Symbol.asyncDispose](),
  };
  // As src/node/keyring-file.ts does, without a file: one step at a time, and what its time is up for is left out.
  let last: Promise<void> = Promise.resolve();
  const keyring: KeyringFile = {
    value: () => ring,
    update: async (step) => {
      const write = async (): Promise<void> => {
        const next = forgetExpired(step(ring), by.clock.now());
        if (next === ring) return;
        await durable({ kind: "keyring", value: next }, () => {
          ring = next;
        });
      };
      last = last.then(write, write);
      await last;
    },
  };
  return { store, keyring };
}
