// What an evidence file proves to anybody, without a key of the circle: who said it and what, who could open it, what those proved by
// receipts, who acknowledged. Everything in it is checked; what does not hold refuses the file as a whole.

import { type MemberCertificate, parseCertificate, verifyStrict } from "../../keys/index.ts";
import { equalBytes } from "../base/bytes.ts";
import { asTocsinError, errorRow } from "../base/errors.ts";
import { sha256 } from "../base/digest.ts";
import type { PostBody } from "../record/body.ts";
import { commitTo } from "../record/content.ts";
import { type MemberId, memberId, recordId, type RecordId } from "../record/ids.ts";
import { decodeKept } from "../record/parse-body.ts";
import { isSigned, parseReceipt, provenBy } from "../record/receipt.ts";
import type { Header } from "../record/record.ts";
import { verifyBare, verifyHeader } from "../record/verify.ts";
import { decodeBare, decodeHeader } from "../record/wire.ts";
import { parseEpochBody } from "../seal/epoch-body.ts";
import { decodeEvidence, evidenceMessage, type EvidenceParts, invalid } from "./evidence-codec.ts";

/** What one node proved of the record by its receipt; undefined where the file holds none. */
export type Reader = {
  readonly member: MemberId;
  readonly certificate: MemberCertificate;
  readonly proven: { readonly state: "held" | "decrypted" | "read"; readonly at: number } | undefined;
};

export type ProvenAck = { readonly certificate: MemberCertificate; readonly at: number; readonly body: PostBody };

/** All that is proven. */
export type Evidence = {
  readonly id: RecordId;
  readonly header: Header;
  readonly author: MemberCertificate;
  readonly body: PostBody | undefined;
  readonly readers: readonly Reader[];
  readonly acks: readonly ProvenAck[];
  readonly leftOut: number;
  readonly compiler: MemberCertificate;
  readonly at: number;
};

/** Throws EVIDENCE_INVALID for whatever does not hold, LIMIT_EXCEEDED for what is too large. */
export function verifyEvidence(file: Uint8Array): Evidence {
  try {
    return verified(file);
  } catch (cause) {
    const { code, message } = asTocsinError(cause);
    if (code === "EVIDENCE_INVALID" || errorRow(code).exit !== 65) throw cause;
    throw invalid(message, cause);
  }
}

function verified(file: Uint8Array): Evidence {
  const { parts, body: said, certificate, signature } = decodeEvidence(file);
  const compiler = parseCertificate(certificate);
  if (!verifyStrict(compiler.memberKey, evidenceMessage(said), signature))
    throw invalid("whoever compiled it did not sign it so");
  const known = new Map(
    parts.certificates.map((encoded) => {
      const one = parseCertificate(encoded);
      return [memberId(one.memberKey), one] as const;
    }),
  );
  if (known.size !== parts.certificates.length) throw invalid("two certificates of one member");
  const certificateOf = (member: MemberId): MemberCertificate => {
    const found = known.get(member);
    if (!found) throw invalid(`there is no certificate of member ${member.slice(0, 8)}`);
    return found;
  };

  const record = signedHeader(parts);
  const { header } = record;
  if (header.kind !== "post" || header.epoch === undefined) throw invalid("it is of no post");
  const body = parts.opening && opened(header, parts.opening);
  const members = recipientsOf(parts.epoch, header);
  const proofs = provenStates(parts, record, members);
  const acks = parts.acks.map((ack) => provenAck(ack, record, certificateOf));
  return {
    id: record.id,
    header,
    author: certificateOf(header.author),
    body,
    readers: members.map((member) => ({ member, certificate: certificateOf(member), proven: proofs.get(member) })),
    acks,
    ...{ leftOut: parts.leftOut, compiler, at: parts.at },
  };
}

type Signed = { readonly id: RecordId; readonly header: Header };

function signedHeader(part: { readonly header: Uint8Array; readonly signature: Uint8Array }): Signed {
  const { header } = decodeHeader(part.header);
  const id = recordId(sha256(part.header));
  verifyHeader({ id, header, headerBytes: part.header, signature: part.signature });
  return { id, header };
}

/** The body that a header commits to. */
function opened(header: Header, content: { readonly salt: Uint8Array; readonly body: Uint8Array }): PostBody {
  if (!equalBytes(commitTo(content), header.commitment)) throw invalid("the body is not the one that was signed");
  return decodeKept(content.body);
}

/** Who can open what is sealed under the epoch that the record names, as its minter signed. */
function recipientsOf(bare: Uint8Array, { epoch, circle }: Header): readonly MemberId[] {
  const record = decodeBare(bare);
  const body = verifyBare(record);
  if (record.id !== epoch || record.header.circle !== circle || record.header.kind !== "epoch" || !body)
    throw invalid("the list of readers is of another epoch");
  const epochBody = parseEpochBody(body);
  if (!epochBody) throw invalid("the list of readers is malformed");
  return [...epochBody.recipients.keys()];
}

/** What receipts prove, each tied to the record by the headers of the lane after it. */
function provenStates(
  { chain, receipts }: EvidenceParts,
  record: Signed,
  members: readonly MemberId[],
): ReadonlyMap<MemberId, NonNullable<Reader["proven"]>> {
  const { seq, lane, circle, author } = record.header;
  const ids = [record.id];
  for (const encoded of chain) {
    const { header } = decodeHeader(encoded);
    const follows = header.prev === ids.at(-1) && header.seq === seq + ids.length;
    if (!follows || header.lane !== lane || header.circle !== circle || header.author !== author)
      throw invalid("the headers after the record do not follow on it");
    ids.push(recordId(sha256(encoded)));
  }
  const proofs = new Map<MemberId, NonNullable<Reader["proven"]>>();
  for (const encoded of receipts) {
    const signed = parseReceipt(encoded);
    const { receipt } = signed;
    const state = provenBy(receipt, seq);
    const isAbout = receipt.circle === circle && receipt.lane === lane && members.includes(receipt.member);
    if (!state || !isAbout || proofs.has(receipt.member) || ids[receipt.held - 1 - seq] !== receipt.head)
      throw invalid("a receipt is not about the record");
    if (!isSigned(signed)) throw invalid("a receipt is not signed by its member");
    proofs.set(receipt.member, { state, at: receipt.at });
  }
  return proofs;
}

function provenAck(
  ack: EvidenceParts["acks"][number],
  about: Signed,
  certificateOf: (member: MemberId) => MemberCertificate,
): ProvenAck {
  const { header } = signedHeader(ack);
  const body = opened(header, ack);
  if (header.kind !== "post" || header.circle !== about.header.circle || body.kind !== "ack" || body.re !== about.id)
    throw invalid("an acknowledgement is of something else");
  return { certificate: certificateOf(header.author), at: header.at, body };
}
