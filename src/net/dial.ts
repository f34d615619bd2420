// One attempt to connect to a contact: by the addresses where it may be found, and where they fail or keep silent over a
// third member that relays.

import type { Connection, Libp2p } from "@libp2p/interface";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { dialTargets, peerIdOf } from "./addresses.ts";
import type { Way } from "./attempts.ts";
import type { Lan } from "./lan.ts";
import type { Mesh } from "./mesh.ts";
import type { Contact } from "./net.ts";
import type { Relays } from "./relay.ts";

const HEAD_START_MS = 1_500; // of the direct ways, before a relay is asked

export type Dialler = {
  /** Whether any way to the contact is known now. */
  readonly reachable: (contact: Contact) => boolean;
  /** A connection to it; where it is linked over a relay already, a direct one. Rejects with the reason of the direct way. */
  readonly connect: (contact: Contact, linked: Way) => Promise<Connection>;
};

export function createDialler(
  mesh: Mesh,
  { node, relays, lan }: { readonly node: Libp2p; readonly relays: Relays; readonly lan: Lan },
): Dialler {
  /** As found on the local network, then as the contact told, in its order. */
  const addressesOf = ({ transport, addresses }: Contact): readonly string[] =>
    [...new Set([...lan.found(transport), ...addresses])].slice(0, limits.addressesPerMemberMax);

  return {
    reachable: (contact) => addressesOf(contact).length > 0 || relays.any(contact),
    connect: async (contact, linked) => {
      const signal = AbortSignal.any([mesh.closed, AbortSignal.timeout(limits.dialTimeoutMs)]);
      const targets = dialTargets(addressesOf(contact), peerIdOf(contact.transport));
      // Beside a link over a relay a further connection has to be forced.
      const force = linked === "relayed";
      let found: Connection | undefined;
      const direct =
        targets.length === 0 ? undefined : node.dial(targets, { signal, force }).then((made) => (found = made));
      if (force || !relays.any(contact)) {
        return direct ?? Promise.reject(new TocsinError("PEER_UNREACHABLE", "no way to it is known"));
      }
      // An address behind which nothing answers takes its time, so the relay does not wait for it to fail.
      if (direct) await Promise.race([direct, mesh.clock.wait(HEAD_START_MS, signal)]).catch(() => undefined);
      if (found) return found;
      const room = Math.max(1, limits.addressesPerMemberMax - targets.length);
      const ways = [...(direct ? [direct] : []), relays.dial(contact, room, signal)];
      return Promise.any(ways).catch((cause: unknown) => {
        throw cause instanceof AggregateError ? cause.errors[0] : cause;
      });
    },
  };
}
