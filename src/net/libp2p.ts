// Builds the libp2p node. Every value that differs from libp2p's default does so because a measurement said so; the
// reason stands beside it.

import { noise } from "@chainsafe/libp2p-noise";
import { generateKeyPairFromSeed } from "@libp2p/crypto/keys";
import type { ConnectionGater, Libp2p } from "@libp2p/interface";
import { tcp } from "@libp2p/tcp";
import { webSockets } from "@libp2p/websockets";
import { yamux } from "@libp2p/yamux";
import { type Libp2pOptions, type ServiceFactoryMap, createLibp2p } from "libp2p";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { Circuits } from "./relay.ts";

const ANSWER_MS = 4_000; // one address; the next is tried then
const STREAMS_MAX = 64 + limits.relayedPerLinkMax; // of one connection: our own protocols, and what is carried for others

export type NodeOptions = {
  /** 32-byte seed of the node's Ed25519 key. */
  readonly seed: Uint8Array;
  readonly listen: readonly string[];
  readonly announce: readonly string[];
  readonly gater: ConnectionGater;
  readonly services: ServiceFactoryMap;
  /** Connections over relays; absent: none. */
  readonly circuits?: Circuits;
  /** Private key and certificates, PEM, of `/tls/ws`. */
  readonly tls?: { readonly key: string; readonly cert: string } | undefined;
};

/** A started node. Throws LISTEN_FAILED where it cannot listen on every address asked for. */
export async function startNode(options: NodeOptions): Promise<Libp2p> {
  let node: Libp2p | undefined;
  try {
    node = await createLibp2p({ ...(await settings(options)), start: false });
    await node.start();
    return node;
  } catch (cause) {
    await node?.stop();
    throw new TocsinError("LISTEN_FAILED", "could not listen on the address", { cause });
  }
}

async function settings(options: NodeOptions): Promise<Libp2pOptions> {
  return {
    privateKey: await generateKeyPairFromSeed("Ed25519", options.seed),
    nodeInfo: { name: "tocsin", version: "1", userAgent: "tocsin/1" }, // the runtime's version is nobody's business
    addresses: { listen: [...options.listen], announce: [...options.announce] },
    transports: [
      tcp(),
      webSockets(options.tls ? { https: { ...options.tls } } : {}),
      ...(options.circuits ? [options.circuits.transport] : []),
    ],
    connectionEncrypters: [noise()],
    streamMuxers: [
      yamux({
        enableKeepAlive: true,
        keepAliveInterval: 30_000,
        maxInboundStreams: STREAMS_MAX,
        maxOutboundStreams: STREAMS_MAX,
        // The default of 16 MiB delays an alert behind a bulk transfer by up to 1.5 s, and overruns a paused reader.
        streamOptions: { initialStreamWindowSize: 256 * 1024, maxStreamWindowSize: limits.streamUnreadBytesMax },
      }),
    ],
    connectionGater: options.gater,
    // The monitor aborts healthy connections of a busy node on the first late ping; our heartbeat decides instead.
    connectionMonitor: { enabled: false },
    connectionManager: {
      maxConnections: 1_200,
      reconnectRetries: 0, // the supervisor dials, for ever and only whom it may
      inboundConnectionThreshold: 50, // members behind one NAT come from one address
      maxIncomingPendingConnections: 64,
      maxParallelDials: limits.dialParallelMax,
      maxPeerAddrsToDial: limits.addressesPerMemberMax,
      addressDialTimeout: ANSWER_MS,
      dialTimeout: limits.dialTimeoutMs,
      inboundUpgradeTimeout: limits.helloTimeoutMs,
      addressSorter: () => 0, // the member's own order
    },
    services: { ...options.services, ...options.circuits?.services },
  };
}
