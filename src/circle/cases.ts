// What several orgs decide together: the votes on one question, and when they are enough.

import type { RosterChange } from "./change.ts";
import type { OrgId } from "../record/ids.ts";
import { orgOf, type Roster, type Vote } from "./roster.ts";

/** The question that a change answers, as its author saw the circle; the same org back again is another question. */
export function caseKey(change: RosterChange, view: Roster): string | undefined {
  if (change.op !== "remove" && change.op !== "demote" && change.op !== "promote") return undefined;
  const target = view.members.get(change.member);
  if (!target) return undefined;
  if (change.op === "remove") return `remove ${orgOf(target)} ${target.admittedBy}`;
  return `${change.op} ${target.id} ${target.addedBy} ${target.seniority ?? "-"}`;
}

/** A question that is not decided yet: what is asked of whom, by which orgs, and how many it takes. */
export type OpenCase = {
  readonly op: "remove" | "demote" | "promote";
  readonly about: OrgId;
  readonly by: readonly OrgId[];
  readonly needs: number;
};

export function openCases(roster: Roster): readonly OpenCase[] {
  const ops = ["remove", "demote", "promote"] as const;
  return [...roster.members.values()].flatMap((member) =>
    ops.flatMap((op) => {
      const change = op === "remove" ? { op, member: member.id, cuts: [] } : { op, member: member.id };
      const votes = roster.votes.get(caseKey(change, roster) ?? "") ?? [];
      const by = [...new Set(votes.map(({ org }) => org))];
      return by.length === 0
        ? []
        : [{ op, about: orgOf(member), by, needs: Math.max(...votes.map(({ needs }) => needs)) }];
    }),
  );
}

/** Whether votes are enough for one of them: as many orgs as it took when it was given. */
export function isReached(votes: readonly Vote[]): boolean {
  const orgs = new Set(votes.map(({ org }) => org)).size;
  return votes.some(({ needs }) => orgs >= needs);
}
