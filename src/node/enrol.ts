// A node comes into the circles of its org by the word of the org key: as a further node, or in the place of one that is
// lost, stolen or out of date. It needs one member that answers, and no steward.

import { TocsinError } from "../base/errors.ts";
import type { SigningKey } from "../../keys/index.ts";
import { parseCertificate } from "../../keys/index.ts";
import type { RosterChange } from "../circle/change.ts";
import { encodeChange } from "../circle/change-codec.ts";
import { nodesOf } from "../circle/roster.ts";
import { signEnrol, signRetire } from "../circle/statement.ts";
import type { JoinCall } from "../net/net.ts";
import {
  type CircleId,
  circleId,
  laneId,
  memberId,
  type MemberId,
  orgId,
  recordId,
  transportId,
} from "../record/ids.ts";
import { signClear } from "../record/sign.ts";
import { rosterOf } from "./circle-state.ts";
import { keepBootstrap } from "./contacts.ts";
import {
  decodeJoinAnswer,
  encodeJoinRequest,
  type EnrolCircle,
  type JoinAnswer,
  type JoinRequest,
} from "./join-wire.ts";
import { standInRoster } from "./joining.ts";
import { ownTurn } from "./lanes.ts";
import { entitled, openCircle, refreshNotices } from "./membership.ts";
import { currentCircle, declare } from "./post.ts";
import { freshPrekey } from "./prekeys.ts";
import type { Rooms } from "./rooms.ts";

/** How a node reaches a member, and proves its org while it does. */
export type OrgCall = {
  readonly call: JoinCall;
  readonly addresses: readonly string[];
  /** Seed of the org key, 32 bytes. */
  readonly orgSeed: Uint8Array;
  readonly orgKey: SigningKey;
  readonly signal: AbortSignal;
};

/** What became of one circle. */
export type Enrolled = {
  readonly circle: CircleId;
  readonly name: string;
  /** Nodes of the org that this one took the place of. */
  readonly replaced: readonly MemberId[];
};

/** Who answered, and the circles that it knows the org in. Throws PEER_UNREACHABLE, JOIN_REFUSED, TIMEOUT, PEER_PROTOCOL. */
export async function findCircles(
  rooms: Rooms,
  by: OrgCall,
): Promise<{ readonly responder: ReturnType<typeof parseCertificate>; readonly circles: readonly EnrolCircle[] }> {
  if (orgId(by.orgKey.publicKey) !== orgId(rooms.me.certificate.orgKey))
    throw new TocsinError("KEY_REFUSED", "this is the key of another organisation");
  const { answer, transport } = await ask(by, { op: "circles" });
  if (answer.op !== "circles") throw new TocsinError("PEER_PROTOCOL", "the node answered something else");
  const responder = parseCertificate(answer.responder);
  // As when joining: the name that people are shown is that of the node which answers.
  if (transportId(responder.transportKey) !== transport)
    throw new TocsinError("TICKET_WRONG_PEER", "the node shows the certificate of another");
  return { responder, circles: answer.circles };
}

/**
 * Enrols this node in a circle of its org and resolves when it stands in the roster that it fetched. `replaces` names nodes of
 * the org that are out for good from then on. Throws as `findCircles`.
 */
export async function enrol(
  rooms: Rooms,
  circle: EnrolCircle,
  options: { readonly by: OrgCall; readonly replaces: (member: MemberId) => boolean },
): Promise<Enrolled> {
  const { me, clock, random } = rooms;
  const { by } = options;
  const id = circleId(circle.id);
  const isIn = circle.nodes.some(({ member }) => memberId(member) === me.id);
  const live = rooms.circles.get(id) ?? openCircle(rooms, { id, name: circle.name, joinedAt: clock.now() });
  const old = circle.nodes.filter(({ member }) => memberId(member) !== me.id && options.replaces(memberId(member)));
  const replaced = old.map(({ member }) => memberId(member));
  if (isIn && rooms.circles.has(id)) return { circle: id, name: circle.name, replaced: [] };
  if (!isIn) {
    const prekey = await freshPrekey(rooms, id, circle.suite);
    const consent = signEnrol({ circle: id, certificate: me.certificate, replaces: replaced }, by.orgKey);
    const cuts = old.flatMap(({ lanes }) => lanes.map(({ lane, length }) => ({ lane: laneId(lane), length })));
    const member = { certificate: me.certificate, prekey };
    const change: RosterChange = { op: "enrol", member, replaces: replaced, cuts, consent };
    const place = { author: me.id, lane: live.row.lane, seq: 0, prev: undefined };
    const rosterHeads = circle.heads.map(recordId).sort();
    const draft = { circle: id, kind: "roster", ...place, rosterHeads, epoch: undefined, exercise: false } as const;
    const record = signClear({ ...draft, at: clock.now() }, { bytes: encodeChange(change) }, { key: me.key, random });
    const { answer } = await ask(by, { op: "enrol", circle: circle.id, record: record.bytes });
    if (answer.op !== "joined") throw new TocsinError("PEER_PROTOCOL", "the node answered something else");
    await keepBootstrap(rooms, id, answer.contacts);
  } else {
    // A crash between being taken in and noting it: the roster has this node, so any member of it is a way in.
    const { answer } = await ask(by, { op: "circles" });
    if (answer.op === "circles") {
      const contact = { certificate: answer.responder, addresses: by.addresses.slice(0, 2) };
      await keepBootstrap(rooms, id, [contact]);
    }
  }
  await rooms.store.commit({ circle: id, records: [], row: live.row });
  rooms.circles.set(id, live);
  rooms.contactsChanged();
  await standInRoster(rooms, live, { before: undefined, signal: by.signal });
  await refreshNotices(rooms, id);
  return { circle: id, name: circle.name, replaced };
}

async function ask(
  by: OrgCall,
  request: JoinRequest,
): Promise<{ readonly answer: JoinAnswer; readonly transport: ReturnType<typeof transportId> }> {
  const { call, addresses, orgSeed, signal } = by;
  const respond = (): Uint8Array => encodeJoinRequest(request);
  const { reply, handshake } = await call({ ticketSeed: orgSeed, addresses, respond, signal });
  return { answer: decodeJoinAnswer(reply), transport: handshake.responder };
}

/**
 * Withdraws nodes of this org from a circle for ever; this one among them ends the org's part in it. Throws POST_REFUSED, as where
 * no other org has taken this node in yet.
 */
export async function retire(
  rooms: Rooms,
  circle: CircleId,
  options: { readonly members: readonly MemberId[]; readonly orgKey: SigningKey },
): Promise<void> {
  await ownTurn(rooms, circle, async () => {
    const live = currentCircle(rooms, circle);
    const org = orgId(rooms.me.certificate.orgKey);
    const own = new Set(nodesOf(rosterOf(live.state), org).map(({ id }) => id));
    const members = options.members.filter((id) => own.has(id));
    if (members.length === 0) return;
    const cuts = [...live.state.lanes.values()]
      .filter(({ author }) => members.includes(author))
      .map(({ id, length }) => ({ lane: id, length }));
    const consent = signRetire({ circle, org, members }, options.orgKey);
    const change: RosterChange = { op: "retire", org, members, cuts, consent };
    entitled(rooms, live, change);
    await declare(rooms, live, [{ kind: "roster", body: encodeChange(change) }]);
  });
}
