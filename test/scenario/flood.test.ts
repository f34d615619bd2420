// A member that sends a hundred times its quota costs the others nothing but its own records: real nodes, each a process.

import { expect, test } from "vitest";
import { limits } from "../../src/base/limits.ts";
import { measureFlood } from "../help/flood-figures.ts";
import { tempDir } from "../help/temp-dir.ts";

test("R67: a member that sends a hundred times its quota is named and cut off, and alerts of others go on as before", async () => {
  await using folder = await tempDir();
  const figures = await measureFlood(folder.path, {
    ...{ seconds: 6, perSecond: 100 * limits.authorRecordsPerSecond, records: 30_000 },
  });
  expect(figures.sent).toBeGreaterThan(3 * limits.authorBurstRecords);
  expect(figures.named).toBe(true);
  expect(figures.taken).toBeLessThan(2 * limits.authorBurstRecords);
  // The p99 takes a minute to measure: `npm run bench:flood`.
  expect(figures.flooded.p50).toBeLessThan(2 * figures.quiet.p50 + 50);
}, 120_000);
