// The way round for two members of whom neither can be dialled: a third one that offers to carries their connection, and
// sees who talks to whom, when and how much. libp2p's circuit relay does the carrying; who relays for whom is decided here.

import {
  type CircuitRelayTransportComponents,
  RELAY_V2_HOP_CODEC,
  circuitRelayServer,
  circuitRelayTransport,
} from "@libp2p/circuit-relay-v2";
import { type Connection, type PeerId, type Transport, serviceDependencies } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import type { ServiceFactoryMap } from "libp2p";
import { compareBytes, concat } from "../base/bytes.ts";
import { sha256 } from "../base/digest.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { type TransportId, idBytes } from "../record/ids.ts";
import { isRelayed, peerIdOf } from "./addresses.ts";
import { type Mesh, isIn } from "./mesh.ts";
import type { Contact } from "./net.ts";

const RESERVE_MS = 5_000; // of one request to a relay
const RETRY_MS = 10_000; // after one that failed

/** What libp2p's transport keeps public but leaves out of its interface. */
type Inside = Transport & {
  readonly reservationStore: {
    readonly hasReservation: (relay: PeerId) => boolean;
    readonly addRelay: (relay: PeerId, type: "configured") => Promise<unknown>;
  };
};
type Upgrader = CircuitRelayTransportComponents["upgrader"];

export type Circuits = {
  /** For libp2p: dials over relays, and takes what they bring. */
  readonly transport: (components: CircuitRelayTransportComponents) => Transport;
  /** For libp2p: carries the connections of others, where that is offered. */
  readonly services: ServiceFactoryMap;
  /** The two parts of libp2p, once the node was created. */
  readonly made: () => { readonly inside: Inside; readonly upgrader: Upgrader };
};

/** Circuits for a node that is yet to be created; `offers`: it carries connections of others. */
export function createCircuits(offers: boolean): Circuits {
  let made: { inside: Inside; upgrader: Upgrader } | undefined;
  return {
    transport: (components) => {
      const inside = circuitRelayTransport({
        maxInboundStopStreams: limits.relayedPerLinkMax,
        maxOutboundStopStreams: limits.relayedPerLinkMax,
        reservationCompletionTimeout: RESERVE_MS,
      })(components) as Inside;
      // It wants the identify protocol to find relays by; ours are told in address records.
      Object.defineProperty(inside, serviceDependencies, { value: [] });
      made = { inside, upgrader: components.upgrader };
      return inside;
    },
    services: offers ? { relay: carrying() } : {},
    made: () => {
      if (!made) throw new Error("assertion failed: the node creates its transports");
      return made;
    },
  };
}

/** Without the bounds in time and bytes that are meant for strangers: who may reserve is a member. */
function carrying(): ServiceFactoryMap[string] {
  return circuitRelayServer({
    reservations: { applyDefaultLimit: false, maxReservations: limits.relayedMax },
    maxInboundHopStreams: limits.relayedPerLinkMax,
    maxOutboundHopStreams: limits.relayedPerLinkMax,
    maxOutboundStopStreams: limits.relayedPerLinkMax,
  });
}

export type Relays = {
  /** Sees to it that this node can be reached through relays; called at every tick. */
  readonly review: (nowMs: number) => void;
  /** Whether there is any relay to try for this contact now. */
  readonly any: (contact: Contact) => boolean;
  /** A connection to the contact over the first of its relays that has it, trying at most so many. Rejects where none has. */
  readonly dial: (contact: Contact, atMost: number, signal: AbortSignal) => Promise<Connection>;
};

/** `offers`: this node relays itself, and so needs nobody to be reached through. */
export function superviseRelays(mesh: Mesh, circuits: Circuits, offers: boolean): Relays {
  const { inside, upgrader } = circuits.made();
  const asking = new Map<TransportId, number>(); // relays asked lately, with the moment from which they may be asked again

  /** Linked directly, offering, and sharing a circle with the node; those that it is looked for at first. */
  const relaysFor = (id: TransportId, circles: Contact["circles"]): readonly TransportId[] =>
    Array.from(mesh.sessions.values())
      .filter(({ peer, connection }) => {
        const relay = mesh.contacts.get(peer);
        return (
          peer !== id &&
          relay?.relay === true &&
          !isRelayed(connection) &&
          circles.some((circle) => isIn(relay, circle))
        );
      })
      .map(({ peer }) => ({ peer, rank: rankOf(id, peer) }))
      .sort((left, right) => compareBytes(left.rank, right.rank))
      .map(({ peer }) => peer);

  const reserve = (relay: TransportId, nowMs: number): void => {
    const peer = peerIdOf(relay);
    if (inside.reservationStore.hasReservation(peer) || (asking.get(relay) ?? 0) > nowMs) return;
    asking.set(relay, nowMs + RETRY_MS);
    mesh.run("reserve", async () => {
      try {
        // Asked of the connection first: a peer that no longer relays would be struck off the list for good.
        const connection = mesh.sessions.get(relay)?.connection;
        const signal = AbortSignal.any([mesh.closed, AbortSignal.timeout(RESERVE_MS)]);
        const probe = await connection?.newStream(RELAY_V2_HOP_CODEC, { signal });
        if (!probe) return;
        probe.abort(new TocsinError("CANCELLED", "the peer does relay"));
        await inside.reservationStore.addRelay(peer, "configured");
        mesh.log("relay-up", { peer: relay.slice(0, 8) });
      } catch (cause) {
        if (mesh.closed.aborted) return;
        mesh.log("relay-refused", {
          peer: relay.slice(0, 8),
          reason: cause instanceof Error ? cause.name : "unknown",
        });
      }
    });
  };

  return {
    review: (nowMs) => {
      for (const [relay, untilMs] of asking) if (untilMs <= nowMs) asking.delete(relay);
      if (offers) return;
      const circles = mesh.host.circles().map(({ id }) => id);
      for (const relay of relaysFor(mesh.self, circles).slice(0, limits.relaysUsedMax)) reserve(relay, nowMs);
    },
    any: ({ transport, circles }) => relaysFor(transport, circles).length > 0,
    dial: async ({ transport, circles }, atMost, signal) => {
      let failure: unknown;
      for (const relay of relaysFor(transport, circles).slice(0, atMost)) {
        signal.throwIfAborted();
        try {
          const [carrier, peer] = [peerIdOf(relay).toString(), peerIdOf(transport).toString()];
          const way = multiaddr(`/p2p/${carrier}/p2p-circuit/p2p/${peer}`);
          return await inside.dial(way, { upgrader, signal });
        } catch (cause) {
          failure = cause;
        }
      }
      throw new TocsinError("PEER_UNREACHABLE", "no relay has a link to it", { cause: failure });
    },
  };
}

/** Everybody computes the same order of relays for a node, and it differs from node to node, so that the load is spread. */
function rankOf(node: TransportId, relay: TransportId): Uint8Array {
  return sha256(concat(idBytes(node), idBytes(relay)));
}
