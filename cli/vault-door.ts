// The vault as a command opens it: with the passphrase from wherever it may come, beside a daemon that may be running.

import { openVault, parseCertificate, type MemberCertificate, type VaultContents } from "../keys/index.ts";
import type { Invocation } from "./invocation.ts";
import { findPassphrase, locked } from "./passphrase.ts";

export type OpenedVault = {
  readonly contents: VaultContents;
  readonly certificate: MemberCertificate;
  readonly passphrase: string;
};

/** Throws IDENTITY_MISSING, VAULT_LOCKED where nobody gives a passphrase, VAULT_PASSPHRASE_WRONG, VAULT_DAMAGED. */
export async function openHomeVault(call: Invocation, passphraseFile: string | undefined): Promise<OpenedVault> {
  const passphrase = await findPassphrase(call, passphraseFile);
  if (passphrase === undefined) throw locked();
  const contents = await openVault(call.home.vault, passphrase);
  return { contents, certificate: parseCertificate(contents.certificate), passphrase };
}
