// The ticket that an inviter hands over out of band: one line of upper-case letters and digits, at most 160 characters.
// Its secret is the seed of a one-time transport key, so that the joiner proves it by the Noise handshake itself and the
// ticket's holder is the only stranger that the gater lets in.

import { concat, equalBytes, fromBase32, fromUtf8, toBase32, u32, utf8 } from "../base/bytes.ts";
import { hkdfExpand, sha256 } from "../base/digest.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { signingKeyFromSeed } from "../../keys/index.ts";
import { type CircleId, idBytes, type TicketId, ticketId, type TransportId } from "../record/ids.ts";

export type Ticket = {
  /** First 16 bytes of the circle's id: the joiner checks the genesis against it. */
  readonly circlePrefix: Uint8Array;
  /** 16 random bytes; who knows them may join once. */
  readonly secret: Uint8Array;
  /** ms since 1970, whole seconds. */
  readonly expires: number;
  /** Nodes that may admit, the inviter first: any one that is reached is enough. */
  readonly responders: readonly Responder[];
};

export type Responder = {
  /** First 16 bytes of SHA-256 of its transport key: no other node is told anything. */
  readonly hash: Uint8Array;
  /** Multiaddrs, at least one. */
  readonly addresses: readonly string[];
};

const PREFIX = "TOCSIN1:";
const VERSION = 1;
const SHORT_BYTES = 16;
const CHECK_BYTES = 3;
const FIXED_BYTES = 1 + 2 * SHORT_BYTES + 4;
/** What an entry is: the hash of a responder whose addresses follow, IPv4 and port, IPv6 and port, or multiaddr text with its length. */
const HASH = 1;
const IP4 = 4;
const IP6 = 6;
const TEXT = 0;
/** Host names, with the length of the name after the tag and the port at the end: a corporate name must fit. */
const NAMES = new Map([
  [5, "dns4"],
  [7, "dns6"],
  [8, "dns"],
]);

export function responderHash(transport: TransportId): Uint8Array {
  return sha256(idBytes(transport)).slice(0, SHORT_BYTES);
}

/** What a ticket says of its circle's id: the first 16 bytes. */
export function circlePrefix(circle: CircleId): Uint8Array {
  return idBytes(circle).slice(0, SHORT_BYTES);
}

/** Whether a circle is the one that a ticket is for. */
export function ticketIsFor(ticket: Ticket, circle: CircleId): boolean {
  return equalBytes(circlePrefix(circle), ticket.circlePrefix);
}

/** The seed of the one-time key of a ticket's secret, 32 bytes. */
export function ticketSeed(secret: Uint8Array): Uint8Array {
  return hkdfExpand(secret, "tocsin/1 ticket", 32);
}

/** The public half of the one-time key: what the circle knows of a ticket. */
export function ticketIdOf(secret: Uint8Array): TicketId {
  return ticketId(signingKeyFromSeed(ticketSeed(secret)).publicKey);
}

/** The line to hand over. What does not fit is left out, last responders first; throws CONFIG_INVALID where no address fits. */
export function printTicket(ticket: Ticket): string {
  let body = concat(
    Uint8Array.of(VERSION),
    ticket.circlePrefix,
    ticket.secret,
    u32(Math.floor(ticket.expires / 1_000)),
  );
  for (const { hash, addresses } of ticket.responders) {
    let entries = concat(Uint8Array.of(HASH), hash);
    let fits = false;
    for (const address of addresses) {
      const longer = concat(entries, packAddress(address));
      if (print(concat(body, longer)).length > limits.ticketCharsMax) continue;
      entries = longer;
      fits = true;
    }
    if (fits) body = concat(body, entries);
  }
  if (body.length === FIXED_BYTES) {
    throw new TocsinError("CONFIG_INVALID", "this node has no address that fits a ticket", {
      hint: "announce a shorter one with --announce",
    });
  }
  return print(body);
}

function print(body: Uint8Array): string {
  return PREFIX + toBase32(concat(body, sha256(body).slice(0, CHECK_BYTES)));
}

/** The ticket of a line as pasted: case, spaces and line breaks are forgiven. Throws TICKET_INVALID. */
export function parseTicket(line: string): Ticket {
  const text = line.replaceAll(/\s+/g, "").toUpperCase();
  if (!text.startsWith(PREFIX)) throw new TocsinError("TICKET_INVALID", "a ticket starts with TOCSIN1:");
  if (text.length > limits.ticketCharsMax) throw new TocsinError("TICKET_INVALID", "the ticket is too long");
  const bytes = fromBase32(text.slice(PREFIX.length));
  const body = bytes?.slice(0, -CHECK_BYTES);
  if (
    !bytes ||
    !body ||
    body.length <= FIXED_BYTES ||
    !equalBytes(sha256(body).slice(0, CHECK_BYTES), bytes.slice(-CHECK_BYTES))
  ) {
    throw new TocsinError("TICKET_INVALID", "the ticket is damaged or incomplete");
  }
  if (body[0] !== VERSION) throw new TocsinError("TICKET_INVALID", "the ticket is of another version of tocsin");
  const at = (index: number): Uint8Array => body.slice(1 + index * SHORT_BYTES, 1 + (index + 1) * SHORT_BYTES);
  const expires = new DataView(body.buffer, body.byteOffset + 1 + 2 * SHORT_BYTES, 4).getUint32(0) * 1_000;
  return { circlePrefix: at(0), secret: at(1), expires, responders: unpackResponders(body.slice(FIXED_BYTES)) };
}

