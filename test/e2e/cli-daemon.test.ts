// An organisation is made and its daemon runs, as built: keys, passphrases, starting, stopping, and who may own a home.

import { isRunning } from "../../cli/process-state.ts";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PROGRAM, spawnCli, tocsin, type Ran, type RunOptions } from "../help/run-cli.ts";
import { openTerminalOn, type PersonsTerminal } from "../help/screen.ts";
import { tempDir, type TempDir } from "../help/temp-dir.ts";

let folder: TempDir;
beforeAll(async () => void (folder = await tempDir()));
afterAll(() => folder[Symbol.asyncDispose]());

const patience = { timeout: 20_000, interval: 20 };
const autostart = { TOCSIN_NO_AUTOSTART: "" };
const at = (name: string): string => folder.at(name);
const init = (name: string, words: readonly string[] = [], options: Partial<RunOptions> = {}): Promise<Ran> =>
  tocsin(["init", "--org", name, "--seat", "kim", "--listen", "/ip4/127.0.0.1/tcp/0", ...words, "--json"], {
    home: at(name),
    ...options,
  });
const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

describe("init", () => {
  test("makes an organisation that opens unattended, and says what that means", async () => {
    const made = await init("acme", ["--no-input"]);
    expect(made.code).toBe(0);
    expect(made.json()).toEqual({
      schema: "tocsin.org/1",
      org: "acme",
      seat: "kim",
      orgKey: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      memberKey: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      fingerprint: expect.stringMatching(/^([a-z]+ ){11}[a-z]+$/) as string,
      home: at("acme"),
    });
    expect(made.stderr).toContain("this disk alone opens the vault");
    expect(await modeOf(at("acme"))).toBe(0o700);
    for (const name of ["vault", "passphrase", "node.json"]) expect(await modeOf(at(`acme/${name}`))).toBe(0o600);
    // The port is chosen once: peers are told it.
    expect(JSON.parse(await readFile(at("acme/node.json"), "utf8"))).toEqual({
      listen: [expect.stringMatching(/^\/ip4\/127\.0\.0\.1\/tcp\/[1-9]\d+$/)],
      announce: [],
    });
  });

  test("never takes the place of an organisation that is there", async () => {
    const before = await readFile(at("acme/vault"));
    const again = await init("acme", ["--no-input"]);
    expect(again).toMatchObject({ code: 78, stdout: "" });
    expect(await readFile(at("acme/vault"))).toEqual(before);
  });

  test("takes the passphrase from standard input and keeps it nowhere; the words go to a file of the owner", async () => {
    const made = await init("piped", ["--passphrase-file", "-", "--paper", at("words"), "--no-start"], {
      input: "correct horse battery\n",
    });
    expect(made).toMatchObject({ code: 0, stderr: "" });
    await expect(stat(at("piped/passphrase"))).rejects.toThrow("ENOENT");
    expect((await readFile(at("words"), "utf8")).trim().split(" ")).toHaveLength(24);
    expect(await modeOf(at("words"))).toBe(0o600);
  });

  test("chooses a free port where the wanted one is taken", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const address = taken.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const words = ["init", "--org", "x", "--seat", "y", "--no-input", "--listen", `/ip4/127.0.0.1/tcp/${port}`];
    const { code, stderr } = await tocsin(words, { home: at("taken") });
    taken.close();
    expect(code).toBe(0);
    expect(stderr).toContain(`port ${port} is taken`);
  });

  test.each([
    [64, ["--seat", "kim", "--no-input"], "without an org"],
    [64, ["--org", "x", "--seat", "kim"], "with nobody to ask for a passphrase"],
    [65, ["--org", "a\u202Eb", "--seat", "kim", "--no-input"], "a name that hides"],
    [65, ["--org", "x", "--seat", "kim", "--passphrase-file", "/dev/null"], "an empty passphrase"],
    [66, ["--org", "x", "--seat", "kim", "--passphrase-file", "/nonexistent"], "a passphrase file that is not there"],
    [78, ["--org", "x", "--seat", "kim", "--no-input", "--listen", "127.0.0.1:7443"], "an address of another form"],
    [
      78,
      ["--org", "x", "--seat", "kim", "--no-input", "--listen", "/ip4/203.0.113.1/tcp/0"],
      "an address of elsewhere",
    ],
  ])("exits %i and makes nothing: %j (%s)", async (code, words) => {
    const ran = await tocsin(["init", ...words, "--json"], { home: at("refused") });
    expect(ran).toMatchObject({ code, stdout: "" });
    await expect(stat(at("refused/vault"))).rejects.toThrow("ENOENT");
  });

  test("asks a person for the passphrase without showing it, and shows the 24 words once", async () => {
    await mkdir(at("asked"), { mode: 0o700 });
    const words = ["init", "--org", "acme", "--seat", "kim", "--listen", "/ip4/127.0.0.1/tcp/0"];
    await using screen: PersonsTerminal = openTerminalOn(process.execPath, [PROGRAM, ...words], {
      columns: 100,
      rows: 40,
      env: { TOCSIN_HOME: at("asked"), TOCSIN_NO_AUTOSTART: "1" },
    });
    await expect.poll(() => screen.text(), patience).toContain("Passphrase for the keys");
    screen.type("correct horse battery\r");
    await expect.poll(() => screen.text(), patience).toContain("The same again");
    screen.type("correct horse battery\r");
    await expect.poll(() => screen.exit(), patience).toMatchObject({ code: 0 });
    // The program may be gone before the terminal has drawn its last words.
    await expect.poll(() => screen.text(), patience).toContain("✓ acme created");
    expect(screen.text()).toContain("24 words");
    // One word of it may well be among the 24.
    expect(screen.raw()).not.toContain("correct horse");
  });
});

