// What two nodes say to each other about safety words, in order: commit, then nonce (or wait), then reveal, then done.

import { z } from "zod";
import { decodeCbor, encodeCbor } from "../base/cbor.ts";
import { TocsinError } from "../base/errors.ts";
import { SAFETY_NONCE_BYTES } from "../circle/safety-words.ts";

export type VerifyMessage =
  | { readonly op: "commit"; readonly commitment: Uint8Array }
  | { readonly op: "reveal"; readonly nonce: Uint8Array };

export type VerifyAnswer =
  /** Nobody asked for words over there yet. */
  { readonly op: "wait" } | { readonly op: "nonce"; readonly nonce: Uint8Array } | { readonly op: "done" };

const MESSAGE_BYTES_MAX = 128;

const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === SAFETY_NONCE_BYTES);
const messageSchema = z.discriminatedUnion("op", [
  z.strictObject({ op: z.literal("commit"), commitment: bytes }),
  z.strictObject({ op: z.literal("reveal"), nonce: bytes }),
]);
const answerSchema = z.discriminatedUnion("op", [
  z.strictObject({ op: z.literal("wait") }),
  z.strictObject({ op: z.literal("nonce"), nonce: bytes }),
  z.strictObject({ op: z.literal("done") }),
]);

export function encodeVerify(message: VerifyMessage | VerifyAnswer): Uint8Array {
  return encodeCbor(message);
}

/** Throws PEER_PROTOCOL, CBOR_INVALID, LIMIT_EXCEEDED. */
export function decodeVerifyMessage(bytesOfPeer: Uint8Array): VerifyMessage {
  return parse(messageSchema, bytesOfPeer);
}

/** Throws PEER_PROTOCOL, CBOR_INVALID, LIMIT_EXCEEDED. */
export function decodeVerifyAnswer(bytesOfPeer: Uint8Array): VerifyAnswer {
  return parse(answerSchema, bytesOfPeer);
}

function parse<T>(schema: z.ZodType<T>, bytesOfPeer: Uint8Array): T {
  const parsed = schema.safeParse(decodeCbor(bytesOfPeer, MESSAGE_BYTES_MAX));
  if (!parsed.success) throw new TocsinError("PEER_PROTOCOL", "not a message about safety words");
  return parsed.data;
}
