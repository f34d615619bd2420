// What a member may do in a circle: each rule one function with one sentence, asked by the way out and the way in alike.

import { tlpLabel, stricter } from "../record/marking.ts";
import type { PostBody } from "../record/body.ts";
import type { LaneId, MemberId } from "../record/ids.ts";
import { TocsinError } from "../base/errors.ts";
import { isSteward, type Roster } from "./roster.ts";

/** R18: whoever is in the roster may post, marked no stricter than the circle allows. */
export function refusePost(roster: Roster, author: MemberId, body: PostBody): TocsinError | undefined {
  if (!roster.members.has(author)) return new TocsinError("MEMBER_REMOVED", "you are no longer a member of this circle");
  if (stricter(body.tlp, roster.policy.maxTlp)) {
    const [asked, most] = [tlpLabel(body.tlp), tlpLabel(roster.policy.maxTlp)];
    return new TocsinError("TLP_REFUSED", `${asked} is stricter than this circle takes (${most})`, { hint: `choose ${most} or wider, or another circle` });
  }
  return undefined;
}

/** Only a steward admits, invites and removes. */
export function refuseSteward(roster: Roster, author: MemberId): TocsinError | undefined {
  return isSteward(roster, author) ? undefined : new TocsinError("STEWARD_NEEDED", "only a steward of the circle may do this");
}

/**
 * R19: of a removed member's lanes only what its remover had seen counts, unless it was admitted again and had seen that.
 * Answers how many records of a lane count: Infinity for one of a member that was never removed.
 */
export function laneLimit(roster: Roster, author: MemberId, lane: LaneId): number {
  const removal = roster.removed.get(author);
  if (!removal) return Infinity;
  const cut = removal.cuts.get(lane) ?? 0;
  // A member that came back starts a new lane, which no removal has named.
  return roster.members.has(author) && !removal.cuts.has(lane) ? Infinity : cut;
}
