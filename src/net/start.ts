// Puts the network together: the libp2p node, who may connect, one handler per protocol, the link supervisor and the
// puller. Reads top-down; whatever is decided is decided in the parts.

import { setMaxListeners } from "node:events";
import type { Connection, Libp2p, Stream } from "@libp2p/interface";
import type { Clock } from "../base/clock.ts";
import { type Log, nameOf, placeOf } from "../base/events.ts";
import type { Random } from "../base/random.ts";
import { type TransportId, ticketId } from "../record/ids.ts";
import { keyOf, tellable, transportOf } from "./addresses.ts";
import { FrameStream } from "./frames.ts";
import { type Gate, createGate } from "./gater.ts";
import { gossipServices, startGossip } from "./gossip.ts";
import { HELLO_PROTOCOL } from "./hello.ts";
import { JOIN_PROTOCOL, answerJoin } from "./join.ts";
import { startNode } from "./libp2p.ts";
import { type Lan, createLan, lanServices } from "./lan.ts";
import { superviseLinks } from "./links.ts";
import { type Mesh, type Session, meterOf, shares } from "./mesh.ts";
import type { Net, NetHost, NetOptions } from "./net.ts";
import { ping } from "./ping.ts";
import { PUSH_PROTOCOL, offerToLinked, pushFrom } from "./push.ts";
import { createCircuits, superviseRelays } from "./relay.ts";
import { RESEAL_PROTOCOL, answerQuestion, ask } from "./reseal.ts";
import { answer } from "./sessions.ts";
import { type Puller, SYNC_PROTOCOL, createPuller, servePull } from "./sync.ts";
import { type Talk, TALKS, answerTalk, talkTo } from "./talk.ts";

const TASKS_AT_CLOSE_MS = 2_000; // what a task may still take once everything it works on is closed

/** Starts the network. Throws LISTEN_FAILED. Disposing of it closes every connection and ends every task. */
export async function startNet(
  options: NetOptions,
  host: NetHost,
  modules: { readonly clock: Clock; readonly random: Random; readonly log?: Log },
): Promise<Net> {
  const closing = new AbortController();
  setMaxListeners(0, closing.signal);
  const counters = { ...noCounts };
  const gate = createGate(() => void (counters.strangersRefused += 1));
  const second = options.gossip ? gossipServices((peer) => gate.admits(peer) === "contact") : undefined;
  const { relay = false, mdns = false } = options;
  const circuits = createCircuits(relay);
  const local: { lan?: Lan } = {};
  const services = mdns ? lanServices((peer, addresses) => local.lan?.heard(peer, addresses)) : {};
  const node = await startNode({
    seed: options.transportSeed,
    listen: options.listen,
    announce: options.announce,
    gater: gate.gater,
    services: { ...second?.services, ...services },
    circuits,
    tls: options.tls,
  });
  const self = transportOf(node.peerId);
  if (!self) throw new Error("assertion failed: our key is Ed25519");
  const { clock, random, log = () => undefined } = modules;
  const tasks = createTasks(closing.signal, { clock, log });
  const mesh: Mesh = {
    self,
    host,
    clock,
    random,
    log,
    counters,
    contacts: new Map(),
    sessions: new Map(),
    closed: closing.signal,
    moved: new Set(),
    met: new Set(),
    run: tasks.run,
  };
  // Handlers before contacts: until `setContacts` the gate admits nobody, so nobody meets half a network.
  const puller = createPuller(mesh);
  await answerProtocols(mesh, { node, gate, puller });
  const gossip = second && startGossip(mesh, { ...second.made(), puller });
  let tellDueMs = 0;
  const everyTick = (): void => {
    if (clock.monotonic() >= tellDueMs) {
      tellMoved(mesh);
      tellDueMs = clock.monotonic() + mesh.sessions.size * TELL_PER_LINK_MS;
    }
    for (const circle of mesh.met) puller.want(circle, "now");
    mesh.met.clear();
    gossip?.review();
  };
  const lan = createLan(mesh, () => links.nudge());
  local.lan = lan;
  const links = superviseLinks(mesh, { node, gate, relays: superviseRelays(mesh, circuits, relay), lan, everyTick });

  return {
    transport: self,
    addresses: () => (options.announce.length > 0 ? options.announce : tellable(node.getMultiaddrs())),
    setContacts: (contacts) => {
      mesh.contacts.clear();
      for (const contact of contacts) if (contact.transport !== self) mesh.contacts.set(contact.transport, contact);
      // The gate first, so that nobody who is cut can come straight back.
      gate.setContacts(mesh.contacts.values());
      links.contactsChanged();
      // Of whom was refused before, the records may be welcome now.
      for (const { id } of host.circles()) puller.retry(id, "soon");
    },
    setTickets: (tickets) => {
      gate.setTickets(tickets);
      links.nudge();
    },
    push: (circle, records) => {
      mesh.moved.add(circle);
      const envelopes = records.map(({ envelope }) => envelope);
      if (!offerToLinked(mesh, circle, envelopes)) gossip?.publish(circle, envelopes);
    },
    tellReceipts: (circle) => {
      for (const session of mesh.sessions.values())
        if (shares(mesh, session, circle)) session.outbox.tellReceipts(circle);
    },
    catchUp: (circle) => puller.retry(circle, "now"),
    verify: async (peer, message) => talkTo(mesh, peer, { about: "verify", message }),
    offer: async (peer, message) => talkTo(mesh, peer, { about: "offered", message }),
    ask: (member, circle, question, signal) => ask(mesh, member, { circle, question, signal }),
    ping: (peer, signal) => ping(mesh, peer, signal),
    relays: relay,
    standing: links.standing,
    links: links.list,
    counters: () => ({ ...counters }),
    [Symbol.asyncDispose]: async () => {
      // Tasks are told first, so that none takes the end of its stream for a failure.
      closing.abort(new Error("the network is closing"));
      for (const session of mesh.sessions.values()) session.ended.abort(closing.signal.reason);
      await node.stop();
      await tasks.settled();
    },
  };
}

