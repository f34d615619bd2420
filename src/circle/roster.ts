// Who is in a circle: the value that `evaluate.ts` computes, and look-ups on it.

import { limits } from "../base/limits.ts";
import type { LayeredMap } from "../base/layered-map.ts";
import type { MemberCertificate } from "../../keys/index.ts";
import type { LaneId, MemberId, OrgId, RecordId, TicketId, TransportId } from "../record/ids.ts";
import { orgId, transportId } from "../record/ids.ts";
import type { Admission, Policy } from "./change.ts";
import type { Prekey } from "./prekey.ts";

/** One node of an org. */
export type Member = {
  readonly id: MemberId;
  readonly certificate: MemberCertificate;
  /** The prekey it came in with; a later prekey record replaces it. */
  readonly prekey: Prekey;
  /** The operation that brought this node in. */
  readonly addedBy: RecordId;
  /** The operation that admitted its org: the same for all its nodes, another one when the org comes back. */
  readonly admittedBy: RecordId;
  /** Rank among stewards, 0 first; absent for whoever is none. */
  readonly seniority: number | undefined;
  /** The lane in which its changes count; absent until another org has taken in the lane of a node that enrolled. */
  readonly lane: LaneId | undefined;
};

export type Removal = {
  readonly op: RecordId;
  readonly remover: MemberId;
  readonly at: number;
  readonly certificate: MemberCertificate;
  /** How many records of each of its lanes still count; of a lane not named here, none. */
  readonly cuts: ReadonlyMap<LaneId, number>;
  /** Rank that it had among stewards. */
  readonly seniority: number | undefined;
  /** "withdrawn": by its own org, for ever. */
  readonly how: "removed" | "left" | "withdrawn";
};

/** An org whose admission waits for the word of others. */
export type Pending = {
  readonly op: RecordId;
  readonly admission: Admission;
  readonly lane: LaneId;
  readonly by: OrgId;
};

/** What one org said for a removal, a demotion or a promotion that one alone cannot decide. */
export type Vote = {
  readonly op: RecordId;
  readonly org: OrgId;
  /** Rank of its author, for the order of removals that cross. */
  readonly seniority: number;
  /** How many orgs it takes, as its author saw the circle. */
  readonly needs: number;
};

/** For whom nobody seals until then, and on whose word. */
export type Freeze = {
  readonly op: RecordId;
  readonly by: OrgId;
  readonly org: OrgId;
  readonly from: number;
  readonly until: number;
  readonly reason: string;
  readonly confirmedBy: OrgId | undefined;
};

/** A lane whose author made two records at one place. */
export type ClosedLane = { readonly op: RecordId; readonly author: MemberId; readonly seq: number };

export type Roster = {
  readonly name: string;
  readonly policy: Policy;
  /** The operation that set the policy, and how many it has been. */
  readonly policyBy: RecordId;
  readonly policyVersion: number;
  readonly members: LayeredMap<MemberId, Member>;
  /** The last removal of whoever was ever removed; a member that came back is in `members` as well. */
  readonly removed: LayeredMap<MemberId, Removal>;
  /** Who came in by which ticket. */
  readonly tickets: LayeredMap<TicketId, MemberId>;
  readonly pending: LayeredMap<OrgId, Pending>;
  /** Orgs that want another one in, by that one. */
  readonly vouches: LayeredMap<OrgId, ReadonlySet<OrgId>>;
  /** Votes that have not decided anything yet, by what they are about. */
  readonly votes: LayeredMap<string, readonly Vote[]>;
  /** The last freeze of each org that ever said one. */
  readonly freezes: LayeredMap<OrgId, Freeze>;
  readonly closed: LayeredMap<LaneId, ClosedLane>;
  /** Every lane that a member came with or that was taken in, with its author. */
  readonly lanes: LayeredMap<LaneId, MemberId>;
  /** The last operations that changed who is in: whoever had seen these had seen every change of keys. Sorted. */
  readonly rekeys: readonly RecordId[];
  /** Operations that do not count, and why. */
  readonly void: LayeredMap<RecordId, string>;
};

