// The names of things: branded strings, each with one maker.

import type { Brand } from "../base/brand.ts";
import { concat, equalBytes, fromBase32, fromHex, toBase32, toHex, utf8 } from "../base/bytes.ts";
import { sha256 } from "../base/digest.ts";
import type { Random } from "../base/random.ts";

/** SHA-256 of the genesis body under its own tag, hex. */
export type CircleId = Brand<string, "CircleId">;
/** A node's Ed25519 member key, hex. */
export type MemberId = Brand<string, "MemberId">;
/** An organisation's Ed25519 org key, hex. */
export type OrgId = Brand<string, "OrgId">;
/** The name of one author's log in one circle: 8 random bytes and 8 that tie them to the author, hex. */
export type LaneId = Brand<string, "LaneId">;
/** SHA-256 of a signed header, hex; it never depends on the signature. */
export type RecordId = Brand<string, "RecordId">;
/** A node's Ed25519 transport key (its libp2p identity), hex. */
export type TransportId = Brand<string, "TransportId">;
/** The public half of a ticket's one-time key, hex. */
export type TicketId = Brand<string, "TicketId">;

export const ID_BYTES = 32;
export const LANE_BYTES = 16;

export const circleId = (bytes: Uint8Array): CircleId => toHex(bytes) as CircleId;
export const memberId = (bytes: Uint8Array): MemberId => toHex(bytes) as MemberId;
export const orgId = (bytes: Uint8Array): OrgId => toHex(bytes) as OrgId;
export const laneId = (bytes: Uint8Array): LaneId => toHex(bytes) as LaneId;
export const recordId = (bytes: Uint8Array): RecordId => toHex(bytes) as RecordId;
export const transportId = (bytes: Uint8Array): TransportId => toHex(bytes) as TransportId;
export const ticketId = (bytes: Uint8Array): TicketId => toHex(bytes) as TicketId;

const LANE_RANDOM_BYTES = 8;
const LANE_TAG = utf8("tocsin/1 lane");

/** A fresh lane of an author. */
export function laneFor(author: MemberId, random: Random): LaneId {
  const fresh = random(LANE_RANDOM_BYTES);
  return laneId(concat(fresh, laneProof(author, fresh)));
}

/** Whether an author may write to a lane, so that nobody can begin the lane of another before it is heard of. */
export function ownsLane(author: MemberId, lane: LaneId): boolean {
  const bytes = idBytes(lane);
  return equalBytes(laneProof(author, bytes.slice(0, LANE_RANDOM_BYTES)), bytes.slice(LANE_RANDOM_BYTES));
}

function laneProof(author: MemberId, fresh: Uint8Array): Uint8Array {
  return sha256(LANE_TAG, idBytes(author), fresh).slice(0, LANE_BYTES - LANE_RANDOM_BYTES);
}

/** The bytes of an id. */
export function idBytes(id: CircleId | MemberId | OrgId | LaneId | RecordId | TransportId | TicketId): Uint8Array {
  const bytes = fromHex(id);
  if (bytes === undefined) throw new Error("assertion failed: an id is hexadecimal");
  return bytes;
}

/** First letter of an item's printed id. Ids are resolved without it; it only helps the reader. */
export const ITEM_LETTER = {
  sighting: "s",
  alert: "a",
  ask: "q",
  answer: "w",
  reply: "r",
  ack: "k",
  note: "n",
  incident: "i",
  update: "u",
  vuln: "v",
  msg: "m",
  amend: "e",
  retract: "x",
  nudge: "g",
  widen: "p",
  sponsor: "b", // on behalf of
  unknown: "z",
} as const;
const SHORT_CHARS = 6;

/** The full printed id: a type letter, a hyphen and 52 characters of base 32. */
export function printId(kind: keyof typeof ITEM_LETTER, id: RecordId): string {
  return `${ITEM_LETTER[kind]}-${toBase32(idBytes(id))}`;
}

/** The short printed id: the full one cut to six characters, `s-7K2M9Q`. */
export function printShortId(kind: keyof typeof ITEM_LETTER, id: RecordId): string {
  return printId(kind, id).slice(0, 2 + SHORT_CHARS);
}

/**
 * What a typed id may match: the lowest and highest hex prefix bound, or undefined where it is no id.
 * Accepts full and short printed ids (with or without the type letter) of at least six characters.
 */
export function idRange(typed: string): { readonly from: RecordId; readonly to: RecordId } | undefined {
  const text = typed
    .trim()
    .replace(/^[a-z]-/i, "")
    .toUpperCase()
    .replaceAll("O", "0")
    .replaceAll(/[IL]/g, "1");
  if (text.length < SHORT_CHARS || text.length > 52 || !/^[0-9A-HJKMNP-TV-Z]+$/.test(text)) return undefined;
  const padTo = (fill: string): RecordId | undefined => {
    // 52 characters hold 260 bits; the last one carries one bit of the id in its top place.
    const whole = text.length === 52 ? text : text.padEnd(52, fill).slice(0, 51) + (fill === "0" ? "0" : "G");
    const bytes = fromBase32(whole);
    return bytes?.length === ID_BYTES ? recordId(bytes) : undefined;
  };
  const from = padTo("0");
  const to = padTo("Z");
  return from && to ? { from, to } : undefined;
}
