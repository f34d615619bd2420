// The membership changes of a circle as people read them back: who, when, what, on whose authority, concurrent with what,
// and whether it counts. A pure reading of the graph: everyone who holds the same changes reads the same log.

import { toRfc3339 } from "../base/clock.ts";
import { type MemberId, memberId, type OrgId, orgId, type RecordId } from "../record/ids.ts";
import { caseKey } from "./cases.ts";
import type { RosterChange } from "./change.ts";
import { policySetBy, rulesChanged } from "./consent.ts";
import { concurrent, depthOf, type Graph, ordered, type RosterOp } from "./graph.ts";
import { evaluate, type RosterMemo } from "./evaluate.ts";
import { votesNeeded } from "./refusal.ts";
import type { Member, Roster } from "./roster.ts";

export type LogEntry = {
  readonly op: RosterOp;
  /** Org name of the author. */
  readonly by: string;
  /** What it says, after the author's name. */
  readonly what: string;
  /** The org that it is about, where it is about one. */
  readonly whom: string | undefined;
  readonly authority: string;
  /** The changes that had not seen it and that it had not seen. */
  readonly concurrent: readonly RecordId[];
  /** Why it does not count; undefined where it does. */
  readonly void: string | undefined;
};

/** The log in the one order in which changes are applied. `ids`: only these changes. Reads like `evaluate`. */
export function membershipLog(
  graph: Graph,
  memo: RosterMemo,
  ids: Iterable<RecordId> = graph.ops.keys(),
): readonly LogEntry[] {
  const roster = evaluate(graph, graph.heads, memo);
  const all = ordered(graph, graph.ops.keys());
  const wanted = new Set(ids);
  const beside = besides(graph, all);
  const promotions = new Map(
    all.filter(({ change }) => change.op === "promote").map(({ id, at }) => [depthOf(graph, id), at] as const),
  );
  return all
    .filter(({ id }) => wanted.has(id))
    .map((op) => {
      const view = op.parents.length === 0 ? roster : evaluate(graph, op.parents, memo);
      const names = namesOf(view, roster, op);
      const whom = targetOf(op.change, view, names);
      const count = countOf(op, view);
      const what = count && count.given < count.needs ? wishOf(op.change, whom) : undefined;
      return {
        ...{ op, by: names.member(op.author), what: what ?? whatOf(op.change, whom, graph), whom },
        authority: authorityOf(op, view, promotions),
        concurrent: beside.get(op.id) ?? [],
        void: roster.void.get(op.id),
      };
    });
}

/** What is concurrent with each. What lies before an operation is before it in the order, and their number is known. */
function besides(graph: Graph, all: readonly RosterOp[]): ReadonlyMap<RecordId, readonly RecordId[]> {
  const found = new Map<RecordId, RecordId[]>();
  const note = (id: RecordId, other: RecordId): void => void found.set(id, [...(found.get(id) ?? []), other]);
  for (const [index, { id }] of all.entries()) {
    let left = index - depthOf(graph, id);
    for (let at = index - 1; at >= 0 && left > 0; at--) {
      const other = all[at]?.id;
      if (other === undefined || !concurrent(graph, id, other)) continue;
      note(id, other);
      note(other, id);
      left -= 1;
    }
  }
  return found;
}

type Names = { readonly member: (id: MemberId) => string; readonly org: (id: OrgId) => string };

function namesOf(view: Roster, roster: Roster, { change }: RosterOp): Names {
  const told = change.op === "genesis" ? change.founder : change.op === "enrol" ? change.member : undefined;
  const certificates = [
    ...[view, roster].flatMap(({ members, removed, pending }) => [
      ...[...members.values(), ...removed.values()].map(({ certificate }) => certificate),
      ...[...pending.values()].map(({ admission }) => admission.certificate),
    ]),
    ...(told ? [told.certificate] : []),
  ];
  const member = new Map(certificates.map(({ memberKey, org }) => [memberId(memberKey), org]));
  const org = new Map(certificates.map((certificate) => [orgId(certificate.orgKey), certificate.org]));
  return { member: (id) => member.get(id) ?? id.slice(0, 8), org: (id) => org.get(id) ?? id.slice(0, 8) };
}

