// The end of the way out: a header and its payload become a signed record.

import { sha256 } from "../base/digest.ts";
import type { Random } from "../base/random.ts";
import type { SigningKey } from "../../keys/index.ts";
import { commitTo, packContent, SALT_BYTES } from "./content.ts";
import { recordId } from "./ids.ts";
import type { Header, SignedRecord } from "./record.ts";
import { encodeContext, encodeEnvelope, encodeHeader, hashPayload, type HeaderContext, signedMessage } from "./wire.ts";

/** A statement before it has a body: everything its author decides about the header. */
export type Draft = Omit<Header, "commitment" | "nonce" | "payloadHash">;

/** What is signed together with the header. */
export type Payload = {
  readonly nonce: Uint8Array;
  readonly payload: Uint8Array;
  readonly wraps?: readonly Uint8Array[];
};

/** Signs `context` with its payload. The caller has bound the context into the seal where there is one. */
export function signRecord(context: HeaderContext, sealed: Payload, key: SigningKey): SignedRecord {
  const { nonce, payload, wraps = [] } = sealed;
  const sealedContext = encodeContext(context);
  const payloadHash = hashPayload(payload, wraps);
  const headerBytes = encodeHeader(sealedContext, nonce, payloadHash);
  const signature = key.sign(signedMessage(headerBytes));
  const bytes = encodeEnvelope({ headerBytes, signature, payload, wraps });
  const header: Header = { ...context, nonce, payloadHash };
  return { id: recordId(sha256(headerBytes)), header, headerBytes, sealedContext, signature, payload, wraps, bytes };
}

/** A control record: its body travels in the clear, readable by every member without a key. */
export function signClear(
  draft: Draft,
  body: { readonly bytes: Uint8Array; readonly wraps?: readonly Uint8Array[] },
  by: { readonly key: SigningKey; readonly random: Random },
): SignedRecord {
  const content = { salt: by.random(SALT_BYTES), body: body.bytes };
  const payload = packContent(content, 1);
  const context: HeaderContext = { ...draft, commitment: commitTo(content) };
  return signRecord(
    context,
    { nonce: new Uint8Array(0), payload, ...(body.wraps ? { wraps: body.wraps } : {}) },
    by.key,
  );
}
