// The second path: gossipsub carries single records to members whom their author cannot reach. Nothing depends on it:
// push and sync deliver the same records, and what arrives twice is dropped by the node. Only contacts take part.

import {
  type GossipSub,
  type GossipSubComponents,
  StrictNoSign,
  TopicValidatorResult,
  gossipsub,
} from "@libp2p/gossipsub";
import { createTopicScoreParams } from "@libp2p/gossipsub/score";
import { type Identify, identify } from "@libp2p/identify";
import type { Connection, PeerId, Stream } from "@libp2p/interface";
import type { ServiceFactoryMap } from "libp2p";
import { toBase32, utf8 } from "../base/bytes.ts";
import { hmac, sha256 } from "../base/digest.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { CircleId, TransportId } from "../record/ids.ts";
import { transportOf } from "./addresses.ts";
import { deliver } from "./arrivals.ts";
import { type Mesh, type Session, shares } from "./mesh.ts";
import type { Puller } from "./sync.ts";

const TOPIC = utf8("tocsin/1 topic");
const MESSAGE_ID_BYTES = 20;
const DEAD_MS = 5_000; // how long gossip with a linked peer may be missing
const CURE_MS = 60_000; // and how often its link is renewed for that

/** What the watchdog must see; gossipsub keeps these maps public but leaves them out of its interface. */
type Inside = {
  readonly peers: ReadonlyMap<string, PeerId>;
  readonly streamsOutbound: ReadonlyMap<string, unknown>;
  readonly streamsInbound: ReadonlyMap<string, unknown>;
  readonly score: { readonly params: { readonly topics: Record<string, unknown> } };
};
type Registrar = GossipSubComponents["registrar"];

export type GossipServices = {
  readonly services: ServiceFactoryMap;
  /** The two services, once the node was created. */
  readonly made: () => { readonly pubsub: GossipSub; readonly identify: Identify };
};

/** gossipsub and the identify protocol that it needs, for a node that is yet to be created. */
export function gossipServices(isContact: (peer: PeerId) => boolean): GossipServices {
  let made: { pubsub?: GossipSub; identify?: Identify } = {};
  return {
    services: {
      identify: (components) => {
        const registrar = guarded(components.registrar, isContact);
        // Run by us after the hello, and never for a stranger or the holder of a ticket.
        const service = identify({ runOnConnectionOpen: false })({
          peerId: components.peerId,
          privateKey: components.privateKey,
          peerStore: components.peerStore,
          addressManager: components.addressManager,
          events: components.events,
          logger: components.logger,
          nodeInfo: components.nodeInfo,
          registrar,
        });
        made = { ...made, identify: service };
        return service;
      },
      pubsub: (components) => {
        const service = gossipsub(settings)({
          peerId: components.peerId,
          privateKey: components.privateKey,
          peerStore: components.peerStore,
          connectionManager: components.connectionManager,
          logger: components.logger,
          registrar: guarded(components.registrar, isContact),
        });
        made = { ...made, pubsub: service };
        return service;
      },
    },
    made: () => {
      if (!made.pubsub || !made.identify) throw new Error("assertion failed: the node creates its services");
      return { pubsub: made.pubsub, identify: made.identify };
    },
  };
}

const settings: Parameters<typeof gossipsub>[0] = {
  globalSignaturePolicy: StrictNoSign, // records are signed inside; a signature here would name the author to relays
  msgIdFn: (message) => sha256(message.data).subarray(0, MESSAGE_ID_BYTES),
  fallbackToFloodsub: false,
  allowPublishToZeroTopicPeers: true,
  ignoreDuplicatePublishError: true,
  floodPublish: true,
  batchPublish: true,
  doPX: false, // peer exchange would leak members
  tagMeshPeers: false,
  // Half the copies of the defaults.
  D: 3,
  Dlo: 2,
  Dhi: 4,
  Dout: 1,
  Dscore: 2,
  Dlazy: 3,
  idontwantMinDataSize: 64 * 1024, // off: it doubled the messages and the work
  maxInboundDataLength: 2 * limits.frameBytesMax, // one frame over this ends gossip with that peer
  maxTopicBytesPerPeer: 64 * 1024 + limits.circlesMax * 1024,
  awaitRpcHandler: true, // fewer validations at once under a flood
  awaitRpcMessageHandler: true,
  maxOutboundBufferSize: 4 * 1024 * 1024,
  scoreParams: { IPColocationFactorWeight: 0 }, // members share addresses behind NAT
};

/** Without parameters of the topic a reject costs nothing; a quiet circle must cost nothing either. */
const topicScore = {
  meshMessageDeliveriesWeight: 0,
  meshFailurePenaltyWeight: 0,
  invalidMessageDeliveriesWeight: -20,
  invalidMessageDeliveriesDecay: 0.9,
};

export type Gossip = {
  /** Follows circles and links: called at every look of the supervisor. */
  readonly review: () => void;
  /** Sends records to whoever listens, within the rate. */
  readonly publish: (circle: CircleId, envelopes: readonly Uint8Array[]) => void;
};

