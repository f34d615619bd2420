// Every order in which operations can arrive gives one roster: exhaustively for every set of at most five concurrent
// operations of a small catalogue, and by chance for long stories of all operations.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RosterChange } from "../../src/circle/change.ts";
import { emptyMemo, evaluate, refusalOf } from "../../src/circle/evaluate.ts";
import { type Graph, maximal, type RosterOp, withOp } from "../../src/circle/graph.ts";
import type { RecordId } from "../../src/record/ids.ts";
import { type Roster, stewards } from "../../src/circle/roster.ts";
import {
  adds,
  delivered,
  demotes,
  enrols,
  freezes,
  genesisBy,
  graphOf,
  laneOf,
  leaves,
  memberOf,
  opOf,
  outcome,
  promotes,
  proves,
  removes,
  retires,
  sets,
  takesIn,
  type Told,
  toOp,
  vouches,
} from "../help/roster-graph.ts";

/** Ann, bob and carl are stewards; dora and emil are members; the rules ask two words for an admission and for a new steward. */
const start: readonly Told[] = [
  { name: "g", by: "ann", after: [], does: genesisBy("ann") },
  { name: "b", by: "ann", after: ["g"], does: adds("bob") },
  { name: "c", by: "ann", after: ["b"], does: adds("carl") },
  { name: "d", by: "ann", after: ["c"], does: adds("dora") },
  { name: "e", by: "ann", after: ["d"], does: adds("emil") },
  { name: "p", by: "ann", after: ["e"], does: promotes("bob") },
  { name: "q", by: "ann", after: ["p"], does: promotes("carl") },
  { name: "z", by: "ann", after: ["q"], does: sets("g", { vouches: 2, refound: 2 }) },
];

/** One operation of each kind, and of those that cross with others several. */
const catalogue: readonly (readonly [by: string, does: RosterChange])[] = [
  ["ann", removes("bob")],
  ["bob", removes("ann")],
  ["carl", removes("ann")],
  ["carl", removes("bob")],
  ["bob", removes("dora")],
  ["ann", demotes("carl")],
  ["bob", demotes("carl")],
  ["ann", leaves],
  ["bob", adds("fritz", "t")],
  ["carl", adds("gerd", "t")],
  ["dora", vouches("fritz")],
  ["emil", promotes("dora")],
  ["dora", promotes("dora")],
  ["ann2", enrols("ann2", "ann", "ann")],
  ["dora", retires("dora", "dora")],
  ["carl", sets("z", { vouches: 0, refound: 2 })],
  ["dora", freezes("bob", 5)],
  ["dora", takesIn({ name: "o", by: "carl", after: ["z"], lane: "carl's other", does: leaves })],
  ["emil", takesIn({ name: "o", by: "carl", after: ["q"], lane: "carl's third", does: leaves })],
];

function orders<Value>(values: readonly Value[]): readonly (readonly Value[])[] {
  if (values.length <= 1) return [values];
  return values.flatMap((value, index) => orders(values.toSpliced(index, 1)).map((rest) => [value, ...rest]));
}

/** What every node that got the operations in this order believes, evaluating after each of them as nodes do. */
function believes(base: Graph, memo: ReturnType<typeof emptyMemo>, ops: readonly RosterOp[]): string {
  let graph = base;
  for (const op of ops) {
    graph = withOp(graph, op);
    evaluate(graph, graph.heads, memo);
  }
  return JSON.stringify(outcome(evaluate(graph, graph.heads, memo)));
}

const alone = catalogue.map(([by, does], index): RosterOp => toOp({ name: `x${index}`, by, after: ["z"], does }));
/** Those that cross with each other: removals, a demotion, a departure, admissions, a vouch and a succession. */
const crossing = [0, 1, 2, 5, 7, 8, 9, 13, 17].flatMap((index) => alone[index] ?? []);

function* setsOf(from: readonly RosterOp[], size: number): Generator<readonly RosterOp[]> {
  if (size === 0) yield [];
  for (const [index, op] of size === 0 ? [] : from.entries())
    for (const rest of setsOf(from.slice(index + 1), size - 1)) yield [op, ...rest];
}

