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
import { emptied } from "../record/emptied.ts";
import { decodeKept, encodePost } from "../record/parse-body.ts";
import type { SignedRecord, VerifiedRecord } from "../record/record.ts";
import { decodeEnvelope, encodeEnvelope, isPruned, prunedEnvelope } from "../record/wire.ts";
import { bytes, type Catalogue, count, list } from "./catalogue.ts";
import { numberIn, recordSpace } from "./keyspace.ts";
import { corrupt } from "./shelf.ts";
import { cut, restore } from "./splice.ts";
import type { ErasedWhy, Erasure, Item, Kept, Opening } from "./store.ts";

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
  readonly erased: ErasedWhy | undefined;
  /** The envelope of a body that was to be erased and is under a legal hold. */
  readonly withheld: Uint8Array | undefined;
};

/** Why a body was erased, by number: never reorder. 0 and 1 would be taken for what they are in an unread row. */
const ERASED: readonly (ErasedWhy | undefined)[] = [undefined, undefined, "retracted", "expired"];

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
    isPruned(record) ? [header.payloadHash] : payload,
  ];
}

/** The row of an opened post without what it said; with `withheld` the body stays in it. */
export function erasedRow(row: Cbor, { why, withheld = false }: Erasure): Cbor {
  const [circle, lane, receivedAt, packed, salt, rest, places, signature, payload] = list(row, 9);
  const kept = Array.isArray(salt) ? salt[1] : salt;
  if (withheld)
    return [
      ...[circle, lane, receivedAt, packed, [ERASED.indexOf(why), kept ?? null], rest, places, signature, payload],
    ] as Cbor;
  const body = deflateRawSync(encodePost(emptied(unpackBody(bytes(packed)))), DEFLATE);
  const hash = Array.isArray(payload) ? payload : [sha256(bytes(payload))];
  return [
    ...[circle, lane, receivedAt, new Uint8Array(body), [ERASED.indexOf(why)], rest, places, signature, hash],
  ] as Cbor;
}

/** The row of a post that could not be opened, yet or ever, or that is not to be opened. */
export function unreadRow(
  record: SignedRecord,
  receivedAt: number,
  content: "sealed" | "malformed" | "hollow" | ErasedWhy,
): Cbor {
  if (content === "sealed" || content === "malformed") return [content === "sealed", receivedAt, record.bytes];
  return [content === "hollow" ? null : ERASED.indexOf(content), receivedAt, prunedEnvelope(record)];
}

/** Bytes of the envelope that is kept of a record. */
export function keptBytes({ record, content, erased }: Pick<Kept, "record" | "content" | "erased">): number {
  const isPart = content === "hollow" || (erased !== undefined && erased.withheld !== true);
  return isPart ? prunedEnvelope(record).length : record.bytes.length;
}

/** Bytes of the envelope that a stored record takes. */
export function storedBytes({ envelope, withheld }: Stored): number {
  return (withheld ?? envelope).length;
}

/** The row of a control record. */
export function controlRow(record: VerifiedRecord): Cbor {
  return record.bytes;
}

const UNOPENED = {
  ...{ packed: undefined, salt: undefined, sealed: false, hollow: false, erased: undefined, withheld: undefined },
} as const;

/** A record from its key and row. Throws STORE_CORRUPT. */
export function decodeStored(catalogue: Catalogue, key: Uint8Array, row: Cbor): Stored {
  const space = recordSpace(key);
  if (space === "post") return decodePostRow(catalogue, row);
  if (space === "control") return { envelope: bytes(row), receivedAt: 0, ...UNOPENED };
  if (space === undefined) throw corrupt("a pointer that points at no record");
  const [sealed, receivedAt, envelope] = list(row, 3);
  const erased = typeof sealed === "number" ? ERASED[sealed] : undefined;
  return {
    ...{ envelope: bytes(envelope), receivedAt: count(receivedAt), ...UNOPENED },
    ...{ sealed: sealed === true, hollow: sealed === null, erased },
  };
}

function decodePostRow(catalogue: Catalogue, row: Cbor): Stored {
  const [circleField, laneField, receivedAt, packed, saltField, rest, places, signature, payloadField] = list(row, 9);
  const circle = catalogue.circles[count(circleField)];
  const lane = circle?.lanes[count(laneField)];
  if (!circle || !lane || !Array.isArray(places)) throw corrupt("a post of an unknown lane");
  const [payload, payloadHash] = Array.isArray(payloadField)
    ? [new Uint8Array(0), bytes((payloadField as readonly Cbor[])[0])]
    : [bytes(payloadField), sha256(bytes(payloadField))];
  const parts = knownParts({ circle: circle.id, author: lane.author, lane: lane.lane }, payloadHash);
  const headerBytes = restore({ rest: bytes(rest), places: (places as readonly Cbor[]).map(count) }, parts);
  const signed = { headerBytes, signature: bytes(signature) };
  const whole = encodeEnvelope({ ...signed, payload, wraps: [] });
  const [why, kept] = Array.isArray(saltField) ? (saltField as readonly Cbor[]) : [undefined, saltField];
  const salt = kept === null || kept === undefined ? undefined : bytes(kept, SALT_BYTES);
  const erased = why === undefined ? undefined : ERASED[count(why)];
  const withheld = erased && kept !== undefined ? whole : undefined;
  const envelope = withheld ? prunedEnvelope(signed) : whole;
  return {
    ...{ envelope, receivedAt: count(receivedAt), packed: bytes(packed), salt, sealed: false, hollow: false },
    ...{ erased, withheld },
  };
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
  const { receivedAt, erased } = stored;
  const said = unpackBody(stored.packed);
  const body = stored.withheld ? emptied(said) : said;
  return makeItem({ id, header }, { cursor: numberIn(key), receivedAt, body, ...(erased && { erased }) });
}

/** What proves a stored post, or undefined where the row does not hold it. Throws STORE_CORRUPT. */
export function storedOpening({ envelope, packed, salt, erased }: Stored): Opening | undefined {
  return erased ? undefined : packed && salt && { envelope, salt, body: unpackBody(packed) };
}

/** What a stored post said that is under a legal hold. Throws STORE_CORRUPT. */
export function storedWithheld({ withheld, packed, salt }: Stored): Opening | undefined {
  return withheld && packed && salt && { envelope: withheld, salt, body: unpackBody(packed) };
}

/** The item of a record and what this node learnt of it. */
export function makeItem(
  { id, header }: Pick<SignedRecord, "id" | "header">,
  learnt: Pick<Item, "cursor" | "receivedAt" | "body" | "erased">,
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
