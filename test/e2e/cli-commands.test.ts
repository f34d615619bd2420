// Every command as a child process against a daemon of made-up answers: documents, exit codes, and what is refused.

import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { safeText } from "../../cli/safe-text.ts";
import { fakeDaemon, fakeItem, type FakeDaemon } from "../help/fake-daemon.ts";
import { spawnCli, tocsin, type Ran } from "../help/run-cli.ts";
import { tempDir, type TempDir } from "../help/temp-dir.ts";

let folder: TempDir;
let daemon: FakeDaemon;
const run = (words: readonly string[], input = ""): Promise<Ran> => tocsin(words, { home: daemon.home, input });
/** What a sighting is posted under, so that one that is lost half-way and spooled is posted once. */
const ownKey = expect.stringMatching(/^cli:[0-9a-f-]{36}$/) as string;
const lastAsked = (): unknown => daemon.asked.at(-1)?.params;

beforeAll(async () => {
  folder = await tempDir();
  daemon = await fakeDaemon(folder.at("home"));
});
afterAll(async () => {
  await daemon[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});
beforeEach(() => {
  daemon.items.length = 0;
  daemon.asked.length = 0;
});

describe("a script", () => {
  test.each([
    ["status", "tocsin.status/1"],
    ["circle create retail-eu", "tocsin.circle/1"],
    ["circle list", "tocsin.circles/1"],
    ["circle show retail-eu", "tocsin.circle/1"],
    ["circle remove retail-eu northwind", "tocsin.removal/1"],
    ["circle promote retail-eu northwind", "tocsin.circle/1"],
    ["circle rekey retail-eu --compromised", "tocsin.rekey/1"],
    ["invite create --for northwind", "tocsin.invite/1"],
    ["invite list", "tocsin.invites/1"],
    ["invite revoke t-1", "tocsin.invites/1"],
    ["peer list", "tocsin.peers/1"],
    ["peer show northwind", "tocsin.peer/1"],
    ["post hello", "tocsin.result/1"],
    ["alert hello", "tocsin.result/1"],
    ["saw s-000000", "tocsin.result/1"],
    ["reply s-000000 hello", "tocsin.result/1"],
    ["ack a-000000", "tocsin.result/1"],
    ["feed", "tocsin.feed/1"],
    ["search hello", "tocsin.feed/1"],
    ["check 203.0.113.24", "tocsin.check/1"],
    ["daemon status", "tocsin.daemon/1"],
    ["daemon wait", "tocsin.daemon/1"],
    ["version", "tocsin.version/1"],
  ])("gets one document from `%s --json`, the schema first", async (words, schema) => {
    const ran = await run([...words.split(" "), "--json"]);
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    expect(ran.stdout.startsWith(`{"schema":"${schema}"`)).toBe(true);
    expect(ran.stdout.trimEnd()).not.toContain("\n");
    expect(ran.json()["schema"]).toBe(schema);
  });

  test.each(["circle list", "peer list", "feed", "check 203.0.113.24 192.0.2.1"])(
    "gets one object a line from `%s --ndjson`",
    async (words) => {
      daemon.items.push(fakeItem(1), fakeItem(2));
      const { code, stdout } = await run([...words.split(" "), "--ndjson"]);
      expect(code).toBe(0);
      for (const line of stdout.trimEnd().split("\n")) expect(line).toMatch(/^\{"schema":"tocsin\.[a-z]+\/1"/);
    },
  );

  test("says everything that a post can carry", async () => {
    const flags =
      "--tlp amber+strict --pap green --title T --ioc ip:203.0.113.24 --ioc evil.example --technique T1110.003";
    const more = "--confidence high --seen 2025-11-22T14:00:00Z --count 3 --expires 2999-01-01T00:00:00Z --key EDR-1";
    await run([
      "post",
      "VPN spray",
      "-c",
      "retail-eu",
      ...flags.split(" "),
      ...more.split(" "),
      "--exercise",
      "--dry-run",
    ]);
    expect(lastAsked()).toEqual({
      circle: "retail-eu",
      key: "EDR-1",
      dryRun: true,
      draft: {
        kind: "sighting",
        tlp: "amber+strict",
        pap: "green",
        title: "T",
        text: "VPN spray",
        indicators: ["ip:203.0.113.24", "evil.example"],
        techniques: ["T1110.003"],
        confidence: 85,
        seen: { first: "2025-11-22T14:00:00.000Z", last: "2025-11-22T14:00:00.000Z", count: 3 },
        expires: "2999-01-01T00:00:00.000Z",
        exercise: true,
      },
    });
  });

  test("says what an alert wants", async () => {
    await run(["alert", "phish", "--ack-by", "30m", "--need", "2", "--severity", "severe", "--urgency", "immediate"]);
    expect(lastAsked()).toMatchObject({ draft: { kind: "alert", need: 2, severity: "severe", urgency: "immediate" } });
    await run(["alert", "phish", "--need", "all"]);
    expect(lastAsked()).toEqual({ draft: { kind: "alert", text: "phish" } });
  });

  test("posts a text from standard input or a file", async () => {
    await run(["post", "-"], "from a pipe\n");
    expect(lastAsked()).toEqual({ draft: { kind: "sighting", text: "from a pipe" }, key: ownKey });
    await writeFile(folder.at("note.txt"), "from a file\n");
    await run(["alert", "--body-file", folder.at("note.txt")]);
    expect(lastAsked()).toEqual({ draft: { kind: "alert", text: "from a file" } });
    await run(["post", "--ioc", "203.0.113.24"]);
    expect(lastAsked()).toEqual({ draft: { kind: "sighting", indicators: ["203.0.113.24"] }, key: ownKey });
  });

  test("whose --wait times out is told the id and 75: the item is posted", async () => {
    const ran = await run(["post", "x", "--wait", "delivered:1", "--timeout", "1s", "--json"]);
    expect(ran).toMatchObject({ code: 75, stdout: "" });
    expect(ran.error()).toMatchObject({
      schema: "tocsin.error/1",
      code: "timeout",
      exit: 75,
      id: expect.stringMatching(/^s-/) as string,
    });
    expect(lastAsked()).toMatchObject({ wait: { for: "delivered", count: 1, timeoutMs: 1_000 } });
    expect((await run(["post", "x", "--wait", "acked"])).stderr).toContain("try: tocsin show s-");
  });

  test("asks whether its circles saw something: 0 some, 1 none", async () => {
    expect((await run(["check", "ip:203.0.113.24", "192.0.2.1"])).code).toBe(0);
    const none = await run(["check", "-", "--json"], "192.0.2.1\n\n192.0.2.2\n");
    expect(none.code).toBe(1);
    expect(none.json()["misses"]).toHaveLength(2);
  });

  test("searches with words that begin with a hyphen", async () => {
    daemon.items.push(fakeItem(1));
    expect(
      (await run(["search", "ip:203.0.113.0/24 kind:sighting", "-org:hooli", "--json"])).json()["items"],
    ).toHaveLength(1);
    expect(lastAsked()).toMatchObject({ words: ["ip:203.0.113.0/24", "kind:sighting", "-org:hooli"] });
  });

  test("follows new items, keeps what is TLP:RED inside, and starts where it says", async () => {
    daemon.items.push(fakeItem(1), fakeItem(2, { tlp: "red" }), fakeItem(3));
    const child = spawnCli(["tail", "--since", "c000000"], { home: daemon.home });
    let heard = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (heard += chunk));
    const cursors = (): unknown[] =>
      heard
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => (JSON.parse(line) as { cursor: string }).cursor);
    await expect.poll(cursors, { timeout: 10_000 }).toEqual(["c000001", "c000003"]);
    daemon.items.push(fakeItem(4));
    daemon.ring();
    await expect.poll(cursors).toEqual(["c000001", "c000003", "c000004"]);
    child.kill("SIGINT");
    await once(child, "close");
  });

  test("whose reader closes the pipe ends quietly", async () => {
    daemon.items.push(fakeItem(1));
    const child = spawnCli(["tail", "--since", "c000000"], { home: daemon.home });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
    await once(child.stdout, "data");
    child.stdout.destroy();
    daemon.items.push(fakeItem(2));
    daemon.ring();
    expect(await once(child, "close")).toEqual([0, null]);
    expect(stderr).toBe("");
  });

  test("joins with a ticket from standard input, which no process list shows", async () => {
    const ran = await run(["join", "-", "--no-input", "--json"], "TOCSIN1:ABC\n");
    expect(ran).toMatchObject({ code: 0 });
    expect(ran.json()).toMatchObject({ schema: "tocsin.join/1", state: "joined", inviter: "acme-bank" });
    expect(lastAsked()).toEqual({ ticket: "TOCSIN1:ABC", timeoutMs: 30_000 });
    const failed = await run(["join", "-", "--no-input", "--json", "--timeout", "5s"], "nonsense\n");
    expect(failed.code).toBe(65);
    expect(failed.error()).toMatchObject({ code: "bad_input", step: "read" });
  });
});

