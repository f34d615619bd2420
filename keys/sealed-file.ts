// A private file under a key of the vault: written whole, read whole. The epoch keyring is kept in one.
// It must not be used for what the store keeps: a deleted key has to be gone from the disk with the next write.

import { basename } from "node:path";
import { assert } from "../src/base/assert.ts";
import { concat, equalBytes, utf8 } from "../src/base/bytes.ts";
import { hkdfExpand } from "../src/base/digest.ts";
import { TocsinError } from "../src/base/errors.ts";
import { limits } from "../src/base/limits.ts";
import type { Random } from "../src/base/random.ts";
import { AEAD_KEY_BYTES, aeadOpen, aeadSeal, SEAL_OVERHEAD_BYTES } from "./aead.ts";
import { readWhole, writeAtomic } from "./atomic-file.ts";

const MAGIC = utf8("tocsin sealed 1\n");
const CONTENT_BYTES_MAX = limits.sealedFileBytesMax - MAGIC.length - SEAL_OVERHEAD_BYTES;

/** Replaces the file, mode 0600, durable when it resolves. `context` names what it holds; reading asks for it. */
export async function writeSealedFile(
  path: string,
  key: Uint8Array,
  plaintext: Uint8Array,
  options: { context: string; random: Random },
): Promise<void> {
  assert(plaintext.length <= CONTENT_BYTES_MAX, "a sealed file is bounded");
  const context = utf8(options.context);
  const sealed = aeadSeal(fileKey(key), plaintext, { context, random: options.random });
  await writeAtomic(path, concat(MAGIC, sealed), { replace: true });
}

/** What the file holds, or undefined where there is none. Throws STORE_CORRUPT where it does not open. */
export async function readSealedFile(
  path: string,
  key: Uint8Array,
  options: { context: string },
): Promise<Uint8Array | undefined> {
  const bytesMax = limits.sealedFileBytesMax;
  const bytes = await readWhole(path, { bytesMax, privately: false, damaged: "STORE_CORRUPT" });
  if (bytes === undefined) return undefined;
  const isSealed = equalBytes(bytes.subarray(0, MAGIC.length), MAGIC);
  const sealed = bytes.subarray(MAGIC.length);
  const plaintext = isSealed ? aeadOpen(fileKey(key), sealed, utf8(options.context)) : undefined;
  if (plaintext) return plaintext;
  throw new TocsinError("STORE_CORRUPT", `${basename(path)} is damaged`, { hint: "restore it from a backup" });
}

/** A subkey, because the caller may use its key elsewhere as well. */
function fileKey(key: Uint8Array): Uint8Array {
  return hkdfExpand(key, "tocsin/1 sealed file", AEAD_KEY_BYTES);
}
