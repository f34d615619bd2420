// What does not count although its author was entitled to it: what a fork, a withdrawal, another lane or a removal annuls, and what
// rests on that. Each notes its reasons beside those of before; the order of the calls is part of the rules (`evaluate.ts`).

import { type LaneId, type MemberId, memberId, type RecordId } from "../record/ids.ts";
import { apply } from "./apply.ts";
import { isReached } from "./cases.ts";
import { closure, concurrent, type Graph, precedes, type RosterOp } from "./graph.ts";
import { type Ground, voteOf } from "./ground.ts";
import { refusal } from "./refusal.ts";
import { isSteward, type Roster, type Vote } from "./roster.ts";

/** R50: of a lane an operation from a fork on counts only if it lies in the past of every proof of that fork. */
export function annulForked({ graph }: Ground, ops: readonly RosterOp[], why: Map<RecordId, string>): void {
  for (const { id, change, parents } of ops) {
    if (change.op !== "fork" || why.has(id)) continue;
    const { lane, seq } = change.proof;
    const seen = closure(graph, parents);
    for (const op of ops)
      if (op.lane === lane && op.seq >= seq && !seen.has(op.id)) why.set(op.id, "its lane is forked");
  }
}

/**
 * R51: what a key did that its org withdrew meanwhile does not count, nor what a node did in another lane than the one that was taken in
 * meanwhile, whatever becomes of the withdrawal otherwise. A node that enrolls in the place of others does so from when it is taken in: by
 * then another org has seen what they did, so that no org un-does its own. Whoever had seen that lane taken in before spoke in a later one:
 * a second word for it, by a member that was silent since, takes nothing from that.
 */
export function annulWithdrawn({ graph }: Ground, ops: readonly RosterOp[], why: Map<RecordId, string>): void {
  for (const ending of ops) {
    if (why.get(ending.id) !== undefined) continue;
    const { gone, from } = endedBy(graph, ending);
    if (gone.size === 0) continue;
    const before = ops.filter((one) => one.id !== ending.id && !why.has(one.id) && takesIn(one) === from?.lane && from);
    for (const op of ops) {
      if (!gone.has(op.author) || op.lane === from?.lane || !concurrent(graph, op.id, ending.id)) continue;
      if (op.author === from?.author && before.some(({ id }) => precedes(graph, id, op.id))) continue;
      why.set(
        op.id,
        op.author === from?.author ? "its author spoke elsewhere meanwhile" : "its key was withdrawn meanwhile",
      );
    }
  }
}

function takesIn({ change }: RosterOp): LaneId | undefined {
  return change.op === "lane" ? change.opening.header.lane : undefined;
}

/** Whose changes a change ends, and the lane from which on that is. */
function endedBy(
  graph: Graph,
  { change }: RosterOp,
): { readonly gone: ReadonlySet<MemberId>; readonly from?: { readonly author: MemberId; readonly lane: LaneId } } {
  if (change.op === "retire") return { gone: new Set(change.members) };
  if (change.op !== "lane") return { gone: new Set() };
  const { id, header } = change.opening;
  const opened = graph.index.placed.get(id)?.op.change;
  const replaced = opened?.op === "enrol" ? opened.replaces : [];
  return { gone: new Set([header.author, ...replaced]), from: header };
}

type Case = { readonly ops: readonly RosterOp[]; readonly before: readonly Vote[] };

/**
 * R13: strong removal. What the target of a removal did counts only where the votes that had not seen it are not enough
 * to remove it. Between removals that annul each other the one of more orgs stands, then the one of the senior steward, then the one with the
 * lower id. A demotion does the same to what it takes a steward to do.
 */
export function annulOutvoted(ground: Ground, ops: readonly RosterOp[], why: Map<RecordId, string>): void {
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
export function annulStrays(roster: Roster, ops: readonly RosterOp[], why: Map<RecordId, string>): boolean {
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
export function annulFollowers(ground: Ground, ops: readonly RosterOp[], why: Map<RecordId, string>): void {
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
