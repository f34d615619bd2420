// The evidence that an author made two records at one place of a lane: two headers with their signatures. It says nothing of
// what the records hold, so that posts prove a fork as well as membership does, and nobody is shown what was not for it.

import { TocsinError } from "../base/errors.ts";
import { sha256 } from "../base/digest.ts";
import { type CircleId, type LaneId, type MemberId, ownsLane, recordId } from "../record/ids.ts";
import type { SignedRecord } from "../record/record.ts";
import { verifyHeader } from "../record/verify.ts";
import { decodeHeader } from "../record/wire.ts";

/** A header with the signature of its author. */
export type SignedHeader = Pick<SignedRecord, "id" | "header" | "headerBytes" | "signature">;

/** Two records at one place of a lane. */
export type ForkProof = {
  readonly lane: LaneId;
  readonly author: MemberId;
  readonly seq: number;
  readonly headers: readonly [SignedHeader, SignedHeader];
};

/** The proof that two records make, or undefined where they make none. */
export function proofOf(one: SignedHeader, other: SignedHeader): ForkProof | undefined {
  const { author, circle, lane, seq } = one.header;
  const same = other.header.author === author && other.header.lane === lane && other.header.circle === circle;
  if (!same || other.header.seq !== seq || one.id === other.id) return undefined;
  // One order of the two, so that equal proofs have equal bytes.
  const pair = [one, other].map(({ id, header, headerBytes, signature }) => ({ id, header, headerBytes, signature }));
  const [first, second] = pair.sort((left, right) => (left.id < right.id ? -1 : 1));
  return first && second && { lane, author, seq, headers: [first, second] };
}

/** A header as it is carried: its parts, nothing proven yet. */
type Parts = { readonly header: Uint8Array; readonly signature: Uint8Array };

function signedHeader({ header: headerBytes, signature }: Parts): SignedHeader {
  const { header } = decodeHeader(headerBytes);
  return { id: recordId(sha256(headerBytes)), header, headerBytes, signature };
}

/**
 * The first record of a lane, of its author's own in this circle. Throws RECORD_BODY_INVALID, or what a header or signature is
 * refused for.
 */
export function checkedOpening(parts: Parts, circle: CircleId): SignedHeader {
  const opening = signedHeader(parts);
  const { header } = opening;
  if (header.seq !== 0 || header.circle !== circle || !ownsLane(header.author, header.lane))
    throw new TocsinError("RECORD_BODY_INVALID", "a header that opens no lane");
  verifyHeader(opening);
  return opening;
}

/**
 * R55: what was signed twice is proven by its headers: both of one author, at one place of a lane of its own in this circle.
 * Throws RECORD_BODY_INVALID, or what a header or signature is refused for.
 */
export function checkedProof(parts: readonly Parts[], circle: CircleId): ForkProof {
  const [one, other] = parts.map(signedHeader);
  const proof = one && other && proofOf(one, other);
  if (!proof || one.header.circle !== circle || !ownsLane(proof.author, proof.lane) || proof.headers[0].id !== one.id)
    throw new TocsinError("RECORD_BODY_INVALID", "two headers that prove no fork");
  for (const header of proof.headers) verifyHeader(header);
  return proof;
}
