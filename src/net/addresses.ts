// Names and addresses at libp2p's door: keys to peer ids and back, and the multiaddrs worth dialling or telling.

import { publicKeyFromRaw } from "@libp2p/crypto/keys";
import type { Connection, PeerId } from "@libp2p/interface";
import { peerIdFromPublicKey, peerIdFromString } from "@libp2p/peer-id";
import { type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import { limits } from "../base/limits.ts";
import { type TicketId, type TransportId, idBytes, transportId } from "../record/ids.ts";

/** The libp2p id of an Ed25519 key. */
export function peerIdOf(id: TransportId | TicketId): PeerId {
  return peerIdFromPublicKey(publicKeyFromRaw(idBytes(id)));
}

/** The raw 32-byte Ed25519 key of a peer, or undefined where it has a key of another kind. */
export function keyOf(peer: PeerId): Uint8Array | undefined {
  return peer.type === "Ed25519" ? peer.publicKey.raw : undefined;
}

/** The transport id of a peer, or undefined where its key is of another kind. */
export function transportOf(peer: PeerId): TransportId | undefined {
  const key = keyOf(peer);
  return key && transportId(key);
}

/** The addresses to dial, in their order, bound to the peer where one is given; what is no multiaddr is left out. */
export function dialTargets(addresses: readonly string[], peer?: PeerId): Multiaddr[] {
  const targets: Multiaddr[] = [];
  for (const address of addresses.slice(0, limits.addressesPerMemberMax)) {
    try {
      const target = multiaddr(address);
      if (target.getComponents().length === 0) continue;
      targets.push(peer ? target.encapsulate(`/p2p/${peer.toString()}`) : target);
    } catch {
      // Told by a peer or typed by a person; the others may still work.
    }
  }
  return targets;
}

/** Whether a connection is carried by another node. */
export function isRelayed(connection: Connection): boolean {
  return connection.remoteAddr.getComponents().some(({ name }) => name === "p2p-circuit");
}

/** The node that carries a connection, or undefined where it is direct. */
export function relayOf(connection: Connection): TransportId | undefined {
  const parts = connection.remoteAddr.getComponents();
  const end = parts.findIndex(({ name }) => name === "p2p-circuit");
  const relay = parts.slice(0, Math.max(0, end)).findLast(({ name }) => name === "p2p")?.value;
  return relay === undefined ? undefined : transportOf(peerIdFromString(relay));
}

/** Our listening addresses as others may dial them: loopback only where there is nothing else. */
export function tellable(own: readonly Multiaddr[]): readonly string[] {
  const all = own.map((address) => address.toString().replace(/\/p2p\/[^/]+$/, ""));
  const usable = all.filter((address) => !/^\/ip6\/fe80:/i.test(address));
  const remote = usable.filter((address) => !/^\/(ip4\/127\.|ip6\/::1\/)/.test(address));
  return (remote.length > 0 ? remote : usable).slice(0, limits.addressesPerMemberMax);
}
