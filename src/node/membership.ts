// The verbs of membership: found a circle, remove and promote members, invite, and this node's own notices.

import { limits } from "../base/limits.ts";
import { TocsinError } from "../base/errors.ts";
import { circleOf, type Policy, type RosterChange } from "../circle/change.ts";
import { encodeChange } from "../circle/change-codec.ts";
import { needsSteward, refusal } from "../circle/refusal.ts";
import { encodeAddresses, encodeInvite, type Reach } from "../circle/notice.ts";
import { isRevoked, refuseSteward } from "../circle/policy.ts";
import { nodesOf, orgOf, stewards, transportOf } from "../circle/roster.ts";
import { printTicket, type Responder, responderHash, ticketIdOf } from "../circle/ticket.ts";
import { type CircleId, idBytes, laneFor, type MemberId, type RecordId, type TicketId } from "../record/ids.ts";
import { emptyState, rosterOf } from "./circle-state.ts";
import { complain } from "./complaints.ts";
import { currentEpoch } from "./epochs.ts";
import { freshWatch, ownTurn, standingOf } from "./lanes.ts";
import { currentCircle, declare } from "./post.ts";
import { newDisk } from "./disk-quota.ts";
import { noForks } from "./forks.ts";
import { forgetPrekeys, freshPrekey, renewal } from "./prekeys.ts";
import type { LiveCircle, Rooms } from "./rooms.ts";

/** Founds a circle with this node as its first steward; it is durable, with its first epoch, when this resolves. */
export async function found(rooms: Rooms, name: string, policy: Policy): Promise<LiveCircle> {
  if (rooms.circles.size >= limits.circlesMax)
    throw new TocsinError("LIMIT_EXCEEDED", `a node takes part in at most ${limits.circlesMax} circles`);
  const { me, random, clock } = rooms;
  const nonce = random(32);
  const id = circleOf({ name, nonce, policy, certificate: me.certificate });
  const prekey = await freshPrekey(rooms, id, policy.suite);
  const change: RosterChange = { op: "genesis", name, nonce, policy, founder: { certificate: me.certificate, prekey } };
  const live = openCircle(rooms, { id, name, joinedAt: clock.now() });
  return rooms.turns.take(id, async () => {
    await declare(
      rooms,
      live,
      [
        { kind: "roster", body: encodeChange(change) },
        { kind: "address", body: encodeAddresses(reachOf(rooms)) },
      ],
      { row: live.row },
    );
    rooms.circles.set(id, live);
    rooms.contactsChanged();
    return live;
  });
}

/** A circle of which nothing is held yet. The caller stores its row. */
export function openCircle(
  rooms: Rooms,
  of: { readonly id: CircleId; readonly name: string; readonly joinedAt: number },
): LiveCircle {
  // A lane of its own for every entry: a member that comes back never continues a lane that others cut.
  const lane = laneFor(rooms.me.id, rooms.random);
  return {
    ...{ row: { ...of, lane, state: "current" }, state: emptyState(of.id), used: new Map(), waiting: [] },
    ...{ watch: freshWatch(lane), drafts: 0, forks: noForks(), fetched: new Map(), disk: newDisk() },
  };
}

/**
 * Removes the org of a member and mints an epoch without it, in one durable batch. Answers the epoch; none where the org is a
 * steward's and the word of another one is needed as well. Throws STEWARD_NEEDED, POST_REFUSED.
 */
export async function remove(rooms: Rooms, circle: CircleId, member: MemberId): Promise<RecordId | undefined> {
  return ownTurn(rooms, circle, async () => {
    const live = currentCircle(rooms, circle);
    const roster = rosterOf(live.state);
    const target = roster.members.get(member);
    const nodes = new Set(target ? nodesOf(roster, orgOf(target)).map(({ id }) => id) : [member]);
    const cuts = [...live.state.lanes.values()]
      .filter((lane) => nodes.has(lane.author))
      .map((lane) => ({ lane: lane.id, length: lane.length }));
    const change: RosterChange = { op: "remove", member, cuts };
    entitled(rooms, live, change);
    const statement = { kind: "roster", body: encodeChange(change) } as const;
    const records = await declare(rooms, live, [statement]);
    return records.find((record) => record.header.kind === "epoch")?.id;
  });
}

/** Makes a member a steward, or votes for that. Throws STEWARD_NEEDED or POST_REFUSED. */
export async function promote(rooms: Rooms, circle: CircleId, member: MemberId): Promise<void> {
  await ownTurn(rooms, circle, async () => {
    const live = currentCircle(rooms, circle);
    const change: RosterChange = { op: "promote", member };
    entitled(rooms, live, change);
    await declare(rooms, live, [{ kind: "roster", body: encodeChange(change) }]);
  });
}

/** Throws where everyone else would find the change void. */
export function entitled(rooms: Rooms, live: LiveCircle, change: RosterChange): void {
  const refused = entitlement(rooms, live, change);
  if (refused) throw refused;
}

/** Why everyone else would find a change of this node void, or undefined where it counts. */
export function entitlement(rooms: Rooms, live: LiveCircle, change: RosterChange): TocsinError | undefined {
  const roster = rosterOf(live.state);
  const noSteward = needsSteward(change, roster) ? refuseSteward(roster, rooms.me.id) : undefined;
  if (noSteward) return noSteward;
  const reason = refusal({ author: rooms.me.id, change, lane: live.row.lane, at: rooms.clock.now() }, roster);
  if (reason === undefined) return undefined;
  const hint = "keep this node linked to a member of another organisation, which takes its lane in by itself";
  return new TocsinError("POST_REFUSED", reason, speaksHere(rooms, live) ? {} : { hint });
}

