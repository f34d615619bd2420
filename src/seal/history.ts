// Who may be given which post that it holds sealed: one rule, asked by the giver of each post before it re-seals it, and by
// the asker so that it does not ask for what nobody may give it.

import { closure, type Graph } from "../circle/graph.ts";
import { laneLimit } from "../circle/policy.ts";
import { type Member, orgOf, type Roster } from "../circle/roster.ts";
import type { MemberId } from "../record/ids.ts";
import type { Header } from "../record/record.ts";
import type { Epoch } from "./epoch.ts";

/** What a member knows of its circle when it decides. */
export type HistoryView = { readonly graph: Graph; readonly roster: Roster };

/** The part of a post's header that the rule looks at. */
export type Posted = Pick<Header, "author" | "lane" | "seq" | "at">;

/** Answers why a post, sealed under this epoch, may not be given to the member, or undefined where it may. */
export type HistoryRule = (post: Posted, epoch: Epoch | undefined) => string | undefined;

/** The rule for one member of the roster. */
export function historyRule({ graph, roster }: HistoryView, member: Member): HistoryRule {
  const kin = kinOf(roster, member);
  const { history } = roster.policy;
  const admittedAt = admissionMoment(graph, member);
  return ({ author, lane, seq, at }, epoch) => {
    // R39: a member is given a post that is not beyond a cut if its org was among the recipients of the post's epoch; or else what
    // was posted after it came in, by somebody who had not heard of that; or else what the circle's policy gives of its history.
    if (seq >= laneLimit(roster, author, lane)) return "it was sent around the removal of its author";
    if (epoch && [...kin].some((id) => epoch.recipients.has(id))) return undefined;
    if (at >= admittedAt) return undefined;
    if (history === "all" || (history !== "none" && at >= history)) return undefined;
    return "the circle does not give it to who came later";
  };
}

/** The members, past and present, of the member's org. */
export function kinOf({ members, removed }: Roster, member: Member): ReadonlySet<MemberId> {
  const org = orgOf(member);
  const all = [...members, ...removed];
  return new Set(all.filter(([, one]) => orgOf(one) === org).map(([id]) => id));
}

/**
 * When a member's org came in: not before anything that its admission had seen, so that nobody who came late itself can admit
 * another one into the past.
 */
function admissionMoment(graph: Graph, { admittedBy }: Member): number {
  const before = closure(graph, [admittedBy]);
  return Math.max(...[...graph.ops.values()].filter(({ id }) => before.has(id)).map(({ at }) => at));
}
