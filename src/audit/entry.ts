// What a row of the trail says, strictly decoded: an export may be anybody's. No row holds a word of what was disclosed.

import { z } from "zod";
import { verifyStrict, type SigningKey } from "../../keys/index.ts";
import { decodeCbor, encodeCbor } from "../base/cbor.ts";
import { concat, utf8 } from "../base/bytes.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { POST_KINDS } from "../record/body.ts";
import { ID_BYTES } from "../record/ids.ts";
import { PAP_LEVELS, TLP_LEVELS } from "../record/marking.ts";
import { clearanceSchema } from "./clearance.ts";
import type { TrailEnd } from "./trail.ts";

const bytes = (length: number): z.ZodType<Uint8Array> =>
  z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === length);
const id = bytes(ID_BYTES);
const moment = z.number().int().min(0).max(limits.momentMaxMs);
const text = z.string().max(limits.titleCharsMax);

const schema = z.discriminatedUnion("op", [
  /** Who can open what is sealed under an epoch: member key, org key, name of the org. */
  z.strictObject({
    op: z.literal("audience"),
    circle: id,
    name: text,
    epoch: id,
    readers: z.array(z.tuple([id, id, text])).max(limits.membersMax),
  }),
  /** A record of this node's org left: to the audience of its epoch. */
  z.strictObject({
    op: z.literal("disclosed"),
    circle: id,
    record: id,
    epoch: id,
    at: moment,
    kind: z.enum(POST_KINDS),
    tlp: z.enum(TLP_LEVELS),
    pap: z.enum(PAP_LEVELS).exactOptional(),
    seat: text,
    exercise: z.boolean(),
    auto: z.boolean(),
    clearance: clearanceSchema.exactOptional(),
  }),
  /** Own posts that are sealed under an epoch were opened for somebody whom it does not name: member key, org key, name of the org. */
  z.strictObject({
    op: z.literal("opened"),
    circle: id,
    epoch: id,
    reader: z.tuple([id, id, text]),
    records: z.array(id).min(1).max(limits.resealRecords),
    at: moment,
  }),
  /** One that came back from members: an earlier run of this home, of which there is no row, had disclosed it. */
  z.strictObject({ op: z.literal("returned"), circle: id, record: id, at: moment }),
  /** A record was written to a file as evidence, with its body or without. */
  z.strictObject({ op: z.literal("evidence"), circle: id, record: id, at: moment, seat: text, body: z.boolean() }),
  /** The member key signs how far the trail went. */
  z.strictObject({
    op: z.literal("anchor"),
    member: id,
    length: z.number().int().min(0),
    link: id,
    at: moment,
    signature: bytes(64),
  }),
]);

export type TrailEntry = z.infer<typeof schema>;
export type Anchor = Extract<TrailEntry, { op: "anchor" }>;

const TAG = utf8("tocsin/1 trail head");

export function encodeEntry(entry: TrailEntry): Uint8Array {
  return encodeCbor(entry);
}

/** Throws CBOR_INVALID, LIMIT_EXCEEDED or INPUT_INVALID. */
export function decodeEntry(encoded: Uint8Array): TrailEntry {
  const parsed = schema.safeParse(decodeCbor(encoded, limits.trailEntryBytesMax));
  if (!parsed.success) throw new TocsinError("INPUT_INVALID", "a malformed row of a trail");
  return parsed.data;
}

/** The member key's word of how far the trail went at `at`. */
export function signAnchor(end: TrailEnd, at: number, key: SigningKey): Anchor {
  const said = { member: key.publicKey, length: end.length, link: end.link, at };
  return { op: "anchor", ...said, signature: key.sign(anchored(said)) };
}

/** Whether the key that it names signed it. */
export function isAnchorSigned(anchor: Anchor): boolean {
  return verifyStrict(anchor.member, anchored(anchor), anchor.signature);
}

function anchored({ member, length, link, at }: Omit<Anchor, "op" | "signature">): Uint8Array {
  return concat(TAG, encodeCbor([member, length, link, at]));
}
