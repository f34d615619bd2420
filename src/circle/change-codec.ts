// The bytes of a membership change, both ways. What an org key or a fork must prove is proven here, so that a change that
// was decoded says nothing that nobody signed.

import { z } from "zod";
import { compareBytes } from "../base/bytes.ts";
import { type Cbor, decodeCbor, encodeCbor } from "../base/cbor.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { parseCertificate } from "../../keys/index.ts";
import {
  type CircleId,
  idBytes,
  ID_BYTES,
  LANE_BYTES,
  laneId,
  memberId,
  orgId,
  ownsLane,
  recordId,
  ticketId,
} from "../record/ids.ts";
import { TLP_LEVELS } from "../record/marking.ts";
import { verifyBare } from "../record/verify.ts";
import { decodeBare } from "../record/wire.ts";
import type { Admission, Carried, LaneCut, RosterChange } from "./change.ts";
import { checkedOpening, checkedProof, type SignedHeader } from "./fork.ts";
import { parsePrekey } from "./prekey.ts";
import { verifyEnrol, verifyRetire } from "./statement.ts";

const NONCE_BYTES = 32;
const SIGNATURE_BYTES = 64;

const bytes = (length?: number): z.ZodType<Uint8Array> =>
  z.custom<Uint8Array>((value) => value instanceof Uint8Array && (length === undefined || value.length === length));
const key = bytes(ID_BYTES);
const moment = z.number().int().min(0).max(limits.momentMaxMs);
const admission = z.strictObject({ certificate: bytes(), prekey: bytes() });
/** The rules of a circle as they travel. */
export const policySchema = z.strictObject({
  maxTlp: z.enum(TLP_LEVELS),
  defaultTlp: z.enum(TLP_LEVELS).exactOptional(),
  unverified: z.enum(["read", "withhold"]).exactOptional(),
  keepDays: z.number().int().min(1).max(36_500),
  history: z.union([z.literal("none"), z.literal("all"), moment]),
  suite: z.union([z.literal(1), z.literal(2)]),
  purpose: z.string().max(limits.titleCharsMax),
  gossip: z.boolean(),
  invite: z.enum(["stewards", "members"]),
  vouches: z.number().int().min(0).max(limits.membersMax),
  refound: z.number().int().min(0).max(limits.membersMax),
  export: z.enum(["members", "stewards", "nobody"]),
  exercise: z.boolean(),
  only: z
    .array(key)
    .min(2)
    .max(limits.membersMax)
    .refine((orgs) => orgs.every((org, place) => place === 0 || compareBytes(orgs[place - 1] ?? org, org) < 0))
    .exactOptional(),
});
const cuts = z
  .array(z.strictObject({ lane: bytes(LANE_BYTES), length: z.number().int().min(0) }))
  .max(limits.lanesPerMemberMax * limits.nodesPerOrgMax);
const nodes = z.array(key).max(limits.nodesPerOrgMax);
const consent = bytes(SIGNATURE_BYTES);
const signedHeader = z.strictObject({ header: bytes(), signature: bytes(SIGNATURE_BYTES) });
const changeSchema = z.discriminatedUnion("op", [
  z.strictObject({
    op: z.literal("genesis"),
    name: z.string().min(1).max(limits.nameCharsMax),
    nonce: bytes(NONCE_BYTES),
    policy: policySchema,
    founder: admission,
  }),
  z.strictObject({ op: z.literal("add"), member: admission, lane: bytes(LANE_BYTES), ticket: key.nullable() }),
  z.strictObject({ op: z.literal("lane"), opening: signedHeader }),
  z.strictObject({ op: z.literal("remove"), member: key, cuts }),
  z.strictObject({ op: z.literal("promote"), member: key }),
  z.strictObject({ op: z.literal("demote"), member: key }),
  z.strictObject({ op: z.literal("leave") }),
  z.strictObject({ op: z.literal("policy"), base: key, policy: policySchema }),
  z.strictObject({ op: z.literal("vouch"), org: key }),
  z.strictObject({ op: z.literal("enrol"), member: admission, replaces: nodes, cuts, consent }),
  z.strictObject({ op: z.literal("retire"), org: key, members: nodes.min(1), cuts, consent }),
  z.strictObject({
    op: z.literal("freeze"),
    member: key,
    until: moment,
    reason: z.string().max(limits.titleCharsMax),
  }),
  z.strictObject({ op: z.literal("lift"), freeze: key }),
  z.strictObject({ op: z.literal("confirm"), freeze: key, until: moment }),
  z.strictObject({
    op: z.literal("fork"),
    proof: z.tuple([signedHeader, signedHeader]),
    records: z.array(key).max(limits.forkRecordsMax),
  }),
  z.strictObject({ op: z.literal("merge") }),
]);

