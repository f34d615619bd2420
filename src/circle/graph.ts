// The membership operations of a circle and their causal order. It only grows; what an operation is worth is decided
// in `evaluate.ts`.

import type { LaneId, MemberId, RecordId } from "../record/ids.ts";
import type { RosterChange } from "./change.ts";

/** A membership change with its place in history. */
export type RosterOp = {
  readonly id: RecordId;
  readonly author: MemberId;
  readonly lane: LaneId;
  readonly seq: number;
  readonly at: number;
  /** What its author had seen: its causal parents. */
  readonly parents: readonly RecordId[];
  readonly change: RosterChange;
};

export type Graph = {
  readonly ops: ReadonlyMap<RecordId, RosterOp>;
  /** Every operation before one, not counting itself. */
  readonly ancestors: ReadonlyMap<RecordId, ReadonlySet<RecordId>>;
  /** Operations that no other one follows, sorted. */
  readonly heads: readonly RecordId[];
};

export const emptyGraph: Graph = { ops: new Map(), ancestors: new Map(), heads: [] };

/** The graph with `op`, whose parents it must hold. */
export function withOp(graph: Graph, op: RosterOp): Graph {
  if (graph.ops.has(op.id)) return graph;
  const before = closure(graph, op.parents);
  return {
    ops: new Map(graph.ops).set(op.id, op),
    ancestors: new Map(graph.ancestors).set(op.id, before),
    heads: [...graph.heads.filter((head) => !before.has(head)), op.id].sort(),
  };
}

/** `heads` and everything before them. */
export function closure(graph: Graph, heads: readonly RecordId[]): ReadonlySet<RecordId> {
  const all = new Set<RecordId>(heads);
  for (const head of heads) for (const id of graph.ancestors.get(head) ?? []) all.add(id);
  return all;
}

/** Whether neither operation had seen the other. */
export function concurrent(graph: Graph, left: RecordId, right: RecordId): boolean {
  return left !== right && !graph.ancestors.get(left)?.has(right) && !graph.ancestors.get(right)?.has(left);
}

/** Whether no head is one that another had seen. Only so has a view one name, and naming it anew costs nobody an evaluation. */
export function isMinimal(graph: Graph, heads: readonly RecordId[]): boolean {
  return heads.every((head) => heads.every((other) => !graph.ancestors.get(other)?.has(head)));
}

/** Whether whoever saw `heads` had also seen `earlier`. */
export function dominates(graph: Graph, heads: readonly RecordId[], earlier: readonly RecordId[]): boolean {
  const seen = closure(graph, heads);
  return earlier.every((id) => seen.has(id));
}

/** The operations of a set in the one order that every member computes: by number of ancestors, then by id. */
export function ordered(graph: Graph, ids: Iterable<RecordId>): readonly RosterOp[] {
  const depth = (op: RosterOp): number => graph.ancestors.get(op.id)?.size ?? 0;
  return [...ids]
    .map((id) => graph.ops.get(id))
    .filter((op) => op !== undefined)
    .sort((left, right) => depth(left) - depth(right) || (left.id < right.id ? -1 : 1));
}