describe("every set of concurrent operations", () => {
  test.each([
    [2, "the whole catalogue", alone],
    [3, "the whole catalogue", alone],
    [4, "what crosses", crossing],
    [5, "what crosses", crossing],
  ])(
    "%d of %s give one roster in every order of arrival, and a steward while anybody is in",
    (size, _, from) => {
      let count = 0;
      for (const ops of setsOf(from, size)) {
        // A fresh graph for each order: what is laid out hangs on the order in which it first came.
        const told = new Set(orders(ops).map((order) => believes(graphOf(start.map(toOp)), emptyMemo(), order)));
        if (told.size !== 1)
          expect.fail(`${ops.map(({ id }) => id.slice(0, 4)).join()}: ${[...told].join(" is not ")}`);
        count++;
        const graph = graphOf([...start.map(toOp), ...ops]);
        const roster = evaluate(graph, graph.heads, emptyMemo());
        if (roster.members.size > 0 && stewards(roster).length === 0) expect.fail("a circle without a steward");
      }
      expect(count).toBeGreaterThan(100);
    },
    120_000,
  );

  test("any number of them, in any two orders", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...alone], { minLength: 6 }), fc.infiniteStream(fc.nat()), (ops, numbers) => {
        const keys = new Map(ops.map(({ id }) => [id, Number(numbers.next().value)] as const));
        const other = ops.toSorted((left, right) => (keys.get(left.id) ?? 0) - (keys.get(right.id) ?? 0));
        const [one, two] = [ops, other].map((order) => believes(graphOf(start.map(toOp)), emptyMemo(), order));
        expect(one).toBe(two);
      }),
      { numRuns: 300, seed: 20 },
    );
  });
});

const NAMES = ["ann", "bob", "carl", "dora", "emil", "fritz", "gerd"] as const;
type Step = { readonly who: number; readonly whom: number; readonly does: number; readonly at: number };
const steps = fc.array(
  fc.record<Step>({
    who: fc.nat(NAMES.length - 1),
    whom: fc.nat(NAMES.length - 1),
    does: fc.nat(18),
    at: fc.nat(400_000_000),
  }),
  { minLength: 8, maxLength: 40 },
);

/** A long story of all operations: whatever is refused in its author's own view is left out, as nodes do. */
function told(story: readonly Step[]): readonly RosterOp[] {
  const ops = start.map(toOp);
  let graph = graphOf(ops);
  const memo = emptyMemo();
  const views = new Map<string, readonly (typeof graph.heads)[number][]>();
  const viewOf = (name: string): typeof graph.heads => views.get(name) ?? [opOf("z")];
  for (const [index, { who, whom, does, at }] of story.entries()) {
    const [by, target] = [NAMES[who] ?? "ann", NAMES[whom] ?? "ann"];
    const taken = does > 16 ? openingFor(evaluate(graph, viewOf(by), memo), ops, { target, index }) : undefined;
    if (does >= 13 && !taken) {
      views.set(by, maximal(graph, [...viewOf(by), ...(does === 16 ? graph.heads : viewOf(target))]));
      continue;
    }
    const name = `s${index}`;
    const roster = evaluate(graph, viewOf(by), memo);
    const change =
      taken ?? changeOf(does, { by, target, at, name }, [...roster.freezes.values()].map(({ op }) => op)[0]);
    const author = change.op === "enrol" ? `${by}+${name}` : by;
    const enrolled = change.op === "enrol" ? enrols(author, by, ...(at % 2 === 0 ? [by] : [])) : change;
    const base = enrolled.op === "policy" ? { ...enrolled, base: roster.policyBy } : enrolled;
    const lane = roster.members.get(memberOf(author))?.lane ?? laneOf(author);
    const op = { ...toOp({ name, by: author, after: [], does: base, at, seq: index }), lane, parents: viewOf(by) };
    if (refusalOf(graph, op, memo) !== undefined) continue;
    ops.push(op);
    graph = withOp(graph, op);
    views.set(by, [op.id]);
  }
  return ops;
}

/** Takes in a node that enrolled and waits for it, or else a further lane of the target. */
function openingFor(
  roster: Roster,
  ops: readonly RosterOp[],
  { target, index }: { readonly target: string; readonly index: number },
): RosterChange {
  const waiting = ops.find(({ change, lane, author }) => {
    const member = roster.members.get(author);
    return (
      change.op === "enrol" && member?.lane === undefined && member?.addedBy !== undefined && !roster.lanes.has(lane)
    );
  });
  const opening = takesIn({ name: `o${index}`, by: target, after: ["z"], lane: `${target} ${index}`, does: leaves });
  if (!waiting || opening.op !== "lane") return opening;
  const { id, author, lane, parents } = waiting;
  const header = { ...opening.opening.header, author, lane, rosterHeads: parents };
  return { ...opening, opening: { ...opening.opening, id, header } };
}

type Words = { readonly by: string; readonly target: string; readonly at: number; readonly name: string };