export function isSteward(roster: Roster, id: MemberId): boolean {
  return roster.members.get(id)?.seniority !== undefined;
}

/** Stewards, most senior first. */
export function stewards(roster: Roster): readonly Member[] {
  return [...roster.members.values()]
    .filter((member) => member.seniority !== undefined)
    .sort((left, right) => (left.seniority ?? 0) - (right.seniority ?? 0) || (left.id < right.id ? -1 : 1));
}

export function orgOf(member: Pick<Member, "certificate">): OrgId {
  return orgId(member.certificate.orgKey);
}

/** The nodes of an org. */
export function nodesOf(roster: Roster, org: OrgId): readonly Member[] {
  return [...roster.members.values()].filter((member) => orgOf(member) === org);
}

/** Orgs with a steward among their nodes. */
export function stewardOrgs(roster: Roster): ReadonlySet<OrgId> {
  return new Set(stewards(roster).map(orgOf));
}

/** The freeze that holds for an org now, by the clock of whoever asks. One dated ahead of it does not hold yet. */
export function freezeOf(roster: Roster, org: OrgId, now: number): Freeze | undefined {
  return [...roster.freezes.values()]
    .filter((freeze) => freeze.org === org && freeze.from <= now && now < freeze.until)
    .sort((left, right) => right.until - left.until || (left.op < right.op ? -1 : 1))[0];
}

/**
 * R53: whom a node of the org `self` seals for now: the members without the orgs that are frozen by its own clock. A frozen org
 * seals for itself as before, so that the others read what it says.
 */
export function sealedFor(roster: Roster, now: number, self: OrgId): readonly Member[] {
  const frozen = new Set(
    [...roster.freezes.values()]
      .map(({ org }) => org)
      .filter((org) => org !== self && freezeOf(roster, org, now) !== undefined),
  );
  return [...roster.members.values()].filter((member) => !frozen.has(orgOf(member)));
}

/**
 * Whether a removal may still turn out not to count: it hit a steward, who may have said something at the same time that no member
 * has heard. For so long it is heard, and told of membership; by the clock of whoever asks.
 */
export function isDisputed(roster: Roster, id: MemberId, now: number): boolean {
  const removal = roster.members.has(id) ? undefined : roster.removed.get(id);
  return removal?.how === "removed" && removal.seniority !== undefined && now - removal.at < limits.contestMs;
}

/** What an epoch must have seen to be sent under: the changes of who is in, and the freezes, so that none from before one is used again. */
export function retiring(roster: Roster): readonly RecordId[] {
  return [...roster.rekeys, ...[...roster.freezes.values()].map(({ op }) => op)];
}

export function transportOf(member: Member): TransportId {
  return transportId(member.certificate.transportKey);
}

/** The members that a person means by an org name, or by the start (6 or more digits) of a member or org key. */
export function membersNamed(roster: Roster, name: string, orgKeyHex: (member: Member) => string): readonly Member[] {
  const all = [...roster.members.values()];
  const exact = all.filter((member) => member.certificate.org === name);
  if (exact.length > 0) return exact;
  const prefix = name.toLowerCase();
  if (!/^[0-9a-f]{6,64}$/.test(prefix)) return [];
  return all.filter((member) => member.id.startsWith(prefix) || orgKeyHex(member).startsWith(prefix));
}

/** Orgs that have a place in a closed circle and were never in it. */
export function absentees({ policy, members, removed, pending }: Roster): readonly OrgId[] {
  const wasIn = new Set([...removed.values()].map(({ certificate }) => orgId(certificate.orgKey)));
  return (policy.only ?? [])
    .map(orgId)
    .filter(
      (org) => ![...members.values()].some((member) => orgOf(member) === org) && !wasIn.has(org) && !pending.has(org),
    );
}
