// The membership operations of a circle and their causal order. It only grows; what an operation is worth is decided
// in `evaluate.ts`.
//
// Operations are laid out in chains, each operation after one that it had seen, so that what lies before an operation is
// a count per chain, and "had it seen that one?" is one comparison however long the history is. Which chain an operation
// falls into hangs on the order of arrival; no answer given here does.

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

/** How many operations of each chain are seen. */
type Reach = readonly number[];
type Placed = {
  readonly op: RosterOp;
  readonly chain: number;
  /** Place in the chain, from 0. */
  readonly place: number;
  /** What it had seen, itself not counted. */
  readonly before: Reach;
  /** How many that is. */
  readonly depth: number;
};
/** Every operation ever placed. Shared by all graphs that grew from one, and only added to: what is placed stays true. */
type Index = {
  readonly placed: Map<RecordId, Placed>;
  readonly tips: RecordId[];
  /** By which proof of a fork an operation came here that did not come by itself. */
  readonly broughtBy: Map<RecordId, RecordId>;
};

export type Graph = {
  readonly index: Index;
  /** Operations that no other one follows, sorted. */
  readonly heads: readonly RecordId[];
  /** The operations of this graph. */
  readonly ops: OpView;
};

/** A set of operations that holds with each one everything before it. */
export type Closure = { readonly has: (id: RecordId) => boolean; readonly size: number };
export type OpView = Closure & {
  readonly get: (id: RecordId) => RosterOp | undefined;
  readonly keys: () => Iterable<RecordId>;
  readonly values: () => Iterable<RosterOp>;
};

export function emptyGraph(): Graph {
  const index: Index = { placed: new Map(), tips: [], broughtBy: new Map() };
  return { index, heads: [], ops: viewOf(index, []) };
}

/** The graph with `op`, whose parents it must hold. What a proof of a fork carries is placed before it. */
export function withOp(graph: Graph, op: RosterOp): Graph {
  if (graph.ops.has(op.id)) return graph;
  for (const carried of op.change.op === "fork" ? op.change.records : []) {
    place(graph.index, carried.op);
    if (!graph.ops.has(carried.op.id)) graph.index.broughtBy.set(carried.op.id, op.id);
  }
  const { before } = place(graph.index, op);
  const heads = [...graph.heads.filter((head) => !reaches(graph.index, before, head)), op.id].sort();
  return { index: graph.index, heads, ops: viewOf(graph.index, reachOf(graph.index, heads)) };
}

function place(index: Index, op: RosterOp): Placed {
  const known = index.placed.get(op.id);
  if (known) return known;
  const before = reachOf(index, parentsOf(op));
  // After its author's last operation where that ends a chain, else after any end that it had seen.
  const ends = index.tips
    .map((tip, chain) => ({ tip: index.placed.get(tip), chain }))
    .filter(({ tip, chain }) => tip !== undefined && (before[chain] ?? 0) > tip.place);
  const chain = (ends.find(({ tip }) => tip?.op.lane === op.lane) ?? ends[0])?.chain ?? index.tips.length;
  const depth = before.reduce((sum, count) => sum + count, 0);
  const placed: Placed = { op, chain, place: before[chain] ?? 0, before, depth };
  index.tips[chain] = op.id;
  index.placed.set(op.id, placed);
  return placed;
}

/** What whoever had seen `heads` had seen, `heads` counted. */
function reachOf(index: Index, heads: readonly RecordId[]): Reach {
  const reach: number[] = [];
  for (const head of heads) {
    const placed = index.placed.get(head);
    if (!placed) continue;
    for (let chain = 0; chain < placed.before.length; chain++)
      reach[chain] = Math.max(reach[chain] ?? 0, placed.before[chain] ?? 0);
    reach[placed.chain] = Math.max(reach[placed.chain] ?? 0, placed.place + 1);
  }
  return Array.from(reach, (count) => count ?? 0);
}

function reaches(index: Index, reach: Reach, id: RecordId): boolean {
  const placed = index.placed.get(id);
  return placed !== undefined && (reach[placed.chain] ?? 0) > placed.place;
}

function viewOf(index: Index, reach: Reach): OpView {
  const has = (id: RecordId): boolean => reaches(index, reach, id);
  function* values(): Iterable<RosterOp> {
    for (const { op } of index.placed.values()) if (has(op.id)) yield op;
  }
  function* keys(): Iterable<RecordId> {
    for (const { id } of values()) yield id;
  }
  const size = reach.reduce((sum, count) => sum + count, 0);
  return { has, size, get: (id) => (has(id) ? index.placed.get(id)?.op : undefined), keys, values };
}

/** `heads` and everything before them. */
export function closure(graph: Graph, heads: readonly RecordId[]): Closure {
  const reach = reachOf(graph.index, heads);
  return { has: (id) => reaches(graph.index, reach, id), size: reach.reduce((sum, count) => sum + count, 0) };
}

