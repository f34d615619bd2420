// Records to a linked peer as they are posted: one long-lived stream per direction. The reader answers every batch with
// the frontier that it now holds durably, which is the acknowledgement; there is no other.

import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { CircleId } from "../record/ids.ts";
import { deliver } from "./arrivals.ts";
import type { FrameStream } from "./frames.ts";
import { type Mesh, type Session, grants, learn, lengthsOf, sharedCircles, shares, tellNews } from "./mesh.ts";
import type { Contact } from "./net.ts";
import type { Puller } from "./sync.ts";
import { type Message, decodeMessage, encodeMessage } from "./wire.ts";

export const PUSH_PROTOCOL = "/tocsin/push/1";

const BUDGET_BURST_MS = 10_000;
const FAULT_DELAY_MS = 1_000; // a peer that pushes forgeries may reopen its stream only so often
const BATCH_ENVELOPES = limits.syncPageRecords;

/**
 * Offers records to the linked members of a circle, at most `limits.pushPeersMax` of them, others each time.
 * Says whether every member who is our contact was offered them.
 */
export function offerToLinked(mesh: Mesh, circle: CircleId, envelopes: readonly Uint8Array[]): boolean {
  const isIn = (contact: Contact | undefined): boolean => contact?.contested?.includes(circle) !== true;
  const sessions = Array.from(mesh.sessions.values()).filter(
    (session) => shares(mesh, session, circle) && isIn(mesh.contacts.get(session.peer)),
  );
  const start = sessions.length > limits.pushPeersMax ? (mesh.random(1)[0] ?? 0) % sessions.length : 0;
  const chosen = [...sessions.slice(start), ...sessions.slice(0, start)].slice(0, limits.pushPeersMax);
  for (const session of chosen) session.outbox.offer(circle, envelopes);
  const members = Array.from(mesh.contacts.values()).filter(
    (contact) => contact.circles.includes(circle) && isIn(contact),
  );
  return chosen.length >= members.length;
}

/** Sends what the outbox holds until the stream or the session ends, and reads the acknowledgements. */
export async function pushTo(mesh: Mesh, session: Session, frames: FrameStream): Promise<void> {
  const stopped = new AbortController();
  const stop = AbortSignal.any([session.ended.signal, stopped.signal]);
  const ended = new TocsinError("CANCELLED", "the push stream ended");
  session.outbox.open();
  session.told.clear();
  session.receipts = new WeakSet();
  for (const circle of sharedCircles(mesh, session)) {
    session.outbox.tellReceipts(circle);
    session.outbox.tell(circle);
  }
  const results = await Promise.allSettled([
    sendOutbox(mesh, session, { frames, stop }).finally(() => stopped.abort(ended)),
    readAcknowledgements(mesh, session, { frames, stop }).finally(() => stopped.abort(ended)),
  ]);
  session.outbox.shut();
  // One half stops the other; what stopped the first is the reason.
  for (const result of results) if (result.status === "rejected" && result.reason !== ended) throw result.reason;
}

type Half = { readonly frames: FrameStream; readonly stop: AbortSignal };

/** One message after the other, each waiting while the stream is full. */
async function sendOutbox(mesh: Mesh, session: Session, { frames, stop }: Half): Promise<void> {
  for (;;) {
    const outgoing = await session.outbox.next(stop);
    if (outgoing.kind === "records") mesh.counters.pushSent += outgoing.envelopes.length;
    if (outgoing.kind === "tellReceipts") {
      for (const message of receipts(mesh, session, outgoing.circle)) await frames.write(encodeMessage(message), stop);
      continue;
    }
    const message = outgoing.kind === "tell" ? news(mesh, session, outgoing.circle) : outgoing;
    if (message) await frames.write(encodeMessage(message), stop);
    if (outgoing.kind === "records") mesh.host.sent(session.member, outgoing.circle, outgoing.envelopes);
  }
}

