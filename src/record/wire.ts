// Bytes to SignedRecord and back (docs/protocol.md section 3): the envelope, its header, and the part of the header
// that the seal binds. It checks shape and bounds only; nothing here says that a record may be trusted.

import { type Cbor, decodeCbor, encodeCbor } from "../base/cbor.ts";
import { concat, utf8 } from "../base/bytes.ts";
import { sha256 } from "../base/digest.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { circleId, idBytes, ID_BYTES, LANE_BYTES, laneId, memberId, recordId } from "./ids.ts";
import { merkleRoot } from "./merkle.ts";
import { type Header, RECORD_KINDS, type RecordKind, type SignedRecord } from "./record.ts";

const VERSION = 1;
const EXERCISE_FLAG = 1;
const NONCE_BYTES = 24;
const SIGNATURE_BYTES = 64;
const HEADER_BYTES_MAX = 1_024;
const WRAPPED_TAG = utf8("tocsin/1 payload with wraps");
/** Index in this list is the number on the wire: never reorder. */
const KIND_NUMBERS: readonly RecordKind[] = RECORD_KINDS;

/** A header before its payload exists: what the seal binds as associated data. */
export type HeaderContext = Omit<Header, "nonce" | "payloadHash">;

/** Bytes of the part of a header that the seal binds. */
export function encodeContext(header: HeaderContext): Uint8Array {
  return encodeCbor([
    VERSION,
    idBytes(header.circle),
    KIND_NUMBERS.indexOf(header.kind),
    idBytes(header.author),
    idBytes(header.lane),
    header.seq,
    header.prev === undefined ? null : idBytes(header.prev),
    header.rosterHeads.map(idBytes),
    header.epoch === undefined ? null : idBytes(header.epoch),
    header.exercise ? EXERCISE_FLAG : 0,
    header.at,
    header.commitment,
  ]);
}

/** Bytes of a whole header from its bound part. */
export function encodeHeader(context: Uint8Array, nonce: Uint8Array, payloadHash: Uint8Array): Uint8Array {
  return encodeCbor([context, nonce, payloadHash]);
}

/** What the header binds of a payload: its hash, together with the Merkle root of the wraps where there are any. */
export function hashPayload(payload: Uint8Array, wraps: readonly Uint8Array[]): Uint8Array {
  return hashWithRoot(payload, wraps.length === 0 ? undefined : merkleRoot(wraps));
}

function hashWithRoot(payload: Uint8Array, root: Uint8Array | undefined): Uint8Array {
  return root === undefined ? sha256(payload) : sha256(WRAPPED_TAG, sha256(payload), root);
}

/** The envelope: header, signature, payload and, for an epoch or a proof of a fork, its wraps. */
export function encodeEnvelope(
  parts: Pick<SignedRecord, "headerBytes" | "signature" | "payload" | "wraps">,
): Uint8Array {
  const { headerBytes, signature, payload, wraps } = parts;
  return encodeCbor(wraps.length === 0 ? [headerBytes, signature, payload] : [headerBytes, signature, payload, wraps]);
}

/** The record in an envelope. Throws CBOR_INVALID, LIMIT_EXCEEDED or RECORD_MALFORMED; changes nothing. */
export function decodeEnvelope(bytes: Uint8Array): SignedRecord {
  const envelope = decodeCbor(bytes, limits.envelopeBytesMax);
  if (!Array.isArray(envelope) || envelope.length < 3 || envelope.length > 4) throw malformed("envelope");
  const [headerBytes, signature, payload, wrapList] = envelope as readonly Cbor[];
  if (!isBytes(headerBytes) || !isBytes(signature, SIGNATURE_BYTES) || !isBytes(payload)) throw malformed("envelope");
  if (payload.length > limits.recordBytesMax) throw new TocsinError("LIMIT_EXCEEDED", "payload is too large");
  const { header, context } = decodeHeader(headerBytes);
  const wraps = decodeWraps(wrapList, header.kind);
  return {
    id: recordId(sha256(headerBytes)),
    header,
    headerBytes,
    sealedContext: context,
    signature,
    payload,
    wraps,
    bytes,
  };
}

/** Whether a post lacks its payload: a sealed one is never empty. */
export function isPruned({ header, payload }: Pick<SignedRecord, "header" | "payload">): boolean {
  return header.kind === "post" && payload.length === 0;
}

/** The envelope of a post without its payload: header and signature. */
export function prunedEnvelope({
  headerBytes,
  signature,
}: Pick<SignedRecord, "headerBytes" | "signature">): Uint8Array {
  return encodeEnvelope({ headerBytes, signature, payload: new Uint8Array(0), wraps: [] });
}

/** A record without its wraps, which only their Merkle root stands for: what a proof of a fork carries. */
export type BareRecord = Pick<SignedRecord, "id" | "header" | "headerBytes" | "signature" | "payload"> & {
  /** What the header must bind of payload and wraps. */
  readonly hash: Uint8Array;
};

/** Bytes of a record without its wraps. */
export function encodeBare({ headerBytes, signature, payload, wraps }: SignedRecord): Uint8Array {
  return encodeCbor([headerBytes, signature, payload, wraps.length === 0 ? null : merkleRoot(wraps)]);
}

