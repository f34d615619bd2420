// How a record is stored. A post is kept twice by necessity: sealed, as others will ask for it, and opened, because its
// key is forgotten long before it is. So the body is deflated, and what the lane already tells is cut from the header.
// An envelope must come back byte for byte: it is signed.

import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { Cbor } from "../base/cbor.ts";
import { utf8 } from "../base/bytes.ts";
import { sha256 } from "../base/digest.ts";
import { limits } from "../base/limits.ts";
import type { PostBody } from "../record/body.ts";
import { idBytes } from "../record/ids.ts";
import { SALT_BYTES } from "../record/content.ts";
import { decodeKept, encodePost } from "../record/parse-body.ts";
import type { SignedRecord, VerifiedRecord } from "../record/record.ts";
import { decodeEnvelope, encodeEnvelope } from "../record/wire.ts";
import { bytes, type Catalogue, count, list } from "./catalogue.ts";
import { numberIn, recordSpace } from "./keyspace.ts";
import { corrupt } from "./shelf.ts";
import { cut, restore } from "./splice.ts";
import type { Item, Kept, Opening } from "./store.ts";

/** A record as read from the disk, its body still packed. */
export type Stored = {
  readonly envelope: Uint8Array;
  readonly receivedAt: number;
  /** The body of a post that was opened. */
  readonly packed: Uint8Array | undefined;
  /** Its salt, where that was kept. */
  readonly salt: Uint8Array | undefined;
  /** An unread post that waits for its key, not one whose body is malformed. */
  readonly sealed: boolean;
  /** A post without its payload. */
  readonly hollow: boolean;
};

/** Part of the stored form: changing a letter of it makes every stored body unreadable. */
const DICTIONARY = utf8(
  "sourcefirstlastcountseencertaintyobservedlikelyurgencyimmediateexpectedseverityextremeseveremoderateminorunknown" +
    "ackByneedexpiresautopaphttps://www.filenamemutexregistrycertificateaccountprocessemailsha512sha1md5cidrcveasn" +
    "replyackalertnotetextconfidencetechniquesT1566.001T1110.T1059.indicatorsdkindhsightingctlpeambergreenclear" +
    "+strictredseattitledtypebipevaluedtypefdomainevaluedtypecurlevaluedtypefsha256evalue",
);
/** Small windows, tables and chunks: for a few hundred bytes their setup is the cost. */
const DEFLATE = { dictionary: DICTIONARY, level: 3, windowBits: 12, memLevel: 4, chunkSize: 2_048 } as const;
const INFLATE = { dictionary: DICTIONARY, chunkSize: 2_048, maxOutputLength: limits.recordBytesMax } as const;

/** The row of an opened post; its numbers are those of its circle and lane. */
export function postRow(
  record: VerifiedRecord,
  place: { circle: number; lane: number },
  post: { receivedAt: number; body: PostBody; salt: Uint8Array | undefined },
): Cbor {
  const { header, headerBytes, signature, payload } = record;
  const { rest, places } = cut(headerBytes, knownParts(header, header.payloadHash));
  const body = deflateRawSync(encodePost(post.body), DEFLATE);
  return [
    place.circle,
    place.lane,
    post.receivedAt,
    new Uint8Array(body),
    post.salt ?? null,
    rest,
    places,
    signature,
    payload,
  ];
}

/** The row of a post that could not be opened, yet or ever. */
export function unreadRow(
  record: VerifiedRecord,
  receivedAt: number,
  content: "sealed" | "malformed" | "hollow",
): Cbor {
  if (content === "hollow") return [null, receivedAt, hollowEnvelope(record)];
  return [content === "sealed", receivedAt, record.bytes];
}

/** The envelope of a post without its payload. */
export function hollowEnvelope({ headerBytes, signature }: SignedRecord): Uint8Array {
  return encodeEnvelope({ headerBytes, signature, payload: new Uint8Array(0), wraps: [] });
}

/** Bytes of the envelope that is kept of a record. */
export function keptBytes({ record, content }: Pick<Kept, "record" | "content">): number {
  return content === "hollow" ? hollowEnvelope(record).length : record.bytes.length;
}

