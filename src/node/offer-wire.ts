// What a steward of a closed circle says to a linked node of an org that has a place in it: one ticket, one answer.

import { z } from "zod";
import { decodeCbor, encodeCbor } from "../base/cbor.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";

export type Offer = { readonly ticket: string };

const offerSchema = z.strictObject({ ticket: z.string().min(1).max(limits.ticketCharsMax) });

/** The answer of whoever takes the place. */
export const offerTaken: Uint8Array = encodeCbor({ op: "taken" });

export function encodeOffer(offer: Offer): Uint8Array {
  return encodeCbor(offer);
}

/** Throws PEER_PROTOCOL, CBOR_INVALID, LIMIT_EXCEEDED. */
export function decodeOffer(bytes: Uint8Array): Offer {
  const parsed = offerSchema.safeParse(decodeCbor(bytes, limits.ticketCharsMax + 64));
  if (!parsed.success) throw new TocsinError("PEER_PROTOCOL", "not an offer of a place");
  return parsed.data;
}
