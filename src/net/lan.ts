// Contacts on the local network, for a room that has lost its uplink. Multicast DNS only says where a key claims to be:
// whoever is dialled there proves its key by the handshake, and only contacts are dialled.

import type { PeerInfo } from "@libp2p/interface";
import { type MulticastDNSComponents, mdns } from "@libp2p/mdns";
import type { ServiceFactoryMap } from "libp2p";
import type { TransportId } from "../record/ids.ts";
import { parseNodeAddress } from "../record/node-address.ts";
import { transportOf } from "./addresses.ts";
import type { Mesh } from "./mesh.ts";

const ADDRESSES_MAX = 2; // of one contact, the last ones said
/** Addresses that cannot be outside of the building. */
const LOCAL = /^(127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.|::1$|f[cd][0-9a-f]{2}:)/i;

export type Lan = {
  /** Where a contact was last said to be. */
  readonly found: (peer: TransportId) => readonly string[];
  /** Forgets who is no contact any more. */
  readonly forgetStrangers: () => void;
  /** Takes what was heard; what is of no contact, or no local address, is dropped. */
  readonly heard: (peer: TransportId | undefined, addresses: readonly string[]) => void;
};

/** What is known of the local network: nothing yet. */
export function createLan(mesh: Mesh, changed: () => void): Lan {
  const known = new Map<TransportId, readonly string[]>();
  return {
    found: (peer) => known.get(peer) ?? [],
    forgetStrangers: () => {
      for (const peer of known.keys()) if (!mesh.contacts.has(peer)) known.delete(peer);
    },
    heard: (peer, addresses) => {
      if (!peer || !mesh.contacts.has(peer)) return;
      const local = addresses.filter((text) => {
        const address = parseNodeAddress(text);
        return address?.transport === "tcp" && address.port > 0 && LOCAL.test(address.host);
      });
      const kept = [...new Set([...local, ...(known.get(peer) ?? [])])].slice(0, ADDRESSES_MAX);
      const isNews = kept.some((address) => !(known.get(peer) ?? []).includes(address));
      known.set(peer, kept);
      if (isNews) changed();
    },
  };
}

/** Multicast DNS for a node that is yet to be created; it says that a libp2p node with our key is here. */
export function lanServices(heard: Lan["heard"]): ServiceFactoryMap {
  return {
    // No peer discovery of libp2p's, which would keep the addresses of everybody.
    lan: (components: MulticastDNSComponents) => {
      const service = mdns()(components);
      service.addEventListener("peer", ({ detail: { id, multiaddrs } }: CustomEvent<PeerInfo>) => {
        heard(
          transportOf(id),
          multiaddrs.map((address) => address.toString().replace(/\/p2p\/[^/]+$/, "")),
        );
      });
      return service;
    },
  };
}
