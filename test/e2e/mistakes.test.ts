// Wrong input and bad days, through the real commands: one clear sentence, the documented exit code, and nothing lost.

import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Home } from "../help/home.ts";
import { spawnCli } from "../help/run-cli.ts";
import { tempDir, type TempDir } from "../help/temp-dir.ts";

describe("mistakes", () => {
  let folder: TempDir;
  let home: Home;

  beforeAll(async () => {
    folder = await tempDir();
    home = await Home.make(folder.path, "acme");
    await home.start();
    await home.ok(["circle", "create", "retail-eu", "--max-tlp", "amber"]);
    await home.ok(["post", "the first one", "--ioc", "ip:203.0.113.1"]);
  });

  afterAll(async () => {
    await home[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  test.each<{ what: string; words: readonly string[]; input?: string; exit: number; code: string; says: RegExp }>([
    { what: "an unknown flag", words: ["post", "x", "--tpl", "red"], exit: 64, code: "usage", says: /--tpl.*--tlp/s },
    { what: "an unknown command", words: ["psot", "x"], exit: 64, code: "usage", says: /psot.*post/s },
    { what: "a level that is none", words: ["post", "x", "--tlp", "purple"], exit: 64, code: "usage", says: /purple/ },
    {
      what: "a bad indicator",
      words: ["post", "x", "--ioc", "ip:300.1.1.1"],
      exit: 65,
      code: "bad_input",
      says: /300\.1\.1\.1/,
    },
    {
      what: "an indicator of no type",
      words: ["check", "what is this"],
      exit: 65,
      code: "bad_input",
      says: /what is this/,
    },
    {
      what: "a marking that the circle does not take",
      words: ["post", "x", "--tlp", "red"],
      exit: 77,
      code: "tlp_policy",
      says: /TLP:RED.*TLP:AMBER/s,
    },
    {
      what: "a bad ticket",
      words: ["join", "-", "--no-input"],
      input: "TOCSIN1:NONSENSE\n",
      exit: 65,
      code: "bad_input",
      says: /ticket/,
    },
    {
      what: "something that is no ticket",
      words: ["join", "-", "--no-input"],
      input: "hello\n",
      exit: 65,
      code: "bad_input",
      says: /TOCSIN1:/,
    },
    {
      what: "a circle that does not exist",
      words: ["post", "x", "-c", "nowhere"],
      exit: 65,
      code: "not_found",
      says: /nowhere/,
    },
    { what: "an item that does not exist", words: ["show", "s-000000"], exit: 65, code: "not_found", says: /s-000000/ },
    { what: "an id that is none", words: ["show", "s-!"], exit: 65, code: "bad_input", says: /s-!/ },
    {
      what: "a peer that does not exist",
      words: ["peer", "show", "nobody"],
      exit: 65,
      code: "not_found",
      says: /nobody/,
    },
    {
      what: "an acknowledgement of a sighting",
      words: ["ack", "first"],
      exit: 65,
      code: "bad_input",
      says: /alert|id/,
    },
    {
      what: "an import file that is missing",
      words: ["import", "no-such-file.json", "--format", "stix"],
      exit: 66,
      code: "bad_input",
      says: /no-such-file/,
    },
    {
      what: "an import file that is no bundle",
      words: ["import", "-", "--format", "stix"],
      input: "not json",
      exit: 65,
      code: "bad_input",
      says: /./,
    },
    {
      what: "a second identity in one home",
      words: ["init", "--org", "other", "--seat", "x", "--no-input"],
      exit: 78,
      code: "config_invalid",
      says: /already/,
    },
  ])("$what: exit $exit and one sentence", async ({ words, input, exit, code, says }) => {
    const before = await home.items();
    const human = await home.run(words, input);
    expect({ code: human.code, stdout: human.stdout }).toEqual({ code: exit, stdout: "" });
    expect(human.stderr).toMatch(/^tocsin: /);
    expect(human.stderr).toMatch(says);
    expect(human.stderr).not.toMatch(/\bat .*\.js:\d+|node:internal/);
    const machine = await home.run([...words, "--json"], input);
    expect(machine.code).toBe(exit);
    expect(machine.error()).toMatchObject({ schema: "tocsin.error/1", code, exit });
    expect(await home.items()).toBe(before);
  });

  test("one bad line of an import is rejected alone", async () => {
    const lines = [
      '{"text":"good one","indicators":["ip:203.0.113.7"]}',
      '{"text":"bad","indicators":["ip:1.2.3"]}',
      "no json",
      '{"text":"good two"}',
    ];
    const ran = await home.run(["import", "-", "--format", "ndjson", "--ndjson"], lines.join("\n"));
    expect(ran.code).toBe(65);
    const results = ran.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { line: number; state: string; error: unknown });
    expect(results.map(({ line, state }) => ({ line, state }))).toEqual([
      { line: 1, state: "queued" },
      { line: 2, state: "rejected" },
      { line: 3, state: "rejected" },
      { line: 4, state: "queued" },
    ]);
  });

  test("a daemon that does not run: exit 69, and the next command to type", async () => {
    await using other = await Home.make(folder.path, "down");
    const ran = await other.run(["feed"]);
    expect(ran.code).toBe(69);
    expect(ran.stderr).toMatch(/daemon/);
    expect(ran.stderr).toContain("tocsin daemon start");
    expect((await other.run(["daemon", "status"])).code).toBe(69);
  });

  test("no identity: exit 78, and the next command to type", async () => {
    await mkdir(join(folder.path, "empty"));
    await using nobody = await Home.make(folder.path, "somebody");
    const ran = spawnCli(["daemon", "run", "--passphrase-file", nobody.passphraseFile], {
      home: join(folder.path, "empty"),
    });
    let stderr = "";
    ran.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
    expect(await new Promise((resolve) => ran.on("close", resolve))).toBe(78);
    expect(stderr).toContain("tocsin init");
  });

  test("a wrong passphrase: exit 78, and the vault is as it was", async () => {
    await using other = await Home.make(folder.path, "forgetful");
    const wrong = join(folder.path, "wrong.passphrase");
    await writeFile(wrong, "something else entirely\n", { mode: 0o600 });
    const ran = await other.run(["daemon", "start", "--passphrase-file", wrong, "--json"]);
    expect(ran.code).toBe(78);
    expect(ran.error()).toMatchObject({ code: "locked", exit: 78 });
    expect(ran.stderr).not.toContain("something else entirely");
    await other.start();
    expect(await other.pid()).toBeGreaterThan(0);
  });

  test("a second daemon on one home: exit 75, and the first one goes on", async () => {
    const first = await home.pid();
    const ran = await home.run(["daemon", "run", "--passphrase-file", home.passphraseFile, "--json"]);
    expect(ran.code).toBe(75);
    expect(ran.error()).toMatchObject({ code: "locked", exit: 75 });
    expect(await home.pid()).toBe(first);
    await home.ok(["post", "still here"]);
  });

  test("a full disk: exit 74, nothing is half saved, and posting works again once there is room", async () => {
    await using poor = await Home.make(folder.path, "poor");
    await poor.start();
    await poor.ok(["circle", "create", "small"]);
    await poor.ok(["post", "before"]);
    // A limit on the size of its files is the full disk that any user may make: LevelDB's log cannot grow past it.
    const pid = await poor.pid();
    limitFileBytes(pid, 64 * 1024);
    const posted: string[] = [];
    let refused: Awaited<ReturnType<Home["run"]>> | undefined;
    for (let turn = 0; turn < 200 && !refused; turn++) {
      const ran = await poor.run(["post", `filling ${turn} ${"x".repeat(10_000)}`, "--json"]);
      if (ran.code === 0) posted.push(String(ran.json()["id"]));
      else refused = ran;
    }
    expect(refused?.code).toBe(74);
    expect(refused?.error()).toMatchObject({ code: "disk_full", exit: 74 });
    limitFileBytes(pid, undefined);
    const after = await poor.ok(["post", "after"]);
    posted.push(String(after["id"]));
    await poor.kill();
    await poor.start();
    expect(await poor.ids()).toEqual(expect.arrayContaining(posted));
    expect(await poor.items()).toBe(posted.length + 1);
  });
});

function limitFileBytes(pid: number, bytes: number | undefined): void {
  // The soft limit only, so that it can be raised again.
  execFileSync("prlimit", ["--pid", String(pid), `--fsize=${bytes ?? "unlimited"}:unlimited`]);
}
