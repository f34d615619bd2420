// Measures what a flood of one member costs the others: alerts from one node to another, in quiet and under the flood.

import { systemClock } from "../../src/base/clock.ts";
import type { CircleId } from "../../src/record/ids.ts";
import { circleOfProcesses, type NodeProcess } from "./node-process.ts";

const ALERT_EVERY_MS = 100;
const PATIENCE_MS = 300_000;
const WARM_UP = 40;

export type FloodFigures = {
  /** Until another node had an alert durably and could read it, in ms. */
  readonly quiet: { readonly p50: number; readonly p99: number };
  readonly flooded: { readonly p50: number; readonly p99: number };
  /** Of the two p99. */
  readonly ratio: number;
  readonly alerts: number;
  /** How many records the flooder told of, and how many of them anybody took. */
  readonly sent: number;
  readonly taken: number;
  /** Whether every other node named the flooder and nobody else. */
  readonly named: boolean;
};

/** Runs three processes below a folder: so many seconds of flood, and as many of quiet around them. */
export async function measureFlood(
  folder: string,
  { seconds, perSecond, records }: { readonly seconds: number; readonly perSecond: number; readonly records: number },
): Promise<FloodFigures> {
  await using made = await circleOfProcesses(folder, 3);
  const { circle, nodes } = made;
  const [one, other, flooder] = nodes;
  if (!flooder) throw new Error("three nodes were asked for");
  const member = await flooder.call("me");
  await flooder.call("post", circle, 0, 1, 1);
  await other.call("holds", circle, 1, PATIENCE_MS);
  await flooder.call("prepareFlood", circle, records);
  await other.call("note");
  const count = (seconds * 1_000) / ALERT_EVERY_MS;
  await alerts(circle, one, { to: other, count: WARM_UP });
  const before = await other.call("itemCount", circle);
  const morning = await alerts(circle, one, { to: other, count: count / 2 });
  const [flooded, sent] = await Promise.all([
    alerts(circle, one, { to: other, count }),
    flooder.call("flood", perSecond, seconds * 1_000),
  ]);
  // Half of the quiet is measured before and half after: whatever else the machine does is in both.
  const quiet = [...morning, ...(await alerts(circle, one, { to: other, count: count / 2 }))];
  const taken = (await other.call("itemCount", circle)) - before - 2 * count;
  const names = (await Promise.all([one, other].map((node) => node.call("cutOff")))).map((events) =>
    events.map((fields) => (fields as { member: string }).member),
  );
  const named = names.every((members) => members.length > 0 && members.every((name) => member.startsWith(name)));
  const [was, is] = [quantiles(quiet), quantiles(flooded)];
  return { quiet: was, flooded: is, ratio: is.p99 / was.p99, alerts: count, sent, taken, named };
}

async function alerts(
  circle: CircleId,
  from: NodeProcess,
  { to, count }: { readonly to: NodeProcess; readonly count: number },
): Promise<readonly number[]> {
  const said = await from.call("pace", circle, count, ALERT_EVERY_MS);
  for (;;) {
    const seenAt = new Map(await to.call("noted"));
    // By their ids: a lane holds epochs too.
    if (said.every(([id]) => seenAt.has(id))) return said.map(([id, atMs]) => (seenAt.get(id) ?? NaN) - atMs);
    await systemClock.wait(20);
  }
}

function quantiles(times: readonly number[]): FloodFigures["quiet"] {
  const sorted = [...times].sort((left, right) => left - right);
  const quantile = (q: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? NaN;
  return { p50: quantile(0.5), p99: quantile(0.99) };
}
