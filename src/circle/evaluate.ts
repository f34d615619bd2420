// The roster as a pure function of a causally closed set of signed operations: every member that holds the same
// operations computes the same roster, whatever the order of their arrival (docs/protocol.md section 5).
//
// A view is evaluated on top of the last view that everything after it had seen whole. Nothing crosses that seam, so one
// more operation costs as much as what is concurrent with it, and not as much as the history.

import { orgId, type RecordId } from "../record/ids.ts";
import { annulFollowers, annulForked, annulOutvoted, annulStrays, annulWithdrawn } from "./annul.ts";
import { apply } from "./apply.ts";
import { caseKey } from "./cases.ts";
import { closure, depthOf, type Graph, maximal, parentsOf, type RosterOp, suffix, withOp } from "./graph.ts";
import type { Ground, Standing } from "./ground.ts";
import { needsSteward, refusal, votesNeeded } from "./refusal.ts";
import { orgOf, type Roster } from "./roster.ts";

/** What was computed already, by the heads it was computed for. What lies before given heads never changes. */
export type RosterMemo = {
  /** The last views, and every one at a milestone, so that none is far from one that is known. */
  readonly recent: Map<string, Roster>;
  readonly milestones: Map<string, Roster>;
  readonly standings: Map<RecordId, Standing>;
};

const RECENT_MAX = 1_024;
const MILESTONE_EVERY = 64;
/** The rank of whoever has none: behind all stewards. */
const NO_RANK = Number.MAX_SAFE_INTEGER;

export function emptyMemo(): RosterMemo {
  return { recent: new Map(), milestones: new Map(), standings: new Map() };
}

/** The roster as seen by whoever had seen `heads` and everything before them. */
export function evaluate(graph: Graph, heads: readonly RecordId[], memo: RosterMemo): Roster {
  const steps: { readonly heads: readonly RecordId[]; readonly ops: readonly RosterOp[] }[] = [];
  let roster: Roster | undefined;
  for (let view = maximal(graph, heads); ;) {
    roster = memo.recent.get(view.join()) ?? memo.milestones.get(view.join());
    if (roster) break;
    const { since, ops } = suffix(graph, view);
    steps.push({ heads: view, ops });
    if (since.length === 0) break;
    view = since;
  }
  for (const { heads: view, ops } of steps.reverse()) {
    roster = evaluateLater({ graph, base: roster, memo }, ops);
    remember(graph, memo, { view, roster });
  }
  if (!roster) throw new Error("assertion failed: a roster starts with its genesis");
  return roster;
}

function remember(
  graph: Graph,
  memo: RosterMemo,
  { view, roster }: { view: readonly RecordId[]; roster: Roster },
): void {
  const [head] = view;
  if (view.length === 1 && head !== undefined && depthOf(graph, head) % MILESTONE_EVERY === 0)
    memo.milestones.set(head, roster);
  else memo.recent.set(view.join(), roster);
  const [oldest] = memo.recent.keys();
  if (memo.recent.size > RECENT_MAX && oldest !== undefined) memo.recent.delete(oldest);
}

/** Why everyone would find an operation void in the view that it names, or undefined where it counts there. */
export function refusalOf(graph: Graph, op: RosterOp, memo: RosterMemo): string | undefined {
  if (op.change.op !== "fork") return standing(graph, op, memo).refused;
  // Nothing is placed before everything that it leans on.
  const carried = op.change.records.map((record) => record.op);
  return leansOnSeen(graph, op, carried) ? standing(carried.reduce(withOp, graph), op, memo).refused : UNSEEN;
}

/** What an operation was in its author's own view. */
function standing(graph: Graph, op: RosterOp, memo: RosterMemo): Standing {
  const known = memo.standings.get(op.id);
  if (known) return known;
  const { author, change } = op;
  const view = op.parents.length === 0 ? undefined : evaluate(graph, op.parents, memo);
  const member = view?.members.get(author);
  const voted = change.op === "remove" || change.op === "demote";
  const target = voted ? view?.members.get(change.member) : undefined;
  const found: Standing = {
    refused: refusal(op, view) ?? refuseOpening(graph, op) ?? refuseFork(graph, op, memo),
    org: member ? orgOf(member) : orgId(founderKey(op)),
    admittedBy: member?.admittedBy,
    seniority: member?.seniority ?? NO_RANK,
    asSteward:
      view !== undefined && member?.seniority !== undefined && (needsSteward(change, view) || change.op === "promote"),
    question: view && caseKey(change, view),
    needs: view && member ? votesNeeded(change, member, view) : 1,
    about: target && orgOf(target),
  };
  memo.standings.set(op.id, found);
  return found;
}