/** The deterministic bytes of a change. */
export function encodeChange(change: RosterChange): Uint8Array {
  return encodeCbor(toCbor(change));
}

function toCbor(change: RosterChange): Cbor {
  switch (change.op) {
    case "genesis":
      return { ...change, founder: admissionCbor(change.founder) };
    case "add": {
      const ticket = change.ticket === undefined ? null : idBytes(change.ticket);
      return { op: change.op, member: admissionCbor(change.member), lane: idBytes(change.lane), ticket };
    }
    case "lane":
      return { op: change.op, opening: headerCbor(change.opening) };
    case "remove":
      return { op: change.op, member: idBytes(change.member), cuts: cutsCbor(change.cuts) };
    case "promote":
    case "demote":
      return { op: change.op, member: idBytes(change.member) };
    case "leave":
    case "merge":
      return { op: change.op };
    case "policy":
      return { ...change, base: idBytes(change.base) };
    case "vouch":
      return { op: change.op, org: idBytes(change.org) };
    case "enrol": {
      const replaces = change.replaces.map(idBytes);
      return { ...change, member: admissionCbor(change.member), replaces, cuts: cutsCbor(change.cuts) };
    }
    case "retire": {
      const members = change.members.map(idBytes);
      return { ...change, org: idBytes(change.org), members, cuts: cutsCbor(change.cuts) };
    }
    case "freeze":
      return { ...change, member: idBytes(change.member) };
    case "lift":
    case "confirm":
      return { ...change, freeze: idBytes(change.freeze) };
    case "fork":
      return { op: change.op, proof: change.proof.headers.map(headerCbor), records: change.carried.map(idBytes) };
  }
}

function admissionCbor({ certificate, prekey }: Admission): Cbor {
  return { certificate: certificate.bytes, prekey: prekey.bytes };
}

function headerCbor({ headerBytes, signature }: SignedHeader): Cbor {
  return { header: headerBytes, signature };
}

/** What travels beside the body of a change: the records that a proof of a fork carries. */
export function wrapsOf(change: RosterChange): readonly Uint8Array[] {
  return change.op === "fork" ? change.records.map((record) => record.bytes) : [];
}

function cutsCbor(list: readonly LaneCut[]): Cbor {
  return list.map(({ lane, length }) => ({ lane: idBytes(lane), length }));
}

/**
 * The change that a body and what travels beside it say; without `wraps` a proof of a fork is what another one carries.
 * Throws RECORD_BODY_INVALID, CERTIFICATE_INVALID or KEY_REFUSED; for a fork what verifyRecord throws.
 */
