// The only way from bytes to PostBody and back. Strict: a body with an unknown or ill-typed field is no body,
// it is kept sealed in its lane and never shown.

import { z } from "zod";
import { decodeCbor, encodeCbor, type Cbor } from "../base/cbor.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { CERTAINTIES, INDICATOR_TYPES, type PostBody, SEVERITIES, URGENCIES } from "./body.ts";
import { idBytes, ID_BYTES, type RecordId, recordId } from "./ids.ts";
import { PAP_LEVELS, TLP_LEVELS } from "./marking.ts";

const moment = z.number().int().min(0).max(limits.momentMaxMs);
const text = z.string().max(limits.textCharsMax);
const title = z.string().max(limits.titleCharsMax);
const reference = z
  .custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === ID_BYTES)
  .transform((bytes): RecordId => recordId(bytes));

const marked = {
  tlp: z.enum(TLP_LEVELS),
  pap: z.enum(PAP_LEVELS).exactOptional(),
  seat: z.string().max(limits.nameCharsMax),
  auto: z.boolean().exactOptional(),
  expires: moment.exactOptional(),
};
const told = {
  ...marked,
  title: title.exactOptional(),
  text: text.exactOptional(),
  indicators: z
    .array(z.strictObject({ type: z.enum(INDICATOR_TYPES), value: z.string().min(1).max(limits.indicatorCharsMax) }))
    .max(limits.indicatorsPerRecordMax),
  techniques: z.array(z.string().regex(/^T\d{4}(\.\d{3})?$/)).max(limits.techniquesPerRecordMax),
};
const seen = z.strictObject({
  first: moment.exactOptional(),
  last: moment.exactOptional(),
  count: z.number().int().min(0).max(999_999_999).exactOptional(),
});

const bodySchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("sighting"),
    ...told,
    re: reference.exactOptional(),
    seen: seen.exactOptional(),
    confidence: z.number().int().min(0).max(100).exactOptional(),
    source: z.string().max(limits.titleCharsMax).exactOptional(),
  }),
  z.strictObject({
    kind: z.literal("alert"),
    ...told,
    severity: z.enum(SEVERITIES),
    urgency: z.enum(URGENCIES),
    certainty: z.enum(CERTAINTIES),
    ackBy: moment.exactOptional(),
    need: z.number().int().min(1).max(limits.membersMax).exactOptional(),
  }),
  z.strictObject({ kind: z.literal("reply"), ...marked, re: reference, text }),
  z.strictObject({ kind: z.literal("ack"), ...marked, re: reference, note: text.exactOptional() }),
]);

/** The deterministic bytes of a body. Throws LIMIT_EXCEEDED where they do not fit a record. */
export function encodePost(body: PostBody): Uint8Array {
  const fields: Record<string, unknown> = { ...body };
  if ("re" in body && body.re !== undefined) fields["re"] = idBytes(body.re);
  const bytes = encodeCbor(fields as Cbor);
  if (bytes.length > bodyBytesMax) {
    throw new TocsinError(
      "LIMIT_EXCEEDED",
      `the post takes ${bytes.length} bytes, at most ${bodyBytesMax} fit a record`,
    );
  }
  return bytes;
}

/** The body of bytes that a seal was opened to. Throws RECORD_BODY_INVALID. */
export function decodePost(bytes: Uint8Array): PostBody {
  const parsed = bodySchema.safeParse(decodeCbor(bytes, limits.recordBytesMax));
  if (!parsed.success) {
    const where = parsed.error.issues[0]?.path.join(".") ?? "";
    throw new TocsinError("RECORD_BODY_INVALID", `not a body that this version knows (at "${where}")`);
  }
  return parsed.data;
}

/** Room that salt, length, padding and the AEAD tag leave in a payload. */
const bodyBytesMax = limits.recordBytesMax - limits.paddingStepBytes - 64;
