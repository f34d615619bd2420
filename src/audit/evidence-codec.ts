// An evidence file: bytes to its parts and back, strictly and bounded. Nothing here says that a part is true; `evidence.ts` does.

import { z } from "zod";
import { concat, equalBytes, utf8 } from "../base/bytes.ts";
import { type Cbor, decodeCbor, encodeCbor } from "../base/cbor.ts";
import { sha256 } from "../base/digest.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { SALT_BYTES } from "../record/content.ts";

const bytes = (length: number): z.ZodType<Uint8Array> =>
  z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === length);
const upTo = (length: number): z.ZodType<Uint8Array> =>
  z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length <= length);
const header = upTo(limits.receiptBytesMax);
const opening = z.strictObject({ salt: bytes(SALT_BYTES), body: upTo(limits.recordBytesMax) });

const schema = z.strictObject({
  /** When it was compiled, ms since 1970, by its compiler's clock. */
  at: z.number().int().min(0).max(limits.momentMaxMs),
  header,
  signature: bytes(64),
  /** What the header commits to; absent where only the commitment is shown. */
  opening: opening.exactOptional(),
  /** The epoch's record in the bare form: who could open it. */
  epoch: upTo(limits.recordBytesMax),
  /** Certificates of all whose word is in the file. */
  certificates: z.array(upTo(limits.certificateBytesMax)).max(2 * limits.membersMax),
  /** Headers of the lane after the record, as far as the receipts tell of. */
  chain: z.array(header).max(limits.evidenceChainMax),
  receipts: z.array(upTo(limits.receiptBytesMax)).max(limits.membersMax),
  acks: z
    .array(z.strictObject({ header, signature: bytes(64), salt: bytes(SALT_BYTES), body: upTo(limits.recordBytesMax) }))
    .max(limits.membersMax),
  /** Receipts and acknowledgements that the compiler held and left out. */
  leftOut: z
    .number()
    .int()
    .min(0)
    .max(2 * limits.membersMax),
});

export type EvidenceParts = z.infer<typeof schema>;
/** The parts with the certificate of whoever compiled them, and its signature over all of it. */
export type SignedEvidence = {
  readonly parts: EvidenceParts;
  readonly body: Uint8Array;
  readonly certificate: Uint8Array;
  readonly signature: Uint8Array;
};

const MAGIC = utf8("tocsin evidence 1\n");
const TAG = utf8("tocsin/1 evidence");

/** What whoever compiles a file signs. */
export function evidenceMessage(body: Uint8Array): Uint8Array {
  return concat(TAG, sha256(body));
}

/** The file of these parts; `sign` signs `evidenceMessage` by the member key of the certificate. */
export function encodeEvidence(
  parts: EvidenceParts,
  certificate: Uint8Array,
  sign: (message: Uint8Array) => Uint8Array,
): Uint8Array {
  const body = encodeCbor(parts);
  return concat(MAGIC, encodeCbor([body, certificate, sign(evidenceMessage(body))]));
}

/** Throws EVIDENCE_INVALID, CBOR_INVALID or LIMIT_EXCEEDED. */
export function decodeEvidence(file: Uint8Array): SignedEvidence {
  if (file.length > limits.evidenceBytesMax) throw new TocsinError("LIMIT_EXCEEDED", "the file is too large");
  if (!equalBytes(file.subarray(0, MAGIC.length), MAGIC)) throw invalid("it is no evidence of tocsin");
  const whole = decodeCbor(file.slice(MAGIC.length), limits.evidenceBytesMax);
  if (!Array.isArray(whole) || whole.length !== 3) throw invalid("malformed");
  const [body, certificate, signature] = whole as readonly Cbor[];
  if (!(body instanceof Uint8Array && certificate instanceof Uint8Array && signature instanceof Uint8Array))
    throw invalid("malformed");
  const parsed = schema.safeParse(decodeCbor(body, limits.evidenceBytesMax));
  if (!parsed.success) throw invalid("malformed");
  return { parts: parsed.data, body, certificate, signature };
}

/** What is wrong with a file, in words. */
export function invalid(why: string, cause?: unknown): TocsinError {
  return new TocsinError("EVIDENCE_INVALID", `the evidence is refused: ${why}`, { cause });
}
