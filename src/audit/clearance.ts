// What was done before something was let out: who approved it, what its review for personal data and secrets found, which token spoke.
// It is kept beside the draft and told in the trail, and holds no word of what was said.

import { z } from "zod";
import { decodeCbor, encodeCbor } from "../base/cbor.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";

const text = z.string().min(1).max(limits.titleCharsMax);
const moment = z.number().int().min(0).max(limits.momentMaxMs);
const bytes = (length: number): z.ZodType<Uint8Array> =>
  z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === length);
/** See `Approval`. */
const approval = { seat: text, at: moment, key: bytes(32), signature: bytes(64) };

const fields = z.strictObject({
  /** The name of the token that a script spoke by. */
  token: text.exactOptional(),
  /** What the approvals are of, see `subjectOf`. */
  subject: bytes(32).exactOptional(),
  /** Seats that approved. */
  approvals: z.array(z.strictObject(approval)).max(limits.seatsMax).exactOptional(),
  /** Sent without the approvals that the rules ask for, by this seat and for this reason. */
  breakGlass: z.strictObject({ ...approval, reason: text }).exactOptional(),
  /** The review: what became of it, by whom and by which rules, why findings were kept, and how many of each class there were. */
  scrub: z
    .strictObject({
      result: z.enum(["clean", "applied", "kept"]),
      reviewer: text,
      at: moment,
      rules: text,
      reason: text.exactOptional(),
      found: z.array(z.tuple([text, z.number().int().min(1)])).max(16),
    })
    .exactOptional(),
});

/** The shape of a clearance, on disk and in the trail. Where every field may be missing, bytes of length 0 would pass for a map. */
export const clearanceSchema = z.custom<object>((value) => !(value instanceof Uint8Array)).pipe(fields);

export type Clearance = z.infer<typeof clearanceSchema>;

export function encodeClearance(clearance: Clearance): Uint8Array {
  return encodeCbor(clearance);
}

/** Throws INPUT_INVALID for what is no clearance. */
export function decodeClearance(bytes: Uint8Array): Clearance {
  const parsed = clearanceSchema.safeParse(decodeCbor(bytes, limits.trailEntryBytesMax));
  if (!parsed.success) throw new TocsinError("INPUT_INVALID", "a malformed clearance");
  return parsed.data;
}
