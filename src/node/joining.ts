// The joiner's side: look at a circle, accept it, fetch it. Each failure names the step it happened in.

import { asTocsinError, TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { type MemberCertificate, parseCertificate } from "../../keys/index.ts";
import { circleOf, type Policy } from "../circle/change.ts";
import { isSameRule } from "../circle/consent.ts";
import { decodeChange } from "../circle/change-codec.ts";
import { parseTicket, type Ticket, ticketIdOf, ticketIsFor, ticketSeed } from "../circle/ticket.ts";
import type { JoinCall, JoinHandshake } from "../net/net.ts";
import {
  type CircleId,
  idBytes,
  laneId,
  memberId,
  ownsLane,
  type RecordId,
  type TransportId,
  transportId,
} from "../record/ids.ts";
import { clearBody, verifyRecord } from "../record/verify.ts";
import { decodeEnvelope } from "../record/wire.ts";
import { keepBootstrap } from "./contacts.ts";
import {
  decodeJoinAnswer,
  encodeJoinRequest,
  type JoinAnswer,
  joinProofMessage,
  type JoinRequest,
} from "./join-wire.ts";
import { awaitLane, doubtLane, loadWatch } from "./lanes.ts";
import { openCircle, refreshNotices } from "./membership.ts";
import { newPrekey } from "./prekeys.ts";
import { hasAccepted, keepShown } from "./consent.ts";
import type { LiveCircle, Rooms } from "./rooms.ts";
import type { CircleRow } from "../store/store.ts";

/** What a joiner is shown before it decides; proven to be the circle of the ticket, by the founder's signature. */
export type JoinPreview = {
  readonly circle: CircleId;
  readonly name: string;
  readonly policy: Policy;
  readonly inviter: MemberCertificate;
  /** Org names as the inviter tells them; the roster proves them later. */
  readonly members: readonly string[];
  readonly expires: number;
};

/** How long one node of a ticket is tried before the next. */
const RESPONDER_MS = 10_000;

export type JoinStep = "ticket" | "dial" | "preview" | "accept" | "fetch";

/** Asks the inviter what the ticket is for. Throws TICKET_*, PEER_UNREACHABLE, TIMEOUT, with the step in `details`. */
export async function preview(
  rooms: Rooms,
  line: string,
  by: { readonly call: JoinCall; readonly signal: AbortSignal },
): Promise<JoinPreview> {
  const ticket = await atStep("ticket", async () => checkedTicket(rooms, line));
  const answer = await atStep("dial", async () =>
    exchange(ticket, by, () => ({ op: "preview", circle: ticket.circlePrefix })),
  );
  return atStep("preview", async () => checkPreview(ticket, answer));
}

/** `missing`: how many more members must vouch before this node is in. */
export type Joined = {
  readonly live: LiveCircle;
  readonly shown: JoinPreview;
  readonly missing: number;
  /** False where the circle has other rules than were shown. */
  readonly rulesAccepted: boolean;
};

/**
 * Joins the circle of a ticket; resolves when this node stands in the roster it fetched, or is told to wait for the word of others.
 * It accepts the rules that it was shown; where the circle has others, it posts once these are accepted by word. Throws as `preview` does, and
 * CIRCLE_EXISTS where it is a member already; `agrees` throws where what is shown is not wanted.
 */
export async function join(
  rooms: Rooms,
  line: string,
  by: { readonly call: JoinCall; readonly signal: AbortSignal; readonly agrees?: (shown: JoinPreview) => void },
): Promise<Joined> {
  const ticket = await atStep("ticket", async () => checkedTicket(rooms, line));
  const shown = await preview(rooms, line, by);
  by.agrees?.(shown);
  const known = rooms.circles.get(shown.circle);
  // Whether it is a member still the inviter knows better: nobody tells a node of its own removal. Only its own ticket it knows.
  const before = known?.state.roster?.members.get(rooms.me.id)?.addedBy;
  if (before !== undefined && known?.state.roster?.tickets.get(ticketIdOf(ticket.secret)) === rooms.me.id) {
    throw new TocsinError("CIRCLE_EXISTS", `this node is a member of ${shown.name} already`);
  }
  if (!known && rooms.circles.size >= limits.circlesMax)
    throw new TocsinError("LIMIT_EXCEEDED", `a node takes part in at most ${limits.circlesMax} circles`);
  const fresh = openCircle(rooms, { id: shown.circle, name: shown.name, joinedAt: rooms.clock.now() });
  const { suite } = shown.policy;
  const { prekey, keep } = await newPrekey(rooms, shown.circle, { suite, generation: 0 });
  const { answer } = await atStep("accept", async () => {
    await keep();
    const certificate = rooms.me.certificate.bytes;
    const lane = idBytes(fresh.row.lane);
    return exchange(ticket, by, (handshake) => {
      const to = { circle: shown.circle, ticket: ticketIdOf(ticket.secret), handshake };
      const proof = rooms.me.key.sign(joinProofMessage(to, { certificate, prekey: prekey.bytes, lane }));
      return { op: "accept", circle: ticket.circlePrefix, certificate, prekey: prekey.bytes, lane, proof };
    });
  });
  if (answer.op !== "joined")
    throw new TocsinError("PEER_PROTOCOL", "the inviter answered something else", { details: { step: "accept" } });
  const row = await admittedRow(rooms, fresh.row, answer.lane);
  // What is held of an earlier membership is held on: the store has it, and its lanes go on where they are.
  const live = known ?? fresh;
  await keepBootstrap(rooms, shown.circle, answer.contacts);
  await rooms.turns.take(shown.circle, async () => {
    const isIn = live.row.state === "current" && live.state.roster?.members.has(rooms.me.id) === true;
    if (isIn && row === fresh.row) await awaitLane(rooms, live, row.lane);
    else {
      await rooms.store.commit({ circle: shown.circle, records: [], row });
      live.row = row;
      if (row !== fresh.row) live.watch = await loadWatch(rooms, row);
    }
    // A removal that was heard while the inviter answered took all prekeys along, and this one is of the new membership.
    await keep();
  });
  await keepShown(rooms, live, shown.policy);
  rooms.circles.set(shown.circle, live);
  rooms.contactsChanged();
  if (answer.pending > 0) return { live, shown, missing: answer.pending, rulesAccepted: true };
  await atStep("fetch", async () => standInRoster(rooms, live, { before, signal: by.signal }));
  await refreshNotices(rooms, shown.circle);
  return { live, shown, missing: 0, rulesAccepted: hasAccepted(rooms, live) };
}

/**
 * The row with the lane that this node was admitted with: another one than it asked for where the answer to an earlier call was lost. What
 * it said there since it does not know, so that lane is in doubt.
 */
async function admittedRow({ me, store }: Rooms, row: CircleRow, answered: Uint8Array | null): Promise<CircleRow> {
  const lane = answered === null ? row.lane : laneId(answered);
  if (lane === row.lane) return row;
  if (!ownsLane(me.id, lane)) throw new TocsinError("PEER_PROTOCOL", "the inviter admitted a lane of another");
  await doubtLane(store, row.id, lane);
  return { ...row, lane };
}

function checkedTicket(rooms: Rooms, line: string): Ticket {
  const ticket = parseTicket(line);
  if (ticket.expires <= rooms.clock.now()) throw new TocsinError("TICKET_EXPIRED", "the ticket has expired");
  return ticket;
}

/** An answer and the node that gave it. */
type Answered = { readonly answer: JoinAnswer; readonly responder: TransportId };

/** One exchange with the first node of the ticket that is reached. A refusal ends it: the others would refuse as well. */
async function exchange(
  ticket: Ticket,
  by: { readonly call: JoinCall; readonly signal: AbortSignal },
  respond: (handshake: JoinHandshake) => JoinRequest,
): Promise<Answered> {
  let unreached: unknown;
  for (const { hash, addresses } of ticket.responders) {
    try {
      const { reply, handshake } = await by.call({
        ticketSeed: ticketSeed(ticket.secret),
        addresses,
        responderHash: hash,
        respond: (handshake) => encodeJoinRequest(respond(handshake)),
        signal: AbortSignal.any([by.signal, AbortSignal.timeout(RESPONDER_MS)]),
      });
      return { answer: decodeJoinAnswer(reply), responder: handshake.responder };
    } catch (cause) {
      const next =
        cause instanceof TocsinError &&
        (cause.code === "PEER_UNREACHABLE" || cause.code === "TIMEOUT" || cause.code === "TICKET_WRONG_PEER");
      if (!next || by.signal.aborted) throw namedRefusal(cause);
      unreached ??= cause;
    }
  }
  throw unreached;
}

/** The inviter's refusal in our own words: a peer's sentence is never shown as ours. */
function namedRefusal(cause: unknown): unknown {
  const remote = cause instanceof TocsinError ? cause.details["remote"] : undefined;
  const known = REFUSALS.find(([code]) => code === remote);
  return known ? new TocsinError(known[0], known[1], { cause, details: { remote: known[0] } }) : cause;
}

const REFUSALS = [
  ["TICKET_USED", "the ticket was used already"],
  ["TICKET_REVOKED", "the inviter revoked the ticket"],
  ["TICKET_EXPIRED", "the inviter says that the ticket has expired"],
  ["TICKET_INVALID", "the inviter knows no such ticket"],
  ["POST_REFUSED", "the circle's rules do not allow it"],
] as const;

/**
 * R31: the genesis that is shown is signed by its founder, hashes to its circle's id, and that is the ticket's circle; the
 * certificate that is shown is that of the node which answers, so that comparing its fingerprint means something.
 */
function checkPreview(ticket: Ticket, { answer, responder }: Answered): JoinPreview {
  if (answer.op !== "preview" || answer.genesis.length > limits.envelopeBytesMax)
    throw new TocsinError("PEER_PROTOCOL", "the inviter answered something else");
  const genesis = verifyRecord(decodeEnvelope(answer.genesis));
  const { circle, author, kind } = genesis.header;
  const change = kind === "roster" ? decodeChange(clearBody(genesis), circle) : undefined;
  if (
    change?.op !== "genesis" ||
    !ticketIsFor(ticket, circle) ||
    circleOf({ ...change, certificate: change.founder.certificate }) !== circle ||
    memberId(change.founder.certificate.memberKey) !== author
  ) {
    throw new TocsinError("TICKET_WRONG_PEER", "the inviter shows another circle than the ticket's");
  }
  // Who may ever be in is as its founder signed it.
  if (!isSameRule(change.policy.only, answer.policy.only))
    throw new TocsinError(
      "TICKET_WRONG_PEER",
      "the inviter shows a circle that is closed to others than its founder said",
    );
  const inviter = parseCertificate(answer.inviter);
  if (transportId(inviter.transportKey) !== responder)
    throw new TocsinError("TICKET_WRONG_PEER", "the inviter shows the certificate of another");
  return {
    circle,
    name: change.name,
    // The founder's rules are proven, and may have been replaced: those of today are the inviter's word.
    policy: answer.policy,
    inviter,
    members: answer.members,
    expires: answer.expires,
  };
}

/** Resolves once this node was added by another operation than `before`. */
export async function standInRoster(
  rooms: Rooms,
  live: LiveCircle,
  { before, signal }: { readonly before: RecordId | undefined; readonly signal: AbortSignal },
): Promise<void> {
  for (;;) {
    const seen = rooms.changes.count();
    const addedBy = live.state.roster?.members.get(rooms.me.id)?.addedBy;
    if (addedBy !== undefined && addedBy !== before) return;
    await rooms.changes.after(seen, signal);
  }
}

async function atStep<T>(step: JoinStep, work: () => Promise<T> | T): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const timedOut = cause instanceof Error && (cause.name === "TimeoutError" || cause.name === "AbortError");
    const error = timedOut
      ? new TocsinError("TIMEOUT", `joining took too long (${stepWords[step]})`, { cause })
      : asTocsinError(cause);
    if (error.details["step"] !== undefined) throw error;
    const { message, hint, details } = error;
    throw new TocsinError(error.code, message, {
      cause: error,
      ...(hint === undefined ? {} : { hint }),
      details: { ...details, step },
    });
  }
}

const stepWords: Readonly<Record<JoinStep, string>> = {
  ticket: "reading the ticket",
  dial: "calling the inviter",
  preview: "checking the circle",
  accept: "being admitted",
  fetch: "fetching the circle",
};
