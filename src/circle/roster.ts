// Who is in a circle: the value that `evaluate.ts` computes, and look-ups on it.

import type { MemberCertificate } from "../../keys/index.ts";
import type { LaneId, MemberId, RecordId, TicketId, TransportId } from "../record/ids.ts";
import { transportId } from "../record/ids.ts";
import type { Policy } from "./change.ts";
import type { Prekey } from "./prekey.ts";

export type Member = {
  readonly id: MemberId;
  readonly certificate: MemberCertificate;
  /** The prekey it came in with; a later prekey record replaces it. */
  readonly prekey: Prekey;
  /** The operation that admitted it. */
  readonly addedBy: RecordId;
  /** Rank among stewards, 0 first; absent for whoever is none. */
  readonly seniority: number | undefined;
};

export type Removal = {
  readonly op: RecordId;
  readonly remover: MemberId;
  readonly at: number;
  readonly certificate: MemberCertificate;
  /** How many records of each of its lanes still count; of a lane not named here, none. */
  readonly cuts: ReadonlyMap<LaneId, number>;
};

export type Roster = {
  readonly name: string;
  readonly policy: Policy;
  readonly members: ReadonlyMap<MemberId, Member>;
  /** The last removal of whoever was ever removed; a member that came back is in `members` as well. */
  readonly removed: ReadonlyMap<MemberId, Removal>;
  /** Who came in by which ticket. */
  readonly tickets: ReadonlyMap<TicketId, MemberId>;
  /** Operations that count. */
  readonly effective: ReadonlySet<RecordId>;
  /** Operations that do not count, and why. */
  readonly void: ReadonlyMap<RecordId, string>;
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
