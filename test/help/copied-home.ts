// The disk of a node as it is now, and a node that starts from it: what a backup, an image or a copied folder holds.

import type { Random } from "../../src/base/random.ts";
import { doubtLanes, heardFrom } from "../../src/node/lanes.ts";
import { tendLane } from "../../src/node/lane-keeper.ts";
import { loadCircles } from "../../src/node/load.ts";
import { frontierOf } from "../../src/node/frontier.ts";
import type { CircleId } from "../../src/record/ids.ts";
import type { Keyring } from "../../src/seal/keyring.ts";
import type { Commit, Store } from "../../src/store/store.ts";
import { liveOf, type Party, party, sync } from "./memory-rooms.ts";
import { memoryStore } from "./memory-store.ts";

type Write = { readonly commit: Commit } | { readonly name: string; readonly value: Uint8Array };

/** A store in memory that can be copied: all that was written is written again. */
export type CopiedStore = Store & { readonly copy: () => Promise<CopiedStore> };

export function copiedStore(): CopiedStore {
  const writes: Write[] = [];
  const store = memoryStore();
  return {
    ...store,
    commit: async (change) => {
      const items = await store.commit(change);
      writes.push({ commit: change });
      return items;
    },
    putSetting: async (name, value) => {
      await store.putSetting(name, value);
      writes.push({ name, value });
    },
    copy: async () => {
      const copy = copiedStore();
      for (const write of [...writes]) {
        if ("commit" in write) await copy.commit(write.commit);
        else await copy.putSetting(write.name, write.value);
      }
      return copy;
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

/** What a copy of a home holds. */
export type Backup = { readonly name: string; readonly store: CopiedStore; readonly keyring: Keyring };

export async function backupOf(node: Party, store: CopiedStore): Promise<Backup> {
  return { name: node.name, store: await store.copy(), keyring: node.rooms.keyring.value() };
}

/** A node that starts from a backup; `intact` where it takes itself for the home that was last started. */
export async function startFrom(
  backup: Backup,
  options: { readonly random: Random; readonly intact?: boolean },
): Promise<Party & { readonly disk: CopiedStore }> {
  const disk = await backup.store.copy();
  const node = party(backup.name, { store: disk, random: options.random });
  await node.rooms.keyring.update(() => backup.keyring);
  if (!options.intact) await doubtLanes(disk);
  await loadCircles(node.rooms);
  return { ...node, disk };
}

/** Two members meet: each tells what it holds and fetches what it lacks, until neither has anything new; then each does what is due. */
export async function meet(left: Party, right: Party, circle: CircleId): Promise<void> {
  for (let round = 0; round < 3; round++) {
    for (const [from, to] of [
      [left, right],
      [right, left],
    ] as const) {
      heardFrom(to.rooms, from.rooms.me.id, circle, frontierOf(liveOf(from, circle).state));
      await sync(from, to, circle);
    }
    for (const node of [left, right]) await tendLane(node.rooms, circle);
  }
}
