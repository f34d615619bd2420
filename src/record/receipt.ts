// A receipt: a member's signed word of how much of one lane it holds durably, by which record, what of that it could not open,
// and how far its people have read. It travels to the lane's author and proves there what the author shows as delivered.

import { type SigningKey, verifyStrict } from "../../keys/index.ts";
import { concat, utf8 } from "../base/bytes.ts";
import { type Cbor, decodeCbor, encodeCbor } from "../base/cbor.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import {
  type CircleId,
  circleId,
  ID_BYTES,
  idBytes,
  LANE_BYTES,
  type LaneId,
  laneId,
  type MemberId,
  memberId,
  recordId,
  type RecordId,
} from "./ids.ts";

export type Receipt = {
  readonly circle: CircleId;
  /** Who says so, and signed it. */
  readonly member: MemberId;
  readonly lane: LaneId;
  /** Records of the lane that are durable there, from seq 0, at least 1; `head` is the last of them. */
  readonly held: number;
  readonly head: RecordId;
  /** Posts among them that are not open there, as ranges from (inclusive) to (exclusive), ascending and apart. */
  readonly unopened: readonly (readonly [from: number, to: number])[];
  /** What stands before this place and is open there was shown to a person; 0 where it is not told. */
  readonly read: number;
  /** The member's clock, ms since 1970: the later one of two that tell of the same record. */
  readonly at: number;
};

/** A receipt with the bytes that prove it to others. */
export type SignedReceipt = { readonly receipt: Receipt; readonly bytes: Uint8Array };

const TAG = utf8("tocsin/1 receipt");
const VERSION = 1;
const SIGNATURE_BYTES = 64;

export function signReceipt(receipt: Receipt, key: SigningKey): SignedReceipt {
  const { circle, member, lane, held, head, unopened, read, at } = receipt;
  const ids = [idBytes(circle), idBytes(member), idBytes(lane)];
  const body = encodeCbor([VERSION, ...ids, held, idBytes(head), unopened, read, at]);
  return { receipt, bytes: encodeCbor([body, key.sign(concat(TAG, body))]) };
}

/** What a receipt says; nothing is proven yet. Throws RECORD_MALFORMED, CBOR_INVALID or LIMIT_EXCEEDED. */
export function parseReceipt(bytes: Uint8Array): SignedReceipt {
  const [body] = parts(bytes);
  const fields = decodeCbor(body, limits.receiptBytesMax);
  if (!Array.isArray(fields) || fields.length !== 9 || fields[0] !== VERSION) throw malformed();
  const [, circle, member, lane, held, head, unopened, read, at] = fields as readonly Cbor[];
  const receipt = {
    circle: circleId(bytesOf(circle, ID_BYTES)),
    member: memberId(bytesOf(member, ID_BYTES)),
    lane: laneId(bytesOf(lane, LANE_BYTES)),
    held: natural(held),
    head: recordId(bytesOf(head, ID_BYTES)),
    unopened: ranges(unopened, natural(held)),
    read: natural(read),
    at: natural(at),
  };
  if (receipt.held === 0 || receipt.read > receipt.held || receipt.at > limits.momentMaxMs) throw malformed();
  return { receipt, bytes };
}

/** Whether the member that it names signed it. */
export function isSigned({ receipt, bytes }: SignedReceipt): boolean {
  const [body, signature] = parts(bytes);
  return verifyStrict(idBytes(receipt.member), concat(TAG, body), signature);
}

/** No more ranges than a receipt may name: the oldest ones run together, so that less is claimed and never more. */
export function fewRanges(ranges: Receipt["unopened"]): Receipt["unopened"] {
  const spare = ranges.length - limits.receiptRangesMax;
  const [first, last] = [ranges[0], ranges[spare]];
  return spare > 0 && first && last ? [[first[0], last[1]], ...ranges.slice(spare + 1)] : ranges;
}

/** What a receipt proves of the post at a place of its lane. */
export function provenBy(receipt: Receipt | undefined, seq: number): "read" | "decrypted" | "held" | undefined {
  if (!receipt || seq >= receipt.held) return undefined;
  if (receipt.unopened.some(([from, to]) => seq >= from && seq < to)) return "held";
  return seq < receipt.read ? "read" : "decrypted";
}

const malformed = (): TocsinError => new TocsinError("RECORD_MALFORMED", "a malformed receipt");

function parts(bytes: Uint8Array): readonly [body: Uint8Array, signature: Uint8Array] {
  const fields = decodeCbor(bytes, limits.receiptBytesMax);
  if (!Array.isArray(fields) || fields.length !== 2) throw malformed();
  const [body, signature] = fields as readonly Cbor[];
  if (!(body instanceof Uint8Array)) throw malformed();
  return [body, bytesOf(signature, SIGNATURE_BYTES)];
}

function bytesOf(value: Cbor | undefined, length: number): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length !== length) throw malformed();
  return value;
}

function natural(value: Cbor | undefined): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw malformed();
  return value;
}

function ranges(value: Cbor | undefined, held: number): Receipt["unopened"] {
  if (!Array.isArray(value) || value.length > limits.receiptRangesMax) throw malformed();
  let end = -1;
  return (value as readonly Cbor[]).map((range) => {
    if (!Array.isArray(range) || range.length !== 2) throw malformed();
    const [from, to] = [natural(range[0]), natural(range[1])];
    if (from <= end || to <= from || to > held) throw malformed();
    end = to;
    return [from, to] as const;
  });
}
