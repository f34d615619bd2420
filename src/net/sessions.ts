// The life of a session: a hello over a connection makes one, the end of that connection ends it. At most one for each
// contact; a second connection to the same peer only adds what its hello proves.

import { setMaxListeners } from "node:events";
import type { Connection } from "@libp2p/interface";
import { nameOf } from "../base/events.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { CircleId, TransportId } from "../record/ids.ts";
import { isRelayed, transportOf } from "./addresses.ts";
import { FrameStream } from "./frames.ts";
import { HELLO_PROTOCOL, type HelloSide, answerHello, sayHello } from "./hello.ts";
import { type Mesh, type Session, grantedCircles, meterOf } from "./mesh.ts";
import { createOutbox } from "./outbox.ts";
import { PUSH_PROTOCOL, pushTo } from "./push.ts";
import { openFrames } from "./sync.ts";

const REOPEN_MIN_MS = 500; // a push stream that broke is opened again after this ...
const REOPEN_MAX_MS = 30_000; // ... doubling up to this
const TWINS_MS = 5_000; // two connections that began so close together come of both sides dialling at once

/** Says hello over a connection to a contact. Resolves once the peer has answered and the session is up. */
export async function greet(mesh: Mesh, connection: Connection): Promise<void> {
  const peer = contactOf(mesh, connection);
  const signal = AbortSignal.any([mesh.closed, AbortSignal.timeout(limits.helloTimeoutMs)]);
  const stream = await connection.newStream(HELLO_PROTOCOL, { signal });
  await using frames = new FrameStream(stream, meterOf(mesh, peer, connection));
  const startedMs = mesh.clock.monotonic();
  const proven = await sayHello(frames, sideOf(mesh, peer), signal);
  const session = admit(mesh, connection, { proven, startedMs });
  // Three crossings of the link: a first estimate, until the heartbeat brings a better one.
  session.rttMs ??= (mesh.clock.monotonic() - startedMs) / 3;
}

/** Answers the hello of a contact. */
export async function answer(mesh: Mesh, connection: Connection, frames: FrameStream): Promise<void> {
  const peer = contactOf(mesh, connection);
  const startedMs = mesh.clock.monotonic();
  await answerHello(frames, sideOf(mesh, peer), {
    admit: (proven) => void admit(mesh, connection, { proven, startedMs }),
    signal: AbortSignal.any([mesh.closed, AbortSignal.timeout(limits.helloTimeoutMs)]),
  });
}

/** Ends a session, if it is still the one of its peer. The connection may live on. */
export function endSession(mesh: Mesh, session: Session, why: string): void {
  if (mesh.sessions.get(session.peer) !== session) return;
  mesh.sessions.delete(session.peer);
  const cause = new TocsinError("CANCELLED", `the link ended: ${why}`);
  session.ended.abort(cause);
  for (const frames of session.inbound) frames.abort(cause);
  // Receipts for an author who is not reached from here any more go by others.
  for (const other of mesh.sessions.values()) for (const circle of other.proven) other.outbox.tellReceipts(circle);
  mesh.log("link-down", { peer: session.peer.slice(0, 8), why });
  mesh.host.linksChanged();
}

