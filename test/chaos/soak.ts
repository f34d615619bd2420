// Hours of a circle that never rests: `npm run soak -- --minutes N --seed S`. Nodes are stopped, killed and frozen, paths
// are cut, everybody posts; every minute all of it pauses, all nodes must hold the same, and the two that are never ended
// must weigh what they weighed. One line of JSON each minute and a verdict; exit code 1 where anything grew or was lost.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { systemClock } from "../../src/base/clock.ts";
import type { RecordId } from "../../src/record/ids.ts";
import { allLinked, circleOfProcesses, machineMs, type NodeProcess, type Weight } from "../help/node-process.ts";
import { cutsOf } from "./cuts.ts";
import { diceFrom } from "./dice.ts";
import { everyBreak, Proxies } from "./proxy.ts";
import { holdingsOf, judge } from "./truth.ts";

const NODES = 5;
const STEADY = 2; // these are never ended
const MINUTE_MS = 60_000;
const RESTLESS_MS = 28_000;
const POST_EVERY_MS = 200;
const CUTS = 6; // of one minute
const LONGEST_CUT_MS = 6_000;
const SETTLE_MS = 90_000; // to find dead links, dial again and catch up
const MIB = 1024 * 1024;

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "10" }, seed: { type: "string", default: String(systemClock.now()) } },
});
const minutes = Number(values.minutes);
const dice = diceFrom(values.seed);
const folder = await mkdtemp(join(tmpdir(), "tocsin-soak-"));
const failures: string[] = [];
try {
  await soak();
} finally {
  await rm(folder, { recursive: true, force: true });
}
console.log(JSON.stringify({ verdict: failures.length === 0 ? "kept" : "broken", failures, seed: values.seed }));
process.exitCode = failures.length === 0 ? 0 : 1;

async function soak(): Promise<void> {
  await using proxies = new Proxies(NODES, diceFrom(`${values.seed} paths`));
  await proxies.open();
  await using world = await circleOfProcesses(folder, NODES, (node) => proxies.place(node));
  proxies.weather = { delayMs: 5, jitterMs: 3, loss: 0.01, bytesPerSecond: 0 };
  const { circle, nodes } = world;
  const steady = nodes.slice(0, STEADY);
  const acknowledged: RecordId[] = [];
  let number = 0;
  let unanswered = 0;
  let base: readonly Weight[] | undefined;

  for (let minute = 1; minute <= minutes && failures.length === 0; minute++) {
    const startMs = machineMs();
    const calm = new AbortController();
    const posting = nodes.map(async (node) => {
      while (!calm.signal.aborted) {
        if (node.isRunning) {
          // A node that ends meanwhile answers nothing; what it did not answer was not promised.
          const said = await node.call("say", circle, number++).catch(() => undefined);
          if (said) acknowledged.push(said.id);
          else unanswered += 1;
        }
        await systemClock.wait(POST_EVERY_MS);
      }
    });
    await Promise.all([cut(proxies), churn(nodes.slice(STEADY))]);
    calm.abort();
    await Promise.all(posting);

    const restMs = machineMs();
    const isAlike = async (): Promise<boolean> => {
      const counts = await Promise.all(nodes.map((node) => node.call("itemCount", circle)));
      return new Set(counts).size === 1 && (counts[0] ?? 0) >= acknowledged.length;
    };
    if (!(await settles(async () => (await isAlike()) && (await allLinked(nodes)))))
      failures.push(`minute ${minute}: the nodes do not hold the same, or are not linked`);
    const settledMs = machineMs() - restMs;
    const weigh = async (): Promise<readonly Weight[]> => Promise.all(steady.map((node) => node.call("weigh", circle)));
    let weights = await weigh();
    const grown = (): readonly string[] => weights.flatMap((now, n) => growth(base?.[n] ?? now, now));
    await settles(async () => {
      if (grown().length > 0) weights = await weigh();
      return grown().length === 0;
    });
    // The first minute compiles and fills caches.
    if (minute === (minutes > 3 ? 2 : 1)) base = weights;
    failures.push(...grown().map((what) => `minute ${minute}: ${what}`));
    const line = { minute, posts: acknowledged.length, unanswered, settledMs: Math.round(settledMs), weights };
    console.log(JSON.stringify(line));
    await systemClock.wait(Math.max(0, startMs + MINUTE_MS - machineMs()));
  }
  const truth = judge(acknowledged, await holdingsOf(circle, nodes, acknowledged));
  console.log(JSON.stringify(truth));
  for (const what of ["lost", "duplicated", "shownFalsely"] as const)
    if (truth[what] > 0) failures.push(`${truth[what]} posts ${what}`);
}

/** Breaks paths for a while, and heals them all. */
async function cut(proxies: Proxies): Promise<void> {
  const wanted = { cuts: CUTS, nodes: NODES, withinMs: RESTLESS_MS, longestCutMs: LONGEST_CUT_MS, breaks: everyBreak };
  const cutting = cutsOf(dice, wanted).map(async ({ atMs, forMs, how, between }) => {
    await systemClock.wait(atMs);
    const heal = proxies.break(how, between);
    await systemClock.wait(forMs);
    heal();
  });
  await Promise.all(cutting);
}

/** Stops, kills and freezes one after the other for a while; all of them run afterwards. */
async function churn(nodes: readonly NodeProcess[]): Promise<void> {
  for (const until = machineMs() + RESTLESS_MS; machineMs() < until;) {
    const node = nodes[dice.below(nodes.length)];
    const fate = dice.one(["stop", "SIGKILL", "SIGSTOP"]);
    if (fate === "SIGSTOP") node?.signal(fate);
    else await node?.end(fate);
    await systemClock.wait(dice.between(200, 4_000));
    if (fate === "SIGSTOP") node?.signal("SIGCONT");
    else await node?.start();
    await systemClock.wait(dice.between(500, 3_000));
  }
}

/** What weighs more than it may, by what it weighed before. */
function growth(base: Weight, now: Weight): readonly string[] {
  const records = now.records - base.records;
  const bounds: readonly (readonly [keyof Weight, number])[] = [
    ["rssBytes", base.rssBytes * 1.25 + 48 * MIB],
    ["heapBytes", base.heapBytes + 8 * MIB + records * 1_024],
    ["streams", base.streams + 8],
    ["sockets", NODES - 1],
    ["timers", base.timers + 4],
    ["descriptors", base.descriptors + 2],
    ["storeBytes", base.storeBytes + 8 * MIB + records * 3_200],
  ];
  return bounds.flatMap(([what, most]) => (now[what] > most ? [`${what} ${now[what]}, was ${base[what]}`] : []));
}

/** Whether it holds before long. */
async function settles(holds: () => Promise<boolean>): Promise<boolean> {
  for (const lateMs = machineMs() + SETTLE_MS; machineMs() < lateMs;) {
    if (await holds()) return true;
    await systemClock.wait(500);
  }
  return false;
}
