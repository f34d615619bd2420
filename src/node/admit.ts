// The side of a join that admits: whoever proved a ticket's one-time key is shown the circle, and let in once.

import { equalBytes } from "../base/bytes.ts";
import { TocsinError } from "../base/errors.ts";
import { certificateCovers, type MemberCertificate, parseCertificate, verifyStrict } from "../../keys/index.ts";
import type { RosterChange } from "../circle/change.ts";
import { encodeChange } from "../circle/change-codec.ts";
import { parsePrekey } from "../circle/prekey.ts";
import { circlePrefix } from "../circle/ticket.ts";
import { isRevoked, laneLimit } from "../circle/policy.ts";
import { isSteward, type Roster } from "../circle/roster.ts";
import type { JoinHandshake, JoinMessage } from "../net/net.ts";
import {
  idBytes,
  laneId,
  memberId,
  type MemberId,
  orgId,
  ownsLane,
  type RecordId,
  type TicketId,
} from "../record/ids.ts";
import { rosterOf } from "./circle-state.ts";
import { decodeJoinRequest, encodeJoinAnswer, joinProofMessage, type JoinRequest } from "./join-wire.ts";
import { contactsFor } from "./contacts.ts";
import { answerOrg } from "./enrol-answer.ts";
import { ownTurn } from "./lanes.ts";
import { entitled } from "./membership.ts";
import { declare } from "./post.ts";
import type { LiveCircle, Rooms } from "./rooms.ts";

/** Answers a joiner. Throws TICKET_* or JOIN_REFUSED; the code is told to the joiner. */
export async function admit(
  rooms: Rooms,
  ticket: TicketId,
  call: { readonly message: JoinMessage; readonly handshake: JoinHandshake },
): Promise<JoinMessage> {
  const request = decodeJoinRequest(call.message);
  if (request.op === "circles" || request.op === "enrol") return answerOrg(rooms, orgId(idBytes(ticket)), request);
  const live = circleOfTicket(rooms, ticket, request.circle);
  return ownTurn(rooms, live.row.id, async () => {
    if (request.op === "accept") return accept(rooms, live, { request, ticket, handshake: call.handshake });
    const roster = rosterOf(live.state);
    if (!isAwaited(live, ticket)) checkTicket(rooms, live, ticket);
    return encodeJoinAnswer({
      op: "preview",
      genesis: await genesisOf(rooms, live),
      inviter: rooms.me.certificate.bytes,
      members: [...roster.members.values()].map((member) => member.certificate.org),
      expires: live.state.invites.get(ticket)?.expires ?? 0,
      policy: roster.policy,
    });
  });
}

async function accept(
  rooms: Rooms,
  live: LiveCircle,
  by: {
    readonly request: Extract<JoinRequest, { op: "accept" }>;
    readonly ticket: TicketId;
    readonly handshake: JoinHandshake;
  },
): Promise<JoinMessage> {
  const { request, ticket, handshake } = by;
  const circle = live.row.id;
  const roster = rosterOf(live.state);
  const certificate = parseCertificate(request.certificate);
  const prekey = parsePrekey(request.prekey, circle);
  const member = memberId(certificate.memberKey);
  // A joiner whose answer got lost asks again: it is in already, by this very ticket.
  const again = roster.tickets.get(ticket) === member && isInOrWaits(roster, member);
  if (!again) checkTicket(rooms, live, ticket);
  if (!again && roster.members.has(member)) throw new TocsinError("CIRCLE_EXISTS", "the joiner is a member already");
  // R33: the member key signs for this circle, this ticket, this node and this stream.
  const proof = joinProofMessage({ circle, ticket, handshake }, request);
  if (!verifyStrict(certificate.memberKey, proof, request.proof) || prekey.member !== member) {
    throw new TocsinError("JOIN_REFUSED", "the joiner's proof does not verify");
  }
  if (!certificateCovers(certificate, rooms.clock.now()))
    throw new TocsinError("JOIN_REFUSED", "the joiner's certificate is not valid today");
  if (prekey.suite !== roster.policy.suite)
    throw new TocsinError("JOIN_REFUSED", "the joiner's prekey is of another suite");
  if (!again) {
    const lane = laneId(request.lane);
    if (!ownsLane(member, lane)) throw new TocsinError("JOIN_REFUSED", "the joiner's lane is not its own");
    const change: RosterChange = { op: "add", member: { certificate, prekey }, lane, ticket };
    entitled(rooms, live, change);
    // The epoch that includes the newcomer comes in the same batch, so that whoever learns of it can write to it.
    await declare(rooms, live, [{ kind: "roster", body: encodeChange(change) }]);
  }
  const { members, pending } = rosterOf(live.state);
  const lane = members.get(member)?.lane ?? pending.get(orgId(certificate.orgKey))?.lane;
  return encodeJoinAnswer({
    op: "joined",
    pending: missingFor(live, certificate),
    lane: lane === undefined ? null : idBytes(lane),
    contacts: contactsFor(rooms, live),
  });
}