/** Throws CBOR_INVALID, LIMIT_EXCEEDED or RECORD_MALFORMED. */
export function decodeBare(bytes: Uint8Array): BareRecord {
  const parts = decodeCbor(bytes, limits.envelopeBytesMax);
  if (!Array.isArray(parts) || parts.length !== 4) throw malformed("bare form");
  const [headerBytes, signature, payload, root] = parts as readonly Cbor[];
  if (!isBytes(headerBytes) || !isBytes(signature, SIGNATURE_BYTES) || !isBytes(payload)) throw malformed("bare form");
  if (payload.length > limits.recordBytesMax) throw new TocsinError("LIMIT_EXCEEDED", "payload is too large");
  if (!(root === null || isBytes(root, ID_BYTES))) throw malformed("bare form");
  const { header } = decodeHeader(headerBytes);
  const id = recordId(sha256(headerBytes));
  return { id, header, headerBytes, signature, payload, hash: hashWithRoot(payload, root ?? undefined) };
}

function decodeWraps(list: Cbor | undefined, kind: RecordKind): readonly Uint8Array[] {
  if (kind === "epoch" ? !Array.isArray(list) : kind !== "roster" && list !== undefined) throw malformed("wraps");
  if (list === undefined) return [];
  if (!Array.isArray(list)) throw malformed("wraps");
  const wraps = list as readonly Cbor[];
  if (wraps.length === 0 || wraps.length > limits.membersMax || !wraps.every((wrap) => isBytes(wrap)))
    throw malformed("wraps");
  const size = wraps.reduce<number>((sum, wrap) => sum + wrap.length, 0);
  if (size > limits.wrapsBytesMax) throw new TocsinError("LIMIT_EXCEEDED", "wraps are too large");
  return wraps;
}

/** The header in its bytes, and the part of it that a seal binds. Throws CBOR_INVALID, LIMIT_EXCEEDED or RECORD_MALFORMED. */
export function decodeHeader(bytes: Uint8Array): { header: Header; context: Uint8Array } {
  const parts = decodeCbor(bytes, HEADER_BYTES_MAX);
  if (!Array.isArray(parts) || parts.length !== 3) throw malformed("header");
  const [context, nonce, payloadHash] = parts as readonly Cbor[];
  if (!isBytes(context) || !isBytes(nonce) || !isBytes(payloadHash, ID_BYTES)) throw malformed("header");
  const fields = decodeContext(context);
  // A payload is sealed exactly where the kind says so: a post, and nothing else.
  const sealed = fields.kind === "post";
  if (sealed !== (fields.epoch !== undefined) || nonce.length !== (sealed ? NONCE_BYTES : 0)) throw malformed("seal");
  return { header: { ...fields, nonce, payloadHash }, context };
}

function decodeContext(bytes: Uint8Array): HeaderContext {
  const fields = decodeCbor(bytes, HEADER_BYTES_MAX);
  if (!Array.isArray(fields) || fields.length !== 12) throw malformed("header");
  const [version, circle, kindNumber, author, lane, seq, prev, heads, epoch, flags, at, commitment] =
    fields as readonly Cbor[];
  if (version !== VERSION) throw new TocsinError("RECORD_MALFORMED", "record of another protocol version");
  const kind = typeof kindNumber === "number" ? KIND_NUMBERS[kindNumber] : undefined;
  if (
    kind === undefined ||
    !isBytes(circle, ID_BYTES) ||
    !isBytes(author, ID_BYTES) ||
    !isBytes(lane, LANE_BYTES) ||
    !isCount(seq) ||
    !(seq === 0 ? prev === null : isBytes(prev, ID_BYTES)) ||
    !Array.isArray(heads) ||
    heads.length > limits.rosterHeadsMax ||
    !heads.every((head) => isBytes(head, ID_BYTES)) ||
    !(epoch === null || isBytes(epoch, ID_BYTES)) ||
    (flags !== 0 && flags !== EXERCISE_FLAG) ||
    !isCount(at) ||
    at > limits.momentMaxMs ||
    !isBytes(commitment, ID_BYTES)
  ) {
    throw malformed("header");
  }
  const rosterHeads = (heads as readonly Uint8Array[]).map(recordId);
  // One order of heads, so that equal views have equal bytes.
  if (rosterHeads.some((head, index) => index > 0 && head <= (rosterHeads[index - 1] ?? ""))) throw malformed("heads");
  return {
    circle: circleId(circle),
    kind,
    author: memberId(author),
    lane: laneId(lane),
    seq,
    prev: prev instanceof Uint8Array ? recordId(prev) : undefined,
    rosterHeads,
    epoch: epoch instanceof Uint8Array ? recordId(epoch) : undefined,
    exercise: flags === EXERCISE_FLAG,
    at,
    commitment,
  };
}

function isBytes(value: Cbor | undefined, length?: number): value is Uint8Array {
  return value instanceof Uint8Array && (length === undefined || value.length === length);
}

function isCount(value: Cbor | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function malformed(what: string): TocsinError {
  return new TocsinError("RECORD_MALFORMED", `malformed ${what} of a record`);
}

/** What an author signs: a domain of its own before the header (lessons.md 5). */
export function signedMessage(headerBytes: Uint8Array): Uint8Array {
  return concat(utf8("tocsin/1 record"), headerBytes);
}