/** The second path of a running network. */
export function startGossip(
  mesh: Mesh,
  parts: { readonly pubsub: GossipSub; readonly identify: Identify; readonly puller: Puller },
): Gossip {
  const { pubsub, identify: identification, puller } = parts;
  const inside = pubsub as unknown as Inside;
  const topics = new Map<CircleId, string>();
  /** Sessions asked who they are, and since when their gossip is missing; false where they have none. */
  const watched = new WeakMap<Session, { missingMs: number } | false>();
  const curedMs = new Map<TransportId, number>();
  const allowed = allowance(mesh);

  /** Listens for exactly our circles of now. */
  const follow = (): void => {
    const wanted = new Set<CircleId>();
    for (const { id, secret, gossip = true } of mesh.host.circles()) {
      if (!gossip) continue;
      wanted.add(id);
      if (topics.has(id)) continue;
      const topic = toBase32(hmac(secret, TOPIC));
      topics.set(id, topic);
      inside.score.params.topics[topic] = createTopicScoreParams(topicScore);
      pubsub.topicValidators.set(topic, (peer, message) => judge(id, peer, message.data));
      pubsub.subscribe(topic);
    }
    for (const [circle, topic] of topics) {
      if (wanted.has(circle)) continue;
      topics.delete(circle);
      pubsub.unsubscribe(topic);
      pubsub.topicValidators.delete(topic);
      delete inside.score.params.topics[topic];
    }
  };

  /** Only what was kept, or was here before, is passed on; only a provable fault is held against the peer. */
  const judge = async (circle: CircleId, peer: PeerId, envelope: Uint8Array): Promise<TopicValidatorResult> => {
    const transport = transportOf(peer);
    const session = transport && mesh.sessions.get(transport);
    if (!session || !shares(mesh, session, circle)) return TopicValidatorResult.Ignore;
    if (envelope.length === 0 || envelope.length > limits.envelopeBytesMax) return TopicValidatorResult.Reject;
    const tally = await deliver(mesh, session, { circle, envelopes: [envelope], path: "gossip" });
    if (tally.gaps > 0) puller.want(circle, "now");
    if (tally.blame !== undefined) return TopicValidatorResult.Reject;
    return tally.kept + tally.duplicates > 0 ? TopicValidatorResult.Accept : TopicValidatorResult.Ignore;
  };

  /** Lets gossipsub know of a linked peer: it takes up a peer once identify has named its protocols. */
  const introduce = (session: Session): void => {
    watched.set(session, false);
    mesh.run("identify", async () => {
      try {
        await identification.identify(session.connection, { signal: session.ended.signal });
      } catch (cause) {
        // A peer without gossip has no identify either; any other failure is the watchdog's business.
        if (cause instanceof Error && cause.name === "UnsupportedProtocolError") return;
      }
      watched.set(session, { missingMs: mesh.clock.monotonic() });
    });
  };

  /** A gossip stream can die while its connection lives, unseen by the other end: only a new link repairs that. */
  const watch = (session: Session, state: { missingMs: number }): void => {
    const nowMs = mesh.clock.monotonic();
    const id = session.connection.remotePeer.toString();
    if (inside.peers.has(id) && inside.streamsOutbound.has(id) && inside.streamsInbound.has(id))
      state.missingMs = nowMs;
    if (nowMs - state.missingMs < DEAD_MS || nowMs - (curedMs.get(session.peer) ?? -CURE_MS) < CURE_MS) return;
    curedMs.set(session.peer, nowMs);
    mesh.log("gossip-dead", { peer: session.peer.slice(0, 8) });
    session.connection.abort(new TocsinError("CANCELLED", "gossip died on this link"));
  };

  return {
    review: () => {
      follow();
      for (const session of mesh.sessions.values()) {
        const state = watched.get(session);
        if (state === undefined) introduce(session);
        else if (state) watch(session, state);
      }
      for (const peer of curedMs.keys()) if (!mesh.contacts.has(peer)) curedMs.delete(peer);
    },
    publish: (circle, envelopes) => {
      const topic = topics.get(circle);
      if (topic === undefined) return;
      for (const envelope of envelopes) {
        if (!allowed()) return;
        mesh.counters.gossipPublished += 1;
        mesh.run("publish", async () => void (await pubsub.publish(topic, envelope)));
      }
    },
  };
}

/** Whether one more record may be published: `limits.gossipPerSecond`, bursts of one second. */
function allowance(mesh: Mesh): () => boolean {
  const costMs = 1_000 / limits.gossipPerSecond;
  let paidUntilMs = 0;
  return () => {
    const nowMs = mesh.clock.monotonic();
    const dueMs = Math.max(paidUntilMs, nowMs) + costMs;
    if (dueMs > nowMs + 1_000) return false;
    paidUntilMs = dueMs;
    return true;
  };
}

/** A registrar that hides everyone but contacts from the service that uses it, in both directions. */
function guarded(registrar: Registrar, isContact: (peer: PeerId) => boolean): Registrar {
  const guard: Registrar = Object.create(registrar) as Registrar;
  guard.handle = (protocol, handler, options) => {
    const admit = async (stream: Stream, connection: Connection): Promise<void> => {
      if (isContact(connection.remotePeer)) await handler(stream, connection);
      else stream.abort(new Error("not for this peer"));
    };
    return registrar.handle(protocol, admit, options);
  };
  guard.register = (protocol, topology, options) => {
    const onConnect = async (peer: PeerId, connection: Connection): Promise<void> => {
      if (isContact(peer)) await topology.onConnect?.(peer, connection);
    };
    return registrar.register(protocol, { ...topology, onConnect }, options);
  };
  return guard;
}
