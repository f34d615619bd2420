// The link supervisor: every contact is dialled until it is linked, for ever; dead links are cut, double ones made
// single, strangers hung up on. It works from what libp2p says is connected now, twice a second; events only wake it.

import type { Connection, Libp2p } from "@libp2p/interface";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { TransportId } from "../record/ids.ts";
import { dialTargets, peerIdOf, transportOf } from "./addresses.ts";
import type { Gate } from "./gater.ts";
import { type Mesh, type Session, grantedCircles } from "./mesh.ts";
import type { Contact, Link } from "./net.ts";
import { endSession, greet, tellAll } from "./sessions.ts";

const TICK_MS = 500;
const BACKOFF_MIN_MS = 1_000;
const STALL_MS = 5_000; // a tick this late means that we stood still, not that our peers did
const ASLEEP_MS = 20_000; // and this late that the machine slept: every address is worth a fresh try
const DOUBLE_MS = 5_000;
const REHELLO_MS = 30_000;
const GREET_PATIENCE_MS = 2_000; // for the side that dialled to speak first

/** How the dialling of one contact goes. */
type Attempt = {
  dueMs: number; // monotonic
  backoffMs: number;
  dialling: boolean;
  addresses: string;
  refused: boolean;
  lastError: string | undefined;
};

export type Links = {
  /** Looks at everything now instead of at the next tick. */
  readonly nudge: () => void;
  /** Takes note of contacts that came, left or moved. */
  readonly contactsChanged: () => void;
  readonly list: () => readonly Link[];
};

