// A node without network that posts until it is killed: what trail.test.ts ends at any moment.

import { openLevelStore } from "../help/level-store.ts";
import { circleOfParties, party, says } from "../help/memory-rooms.ts";

const [, script, path] = process.argv;
if (script === import.meta.filename && path !== undefined) {
  const acme = party("acme", { store: await openLevelStore(path) });
  const circle = await circleOfParties([acme]);
  for (let posted = 0; ; posted += 3) {
    await says(acme, circle, `${posted}`, `${posted + 1}`, `${posted + 2}`);
    process.stdout.write(`${posted + 3}\n`);
  }
}
