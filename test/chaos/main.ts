// Chaos from the command line: `npm run chaos -- --nodes N --records R --loss P --delay MS --jitter MS --cuts K --seed S`.
// One line of JSON; exit code 1 where anything was lost, came twice, was refused or is shown otherwise than it is.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { systemClock } from "../../src/base/clock.ts";
import { everyBreak } from "./proxy.ts";
import { chaos, isKept } from "./run.ts";

const { values } = parseArgs({
  options: {
    nodes: { type: "string", default: "5" },
    records: { type: "string", default: "200" },
    minutes: { type: "string", default: "0.25" },
    loss: { type: "string", default: "0" }, // percent
    delay: { type: "string", default: "0" },
    jitter: { type: "string", default: "0" },
    bandwidth: { type: "string", default: "0" }, // bytes a second of one connection, one way
    cuts: { type: "string", default: "0" },
    longest: { type: "string", default: "20" }, // seconds of a cut
    patience: { type: "string", default: "120" }, // seconds
    seed: { type: "string", default: String(systemClock.now()) },
  },
});
const folder = await mkdtemp(join(tmpdir(), "tocsin-chaos-"));
try {
  console.error(`seed ${values.seed}`);
  const report = await chaos(
    folder,
    {
      nodes: Number(values.nodes),
      records: Number(values.records),
      postingMs: Number(values.minutes) * 60_000,
      weather: {
        delayMs: Number(values.delay),
        jitterMs: Number(values.jitter),
        loss: Number(values.loss) / 100,
        bytesPerSecond: Number(values.bandwidth),
      },
      cuts: Number(values.cuts),
      longestCutMs: Number(values.longest) * 1_000,
      breaks: everyBreak,
      patienceMs: Number(values.patience) * 1_000,
      seed: values.seed,
    },
    (line) => console.error(line),
  );
  console.log(JSON.stringify(report));
  process.exitCode = isKept(report) ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
