// Which rules an org accepted, and what is different between two versions of them.

import { equalBytes } from "../base/bytes.ts";
import { type MemberId, orgId, type OrgId, type RecordId } from "../record/ids.ts";
import type { Policy } from "./change.ts";
import { type Graph, precedes } from "./graph.ts";
import { nodesOf, type Roster } from "./roster.ts";

/** The members that said that they accept rules, by the change that set these. */
export type Consents = ReadonlyMap<RecordId, ReadonlySet<MemberId>>;

/** What consent is judged by; `shown`: the rules that the org was shown when it came in, where that is known. */
export type ConsentView = {
  readonly graph: Graph;
  readonly roster: Roster;
  readonly consents: Consents;
  readonly shown?: Policy | undefined;
};

/**
 * R54: an org posts under rules that it accepted only: it set them, it came in under them and was shown them, or a node of it
 * said so. `by`: the change that set the rules; those in force where it is left out.
 */
export function accepts(view: ConsentView, org: OrgId, by: RecordId = view.roster.policyBy): boolean {
  const { graph, roster, consents, shown } = view;
  const setter = graph.ops.get(by)?.author;
  const certificate = setter && (roster.members.get(setter) ?? roster.removed.get(setter))?.certificate;
  if (certificate && orgId(certificate.orgKey) === org) return true;
  const policy = policySetBy(graph, by);
  const asShown = shown === undefined || (policy !== undefined && rulesChanged(shown, policy).length === 0);
  return nodesOf(roster, org).some(
    ({ id, admittedBy }) => consents.get(by)?.has(id) === true || (asShown && precedes(graph, by, admittedBy)),
  );
}

/** One rule that two versions of a policy say differently. */
export type RuleChange = {
  readonly rule: keyof Policy;
  readonly was: Policy[keyof Policy];
  readonly now: Policy[keyof Policy];
};

export function rulesChanged(before: Policy, after: Policy): readonly RuleChange[] {
  // The type of Object.keys does not say whose keys they are.
  const rules = [...new Set(Object.keys({ ...before, ...after }))] as (keyof Policy)[];
  return rules
    .filter((rule) => !isSameRule(before[rule], after[rule]))
    .map((rule) => ({ rule, was: before[rule], now: after[rule] }));
}

export function isSameRule(left: Policy[keyof Policy], right: Policy[keyof Policy]): boolean {
  if (typeof left !== "object" || typeof right !== "object") return left === right;
  return left.length === right.length && left.every((org, place) => equalBytes(org, right[place] ?? new Uint8Array(0)));
}

/** The rules that a change set. */
export function policySetBy(graph: Graph, by: RecordId): Policy | undefined {
  const change = graph.ops.get(by)?.change;
  return change?.op === "genesis" || change?.op === "policy" ? change.policy : undefined;
}

/** The changes that set the rules one after the other, those in force first. */
export function policyHistory(graph: Graph, roster: Roster): readonly RecordId[] {
  const history = [roster.policyBy];
  for (const by of history) {
    const change = graph.ops.get(by)?.change;
    if (change?.op === "policy") history.push(change.base);
  }
  return history;
}
