// The only maker of a VerifiedRecord. Everything that can be proven of an envelope without any key is proven here,
// before anything else looks at it; the same gate serves push, sync, gossip, import and our own posts.

import { equalBytes } from "../base/bytes.ts";
import { TocsinError } from "../base/errors.ts";
import { verifyStrict, verifyStrictAside } from "../../keys/index.ts";
import { commitTo, unpackContent } from "./content.ts";
import { idBytes } from "./ids.ts";
import type { SignedRecord, VerifiedRecord } from "./record.ts";
import { type BareRecord, hashPayload, isPruned, signedMessage } from "./wire.ts";

/** Headers whose signature was checked aside, each with that signature; nothing but the check puts one in here. */
const checkedAside = new WeakMap<Uint8Array, Uint8Array>();

/**
 * Checks the signature of a record aside from the main thread, by the same rule: `verifyRecord` then finds it done. One that does not
 * verify is left for it to refuse. Never for an author whose key was not admitted before.
 */
export async function checkAside({ header, headerBytes, signature }: SignedRecord): Promise<void> {
  if (await verifyStrictAside(idBytes(header.author), signedMessage(headerBytes), signature))
    checkedAside.set(headerBytes, signature);
}

/**
 * Checks what the header claims: payload and wraps (R2), signature (R1) and, where the payload is clear, the commitment (R3); of a
 * pruned post the signature alone.
 * Throws RECORD_SIGNATURE_INVALID, RECORD_COMMITMENT_INVALID or RECORD_MALFORMED.
 */
export function verifyRecord(record: SignedRecord): VerifiedRecord {
  // Of a post whose body was erased there is a header alone. What it headed is proven by the commitment, where somebody still has it.
  if (isPruned(record)) verifyHeader(record);
  else verifyBare({ ...record, hash: hashPayload(record.payload, record.wraps) });
  return record as VerifiedRecord;
}

/** The same of a record whose wraps only their root stands for. Answers the body where it is clear. */
export function verifyBare(record: BareRecord): Uint8Array | undefined {
  const { header, payload } = record;
  // R2: the payload and the wraps are the ones that were signed. Checked first because it is 20 times cheaper.
  if (!equalBytes(record.hash, header.payloadHash))
    throw new TocsinError("RECORD_SIGNATURE_INVALID", `payload of record ${short(record)} is not the signed one`);
  verifyHeader(record);
  if (header.epoch !== undefined) return undefined;
  // R3: a clear body is the one committed to. A sealed one is checked when it is opened.
  const content = unpackContent(payload);
  if (!equalBytes(commitTo(content), header.commitment))
    throw new TocsinError("RECORD_COMMITMENT_INVALID", `body of record ${short(record)} is not the committed one`);
  return content.body;
}

/** Checks that the author signed a header, whatever became of what it heads. Throws RECORD_SIGNATURE_INVALID. */
export function verifyHeader(record: Pick<SignedRecord, "id" | "header" | "headerBytes" | "signature">): void {
  if (checkedAside.get(record.headerBytes) === record.signature) return;
  // R1: the author signed this header, under the one verification rule that all nodes share.
  if (!verifyStrict(idBytes(record.header.author), signedMessage(record.headerBytes), record.signature))
    throw new TocsinError("RECORD_SIGNATURE_INVALID", `signature of record ${short(record)} does not verify`);
}

/** The body of a control record; its commitment was checked when it was verified. */
export function clearBody(record: VerifiedRecord): Uint8Array {
  return unpackContent(record.payload).body;
}

function short(record: Pick<SignedRecord, "id">): string {
  return record.id.slice(0, 8);
}