function changeOf(does: number, { by, target, at, name }: Words, freeze: RecordId | undefined): RosterChange {
  const all: readonly RosterChange[] = [
    adds(target, at % 3 === 0 ? "t" : undefined),
    removes(target),
    removes(target),
    promotes(target),
    demotes(target),
    leaves,
    sets("z", { vouches: at % 3, refound: 2 }),
    vouches(target),
    enrols(`${by}+${name}`, by),
    retires(by, by),
    freezes(target, at + 1_000),
    freeze === undefined ? freezes(target, at + 5) : { op: "lift", freeze },
    freeze === undefined ? leaves : { op: "confirm", freeze, until: at + 10 },
  ];
  return all[does] ?? removes(target);
}

describe("long stories of all operations", () => {
  test("end in one roster whatever the order of arrival, with a steward while anybody is in", () => {
    fc.assert(
      fc.property(steps, fc.infiniteStream(fc.nat()), (story, numbers) => {
        const ops = told(story);
        const graph = graphOf(ops);
        const expected = evaluate(graph, graph.heads, emptyMemo());
        const other = delivered(ops, (count) => Number(numbers.next().value) % Math.max(1, count));
        const memo = emptyMemo();
        for (const { id } of ops) evaluate(other, [id], memo);
        const roster = evaluate(other, other.heads, memo);
        expect(outcome(roster)).toEqual(outcome(expected));
        expect(roster.members.size === 0 || stewards(roster).length > 0).toBe(true);
        for (const [id] of roster.removed) expect(roster.members.get(id)?.addedBy).not.toBe(roster.removed.get(id)?.op);
      }),
      { numRuns: 300, seed: 21 },
    );
  });

  test("a withdrawn key slips nothing in beside its withdrawal", () => {
    let tried = 0;
    fc.assert(
      fc.property(steps, fc.nat(), (story, pick) => {
        const ops = told(story);
        const graph = graphOf(ops);
        const before = evaluate(graph, graph.heads, emptyMemo());
        const out = [...before.removed].filter(([id, { how }]) => !before.members.has(id) && how === "withdrawn");
        const [target, removal] = out[pick % Math.max(1, out.length)] ?? [];
        if (target === undefined || removal === undefined) return;
        // A successor's word is old until another org has taken it in.
        const ending = graph.ops.get(removal.op);
        if (ending?.change.op === "enrol" && !before.lanes.has(ending.lane)) return;
        const lane = [...before.lanes].findLast(([, author]) => author === target)?.[0] ?? laneOf("eve");
        const past = ops.map(({ id }) => id);
        const slipped: RosterOp = {
          ...toOp({ name: "slipped", by: "eve", after: [], does: removes("carl") }),
          ...{ author: target, lane },
          parents: [past[pick % past.length] ?? opOf("z")],
        };
        if (refusalOf(graph, slipped, emptyMemo()) !== undefined) return;
        tried += 1;
        const after = withOp(graph, slipped);
        const roster = evaluate(after, after.heads, emptyMemo());
        expect([...roster.members.keys()].sort()).toEqual([...before.members.keys()].sort());
      }),
      { numRuns: 1_000, seed: 22 },
    );
    expect(tried).toBeGreaterThan(10);
  }, 120_000);
});

describe("both sides of a fork", () => {
  test("come to one roster, whichever side a node holds and in whatever order it hears of the proofs", () => {
    const one: Told = { name: "o1", by: "bob", after: ["z"], does: removes("dora"), seq: 9 };
    const two: Told = { name: "o2", by: "bob", after: ["z"], does: removes("emil"), seq: 9 };
    const proofs: readonly Told[] = [
      { name: "f1", by: "carl", after: ["o1"], does: proves(one, two) },
      { name: "f2", by: "ann", after: ["o2"], does: proves(one, two) },
    ];
    const rest: readonly Told[] = [
      { name: "r1", by: "carl", after: ["f1"], does: vouches("fritz") },
      { name: "r2", by: "ann", after: ["f2"], does: adds("fritz") },
    ];
    const outcomes = [[one, two], [two, one], [one], [two]].map((held) => {
      const ops = [...held, ...proofs, ...rest].map(toOp);
      const graph = delivered([...start.map(toOp), ...ops], () => 0);
      return outcome(evaluate(graph, graph.heads, emptyMemo()));
    });
    for (const told_ of outcomes) expect(told_).toEqual(outcomes[0]);
    expect(outcomes[0]?.["members"]).toHaveLength(6);
  });
});
