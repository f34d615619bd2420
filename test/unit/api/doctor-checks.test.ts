// Each check of `doctor`: what makes it fail, how badly, and that it names a cure then and only then.

import { describe, expect, test } from "vitest";
import * as checks from "../../../src/api/doctor-checks.ts";
import type { CheckState, DoctorCheck } from "../../../src/api/doctor-document.ts";
import type { StatusDocument } from "../../../src/api/documents.ts";

const DAY = 86_400_000;
const MIB = 2 ** 20;
const spool: StatusDocument["spool"] = { waiting: 0, failed: 0, reasons: [], keyChanged: false };
const since = "2026-06-01T09:00:00.000Z";
const broken = [{ circle: "a".repeat(64), lane: "b".repeat(32), place: 7, code: "STORE_CORRUPT" }];
const disk = { bytes: 9, quota: 10, hollow: 0 };
const lane: StatusDocument["lanes"][number] = {
  ...{ schema: "tocsin.lane/1", circle: "retail-eu", lane: "b", length: 1, state: "held", drafts: 0, missingKeys: 0 },
  ...{ held: { reason: "asking", heard: 0, needed: 2 }, takenIn: true },
};

const CASES: readonly (readonly [string, CheckState, DoctorCheck])[] = [
  ["a private home", "ok", checks.permissionsCheck([], [])],
  ["a readable vault", "critical", checks.permissionsCheck(["vault"], [])],
  ["somebody else's store", "critical", checks.permissionsCheck([], ["store"])],
  ["a vault that opens", "ok", checks.vaultCheck(undefined)],
  ["no passphrase", "unknown", checks.vaultCheck("VAULT_LOCKED")],
  ["a wrong passphrase", "critical", checks.vaultCheck("VAULT_PASSPHRASE_WRONG")],
  ["a damaged vault", "critical", checks.vaultCheck("VAULT_DAMAGED")],
  ["good settings", "ok", checks.settingsCheck(undefined)],
  ["bad settings", "critical", checks.settingsCheck("no")],
  ["a daemon", "ok", checks.daemonCheck(undefined)],
  ["no daemon", "critical", checks.daemonCheck("DAEMON_NOT_RUNNING")],
  ["another release", "critical", checks.daemonCheck("DAEMON_VERSION")],
  ["a live socket", "ok", checks.socketCheck("live")],
  ["no socket", "ok", checks.socketCheck("none")],
  ["a stale socket", "warning", checks.socketCheck("stale")],
  ["a mute socket", "critical", checks.socketCheck("mute")],
  ["a file for a socket", "critical", checks.socketCheck("foreign")],
  ["a store", "ok", checks.storeCheck(undefined)],
  ["no store yet", "ok", checks.storeCheck("none")],
  ["a damaged store", "critical", checks.storeCheck("STORE_CORRUPT")],
  ["a store of another process", "critical", checks.storeCheck("STORE_LOCKED")],
  ["whole lanes", "ok", checks.lanesCheck({ count: 2, records: 9, broken: [] }, true)],
  ["a broken lane", "critical", checks.lanesCheck({ count: 2, records: 9, broken }, false)],
  ["a keyring", "ok", checks.keyringCheck(undefined, 0)],
  ["an old keyring", "warning", checks.keyringCheck(undefined, 1)],
  ["a damaged keyring", "critical", checks.keyringCheck("STORE_CORRUPT", null)],
  ["a young certificate", "ok", checks.certificateCheck("certificate", 30 * DAY, 0)],
  ["an old certificate", "warning", checks.certificateCheck("certificate", 30 * DAY - 1, 0)],
  ["a very old certificate", "critical", checks.certificateCheck("tls", 7 * DAY - 1, 0)],
  ["a certificate that is over", "critical", checks.certificateCheck("tls", 0, 0)],
  ["room", "ok", checks.diskCheck(1024 * MIB)],
  ["little room", "warning", checks.diskCheck(1024 * MIB - 1)],
  ["hardly any room", "critical", checks.diskCheck(64 * MIB - 1)],
  ["a disk of unknown size", "unknown", checks.diskCheck(undefined)],
  ["nobody's clock", "ok", checks.clockCheck(null)],
  ["a good clock", "ok", checks.clockCheck(-59_999)],
  ["a clock behind", "warning", checks.clockCheck(-60_000)],
  ["a clock far ahead", "critical", checks.clockCheck(600_000)],
  ["a listener", "ok", checks.listenCheck(["/ip4/127.0.0.1/tcp/7443"])],
  ["no listener", "critical", checks.listenCheck([])],
  ["no peers", "ok", checks.peersCheck({ peers: { up: 0, total: 0 }, since })],
  ["half of the peers", "ok", checks.peersCheck({ peers: { up: 1, total: 2 }, since })],
  ["few peers", "warning", checks.peersCheck({ peers: { up: 1, total: 3 }, since })],
  ["all peers away", "critical", checks.peersCheck({ peers: { up: 0, total: 3 }, since })],
  ["all delivered", "ok", checks.undeliveredCheck(0)],
  ["a post that waits", "warning", checks.undeliveredCheck(1)],
  ["no flood", "ok", checks.floodCheck([])],
  ["a flood", "warning", checks.floodCheck([{ org: "globex" }])],
  ["room in every circle", "ok", checks.quotaCheck([{ name: "a", disk: { ...disk, state: "ok" } }])],
  ["a circle near its quota", "warning", checks.quotaCheck([{ name: "a", disk: { ...disk, state: "near" } }])],
  ["a circle at its quota", "critical", checks.quotaCheck([{ name: "a", disk: { ...disk, state: "full" } }])],
  ["free lanes", "ok", checks.heldCheck([{ ...lane, state: "confirmed", held: null }])],
  ["a held lane", "warning", checks.heldCheck([lane])],
  ["an empty spool", "ok", checks.spoolCheck(spool)],
  ["a refused spool", "warning", checks.spoolCheck({ ...spool, failed: 1 })],
  ["a forged spool key", "critical", checks.spoolCheck({ ...spool, keyChanged: true })],
];

describe("the checks of doctor", () => {
  test.each(CASES)("%s: %s", (_, state, check) => {
    expect(check).toMatchObject({ state, fixed: false });
    expect(check.found).not.toBe("");
    // Whoever is told of trouble is told what to do.
    expect(check.cure === null).toBe(state === "ok");
  });

  test("the whole is as bad as the worst, and unknown is better than a warning", () => {
    const [ok, unknown] = [checks.vaultCheck(undefined), checks.vaultCheck("VAULT_LOCKED")];
    const [warning, critical] = [checks.undeliveredCheck(1), checks.listenCheck([])];
    expect(checks.worstOf([])).toBe("ok");
    expect(checks.worstOf([ok, unknown])).toBe("unknown");
    expect(checks.worstOf([unknown, warning, ok])).toBe("warning");
    expect(checks.worstOf([warning, critical, unknown])).toBe("critical");
  });

  test("what was mended is well, and says what it was", () => {
    const check = checks.mended(checks.socketCheck("stale"), "it is taken away");
    expect(check).toMatchObject({ name: "socket", state: "ok", cure: null, fixed: true });
    expect(check.found).toMatch(/left its socket: it is taken away/);
  });
});