/** The session of a hello that was answered: a new one, or the one there is with what the hello proved added. */
function admit(
  mesh: Mesh,
  connection: Connection,
  hello: { readonly proven: Set<CircleId>; readonly startedMs: number },
): Session {
  const { proven, startedMs } = hello;
  const peer = contactOf(mesh, connection);
  const nowMs = mesh.clock.monotonic();
  let existing = mesh.sessions.get(peer);
  if (existing && isRelayed(existing.connection) && !isRelayed(connection)) {
    endSession(mesh, existing, "a direct link takes its place");
    existing = undefined;
  } else if (existing && existing.connection !== connection && nowMs - existing.startedMs > TWINS_MS) {
    // Nobody dials whom it is linked to: the peer has lost its end of the former connection, and we have not noticed.
    endSession(mesh, existing, "the peer dialled anew");
    existing.connection.abort(new TocsinError("CANCELLED", "the peer dialled anew"));
    existing = undefined;
  } else if (existing && isChosen(mesh, connection) && !isChosen(mesh, existing.connection)) {
    // Hellos that crossed would leave each side with another one of the two, and whichever is closed would cut one of them.
    endSession(mesh, existing, "the other of two connections is kept");
    // What it proved it proved by its key, over either of them.
    for (const circle of existing.proven) proven.add(circle);
    existing = undefined;
  }
  if (existing) {
    for (const circle of proven) {
      existing.proven.add(circle);
      mesh.met.add(circle);
    }
    existing.helloMs = startedMs;
    // The peer may have started afresh and forgotten what we told it.
    tellAll(existing, nowMs);
    mesh.host.linksChanged();
    return existing;
  }
  const contact = mesh.contacts.get(peer);
  if (!contact || connection.status !== "open")
    throw new TocsinError("PEER_REFUSED", "the peer is no contact any more");
  const ended = new AbortController();
  setMaxListeners(0, ended.signal);
  const session: Session = {
    peer,
    member: contact.member,
    connection,
    proven,
    theirs: new Map(),
    told: new Map(),
    receipts: new WeakSet(),
    stuck: new Map(),
    doubts: new Map(),
    sides: new Map(),
    outbox: createOutbox(),
    inbound: new Set(),
    ended,
    startedMs: nowMs,
    heardMs: nowMs,
    askedMs: nowMs,
    helloMs: startedMs,
    toldAllMs: nowMs,
    noPullUntilMs: 0,
    pullsBroken: 0,
    isLeftAlone: false,
    askedUntilMs: -Infinity,
    rttMs: undefined,
    pings: new Map(),
  };
  mesh.sessions.set(peer, session);
  mesh.run("push", () => keepPushing(mesh, session));
  mesh.log("link-up", { peer: peer.slice(0, 8), circles: proven.size, relayed: isRelayed(connection) });
  mesh.host.linksChanged();
  return session;
}

/** Of two connections that cross, both sides keep the one that the side with the lower id dialled. */
function isChosen({ self }: Mesh, connection: Connection): boolean {
  const peer = transportOf(connection.remotePeer);
  return !isRelayed(connection) && peer !== undefined && (connection.direction === "outbound") === self < peer;
}

/** Has the whole frontier of every shared circle told again, and the receipts that are the peer's. */
export function tellAll(session: Session, nowMs: number): void {
  session.toldAllMs = nowMs;
  session.told.clear();
  session.receipts = new WeakSet();
  for (const circle of session.proven) {
    session.outbox.tellReceipts(circle);
    session.outbox.tell(circle);
  }
}

/** Keeps a push stream open for as long as the session lasts. */
async function keepPushing(mesh: Mesh, session: Session): Promise<void> {
  let pauseMs = REOPEN_MIN_MS;
  while (!session.ended.signal.aborted) {
    const openedMs = mesh.clock.monotonic();
    try {
      await using frames = await openFrames(mesh, session.connection, { protocol: PUSH_PROTOCOL, peer: session });
      await pushTo(mesh, session, frames);
    } catch (cause) {
      if (session.ended.signal.aborted) return;
      mesh.log("push-broke", { peer: session.peer.slice(0, 8), reason: nameOf(cause) });
    }
    if (mesh.clock.monotonic() - openedMs > REOPEN_MAX_MS) pauseMs = REOPEN_MIN_MS;
    await mesh.clock.wait(pauseMs, session.ended.signal).catch(() => undefined);
    pauseMs = Math.min(pauseMs * 2, REOPEN_MAX_MS);
  }
}

/** The contact at the other end. Throws PEER_REFUSED where it is none (any more). */
function contactOf(mesh: Mesh, connection: Connection): TransportId {
  const peer = transportOf(connection.remotePeer);
  if (!peer || !mesh.contacts.has(peer)) throw new TocsinError("PEER_REFUSED", "the peer is no contact");
  return peer;
}

/** Our end of a hello: only circles that our rosters grant this peer are ever offered to it. */
const sideOf = (mesh: Mesh, peer: TransportId): HelloSide => ({
  self: mesh.self,
  peer,
  circles: grantedCircles(mesh, peer),
  random: mesh.random,
});
