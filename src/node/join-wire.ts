// What a joiner and the node that admits it say to each other. Two short exchanges over connections of their own: first the
// joiner is shown what it would join, then it accepts. Everything is proven by keys, nothing by the connection alone.

import { z } from "zod";
import { decodeCbor, encodeCbor } from "../base/cbor.ts";
import { concat, utf8 } from "../base/bytes.ts";
import { sha256 } from "../base/digest.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { Policy } from "../circle/change.ts";
import { policySchema } from "../circle/change-codec.ts";
import type { JoinHandshake } from "../net/net.ts";
import { type CircleId, ID_BYTES, idBytes, LANE_BYTES, type TicketId } from "../record/ids.ts";

export type JoinRequest =
  | {
      readonly op: "preview";
      /** The first 16 bytes of the circle's id, as the ticket says them. */
      readonly circle: Uint8Array;
    }
  | {
      readonly op: "accept";
      readonly circle: Uint8Array;
      readonly certificate: Uint8Array;
      readonly prekey: Uint8Array;
      /** The lane that the joiner will speak in. */
      readonly lane: Uint8Array;
      readonly proof: Uint8Array;
    }
  /** Of whoever holds the key of an org: which circles is it in? */
  | { readonly op: "circles" }
  /** Of the same: a node of it enrols itself. */
  | { readonly op: "enrol"; readonly circle: Uint8Array; readonly record: Uint8Array };

/** A circle as a node that is about to enrol must know it. */
export type EnrolCircle = {
  readonly id: Uint8Array;
  readonly name: string;
  readonly suite: 1 | 2;
  readonly heads: readonly Uint8Array[];
  /** The org's nodes that are in, with how much of each of their lanes is held. */
  readonly nodes: readonly {
    readonly member: Uint8Array;
    readonly lanes: readonly { readonly lane: Uint8Array; readonly length: number }[];
  }[];
};

/** A member that the joiner may dial first. */
export type JoinContact = { readonly certificate: Uint8Array; readonly addresses: readonly string[] };

export type JoinAnswer =
  | {
      readonly op: "preview";
      /** Envelope of the genesis: the joiner checks it against the ticket. */
      readonly genesis: Uint8Array;
      readonly inviter: Uint8Array;
      /** Org names of the members. */
      readonly members: readonly string[];
      readonly expires: number;
      /** The rules of today, as the inviter tells them; the circle proves them once it is fetched. */
      readonly policy: Policy;
    }
  /** `pending`: so many more members must vouch before the joiner is in. `lane`: the one that it is admitted with; none where it enrolled. */
  | {
      readonly op: "joined";
      readonly pending: number;
      readonly lane: Uint8Array | null;
      readonly contacts: readonly JoinContact[];
    }
  | { readonly op: "circles"; readonly responder: Uint8Array; readonly circles: readonly EnrolCircle[] };

const CONTACTS_MAX = 8;
const PROOF_TAG = utf8("tocsin/1 join");

const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array);
const idOf = (length: number): z.ZodType<Uint8Array> =>
  z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === length);
const requestSchema = z.discriminatedUnion("op", [
  z.strictObject({ op: z.literal("preview"), circle: bytes }),
  z.strictObject({
    op: z.literal("accept"),
    circle: bytes,
    certificate: bytes,
    prekey: bytes,
    lane: idOf(LANE_BYTES),
    proof: bytes,
  }),
  z.strictObject({ op: z.literal("circles") }),
  z.strictObject({ op: z.literal("enrol"), circle: idOf(ID_BYTES), record: bytes }),
]);
const contactSchema = z.strictObject({
  certificate: bytes,
  addresses: z.array(z.string().max(256)).max(limits.addressesPerMemberMax),
});
const laneSchema = z.strictObject({ lane: idOf(LANE_BYTES), length: z.number().int().min(0) });
const circleSchema = z.strictObject({
  id: idOf(ID_BYTES),
  name: z.string().max(limits.nameCharsMax),
  suite: z.union([z.literal(1), z.literal(2)]),
  heads: z.array(idOf(ID_BYTES)).min(1).max(limits.rosterHeadsMax),
  nodes: z
    .array(z.strictObject({ member: idOf(ID_BYTES), lanes: z.array(laneSchema).max(limits.lanesPerMemberMax) }))
    .max(limits.nodesPerOrgMax),
});
const contactsSchema = z.array(contactSchema).max(CONTACTS_MAX);
const answerSchema = z.discriminatedUnion("op", [
  z.strictObject({
    op: z.literal("preview"),
    genesis: bytes,
    inviter: bytes,
    members: z.array(z.string().max(limits.nameCharsMax)).max(limits.membersMax),
    expires: z.number().int().min(0).max(limits.momentMaxMs),
    policy: policySchema,
  }),
  z.strictObject({
    op: z.literal("joined"),
    pending: z.number().int().min(0).max(limits.membersMax),
    lane: idOf(LANE_BYTES).nullable(),
    contacts: contactsSchema.min(1),
  }),
  z.strictObject({ op: z.literal("circles"), responder: bytes, circles: z.array(circleSchema).max(limits.circlesMax) }),
]);

export function encodeJoinRequest(request: JoinRequest): Uint8Array {
  return encodeCbor(request);
}

/** Throws PEER_PROTOCOL. */
export function decodeJoinRequest(message: Uint8Array): JoinRequest {
  return parse(requestSchema, message);
}

export function encodeJoinAnswer(answer: JoinAnswer): Uint8Array {
  const bounded = answer.op === "joined" ? { ...answer, contacts: answer.contacts.slice(0, CONTACTS_MAX) } : answer;
  return encodeCbor(bounded);
}

/** Throws PEER_PROTOCOL. */
export function decodeJoinAnswer(message: Uint8Array): JoinAnswer {
  return parse(answerSchema, message);
}

export function encodeContacts(contacts: readonly JoinContact[]): Uint8Array {
  return encodeCbor(contacts);
}

/** Contacts as they were kept. Throws STORE_CORRUPT. */
export function decodeContacts(stored: Uint8Array): readonly JoinContact[] {
  const parsed = contactsSchema.safeParse(decodeCbor(stored, limits.recordBytesMax));
  if (!parsed.success) throw new TocsinError("STORE_CORRUPT", "stored contacts that are none");
  return parsed.data;
}

function parse<T>(schema: z.ZodType<T>, message: Uint8Array): T {
  const parsed = schema.safeParse(decodeCbor(message, limits.envelopeBytesMax));
  if (!parsed.success) throw new TocsinError("PEER_PROTOCOL", "a joining message that this version does not know");
  return parsed.data;
}

/**
 * What a joiner signs with its member key: bound to the circle, the ticket, the node that answers and a challenge that it
 * chose for this very stream, so that a recorded proof admits nobody: what rule 33 checks.
 */
export function joinProofMessage(
  to: { readonly circle: CircleId; readonly ticket: TicketId; readonly handshake: JoinHandshake },
  of: { readonly certificate: Uint8Array; readonly prekey: Uint8Array; readonly lane: Uint8Array },
): Uint8Array {
  return concat(
    PROOF_TAG,
    idBytes(to.circle),
    idBytes(to.ticket),
    idBytes(to.handshake.responder),
    to.handshake.challenge,
    sha256(of.certificate),
    sha256(of.prekey),
    of.lane,
  );
}
