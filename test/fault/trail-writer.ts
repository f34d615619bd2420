// A node without network that posts until it is killed: by its test at any moment, or by itself right behind its n-th durable write.

import type { Store } from "../../src/store/store.ts";
import { openLevelStore } from "../help/level-store.ts";
import { circleOfParties, party, says } from "../help/memory-rooms.ts";

/** `store`, whose process is killed as soon as so many of its commits are durable. */
function mortal(store: Store, commits: number): Store {
  let done = 0;
  return {
    ...store,
    commit: async (change) => {
      const items = await store.commit(change);
      if (++done === commits) process.kill(process.pid, "SIGKILL");
      return items;
    },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

const [, script, path, commits] = process.argv;
if (script === import.meta.filename && path !== undefined) {
  const acme = party("acme", { store: mortal(await openLevelStore(path), Number(commits)) });
  const circle = await circleOfParties([acme]);
  for (let posted = 0; ; posted += 3) {
    await says(acme, circle, `${posted}`, `${posted + 1}`, `${posted + 2}`);
    process.stdout.write(`${posted + 3}\n`);
  }
}
