// A circle of real nodes behind bad paths: they post, paths break and heal, and in the end every store is read and held
// against what every author was told is posted.

import { systemClock } from "../../src/base/clock.ts";
import { circleOfProcesses, machineMs, type NodeProcess, type ProcessCircle, type Said } from "../help/node-process.ts";
import { cutsOf } from "./cuts.ts";
import { diceFrom } from "./dice.ts";
import { type Break, Proxies, type Weather } from "./proxy.ts";
import { holdingsOf, judge, type Truth, withShown } from "./truth.ts";

const SHOWN_EVERY_MS = 500;

export type Wish = {
  readonly nodes: number;
  readonly records: number;
  /** Posts and the beginnings of cuts are spread over so long. */
  readonly postingMs: number;
  readonly weather: Weather;
  readonly cuts: number;
  readonly longestCutMs: number;
  readonly breaks: readonly [Break, ...Break[]];
  /** After the last cut healed and the last post was taken; what is not there then is lost. */
  readonly patienceMs: number;
  readonly seed: string;
};

export type Report = Truth & {
  readonly seed: string;
  readonly nodes: number;
  /** Posts that an author was told are posted. */
  readonly records: number;
  /** Posts that were refused, by their errors. */
  readonly refused: Readonly<Record<string, number>>;
  /** From the call to the moment at which another node could read it, of all pairs of post and reader. */
  readonly p50: number | undefined;
  readonly p95: number | undefined;
  readonly p99: number | undefined;
  /** The same to the last of the live nodes, of all posts. */
  readonly alertP99: number | undefined;
  /** From the end of the last cut and the last post until every node held all; undefined where that never was. */
  readonly convergedMs: number | undefined;
  /** And until every author showed that of every post, or gave up. */
  readonly shownMs: number;
  readonly cuts: number;
  readonly connections: number;
  readonly proxiedBytes: number;
  readonly segmentsLost: number;
  readonly cpuMs: number;
  readonly rssPeakBytes: number;
};

/** Whether a run kept all promises that have no figure. */
export function isKept({ lost, duplicated, shownFalsely, notShown, refused }: Report): boolean {
  return lost + duplicated + shownFalsely + notShown === 0 && Object.keys(refused).length === 0;
}

/** Runs it in a folder of its own; `tell` hears what happens, for people. */
export async function chaos(folder: string, wish: Wish, tell: (line: string) => void): Promise<Report> {
  const dice = diceFrom(wish.seed);
  const posts = Array.from({ length: wish.records }, (_, number) => ({
    number,
    atMs: (number * wish.postingMs) / wish.records,
    by: dice.below(wish.nodes),
  }));
  const cuts = cutsOf(dice, { ...wish, withinMs: wish.postingMs });
  await using proxies = new Proxies(wish.nodes, diceFrom(`${wish.seed} paths`));
  await proxies.open();
  const fromMs = machineMs();
  await using world = await circleOfProcesses(folder, wish.nodes, (node) => proxies.place(node));
  const { circle, nodes } = world;
  for (const node of nodes) {
    await node.call("note");
    await node.call("usage");
  }
  tell(`${wish.nodes} nodes are linked after ${((machineMs() - fromMs) / 1_000).toFixed(1)} s`);

  proxies.weather = wish.weather;
  const startMs = machineMs();
  const until = async (atMs: number): Promise<void> => systemClock.wait(Math.max(0, startMs + atMs - machineMs()));
  const said: (Said & { readonly by: number })[] = [];
  const refused: Record<string, number> = {};
  const posting = posts.map(async ({ number, atMs, by }) => {
    await until(atMs);
    try {
      const post = await nodes[by]?.call("say", circle, number);
      if (post) said.push({ ...post, by });
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : "unknown";
      refused[why] = (refused[why] ?? 0) + 1;
    }
  });
  const cutting = cuts.map(async ({ atMs, forMs, how, where, between }) => {
    await until(atMs);
    const heal = proxies.break(how, between);
    tell(`${(atMs / 1_000).toFixed(1)} s: ${how} ${where} for ${(forMs / 1_000).toFixed(1)} s`);
    await until(atMs + forMs);
    heal();
  });
  await Promise.all([...posting, ...cutting]);
  const calmMs = machineMs();
  const convergedAtMs = await converged(world, said.length, calmMs + wish.patienceMs);
  const usages = await Promise.all(nodes.map((node) => node.call("usage")));
  const latencies = await latenciesOf(nodes, said);
  const posted = said.map(({ id }) => id);
  let holdings = await holdingsOf(circle, nodes, posted);
  let truth = judge(posted, holdings);
  // The stores are complete and do not change any more; the last receipts are on their way.
  for (const lateMs = machineMs() + wish.patienceMs; truth.lost === 0 && truth.notShown > 0 && machineMs() < lateMs;) {
    await systemClock.wait(SHOWN_EVERY_MS);
    holdings = await withShown(circle, nodes, holdings);
    truth = judge(posted, holdings);
  }
  const shownMs = Math.round(machineMs() - calmMs);
  if (truth.lost + truth.shownFalsely + truth.notShown > 0) {
    for (const [n, node] of nodes.entries())
      tell(`node ${n} reads ${holdings[n]?.items.length}: ${JSON.stringify(await node.call("troubles", circle))}`);
  }
  return {
    seed: wish.seed,
    nodes: wish.nodes,
    records: said.length,
    refused,
    ...truth,
    ...latencies,
    convergedMs: convergedAtMs === undefined ? undefined : Math.round(convergedAtMs - calmMs),
    shownMs,
    cuts: cuts.length,
    connections: proxies.passed.connections,
    proxiedBytes: proxies.passed.bytes,
    segmentsLost: proxies.passed.lost,
    cpuMs: Math.round(usages.reduce((sum, { cpuMs }) => sum + cpuMs, 0)),
    rssPeakBytes: Math.max(...usages.map(({ rssPeakBytes }) => rssPeakBytes)),
  };
}

/** When every node held so many; undefined where one never did. */
async function converged(
  { circle, nodes }: ProcessCircle,
  records: number,
  lateMs: number,
): Promise<number | undefined> {
  const held = nodes.map((node) => node.call("holds", circle, records, Math.ceil(Math.max(1, lateMs - machineMs()))));
  const all = await Promise.allSettled(held);
  return all.every(({ status }) => status === "fulfilled")
    ? Math.max(...all.map((one) => (one.status === "fulfilled" ? one.value : 0)))
    : undefined;
}

async function latenciesOf(
  nodes: readonly NodeProcess[],
  said: readonly (Said & { readonly by: number })[],
): Promise<Pick<Report, "p50" | "p95" | "p99" | "alertP99">> {
  const noted = await Promise.all(nodes.map(async (node) => new Map(await node.call("noted"))));
  const all: number[] = [];
  const slowest: number[] = [];
  for (const { id, atMs, by } of said) {
    const times = noted.flatMap((seen, reader) => (reader === by ? [] : [(seen.get(id) ?? Infinity) - atMs]));
    all.push(...times);
    slowest.push(Math.max(...times));
  }
  return {
    p50: quantile(all, 0.5),
    p95: quantile(all, 0.95),
    p99: quantile(all, 0.99),
    alertP99: quantile(slowest, 0.99),
  };
}

/** Undefined where it was never read. */
function quantile(times: readonly number[], share: number): number | undefined {
  const sorted = [...times].sort((left, right) => left - right);
  const one = sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)];
  return one === undefined || !Number.isFinite(one) ? undefined : Math.round(one);
}
