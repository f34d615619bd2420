// What a joiner and the node that admits it say to each other. Two short exchanges over connections of their own: first the
// joiner is shown what it would join, then it accepts. Everything is proven by keys, nothing by the connection alone.

import { z } from "zod";
import { decodeCbor, encodeCbor } from "../base/cbor.ts";
import { concat, utf8 } from "../base/bytes.ts";
import { sha256 } from "../base/digest.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { JoinHandshake } from "../net/net.ts";
import { type CircleId, idBytes, type TicketId } from "../record/ids.ts";

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
      readonly proof: Uint8Array;
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
    }
  | { readonly op: "joined"; readonly contacts: readonly JoinContact[] };

const CONTACTS_MAX = 8;
const PROOF_TAG = utf8("tocsin/1 join");

const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array);
const requestSchema = z.discriminatedUnion("op", [
  z.strictObject({ op: z.literal("preview"), circle: bytes }),
  z.strictObject({ op: z.literal("accept"), circle: bytes, certificate: bytes, prekey: bytes, proof: bytes }),
]);
const contactSchema = z.strictObject({
  certificate: bytes,
  addresses: z.array(z.string().max(256)).max(limits.addressesPerMemberMax),
});
const answerSchema = z.discriminatedUnion("op", [
  z.strictObject({
    op: z.literal("preview"),
    genesis: bytes,
    inviter: bytes,
    members: z.array(z.string().max(limits.nameCharsMax)).max(limits.membersMax),
    expires: z.number().int().min(0).max(limits.momentMaxMs),
  }),
  z.strictObject({ op: z.literal("joined"), contacts: z.array(contactSchema).min(1).max(CONTACTS_MAX) }),
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
  of: { readonly certificate: Uint8Array; readonly prekey: Uint8Array },
): Uint8Array {
  return concat(
    PROOF_TAG,
    idBytes(to.circle),
    idBytes(to.ticket),
    idBytes(to.handshake.responder),
    to.handshake.challenge,
    sha256(of.certificate),
    sha256(of.prekey),
  );
}
