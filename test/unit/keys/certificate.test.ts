// What makes a certificate, and every way to forge one.

import { expect, test } from "vitest";
import {
  certificateCovers,
  issueCertificate,
  parseCertificate,
  signingKeyFromSeed,
  type SigningKey,
} from "../../../keys/index.ts";
import { concat, utf8 } from "../../../src/base/bytes.ts";
import { encodeCbor, type Cbor } from "../../../src/base/cbor.ts";
import { limits } from "../../../src/base/limits.ts";
import { refusalOf } from "../../help/refusal.ts";
import { seededRandom } from "../../help/seeded-random.ts";

const random = seededRandom("certificates");
const acme = signingKeyFromSeed(random(32));
const kim = signingKeyFromSeed(random(32));
const node = signingKeyFromSeed(random(32));
const mallory = signingKeyFromSeed(random(32));
const notBefore = Date.UTC(2026, 0, 1);
const notAfter = Date.UTC(2031, 0, 1);
const fields = { org: "acme-bank", memberKey: kim.publicKey, notBefore, notAfter };
const keys = { org: acme, transport: node };

/** A certificate of any content, signed by `signer` under any tag, with the consent of `transport`. */
function forge(body: Cbor, signer: SigningKey = acme, tag = "tocsin/1 certificate", transport = node): Uint8Array {
  const bytes = encodeCbor(body);
  const consent = transport.sign(concat(utf8("tocsin/1 certified transport"), bytes));
  return encodeCbor([bytes, signer.sign(concat(utf8(tag), bytes)), consent]);
}

const body: readonly Cbor[] = [1, "acme-bank", acme.publicKey, kim.publicKey, node.publicKey, notBefore, notAfter];
const bodyWith = (at: number, value: Cbor): readonly Cbor[] => body.with(at, value);

test("an org certifies its member, and every reader sees the same", () => {
  const certificate = issueCertificate(keys, fields);
  expect(certificate).toMatchObject({ ...fields, orgKey: acme.publicKey, transportKey: node.publicKey });
  expect(parseCertificate(certificate.bytes)).toEqual(certificate);
  expect(certificate.bytes).toEqual(forge(body));
});

test("a certificate is in force from its first moment until just before its last", () => {
  const certificate = issueCertificate(keys, fields);
  expect(certificateCovers(certificate, notBefore - 1)).toBe(false);
  expect(certificateCovers(certificate, notBefore)).toBe(true);
  expect(certificateCovers(certificate, notAfter - 1)).toBe(true);
  expect(certificateCovers(certificate, notAfter)).toBe(false);
});

test("the largest certificate fits its limit", () => {
  const org = "字".repeat(limits.nameCharsMax);
  const { bytes } = issueCertificate(keys, {
    ...fields,
    org,
    notBefore: Number.MAX_SAFE_INTEGER - 1,
    notAfter: Number.MAX_SAFE_INTEGER,
  });
  expect(bytes.length).toBeLessThan(limits.certificateBytesMax);
});

test.each<[string, Uint8Array]>([
  ["signed by somebody else", forge(body, mallory)],
  ["signed under the tag of another purpose", forge(body, acme, "tocsin/1 record")],
  ["of an unknown version", forge(bodyWith(0, 2))],
  ["with a field more", forge([...body, 0])],
  ["with a field less", forge(body.slice(0, 6))],
  ["that is a map", forge({ org: "acme-bank" })],
  ["that is no CBOR", utf8("acme-bank")],
  ["that is empty", new Uint8Array(0)],
  ["that is too large", forge(bodyWith(1, "a".repeat(limits.certificateBytesMax)))],
  ["that claims the transport key of another", forge(body, acme, "tocsin/1 certificate", mallory)],
  ["without a signature", encodeCbor([encodeCbor(body)])],
  ["with a signature too short", encodeCbor([encodeCbor(body), new Uint8Array(63), new Uint8Array(64)])],
  ["with a consent too short", encodeCbor([encodeCbor(body), new Uint8Array(64), new Uint8Array(63)])],
  ["with a key that is text", forge(bodyWith(3, "key"))],
  ["with a key of small order", forge(bodyWith(3, Uint8Array.of(1, ...new Uint8Array(31))))],
  ["whose member key is the org key", forge(bodyWith(3, acme.publicKey))],
  ["whose transport key is the member key", forge(bodyWith(4, kim.publicKey))],
  ["that ends before it begins", forge(bodyWith(6, notBefore))],
  ["that begins before 1970", forge(bodyWith(5, -1))],
  ["whose end is a fraction", forge(bodyWith(6, notAfter + 0.5))],
  ["of an org without a name", forge(bodyWith(1, ""))],
  ["of an org whose name turns the text around", forge(bodyWith(1, "acme\u202Eknab"))],
  ["of an org whose name breaks the line", forge(bodyWith(1, "acme\nbank"))],
])("a certificate %s is refused", async (_why, bytes) => {
  expect(await refusalOf(() => parseCertificate(bytes))).toBe("CERTIFICATE_INVALID");
});