/** Starts the supervisor; it ends with `mesh.closed`. `everyTick` runs after each look. */
export function superviseLinks(
  mesh: Mesh,
  parts: { readonly node: Libp2p; readonly gate: Gate; readonly everyTick: () => void },
): Links {
  const { node, gate } = parts;
  const attempts = new Map<TransportId, Attempt>();
  const lastSeen = new Map<TransportId, number>(); // wall clock; entries of contacts only
  const greeting = new Set<string>(); // ids of connections with a hello under way
  let tickedMs = mesh.clock.monotonic();
  let nudged = false;

  const tick = (): void => {
    const nowMs = mesh.clock.monotonic();
    const pauseMs = nowMs - tickedMs;
    tickedMs = nowMs;
    if (pauseMs > STALL_MS) for (const session of mesh.sessions.values()) session.heardMs = nowMs;
    if (pauseMs > ASLEEP_MS) for (const attempt of attempts.values()) attempt.dueMs = nowMs;
    const connected = reviewConnections(nowMs);
    for (const session of mesh.sessions.values()) reviewSession(session, nowMs);
    dialDue(connected, nowMs);
    parts.everyTick();
  };

  /** Cuts what may not stay, greets what has no session, and makes double links single. */
  const reviewConnections = (nowMs: number): ReadonlySet<TransportId> => {
    const connected = new Set<TransportId>();
    for (const connection of node.getConnections()) {
      if (connection.status !== "open") continue;
      const peer = transportOf(connection.remotePeer);
      const ageMs = mesh.clock.now() - connection.timeline.open;
      const role = gate.admits(connection.remotePeer);
      // A ticket buys one short exchange; a person's decision happens between two of them.
      const overstays = role === "ticket" && ageMs > limits.helloTimeoutMs && connection.streams.length === 0;
      if (!peer || role === undefined || overstays || (role === "ticket" && ageMs > limits.joinTimeoutMs)) {
        connection.abort(new TocsinError("PEER_REFUSED", "the peer may not stay connected"));
        continue;
      }
      if (role === "ticket") continue;
      connected.add(peer);
      const session = mesh.sessions.get(peer);
      if (!session) {
        // The dialling side speaks first; the other one only where nothing came.
        if (connection.direction === "outbound" || ageMs > GREET_PATIENCE_MS) greetOver(connection, peer);
      } else if (session.connection !== connection && mesh.self < peer && nowMs - session.startedMs > DOUBLE_MS) {
        // One side decides, so that the two do not each close the other's choice.
        if (ageMs > DOUBLE_MS) connection.close().catch((cause: Error) => connection.abort(cause));
      }
    }
    return connected;
  };

  const greetOver = (connection: Connection, peer: TransportId): void => {
    if (greeting.has(connection.id)) return;
    greeting.add(connection.id);
    mesh.run("hello", async () => {
      try {
        await greet(mesh, connection);
        linked(peer);
      } catch (cause) {
        failed(peer, cause);
        if (!mesh.sessions.has(peer)) connection.abort(new TocsinError("PEER_REFUSED", "no hello"));
      } finally {
        greeting.delete(connection.id);
      }
    });
  };

  const reviewSession = (session: Session, nowMs: number): void => {
    lastSeen.set(session.peer, mesh.clock.now() - (nowMs - session.heardMs));
    if (session.connection.status !== "open") return endSession(mesh, session, "connection closed");
    if (nowMs - session.heardMs > limits.linkDeadMs) {
      endSession(mesh, session, "no answer");
      return session.connection.abort(new TocsinError("TIMEOUT", "the peer stopped answering"));
    }
    const silentMs = Math.min(nowMs - session.heardMs, nowMs - session.askedMs);
    if (silentMs >= limits.heartbeatMs) {
      session.askedMs = nowMs;
      session.outbox.ping(Math.floor(nowMs));
    }
    if (nowMs - session.toldAllMs >= limits.syncIntervalMs) tellAll(session, nowMs);
    // Our rosters may differ for a while: ask again until both grant what ours grants.
    const unproven = grantedCircles(mesh, session.peer).some(({ id }) => !session.proven.has(id));
    if (unproven && nowMs - session.helloMs >= REHELLO_MS) rehello(session, nowMs);
  };

  const rehello = (session: Session, nowMs: number): void => {
    session.helloMs = nowMs;
    greetOver(session.connection, session.peer);
  };

  const dialDue = (connected: ReadonlySet<TransportId>, nowMs: number): void => {
    let active = 0;
    for (const attempt of attempts.values()) if (attempt.dialling) active += 1;
    for (const [peer, attempt] of attempts) {
      if (active >= limits.dialParallelMax) return;
      const contact = mesh.contacts.get(peer);
      if (!contact || attempt.dialling || attempt.dueMs > nowMs) continue;
      if (connected.has(peer) || mesh.sessions.has(peer) || contact.addresses.length === 0) continue;
      active += 1;
      dial(contact, attempt);
    }
  };

  const dial = (contact: Contact, attempt: Attempt): void => {
    const peer = contact.transport;
    attempt.dialling = true;
    mesh.host.linksChanged();
    mesh.run("dial", async () => {
      try {
        const targets = dialTargets(contact.addresses, peerIdOf(peer));
        const signal = AbortSignal.any([mesh.closed, AbortSignal.timeout(limits.dialTimeoutMs)]);
        const connection = await node.dial(targets, { signal });
        // A refused dial resolves as well: only the answered hello is a link.
        if (!mesh.sessions.has(peer)) greetOver(connection, peer);
      } catch (cause) {
        failed(peer, cause);
      } finally {
        attempt.dialling = false;
      }
    });
  };

  const linked = (peer: TransportId): void => {
    const attempt = attempts.get(peer);
    if (!attempt) return;
    attempt.backoffMs = 0;
    attempt.refused = false;
    attempt.lastError = undefined;
    mesh.host.linksChanged();
  };

  const failed = (peer: TransportId, cause: unknown): void => {
    const attempt = attempts.get(peer);
    if (!attempt || mesh.closed.aborted) return;
    attempt.backoffMs = Math.min(Math.max(BACKOFF_MIN_MS, attempt.backoffMs * 2), limits.redialMaxMs);
    attempt.dueMs = mesh.clock.monotonic() + attempt.backoffMs * (0.5 + fraction(mesh));
    attempt.lastError = inWords(cause);
    attempt.refused = attempt.lastError === REFUSED;
    mesh.log("dial-failed", { peer: peer.slice(0, 8), reason: attempt.lastError });
    mesh.host.linksChanged();
  };

  const nudge = (): void => {
    if (nudged) return;
    nudged = true;
    queueMicrotask(() => {
      nudged = false;
      if (!mesh.closed.aborted) tick();
    });
  };

  node.addEventListener("connection:close", (event) => {
    const peer = transportOf(event.detail.remotePeer);
    const session = peer && mesh.sessions.get(peer);
    const attempt = peer && attempts.get(peer);
    if (session?.connection === event.detail) {
      endSession(mesh, session, "connection closed");
      // At once, but not all members of a circle in the same instant.
      if (attempt) attempt.dueMs = mesh.clock.monotonic() + fraction(mesh) * BACKOFF_MIN_MS;
    }
    nudge();
  });

  mesh.run("links", async () => {
    while (!mesh.closed.aborted) {
      tick();
      await mesh.clock.wait(TICK_MS, mesh.closed).catch(() => undefined);
    }
  });

  return {
    nudge,
    contactsChanged: () => {
      const nowMs = mesh.clock.monotonic();
      for (const peer of attempts.keys()) if (!mesh.contacts.has(peer)) attempts.delete(peer);
      for (const peer of lastSeen.keys()) if (!mesh.contacts.has(peer)) lastSeen.delete(peer);
      for (const [peer, contact] of mesh.contacts) {
        const addresses = contact.addresses.join(" ");
        const known = attempts.get(peer);
        if (!known) attempts.set(peer, { ...idle, dueMs: nowMs, addresses });
        else if (known.addresses !== addresses) Object.assign(known, { addresses, dueMs: nowMs, backoffMs: 0 });
      }
      for (const session of mesh.sessions.values()) {
        if (!mesh.contacts.has(session.peer)) {
          endSession(mesh, session, "no contact any more");
          session.connection.abort(new TocsinError("PEER_REFUSED", "the peer is no contact any more"));
        } else {
          session.stuck.clear();
          if (grantedCircles(mesh, session.peer).some(({ id }) => !session.proven.has(id))) rehello(session, nowMs);
        }
      }
      nudge();
    },
    list: () => Array.from(mesh.contacts.values(), (contact) => linkOf(contact)),
  };

  function linkOf({ transport, member }: Contact): Link {
    const session = mesh.sessions.get(transport);
    const attempt = attempts.get(transport);
    const seenAt = session ? mesh.clock.now() - (mesh.clock.monotonic() - session.heardMs) : lastSeen.get(transport);
    const waiting = attempt?.lastError === undefined ? "idle" : attempt.refused ? "refused" : "dialling";
    const dueInMs = attempt ? attempt.dueMs - mesh.clock.monotonic() : 0;
    return {
      transport,
      member,
      state: session ? "linked" : attempt?.dialling ? "dialling" : waiting,
      ...(session?.rttMs === undefined ? {} : { rttMs: session.rttMs }),
      ...(seenAt === undefined ? {} : { lastSeenAt: Math.round(seenAt) }),
      ...(session || attempt?.lastError === undefined ? {} : { lastError: attempt.lastError }),
      ...(session || dueInMs <= 0 ? {} : { nextDialAt: Math.round(mesh.clock.now() + dueInMs) }),
    };
  }
}

