// The simulator from the command line: `npm run sim -- --seeds N --from S [--nodes K] [--mutation NAME] [--verbose]`.
// Exit code 1 where a run broke a promise; the seed and the command that repeats it are printed.

import { parseArgs } from "node:util";
import { replaceSources } from "./loader.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "100" },
    from: { type: "string", default: "1" },
    nodes: { type: "string" },
    mutation: { type: "string" },
    hashes: { type: "boolean", default: false },
    verbose: { type: "boolean", default: false },
  },
});
replaceSources(values.mutation);
const { run } = await import("./run.ts");

const [from, seeds] = [Number(values.from), Number(values.seeds)];
const machines = values.nodes === undefined ? {} : { machines: Number(values.nodes) };
const TAIL = 40;
const totals = new Map<string, number>();
const startedAt = performance.now();
let broken = 0;
for (let seed = from; seed < from + seeds && broken === 0; seed++) {
  const { violation, trace, hash, counts, machines: size } = await run(seed, machines);
  for (const [name, times] of counts) totals.set(name, (totals.get(name) ?? 0) + times);
  if (values.verbose) console.log(trace.join("\n"));
  if (values.hashes) console.log(`seed ${seed} ${size} machines ${hash}`);
  if (!violation) continue;
  broken += 1;
  console.log(`seed ${seed} broke: ${violation.invariant}`);
  console.log(violation.what);
  if (!values.verbose) console.log(["the last events:", ...trace.slice(-TAIL)].join("\n"));
  const also = [values.nodes && `--nodes ${values.nodes}`, values.mutation && `--mutation ${values.mutation}`];
  console.log(
    ["repeat it: npm run sim --", `--from ${seed} --seeds 1`, ...also.filter(Boolean), "--verbose"].join(" "),
  );
}
const cpu = process.cpuUsage();
const perSeed = ((cpu.user + cpu.system) / 1_000 / Math.max(1, seeds)).toFixed(0);
console.log(
  [...totals]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, times]) => `${name} ${times}`)
    .join(", "),
);
console.log(
  `${broken === 0 ? `${seeds} seeds from ${from} held` : "broken"} in ${((performance.now() - startedAt) / 1_000).toFixed(1)} s, ${perSeed} CPU-ms each`,
);
process.exitCode = broken === 0 ? 0 : 1;
