// The side of an enrolment that is in the circle: whoever proved an org key by its handshake is told where that org is in,
// and brings the record by which a node of it comes in. No steward is needed: the org key says who acts for the org.

import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { nodesOf, orgOf, transportOf } from "../circle/roster.ts";
import { circleId, idBytes, memberId, type OrgId } from "../record/ids.ts";
import type { Lane } from "../feed/lane.ts";
import { decodeEnvelope } from "../record/wire.ts";
import type { JoinMessage } from "../net/net.ts";
import { contactsFor } from "./contacts.ts";
import { ingest } from "./ingest.ts";
import { encodeJoinAnswer, type EnrolCircle, type JoinRequest } from "./join-wire.ts";
import type { LiveCircle, Rooms } from "./rooms.ts";
import { isAbreast, takeInLanes, waitingLanes } from "./take-in.ts";

/** Answers the holder of an org key. Throws CIRCLE_UNKNOWN or JOIN_REFUSED; the code is told. */
export async function answerOrg(
  rooms: Rooms,
  org: OrgId,
  request: Extract<JoinRequest, { op: "circles" | "enrol" }>,
): Promise<JoinMessage> {
  const shared = [...rooms.circles.values()].filter((live) => isIn(live, org));
  if (shared.length === 0) throw new TocsinError("CIRCLE_UNKNOWN", "no circle here has this org in it");
  if (request.op === "circles") {
    const circles = shared.map((live) => circleFor(live, org));
    return encodeJoinAnswer({ op: "circles", responder: rooms.me.certificate.bytes, circles });
  }
  const id = circleId(request.circle);
  const live = shared.find(({ row }) => row.id === id);
  if (!live) throw new TocsinError("CIRCLE_UNKNOWN", "this org is in no such circle");
  const { author } = decodeEnvelope(request.record).header;
  // The record passes the one door; whose handshake brought it says nothing about what it is worth.
  const [arrival] = await ingest(rooms, { member: author, path: "push" }, { circle: id, envelopes: [request.record] });
  const member = live.state.roster?.members.get(memberId(idBytes(author)));
  // Whoever repeats an enrolment whose answer was lost is told again. What was refused is never passed on, whosever it claims to be.
  const isHeld = arrival?.kind === "kept" || arrival?.kind === "duplicate";
  if (!member || !isHeld || orgOf(member) !== org)
    throw new TocsinError("JOIN_REFUSED", `the enrolment was not taken: ${arrival?.kind ?? "nothing came"}`);
  rooms.net().push(id, [{ id: decodeEnvelope(request.record).id, envelope: request.record }]);
  // At once, before whoever holds a stolen key of this org says something meanwhile.
  const { lane } = decodeEnvelope(request.record).header;
  if (waitingLanes(rooms, live).includes(lane) && isAbreast(rooms, live, lane)) await takeInLanes(rooms, id, [lane]);
  rooms.log("org-enrolled", { member: member.id.slice(0, 8), transport: transportOf(member).slice(0, 8) });
  return encodeJoinAnswer({ op: "joined", pending: 0, lane: null, contacts: contactsFor(rooms, live) });
}

function isIn({ row, state }: LiveCircle, org: OrgId): boolean {
  return row.state === "current" && state.roster !== undefined && nodesOf(state.roster, org).length > 0;
}

function circleFor({ row, state }: LiveCircle, org: OrgId): EnrolCircle {
  const { graph, roster, lanes } = state;
  if (!roster) throw new TocsinError("CIRCLE_UNKNOWN", "the circle is still being fetched");
  // A thief may have begun more than are told: those that others took in come first, and what is said in the others does not count.
  const isTaken = ({ id }: Lane): number => (roster.lanes.has(id) ? 0 : 1);
  const nodes = nodesOf(roster, org).map(({ id }) => ({
    member: idBytes(id),
    lanes: [...lanes.values()]
      .filter((lane) => lane.author === id)
      .sort((left, right) => isTaken(left) - isTaken(right))
      .slice(0, limits.lanesPerMemberMax)
      .map(({ id: lane, length }) => ({ lane: idBytes(lane), length })),
  }));
  const heads = graph.heads.slice(0, limits.rosterHeadsMax).map(idBytes);
  return { id: idBytes(row.id), name: row.name, suite: roster.policy.suite, heads, nodes };
}
