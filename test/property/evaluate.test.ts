// Whatever members do on either side of whatever partitions: whoever holds the same operations has the same roster.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RosterChange } from "../../src/circle/change.ts";
import { emptyMemo, evaluate } from "../../src/circle/evaluate.ts";
import { dominates, maximal, precedes, type RosterOp } from "../../src/circle/graph.ts";
import { isSteward, type Roster } from "../../src/circle/roster.ts";
import { orgId, recordId } from "../../src/record/ids.ts";
import type { Epoch } from "../../src/seal/epoch.ts";
import { type SendView, unusable, usableEpoch } from "../../src/seal/usable.ts";
import {
  admissionOf,
  adds,
  areHeads,
  delivered,
  genesisBy,
  graphOf,
  memberOf,
  opOf,
  outcome,
  promotes,
  removes,
  toOp,
} from "../help/roster-graph.ts";

const NAMES = ["ann", "bob", "carl", "dora", "emil", "fritz"] as const;

/** One step of a story: somebody acts on its own view, or hears everything that another has seen. */
type Step = {
  readonly who: number;
  readonly whom: number;
  readonly does: "add" | "remove" | "promote" | "hear" | "hear all";
  readonly ticket: number;
};
const steps = fc.array(
  fc.record<Step>({
    who: fc.nat(NAMES.length - 1),
    whom: fc.nat(NAMES.length - 1),
    does: fc.constantFrom("add", "remove", "promote", "hear", "hear all"),
    ticket: fc.nat(3),
  }),
  { minLength: 6, maxLength: 24 },
);

/** The operations of a story. Everybody starts with a circle of ann and bob, both stewards, and carl. */
function told(story: readonly Step[]): readonly RosterOp[] {
  const start = [
    { name: "g", by: "ann", after: [], does: genesisBy("ann") },
    { name: "b", by: "ann", after: ["g"], does: adds("bob") },
    { name: "p", by: "ann", after: ["b"], does: promotes("bob") },
    { name: "c", by: "bob", after: ["p"], does: adds("carl") },
  ].map(toOp);
  const ops = [...start];
  const views = NAMES.map(() => [opOf("c")]);
  for (const [index, { who, whom, does, ticket }] of story.entries()) {
    const [by, target] = [NAMES[who] ?? "ann", NAMES[whom] ?? "ann"];
    const mine = views[who] ?? [];
    const graph = graphOf(ops);
    if (does === "hear" || does === "hear all") {
      const theirs = does === "hear" ? (views[whom] ?? []) : graph.heads;
      views[who] = [...maximal(graph, [...mine, ...theirs])];
      continue;
    }
    const change: RosterChange =
      does === "add"
        ? adds(target, ticket === 0 ? undefined : `t${ticket}`)
        : does === "remove"
          ? removes(target)
          : promotes(target);
    const op = { ...toOp({ name: `op ${index}`, by, after: [], does: change }), parents: [...mine].sort() };
    ops.push(op);
    views[who] = [op.id];
  }
  return ops;
}

const rosterOf = (ops: readonly RosterOp[]): Roster => {
  const graph = graphOf(ops);
  return evaluate(graph, graph.heads, emptyMemo());
};

