// `org show|card`: this organisation as its vault says it. Needs no daemon.

import { fingerprint } from "../../keys/index.ts";
import type { OrgCardDocument, OrgDetailDocument } from "../../src/api/org-documents.ts";
import { toHex } from "../../src/base/bytes.ts";
import { toRfc3339 } from "../../src/base/clock.ts";
import type { Input } from "../command.ts";
import type { orgFlags } from "../flags.ts";
import type { Invocation } from "../invocation.ts";
import { openHomeVault, type OpenedVault } from "../vault-door.ts";

export async function show(call: Invocation, { options }: Input<typeof orgFlags>): Promise<void> {
  const vault = await openHomeVault(call, options["passphrase-file"]);
  tellOrg(call, vault, vault.contents.orgSeed !== undefined);
}

/** For printing and for letterheads: what a partner compares, and nothing else. */
export async function card(call: Invocation, { options }: Input<typeof orgFlags>): Promise<void> {
  const { certificate } = await openHomeVault(call, options["passphrase-file"]);
  const { words, digits, short } = fingerprint(certificate.orgKey);
  const document: OrgCardDocument = {
    schema: "tocsin.card/1",
    org: certificate.org,
    orgKey: toHex(certificate.orgKey),
    fingerprint: words.join(" "),
    fingerprintDigits: digits,
  };
  call.out.document(document, () => [
    certificate.org,
    "",
    `  tocsin fingerprint  ${short}`,
    `  ${words.slice(0, 6).join(" ")}`,
    `  ${words.slice(6).join(" ")}`,
    `  ${digits.slice(0, 35)}`,
    `  ${digits.slice(36)}`,
    "",
    "Compare all words or all digits by voice, on a number that you already have.",
  ]);
}

/** `orgKeyInVault` says where the seed of the org key is by now. */
export function tellOrg(call: Invocation, vault: OpenedVault, orgKeyInVault: boolean): void {
  const { contents, certificate } = vault;
  const { words, digits, short } = fingerprint(certificate.orgKey);
  const document: OrgDetailDocument = {
    schema: "tocsin.org/1",
    org: certificate.org,
    seat: contents.seat,
    orgKey: toHex(certificate.orgKey),
    memberKey: toHex(certificate.memberKey),
    fingerprint: words.join(" "),
    home: call.home.data,
    fingerprintDigits: digits,
    orgKeyInVault,
    notAfter: toRfc3339(certificate.notAfter),
  };
  call.out.document(document, () => [
    `${document.org}/${document.seat}  ${short}`,
    `fingerprint  ${document.fingerprint}`,
    `digits       ${digits}`,
    `org key      ${document.orgKey}  ${orgKeyInVault ? "(its seed is in the vault)" : "(its seed is on paper only)"}`,
    `member key   ${document.memberKey}`,
    `certified    until ${document.notAfter.slice(0, 10)}`,
    `home         ${document.home}`,
  ]);
}
