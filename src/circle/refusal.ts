// What an author is entitled to in a roster: the same rules are asked before a member signs a change and when everyone
// evaluates it. Each answer is one sentence that says why not.

import { limits } from "../base/limits.ts";
import { type LaneId, memberId, type MemberId, type OrgId, orgId } from "../record/ids.ts";
import type { Policy, RosterChange } from "./change.ts";
import { isSameRule } from "./consent.ts";
import { caseKey } from "./cases.ts";
import type { RosterOp } from "./graph.ts";
import { type Freeze, isSteward, type Member, nodesOf, orgOf, type Roster, stewardOrgs, stewards } from "./roster.ts";

/** An operation as far as entitlement goes. */
export type Act = Pick<RosterOp, "author" | "change"> & Partial<Pick<RosterOp, "lane" | "at" | "parents">>;

/** R12: why a roster does not entitle the author to an operation, or undefined where it does. */
export function refusal(act: Act, view: Roster | undefined): string | undefined {
  const { author, change, lane } = act;
  if (change.op === "genesis") {
    const { memberKey, orgKey } = change.founder.certificate;
    if (view !== undefined || memberId(memberKey) !== author) return "not the founder's";
    return refuseStranger(change.policy, orgId(orgKey));
  }
  if (view === undefined) return "it follows nothing";
  if (lane !== undefined && view.closed.has(lane)) return "its lane is forked";
  const member = view.members.get(author);
  if (change.op === "enrol") return refuseEnrolment(act, change, view);
  if (member === undefined) return needsSteward(change, view) ? "its author is no steward" : "its author is no member";
  if (needsSteward(change, view) && member.seniority === undefined) return "its author is no steward";
  return refuseChange(act, member, view) ?? refuseLane(lane, member);
}

/**
 * R57: a change counts in the lane that its author came with, or in a further one that another org has taken in. Whoever could begin
 * a lane alone could begin it in a view of long ago, and un-see what it has seen.
 */
function refuseLane(lane: LaneId | undefined, member: Member): string | undefined {
  if (lane === undefined || lane === member.lane) return undefined;
  return member.lane === undefined
    ? "no other org has taken in its author's node yet"
    : "no other org has taken in this lane of its author yet";
}

/** Whether a change is a steward's alone, by the rules of the circle. */
export function needsSteward({ op }: RosterChange, { policy }: Roster): boolean {
  if (op === "add") return policy.invite === "stewards";
  if (op === "promote") return policy.refound === 0;
  return op === "remove" || op === "demote" || op === "policy" || op === "confirm";
}

function refuseChange({ change, at = 0, parents }: Act, author: Member, view: Roster): string | undefined {
  switch (change.op) {
    case "add":
      return refuseAddition(change.member.certificate, view);
    case "remove":
      return refuseRemoval(author, change, view);
    case "promote":
      return refusePromotion(author, change, view);
    case "demote":
      return refuseDemotion(author, change, view);
    case "leave":
      return refuseLeaving(author, view);
    case "policy":
      if (change.base !== view.policyBy) return "the rules were changed meanwhile";
      if (change.policy.suite !== view.policy.suite) return "a circle keeps its suite";
      return isSameRule(change.policy.only, view.policy.only)
        ? undefined
        : "a closed circle stays closed to all others";
    case "vouch":
      return refuseVouch(author, change.org, view);
    case "retire":
      if (change.org !== orgOf(author)) return "an org withdraws its own nodes alone";
      return change.members.every((id) => isNodeOf(view, id, change.org)) ? undefined : "there is no such member";
    case "freeze":
      return refuseFreeze(author, { change, at }, view);
    case "lift":
      return refuseLift(author, change, view);
    case "confirm":
      return refuseConfirmation(author, { change, at }, view);
    case "lane":
      return refuseOpening(author, change, view);
    case "genesis":
    case "enrol":
    case "fork":
      return undefined;
    case "merge":
      return parents?.length === 1 ? "it joins nothing" : undefined;
  }
}

