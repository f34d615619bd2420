// Who may connect: contacts, and holders of open tickets. Look-ups in sets and nothing else, because libp2p asks
// on every dial and never asks again: whoever leaves a set must also be hung up on.

import type { ConnectionGater, PeerId } from "@libp2p/interface";
import type { TicketId, TransportId } from "../record/ids.ts";
import { peerIdOf } from "./addresses.ts";

export type Gate = {
  readonly gater: ConnectionGater;
  /** What a connected peer may do, undefined where it may not even stay. */
  readonly admits: (peer: PeerId) => "contact" | "ticket" | undefined;
  readonly setContacts: (contacts: Iterable<TransportId>) => void;
  readonly setTickets: (tickets: Iterable<TicketId>) => void;
};

/** A gate that admits no one yet; `onStranger` is called for each refused inbound connection. */
export function createGate(onStranger: () => void): Gate {
  let contacts = new Set<string>();
  let tickets = new Set<string>();
  const admits = (peer: PeerId): "contact" | "ticket" | undefined => {
    const id = peer.toString();
    if (contacts.has(id)) return "contact";
    return tickets.has(id) ? "ticket" : undefined;
  };
  return {
    admits,
    setContacts: (ids) => void (contacts = named(ids)),
    setTickets: (ids) => void (tickets = named(ids)),
    gater: {
      denyDialPeer: (peer) => admits(peer) !== "contact",
      // The first hook at which the key is proven; neither muxer nor any protocol has run.
      denyInboundEncryptedConnection: (peer) => {
        const stranger = admits(peer) === undefined;
        if (stranger) onStranger();
        return stranger;
      },
    },
  };
}

const named = (ids: Iterable<TransportId | TicketId>): Set<string> =>
  new Set(Array.from(ids, (id) => peerIdOf(id).toString()));
