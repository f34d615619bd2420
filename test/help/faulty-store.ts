// A Store whose n-th commit finds the disk full, for the loop "fail at 1, 2, 3, ... until the story completes".

import { TocsinError } from "../../src/base/errors.ts";
import type { Store } from "../../src/store/store.ts";

/** `store`, but the commit of this number (from 1) fails with DISK_FULL and changes nothing; all others pass. */
export function faultyStore(store: Store, failAt: number): Store {
  let commits = 0;
  return {
    ...store,
    commit: async (change) => {
      if (++commits === failAt) throw new TocsinError("DISK_FULL", "the disk of the store is full");
      return store.commit(change);
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}
