// Who may connect to this node: the members of its circles, and for a circle just joined the nodes that its inviter named.

import { limits } from "../base/limits.ts";
import { type MemberCertificate, parseCertificate } from "../../keys/index.ts";
import type { Contact } from "../net/net.ts";
import { type CircleId, memberId, type TicketId, ticketId, transportId } from "../record/ids.ts";
import { decodeContacts, encodeContacts, type JoinContact } from "./join-wire.ts";
import { isDisputed, isSteward } from "../circle/roster.ts";
import { rosterOf } from "./circle-state.ts";
import type { LiveCircle, Rooms } from "./rooms.ts";
import type { Store } from "../store/store.ts";

/** A node that a joiner may dial before it knows the roster. */
export type BootstrapContact = { readonly certificate: MemberCertificate; readonly addresses: readonly string[] };

/** How many of them are kept: any one reachable is enough. */
const BOOTSTRAP_MAX = 3;

export async function keepBootstrap(rooms: Rooms, circle: CircleId, contacts: readonly JoinContact[]): Promise<void> {
  const rows = contacts
    .slice(0, BOOTSTRAP_MAX)
    .map(({ certificate, addresses }) => ({ certificate, addresses: addresses.slice(0, 2) }));
  // Read before it is stored: what an inviter made up must not meet us again at every start.
  const parsed = parseRows(rows);
  await putBootstrap(rooms.store, circle, encodeContacts(rows));
  rooms.bootstrap.set(circle, parsed);
}

/** Writes down whom to dial while the roster is not known. */
export async function putBootstrap(store: Store, circle: CircleId, encoded: Uint8Array): Promise<void> {
  await store.putSetting(settingName(circle), encoded);
}

export async function loadBootstrap(rooms: Rooms, circle: CircleId): Promise<void> {
  const stored = await rooms.store.setting(settingName(circle));
  if (!stored) return;
  rooms.bootstrap.set(circle, parseRows(decodeContacts(stored)));
}

function parseRows(rows: readonly JoinContact[]): readonly BootstrapContact[] {
  return rows.map(({ certificate, addresses }) => ({ certificate: parseCertificate(certificate), addresses }));
}

function settingName(circle: CircleId): string {
  return `bootstrap/${circle}`;
}

/** Everyone who may connect now, each once. */
export function contacts(rooms: Rooms): readonly Contact[] {
  const found = new Map<string, Contact>();
  const note = (
    circle: CircleId,
    certificate: MemberCertificate,
    known: { readonly addresses: readonly string[]; readonly isOut?: boolean; readonly relay?: boolean },
  ): void => {
    const transport = transportId(certificate.transportKey);
    const { addresses, isOut = false, relay = false } = known;
    const before = found.get(transport);
    const member = memberId(certificate.memberKey);
    // What people here agreed on comes last and is never crowded out.
    const paths = rooms.paths.of(member);
    const told = [...new Set([...addresses, ...(before?.addresses ?? [])])].filter((one) => !paths.includes(one));
    const all = [...told.slice(0, limits.addressesPerMemberMax - paths.length), ...paths];
    const circles = [...(before?.circles ?? []), circle];
    const contested = [...(before?.contested ?? []), ...(isOut ? [circle] : [])];
    const relays = relay || before?.relay === true;
    found.set(transport, { transport, member, addresses: all, relay: relays, circles, contested });
  };
  for (const { row, state } of rooms.circles.values()) {
    if (row.state !== "current") continue;
    const joined = state.roster?.members.has(rooms.me.id) === true;
    for (const member of state.roster?.members.values() ?? []) {
      if (member.id !== rooms.me.id) {
        const addresses = state.addresses.get(member.id) ?? [];
        note(row.id, member.certificate, { addresses, relay: state.relays.has(member.id) });
      }
    }
    // Two stewards may have removed each other, each unheard: then one of them stands after all.
    for (const [id, { certificate }] of state.roster?.removed ?? []) {
      if (state.roster && id !== rooms.me.id && isDisputed(state.roster, id, rooms.clock.now()))
        note(row.id, certificate, { addresses: state.addresses.get(id) ?? [], isOut: true });
    }
    if (joined) continue;
    for (const { certificate, addresses } of rooms.bootstrap.get(row.id) ?? []) {
      if (!state.roster?.members.has(memberId(certificate.memberKey))) {
        note(row.id, certificate, { addresses });
      }
    }
  }
  return [...found.values()];
}

/**
 * Keys whose holder may connect, to come in or to be told why not: of orgs that are in a circle, for nodes of theirs that are not yet,
 * and tickets of circles where this node may admit, for as long after their expiry as a ticket may live.
 */
export function knownTickets(rooms: Rooms): readonly TicketId[] {
  const oldest = rooms.clock.now() - limits.ticketLifeMaxMs;
  const orgs = [...rooms.circles.values()]
    .filter(({ row }) => row.state === "current")
    .flatMap(({ state }) => [...(state.roster?.members.values() ?? [])])
    .map(({ certificate }) => ticketId(certificate.orgKey));
  const tickets = [...rooms.circles.values()]
    .filter(({ row, state }) => row.state === "current" && state.roster && isSteward(state.roster, rooms.me.id))
    .flatMap(({ state }) => [...state.invites.values()])
    .filter((invite) => invite.expires > oldest)
    .map((invite) => invite.ticket);
  return [...new Set([...orgs, ...tickets])];
}

/** This node first, then others that told where they are reached. */
export function contactsFor(rooms: Rooms, live: LiveCircle): readonly JoinContact[] {
  const others = [...rosterOf(live.state).members.values()].filter((member) => member.id !== rooms.me.id);
  return [
    { certificate: rooms.me.certificate.bytes, addresses: rooms.net().addresses() },
    ...others.map((member) => ({
      certificate: member.certificate.bytes,
      addresses: live.state.addresses.get(member.id) ?? [],
    })),
  ].filter((contact) => contact.addresses.length > 0);
}
