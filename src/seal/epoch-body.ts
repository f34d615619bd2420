// What the body of an epoch says, strictly decoded: who can open it. Anybody reads that without a key, so this loads no cipher.

import { z } from "zod";
import { toHex } from "../base/bytes.ts";
import { decodeCbor } from "../base/cbor.ts";
import { limits } from "../base/limits.ts";
import type { PrekeyId } from "../circle/prekey.ts";
import { ID_BYTES, type MemberId, memberId } from "../record/ids.ts";

export const PREKEY_ID_BYTES = 16;

const bytes = (length: number): z.ZodType<Uint8Array> =>
  z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === length);
const epochSchema = z.strictObject({
  suite: z.union([z.literal(1), z.literal(2)]),
  // Bounded, so that no member can push the depth to where the next one cannot be written.
  depth: z.number().int().min(0).max(limits.epochDepthMax),
  keyCommitment: bytes(ID_BYTES),
  recipients: z
    .array(z.tuple([bytes(ID_BYTES), bytes(PREKEY_ID_BYTES)]))
    .min(1)
    .max(limits.membersMax),
});

export type EpochBody = {
  readonly suite: 1 | 2;
  readonly depth: number;
  readonly keyCommitment: Uint8Array;
  /** Who can open it, and by which prekey; in the order of the wraps. */
  readonly recipients: ReadonlyMap<MemberId, PrekeyId>;
};

/** Undefined where the body is malformed or names a recipient twice. Throws CBOR_INVALID, LIMIT_EXCEEDED. */
export function parseEpochBody(body: Uint8Array): EpochBody | undefined {
  const parsed = epochSchema.safeParse(decodeCbor(body, limits.recordBytesMax));
  if (!parsed.success) return undefined;
  const { suite, depth, keyCommitment } = parsed.data;
  const recipients = new Map(
    parsed.data.recipients.map(([member, prekey]) => [memberId(member), toHex(prekey) as PrekeyId] as const),
  );
  return recipients.size === parsed.data.recipients.length ? { suite, depth, keyCommitment, recipients } : undefined;
}
