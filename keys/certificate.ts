// Member certificates: an org's signed word that a member key and a transport key act for it.
// Wire form: CBOR [body, signature, consent], body = CBOR [1, org, org key, member key, transport key, not before, not after].
// The transport key consents by a signature of its own, or an org could claim the node of another as its own.

import { concat, toHex, utf8 } from "../src/base/bytes.ts";
import { decodeCbor, encodeCbor, type Cbor } from "../src/base/cbor.ts";
import { TocsinError } from "../src/base/errors.ts";
import { limits } from "../src/base/limits.ts";
import { isName } from "./name.ts";
import { SIGNATURE_BYTES, type SigningKey } from "./signing.ts";
import { admitKey, verifyStrict } from "./verify-strict.ts";

/** A certificate whose shape, keys and signature were checked; whether it is in force depends on the time. */
export type MemberCertificate = {
  readonly org: string;
  /** Ed25519 keys of 32 bytes each, all admitted and no two alike. */
  readonly orgKey: Uint8Array;
  readonly memberKey: Uint8Array;
  readonly transportKey: Uint8Array;
  /** In force from `notBefore` (inclusive) until `notAfter` (exclusive), ms since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly signature: Uint8Array;
  /** The whole certificate as it travels. */
  readonly bytes: Uint8Array;
};

/** What the org certifies. */
export type CertificateFields = Omit<MemberCertificate, "orgKey" | "transportKey" | "signature" | "bytes">;

const VERSION = 1;
// The body begins with a byte (0x87) that no tag contains, so no tag can run on into another tag's message.
const TAG = utf8("tocsin/1 certificate");
const CONSENT_TAG = utf8("tocsin/1 certified transport");

/** Signs a certificate with the org key and the transport key. Throws CERTIFICATE_INVALID where nobody would accept it. */
export function issueCertificate(
  keys: { readonly org: SigningKey; readonly transport: SigningKey },
  fields: CertificateFields,
): MemberCertificate {
  const { org, memberKey, notBefore, notAfter } = fields;
  const [orgKey, transportKey] = [keys.org.publicKey, keys.transport.publicKey];
  const body = encodeCbor([VERSION, org, orgKey, memberKey, transportKey, notBefore, notAfter]);
  const signatures = [keys.org.sign(concat(TAG, body)), keys.transport.sign(concat(CONSENT_TAG, body))];
  // Reading it back applies every rule that the readers apply.
  return parseCertificate(encodeCbor([body, ...signatures]));
}

/** The certificate of `bytes`. Throws CERTIFICATE_INVALID for a wrong shape, name, key, time or signature. */
export function parseCertificate(bytes: Uint8Array): MemberCertificate {
  try {
    return readCertificate(bytes);
  } catch (cause) {
    if (!(cause instanceof TocsinError) || cause.code === "CERTIFICATE_INVALID") throw cause;
    throw refusal(cause.message, cause);
  }
}

/** Whether the certificate is in force at a moment, ms since 1970. */
export function certificateCovers(certificate: MemberCertificate, atMs: number): boolean {
  return certificate.notBefore <= atMs && atMs < certificate.notAfter;
}

function readCertificate(bytes: Uint8Array): MemberCertificate {
  const [body, signature, consent] = list(decodeCbor(bytes, limits.certificateBytesMax), 3);
  if (!(body instanceof Uint8Array) || !isSignature(signature) || !isSignature(consent)) throw refusal("malformed");

  const fields = list(decodeCbor(body, limits.certificateBytesMax), 7);
  const [version, org, orgKey, memberKey, transportKey, notBefore, notAfter] = fields;
  if (version !== VERSION) throw refusal("unknown version");
  if (typeof org !== "string" || !isName(org)) throw refusal("org name not acceptable");
  if (!isTime(notBefore) || !isTime(notAfter) || notBefore >= notAfter) throw refusal("never in force");
  const keys = { orgKey: key(orgKey), memberKey: key(memberKey), transportKey: key(transportKey) };
  // One key in two roles would let a signature made in one role be shown in the other.
  if (new Set(Object.values(keys).map(toHex)).size < 3) throw refusal("one key in two roles");
  if (!verifyStrict(keys.orgKey, concat(TAG, body), signature)) throw refusal("not signed by its org");
  if (!verifyStrict(keys.transportKey, concat(CONSENT_TAG, body), consent))
    throw refusal("its transport key does not consent");
  return { org, ...keys, notBefore, notAfter, signature, bytes };
}

function list(value: Cbor, length: number): readonly Cbor[] {
  if (!Array.isArray(value) || value.length !== length) throw refusal("malformed");
  return value;
}

function key(value: Cbor | undefined): Uint8Array {
  if (!(value instanceof Uint8Array)) throw refusal("malformed");
  admitKey(value);
  return value;
}

function isSignature(value: Cbor | undefined): value is Uint8Array {
  return value instanceof Uint8Array && value.length === SIGNATURE_BYTES;
}

function isTime(value: Cbor | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function refusal(why: string, cause?: unknown): TocsinError {
  return new TocsinError("CERTIFICATE_INVALID", `certificate refused: ${why}`, { cause });
}
