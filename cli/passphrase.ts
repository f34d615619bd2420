// Where the passphrase of the vault comes from. Never from a flag's value, an argument or the environment: other
// processes can read those.

import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { TocsinError } from "../src/base/errors.ts";
import { readFirstLine } from "./input-text.ts";
import type { Invocation } from "./invocation.ts";

/**
 * From --passphrase-file, the home's own `passphrase` file, the service manager's credentials folder, or a person at the
 * terminal, in this order; undefined where there is none of them.
 */
export async function findPassphrase(call: Invocation, file: string | undefined): Promise<string | undefined> {
  const credentials = call.env["CREDENTIALS_DIRECTORY"];
  const stored = [call.home.passphrase, ...(credentials ? [join(credentials, "passphrase")] : [])];
  if (file !== undefined) return await passphraseIn(file);
  for (const path of stored) {
    const found = await lstat(path).catch(() => undefined);
    if (found) return await passphraseIn(path);
  }
  if (!call.mayAsk) return undefined;
  const { askSecret } = await import("./prompt.ts");
  return await askSecret("Passphrase: ");
}

/** The first line of a file, or of standard input for `-`. Throws INPUT_INVALID where it is empty. */
export async function passphraseIn(file: string): Promise<string> {
  const line = await readFirstLine(file);
  if (line === "") throw new TocsinError("INPUT_INVALID", "the passphrase file is empty");
  return line;
}

export function locked(): TocsinError {
  return new TocsinError("VAULT_LOCKED", "the vault needs its passphrase");
}