/** The receipts that the peer is to have and does not know, in messages. */
function* receipts(mesh: Mesh, session: Session, circle: CircleId): Generator<Message> {
  if (!shares(mesh, session, circle)) return;
  const linked = new Set([...mesh.sessions.values()].map(({ member }) => member));
  const due = mesh.host.receipts(session.member, circle, linked);
  const unknown = due.filter((receipt) => !session.receipts.has(receipt));
  for (const receipt of unknown) session.receipts.add(receipt);
  for (let from = 0; from < unknown.length; from += limits.receiptsPerMessage)
    yield { kind: "receipts", circle, receipts: unknown.slice(from, from + limits.receiptsPerMessage) };
}

/** Our frontier of a circle as far as the peer does not know it, or undefined where there is nothing to tell. */
function news(mesh: Mesh, session: Session, circle: CircleId): Message | undefined {
  if (!shares(mesh, session, circle)) return undefined;
  const first = !session.told.has(circle);
  const frontier = tellNews(lengthsOf(session.told, circle), mesh.host.frontier(circle, session.member));
  return first || frontier.size > 0
    ? { kind: "have", circle, frontier, heads: mesh.host.heads(circle, session.member) }
    : undefined;
}

/** What the peer now holds durably, and its answers to heartbeats. */
async function readAcknowledgements(mesh: Mesh, session: Session, { frames, stop }: Half): Promise<void> {
  for (;;) {
    const arrived = await frames.readSome(stop);
    if (arrived.length === 0) return;
    for (const message of arrived.map(decodeMessage)) {
      if (message.kind === "pong") {
        const { askedMs } = session;
        if (message.token === Math.floor(askedMs)) session.rttMs = mesh.clock.monotonic() - askedMs;
        session.pings.get(message.token)?.();
      } else if (message.kind === "held") {
        session.outbox.acknowledged(message.batches);
        if (!shares(mesh, session, message.circle) || message.frontier.size === 0) continue;
        learn(session, message.circle, message.frontier);
        // Where it differs, its next word of what it holds has its side fetched.
        await hear(mesh, session, message);
      } else throw new TocsinError("PEER_PROTOCOL", `${message.kind} where an acknowledgement was due`);
    }
  }
}

/** Tells the node what a peer holds. Says whether that is another side of a lane of ours. */
async function hear(
  mesh: Mesh,
  session: Session,
  told: Pick<Extract<Message, { kind: "have" }>, "circle" | "frontier" | "heads">,
): Promise<boolean> {
  const differing = await mesh.host.held(session.member, told.circle, told);
  for (const [lane, place] of differing) session.doubts.set(lane, place);
  return differing.size > 0;
}

/** Whether a peer told of more than is held here: in a large circle nearly all that members tell is known long since. */
function isNews(mesh: Mesh, { circle, frontier }: Extract<Message, { kind: "have" }>): boolean {
  const ours = mesh.host.wantedFrom(circle);
  const contested = mesh.host.contested(circle);
  return [...frontier].some(([lane, length]) => length > (ours.get(lane) ?? 0) || contested.has(lane));
}

