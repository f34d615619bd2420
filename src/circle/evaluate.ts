// The roster as a pure function of a causally closed set of signed operations: every member that holds the same
// operations computes the same roster, whatever the order of their arrival (docs/protocol.md section 5).

import { concurrent, closure, type Graph, ordered, type RosterOp } from "./graph.ts";
import type { MemberId, RecordId, TicketId } from "../record/ids.ts";
import { memberId } from "../record/ids.ts";
import { isSteward, type Member, type Removal, type Roster, stewards } from "./roster.ts";
import type { Policy } from "./change.ts";
import { limits } from "../base/limits.ts";

/** Rosters already computed, by the heads they were computed for. What lies before given heads never changes. */
export type RosterMemo = Map<string, Roster>;

/** The roster as seen by whoever had seen `heads` and everything before them. */
export function evaluate(graph: Graph, heads: readonly RecordId[], memo: RosterMemo): Roster {
  const key = heads.join();
  const known = memo.get(key);
  if (known) return known;
  const roster = evaluateSet(graph, ordered(graph, closure(graph, heads)), memo);
  memo.set(key, roster);
  return roster;
}

function evaluateSet(graph: Graph, ops: readonly RosterOp[], memo: RosterMemo): Roster {
  const why = new Map<RecordId, string>();
  // R12: an operation counts only if its author was entitled to it in the roster of its own causal past.
  const authorised = ops.filter((op) => {
    const reason = refusal(op, op.parents.length === 0 ? undefined : evaluate(graph, op.parents, memo));
    if (reason) why.set(op.id, reason);
    return reason === undefined;
  });
  // R13: strong removal. A removal annuls whatever its target did without having seen it; between removals that annul
  // each other the one of the senior steward stands, then the one with the lower id.
  const seniority = (op: RosterOp): number => evaluate(graph, op.parents, memo).members.get(op.author)?.seniority ?? 0;
  const removals = authorised
    .filter((op) => op.change.op === "remove")
    .sort((left, right) => seniority(left) - seniority(right) || (left.id < right.id ? -1 : 1));
  for (const removal of removals) {
    if (why.has(removal.id) || removal.change.op !== "remove") continue;
    for (const op of authorised) {
      if (op.author === removal.change.member && concurrent(graph, op.id, removal.id)) {
        why.set(op.id, "its author was removed meanwhile");
      }
    }
  }
  annulFollowers(graph, authorised, why);
  return apply(graph, authorised, why);
}

/** R14: what rests on an annulled operation is annulled too, until nothing changes. */
function annulFollowers(graph: Graph, authorised: readonly RosterOp[], why: Map<RecordId, string>): void {
  for (let changed = why.size > 0; changed;) {
    changed = false;
    for (const op of authorised) {
      if (why.has(op.id) || op.change.op === "genesis") continue;
      const before = authorised.filter((other) => !why.has(other.id) && graph.ancestors.get(op.id)?.has(other.id));
      if (!isSteward(apply(graph, before, new Map(why)), op.author)) {
        why.set(op.id, "its author was no steward after all");
        changed = true;
      }
    }
  }
}

/** Applies the operations that are not void, in order. Adds to `why` what turns out to be void on the way. */
function apply(graph: Graph, ops: readonly RosterOp[], why: Map<RecordId, string>): Roster {
  let name = "";
  let policy: Policy | undefined;
  const members = new Map<MemberId, Member>();
  const removed = new Map<MemberId, Removal>();
  const tickets = new Map<TicketId, MemberId>();
  const effective = new Set<RecordId>();
  const removals = ops.filter((op) => op.change.op === "remove" && !why.has(op.id));

  const admit = (op: RosterOp): string | undefined => {
    if (op.change.op !== "add") return undefined;
    const { member, ticket } = op.change;
    const id = memberId(member.certificate.memberKey);
    // R15: a removal wins over an addition that had not seen it.
    if (
      removals.some(
        (other) => other.change.op === "remove" && other.change.member === id && concurrent(graph, other.id, op.id),
      )
    ) {
      return "the member was removed meanwhile";
    }
    if (members.has(id)) return "the member is in already";
    // R16: a ticket admits one member, the first in this order.
    if (ticket !== undefined && tickets.has(ticket)) return "its ticket was used already";
    if (ticket !== undefined) tickets.set(ticket, id);
    members.set(id, {
      id,
      certificate: member.certificate,
      prekey: member.prekey,
      addedBy: op.id,
      seniority: undefined,
    });
    return undefined;
  };

  for (const op of ops) {
    if (why.has(op.id)) continue;
    const { change } = op;
    let reason: string | undefined;
    switch (change.op) {
      case "genesis": {
        ({ name, policy } = change);
        const id = memberId(change.founder.certificate.memberKey);
        members.set(id, { id, ...change.founder, addedBy: op.id, seniority: 0 });
        break;
      }
      case "add":
        reason = admit(op);
        break;
      case "remove": {
        const target = members.get(change.member);
        if (target) {
          members.delete(change.member);
          const cuts = new Map(change.cuts.map(({ lane, length }) => [lane, length] as const));
          removed.set(change.member, {
            op: op.id,
            remover: op.author,
            at: op.at,
            certificate: target.certificate,
            cuts,
          });
        } else reason = "the member was out already";
        break;
      }
      case "promote": {
        const target = members.get(change.member);
        if (!target) reason = "there is no such member";
        else if (target.seniority === undefined) {
          members.set(target.id, { ...target, seniority: graph.ancestors.get(op.id)?.size ?? 0 });
        }
        break;
      }
    }
    if (reason) why.set(op.id, reason);
    else effective.add(op.id);
  }
  if (!policy) throw new Error("assertion failed: a roster starts with its genesis");
  return { name, policy, members, removed, tickets, effective, void: why };
}

/**
 * Why a roster does not entitle the author to an operation, or undefined where it does. The same rule is asked before
 * a steward signs one and when everyone evaluates it.
 */
export function refusal(op: Pick<RosterOp, "author" | "change">, view: Roster | undefined): string | undefined {
  const { author, change } = op;
  if (change.op === "genesis") {
    return view === undefined && memberId(change.founder.certificate.memberKey) === author
      ? undefined
      : "not the founder's";
  }
  if (view === undefined) return "it follows nothing";
  if (!isSteward(view, author)) return "its author is no steward";
  switch (change.op) {
    case "add":
      if (view.members.size >= limits.membersMax) return "the circle is full";
      return view.members.has(memberId(change.member.certificate.memberKey)) ? "the member is in already" : undefined;
    case "remove":
      return refuseRemoval(author, change.member, view);
    case "promote":
      if (!view.members.has(change.member)) return "there is no such member";
      if (isSteward(view, change.member)) return "the member is a steward already";
      return stewards(view).length >= limits.stewardsMax ? "there are enough stewards" : undefined;
  }
}

/** R17: removing a steward takes two of the others where there are two; a steward never removes itself. */
function refuseRemoval(author: MemberId, target: MemberId, view: Roster): string | undefined {
  if (!view.members.has(target)) return "there is no such member";
  if (author === target) return "a steward does not remove itself";
  if (!isSteward(view, target)) return undefined;
  const others = stewards(view).filter((member) => member.id !== target).length;
  // One signature is all that an operation carries yet.
  return Math.min(2, others) <= 1 ? undefined : "it takes two stewards to remove a steward";
}