function refuseAddition(certificate: { memberKey: Uint8Array; orgKey: Uint8Array }, view: Roster): string | undefined {
  if (view.members.size >= limits.membersMax) return "the circle is full";
  if (view.members.has(memberId(certificate.memberKey))) return "the member is in already";
  const org = orgId(certificate.orgKey);
  const stranger = refuseStranger(view.policy, org);
  if (stranger !== undefined) return stranger;
  if (nodesOf(view, org).length > 0) return "its org is in already: it enrols its own nodes";
  if (view.removed.get(memberId(certificate.memberKey))?.how === "withdrawn") return "its org withdrew this key";
  return view.pending.has(org) ? "it waits for vouches already" : undefined;
}

/** R78: a closed circle admits the orgs that its first record names, and nobody else ever: what is said there was said to them. */
export function refuseStranger({ only }: Pick<Policy, "only">, org: OrgId): string | undefined {
  return only === undefined || only.some((one) => orgId(one) === org) ? undefined : "the circle is closed to its org";
}

/** R17: taking a steward out takes two of the other orgs with stewards where there are two; nobody votes twice, or on itself. */
function refuseRemoval(
  author: Member,
  change: Extract<RosterChange, { op: "remove" }>,
  view: Roster,
): string | undefined {
  const target = view.members.get(change.member);
  if (!target) return "there is no such member";
  if (orgOf(author) === orgOf(target)) return "a steward does not remove itself";
  return hasVoted(author, change, view) ? "its author has said so already" : undefined;
}

function refusePromotion(
  author: Member,
  change: Extract<RosterChange, { op: "promote" }>,
  view: Roster,
): string | undefined {
  if (!view.members.has(change.member)) return "there is no such member";
  if (isSteward(view, change.member)) return "the member is a steward already";
  if (stewards(view).length >= limits.stewardsMax) return "there are enough stewards";
  return author.seniority === undefined && hasVoted(author, change, view)
    ? "its author has said so already"
    : undefined;
}

function refuseDemotion(
  author: Member,
  change: Extract<RosterChange, { op: "demote" }>,
  view: Roster,
): string | undefined {
  const target = view.members.get(change.member);
  if (target?.seniority === undefined) return "the member is no steward";
  if (orgOf(author) !== orgOf(target))
    return hasVoted(author, change, view) ? "its author has said so already" : undefined;
  return stewards(view).length === 1 ? "the circle needs a steward: make another member one first" : undefined;
}

function refuseLeaving(author: Member, view: Roster): string | undefined {
  const last = author.seniority !== undefined && stewards(view).length === 1 && view.members.size > 1;
  return last ? "the circle needs a steward: make another member one first" : undefined;
}

function refuseVouch(author: Member, org: OrgId, view: Roster): string | undefined {
  if (nodesOf(view, org).length > 0) return "its org is in already";
  if (view.vouches.get(org)?.has(orgOf(author))) return "its author has said so already";
  const open = [...view.vouches.values()].filter((orgs) => orgs.has(orgOf(author))).length;
  return open >= limits.vouchesOpenMax ? "its org vouches for too many already" : undefined;
}

/** An org that is in enrols nodes of its own; a key that was ever out does not come back this way. */
function refuseEnrolment(
  { author }: Act,
  { member, replaces }: Extract<RosterChange, { op: "enrol" }>,
  view: Roster,
): string | undefined {
  const { certificate } = member;
  const id = memberId(certificate.memberKey);
  const org = orgId(certificate.orgKey);
  const nodes = nodesOf(view, org);
  if (author !== id) return "a node enrols itself alone";
  if (nodes.length === 0) return "its org is not in the circle";
  if (view.members.has(id) || view.removed.has(id)) return "its key was in this circle before";
  // Whom people know by a name they must not meet under another one by a way that asks nobody.
  if (!nodes.some((node) => node.certificate.org === certificate.org)) return "its org goes by another name here";
  if (!replaces.every((old) => isNodeOf(view, old, org))) return "there is no such member";
  return noRoom(view, nodes, replaces);
}

/** Why no further node fits beside the nodes of an org; asked again where many come at once, because nobody could wrap an epoch to more. */
export function noRoom(
  { members }: Pick<Roster, "members">,
  nodes: readonly Member[],
  replaces: readonly MemberId[] = [],
): string | undefined {
  const leaving = nodes.filter(({ id }) => replaces.includes(id)).length;
  if (nodes.length - leaving >= limits.nodesPerOrgMax) return "its org has enough nodes";
  return members.size - leaving >= limits.membersMax ? "the circle is full" : undefined;
}

