// A catch-up that is cut by kills, with its figures beside the ceiling of the same run, as one JSON line; exits with 1 where
// anything was lost, doubled or begun again: `npm run bench:catchup -- --records 50000 --kills 10 --seed 1`.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { cutCatchUp } from "../test/help/catch-up-run.ts";
import { measureCeiling } from "./ceiling.ts";

const { values } = parseArgs({
  options: {
    records: { type: "string", default: "50000" },
    kills: { type: "string", default: "10" },
    seed: { type: "string", default: "1" },
  },
});
const folder = await mkdtemp(join(tmpdir(), "tocsin-bench-"));
try {
  const ceilingUs = await measureCeiling(folder);
  const [records, kills, seed] = [values.records, values.kills, values.seed].map(Number);
  const run = await cutCatchUp(folder, { records: records ?? 0, kills: kills ?? 0, seed: seed ?? 0 });
  const shareOfCeiling = ceilingUs / 1_000 / run.receiverCpuMsPerRecord;
  console.log(JSON.stringify({ ...run, ceilingUs, shareOfCeiling }));
  if (!run.ok) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
