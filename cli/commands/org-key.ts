// `org split|combine|lock`: the org key in shares on paper, and out of the vault. Needs no daemon and no network.
// It must never print a secret but to a terminal or to a file that was asked for.

import { mkdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import {
  fingerprint,
  forgetOrgSeed,
  seedToWords,
  shareToWords,
  signingKeyFromSeed,
  splitSeed,
} from "../../keys/index.ts";
import type { KeyShare } from "../../keys/index.ts";
import type { OrgKeyDocument, SharesDocument } from "../../src/api/org-documents.ts";
import { equalBytes, toHex } from "../../src/base/bytes.ts";
import { TocsinError } from "../../src/base/errors.ts";
import { systemRandom } from "../../src/base/random.ts";
import { usage } from "../args.ts";
import type { Input } from "../command.ts";
import type { orgCombineFlags, orgLockFlags, orgSplitFlags, OrgSplitOptions } from "../flags.ts";
import type { Invocation } from "../invocation.ts";
import { readOrgKey, writeSecretFile } from "../key-words.ts";
import { showsSecrets, writeText } from "../output.ts";
import { openHomeVault } from "../vault-door.ts";
import { tellOrg } from "./org.ts";

const WORDS_IN_A_ROW = 4;

export async function split(call: Invocation, { options }: Input<typeof orgSplitFlags>): Promise<void> {
  const { shares, needed, "out-dir": folder } = options;
  if (shares === undefined || needed === undefined) throw usage("--shares and --needed are both needed");
  if (folder === undefined && !showsSecrets()) throw usage("--out-dir is missing: shares are shown on a terminal only");
  const { seed, name } = await keyToSplit(call, options);
  const orgKey = signingKeyFromSeed(seed).publicKey;
  const { words, short } = fingerprint(orgKey);
  const made = await splitSeed(seed, { shares, needed }, systemRandom);
  seed.fill(0);
  const whose = name === undefined ? short : `${name}, ${short}`;
  const sheets = made.map((share) => sheetOf(share, { whose, of: shares }));
  const files = folder === undefined ? [] : await writeSheets(resolve(folder), sheets);
  if (folder === undefined) writeText(`\n${sheets.join("\n\n")}\n`, "stderr");
  const document: SharesDocument = {
    schema: "tocsin.shares/1",
    orgKey: toHex(orgKey),
    fingerprint: words.join(" "),
    shares,
    needed,
    files: [...files],
  };
  call.out.document(document, () => [
    `✓ ${short} split into ${shares} shares, any ${needed} make the key`,
    ...files.map((file) => `  ${file}`),
    "Try it: tocsin org combine. Then tocsin org lock takes the key out of the vault.",
  ]);
}

export async function combine(call: Invocation, { options }: Input<typeof orgCombineFlags>): Promise<void> {
  const { from, out } = options;
  if (out === undefined && !showsSecrets()) throw usage("--out is missing: the 24 words are shown on a terminal only");
  const seed = await readOrgKey(call, from);
  const orgKey = signingKeyFromSeed(seed).publicKey;
  const { words, short } = fingerprint(orgKey);
  const paper = seedToWords(seed).join(" ");
  seed.fill(0);
  if (out === undefined) writeText(`\nThe 24 words of ${short}:\n\n  ${paper}\n\n`, "stderr");
  else await writeSecretFile(out, `${paper}\n`);
  const document: OrgKeyDocument = {
    schema: "tocsin.orgkey/1",
    orgKey: toHex(orgKey),
    fingerprint: words.join(" "),
    file: out === undefined ? null : resolve(out),
  };
  call.out.document(document, () => [`✓ the key of ${short}`, `  fingerprint: ${document.fingerprint}`]);
}

/** The key leaves the vault only after its paper form was read back: nobody locks out their own organisation. */
export async function lock(call: Invocation, { options }: Input<typeof orgLockFlags>): Promise<void> {
  const vault = await openHomeVault(call, options["passphrase-file"]);
  const seed = await readOrgKey(call, options.from);
  const { publicKey } = signingKeyFromSeed(seed);
  seed.fill(0);
  if (!equalBytes(publicKey, vault.certificate.orgKey)) {
    throw new TocsinError("INPUT_INVALID", `these words are the key ${fingerprint(publicKey).short}, not this one's`, {
      hint: `this organisation is ${fingerprint(vault.certificate.orgKey).short}; the vault is as it was`,
    });
  }
  await forgetOrgSeed(call.home.vault, vault.passphrase, { random: systemRandom });
  tellOrg(call, vault, false);
  call.out.note("older copies of the vault still hold the org key; a running daemon does until it is restarted");
}

/** From --from, or from the vault, which also knows the name. */
async function keyToSplit(
  call: Invocation,
  options: OrgSplitOptions,
): Promise<{ readonly seed: Uint8Array; readonly name: string | undefined }> {
  if (options.from.length > 0) return { seed: await readOrgKey(call, options.from), name: undefined };
  const { contents } = await openHomeVault(call, options["passphrase-file"]);
  if (contents.orgSeed !== undefined) return { seed: contents.orgSeed, name: contents.org };
  throw new TocsinError("USAGE", "the vault does not hold the org key", {
    hint: "give its 24 words or enough of its shares with --from",
  });
}

/** One sheet of paper; the lines before the words begin with #, which reading leaves out. */
function sheetOf(share: KeyShare, { whose, of }: { readonly whose: string; readonly of: number }): string {
  const words = shareToWords(share).map((word, index) => `${String(index + 1).padStart(2)} ${word.padEnd(8)}`);
  const rows = Array.from({ length: words.length / WORDS_IN_A_ROW }, (_, row) =>
    words.slice(row * WORDS_IN_A_ROW, (row + 1) * WORDS_IN_A_ROW).join("  "),
  );
  return [
    `# Share ${share.number} of ${of} of the org key of ${whose}`,
    `# Any ${share.needed} of the ${of} make the key, fewer say nothing about it. Whoever holds this keeps it apart`,
    "# from the others, and types it into: tocsin org combine",
    "",
    ...rows.map((row) => `  ${row.trimEnd()}`),
  ].join("\n");
}

/** One file for each; where one cannot be written there is none, for half a set would be taken for a whole one. */
async function writeSheets(folder: string, sheets: readonly string[]): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const written: string[] = [];
  try {
    for (const [index, sheet] of sheets.entries()) {
      const file = join(folder, `share-${index + 1}-of-${sheets.length}.txt`);
      await writeSecretFile(file, `${sheet}\n`);
      written.push(file);
    }
  } catch (cause) {
    for (const file of written) await rm(file, { force: true });
    throw cause;
  }
  return written;
}
