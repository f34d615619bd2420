// Sealing and opening a post: XChaCha20-Poly1305 over salt, body and padding, bound to everything in the header that
// precedes the nonce. Authenticity comes from the signature; what an AEAD failure means is "not the key".

import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { equalBytes } from "../base/bytes.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { Random } from "../base/random.ts";
import type { SigningKey } from "../../keys/index.ts";
import { commitTo, type Content, packContent, SALT_BYTES, unpackContent } from "../record/content.ts";
import type { SignedRecord, VerifiedRecord } from "../record/record.ts";
import { type Draft, signRecord } from "../record/sign.ts";
import { encodeContext, type HeaderContext } from "../record/wire.ts";
import { authorKeys, hedgedNonce, SECRET_BYTES } from "./author-key.ts";

/** The body sealed under an epoch secret and signed, and the salt of its commitment. `draft.epoch` names the epoch of that secret. */
export function sealPost(
  draft: Draft,
  body: Uint8Array,
  by: { readonly secret: Uint8Array; readonly key: SigningKey; readonly random: Random },
): { readonly record: SignedRecord; readonly salt: Uint8Array } {
  const content = { salt: by.random(SALT_BYTES), body };
  const context: HeaderContext = { ...draft, commitment: commitTo(content) };
  const sealedContext = encodeContext(context);
  const keys = authorKeys(by.secret, draft.author, draft.lane);
  const nonce = hedgedNonce(keys.nonceKey, by.random(SECRET_BYTES), sealedContext);
  const plaintext = packContent(content, limits.paddingStepBytes);
  const payload = xchacha20poly1305(keys.cipherKey, nonce, sealedContext).encrypt(plaintext);
  return { record: signRecord(context, { nonce, payload }, by.key), salt: content.salt };
}

/**
 * What a verified post says, and the salt by which it can be proven. Throws RECORD_COMMITMENT_INVALID where the seal does not open under the epoch's secret or
 * opens to something else than its author committed to: its author is at fault, whoever relayed it is not.
 */
export function openPost(record: VerifiedRecord, secret: Uint8Array): Content {
  const { header, payload, sealedContext } = record;
  const { cipherKey } = authorKeys(secret, header.author, header.lane);
  let plaintext: Uint8Array;
  try {
    plaintext = xchacha20poly1305(cipherKey, header.nonce, sealedContext).decrypt(payload);
  } catch (cause) {
    throw new TocsinError(
      "RECORD_COMMITMENT_INVALID",
      `record ${record.id.slice(0, 8)} does not open under its epoch`,
      { cause },
    );
  }
  const content = unpackContent(plaintext);
  // R22: what was sealed is what was signed, so that revealing it later proves it.
  if (!equalBytes(commitTo(content), header.commitment)) {
    throw new TocsinError(
      "RECORD_COMMITMENT_INVALID",
      `record ${record.id.slice(0, 8)} opens to something its author did not sign`,
    );
  }
  return content;
}
