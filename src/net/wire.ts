// What the nodes say to each other: one deterministic CBOR array a frame, its first element the name of the message.
// Decoding takes bytes from anyone: it answers a whole message of bounded size or throws TocsinError, nothing between.

import { unreachable } from "../base/assert.ts";
import { fromHex, toHex } from "../base/bytes.ts";
import { type Cbor, decodeCbor, encodeCbor } from "../base/cbor.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { type CircleId, ID_BYTES, LANE_BYTES, type LaneId, circleId, idBytes, laneId } from "../record/ids.ts";
import { type Frontier, HEAD_DIGITS, type Heads, type LaneRange } from "../record/record.ts";

export type Message =
  // /tocsin/hello/1
  | { readonly kind: "hello"; readonly versions: readonly number[]; readonly nonce: Uint8Array }
  | {
      readonly kind: "answer";
      readonly version: number;
      readonly nonce: Uint8Array;
      readonly tags: readonly Uint8Array[];
    }
  | { readonly kind: "tags"; readonly tags: readonly Uint8Array[] }
  | { readonly kind: "done" }
  // /tocsin/push/1, towards the reader ...
  | { readonly kind: "have"; readonly circle: CircleId; readonly frontier: Frontier; readonly heads: Heads }
  | { readonly kind: "records"; readonly circle: CircleId; readonly envelopes: readonly Uint8Array[] }
  | { readonly kind: "receipts"; readonly circle: CircleId; readonly receipts: readonly Uint8Array[] }
  | { readonly kind: "ping"; readonly token: number }
  // ... and back: `batches` counts the `records` messages whose envelopes are now durable or refused.
  | {
      readonly kind: "held";
      readonly circle: CircleId;
      readonly frontier: Frontier;
      readonly heads: Heads;
      readonly batches: number;
    }
  | { readonly kind: "pong"; readonly token: number }
  // /tocsin/sync/1
  | { readonly kind: "want"; readonly circle: CircleId; readonly ranges: readonly LaneRange[] }
  | { readonly kind: "more" }
  | { readonly kind: "page"; readonly envelopes: readonly Uint8Array[] }
  | { readonly kind: "end" }
  // /tocsin/reseal/1; the answer is a `message`
  | { readonly kind: "ask"; readonly circle: CircleId; readonly body: Uint8Array }
  // /tocsin/join/1, and /tocsin/verify/1 without the challenge
  | { readonly kind: "challenge"; readonly challenge: Uint8Array }
  | { readonly kind: "message"; readonly body: Uint8Array }
  | { readonly kind: "refused"; readonly code: string };

export type MessageKind = Message["kind"];

export const NONCE_BYTES = 32;
export const TAG_BYTES = 32;
/** Lanes that one message may name: every lane of the largest circle. */
export const LANES_MAX = limits.membersMax * limits.lanesPerMemberMax;
/** Bytes of envelopes that one message may carry: a frame without its framing. */
export const CARRIED_BYTES_MAX = limits.frameBytesMax - 8 * 1024;
const ENVELOPES_MAX = 1_024;
const HEAD_BYTES = HEAD_DIGITS / 2;
const NO_HEAD = "0".repeat(HEAD_DIGITS);

/** How far lanes are held, and by which records. */
type Told = { readonly frontier: Frontier; readonly heads: Heads };

/** The frame of a message. */
export function encodeMessage(message: Message): Uint8Array {
  return encodeCbor([message.kind, ...fieldsOf(message)]);
}

function fieldsOf(message: Message): readonly Cbor[] {
  switch (message.kind) {
    case "hello":
      return [message.versions, message.nonce];
    case "answer":
      return [message.version, message.nonce, message.tags];
    case "tags":
      return [message.tags];
    case "have":
      return [idBytes(message.circle), frontierFields(message)];
    case "held":
      return [idBytes(message.circle), frontierFields(message), message.batches];
    case "records":
      return [idBytes(message.circle), message.envelopes];
    case "receipts":
      return [idBytes(message.circle), message.receipts];
    case "ping":
    case "pong":
      return [message.token];
    case "want":
      return [idBytes(message.circle), message.ranges.map(({ lane, from, to }) => [idBytes(lane), from, to])];
    case "page":
      return [message.envelopes];
    case "ask":
      return [idBytes(message.circle), message.body];
    case "challenge":
      return [message.challenge];
    case "message":
      return [message.body];
    case "refused":
      return [message.code];
    case "done":
    case "more":
    case "end":
      return [];
    default:
      return unreachable(message);
  }
}

