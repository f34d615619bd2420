// What a seat signs when it lets a post out: of exactly these bytes, at this time, and where it goes past the rules, why.

import { type SigningKey, verifyStrict } from "../../keys/index.ts";
import { concat, utf8 } from "../base/bytes.ts";
import { type Cbor, encodeCbor } from "../base/cbor.ts";
import { sha256 } from "../base/digest.ts";
import type { PostBody } from "../record/body.ts";
import { type CircleId, idBytes } from "../record/ids.ts";
import { encodePost } from "../record/parse-body.ts";

/** A seat's word for a held post. `at`: ms since 1970. `reason`: it goes out without the approvals that the rules ask for. */
export type Approval = {
  readonly seat: string;
  readonly at: number;
  readonly reason?: string;
  /** The seat's key, 32 bytes, and its signature, 64. */
  readonly key: Uint8Array;
  readonly signature: Uint8Array;
};

const TAG = utf8("tocsin/1 approval");
const SUBJECT_TAG = utf8("tocsin/1 approval subject");

/** What an approval is of: a post held under a key in a circle, whatever of it is sealed and the risks that are taken with it. 32 bytes. */
export function subjectOf(post: {
  readonly circle: CircleId;
  readonly key: string;
  readonly body: PostBody;
  readonly exercise: boolean;
  readonly accept: readonly string[];
}): Uint8Array {
  const { circle, key, body, exercise, accept } = post;
  const said: Cbor = [idBytes(circle), key, encodePost(body), exercise, [...accept]];
  return sha256(SUBJECT_TAG, encodeCbor(said));
}

export function signApproval<S extends Omit<Approval, "key" | "signature">>(
  key: SigningKey,
  said: S,
  subject: Uint8Array,
): S & Pick<Approval, "key" | "signature"> {
  return { ...said, key: key.publicKey, signature: key.sign(message(said, subject)) };
}

/** Whether the key that an approval names signed it, of this subject. */
export function isApprovalSigned(approval: Approval, subject: Uint8Array): boolean {
  return verifyStrict(approval.key, message(approval, subject), approval.signature);
}

function message({ seat, at, reason }: Omit<Approval, "key" | "signature">, subject: Uint8Array): Uint8Array {
  return concat(TAG, encodeCbor([subject, seat, at, reason ?? null]));
}
