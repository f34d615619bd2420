// `doctor`: looks at a home with its daemon or without, names each check and its cure, and mends what is safe to mend.

import * as checks from "../../src/api/doctor-checks.ts";
import type { CheckState, DoctorCheck, DoctorDocument } from "../../src/api/doctor-document.ts";
import type { StatusDocument } from "../../src/api/documents.ts";
import type { Client } from "../../src/api/client.ts";
import { systemClock } from "../../src/base/clock.ts";
import { asTocsinError } from "../../src/base/errors.ts";
import { openVault, type VaultContents } from "../../keys/index.ts";
import type { Input } from "../command.ts";
import type { doctorFlags, DoctorOptions } from "../flags.ts";
import { accessOf, closeToOthers, freeBytes, settingsOf, shortNames, socketFile } from "../home-files.ts";
import { connectOnly, type Invocation } from "../invocation.ts";
import { findPassphrase } from "../passphrase.ts";
import { safeText } from "../safe-text.ts";

const NAGIOS: Readonly<Record<CheckState, number>> = { ok: 0, warning: 1, critical: 2, unknown: 3 };
const MARKS: Readonly<Record<CheckState, string>> = { ok: "✓", warning: "!", critical: "✗", unknown: "?" };

/** Exit code 1 where anything is critical; with --nagios 0 ok, 1 warning, 2 critical, 3 unknown. */
export async function doctor(call: Invocation, { options }: Input<typeof doctorFlags>): Promise<number> {
  const found = await examine(call, options);
  const state = checks.worstOf(found);
  const document: DoctorDocument = { schema: "tocsin.doctor/1", state, checks: [...found] };
  call.out.document(document, () => (options.nagios ? [nagiosLine(document)] : found.flatMap(linesOf)));
  return options.nagios ? NAGIOS[state] : Number(state === "critical");
}

/** The outside first: the permissions decide whether a socket and a vault are used at all. */
async function examine(call: Invocation, options: DoctorOptions): Promise<readonly DoctorCheck[]> {
  const found: DoctorCheck[] = [await permissions(call, options.fix)];
  const { problem, tlsEnds } = await settingsOf(call.home);
  found.push(checks.settingsCheck(problem));
  const now = systemClock.now();
  if (tlsEnds !== undefined) found.push(checks.certificateCheck("tls", tlsEnds, now));
  found.push(checks.diskCheck(await freeBytes(call.home).catch(() => undefined)));
  try {
    const client = await connectOnly(call);
    try {
      found.push(checks.daemonCheck(undefined), checks.socketCheck("live"), ...(await online(client, call, options)));
    } finally {
      await client.close();
    }
  } catch (cause) {
    const { code } = asTocsinError(cause);
    found.push(checks.daemonCheck(code), await socket(call, { code, fix: options.fix }));
    found.push(...(await offline(call, options)));
  }
  return found;
}

async function permissions(call: Invocation, fix: boolean): Promise<DoctorCheck> {
  const { open, foreign } = await accessOf(call.home);
  const check = checks.permissionsCheck(shortNames(call.home, open), shortNames(call.home, foreign));
  if (!fix || open.length === 0 || foreign.length > 0) return check;
  await closeToOthers(open);
  return checks.mended(check, "their access is taken away");
}

async function socket(call: Invocation, { code, fix }: { code: string; fix: boolean }): Promise<DoctorCheck> {
  const lies = await socketFile(call.home);
  if (lies === "none") return checks.socketCheck("none");
  if (lies === "other" || code === "CONFIG_INVALID") return checks.socketCheck("foreign");
  const { isAlive, removeDead } = await import("../../src/api/server.ts");
  if (await isAlive(call.home.socketPath)) return checks.socketCheck("mute");
  const check = checks.socketCheck("stale");
  if (!fix) return check;
  await removeDead(call.home.socketPath);
  return checks.mended(check, "it is taken away");
}

/** What a running daemon tells. */
async function online(client: Client, call: Invocation, { deep }: DoctorOptions): Promise<readonly DoctorCheck[]> {
  const status: StatusDocument = await client.call("status", {}, call);
  const inside = await client.call("doctor", { deep }, call);
  return [
    checks.lanesCheck(inside.lanes, deep),
    checks.keyringCheck(undefined, inside.missingKeys),
    checks.certificateCheck("certificate", Date.parse(inside.notAfter), systemClock.now()),
    checks.clockCheck(status.clockSkewMs),
    checks.listenCheck(status.listen),
    checks.peersCheck(status),
    checks.undeliveredCheck(status.undelivered.length),
    checks.floodCheck(status.flooding),
    checks.quotaCheck(status.circles),
    checks.rulesCheck(inside.namedInVain),
    checks.heldCheck(status.lanes),
    checks.spoolCheck(status.spool),
  ];
}

/** What the files tell to whoever has the passphrase, while nobody else has them open. */
async function offline(call: Invocation, { deep, fix, ...options }: DoctorOptions): Promise<readonly DoctorCheck[]> {
  let vault: VaultContents | undefined;
  try {
    const passphrase = await findPassphrase(call, options["passphrase-file"]);
    if (passphrase === undefined) return [checks.vaultCheck("VAULT_LOCKED")];
    vault = await openVault(call.home.vault, passphrase);
  } catch (cause) {
    return [checks.vaultCheck(asTocsinError(cause).code)];
  }
  const { certificateEnd, examineInside } = await import("../../src/api/examine-home.ts");
  return [
    checks.vaultCheck(undefined),
    checks.certificateCheck("certificate", certificateEnd(vault), systemClock.now()),
    ...(await examineInside(call.home, vault, { deep, fix })),
  ];
}

function linesOf({ name, state, found, cure, fixed }: DoctorCheck): readonly string[] {
  const line = `${fixed ? "✓ mended" : MARKS[state]} ${name}: ${safeText(found)}`;
  return cure === null ? [line] : [line, `    ${safeText(cure)}`];
}

/** One line, as the programs that ask expect it. */
function nagiosLine({ state, checks: found }: DoctorDocument): string {
  const wrong = found
    .filter((check) => check.state !== "ok")
    .map(({ name, found: what }) => `${name}: ${safeText(what)}`);
  return `TOCSIN ${state.toUpperCase()} - ${wrong.join("; ") || `${found.length} checks`}`.replaceAll("|", "/");
}
