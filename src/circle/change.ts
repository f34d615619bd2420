// What a membership record says, and its codec. The change alone decides nothing: `evaluate.ts` does.

import { z } from "zod";
import { type Cbor, decodeCbor, encodeCbor } from "../base/cbor.ts";
import { sha256 } from "../base/digest.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { concat, utf8 } from "../base/bytes.ts";
import { parseCertificate, type MemberCertificate } from "../../keys/index.ts";
import {
  type CircleId,
  circleId,
  idBytes,
  ID_BYTES,
  LANE_BYTES,
  type LaneId,
  laneId,
  type MemberId,
  memberId,
  type TicketId,
  ticketId,
} from "../record/ids.ts";
import { TLP_LEVELS, type Tlp } from "../record/marking.ts";
import { parsePrekey, type Prekey } from "./prekey.ts";

/** The rules of a circle, set by its founder and accepted by each member on joining. */
export type Policy = {
  /** The strictest marking that may be posted. */
  readonly maxTlp: Tlp;
  /** How long items are kept, days. */
  readonly keepDays: number;
  /** What a newcomer may read of the time before it came. */
  readonly history: "none";
  /** 2: X-Wing, hybrid post-quantum. 1: X25519. */
  readonly suite: 1 | 2;
  readonly purpose: string;
  /** Whether the circle's records also travel by gossip, which shows topics to co-members of other circles. */
  readonly gossip: boolean;
};

/** A member as it comes in: who it is, and the key that epochs are wrapped to. */
export type Admission = { readonly certificate: MemberCertificate; readonly prekey: Prekey };

/** How much of a removed member's lane still counts. */
export type LaneCut = { readonly lane: LaneId; readonly length: number };

export type RosterChange =
  | {
      readonly op: "genesis";
      readonly name: string;
      readonly nonce: Uint8Array;
      readonly policy: Policy;
      readonly founder: Admission;
    }
  | { readonly op: "add"; readonly member: Admission; readonly ticket: TicketId | undefined }
  | { readonly op: "remove"; readonly member: MemberId; readonly cuts: readonly LaneCut[] }
  | { readonly op: "promote"; readonly member: MemberId };

const NONCE_BYTES = 32;
const CIRCLE_TAG = utf8("tocsin/1 circle");

const bytes = (length?: number): z.ZodType<Uint8Array> =>
  z.custom<Uint8Array>((value) => value instanceof Uint8Array && (length === undefined || value.length === length));
const admission = z.strictObject({ certificate: bytes(), prekey: bytes() });
const changeSchema = z.discriminatedUnion("op", [
  z.strictObject({
    op: z.literal("genesis"),
    name: z.string().min(1).max(limits.nameCharsMax),
    nonce: bytes(NONCE_BYTES),
    policy: z.strictObject({
      maxTlp: z.enum(TLP_LEVELS),
      keepDays: z.number().int().min(1).max(36_500),
      history: z.literal("none"),
      suite: z.union([z.literal(1), z.literal(2)]),
      purpose: z.string().max(limits.titleCharsMax),
      gossip: z.boolean(),
    }),
    founder: admission,
  }),
  z.strictObject({ op: z.literal("add"), member: admission, ticket: bytes(ID_BYTES).nullable() }),
  z.strictObject({
    op: z.literal("remove"),
    member: bytes(ID_BYTES),
    cuts: z
      .array(z.strictObject({ lane: bytes(LANE_BYTES), length: z.number().int().min(0) }))
      .max(limits.lanesPerMemberMax),
  }),
  z.strictObject({ op: z.literal("promote"), member: bytes(ID_BYTES) }),
]);

/** The deterministic bytes of a change. */
export function encodeChange(change: RosterChange): Uint8Array {
  return encodeCbor(toCbor(change));
}

function toCbor(change: RosterChange): Cbor {
  switch (change.op) {
    case "genesis":
      return {
        op: change.op,
        name: change.name,
        nonce: change.nonce,
        policy: change.policy,
        founder: admissionCbor(change.founder),
      };
    case "add":
      return {
        op: change.op,
        member: admissionCbor(change.member),
        ticket: change.ticket === undefined ? null : idBytes(change.ticket),
      };
    case "remove":
      return {
        op: change.op,
        member: idBytes(change.member),
        cuts: change.cuts.map(({ lane, length }) => ({ lane: idBytes(lane), length })),
      };
    case "promote":
      return { op: change.op, member: idBytes(change.member) };
  }
}

function admissionCbor({ certificate, prekey }: Admission): Cbor {
  return { certificate: certificate.bytes, prekey: prekey.bytes };
}

/** The change that bytes say. Throws RECORD_BODY_INVALID, CERTIFICATE_INVALID or KEY_REFUSED. */
export function decodeChange(encoded: Uint8Array, circle: CircleId): RosterChange {
  const parsed = changeSchema.safeParse(decodeCbor(encoded, limits.recordBytesMax));
  if (!parsed.success) throw new TocsinError("RECORD_BODY_INVALID", "not a membership change that this version knows");
  const change = parsed.data;
  switch (change.op) {
    case "genesis":
      return { ...change, founder: parseAdmission(change.founder, circle) };
    case "add":
      return {
        op: "add",
        member: parseAdmission(change.member, circle),
        ticket: change.ticket === null ? undefined : ticketId(change.ticket),
      };
    case "remove":
      return {
        op: "remove",
        member: memberId(change.member),
        cuts: change.cuts.map(({ lane, length }) => ({ lane: laneId(lane), length })),
      };
    case "promote":
      return { op: "promote", member: memberId(change.member) };
  }
}

function parseAdmission(from: { certificate: Uint8Array; prekey: Uint8Array }, circle: CircleId): Admission {
  const certificate = parseCertificate(from.certificate);
  const prekey = parsePrekey(from.prekey, circle);
  if (prekey.member !== memberId(certificate.memberKey)) {
    throw new TocsinError("CERTIFICATE_INVALID", "the prekey of an admission belongs to another member");
  }
  return { certificate, prekey };
}

/**
 * The id of the circle that a genesis body founds. The founder's prekey names the circle, so the id is made of the parts
 * that exist before it: name, nonce, policy and the founder's certificate.
 */
export function circleOf(genesis: {
  name: string;
  nonce: Uint8Array;
  policy: Policy;
  certificate: MemberCertificate;
}): CircleId {
  const { name, nonce, policy, certificate } = genesis;
  return circleId(sha256(concat(CIRCLE_TAG, encodeCbor([name, nonce, policy, certificate.bytes]))));
}
