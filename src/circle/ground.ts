// What a change is judged on: the graph, the roster that it builds upon, and what each change was in its own view.

import type { OrgId, RecordId } from "../record/ids.ts";
import type { Graph, RosterOp } from "./graph.ts";
import type { Roster, Vote } from "./roster.ts";

/** What an operation was in its author's own view. */
export type Standing = {
  readonly refused: string | undefined;
  /** The author's org, and the admission that it stood by. */
  readonly org: OrgId;
  readonly admittedBy: RecordId | undefined;
  readonly seniority: number;
  /** Whether it took a steward to say it. */
  readonly asSteward: boolean;
  /** The question that it votes on, how many orgs that takes, and the org that it is about. */
  readonly question: string | undefined;
  readonly needs: number;
  readonly about: OrgId | undefined;
};

export type Ground = {
  readonly graph: Graph;
  readonly base: Roster | undefined;
  readonly standingOf: (op: RosterOp) => Standing;
};

export function voteOf(op: RosterOp, { org, seniority, needs }: Standing): Vote {
  return { op: op.id, org, seniority, needs };
}
