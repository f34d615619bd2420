// The roster as a pure function of a causally closed set of signed operations: every member that holds the same
// operations computes the same roster, whatever the order of their arrival (docs/protocol.md section 5).
//
// A view is evaluated on top of the last view that everything after it had seen whole. Nothing crosses that seam, so one
// more operation costs as much as what is concurrent with it, and not as much as the history.

import { type MemberId, memberId, orgId, type RecordId } from "../record/ids.ts";
import { apply, type Ground, type Standing, voteOf } from "./apply.ts";
import { caseKey, isReached } from "./cases.ts";
import { withdrawnBy } from "./change.ts";
import {
  closure,
  concurrent,
  depthOf,
  type Graph,
  maximal,
  parentsOf,
  precedes,
  type RosterOp,
  suffix,
  withOp,
} from "./graph.ts";
import { needsSteward, refusal, votesNeeded } from "./refusal.ts";
import { isSteward, orgOf, type Roster, type Vote } from "./roster.ts";

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
    refused: refusal(op, view) ?? refuseFork(graph, op, memo),
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

/** R50: of a lane an operation from a fork on counts only if it lies in the past of every proof of that fork. */
function annulForked({ graph }: Ground, ops: readonly RosterOp[], why: Map<RecordId, string>): void {
  for (const { id, change, parents } of ops) {
    if (change.op !== "fork" || why.has(id)) continue;
    const { lane, seq } = change.proof;
    const seen = closure(graph, parents);
    for (const op of ops)
      if (op.lane === lane && op.seq >= seq && !seen.has(op.id)) why.set(op.id, "its lane is forked");
  }
}

/** R51: what a key did that its org withdrew meanwhile does not count, whatever becomes of the withdrawal otherwise. */
function annulWithdrawn({ graph }: Ground, ops: readonly RosterOp[], why: Map<RecordId, string>): void {
  for (const { id, change } of ops) {
    if (why.get(id) !== undefined) continue;
    const gone: ReadonlySet<MemberId> = new Set(withdrawnBy(change));
    if (gone.size === 0) continue;
    for (const op of ops)
      if (gone.has(op.author) && concurrent(graph, op.id, id)) why.set(op.id, "its key was withdrawn meanwhile");
  }
}

type Case = { readonly ops: readonly RosterOp[]; readonly before: readonly Vote[] };

/**
 * R13: strong removal. What the target of a removal did counts only where the votes that had not seen it are not enough
 * to remove it. Between removals that annul each other the one of more orgs stands, then the one of the senior steward, then the one with the
 * lower id. A demotion does the same to what it takes a steward to do.
 */
function annulOutvoted(ground: Ground, ops: readonly RosterOp[], why: Map<RecordId, string>): void {
  const { graph, standingOf } = ground;
  const byOrg = Map.groupBy(ops, (op) => standingOf(op).org);
  for (const { ops: votes, before } of casesIn(ground, ops, why)) {
    const live = votes.filter(({ id }) => !why.has(id));
    const [one] = live;
    const target = one && standingOf(one).about;
    if (!one || target === undefined) continue;
    for (const op of byOrg.get(target) ?? []) {
      if (why.has(op.id) || !isOfTarget(op, live, ground)) continue;
      const unseen = live.filter(({ id }) => id !== op.id && !precedes(graph, op.id, id));
      // Some must be concurrent with it: what came after all of them was judged in its own view.
      if (!unseen.some(({ id }) => concurrent(graph, id, op.id))) continue;
      if (isReached([...before, ...unseen.map((other) => voteOf(other, standingOf(other)))]))
        why.set(
          op.id,
          one.change.op === "remove" ? "its author was removed meanwhile" : "its author was demoted meanwhile",
        );
    }
  }
}

function casesIn(
  { base, standingOf }: Ground,
  ops: readonly RosterOp[],
  why: ReadonlyMap<RecordId, string>,
): readonly Case[] {
  const found = new Map<string, RosterOp[]>();
  for (const op of ops) {
    const { question } = standingOf(op);
    if (question === undefined || op.change.op === "promote" || why.has(op.id)) continue;
    found.set(question, [...(found.get(question) ?? []), op]);
  }
  const cases = [...found].map(([question, votes]): Case & { rank: readonly [number, number, string] } => {
    const before = base?.votes.get(question) ?? [];
    const all = [...before, ...votes.map((op) => voteOf(op, standingOf(op)))];
    const orgs = new Set(all.map(({ org }) => org)).size;
    const rank = [
      -orgs,
      Math.min(...all.map((vote) => vote.seniority)),
      all.map(({ op }) => op).sort()[0] ?? "",
    ] as const;
    return { ops: votes, before, rank };
  });
  return cases.sort(
    ({ rank: left }, { rank: right }) => left[0] - right[0] || left[1] - right[1] || (left[2] < right[2] ? -1 : 1),
  );
}

/** Whether an operation of the org in question is one that a removal or demotion takes the ground from. */
function isOfTarget(op: RosterOp, votes: readonly RosterOp[], { graph, standingOf }: Ground): boolean {
  const [vote] = votes;
  const { admittedBy, asSteward } = standingOf(op);
  if (vote?.change.op === "demote") return op.author === vote.change.member && asSteward;
  // An org's own nodes come in beside it: those that came meanwhile go with it.
  if (op.change.op === "enrol") return true;
  // Whoever was let in again by somebody who had seen the votes stands anew; by anybody else it stands no better than before.
  return admittedBy === undefined || !votes.every(({ id }) => precedes(graph, id, admittedBy));
}

/**
 * An admission that does not count beside the others, and whose member is not in by another one, is annulled before its followers
 * are judged: whoever came in on one side alone has no word.
 */
function annulStrays(roster: Roster, ops: readonly RosterOp[], why: Map<RecordId, string>): boolean {
  const admissions = ops.flatMap(({ id, change }) =>
    (change.op === "add" || change.op === "enrol") && !why.has(id) ? [{ id, of: change.member }] : [],
  );
  for (const { id, of } of admissions) {
    const reason = roster.void.get(id);
    if (reason !== undefined && !roster.members.has(memberId(of.certificate.memberKey))) why.set(id, reason);
  }
  return admissions.some(({ id }) => why.has(id));
}

/** R14: what rests on an annulled operation is annulled too. Causes come before effects, so that once through is enough. */
function annulFollowers(ground: Ground, ops: readonly RosterOp[], why: Map<RecordId, string>): void {
  const { graph, base, standingOf } = ground;
  // What was void in its author's own view already took nothing from anybody.
  const fallen = ops.filter((op) => why.has(op.id) && standingOf(op).refused === undefined).map(({ id }) => id);
  if (fallen.length === 0) return;
  for (const op of ops) {
    if (why.has(op.id) || op.change.op === "genesis") continue;
    if (!fallen.some((id) => precedes(graph, id, op.id))) continue;
    const before = ops.filter(({ id }) => precedes(graph, id, op.id));
    const past = new Map([...why].filter(([id]) => precedes(graph, id, op.id)));
    const left = before.filter(({ id }) => !why.has(id));
    const view = left.length === 0 && base === undefined ? undefined : apply(ground, before, past);
    const now = refusal(op, view);
    if (now === undefined) continue;
    const noSteward = standingOf(op).asSteward && view !== undefined && !isSteward(view, op.author);
    why.set(op.id, noSteward ? "its author was no steward after all" : now);
    fallen.push(op.id);
  }
}
