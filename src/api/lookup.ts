// What people type for a circle, a peer or an item, and what they mean by it. Ambiguity is an error, never a guess.

import { TocsinError } from "../base/errors.ts";
import { toHex } from "../base/bytes.ts";
import { type Member, orgOf } from "../circle/roster.ts";
import { type CircleId, idRange, type MemberId, memberId, orgId, type OrgId } from "../record/ids.ts";
import type { Item } from "../store/store.ts";
import { absentMembers } from "../node/egress.ts";
import type { LiveCircle, Rooms } from "../node/rooms.ts";

/**
 * The circle of a name or of the start (6 or more digits) of an id; without either the only one: between several nothing
 * is guessed, a post in the wrong circle cannot be taken back. Throws CIRCLE_UNKNOWN or INPUT_INVALID.
 */
export function findCircle(rooms: Rooms, named: string | undefined): LiveCircle {
  const all = [...rooms.circles.values()].sort((left, right) => left.row.joinedAt - right.row.joinedAt);
  if (named === undefined) {
    const [only, other] = all.filter((live) => live.row.state === "current");
    if (!only)
      throw new TocsinError("CIRCLE_UNKNOWN", "this node is in no circle yet", {
        hint: "run tocsin circle create, or tocsin join",
      });
    if (other)
      throw new TocsinError("INPUT_INVALID", "this node is in several circles, and none is named", {
        hint: `name it: -c ${only.row.name}, or -c ${other.row.name}; or set TOCSIN_CIRCLE`,
      });
    return only;
  }
  const exact = all.filter((live) => live.row.name === named || live.row.id === named);
  const close =
    exact.length > 0 || !/^[0-9a-f]{6,64}$/i.test(named)
      ? exact
      : all.filter((live) => live.row.id.startsWith(named.toLowerCase()));
  const [found, another] = close;
  if (!found) throw new TocsinError("CIRCLE_UNKNOWN", `there is no circle "${named}"`);
  if (another)
    throw new TocsinError("INPUT_INVALID", `several circles are named "${named}"`, {
      hint: "name it by its id, see tocsin circle list",
    });
  return found;
}

export function findCircleById(rooms: Rooms, id: CircleId): LiveCircle {
  return findCircle(rooms, id);
}

/** The member of a circle by org name or by the start of a key. Throws MEMBER_UNKNOWN or INPUT_INVALID. */
export function findMember(live: LiveCircle, named: string): Member {
  return one([...(live.state.roster?.members.values() ?? [])], named, live.row.name);
}

/** As `findMember`; in a closed circle also one that has not come in yet. */
export function findReader(rooms: Rooms, live: LiveCircle, named: string): Member {
  const { roster } = live.state;
  return one(
    [...(roster?.members.values() ?? []), ...(roster ? absentMembers(rooms, roster) : [])],
    named,
    live.row.name,
  );
}

/** A peer in any circle, with the circles shared. Throws MEMBER_UNKNOWN or INPUT_INVALID. */
export function findPeer(rooms: Rooms, named: string): Member {
  return one(everyone(rooms), named, "your circles");
}

/** Any node of the one org that is meant, in any circle. Throws MEMBER_UNKNOWN or INPUT_INVALID. */
export function findOrg(rooms: Rooms, named: string): Member {
  const orgs = new Map(matching(everyone(rooms), named).map((member) => [toHex(member.certificate.orgKey), member]));
  return one([...orgs.values()], named, "your circles");
}

function everyone(rooms: Rooms): readonly Member[] {
  const all = new Map<MemberId, Member>();
  for (const live of rooms.circles.values())
    for (const member of live.state.roster?.members.values() ?? []) all.set(member.id, member);
  return [...all.values()];
}

/** The org that somebody vouches for: one that waits in this circle, or that is known from any. Throws as `findPeer` does. */
export function findNewcomer(rooms: Rooms, live: LiveCircle, named: string): OrgId {
  const waiting = [...(live.state.roster?.pending.values() ?? [])].map(({ admission: { certificate } }) => ({
    ...{ id: memberId(certificate.memberKey), certificate },
  }));
  const [found, another] = matching(waiting, named);
  return orgId((found && !another ? found : findPeer(rooms, named)).certificate.orgKey);
}

function one(members: readonly Member[], named: string, where: string): Member {
  const matches = matching(members, named);
  const [found] = matches;
  // Nodes of one org answer to one name; who means a certain one names its key.
  const another = matches.find((member) => found && orgOf(member) !== orgOf(found));
  if (!found) throw new TocsinError("MEMBER_UNKNOWN", `there is no member "${named}" in ${where}`);
  if (another)
    throw new TocsinError("INPUT_INVALID", `several members are named "${named}"`, {
      hint: "name it by its member key, see tocsin peer list",
    });
  return found;
}

/** Those that a name means: by org name, else by the start of a member key or org key. */
export function matching<M extends Pick<Member, "id" | "certificate">>(
  members: readonly M[],
  named: string,
): readonly M[] {
  const exact = members.filter((member) => member.certificate.org === named);
  const prefix = named.toLowerCase();
  if (exact.length > 0 || !/^[0-9a-f]{6,64}$/.test(prefix)) return exact;
  return members.filter(
    (member) => member.id.startsWith(prefix) || toHex(member.certificate.orgKey).startsWith(prefix),
  );
}

/** The item of a full or short id. Throws NOT_FOUND or INPUT_INVALID. */
export async function findItem(rooms: Rooms, typed: string): Promise<Item> {
  const range = idRange(typed);
  if (!range)
    throw new TocsinError("INPUT_INVALID", `"${typed.slice(0, 64)}" is no id of an item`, {
      hint: "copy it from tocsin feed, for example s-7K2M9Q",
    });
  const [id, another] = await rooms.store.resolve(range.from, range.to, 2);
  if (another)
    throw new TocsinError("INPUT_INVALID", `several items start with ${typed}`, { hint: "give more of the id" });
  const item = id && (await rooms.store.item(id));
  if (!item) throw new TocsinError("NOT_FOUND", `there is no item ${typed.slice(0, 64)} here`);
  return item;
}
