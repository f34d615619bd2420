// Writes a file that was not there before, for its owner alone, whole or not at all.

import { open, rm } from "node:fs/promises";
import { basename } from "node:path";
import { systemCode } from "../../keys/index.ts";
import { TocsinError } from "../base/errors.ts";

const OWNER_ONLY = 0o600;

/**
 * Writes a new file, mode 0600, and answers its size once it is durable; nothing is left of one that failed. Throws INPUT_INVALID where
 * a file is there already, INPUT_MISSING where it cannot be made, DISK_FULL, STORE_FAILED, and what `parts` throws.
 */
export async function writeNewFile(
  path: string,
  parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<number> {
  const file = await open(path, "wx", OWNER_ONLY).catch((cause: unknown) => {
    const code = systemCode(cause);
    if (code === "EEXIST") throw new TocsinError("INPUT_INVALID", `${basename(path)} exists already`, { cause });
    if (code === "ENOSPC") throw full(path, cause);
    throw new TocsinError("INPUT_MISSING", `${basename(path)} cannot be made: ${code}`, { cause });
  });
  try {
    await using _closes = file;
    let bytes = 0;
    for await (const part of parts) {
      await file.writeFile(part).catch((cause: unknown) => {
        const code = systemCode(cause);
        if (code === "ENOSPC" || code === "EDQUOT") throw full(path, cause);
        throw new TocsinError("STORE_FAILED", `${basename(path)} cannot be written: ${code}`, { cause });
      });
      bytes += part.length;
    }
    await file.sync();
    return bytes;
  } catch (cause) {
    await rm(path, { force: true });
    throw cause;
  }
}

function full(path: string, cause: unknown): TocsinError {
  return new TocsinError("DISK_FULL", `no space for ${basename(path)}`, { cause });
}