/** The circle that the joiner means: a steward of another one may have announced the same ticket there. */
function circleOfTicket(rooms: Rooms, ticket: TicketId, prefix: Uint8Array): LiveCircle {
  for (const live of rooms.circles.values()) {
    if (live.state.invites.has(ticket) && equalBytes(circlePrefix(live.row.id), prefix)) return live;
  }
  throw new TocsinError("TICKET_INVALID", "this node knows no such ticket");
}

/**
 * R32: a ticket admits while it is open, unexpired by the admitting node's clock, unused and unrevoked, and while whoever
 * opened it is a steward: one that is removed leaves no way back in.
 */
function checkTicket(rooms: Rooms, live: LiveCircle, ticket: TicketId): void {
  const known = live.state.invites.get(ticket);
  const roster = rosterOf(live.state);
  if (!known) throw new TocsinError("TICKET_INVALID", "this node knows no such ticket");
  if (roster.tickets.has(ticket)) throw new TocsinError("TICKET_USED", "the ticket was used already");
  if (isRevoked(roster, known)) throw new TocsinError("TICKET_REVOKED", "the ticket was revoked");
  if (known.expires <= rooms.clock.now()) throw new TocsinError("TICKET_EXPIRED", "the ticket has expired");
  if (!isSteward(roster, rooms.me.id))
    throw new TocsinError("JOIN_REFUSED", "the node that answers may not admit anybody");
}

function isInOrWaits({ members, pending }: Roster, member: MemberId): boolean {
  const waits = [...pending.values()].some(({ admission }) => memberId(admission.certificate.memberKey) === member);
  return members.has(member) || waits;
}

/** How many more orgs must vouch for a joiner. */
function missingFor({ state }: LiveCircle, { orgKey }: MemberCertificate): number {
  const { pending, vouches, policy } = rosterOf(state);
  const waiting = pending.get(orgId(orgKey));
  if (!waiting) return 0;
  return Math.max(1, policy.vouches - new Set([waiting.by, ...(vouches.get(orgId(orgKey)) ?? [])]).size);
}

/** Whether whoever came in by the ticket has said nothing since: its answer may be lost, so it is shown the circle again. */
function isAwaited(live: LiveCircle, ticket: TicketId): boolean {
  const roster = rosterOf(live.state);
  const member = roster.tickets.get(ticket);
  if (member === undefined || !isInOrWaits(roster, member)) return false;
  return ![...live.state.lanes.values()].some(
    (lane) => lane.author === member && laneLimit(roster, member, lane.id) === Infinity,
  );
}

async function genesisOf(rooms: Rooms, live: LiveCircle): Promise<Uint8Array> {
  const genesis = [...live.state.graph.ops.values()].find((op) => op.change.op === "genesis");
  const envelope = genesis && (await rooms.store.envelope(genesis.id satisfies RecordId));
  if (!envelope) throw new TocsinError("INTERNAL", "the genesis of a circle is missing");
  return envelope;
}