describe("a person", () => {
  test("reads items defanged, and nothing that a peer wrote acts on the terminal", async () => {
    daemon.items.push(
      fakeItem(1, {
        title: "pay\u200Bpal\u001B[31m",
        text: "one\ntwo\u202E",
        org: "nor\u0007th",
        circle: { id: "x", name: "re\u009Btail" },
      }),
    );
    const list = await run(["feed"]);
    const one = await run(["show", "s-000000"]);
    expect(one.stdout).toContain("ip 203[.]0[.]113[.]24");
    expect(one.stdout).toContain("two‹U+202E›");
    expect(list.stdout).toContain("pay‹U+200B›pal‹U+001B›[31m");
    for (const { stdout } of [list, one]) expect(stdout.split("\n").map(safeText).join("\n")).toBe(stdout);
  });

  test("sees colours only where they were asked for", async () => {
    daemon.items.push(fakeItem(1));
    const escape = "\u001B[38;5;214m";
    expect((await run(["feed"])).stdout).not.toContain("\u001B");
    expect((await run(["feed", "--color", "always"])).stdout).toContain(`${escape}TLP:AMBER`);
    const env = { FORCE_COLOR: "1", NO_COLOR: "1" };
    expect((await tocsin(["feed"], { home: daemon.home, env })).stdout).not.toContain("\u001B");
  });

  test("gets one line of success with the marking", async () => {
    expect((await run(["post", "hello"])).stdout).toMatch(
      /^✓ s-\d{6} posted to retail-eu · TLP:AMBER · queued for 1\n$/,
    );
    expect((await run(["post", "hello", "--dry-run"])).stdout).toMatch(/^would post to retail-eu · TLP:AMBER/);
  });

  test("gets the ticket alone on standard output", async () => {
    const { stdout, stderr } = await run(["invite", "create", "--for", "northwind"]);
    expect(stdout).toBe("TOCSIN1:ABC\n");
    expect(stderr).toContain("northwind");
    expect((await run(["invite", "create", "--for", "northwind", "--quiet"])).stderr).toBe("");
  });

  test("who calls the program without a word and without a terminal gets the help and 64", async () => {
    const { code, stdout, stderr } = await run([]);
    expect({ code, stdout }).toEqual({ code: 64, stdout: "" });
    expect(stderr).toContain("Usage: tocsin");
    expect((await run(["--help"])).stdout).toBe(stderr);
    expect((await run(["help", "circle", "create"])).stdout).toContain("Usage: tocsin circle create NAME");
    expect(await run(["help", "post"])).toEqual({
      ...(await run(["post", "-h"])),
      json: expect.anything(),
      error: expect.anything(),
    });
  });
});