function packAddress(address: string): Uint8Array {
  const ip4 = /^\/ip4\/(\d+)\.(\d+)\.(\d+)\.(\d+)\/tcp\/(\d+)$/.exec(address);
  if (ip4) {
    const [a = 0, b = 0, c = 0, d = 0, port = 0] = ip4.slice(1).map(Number);
    return Uint8Array.of(IP4, a, b, c, d, port >> 8, port & 0xff);
  }
  const ip6 = /^\/ip6\/([0-9a-f:]+)\/tcp\/(\d+)$/.exec(address);
  const groups = ip6?.[1] === undefined ? undefined : expandIp6(ip6[1]);
  if (ip6 && groups) {
    const port = Number(ip6[2]);
    return Uint8Array.of(IP6, ...groups.flatMap((group) => [group >> 8, group & 0xff]), port >> 8, port & 0xff);
  }
  const [, kind, host = "", digits] = /^\/(dns[46]?)\/([^/]+)\/tcp\/(\d+)$/.exec(address) ?? [];
  for (const [tag, name] of NAMES) {
    if (name !== kind) continue;
    const [bytes, port] = [utf8(host), Number(digits)];
    return concat(Uint8Array.of(tag, bytes.length), bytes, Uint8Array.of(port >> 8, port & 0xff));
  }
  const text = utf8(address);
  return concat(Uint8Array.of(TEXT, text.length), text);
}

/** Eight 16-bit groups of an IPv6 address without a dotted part, or undefined. */
function expandIp6(address: string): readonly number[] | undefined {
  const [left = "", right] = address.split("::");
  const part = (text: string): number[] =>
    text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
  const [head, tail] = [part(left), part(right ?? "")];
  const groups =
    right === undefined
      ? head
      : [...head, ...Array<number>(Math.max(0, 8 - head.length - tail.length)).fill(0), ...tail];
  return groups.length === 8 && groups.every((group) => group >= 0 && group <= 0xffff) ? groups : undefined;
}

function unpackResponders(bytes: Uint8Array): readonly Responder[] {
  const responders: { hash: Uint8Array; addresses: string[] }[] = [];
  for (let rest = bytes; rest.length > 0;) {
    const [tag = TEXT, length = 0] = rest;
    const size = entrySize(tag, length);
    const entry = rest.slice(0, size);
    const last = responders.at(-1);
    if (rest.length < size) throw badEntry();
    if (tag === HASH) responders.push({ hash: entry.slice(1), addresses: [] });
    else if (last) last.addresses.push(unpackAddress(entry));
    else throw badEntry();
    rest = rest.slice(size);
  }
  if (responders.some((responder) => responder.addresses.length === 0)) throw badEntry();
  return responders;
}

function entrySize(tag: number, length: number): number {
  if (tag === HASH) return 1 + SHORT_BYTES;
  if (tag === IP4) return 7;
  if (tag === IP6) return 19;
  return NAMES.has(tag) ? 2 + length + 2 : 2 + length;
}

function unpackAddress(entry: Uint8Array): string {
  const [tag = TEXT] = entry;
  const port = ((entry.at(-2) ?? 0) << 8) | (entry.at(-1) ?? 0);
  if (tag === IP4) return `/ip4/${entry.slice(1, 5).join(".")}/tcp/${port}`;
  if (tag === IP6) return `/ip6/${groupsOf(entry.slice(1, 17))}/tcp/${port}`;
  const name = NAMES.get(tag);
  const host = name === undefined ? undefined : fromUtf8(entry.slice(2, -2));
  if (name !== undefined && host !== undefined && host !== "" && !host.includes("/"))
    return `/${name}/${host}/tcp/${port}`;
  const text = tag === TEXT ? fromUtf8(entry.slice(2)) : undefined;
  if (!text?.startsWith("/")) throw badEntry();
  return text;
}

function badEntry(): TocsinError {
  return new TocsinError("TICKET_INVALID", "the ticket holds an address that is none");
}

function groupsOf(bytes: Uint8Array): string {
  return Array.from({ length: 8 }, (_, index) =>
    (((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0)).toString(16),
  ).join(":");
}
