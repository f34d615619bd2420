// Bundles in memory: the frames that a node writes for others, honest or not.

import { type BundleFrame, carried, partFrames, readersOf } from "../../src/node/bundle.ts";
import type { CircleId } from "../../src/record/ids.ts";
import { liveOf, type Party } from "./memory-rooms.ts";

/** What `from` writes of a circle for some members, all of them if none are named: what it holds, or the envelopes that it is given. */
export async function bundleOf(
  from: Party,
  circle: CircleId,
  of: { readonly to?: readonly Party[]; readonly envelopes?: readonly Uint8Array[]; readonly lacking?: boolean } = {},
): Promise<readonly BundleFrame[]> {
  const live = liveOf(from, circle);
  const readers = readersOf(from.rooms, live).filter(
    ({ id }) => of.to?.some(({ rooms }) => rooms.me.id === id) ?? true,
  );
  const { envelopes } = of;
  const source = envelopes ? each(envelopes) : carried(from.rooms, live, of.lacking ? readers : undefined);
  const frames = await Array.fromAsync(
    partFrames(from.rooms, live, { readers, envelopes: source, told: () => undefined }),
  );
  return [...frames, { kind: "last", parts: 1 }];
}

/** As a file brings them. */
export async function* each<T>(values: readonly T[]): AsyncGenerator<T> {
  for (const value of values) yield await Promise.resolve(value);
}
