// Figures of membership on this machine: what it costs to evaluate a history from nothing, and one operation on top of it.
// Run with `node bench/evaluate.ts [operations...]`; needs no build.

import { evaluate, emptyMemo } from "../src/circle/evaluate.ts";
import { emptyGraph, type Graph, type RosterOp, withOp } from "../src/circle/graph.ts";
import { adds, genesisBy, merges, promotes, removes, toOp } from "../test/help/roster-graph.ts";

const SIZES = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [100, 1_000, 10_000];
/** What the design promises: of 10,000 operations, and of one more. */
const BUDGET = { operations: 10_000, allMs: 1_000, moreMs: 5 };
const PATIENCE_MS = 20_000;
const STEWARDS = 16;

type Story = {
  readonly ops: readonly RosterOp[];
  readonly heads: readonly string[];
  /** What the last operations followed: an operation after these is beside them. */
  readonly before: readonly string[];
};

/** Somebody comes and goes, again and again, by one steward: two operations each, and never more than one at once. */
function line(by: string, after: string, count: number): Story {
  const ops: RosterOp[] = [];
  let [head, before] = [after, after];
  for (let at = 0; at < count; at++) {
    const who = `${by} ${at >> 1}`;
    const name = `${by} op ${at}`;
    ops.push(toOp({ name, by, after: [head], does: at % 2 === 0 ? adds(who) : removes(who) }));
    [before, head] = [head, name];
  }
  return { ops, heads: [head], before: [before] };
}

/** The circle with its stewards, one after the other. */
function founded(stewards: readonly string[]): Story {
  const [founder = "ann", ...others] = stewards;
  const ops = [toOp({ name: "g", by: founder, after: [], does: genesisBy(founder) })];
  let head = "g";
  for (const other of others) {
    ops.push(toOp({ name: `add ${other}`, by: founder, after: [head], does: adds(other) }));
    ops.push(toOp({ name: `promote ${other}`, by: founder, after: [`add ${other}`], does: promotes(other) }));
    head = `promote ${other}`;
  }
  return { ops, heads: [head], before: ["g"] };
}

const STORIES: Readonly<Record<string, (count: number) => Story>> = {
  "one after the other": (count) => {
    const start = founded(["ann", "bob"]);
    const rest = line("ann", start.heads[0] ?? "g", count - start.ops.length);
    return { ...rest, ops: [...start.ops, ...rest.ops] };
  },
  "two halves, healed": (count) => {
    const start = founded(["ann", "bob"]);
    const half = Math.floor((count - start.ops.length - 1) / 2);
    const sides = ["ann", "bob"].map((by) => line(by, start.heads[0] ?? "g", half));
    const before = sides.flatMap(({ heads }) => heads);
    const healed = toOp({ name: "healed", by: "ann", after: before, does: merges });
    return { ops: [...start.ops, ...sides.flatMap(({ ops }) => ops), healed], heads: ["healed"], before };
  },
  [`${STEWARDS} stewards at once`]: (count) => {
    const stewards = ["ann", "bob", ...Array.from({ length: STEWARDS - 2 }, (_, at) => `s${at}`)];
    const start = founded(stewards);
    const ops = [...start.ops];
    let [heads, before] = [start.heads, start.before];
    for (let round = 0; ops.length < count; round++) {
      const next = stewards.map((by) => `${by} round ${round}`);
      for (const [at, by] of stewards.entries()) {
        const who = `${by} ${round >> 1}`;
        ops.push(toOp({ name: next[at] ?? "", by, after: heads, does: round % 2 === 0 ? adds(who) : removes(who) }));
      }
      [before, heads] = [heads, next];
    }
    return { ops, heads, before };
  },
};

print(["STORY", "OPERATIONS", "GRAPH", "EVALUATE", "ONE ON TOP", "ONE BESIDE", "MEMBERS", "WITHIN BUDGET"]);
for (const [name, tell] of Object.entries(STORIES)) {
  let [slowestMs, sizeBefore] = [0, 1];
  for (const size of SIZES) {
    // What grows with the square of its length would take the night.
    if (slowestMs * (size / sizeBefore) ** 2 > PATIENCE_MS) {
      print([name, String(size), "-", "-", "-", "-", "-", "NO"]);
      continue;
    }
    const { ops, heads, before } = tell(size);
    const [graphMs, graph] = timed(() => ops.reduce(withOp, emptyGraph()));
    const memo = emptyMemo();
    const [allMs, roster] = timed(() => evaluate(graph, graph.heads, memo));
    [slowestMs, sizeBefore] = [graphMs + allMs, size];
    const top = more(graph, { name: "top", by: "ann", after: heads, count: 25 }, memo);
    const beside = more(graph, { name: "beside", by: "bob", after: before, count: 5 }, memo);
    const within = (size > BUDGET.operations || slowestMs < BUDGET.allMs) && Math.max(top, beside) < BUDGET.moreMs;
    print([
      name,
      String(ops.length),
      ...[graphMs, allMs, top, beside].map((ms) => `${ms.toFixed(ms < 10 ? 2 : 0)} ms`),
      `${roster.members.size}, ${roster.void.size} void`,
      within ? "yes" : "NO",
    ]);
  }
}

/** Median of the milliseconds that operations in a row take, each into the graph and then evaluated with all heads. */
function more(
  before: Graph,
  row: { readonly name: string; readonly by: string; readonly after: readonly string[]; readonly count: number },
  memo: ReturnType<typeof emptyMemo>,
): number {
  const { name, by } = row;
  let graph = before;
  const times: number[] = [];
  // What takes long is believed after a few.
  for (let at = 0, spentMs = 0; at < row.count && spentMs < 2_000; at++) {
    const after = at === 0 ? row.after : [`${name} ${at - 1}`];
    const does = at % 2 === 0 ? adds(`${name} ${at}`) : removes(`${name} ${at - 1}`);
    const op = toOp({ name: `${name} ${at}`, by, after, does });
    const [ms, grown] = timed(() => {
      const next = withOp(graph, op);
      evaluate(next, next.heads, memo);
      return next;
    });
    graph = grown;
    times.push(ms);
    spentMs += ms;
  }
  return times.sort((left, right) => left - right)[times.length >> 1] ?? Number.NaN;
}

function timed<T>(work: () => T): readonly [ms: number, result: T] {
  const start = performance.now();
  const result = work();
  return [performance.now() - start, result];
}

function print(cells: readonly string[]): void {
  const widths = [24, 10, 10, 10, 10, 10, 16, 13];
  console.log(
    cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join(" "),
  );
}