describe("a roster", () => {
  test("is the same on every node, in whatever order and however often operations arrive, and whatever was computed between", () => {
    fc.assert(
      fc.property(steps, fc.infiniteStream(fc.nat()), (story, numbers) => {
        const ops = told(story);
        const graph = graphOf(ops);
        const other = delivered(ops, (count) => Number(numbers.next().value) % Math.max(1, count));
        expect(other.heads).toEqual(graph.heads);
        expect(areHeads(other, other.heads)).toBe(true);
        const memo = emptyMemo();
        for (const { id } of ops) evaluate(other, [id], memo);
        expect(outcome(evaluate(other, other.heads, memo))).toEqual(outcome(rosterOf(ops)));
      }),
      { numRuns: 150, seed: 11 },
    );
  });

  test("does not hang on naming heads that others dominate", () => {
    fc.assert(
      fc.property(steps, (story) => {
        const graph = graphOf(told(story));
        const all = [...graph.ops.keys()].sort();
        expect(outcome(evaluate(graph, all, emptyMemo()))).toEqual(outcome(evaluate(graph, graph.heads, emptyMemo())));
      }),
      { numRuns: 50, seed: 12 },
    );
  });

  test("counts no operation that was not its author's right in its own view", () => {
    fc.assert(
      fc.property(steps, (story) => {
        const ops = told(story);
        const graph = graphOf(ops);
        const roster = evaluate(graph, graph.heads, emptyMemo());
        for (const op of ops) {
          if (roster.void.has(op.id) || op.parents.length === 0) continue;
          expect(isSteward(evaluate(graph, op.parents, emptyMemo()), op.author)).toBe(true);
        }
      }),
      { numRuns: 100, seed: 13 },
    );
  });

  test("has no member that an effective removal took out and no later addition brought back, and no ticket that admitted two", () => {
    fc.assert(
      fc.property(steps, (story) => {
        const ops = told(story);
        const graph = graphOf(ops);
        const roster = evaluate(graph, graph.heads, emptyMemo());
        const tickets = new Set<string>();
        for (const op of ops) {
          if (roster.void.has(op.id)) continue;
          if (op.change.op === "remove" && roster.removed.get(op.change.member)?.op === op.id) {
            const back = roster.members.get(op.change.member)?.addedBy;
            expect(back === undefined || precedes(graph, op.id, back)).toBe(true);
          }
          if (op.change.op === "add" && op.change.ticket !== undefined) {
            expect(tickets.has(op.change.ticket)).toBe(false);
            tickets.add(op.change.ticket);
          }
        }
      }),
      { numRuns: 150, seed: 14 },
    );
  });

  test("keeps no operation that a removed steward slips in beside its removal", () => {
    fc.assert(
      fc.property(steps, fc.nat(), (story, at) => {
        const ops = told(story);
        const graph = graphOf(ops);
        const before = evaluate(graph, graph.heads, emptyMemo());
        const removal = ops.find(
          (op) =>
            op.change.op === "remove" &&
            before.removed.get(op.change.member)?.op === op.id &&
            !before.members.has(op.change.member),
        );
        if (removal?.change.op !== "remove") return;
        // Backdated to some view before the removal.
        const past = ops.map(({ id }) => id).filter((id) => precedes(graph, id, removal.id));
        const parent = past[at % past.length] ?? opOf("g");
        const slipped: RosterOp = {
          ...toOp({ name: "slipped", by: "eve", after: [], does: adds("eve") }),
          author: removal.change.member,
          parents: [parent],
        };
        const after = rosterOf([...ops, slipped]);
        expect(after.members.has(memberOf("eve"))).toBe(false);
        expect([...after.members.keys()].sort()).toEqual([...before.members.keys()].sort());
      }),
      { numRuns: 150, seed: 15 },
    );
  });
});

describe("an epoch that may be sent under", () => {
  test("is wrapped to exactly the members and covers all that made them: a removed member is in none", () => {
    fc.assert(
      fc.property(steps, (story) => {
        const ops = told(story);
        const graph = graphOf(ops);
        const memo = emptyMemo();
        const roster = evaluate(graph, graph.heads, memo);
        // Every view there ever was mints an epoch for the roster that it sees.
        const epochs = ops.map((op, depth): Epoch => {
          const seen = evaluate(graph, [op.id], memo);
          const recipients = new Map([...seen.members.values()].map(({ id, prekey }) => [id, prekey.id]));
          const minter = [...seen.members.keys()][0] ?? memberOf("ann");
          const circle = "00" as Epoch["circle"];
          return {
            id: recordId(new Uint8Array(32).fill(depth)),
            circle,
            minter,
            lane: "00" as Epoch["lane"],
            seq: depth,
            suite: 1,
            depth,
            covers: [op.id],
            recipients,
            keyCommitment: new Uint8Array(32),
            mintedAt: 0,
          };
        });
        const view: SendView = {
          ...{ me: memberOf("nobody"), self: orgId(admissionOf("ann").certificate.orgKey), graph, roster, now: 0 },
          opened: () => true,
          firstSeenAt: () => 0,
          used: () => 0,
          prekeys: (member) => [member.prekey],
          complaints: new Map(),
        };
        const best = usableEpoch(epochs, view);
        if (best) {
          expect([...best.recipients.keys()].sort()).toEqual([...roster.members.keys()].sort());
          expect(dominates(graph, best.covers, roster.rekeys)).toBe(true);
        }
        for (const epoch of epochs) {
          if (unusable(epoch, view) !== undefined) continue;
          for (const member of epoch.recipients.keys()) expect(roster.members.has(member)).toBe(true);
          expect(best && epoch.depth <= best.depth).toBe(true);
        }
      }),
      { numRuns: 100, seed: 16 },
    );
  });
});