export function decodeChange(encoded: Uint8Array, circle: CircleId, wraps?: readonly Uint8Array[]): RosterChange {
  const parsed = changeSchema.safeParse(decodeCbor(encoded, limits.recordBytesMax));
  if (!parsed.success) throw invalid("not a membership change that this version knows");
  const change = parsed.data;
  if (wraps && wraps.length > 0 && change.op !== "fork") throw invalid("something beside a change that takes nothing");
  switch (change.op) {
    case "genesis":
      return { ...change, founder: parseAdmission(change.founder, circle) };
    case "add": {
      const ticket = change.ticket === null ? undefined : ticketId(change.ticket);
      const member = parseAdmission(change.member, circle);
      if (!ownsLane(member.prekey.member, laneId(change.lane))) throw invalid("an admission with the lane of another");
      return { op: "add", member, lane: laneId(change.lane), ticket };
    }
    case "lane":
      return { op: "lane", opening: checkedOpening(change.opening, circle) };
    case "remove":
      return { op: "remove", member: memberId(change.member), cuts: cutsFrom(change.cuts) };
    case "promote":
    case "demote":
    case "freeze":
      return { ...change, member: memberId(change.member) };
    case "leave":
    case "merge":
      return change;
    case "policy":
      return { ...change, base: recordId(change.base) };
    case "vouch":
      return { op: "vouch", org: orgId(change.org) };
    case "enrol":
      return checkedEnrolment(
        {
          ...change,
          member: parseAdmission(change.member, circle),
          replaces: change.replaces.map(memberId),
          cuts: cutsFrom(change.cuts),
        },
        circle,
      );
    case "retire":
      return checkedRetirement(
        { ...change, org: orgId(change.org), members: change.members.map(memberId), cuts: cutsFrom(change.cuts) },
        circle,
      );
    case "lift":
    case "confirm":
      return { ...change, freeze: recordId(change.freeze) };
    case "fork":
      return checkedFork(change, circle, wraps);
  }
}

/** R52: a node is enrolled and withdrawn by the word of its org key for this circle alone. */
function checkedEnrolment(change: Extract<RosterChange, { op: "enrol" }>, circle: CircleId): RosterChange {
  const { member, replaces, consent: signature } = change;
  if (!verifyEnrol({ circle, certificate: member.certificate, replaces }, signature))
    throw invalid("an enrolment that its org did not sign");
  return change;
}

function checkedRetirement(change: Extract<RosterChange, { op: "retire" }>, circle: CircleId): RosterChange {
  const { org, members, consent: signature } = change;
  if (!verifyRetire({ circle, org, members }, signature)) throw invalid("a withdrawal that its org did not sign");
  return change;
}

function checkedFork(
  change: Extract<z.infer<typeof changeSchema>, { op: "fork" }>,
  circle: CircleId,
  wraps: readonly Uint8Array[] | undefined,
): RosterChange {
  const proof = checkedProof(change.proof, circle);
  const carried = change.records.map(recordId);
  const records = (wraps ?? []).map((bare) => carriedFrom(bare, circle));
  if (wraps && records.map(({ op }) => op.id).join() !== carried.join())
    throw invalid("a proof that carries other records than it says");
  return { op: "fork", proof, carried, records };
}

/** A record that a proof of a fork brings along passes the same gate as one that comes by itself. */
function carriedFrom(bare: Uint8Array, circle: CircleId): Carried {
  const record = decodeBare(bare);
  const { kind, author, lane, seq, at, rosterHeads } = record.header;
  const body = verifyBare(record);
  if (!body || kind !== "roster" || record.header.circle !== circle)
    throw invalid("a fork of something else than membership");
  const change = decodeChange(body, circle);
  return { op: { id: record.id, author, lane, seq, at, parents: rosterHeads, change }, bytes: bare };
}

function cutsFrom(list: readonly { readonly lane: Uint8Array; readonly length: number }[]): readonly LaneCut[] {
  return list.map(({ lane, length }) => ({ lane: laneId(lane), length }));
}

function parseAdmission(from: { certificate: Uint8Array; prekey: Uint8Array }, circle: CircleId): Admission {
  const certificate = parseCertificate(from.certificate);
  const prekey = parsePrekey(from.prekey, circle);
  if (prekey.member !== memberId(certificate.memberKey)) {
    throw new TocsinError("CERTIFICATE_INVALID", "the prekey of an admission belongs to another member");
  }
  return { certificate, prekey };
}

function invalid(what: string): TocsinError {
  return new TocsinError("RECORD_BODY_INVALID", what);
}
