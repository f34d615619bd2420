// Who may connect: contacts, and holders of open tickets. Look-ups in sets and nothing else, because libp2p asks
// on every dial and never asks again: whoever leaves a set must also be hung up on. And who may be carried to whom.

import type { ConnectionGater, PeerId } from "@libp2p/interface";
import type { CircleId, TicketId } from "../record/ids.ts";
import { peerIdOf } from "./addresses.ts";
import { isIn } from "./mesh.ts";
import type { Contact } from "./net.ts";

export type Gate = {
  readonly gater: ConnectionGater;
  /** What a connected peer may do, undefined where it may not even stay. */
  readonly admits: (peer: PeerId) => "contact" | "ticket" | undefined;
  readonly setContacts: (contacts: Iterable<Contact>) => void;
  readonly setTickets: (tickets: Iterable<TicketId>) => void;
};

/** A gate that admits no one yet; `onStranger` is called for each refused inbound connection. */
export function createGate(onStranger: () => void): Gate {
  let contacts = new Map<string, readonly CircleId[]>();
  let tickets = new Set<string>();
  const admits = (peer: PeerId): "contact" | "ticket" | undefined => {
    const id = peer.toString();
    if (contacts.has(id)) return "contact";
    return tickets.has(id) ? "ticket" : undefined;
  };
  return {
    admits,
    setContacts: (known) => void (contacts = circlesOf(known)),
    setTickets: (ids) => void (tickets = named(ids)),
    gater: {
      denyDialPeer: (peer) => admits(peer) !== "contact",
      // The first hook at which the key is proven; neither muxer nor any protocol has run.
      denyInboundEncryptedConnection: (peer) => {
        const stranger = admits(peer) === undefined;
        if (stranger) onStranger();
        return stranger;
      },
      /**
       * R62: connections are carried only for members, and only between two who share a circle with this node and with each
       * other: a relay tells nobody who else is linked to it.
       */
      denyInboundRelayReservation: (peer) => admits(peer) !== "contact",
      denyOutboundRelayedConnection: (source, destination) => {
        const theirs = contacts.get(destination.toString()) ?? [];
        return !(contacts.get(source.toString()) ?? []).some((circle) => theirs.includes(circle));
      },
      denyInboundRelayedConnection: (relay, peer) => admits(relay) !== "contact" || admits(peer) !== "contact",
    },
  };
}

const circlesOf = (contacts: Iterable<Contact>): Map<string, readonly CircleId[]> =>
  new Map(
    Array.from(contacts, (contact) => [
      peerIdOf(contact.transport).toString(),
      contact.circles.filter((circle) => isIn(contact, circle)),
    ]),
  );
const named = (ids: Iterable<TicketId>): Set<string> => new Set(Array.from(ids, (id) => peerIdOf(id).toString()));