/** The row of a control record. */
export function controlRow(record: VerifiedRecord): Cbor {
  return record.bytes;
}

const UNOPENED = { packed: undefined, salt: undefined, sealed: false, hollow: false } as const;

/** A record from its key and row. Throws STORE_CORRUPT. */
export function decodeStored(catalogue: Catalogue, key: Uint8Array, row: Cbor): Stored {
  const space = recordSpace(key);
  if (space === "post") return decodePostRow(catalogue, row);
  if (space === "control") return { envelope: bytes(row), receivedAt: 0, ...UNOPENED };
  if (space === undefined) throw corrupt("a pointer that points at no record");
  const [sealed, receivedAt, envelope] = list(row, 3);
  return {
    envelope: bytes(envelope),
    receivedAt: count(receivedAt),
    ...UNOPENED,
    sealed: sealed === true,
    hollow: sealed === null,
  };
}

function decodePostRow(catalogue: Catalogue, row: Cbor): Stored {
  const [circleField, laneField, receivedAt, packed, saltField, rest, places, signature, payloadField] = list(row, 9);
  const circle = catalogue.circles[count(circleField)];
  const lane = circle?.lanes[count(laneField)];
  if (!circle || !lane || !Array.isArray(places)) throw corrupt("a post of an unknown lane");
  const payload = bytes(payloadField);
  const parts = knownParts({ circle: circle.id, author: lane.author, lane: lane.lane }, sha256(payload));
  const headerBytes = restore({ rest: bytes(rest), places: (places as readonly Cbor[]).map(count) }, parts);
  const envelope = encodeEnvelope({ headerBytes, signature: bytes(signature), payload, wraps: [] });
  const salt = saltField === null ? undefined : bytes(saltField, SALT_BYTES);
  return { envelope, receivedAt: count(receivedAt), packed: bytes(packed), salt, sealed: false, hollow: false };
}

/** What a header says that is known without it. */
function knownParts(
  { circle, author, lane }: Pick<SignedRecord["header"], "circle" | "author" | "lane">,
  payloadHash: Uint8Array,
): readonly Uint8Array[] {
  return [idBytes(circle), idBytes(author), idBytes(lane), payloadHash];
}

/** The record in a stored envelope. Throws STORE_CORRUPT: it was well-formed when it was kept. */
export function storedRecord({ envelope }: Stored): SignedRecord {
  try {
    return decodeEnvelope(envelope);
  } catch (cause) {
    throw corrupt("a malformed record", cause);
  }
}

/** The item of a stored post, or undefined where the row holds none. Throws STORE_CORRUPT. */
export function storedItem(key: Uint8Array, stored: Stored): Item | undefined {
  if (stored.packed === undefined) return undefined;
  const { id, header } = storedRecord(stored);
  return makeItem(
    { id, header },
    { cursor: numberIn(key), receivedAt: stored.receivedAt, body: unpackBody(stored.packed) },
  );
}

/** What proves a stored post, or undefined where the row does not hold it. Throws STORE_CORRUPT. */
export function storedOpening({ envelope, packed, salt }: Stored): Opening | undefined {
  return packed && salt && { envelope, salt, body: unpackBody(packed) };
}

/** The item of a record and what this node learnt of it. */
export function makeItem(
  { id, header }: Pick<SignedRecord, "id" | "header">,
  learnt: Pick<Item, "cursor" | "receivedAt" | "body">,
): Item {
  const { circle, author, lane, seq, at, exercise, epoch } = header;
  if (epoch === undefined) throw corrupt("a post that no epoch sealed");
  return { ...learnt, id, circle, author, lane, seq, at: shownAt(at, learnt.receivedAt), exercise, epoch };
}

/** When something was said: by its author's clock, unless that runs so far ahead that it would top the feed for ever. */
export function shownAt(at: number, receivedAt: number): number {
  return at > receivedAt + limits.clockSkewMaxMs ? receivedAt : at;
}

function unpackBody(packed: Uint8Array): PostBody {
  try {
    const inflated = inflateRawSync(packed, INFLATE);
    return decodeKept(new Uint8Array(inflated));
  } catch (cause) {
    throw corrupt("a malformed body", cause);
  }
}
