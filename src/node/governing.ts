// The verbs by which members govern a circle: ranks, rules, vouches, freezes and leaving. Each is refused in words before it
// is signed where everyone else would find it void.

import { limits } from "../base/limits.ts";
import { TocsinError } from "../base/errors.ts";
import type { Policy, RosterChange } from "../circle/change.ts";
import { encodeChange } from "../circle/change-codec.ts";
import { encodeConsent } from "../circle/notice.ts";
import { freezeOf, type Freeze, isSteward, orgOf, type Roster, stewards } from "../circle/roster.ts";
import type { CircleId, MemberId, OrgId } from "../record/ids.ts";
import { decodeEnvelope } from "../record/wire.ts";
import { rosterOf } from "./circle-state.ts";
import { hasAccepted } from "./consent.ts";
import { isLinked } from "./farewell.ts";
import { entitled } from "./membership.ts";
import { currentCircle, declare } from "./post.ts";
import type { LiveCircle, Rooms } from "./rooms.ts";

/** Says one change in the circle's turn. Throws STEWARD_NEEDED, POST_REFUSED. */
async function enact(rooms: Rooms, circle: CircleId, changeFor: (roster: Roster) => RosterChange): Promise<void> {
  await rooms.turns.take(circle, async () => {
    const live = currentCircle(rooms, circle);
    const change = changeFor(rosterOf(live.state));
    entitled(rooms, live, change);
    await declare(rooms, live, [{ kind: "roster", body: encodeChange(change) }]);
  });
}

/**
 * Refuses a member's vote for a new steward while one is about: the rules count such votes whenever they are given, so that nobody
 * disputes what "gone" was; each node keeps to this by itself. Throws POST_REFUSED.
 */
export async function checkStewardsGone(rooms: Rooms, circle: CircleId): Promise<void> {
  const live = currentCircle(rooms, circle);
  const roster = rosterOf(live.state);
  const about = isSteward(roster, rooms.me.id) ? undefined : await stewardAbout(rooms, live, roster);
  if (about === undefined) return;
  throw new TocsinError("POST_REFUSED", `${about} is a steward and was here lately: ask there first`, {
    hint: "to vote all the same, add --accept steward-alive",
  });
}

/** A steward that is connected, or said something within `stewardGoneMs`. */
async function stewardAbout(rooms: Rooms, live: LiveCircle, roster: Roster): Promise<string | undefined> {
  for (const { id, certificate } of stewards(roster)) {
    if (isLinked(rooms, id)) return certificate.org;
    for (const { author, head } of live.state.lanes.values()) {
      const newest = author === id && head !== undefined ? await rooms.store.envelope(head) : undefined;
      if (newest && decodeEnvelope(newest).header.at > rooms.clock.now() - limits.stewardGoneMs) return certificate.org;
    }
  }
  return undefined;
}

/** Ends a stewardship, or votes for that. */
export async function demote(rooms: Rooms, circle: CircleId, member: MemberId): Promise<void> {
  await enact(rooms, circle, () => ({ op: "demote", member }));
}

/** Sets other rules; those that are not named stay as they are. */
export async function setPolicy(rooms: Rooms, circle: CircleId, rules: Partial<Policy>): Promise<void> {
  await enact(rooms, circle, ({ policy, policyBy }) => ({
    op: "policy",
    base: policyBy,
    policy: { ...policy, ...rules },
  }));
}

/** Accepts the rules that are in force; nothing is said where that was done before. */
export async function acceptRules(rooms: Rooms, circle: CircleId): Promise<void> {
  await rooms.turns.take(circle, async () => {
    const live = currentCircle(rooms, circle);
    if (hasAccepted(rooms, live)) return;
    await declare(rooms, live, [{ kind: "consent", body: encodeConsent(rosterOf(live.state).policyBy) }]);
  });
}

/** Says that an org is wanted in the circle. */
export async function vouch(rooms: Rooms, circle: CircleId, org: OrgId): Promise<void> {
  await enact(rooms, circle, () => ({ op: "vouch", org }));
}

/** Has nobody seal for the org of a member for a while; the epoch without it is minted at once. */
export async function freeze(
  rooms: Rooms,
  circle: CircleId,
  by: { readonly member: MemberId; readonly forMs: number; readonly reason: string },
): Promise<void> {
  const { member, forMs, reason } = by;
  await enact(rooms, circle, () => ({ op: "freeze", member, until: rooms.clock.now() + forMs, reason }));
}

/** Ends the freeze of a member's org. Throws NOT_FOUND where there is none. */
export async function lift(rooms: Rooms, circle: CircleId, member: MemberId): Promise<void> {
  await enact(rooms, circle, (roster) => ({ op: "lift", freeze: currentFreeze(rooms, roster, member).op }));
}

/** Prolongs the freeze of a member's org, as a steward. Throws NOT_FOUND where there is none. */
export async function confirm(
  rooms: Rooms,
  circle: CircleId,
  by: { readonly member: MemberId; readonly forMs: number },
): Promise<void> {
  await enact(rooms, circle, (roster) => {
    const { op } = currentFreeze(rooms, roster, by.member);
    return { op: "confirm", freeze: op, until: rooms.clock.now() + by.forMs };
  });
}

function currentFreeze(rooms: Rooms, roster: Roster, id: MemberId): Freeze {
  const member = roster.members.get(id);
  const found = member && freezeOf(roster, orgOf(member), rooms.clock.now());
  if (!found) throw new TocsinError("NOT_FOUND", "nobody has frozen this member");
  return found;
}

/**
 * Takes this node out of a circle: those who are connected hear it first, then the links are cut and the private prekeys of the
 * circle are forgotten. What was read stays. Throws PEER_UNREACHABLE where nobody would hear it.
 */
export async function leave(rooms: Rooms, circle: CircleId): Promise<void> {
  await rooms.turns.take(circle, async () => {
    const live = currentCircle(rooms, circle);
    const change: RosterChange = { op: "leave" };
    entitled(rooms, live, change);
    const others = [...rosterOf(live.state).members.keys()].filter((id) => id !== rooms.me.id);
    if (others.length > 0 && !others.some((id) => isLinked(rooms, id)))
      throw new TocsinError("PEER_UNREACHABLE", `nobody of ${live.row.name} is connected, so nobody would hear of it`, {
        hint: "try again when a member is connected, see tocsin status",
      });
    await declare(rooms, live, [{ kind: "roster", body: encodeChange(change) }]);
  });
}
