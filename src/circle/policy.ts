// What a member may do in a circle: each rule one function with one sentence, asked by the way out and the way in alike.

import { tlpLabel, type Tlp, stricter } from "../record/marking.ts";
import type { PostBody } from "../record/body.ts";
import type { Policy } from "./change.ts";
import type { Invite } from "./notice.ts";
import type { LaneId, MemberId } from "../record/ids.ts";
import { TocsinError } from "../base/errors.ts";
import { isSteward, type Roster } from "./roster.ts";

/** R18: whoever is in the roster may post. */
export function refusePost(
  roster: Roster,
  author: MemberId,
  { body, exercise }: { readonly body: PostBody; readonly exercise: boolean },
): TocsinError | undefined {
  if (!roster.members.has(author))
    return new TocsinError("MEMBER_REMOVED", "you are no longer a member of this circle");
  return refuseMarking(roster.policy, body, exercise);
}

/** R18: nothing is marked stricter than the circle allows, and where all is a drill all is marked so; a reader does not show what its author should not have posted. */
export function refuseMarking(policy: Policy, body: PostBody, exercise: boolean): TocsinError | undefined {
  const { maxTlp } = policy;
  if (policy.exercise && !exercise)
    return new TocsinError("POST_REFUSED", "this circle is for exercises only, and the post is not marked as one", {
      hint: "add --exercise where it is part of the drill, or choose another circle",
    });
  if (!stricter(body.tlp, maxTlp)) return undefined;
  const [asked, most] = [tlpLabel(body.tlp), tlpLabel(maxTlp)];
  return new TocsinError("TLP_REFUSED", `${asked} is stricter than this circle takes (${most})`, {
    hint: `choose ${most} or wider, or another circle`,
  });
}

/** The marking of a post that names none. */
export function defaultMarking({ maxTlp, defaultTlp = "amber+strict" }: Pick<Policy, "maxTlp" | "defaultTlp">): Tlp {
  return stricter(defaultTlp, maxTlp) ? maxTlp : defaultTlp;
}

/** Whether the circle's rules let a member export what others said in it. */
export function mayExport(roster: Roster, member: MemberId): boolean {
  const { export: who } = roster.policy;
  return roster.members.has(member) && (who === "members" || (who === "stewards" && isSteward(roster, member)));
}

/** Whether a ticket admits nobody any more: it was revoked, or whoever opened it is no steward now. */
export function isRevoked(roster: Roster, ticket: Invite): boolean {
  return ticket.revoked || !isSteward(roster, ticket.by);
}

/** Only a steward admits, invites and removes. */
export function refuseSteward(roster: Roster, author: MemberId): TocsinError | undefined {
  return isSteward(roster, author)
    ? undefined
    : new TocsinError("STEWARD_NEEDED", "only a steward of the circle may do this");
}

/**
 * R19: of a removed member's lanes only what its remover had seen is shown, unless it was admitted again and had seen that.
 * Answers how many records of a lane count: Infinity for one of a member that was never removed.
 */
export function laneLimit(roster: Roster, author: MemberId, lane: LaneId): number {
  const removal = roster.removed.get(author);
  if (!removal) return Infinity;
  // Whoever left by itself takes back nothing of what it said before, but for what was cut off when it was removed earlier.
  if (removal.how === "left") return removal.cuts.get(lane) ?? Infinity;
  const cut = removal.cuts.get(lane) ?? 0;
  // A member that came back starts a new lane, which no removal has named.
  return roster.members.has(author) && !removal.cuts.has(lane) ? Infinity : cut;
}
