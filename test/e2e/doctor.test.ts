// `doctor` on real homes: with a daemon and without, with harm of each kind that it can mend, and with harm that it can only name.

import { execFileSync } from "node:child_process";
import { chmod, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DoctorCheck, DoctorDocument } from "../../src/api/doctor-document.ts";
import { Home } from "../help/home.ts";
import { tempDir, type TempDir } from "../help/temp-dir.ts";

let folder: TempDir;
let home: Home;
beforeAll(async () => {
  folder = await tempDir();
  home = await Home.make(folder.at("."), "acme");
  await home.start();
  await home.ok(["circle", "create", "retail-eu"]);
  for (const text of ["one", "two", "three"]) await home.ok(["post", text]);
});
afterAll(async () => {
  await home[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

type Looked = { readonly code: number | null; readonly state: string; readonly checks: Record<string, DoctorCheck> };

async function look(...words: readonly string[]): Promise<Looked> {
  const ran = await home.run(["doctor", "--json", ...words]);
  const document = ran.json() as unknown as DoctorDocument;
  expect(document.schema).toBe("tocsin.doctor/1");
  const named = Object.fromEntries(document.checks.map((check) => [check.name, check]));
  return { code: ran.code, state: document.state, checks: named };
}
const withKeys = (): readonly string[] => ["--passphrase-file", home.passphraseFile];
const at = (name: string): string => join(home.folder, name);

describe("doctor beside a daemon", () => {
  test("finds nothing, in JSON, for people and for the program that asks every minute", async () => {
    const { code, checks } = await look("--deep");
    expect(code).toBe(0);
    const bad = Object.values(checks).filter(({ state, name }) => state !== "ok" && name !== "disk");
    expect(bad).toEqual([]);
    expect(checks["lanes"]?.found).toMatch(/^[4-9] records in 1 lanes/);
    expect((await home.run(["doctor"])).stdout).toMatch(/^✓ permissions: .*\n(✓ .*\n|! disk.*\n.*\n)+$/);
    const nagios = await home.run(["doctor", "--nagios"]);
    expect(nagios.stdout).toMatch(/^TOCSIN (OK|WARNING) - .*\n$/);
    expect(nagios.code).toBe(nagios.stdout.startsWith("TOCSIN OK") ? 0 : 1);
  });

  test("names files that others can read, and closes them", async () => {
    await chmod(at("node.json"), 0o644);
    await chmod(at("store"), 0o755);
    const found = await look();
    expect(found).toMatchObject({ code: 1, state: "critical" });
    expect(found.checks["permissions"]?.found).toMatch(/node\.json, store$/);
    expect((await home.run(["doctor", "--nagios"])).code).toBe(2);
    expect((await stat(at("node.json"))).mode & 0o777).toBe(0o644);
    expect((await look("--fix")).checks["permissions"]).toMatchObject({ state: "ok", fixed: true });
    expect((await stat(at("node.json"))).mode & 0o777).toBe(0o600);
    expect((await stat(at("store"))).mode & 0o777).toBe(0o700);
    expect((await look()).checks["permissions"]).toMatchObject({ state: "ok", fixed: false });
  });
});

describe("a daemon without file descriptors", () => {
  test("stays up, and what it cannot take waits in the spool", async () => {
    const pid = await home.pid();
    const limit = (n: string): void => {
      execFileSync("prlimit", ["--pid", String(pid), `--nofile=${n}:`]);
    };
    const before = execFileSync("prlimit", ["--pid", String(pid), "--nofile", "--noheadings", "--output", "SOFT"]);
    // The limit is on the number of a descriptor: nothing new can be opened, accepted or dialled, not even in a gap.
    limit("3");
    const ran = await home.run(["post", "when nothing can be opened", "--json"]);
    limit(String(before).trim());
    // The command is told that no daemon answers, and keeps the post itself.
    expect(ran.json()).toMatchObject({ state: "spooled", spooled: { code: "daemon_down" } });
    await expect.poll(async () => (await home.run(["daemon", "status"])).code, { timeout: 20_000 }).toBe(0);
    expect(await home.pid()).toBe(pid);
    expect((await home.ok(["post", "when it can again"]))["id"]).toMatch(/^s-/);
    await home.stop();
    await home.start();
    await expect.poll(async () => home.items(), { timeout: 20_000 }).toBe(5);
    const { checks } = await look("--deep");
    expect(checks["lanes"]).toMatchObject({ state: "ok" });
  });
});

describe("doctor without a daemon", () => {
  test("takes the socket of a killed daemon away, and never that of a living one", async () => {
    await look("--fix");
    expect((await home.run(["daemon", "status"])).code).toBe(0);
    await home.kill();
    const { checks } = await look(...withKeys());
    expect(checks["daemon"]).toMatchObject({ state: "critical" });
    expect(checks["socket"]).toMatchObject({ state: "warning", fixed: false });
    for (const name of ["vault", "store", "lanes", "keyring", "certificate"])
      expect(checks[name], name).toMatchObject({ state: "ok" });
    expect((await look("--fix")).checks["socket"]).toMatchObject({ state: "ok", fixed: true });
    expect(await readdir(at("run"))).toEqual([]);
    expect((await look()).checks["socket"]).toMatchObject({ state: "ok", fixed: false });
  });

  test("asks for no passphrase that it is not given, and says what it could not look at", async () => {
    const { checks } = await look("--no-input");
    expect(checks["vault"]).toMatchObject({ state: "unknown" });
    expect(checks["store"]).toBeUndefined();
  });

  test("says that a passphrase is wrong, and that settings cannot be used", async () => {
    await writeFile(folder.at("wrong"), "something else\n", { mode: 0o600 });
    const { checks } = await look("--passphrase-file", folder.at("wrong"));
    expect(checks["vault"]?.found).toContain("VAULT_PASSPHRASE_WRONG");
    const settings = await readFile(at("node.json"));
    await writeFile(at("node.json"), "{}");
    expect((await look()).checks["settings"]).toMatchObject({ state: "critical" });
    await writeFile(at("node.json"), settings);
    expect((await look()).checks["settings"]).toMatchObject({ state: "ok" });
  });

  test("repairs a damaged store when it is told to, and the daemon goes on from there", async () => {
    await home.start();
    const items = await home.items();
    await home.stop();
    await rm(at("store/CURRENT"));
    const found = await look(...withKeys());
    expect(found.checks["store"]).toMatchObject({ state: "critical", fixed: false });
    expect(found.checks["store"]?.found).toContain("STORE_CORRUPT");
    const mended = await look("--fix", ...withKeys());
    expect(mended.checks["store"]).toMatchObject({ state: "ok", fixed: true });
    expect(mended.checks["lanes"]).toMatchObject({ state: "ok" });
    expect((await look("--deep", ...withKeys())).checks["store"]).toMatchObject({ state: "ok", fixed: false });
    await home.start();
    expect(await home.items()).toBe(items);
    expect((await home.ok(["status"]))["repair"]).toMatchObject({ lost: 0 });
  });
});
