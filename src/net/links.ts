// The link supervisor: every contact is dialled until it is linked, for ever; dead links are cut, double ones made
// single, strangers hung up on. It works from what libp2p says is connected now, twice a second; events only wake it.

import type { Connection, Libp2p } from "@libp2p/interface";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { TransportId } from "../record/ids.ts";
import { isRelayed, relayOf, transportOf } from "./addresses.ts";
import { type Attempt, type Way, createAttempts } from "./attempts.ts";
import { createDialler } from "./dial.ts";
import type { Gate } from "./gater.ts";
import { type Mesh, type Session, grantedCircles } from "./mesh.ts";
import type { Contact, Link, Standing } from "./net.ts";
import type { Lan } from "./lan.ts";
import type { Relays } from "./relay.ts";
import { endSession, greet, tellAll } from "./sessions.ts";

const TICK_MS = 500;
const STALL_MS = 5_000; // a tick this late means that we stood still, not that our peers did
const ASLEEP_MS = 20_000; // and this late that the machine slept
const DOUBLE_MS = 5_000; // how long two connections to one peer may live side by side
const REHELLO_MS = 30_000;
const GREET_PATIENCE_MS = 2_000; // for the side that dialled to speak first

export type Links = {
  /** Looks at everything now instead of at the next tick. */
  readonly nudge: () => void;
  /** Takes note of contacts that came, left or moved; cuts the links of those that left before it returns. */
  readonly contactsChanged: () => void;
  readonly list: () => readonly Link[];
  readonly standing: () => Standing;
};

