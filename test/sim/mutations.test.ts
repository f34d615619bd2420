// A gate that cannot fail guards nothing: each rule broken on purpose has to be noticed within a few circles.

import { describe, expect, test } from "vitest";
import { MUTATIONS, SEEDS_TO_NOTICE } from "./mutations.ts";
import { simulate } from "./program.ts";

describe("the simulator notices", () => {
  test.concurrent.each(MUTATIONS.map((mutation) => [mutation.name, mutation.breaks, mutation.seed] as const))(
    "%s, which breaks %s",
    { timeout: 240_000 },
    async (name, _breaks, seed) => {
      const args = ["--mutation", name, "--from", String(seed), "--seeds", String(SEEDS_TO_NOTICE)];
      const { output, exit } = await simulate(...args);
      expect(exit, output.slice(-2_000)).toBe(1);
      expect(output).toMatch(/^seed \d+ broke: /m);
    },
  );
});
