// The org key as people hold it, the 24 words or sheets of shares: read from files, from standard input or from a
// person at the terminal, and written to new private files. Never from an argument, and what is typed is not shown.

import { rm, writeFile } from "node:fs/promises";
import { TocsinError } from "../src/base/errors.ts";
import { limits } from "../src/base/limits.ts";
import {
  checkWords,
  combineShares,
  PAPER_WORDS,
  readPaperKeyOrShares,
  SHARE_WORDS,
  typedWords,
  wordsToSeed,
  wordsToShare,
  type KeyShare,
} from "../keys/index.ts";
import { readInput } from "./input-text.ts";
import type { Invocation } from "./invocation.ts";
import { writeText } from "./output.ts";

/** The seed of the org key. Without files a person is asked, and where nobody is there, standard input is read. */
export async function readOrgKey(call: Invocation, files: readonly string[]): Promise<Uint8Array> {
  if (files.length === 0 && call.mayAsk) return await askOrgKey();
  const lines: string[] = [];
  for (const file of files.length === 0 ? ["-"] : files) {
    // An empty line keeps the sheets of two files apart.
    lines.push(...(await readInput(file, limits.apiLineBytesMax)).split(/\r?\n/), "");
  }
  return await readPaperKeyOrShares(lines);
}

/** A new file, mode 0600, whole or not there. Throws DISK_FULL, or STORE_FAILED, also where one of that name is there. */
export async function writeSecretFile(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text, { mode: 0o600, flag: "wx" });
  } catch (cause) {
    const why = cause instanceof Error && "code" in cause ? String(cause.code) : "unknown";
    if (why !== "EEXIST") await rm(file, { force: true });
    const code = ["ENOSPC", "EDQUOT", "EFBIG"].includes(why) ? "DISK_FULL" : "STORE_FAILED";
    throw new TocsinError(code, `${file} could not be written: ${why}`, { cause });
  }
}

/** Asks until the words make a key; what is misread is asked for again. */
async function askOrgKey(): Promise<Uint8Array> {
  const shares: KeyShare[] = [];
  for (;;) {
    const which = shares.length === 0 ? "the 24 words, or one share" : `share ${shares.length + 1}`;
    writeText(`Type ${which}; what is typed is not shown.\n`, "stderr");
    const words = await askWords();
    try {
      if (shares.length === 0 && words.length === PAPER_WORDS) return wordsToSeed(words.join(" "));
      shares.push(wordsToShare(words.join(" ")));
      return await combineShares(shares);
    } catch (cause) {
      if (!(cause instanceof TocsinError)) throw cause;
      writeText(`${cause.message}\n`, "stderr");
      // A share that does not fit the others goes; where they all fit and make no key, any may be wrong.
      if ("share" in cause.details) shares.pop();
      else if (shares.length > 0 && shares.length === shares[0]?.needed) shares.length = 0;
    }
  }
}

/** The words of one sheet, a row at a time or all at once. Throws CANCELLED. */
async function askWords(): Promise<readonly string[]> {
  const { askSecret } = await import("./prompt.ts");
  const words: string[] = [];
  while (words.length < SHARE_WORDS) {
    const typed = typedWords(await askSecret(`Words from ${words.length + 1} on (Enter alone ends): `));
    if (typed.length === 0) break;
    try {
      checkWords(typed);
      words.push(...typed);
    } catch (cause) {
      if (!(cause instanceof TocsinError)) throw cause;
      writeText(`Of these ${typed.length}, ${cause.message}; type them again.\n`, "stderr");
    }
  }
  return words;
}