/** The org key that an author without a membership speaks by. */
function founderKey({ change }: RosterOp): Uint8Array {
  if (change.op === "genesis") return change.founder.certificate.orgKey;
  return change.op === "enrol" ? change.member.certificate.orgKey : new Uint8Array(0);
}

/** A lane is taken in by whoever had seen what its author had seen then, and a node that enrolled by its enrolment. */
function refuseOpening(graph: Graph, { change, parents }: RosterOp): string | undefined {
  if (change.op !== "lane") return undefined;
  const { id, header } = change.opening;
  const seen = closure(graph, parents);
  if (!header.rosterHeads.every((head) => seen.has(head))) return UNSEEN;
  // Seen, not merely placed: what a node happens to hold beside decides nothing.
  const isEnrolment = seen.has(id) && graph.index.placed.get(id)?.op.change.op === "enrol";
  return header.kind === "lane-open" || isEnrolment ? undefined : "its first record opens no lane";
}

/**
 * R49: a proof of a fork says something new, and what it carries are membership records from the fork on; each of them counted in
 * its own view, and leans on nothing that whoever brings the proof had not seen.
 */
function refuseFork(graph: Graph, op: RosterOp, memo: RosterMemo): string | undefined {
  const { change, parents } = op;
  if (change.op !== "fork") return undefined;
  const { lane, author, seq } = change.proof;
  const view = evaluate(graph, parents, memo);
  if (!view.members.has(author) && !view.removed.has(author)) return "its lane is no member's";
  const seen = closure(graph, parents);
  const before = view.closed.get(lane);
  if (before && before.seq <= seq && change.carried.every((id) => seen.has(id))) return "it is proven already";
  const carried = change.carried.map((id) => graph.index.placed.get(id)?.op).filter((one) => one !== undefined);
  if (carried.length < change.carried.length || !leansOnSeen(graph, op, carried)) return UNSEEN;
  const counts = carried.every(
    (one) =>
      one.lane === lane && one.author === author && one.seq >= seq && standing(graph, one, memo).refused === undefined,
  );
  return counts ? undefined : "it carries what does not count";
}

const UNSEEN = "it leans on what its author had not seen";

/** Whether each of the operations that a proof carries comes after everything that it leans on. */
function leansOnSeen(graph: Graph, { parents, change }: RosterOp, carried: readonly RosterOp[]): boolean {
  const seen = closure(graph, parents);
  const known = new Set<RecordId>();
  for (const op of carried) {
    if (op.parents.length === 0 || !parentsOf(op).every((id) => seen.has(id) || known.has(id))) return false;
    known.add(op.id);
  }
  return change.op === "fork" && change.carried.every((id) => seen.has(id) || known.has(id));
}

type Work = Omit<Ground, "standingOf"> & { readonly memo: RosterMemo };

function evaluateLater({ graph, base, memo }: Work, ops: readonly RosterOp[]): Roster {
  const standingOf = (op: RosterOp): Standing => standing(graph, op, memo);
  const ground: Ground = { graph, base, standingOf };
  const why = new Map<RecordId, string>();
  for (const op of ops) {
    const { refused } = standingOf(op);
    if (refused !== undefined) why.set(op.id, refused);
  }
  if (ops.length > 1) {
    annulForked(ground, ops, why);
    annulWithdrawn(ground, ops, why);
    annulOutvoted(ground, ops, why);
    annulFollowers(ground, ops, why);
  }
  const roster = apply(ground, ops, why);
  if (ops.length === 1 || !annulStrays(roster, ops, why)) return roster;
  annulFollowers(ground, ops, why);
  return apply(ground, ops, why);
}