describe("what is refused", () => {
  test.each([
    [64, "post", "no text and nobody to ask"],
    [64, "post --tpl red hello", "an unknown flag"],
    [64, "post --tlp purple hello", "an unknown marking"],
    [64, "post --tlp", "a flag without its value"],
    [64, "post one two", "a word too many"],
    [64, "post --wait soon hello", "an unknown state to wait for"],
    [64, "post --timeout 5 hello", "a duration without a unit"],
    [64, "post --seen yesterday hello", "a time in words"],
    [64, "post --confidence 101 hello", "a confidence above 100"],
    [64, "post --body-file a hello", "two texts"],
    [64, "alert --need 0 x", "an alert that needs nobody"],
    [64, "feed --limit 0", "an empty page"],
    [64, "feed --kind rumour", "an unknown kind"],
    [64, "ack", "an acknowledgement of nothing"],
    [64, "circle", "a group without its command"],
    [64, "circle crate x", "a mistyped command of a group"],
    [64, "pots x", "a mistyped command"],
    [64, "invite create", "an invitation for nobody"],
    [64, "join TOCSIN1:ABC", "a join that nobody agrees to"],
    [64, "help nothing", "help on an unknown topic"],
    [64, "import x.csv", "an import of an unknown format"],
    [64, "ui", "the screen without a terminal"],
    [65, "post --ioc ip:999.1.1.1 x", "an address that is none"],
    [65, "show s-999999", "an item that is not there"],
    [65, "circle show nowhere", "a circle that is not there"],
    [66, "post --body-file /nonexistent", "a file that is not there"],
    [66, "post --body-file /", "a folder in place of a file"],
    [66, "import /nonexistent.json", "a bundle that is not there"],
    [77, "post --tlp red x", "a marking above the circle's"],
  ])("exits %i for `%s`: %s", async (code, words) => {
    const ran = await run([...words.split(" "), "--json"]);
    expect(ran).toMatchObject({ code, stdout: "" });
    if (words !== "circle") expect(ran.error()).toMatchObject({ schema: "tocsin.error/1", exit: code });
    expect(daemon.items).toEqual([]);
  });

  test("a mistyped flag is named with the one that was meant", async () => {
    const { stderr } = await run(["post", "--tpl", "red", "hello"]);
    expect(stderr).toBe("tocsin: error: unknown option --tpl\ntry: did you mean --tlp?\n");
  });

  test("without a daemon a command exits 69, without an organisation 78", async () => {
    const home = folder.at("empty");
    expect((await tocsin(["status", "--json"], { home })).error()).toMatchObject({ code: "daemon_down", exit: 69 });
    expect((await tocsin(["daemon", "status"], { home })).code).toBe(69);
    expect((await tocsin(["daemon", "stop"], { home })).code).toBe(0);
    expect((await tocsin(["daemon", "wait", "--timeout", "1s"], { home })).code).toBe(75);
    const started = await tocsin(["status", "--json"], { home, env: { TOCSIN_NO_AUTOSTART: "" } });
    expect(started.error()).toMatchObject({ code: "config_invalid", exit: 78, hint: "run tocsin init" });
  });
});