describe("the daemon", () => {
  test("is started by the first command, found by the next, and stopped for good", async () => {
    const home = at("acme");
    const first = await tocsin(["status", "--json"], { home, env: autostart });
    expect(first.json()).toMatchObject({ org: "acme", seat: "kim" });
    const status = (await tocsin(["daemon", "status", "--json"], { home })).json();
    expect(status).toMatchObject({ schema: "tocsin.daemon/1", running: true, home });
    const { pid } = status;
    // Its passphrase is nowhere that another process could read it.
    const secret = (await readFile(at("acme/passphrase"), "utf8")).trim();
    for (const file of ["cmdline", "environ"]) {
      expect(await readFile(`/proc/${String(pid)}/${file}`, "utf8")).not.toContain(secret);
    }
    expect(await readFile(at("acme/daemon.log"), "utf8")).not.toContain(secret);

    const second = await tocsin(["daemon", "run", "--json"], { home });
    expect(second).toMatchObject({ code: 75, stdout: "" });
    expect((await tocsin(["daemon", "start"], { home })).code).toBe(0);
    expect((await tocsin(["daemon", "stop"], { home })).code).toBe(0);
    expect(isRunning(Number(pid))).toBe(false);
    expect((await tocsin(["daemon", "status"], { home })).code).toBe(69);
  });

  test("is started once by several commands at the same time", async () => {
    const home = at("acme");
    const runs = await Promise.all([1, 2, 3].map(() => tocsin(["status", "--json"], { home, env: autostart })));
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0]);
    const pids = runs.map((ran) => (ran.json() as { daemon: { pid: number } }).daemon.pid);
    expect(new Set(pids).size).toBe(1);
    await tocsin(["daemon", "stop"], { home });
  });

  test("belongs to the home as it was named, also from another folder", async () => {
    const env = { ...autostart, TOCSIN_HOME: "acme" };
    const started = await tocsin(["status", "--json"], { home: at("acme"), cwd: folder.path, env });
    expect(started.json()).toMatchObject({ org: "acme" });
    expect((await tocsin(["daemon", "stop"], { home: at("acme") })).code).toBe(0);
  });

  test("runs in the foreground until SIGTERM, then ends with 0", async () => {
    const child = spawnCli(["daemon", "run"], { home: at("acme") });
    expect((await tocsin(["daemon", "wait", "--timeout", "20s"], { home: at("acme") })).code).toBe(0);
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
    await expect(stat(at("acme/run/daemon.sock"))).rejects.toThrow("ENOENT");
  });

  test("stays locked without its passphrase, and says so for a wrong one", async () => {
    const home = at("piped");
    expect((await tocsin(["daemon", "start", "--json"], { home })).error()).toMatchObject({ code: "locked", exit: 78 });
    expect((await tocsin(["status", "--json"], { home, env: autostart })).error()).toMatchObject({
      reason: "VAULT_LOCKED",
    });
    const wrong = await tocsin(["daemon", "start", "--passphrase-file", "-", "--json"], {
      home,
      input: "wrong horse battery\n",
    });
    expect(wrong).toMatchObject({ code: 78, stdout: "" });
    expect(wrong.error()).toMatchObject({ reason: "VAULT_PASSPHRASE_WRONG" });
    const right = await tocsin(["daemon", "start", "--passphrase-file", "-"], {
      home,
      input: "correct horse battery\n",
    });
    expect(right.code).toBe(0);
    expect((await tocsin(["daemon", "stop"], { home })).code).toBe(0);
  });

  test("takes its passphrase from the credentials of a service manager", async () => {
    await mkdir(at("credentials"));
    await writeFile(at("credentials/passphrase"), "correct horse battery\n");
    const child = spawnCli(["daemon", "run"], { home: at("piped"), env: { CREDENTIALS_DIRECTORY: at("credentials") } });
    expect((await tocsin(["daemon", "wait", "--timeout", "20s"], { home: at("piped") })).code).toBe(0);
    child.kill("SIGINT");
    expect(await once(child, "exit")).toEqual([0, null]);
  });

  test("of an older Node is run with the one that the clone brought along, or refused with 78", async () => {
    const old = "/usr/bin/env";
    const child = spawn(old, ["node", PROGRAM, "version", "--json"], { env: { PATH: "/usr/local/bin:/usr/bin:/bin" } });
    let stdout = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
    const [code] = (await once(child, "close")) as [number];
    // 127: this machine has no other Node; 78: an older one, and the program does not lie in a clone.
    expect([0, 78, 127]).toContain(code);
    if (code === 0) expect(JSON.parse(stdout)).toMatchObject({ schema: "tocsin.version/1" });
  });
});
