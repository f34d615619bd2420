// What a flood of one member costs the others: how long alerts of one node take to another one, every node a process of its own
// on loopback, in quiet and while a third member sends a hundred times its quota. Run with `npm run bench:flood [-- SECONDS]`;
// ends by itself, prints one JSON line. Exit code 1 where the flooded p99 is more than twice the quiet one, or the flooder is not named.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { limits } from "../src/base/limits.ts";
import { measureFlood } from "../test/help/flood-figures.ts";

const SECONDS = Number(process.argv[2] ?? 60);
const RECORDS = 40_000;
const RATIO_MAX = 2;

const folder = await mkdtemp(join(tmpdir(), "tocsin-flood-"));
try {
  const figures = await measureFlood(folder, {
    ...{ seconds: SECONDS, perSecond: 100 * limits.authorRecordsPerSecond, records: RECORDS },
  });
  console.log(JSON.stringify(figures));
  process.exitCode = figures.ratio <= RATIO_MAX && figures.named ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