/** R43: one member freezes another for a day at most, and once in three days, by the moments that its own records name. */
function refuseFreeze(
  author: Member,
  { change, at }: { readonly change: Extract<RosterChange, { op: "freeze" }>; readonly at: number },
  view: Roster,
): string | undefined {
  const target = view.members.get(change.member);
  if (!target) return "there is no such member";
  if (orgOf(target) === orgOf(author)) return "nobody freezes itself";
  if (change.until <= at || change.until - at > limits.freezeMaxMs) return "a freeze ends within a day";
  const last = view.freezes.get(orgOf(author));
  return isTooSoon(last, at) ? "its author has frozen somebody lately" : undefined;
}

/** Whether an org that said `last` may not freeze anybody at a moment; asked again where freezes meet that had not seen each other. */
export function isTooSoon(last: Freeze | undefined, at: number): boolean {
  return last !== undefined && at - last.from < limits.freezeEveryMs;
}

/** R44: a freeze is lifted by whoever said it, or by a steward that it does not hit. */
function refuseLift(author: Member, { freeze: id }: { readonly freeze: string }, view: Roster): string | undefined {
  const freeze = [...view.freezes.values()].find(({ op }) => op === id);
  if (!freeze) return "there is no such freeze";
  if (freeze.by === orgOf(author) && freeze.confirmedBy === undefined) return undefined;
  if (author.seniority === undefined) return "its author is no steward";
  return freeze.org === orgOf(author) ? "nobody lifts its own freeze" : undefined;
}

/** R45: another org's steward prolongs a freeze once, for a week at most. */
function refuseConfirmation(
  author: Member,
  { change, at }: { readonly change: Extract<RosterChange, { op: "confirm" }>; readonly at: number },
  view: Roster,
): string | undefined {
  const freeze = [...view.freezes.values()].find(({ op }) => op === change.freeze);
  if (!freeze) return "there is no such freeze";
  if (freeze.confirmedBy !== undefined) return "the freeze is confirmed already";
  if (freeze.org === orgOf(author) || freeze.by === orgOf(author)) return "another org confirms a freeze";
  // Only while it holds: the moment is the author's to name, and must not carry the freeze away with it.
  if (at >= freeze.until) return "the freeze is over";
  if (change.until <= at || change.until - at > limits.freezeConfirmedMaxMs)
    return "a confirmed freeze ends within a week";
  return undefined;
}

/** Another org takes in a lane of a member, once, and so many of one as it may have. */
function refuseOpening(
  author: Member,
  { opening: { header } }: Extract<RosterChange, { op: "lane" }>,
  view: Roster,
): string | undefined {
  const target = view.members.get(header.author);
  if (!target) return "there is no such member";
  if (orgOf(target) === orgOf(author)) return "another org takes in a lane";
  if (view.lanes.has(header.lane)) return "the lane is taken in already";
  const lanes = [...view.lanes.values()].filter((member) => member === header.author).length;
  return lanes >= limits.lanesPerMemberMax ? "its author has enough lanes" : undefined;
}

function hasVoted(author: Member, change: RosterChange, view: Roster): boolean {
  const key = caseKey(change, view);
  return key !== undefined && (view.votes.get(key)?.some(({ org }) => org === orgOf(author)) ?? false);
}

function isNodeOf(view: Roster, id: Parameters<Roster["members"]["get"]>[0], org: OrgId): boolean {
  const member = view.members.get(id);
  return member !== undefined && orgOf(member) === org;
}

/** How many orgs it takes to decide what a change asks for, as the roster stands. */
export function votesNeeded(change: RosterChange, author: Member, view: Roster): number {
  if (change.op === "promote") return author.seniority === undefined ? view.policy.refound : 1;
  if (change.op !== "remove" && change.op !== "demote") return 1;
  const target = view.members.get(change.member);
  if (!target || orgOf(target) === orgOf(author)) return 1;
  const orgs = stewardOrgs(view);
  if (change.op === "remove" && !orgs.has(orgOf(target))) return 1;
  return Math.max(1, Math.min(2, [...orgs].filter((org) => org !== orgOf(target)).length));
}