function targetOf(change: RosterChange, view: Roster, names: Names): string | undefined {
  switch (change.op) {
    case "add":
    case "enrol":
      return change.member.certificate.org;
    case "remove":
    case "promote":
    case "demote":
    case "freeze":
      return names.member(change.member);
    case "vouch":
    case "retire":
      return names.org(change.org);
    case "lift":
    case "confirm": {
      const freeze = [...view.freezes.values()].find(({ op }) => op === change.freeze);
      return freeze && names.org(freeze.org);
    }
    case "fork":
      return names.member(change.proof.author);
    case "lane":
      return names.member(change.opening.header.author);
    case "genesis":
    case "leave":
    case "policy":
    case "merge":
      return undefined;
  }
}

/** What a change says that alone decides nothing. */
function wishOf({ op }: RosterChange, whom = ""): string | undefined {
  if (op === "add") return `asked to admit ${whom}`;
  if (op === "remove") return `voted to remove ${whom}`;
  if (op === "promote") return `voted to make ${whom} a steward`;
  return op === "demote" ? `voted to end the stewardship of ${whom}` : undefined;
}

function whatOf(change: RosterChange, whom = "", graph: Graph): string {
  switch (change.op) {
    case "genesis":
      return "founded the circle";
    case "add":
      return `admitted ${whom}`;
    case "remove":
      return `removed ${whom}`;
    case "promote":
      return `made ${whom} a steward`;
    case "demote":
      return `ended the stewardship of ${whom}`;
    case "leave":
      return "left";
    case "policy": {
      const before = policySetBy(graph, change.base);
      const rules = before ? rulesChanged(before, change.policy) : [];
      return `set the rules: ${rules.map(({ rule, was, now }) => `${rule} ${String(was)} -> ${String(now)}`).join(", ")}`;
    }
    case "vouch":
      return `vouched for ${whom}`;
    case "enrol":
      return change.replaces.length === 0 ? `enrolled another node of ${whom}` : `replaced a node of ${whom}`;
    case "retire":
      return `withdrew ${change.members.length} of its nodes`;
    case "freeze":
      return `froze ${whom} until ${toRfc3339(change.until)}: ${change.reason}`;
    case "lift":
      return `lifted the freeze of ${whom}`;
    case "confirm":
      return `confirmed the freeze of ${whom} until ${toRfc3339(change.until)}`;
    case "fork":
      return `proved that ${whom} made two records at one place`;
    case "lane":
      return `took in another lane of ${whom}`;
    case "merge":
      return "joined what was said apart";
  }
}

/** As what the author said it, in its own view, and which of how many words it was. */
function authorityOf(op: RosterOp, view: Roster, promotions: ReadonlyMap<number, number>): string {
  const { author, change } = op;
  if (change.op === "genesis") return "founder";
  if (change.op === "enrol" || change.op === "retire") return "the org's own key";
  const member = view.members.get(author);
  if (!member) return "none";
  const count = countOf(op, view);
  const rank = rankOf(member, promotions);
  return count ? `${rank}, ${count.noun} ${count.given} of ${count.needs}` : rank;
}

function rankOf({ seniority }: Member, promotions: ReadonlyMap<number, number>): string {
  if (seniority === undefined) return "member";
  if (seniority === 0) return "steward since the founding";
  const since = promotions.get(seniority);
  return since === undefined ? "steward, because no other was left" : `steward since ${toRfc3339(since)}`;
}

type Count = { readonly noun: "vote" | "word"; readonly given: number; readonly needs: number };

/** Which of how many orgs that must say so the author was; undefined where it alone decided. */
function countOf({ author, change }: RosterOp, view: Roster): Count | undefined {
  const member = view.members.get(author);
  if (!member) return undefined;
  const own = orgId(member.certificate.orgKey);
  if (change.op === "add" || change.op === "vouch") {
    const org = change.op === "add" ? orgId(change.member.certificate.orgKey) : change.org;
    const waiting = view.pending.get(org);
    const given = new Set([own, ...(view.vouches.get(org) ?? []), ...(waiting ? [waiting.by] : [])]).size;
    const { vouches: needs } = view.policy;
    return needs > 1 ? { noun: "word", given, needs } : undefined;
  }
  const needs = votesNeeded(change, member, view);
  if (needs < 2) return undefined;
  const votes = view.votes.get(caseKey(change, view) ?? "") ?? [];
  return { noun: "vote", given: new Set([own, ...votes.map(({ org }) => org)]).size, needs };
}
