// What several orgs decide together: the votes on one question, and when they are enough.

import type { RosterChange } from "./change.ts";
import { orgOf, type Roster, type Vote } from "./roster.ts";

/** The question that a change answers, as its author saw the circle; the same org back again is another question. */
export function caseKey(change: RosterChange, view: Roster): string | undefined {
  if (change.op !== "remove" && change.op !== "demote" && change.op !== "promote") return undefined;
  const target = view.members.get(change.member);
  if (!target) return undefined;
  if (change.op === "remove") return `remove ${orgOf(target)} ${target.admittedBy}`;
  return `${change.op} ${target.id} ${target.addedBy} ${target.seniority ?? "-"}`;
}

/** Whether votes are enough for one of them: as many orgs as it took when it was given. */
export function isReached(votes: readonly Vote[]): boolean {
  const orgs = new Set(votes.map(({ org }) => org)).size;
  return votes.some(({ needs }) => orgs >= needs);
}