/** The message of a frame. Throws CBOR_INVALID, LIMIT_EXCEEDED or PEER_PROTOCOL. */
export function decodeMessage(frame: Uint8Array): Message {
  const fields = list(decodeCbor(frame, limits.frameBytesMax), 4);
  const [kind, first, second, third] = fields;
  const count = (expected: number): void => {
    if (fields.length !== expected + 1) throw wrong("number of fields");
  };
  if (typeof kind !== "string") throw wrong("name");
  switch (kind) {
    case "hello":
      count(2);
      return { kind, versions: list(first, 16).map(natural), nonce: bytes(second, NONCE_BYTES) };
    case "answer":
      count(3);
      return { kind, version: natural(first), nonce: bytes(second, NONCE_BYTES), tags: tagList(third) };
    case "tags":
      count(1);
      return { kind, tags: tagList(first) };
    case "have":
      count(2);
      return { kind, circle: circle(first), ...frontier(second) };
    case "held":
      count(3);
      return { kind, circle: circle(first), ...frontier(second), batches: natural(third) };
    case "records":
      count(2);
      return { kind, circle: circle(first), envelopes: envelopes(second) };
    case "receipts":
      count(2);
      return { kind, circle: circle(first), receipts: receipts(second) };
    case "ping":
    case "pong":
      count(1);
      return { kind, token: natural(first) };
    case "want":
      count(2);
      return { kind, circle: circle(first), ranges: list(second, LANES_MAX).map(range) };
    case "page":
      count(1);
      return { kind, envelopes: envelopes(first) };
    case "ask":
      count(2);
      return { kind, circle: circle(first), body: anyBytes(second) };
    case "challenge":
      count(1);
      return { kind, challenge: bytes(first, NONCE_BYTES) };
    case "message":
      count(1);
      return { kind, body: anyBytes(first) };
    case "refused":
      count(1);
      return { kind, code: code(first) };
    case "done":
    case "more":
    case "end":
      count(0);
      return { kind };
    default:
      throw wrong("name");
  }
}

/** The message of a frame, which must be of this kind. */
export function decodeExpected<K extends MessageKind>(kind: K, frame: Uint8Array): Extract<Message, { kind: K }> {
  const message = decodeMessage(frame);
  if (message.kind !== kind) throw wrong(`order: ${message.kind} where ${kind} was due`);
  return message as Extract<Message, { kind: K }>;
}

const frontierFields = ({ frontier, heads }: Told): Cbor =>
  Array.from(frontier, ([lane, length]) => [idBytes(lane), length, fromHex(heads.get(lane) ?? NO_HEAD) ?? []]);

const wrong = (what: string): TocsinError => new TocsinError("PEER_PROTOCOL", `a message with the wrong ${what}`);

function list(value: Cbor | undefined, lengthMax: number): readonly Cbor[] {
  if (!Array.isArray(value) || value.length > lengthMax) throw wrong("list");
  return value as readonly Cbor[];
}

function natural(value: Cbor | undefined): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw wrong("number");
  return value;
}

function anyBytes(value: Cbor | undefined): Uint8Array {
  if (!(value instanceof Uint8Array)) throw wrong("bytes");
  return value;
}

function bytes(value: Cbor | undefined, length: number): Uint8Array {
  const found = anyBytes(value);
  if (found.length !== length) throw wrong("length of bytes");
  return found;
}

const circle = (value: Cbor | undefined): CircleId => circleId(bytes(value, ID_BYTES));
const lane = (value: Cbor | undefined): LaneId => laneId(bytes(value, LANE_BYTES));
const tagList = (value: Cbor | undefined): readonly Uint8Array[] =>
  list(value, limits.circlesMax).map((tag) => bytes(tag, TAG_BYTES));

function frontier(value: Cbor | undefined): Told {
  const lengths = new Map<LaneId, number>();
  const heads = new Map<LaneId, string>();
  const entries = list(value, LANES_MAX);
  for (const entry of entries) {
    const [id, length, head, ...rest] = list(entry, 3);
    if (rest.length > 0) throw wrong("frontier");
    lengths.set(lane(id), natural(length));
    heads.set(lane(id), toHex(bytes(head, HEAD_BYTES)));
  }
  // Of a lane that is named twice one length would be lost, and which one is nobody's to choose.
  if (lengths.size !== entries.length) throw wrong("frontier");
  return { frontier: lengths, heads };
}

function range(value: Cbor): LaneRange {
  const [id, from, to] = list(value, 3);
  const found = { lane: lane(id), from: natural(from), to: natural(to) };
  if (found.from >= found.to) throw wrong("range");
  return found;
}

function envelopes(value: Cbor | undefined): readonly Uint8Array[] {
  return list(value, ENVELOPES_MAX).map((entry) => {
    const envelope = anyBytes(entry);
    if (envelope.length === 0 || envelope.length > limits.envelopeBytesMax) throw wrong("length of an envelope");
    return envelope;
  });
}

/** Copies: a receipt is kept for long, and must not keep its whole frame. */
function receipts(value: Cbor | undefined): readonly Uint8Array[] {
  return list(value, limits.receiptsPerMessage).map((entry) => {
    const receipt = anyBytes(entry);
    if (receipt.length > limits.receiptBytesMax) throw wrong("length of a receipt");
    return receipt.slice();
  });
}

function code(value: Cbor | undefined): string {
  if (typeof value !== "string" || !/^[A-Z_]{1,64}$/.test(value)) throw wrong("code");
  return value;
}