/** Whether the author of `later` had seen `earlier`. */
export function precedes(graph: Graph, earlier: RecordId, later: RecordId): boolean {
  return reaches(graph.index, graph.index.placed.get(later)?.before ?? [], earlier);
}

/** Whether neither operation had seen the other. */
export function concurrent(graph: Graph, left: RecordId, right: RecordId): boolean {
  return left !== right && !precedes(graph, left, right) && !precedes(graph, right, left);
}

/** How many operations lie before one. */
export function depthOf(graph: Graph, id: RecordId): number {
  return graph.index.placed.get(id)?.depth ?? 0;
}

/** Whether no head is one that another had seen. Only so has a view one name, and naming it anew costs nobody an evaluation. */
export function isMinimal(graph: Graph, heads: readonly RecordId[]): boolean {
  return heads.every((head) => heads.every((other) => !precedes(graph, head, other)));
}

/** Those of the operations that no other one of them follows, sorted. */
export function maximal(graph: Graph, ids: readonly RecordId[]): readonly RecordId[] {
  const all = [...new Set(ids)];
  return all.filter((id) => !all.some((other) => precedes(graph, id, other))).sort();
}

/** Whether whoever saw `heads` had also seen `earlier`. */
export function dominates(graph: Graph, heads: readonly RecordId[], earlier: readonly RecordId[]): boolean {
  const reach = reachOf(graph.index, heads);
  return earlier.every((id) => reaches(graph.index, reach, id));
}

/** The operations of a set in the one order that every member computes: by number of ancestors, then by id. */
export function ordered(graph: Graph, ids: Iterable<RecordId>): readonly RosterOp[] {
  const placed = [...ids].map((id) => graph.index.placed.get(id)).filter((one) => one !== undefined);
  return placed
    .sort((left, right) => left.depth - right.depth || (left.op.id < right.op.id ? -1 : 1))
    .map(({ op }) => op);
}

/**
 * A view that everything after it had seen whole, and what came after it up to `heads`, in order. Nothing in the one part is
 * concurrent with anything in the other, so that the roster of that view is all that the later part needs to know.
 */
export function suffix(
  graph: Graph,
  heads: readonly RecordId[],
): { readonly since: readonly RecordId[]; readonly ops: readonly RosterOp[] } {
  const [only, ...others] = heads;
  const placed = only === undefined ? undefined : graph.index.placed.get(only);
  if (!placed) return { since: [], ops: [] };
  const parents = maximal(graph, parentsOf(placed.op));
  const isFork = placed.op.change.op === "fork";
  if (others.length === 0 && !isFork) return { since: parents, ops: [placed.op] };
  const later: Placed[] = others.length === 0 ? [placed] : [];
  const waiting = new Set(others.length === 0 ? parents : heads);
  // The one with most before it goes first, so that none comes back; what is left is the seam once all that went had seen it.
  for (let next = deepest(graph, waiting); next; next = deepest(graph, waiting)) {
    if (later.length > 0 && isSeam(graph, waiting, later)) break;
    waiting.delete(next.op.id);
    later.push(next);
    for (const parent of parentsOf(next.op)) waiting.add(parent);
  }
  return {
    since: maximal(graph, [...waiting]),
    ops: ordered(
      graph,
      later.map(({ op }) => op.id),
    ),
  };
}

/** Whether all of `later` had seen all of `view`. The last that went is asked first: it is the least likely to. */
function isSeam({ index }: Graph, view: ReadonlySet<RecordId>, later: readonly Placed[]): boolean {
  const seen = ({ op, before }: Placed): boolean => {
    // What a proof of a fork carries, its author had not seen: it is judged together with the proof.
    const reach = op.change.op === "fork" ? reachOf(index, op.parents) : before;
    return [...view].every((id) => reaches(index, reach, id));
  };
  for (let place = later.length - 1; place >= 0; place--) {
    const one = later[place];
    if (one && !seen(one)) return false;
  }
  return true;
}

/** What an operation leans on: what its author had seen, and what a proof of a fork carries. */
export function parentsOf({ parents, change }: Pick<RosterOp, "parents" | "change">): readonly RecordId[] {
  return change.op === "fork" ? [...parents, ...change.carried] : parents;
}

function deepest(graph: Graph, ids: ReadonlySet<RecordId>): Placed | undefined {
  let best: Placed | undefined;
  for (const id of ids) {
    const placed = graph.index.placed.get(id);
    if (!placed) continue;
    // Between equals the id decides, so that every node cuts at the same place.
    if (!best || placed.depth > best.depth || (placed.depth === best.depth && placed.op.id > best.op.id)) best = placed;
  }
  return best;
}
