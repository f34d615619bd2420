// What a circle carries, every node a process of its own on loopback, beside the ceiling: one core that does nothing but
// verify, hash, open and store the same records. Run with `node bench/delivery.ts [records]`; ends by itself.

import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { circleOfProcesses, machineMs } from "../test/help/node-process.ts";
import { measureCeiling } from "./ceiling.ts";

const BACKLOG = Number(process.argv[2] ?? 10_000);
const LIVE_RECORDS = 5_000;
const LIVE_RECORDS_WIDE = 1_000;
const IN_FLIGHT = 50;
const PACED = 200;
const PACE_MS = 50;
const ALERTS = 30;
const PATIENCE_MS = 300_000;

const folder = await mkdtemp(join(tmpdir(), "tocsin-bench-"));
const ceiling = await measureCeiling(folder);
print("machine", availableParallelism(), "cores");
print("ceiling: verify, hash, open, put", ceiling, "us CPU a record");
print("ceiling: one core", 1e6 / ceiling, "records/s");
try {
  await catchUp();
  await live("1 receiver", 2, LIVE_RECORDS);
  await live("9 receivers", 10, LIVE_RECORDS_WIDE);
  await alerts();
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Catch-up of a node that was away: it knows the circle and lacks the backlog. */
async function catchUp(): Promise<void> {
  await using circle = await circleOfProcesses(join(folder, "catch-up"), 2);
  const [author, receiver] = circle.nodes;
  await receiver.end("stop");
  const fromMs = machineMs();
  await author.call("usage");
  await author.call("post", circle.circle, 0, BACKLOG, 64);
  print(`post of ${BACKLOG}, 64 a batch`, BACKLOG / ((machineMs() - fromMs) / 1_000), "records/s");
  print("  author", (await author.call("usage")).cpuMs / BACKLOG, "CPU-s/1,000");
  await receiver.start();
  await receiver.call("usage");
  const startedMs = machineMs();
  const heldMs = await receiver.call("holds", circle.circle, BACKLOG, PATIENCE_MS);
  const usage = await receiver.call("usage");
  print(`catch-up of ${BACKLOG}`, BACKLOG / ((heldMs - startedMs) / 1_000), "records/s");
  printShare(usage.cpuMs / BACKLOG);
  print("  memory at most", usage.rssPeakBytes / 1024 / 1024, "MiB");
  print("  longest block of the loop", usage.loopDelayMaxMs, "ms");
  print("  disk", (await receiver.call("storeBytes")) / BACKLOG, "B/record");
}

/** Posts of one author as fast as they are taken, then one every 50 ms; both until they can be read at all others. */
async function live(what: string, nodes: number, records: number): Promise<void> {
  await using circle = await circleOfProcesses(join(folder, what), nodes);
  const [author, ...receivers] = circle.nodes;
  for (const node of circle.nodes) await node.call("usage");
  const fromMs = machineMs();
  const holding = receivers.map((node) => node.call("holds", circle.circle, records, PATIENCE_MS));
  const share = records / IN_FLIGHT;
  const posting = Array.from({ length: IN_FLIGHT }, (_, n) => author.call("post", circle.circle, n * share, share, 1));
  await Promise.all(posting);
  const heldMs = Math.max(...(await Promise.all(holding)));
  const usages = await Promise.all(receivers.map((node) => node.call("usage")));
  print(
    `live, ${what}: ${records} posts, one a call, ${IN_FLIGHT} calls at once`,
    records / ((heldMs - fromMs) / 1_000),
    "records/s",
  );
  printShare(usages.reduce((sum, { cpuMs }) => sum + cpuMs, 0) / usages.length / records);

  const watching = receivers.map((node) => node.call("watch", PACED, PATIENCE_MS));
  const said = new Map(await author.call("pace", circle.circle, PACED, PACE_MS));
  const seen = await Promise.all(watching);
  const last = new Map<string, number>();
  for (const [id, atMs] of seen.flat()) last.set(id, Math.max(atMs, last.get(id) ?? 0));
  const times = [...said].map(([id, atMs]) => (last.get(id) ?? NaN) - atMs);
  for (const share of [0.5, 0.95, 0.99])
    print(`  one each ${PACE_MS} ms, p${share * 100}`, quantile(times, share), "ms");
}

/** Alerts of a third member while another one's backlog is caught up. */
async function alerts(): Promise<void> {
  await using circle = await circleOfProcesses(join(folder, "alerts"), 3);
  const [author, receiver, third] = circle.nodes;
  if (!third) throw new Error("three nodes were asked for");
  const lane = await third.call("ownLane", circle.circle);
  // Away as well, so that its alerts are sealed under an epoch that the receiver knows and not under one of the backlog.
  await Promise.all([receiver.end("stop"), third.end("stop")]);
  await author.call("post", circle.circle, 0, BACKLOG, 64);
  await receiver.start();
  await third.start();
  const holding = receiver.call("holds", circle.circle, BACKLOG, PATIENCE_MS);
  const watching = receiver.call("watchLane", circle.circle, lane, ALERTS, PATIENCE_MS);
  const said = await third.call("pace", circle.circle, ALERTS, 100);
  const heldAt = await watching;
  const doneMs = await holding;
  const times = said.flatMap(([, atMs], n) => (atMs < doneMs ? [(heldAt[n] ?? NaN) - atMs] : []));
  print("alerts during a catch-up", times.length, "alerts");
  for (const share of [0.5, 0.95]) print(`  held after, p${share * 100}`, quantile(times, share), "ms");
}

function printShare(cpuMsPerRecord: number): void {
  print("  receiver", cpuMsPerRecord, "CPU-s/1,000");
  print("  share of the ceiling", ceiling / 1_000 / cpuMsPerRecord, "");
}

function quantile(times: readonly number[], q: number): number {
  return (
    [...times].sort((left, right) => left - right)[Math.min(times.length - 1, Math.floor(times.length * q))] ?? NaN
  );
}

function print(what: string, value: number, unit: string): void {
  console.log(`${what.padEnd(64)} ${value.toFixed(value < 10 ? 2 : 0).padStart(10)} ${unit}`);
}