/**
 * What a record makes all others tell each other grows with the square of the links. Who has many tells less often: what its author could
 * not push comes from a third member that much later.
 */
const TELL_PER_LINK_MS = 50;

const noCounts = {
  pushSent: 0,
  pushReceived: 0,
  syncServed: 0,
  syncReceived: 0,
  gossipPublished: 0,
  gossipReceived: 0,
  duplicates: 0,
  bytesSent: 0,
  bytesReceived: 0,
  strangersRefused: 0,
};

/** One handler per protocol; each is told only of peers that may use it, and no failure leaves it. */
async function answerProtocols(
  mesh: Mesh,
  parts: { readonly node: Libp2p; readonly gate: Gate; readonly puller: Puller },
): Promise<void> {
  const { node, gate, puller } = parts;

  const serve = async (
    protocol: string,
    streamsMax: number,
    body: (peer: TransportId, connection: Connection, frames: FrameStream) => Promise<void>,
  ): Promise<void> => {
    const role = protocol === JOIN_PROTOCOL ? "ticket" : "contact";
    const handler = (stream: Stream, connection: Connection): void => {
      const peer = transportOf(connection.remotePeer);
      if (!peer || gate.admits(connection.remotePeer) !== role) {
        stream.abort(new Error("not for this peer"));
        return;
      }
      const frames = new FrameStream(stream, meterOf(mesh, peer, connection));
      mesh.run(protocol, async () => {
        await using owned = frames;
        try {
          await body(peer, connection, owned);
        } catch (cause) {
          // Disposing resets the stream: that is all a peer is told of whatever went wrong.
          mesh.log("stream-broke", { protocol, peer: peer.slice(0, 8), reason: nameOf(cause) });
        }
      });
    };
    await node.handle(protocol, handler, { maxInboundStreams: streamsMax, maxOutboundStreams: streamsMax });
  };

  /** For protocols that only a linked peer may speak; the stream ends with the session. */
  const linked = (body: (session: Session, frames: FrameStream) => Promise<void>) => {
    return async (peer: TransportId, _connection: Connection, frames: FrameStream): Promise<void> => {
      const session = mesh.sessions.get(peer);
      if (!session) throw new Error("a hello comes first");
      session.inbound.add(frames);
      try {
        await body(session, frames);
      } finally {
        session.inbound.delete(frames);
      }
    };
  };

  await serve(HELLO_PROTOCOL, 2, (_peer, connection, frames) => answer(mesh, connection, frames));
  await serve(
    PUSH_PROTOCOL,
    2,
    linked((session, frames) => pushFrom(mesh, session, { frames, puller })),
  );
  await serve(
    SYNC_PROTOCOL,
    8,
    linked((session, frames) => servePull(mesh, session, frames)),
  );
  for (const about of Object.keys(TALKS) as Talk[]) {
    await serve(
      TALKS[about],
      2,
      linked((session, frames) => answerTalk(mesh, session, { frames, about })),
    );
  }
  await serve(
    RESEAL_PROTOCOL,
    2,
    linked((session, frames) => answerQuestion(mesh, session, frames)),
  );
  await serve(JOIN_PROTOCOL, 2, async (_peer, connection, frames) => {
    const key = keyOf(connection.remotePeer);
    if (key) await answerJoin(mesh, ticketId(key), frames);
  });
}

/** Has every linked member of the circles that moved told how far we hold them. */
function tellMoved(mesh: Mesh): void {
  for (const circle of mesh.moved) {
    for (const session of mesh.sessions.values()) if (shares(mesh, session, circle)) session.outbox.tell(circle);
  }
  mesh.moved.clear();
}

/** The tasks that run on their own: none is lost, none fails unseen. */
function createTasks(
  closed: AbortSignal,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): { readonly run: Mesh["run"]; readonly settled: () => Promise<void> } {
  const tasks = new Set<Promise<void>>();
  return {
    run: (what, task) => {
      const running = task()
        .catch((cause: unknown) => {
          if (!closed.aborted) log("task-failed", { what, reason: nameOf(cause), at: placeOf(cause) });
        })
        .finally(() => tasks.delete(running));
      tasks.add(running);
    },
    settled: async () => {
      const done = new AbortController();
      const late = clock.wait(TASKS_AT_CLOSE_MS, done.signal).catch(() => undefined);
      await Promise.race([Promise.all(tasks), late]);
      done.abort();
    },
  };
}
