// A member that restarts over and over: `npm run chaos:restarts -- --times 50`. Each time it is linked with all others and
// has read what was posted meanwhile, counted from the start of its process. Exit code 1 where it once took too long.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { systemClock } from "../../src/base/clock.ts";
import { allLinked, circleOfProcesses, machineMs } from "../help/node-process.ts";
import { diceFrom } from "./dice.ts";
import { Proxies } from "./proxy.ts";

const LATE_MS = 60_000;

const { values } = parseArgs({
  options: {
    times: { type: "string", default: "50" },
    nodes: { type: "string", default: "5" },
    delay: { type: "string", default: "20" },
    within: { type: "string", default: "5000" }, // ms, each time
    seed: { type: "string", default: String(systemClock.now()) },
  },
});
const [times, count, withinMs] = [Number(values.times), Number(values.nodes), Number(values.within)];
const dice = diceFrom(values.seed);
const folder = await mkdtemp(join(tmpdir(), "tocsin-restarts-"));
try {
  await using proxies = new Proxies(count, diceFrom(`${values.seed} paths`));
  await proxies.open();
  await using world = await circleOfProcesses(folder, count, (node) => proxies.place(node));
  proxies.weather = { delayMs: Number(values.delay), jitterMs: Number(values.delay) / 2, loss: 0, bytesPerSecond: 0 };
  const { circle, nodes } = world;
  const restarted = nodes[nodes.length - 1] ?? nodes[0];
  const opened: number[] = [];
  const linked: number[] = [];
  const caughtUp: number[] = [];
  for (let time = 0; time < times; time++) {
    await restarted.end(dice.one(["stop", "SIGKILL"]));
    await nodes[0].call("say", circle, time);
    await systemClock.wait(dice.between(0, 2_000));
    const startMs = machineMs();
    await restarted.start();
    opened.push(machineMs() - startMs);
    const holding = restarted.call("holds", circle, time + 1, LATE_MS);
    while (!(await allLinked(nodes))) {
      if (machineMs() - startMs > LATE_MS) break;
      await systemClock.wait(10);
    }
    linked.push(machineMs() - startMs);
    caughtUp.push((await holding) - startMs);
  }
  const late = linked.filter((ms, time) => Math.max(ms, caughtUp[time] ?? Infinity) > withinMs).length;
  const report = {
    times,
    nodes: count,
    late,
    openedMs: spread(opened),
    linkedMs: spread(linked),
    caughtUpMs: spread(caughtUp),
    seed: values.seed,
  };
  console.log(JSON.stringify(report));
  process.exitCode = late === 0 ? 0 : 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Median and longest, in whole milliseconds. */
function spread(values: readonly number[]): { readonly p50: number; readonly max: number } {
  const sorted = [...values].sort((left, right) => left - right);
  return { p50: Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0), max: Math.round(sorted.at(-1) ?? 0) };
}
