// A small version of `npm run bench:catchup`: real processes, sockets and stores, the receiver killed at random points.

import { expect, test } from "vitest";
import { cutCatchUp } from "../help/catch-up-run.ts";
import { tempDir } from "../help/temp-dir.ts";

test(
  "a catch-up that is killed three times goes on where it was, and brings everything once",
  { timeout: 120_000 },
  async () => {
    await using folder = await tempDir();
    const run = await cutCatchUp(folder.at("run"), { records: 1_000, kills: 3, seed: 1 });
    expect(run).toMatchObject({ lost: 0, spare: 0, ok: true });
    expect(run.cuts).toHaveLength(3);
    for (const { before, after } of run.cuts) expect(after).toBeGreaterThanOrEqual(before);
    expect(run.sentAgain).toBeLessThanOrEqual(run.sentAgainMax);
  },
);