/** Reads a peer's push stream until it ends: has every batch stored, then acknowledges it. */
export async function pushFrom(
  mesh: Mesh,
  session: Session,
  options: { readonly frames: FrameStream; readonly puller: Puller },
): Promise<void> {
  const { frames, puller } = options;
  const signal = session.ended.signal;
  const spend = budget(mesh);
  // A peer opens one in each of its sessions. Where ours outlived its last one, as after the loss of one of two connections that
  // crossed, a pull that brought nothing then, or broke, says nothing of what it would give now.
  session.stuck.clear();
  session.isLeftAlone = false;
  for (;;) {
    const arrived = await frames.readSome(signal);
    if (arrived.length === 0) return;
    for (const step of steps(arrived.map(decodeMessage))) {
      if (step.kind === "ping") await frames.write(encodeMessage({ kind: "pong", token: step.token }), signal);
      else if (step.kind === "receipts") {
        await spend(step.receipts.length, signal);
        if (!shares(mesh, session, step.circle)) continue;
        for (const receipt of step.receipts) session.receipts.add(receipt);
        await mesh.host.heardReceipts(session.member, step.circle, step.receipts);
      } else if (step.kind === "have") {
        if (!grants(mesh, session, step.circle)) continue;
        const first = !session.theirs.has(step.circle);
        learn(session, step.circle, step.frontier);
        // The peer may know before us that a hello has proven the circle; it is pulled once we know too.
        if (!shares(mesh, session, step.circle)) continue;
        const differs = await hear(mesh, session, step);
        if (first || differs) puller.want(step.circle, "now");
        else if (isNews(mesh, step)) puller.want(step.circle, "soon");
      } else {
        const { circle, envelopes, batches } = step;
        await spend(envelopes.length, signal);
        const known = shares(mesh, session, circle);
        if (known) await store(mesh, session, { circle, envelopes, puller });
        const frontier = known
          ? tellNews(lengthsOf(session.told, circle), mesh.host.frontier(circle, session.member))
          : new Map();
        const heads = known ? mesh.host.heads(circle, session.member) : new Map();
        await frames.write(encodeMessage({ kind: "held", circle, frontier, heads, batches }), signal);
      }
    }
  }
}

/** Has a batch stored. Throws PEER_REFUSED, after a delay, where it proves the peer's fault. */
async function store(
  mesh: Mesh,
  session: Session,
  arrived: { readonly circle: CircleId; readonly envelopes: readonly Uint8Array[]; readonly puller: Puller },
): Promise<void> {
  const { circle, envelopes, puller } = arrived;
  const tally = await deliver(mesh, session, { circle, envelopes, path: "push" });
  if (tally.blame !== undefined) {
    await mesh.clock.wait(FAULT_DELAY_MS, session.ended.signal);
    throw new TocsinError("PEER_REFUSED", "the peer pushed a record that proves its fault");
  }
  if (tally.gaps > 0 || tally.forked > 0) puller.want(circle, "now");
}

type Step =
  | Extract<Message, { kind: "have" | "receipts" | "ping" }>
  | {
      readonly kind: "records";
      readonly circle: CircleId;
      readonly envelopes: readonly Uint8Array[];
      readonly batches: number;
    };

/** The messages in order, neighbouring batches of one circle joined: what has queued up is stored with one fsync. */
function* steps(messages: readonly Message[]): Generator<Step> {
  let joined: { circle: CircleId; envelopes: readonly Uint8Array[]; batches: number } | undefined;
  for (const message of messages) {
    if (joined && message.kind === "records" && message.circle === joined.circle) {
      const { circle, envelopes, batches } = joined;
      if (envelopes.length + message.envelopes.length <= BATCH_ENVELOPES) {
        joined = { circle, envelopes: [...envelopes, ...message.envelopes], batches: batches + 1 };
        continue;
      }
    }
    if (joined) yield { kind: "records", ...joined };
    joined = undefined;
    if (message.kind === "records") joined = { circle: message.circle, envelopes: message.envelopes, batches: 1 };
    else if (message.kind === "have" || message.kind === "receipts" || message.kind === "ping") yield message;
    else throw new TocsinError("PEER_PROTOCOL", `${message.kind} on a push stream`);
  }
  if (joined) yield { kind: "records", ...joined };
}

/** Slows the reading of a link to `limits.inboundRecordsPerSecond` once its burst is spent. */
function budget(mesh: Mesh): (records: number, signal: AbortSignal) => Promise<void> {
  const perMs = limits.inboundRecordsPerSecond / 1_000;
  let paidUntilMs = 0; // the moment until which the records seen so far use up the allowance
  return async (records, signal) => {
    const nowMs = mesh.clock.monotonic();
    paidUntilMs = Math.max(paidUntilMs, nowMs - BUDGET_BURST_MS) + records / perMs;
    if (paidUntilMs > nowMs) await mesh.clock.wait(paidUntilMs - nowMs, signal);
  };
}