/** Whether changes of this node count in the lane that it writes to; where it is not in yet, nothing is amiss. */
export function speaksHere(rooms: Rooms, live: LiveCircle): boolean {
  const me = live.state.roster?.members.get(rooms.me.id);
  return me === undefined || me.lane === live.row.lane;
}

/** Opens a ticket: its public half is told to the circle, its secret leaves in the answer and is kept nowhere. */
export async function invite(
  rooms: Rooms,
  circle: CircleId,
  options: { readonly for: string; readonly lifeMs: number },
): Promise<{ readonly ticket: TicketId; readonly line: string; readonly expires: number }> {
  return ownTurn(rooms, circle, async () => {
    const live = currentCircle(rooms, circle);
    const noSteward = refuseSteward(rosterOf(live.state), rooms.me.id);
    if (noSteward) throw noSteward;
    const open = openInvites(rooms, live);
    if (open.length >= limits.ticketsOpenMax)
      throw new TocsinError("LIMIT_EXCEEDED", `at most ${limits.ticketsOpenMax} tickets may be open at once`);
    const secret = rooms.random(16);
    const ticket = ticketIdOf(secret);
    // Whole seconds, as the ticket carries them.
    const expires = Math.floor((rooms.clock.now() + options.lifeMs) / 1_000) * 1_000;
    const line = printTicket({
      circlePrefix: idBytes(circle).slice(0, 16),
      secret,
      expires,
      responders: responders(rooms, live),
    });
    await declare(rooms, live, [
      { kind: "invite", body: encodeInvite({ op: "open", ticket, for: options.for, expires }) },
    ]);
    return { ticket, line, expires };
  });
}

/** This node, then the other stewards that told where they are reached: each of them may admit. */
function responders(rooms: Rooms, live: LiveCircle): readonly Responder[] {
  const net = rooms.net();
  const others = stewards(rosterOf(live.state)).filter((member) => member.id !== rooms.me.id);
  return [
    { hash: responderHash(net.transport), addresses: net.addresses() },
    ...others.map((member) => ({
      hash: responderHash(transportOf(member)),
      addresses: live.state.addresses.get(member.id) ?? [],
    })),
  ];
}

/** Makes a ticket useless. Throws NOT_FOUND, STEWARD_NEEDED. */
export async function revoke(rooms: Rooms, circle: CircleId, ticket: TicketId): Promise<void> {
  await ownTurn(rooms, circle, async () => {
    const live = currentCircle(rooms, circle);
    const noSteward = refuseSteward(rosterOf(live.state), rooms.me.id);
    if (noSteward) throw noSteward;
    if (!live.state.invites.has(ticket)) throw new TocsinError("NOT_FOUND", "there is no such ticket");
    await declare(rooms, live, [{ kind: "invite", body: encodeInvite({ op: "revoke", ticket }) }]);
  });
}

/** Tickets that still admit somebody. */
export function openInvites(rooms: Rooms, live: LiveCircle): readonly TicketId[] {
  const now = rooms.clock.now();
  const roster = rosterOf(live.state);
  return [...live.state.invites.values()]
    .filter((known) => !isRevoked(roster, known) && known.expires > now && !roster.tickets.has(known.ticket))
    .map((known) => known.ticket);
}

/**
 * What is due from time to time: tells the circle where this node is reached, if that changed, gives it a fresh prekey, if the last
 * one is a day old, forgets old ones, and complains of what a crash kept it from complaining of.
 */
export async function refreshNotices(rooms: Rooms, circle: CircleId): Promise<void> {
  await ownTurn(rooms, circle, async () => {
    const live = rooms.circles.get(circle);
    const { me } = rooms;
    const member = live?.state.roster?.members.get(me.id);
    if (!live || !member || live.row.state === "removed") return live && forgetPrekeys(rooms, live);
    // Said once the lane is confirmed: whoever confirms it calls again.
    if (standingOf(rooms, live).kind === "held") return;
    const statements: { readonly kind: "address" | "prekey"; readonly body: Uint8Array }[] = [];
    const told = [...(live.state.addresses.get(me.id) ?? []), live.state.relays.has(me.id)].join();
    const ours = reachOf(rooms);
    // Said anew on the lane of each entry: by that others, and this node itself, know that it has arrived.
    const arrived = live.state.lanes.has(live.row.lane);
    if (!arrived || told !== [...ours.addresses, ours.relay].join())
      statements.push({ kind: "address", body: encodeAddresses(ours) });
    statements.push(...(await renewal(rooms, live, member)));
    if (statements.length > 0) await declare(rooms, live, statements);
    await forgetPrekeys(rooms, live);
    await complain(rooms, live);
  });
}

/** Where this node is reached; nowhere, where it can only dial out. */
function reachOf(rooms: Rooms): Reach {
  const net = rooms.net();
  return { addresses: net.addresses().slice(0, limits.addressesPerMemberMax), relay: net.relays };
}

/** The epoch that a post would be sealed under now, for display. */
export function shownEpoch(rooms: Rooms, live: LiveCircle): ReturnType<typeof currentEpoch> {
  return live.state.roster?.members.has(rooms.me.id) ? currentEpoch(rooms, live, live.state) : undefined;
}