const idle = { backoffMs: 0, dialling: false, refused: false, lastError: undefined } as const;
const REFUSED = "the peer closed the connection: we are not in its circles (yet)";

/** A random number from 0 to below 1. */
const fraction = (mesh: Mesh): number => (mesh.random(1)[0] ?? 0) / 256;

/** Why a dial or a hello failed, without addresses. */
function inWords(cause: unknown): string {
  const first: unknown = cause instanceof AggregateError ? cause.errors[0] : cause;
  if (first instanceof TocsinError) return first.code === "PEER_PROTOCOL" ? REFUSED : first.message;
  if (!(first instanceof Error)) return REFUSED;
  const code = "code" in first && typeof first.code === "string" ? first.code : "";
  const words: Readonly<Record<string, string>> = {
    ECONNREFUSED: "nothing listens there",
    EHOSTUNREACH: "no route",
    ENETUNREACH: "no route",
    TimeoutError: "no answer",
    AbortError: "no answer",
    UnexpectedPeerError: "another node answers there",
    EncryptionFailedError: "another node answers there",
    NoValidAddressesError: "no usable address",
    StreamResetError: REFUSED,
    ConnectionClosedError: REFUSED,
    MuxerClosedError: REFUSED,
  };
  return words[code] ?? words[first.name] ?? `could not connect (${first.name})`;
}