/** Starts the supervisor; it ends with `mesh.closed`. `everyTick` runs after each look. */
export function superviseLinks(
  mesh: Mesh,
  parts: {
    readonly node: Libp2p;
    readonly gate: Gate;
    readonly relays: Relays;
    readonly lan: Lan;
    readonly everyTick: () => void;
  },
): Links {
  const { node, gate, relays, lan } = parts;
  const attempts = createAttempts(mesh);
  const dialler = createDialler(mesh, { node, relays, lan });
  const lastSeenAt = new Map<TransportId, number>(); // wall clock; contacts only
  const firstSeenMs = new WeakMap<Connection, number>();
  const greeting = new Set<string>(); // ids of connections with a hello under way
  let tickedMs = mesh.clock.monotonic();
  let tickedAt = mesh.clock.now();
  let contactsMs = tickedMs;
  let nudged = false;
  let standing: Standing = { connected: false, sinceMs: tickedAt };

  const tick = (): void => {
    const nowMs = mesh.clock.monotonic();
    const pauseMs = nowMs - tickedMs;
    // The monotonic clock stands still while a machine sleeps, the other one does not; it may also have been set.
    const leapMs = Math.abs(mesh.clock.now() - tickedAt - pauseMs);
    tickedMs = nowMs;
    tickedAt = mesh.clock.now();
    if (pauseMs > STALL_MS) for (const session of mesh.sessions.values()) session.heardMs = nowMs;
    if (Math.max(pauseMs, leapMs) > ASLEEP_MS) wokenUp(nowMs);
    const ways = reviewConnections(nowMs);
    for (const session of mesh.sessions.values()) reviewSession(session, nowMs);
    relays.review(nowMs);
    const way = (peer: TransportId): Way => ways.get(peer);
    for (const { contact, attempt } of attempts.due({ way, reachable: dialler.reachable })) {
      dial(contact, attempt, ways.get(contact.transport));
    }
    reviewStanding();
    parts.everyTick();
  };

  /** Dials everybody at once, and lets every link prove itself within one heartbeat. */
  const wokenUp = (nowMs: number): void => {
    attempts.allDue();
    for (const session of mesh.sessions.values()) {
      session.heardMs = Math.min(session.heardMs, nowMs - limits.linkDeadMs + limits.heartbeatMs);
      session.askedMs = -Infinity;
    }
  };

  const reviewStanding = (): Standing => {
    const connected = mesh.sessions.size > 0;
    if (connected !== standing.connected) {
      standing = { connected, sinceMs: mesh.clock.now() };
      mesh.log(connected ? "connected" : "disconnected", {});
    }
    return standing;
  };

  /** Cuts what may not stay, greets what has no session, and makes double links single. */
  const reviewConnections = (nowMs: number): ReadonlyMap<TransportId, Way> => {
    const ways = new Map<TransportId, Way>();
    for (const { peer, connection } of mesh.sessions.values())
      ways.set(peer, isRelayed(connection) ? "relayed" : "direct");
    for (const connection of node.getConnections()) {
      if (connection.status !== "open") continue;
      if (!firstSeenMs.has(connection)) firstSeenMs.set(connection, nowMs);
      const ageMs = nowMs - (firstSeenMs.get(connection) ?? nowMs);
      const peer = transportOf(connection.remotePeer);
      const role = peer && gate.admits(connection.remotePeer);
      if (!peer || !role || (role === "ticket" && overstays(connection, ageMs))) {
        connection.abort(new TocsinError("PEER_REFUSED", "the peer may not stay connected"));
      } else if (role === "contact") {
        if (!isRelayed(connection)) ways.set(peer, "direct");
        else if (!ways.has(peer)) ways.set(peer, "relayed");
        reviewConnection(connection, { peer, ageMs, nowMs });
      }
    }
    return ways;
  };

  const reviewConnection = (
    connection: Connection,
    of: { readonly peer: TransportId; readonly ageMs: number; readonly nowMs: number },
  ): void => {
    const { peer, ageMs, nowMs } = of;
    const session = mesh.sessions.get(peer);
    if (!session || (isRelayed(session.connection) && !isRelayed(connection))) {
      // The dialling side speaks first; the other one only where nothing came.
      if (connection.direction === "outbound" || ageMs > GREET_PATIENCE_MS) greetOver(connection, peer);
      return;
    }
    if (session.connection === connection) return;
    const doubleMs = Math.min(ageMs, nowMs - session.startedMs);
    // One side decides, so that the two do not each close the other's choice; unless that side has lost its end of it.
    if (doubleMs > DOUBLE_MS && mesh.self < peer) connection.close().catch((cause: Error) => connection.abort(cause));
    else if (doubleMs > limits.linkDeadMs) connection.abort(new TocsinError("CANCELLED", "a second link to one peer"));
  };

  /** Says hello over a connection, once at a time; one that brings no session is of no use. */
  const greetOver = (connection: Connection, peer: TransportId): void => {
    if (greeting.has(connection.id)) return;
    greeting.add(connection.id);
    mesh.run("hello", async () => {
      try {
        await greet(mesh, connection);
      } catch (cause) {
        if (mesh.closed.aborted) return;
        attempts.failed(peer, cause);
        if (!mesh.sessions.has(peer)) connection.abort(new TocsinError("PEER_REFUSED", "no hello"));
      } finally {
        greeting.delete(connection.id);
      }
    });
  };

  /** Ends what is dead, keeps alive what is silent, and repeats what may have been lost. */
  const reviewSession = (session: Session, nowMs: number): void => {
    const silentMs = nowMs - session.heardMs;
    lastSeenAt.set(session.peer, mesh.clock.now() - silentMs);
    attempts.succeeded(session.peer);
    if (session.connection.status !== "open") {
      endSession(mesh, session, "connection closed");
    } else if (silentMs > limits.linkDeadMs) {
      endSession(mesh, session, "no answer");
      session.connection.abort(new TocsinError("TIMEOUT", "the peer stopped answering"));
    } else {
      if (Math.min(silentMs, nowMs - session.askedMs) >= limits.heartbeatMs) {
        session.askedMs = nowMs;
        session.outbox.ping(Math.floor(nowMs));
      }
      if (nowMs - session.toldAllMs >= limits.syncIntervalMs) tellAll(session, nowMs);
      reviewProofs(session, nowMs);
    }
  };

  /** Rosters may differ for a while: hello again until the peer has proven every circle that ours grants it. */
  const reviewProofs = (session: Session, nowMs: number): void => {
    if (session.helloMs > contactsMs && nowMs - session.helloMs < REHELLO_MS) return;
    if (greeting.has(session.connection.id)) return;
    if (grantedCircles(mesh, session.peer).every(({ id }) => session.proven.has(id))) return;
    session.helloMs = nowMs;
    greetOver(session.connection, session.peer);
  };

  /** Dials the contact and greets whoever answers. */
  const dial = (contact: Contact, attempt: Attempt, way: Way): void => {
    const peer = contact.transport;
    attempt.dialling = true;
    mesh.host.linksChanged();
    mesh.run("dial", async () => {
      try {
        const connection = await dialler.connect(contact, way);
        // A refused dial resolves as well: only the answered hello is a link.
        if (!mesh.sessions.has(peer)) greetOver(connection, peer);
      } catch (cause) {
        if (!mesh.closed.aborted) attempts.failed(peer, cause);
      } finally {
        attempt.dialling = false;
      }
    });
  };

  const nudge = (): void => {
    if (nudged) return;
    nudged = true;
    queueMicrotask(() => {
      nudged = false;
      if (!mesh.closed.aborted) tick();
    });
  };

  // Throws nothing: a throw in a listener would end the process.
  node.addEventListener("connection:close", ({ detail: connection }) => {
    const peer = transportOf(connection.remotePeer);
    const session = peer && mesh.sessions.get(peer);
    if (session?.connection === connection) {
      endSession(mesh, session, "connection closed");
      attempts.lost(session.peer);
    }
    nudge();
  });

  mesh.run("links", async () => {
    while (!mesh.closed.aborted) {
      tick();
      await mesh.clock.wait(TICK_MS, mesh.closed).catch(() => undefined);
    }
  });

  /** The link as people are shown it. */
  const linkOf = ({ transport, member }: Contact): Link => {
    const session = mesh.sessions.get(transport);
    const attempt = attempts.of(transport);
    const nowMs = mesh.clock.monotonic();
    const seenAt = session ? mesh.clock.now() - (nowMs - session.heardMs) : lastSeenAt.get(transport);
    const seen = seenAt === undefined ? {} : { lastSeenAt: Math.round(seenAt) };
    if (session) {
      const via = relayOf(session.connection);
      const by = {
        ...(session.rttMs && { rttMs: session.rttMs }),
        ...(via !== undefined && { via }),
        queuedBytes: session.outbox.bytes(),
      };
      return { transport, member, state: "linked", ...seen, ...by };
    }
    if (!attempt) return { transport, member, state: "idle", ...seen };
    const { dialling, lastError, refused, dueMs } = attempt;
    const waiting = lastError === undefined ? "idle" : refused ? "refused" : "dialling";
    return {
      transport,
      member,
      state: dialling ? "dialling" : waiting,
      ...seen,
      ...(lastError !== undefined && { lastError }),
      ...(dueMs > nowMs && { nextDialAt: Math.round(mesh.clock.now() + dueMs - nowMs) }),
    };
  };

  return {
    nudge,
    contactsChanged: () => {
      contactsMs = mesh.clock.monotonic();
      attempts.contactsChanged();
      lan.forgetStrangers();
      for (const peer of lastSeenAt.keys()) if (!mesh.contacts.has(peer)) lastSeenAt.delete(peer);
      for (const session of mesh.sessions.values()) {
        // What was refused before may be welcome now.
        session.stuck.clear();
        if (mesh.contacts.has(session.peer)) continue;
        endSession(mesh, session, "no contact any more");
        session.connection.abort(new TocsinError("PEER_REFUSED", "the peer is no contact any more"));
      }
      nudge();
    },
    standing: reviewStanding,
    list: () => Array.from(mesh.contacts.values(), linkOf),
  };
}

/** A ticket buys one short exchange; a person's decision happens between two of them. */
function overstays(connection: Connection, ageMs: number): boolean {
  return ageMs > limits.joinTimeoutMs || (ageMs > limits.helloTimeoutMs && connection.streams.length === 0);
}
