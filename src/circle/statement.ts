// What an org key itself says about a circle: this node is mine, those are no longer.

import { encodeCbor } from "../base/cbor.ts";
import { concat, utf8 } from "../base/bytes.ts";
import { sha256 } from "../base/digest.ts";
import { type MemberCertificate, type SigningKey, verifyStrict } from "../../keys/index.ts";
import { type CircleId, idBytes, type MemberId, type OrgId } from "../record/ids.ts";

const ENROL_TAG = utf8("tocsin/1 enrol");
const RETIRE_TAG = utf8("tocsin/1 retire");

/** A node enters a circle under its org, in the place of others. */
export type EnrolStatement = {
  readonly circle: CircleId;
  readonly certificate: MemberCertificate;
  readonly replaces: readonly MemberId[];
};
/** Nodes of an org leave a circle for ever. */
export type RetireStatement = { readonly circle: CircleId; readonly org: OrgId; readonly members: readonly MemberId[] };

export function signEnrol(of: EnrolStatement, orgKey: SigningKey): Uint8Array {
  return orgKey.sign(enrolMessage(of));
}

export function signRetire(of: RetireStatement, orgKey: SigningKey): Uint8Array {
  return orgKey.sign(retireMessage(of));
}

export function verifyEnrol(of: EnrolStatement, signature: Uint8Array): boolean {
  return verifyStrict(of.certificate.orgKey, enrolMessage(of), signature);
}

export function verifyRetire(of: RetireStatement, signature: Uint8Array): boolean {
  return verifyStrict(idBytes(of.org), retireMessage(of), signature);
}

function enrolMessage({ circle, certificate, replaces }: EnrolStatement): Uint8Array {
  return concat(ENROL_TAG, encodeCbor([idBytes(circle), sha256(certificate.bytes), replaces.map(idBytes)]));
}

function retireMessage({ circle, members }: RetireStatement): Uint8Array {
  return concat(RETIRE_TAG, encodeCbor([idBytes(circle), members.map(idBytes)]));
}
