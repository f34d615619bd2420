// One thing to be posted later, sealed so that whoever can read the home but not open its vault learns nothing of it.
// The key pair comes from the vault: what is in clear in the home is compared with it and is never a secret.

import { concat, equalBytes, fromUtf8, utf8 } from "../base/bytes.ts";
import { hkdfExpand } from "../base/digest.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { deriveWrapKeys, unwrap, wrap, type WrapKeys } from "../seal/hpke.ts";

const SUITE = 2;
const MAGIC = utf8("tocsin spooled 1");
const CONTEXT = { info: utf8("tocsin/1 spool"), aad: MAGIC };

/** The key pair of the vault with this storage key (32 bytes). */
export async function spoolKeys(storageKey: Uint8Array): Promise<WrapKeys> {
  return deriveWrapKeys(SUITE, hkdfExpand(storageKey, "tocsin/1 spool key", 32));
}

/** A file that only the vault opens. Throws LIMIT_EXCEEDED, or CONFIG_INVALID where the key is none. */
export async function sealItem(publicKey: Uint8Array, text: string): Promise<Uint8Array> {
  const plaintext = utf8(text);
  if (plaintext.length > limits.spoolItemBytesMax)
    throw new TocsinError("LIMIT_EXCEEDED", `what is spooled has at most ${limits.spoolItemBytesMax} bytes`);
  const sealed = await wrap(SUITE, publicKey, plaintext, CONTEXT);
  if (!sealed) throw new TocsinError("CONFIG_INVALID", "the spool key of this home is no key");
  return concat(MAGIC, sealed);
}

/** What was sealed. Throws STORE_CORRUPT for a file that was damaged, or made for another vault. */
export async function openItem(keys: WrapKeys, bytes: Uint8Array): Promise<string> {
  const isItem = equalBytes(bytes.subarray(0, MAGIC.length), MAGIC);
  const opened = isItem ? await unwrap(SUITE, keys, bytes.subarray(MAGIC.length), CONTEXT) : undefined;
  const text = opened && fromUtf8(opened);
  if (text === undefined) throw new TocsinError("STORE_CORRUPT", "a file of the spool does not open with this vault");
  return text;
}
