// The review through the real commands and a real daemon: scripts are refused, people are shown and asked, decisions are carried out.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Home } from "../help/home.ts";
import { PROGRAM } from "../help/run-cli.ts";
import { openTerminalOn } from "../help/screen.ts";
import { tempDir, type TempDir } from "../help/temp-dir.ts";

const VICTIM = "jo.smith@northwind.com";

describe("the review of a post", () => {
  let folder: TempDir;
  let home: Home;

  const setScrub = async (scrub: object): Promise<void> => {
    const path = join(home.folder, "node.json");
    const { scrub: _before, ...settings } = JSON.parse(await readFile(path, "utf8")) as Record<string, unknown>;
    await writeFile(path, JSON.stringify({ ...settings, scrub }), { mode: 0o600 });
  };
  const texts = async (): Promise<unknown[]> => {
    const { items } = (await home.ok(["feed"])) as { items: { text?: string }[] };
    return items.map(({ text }) => text);
  };

  beforeAll(async () => {
    folder = await tempDir();
    home = await Home.make(folder.path, "acme");
    await setScrub({ domains: ["acme.example"], names: ["fs01"] });
    await home.start();
    await home.ok(["circle", "create", "retail-eu"]);
  });

  afterAll(async () => {
    await home[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  test("a script's post with findings is refused, says where and never what, and sends nothing", async () => {
    const ran = await home.run(["post", `phish sent to ${VICTIM}`, "--ioc", "ip:10.0.4.7", "--json"]);
    expect([ran.code, ran.stdout]).toEqual([77, ""]);
    expect(ran.error()).toMatchObject({
      code: "scrub",
      reason: "SCRUB_FINDINGS",
      findings: 2,
      classes: "personal-data,own-organisation",
      places: "text (email), indicators.0 (internal-address)",
    });
    const plain = await home.run(["post", `phish sent to ${VICTIM}`, "--ioc", "ip:10.0.4.7"]);
    expect([plain.code, plain.stdout]).toEqual([77, ""]);
    for (const { stderr } of [ran, plain]) {
      expect(stderr).toContain("text (email)");
      expect(stderr).not.toContain("smith");
      expect(stderr).not.toContain("10.0.4.7");
    }
    expect(await texts()).toEqual([]);
  });

  test("a rehearsal shows what would stand there instead, and sends nothing", async () => {
    const ran = await home.run(["post", `ask ${VICTIM}\nabout fs01`, "--ioc", "domain:vpn.acme.example", "--dry-run"]);
    expect(ran.code).toBe(77);
    for (const line of [
      `! text: email "${VICTIM}"`,
      '! text: own-name "fs01"',
      '! indicator 1: own-domain "vpn.acme.example"',
      `- ask ${VICTIM}`,
      "- about fs01",
      "+ ask [e-mail address removed]",
      "+ about [own name removed]",
      "- vpn.acme.example",
      "+ (left out)",
    ])
      expect(ran.stderr).toContain(line);
    expect(await texts()).toEqual([]);
  });

  test("--scrub apply sends it without what was found, and the result carries the review", async () => {
    const words = ["post", `phish to ${VICTIM}`, "--ioc", "ip:10.0.4.7", "--ioc", "domain:bad.zz", "--scrub", "apply"];
    const result = await home.ok(words);
    expect(result["scrub"]).toMatchObject({ result: "applied", reviewer: "acme-seat", reason: null });
    expect(JSON.stringify(result)).not.toContain("smith");
    const item = await home.ok(["show", String(result["id"])]);
    expect(item).toMatchObject({
      text: "phish to [e-mail address removed]",
      indicators: [{ type: "domain", value: "bad.zz" }],
    });
  });

  test("--scrub keep sends it as it is, for a reason", async () => {
    const result = await home.ok([
      "post",
      `${VICTIM} is the attacker`,
      "--scrub",
      "keep",
      "--reason",
      "a burner account",
    ]);
    expect(result["scrub"]).toMatchObject({ result: "kept", reason: "a burner account" });
    expect(await texts()).toContain(`${VICTIM} is the attacker`);
  });

  test.each([
    ["keep without a reason", ["--scrub", "keep"]],
    ["a reason for nothing", ["--reason", "x"]],
    ["another word", ["--scrub", "drop"]],
  ])("%s is a mistake of its own", async (_, flags) => {
    const ran = await home.run(["post", "x", ...flags, "--json"]);
    expect([ran.code, ran.error()["code"]]).toEqual([64, "usage"]);
  });

  test("a warning is shown, and the post is sent", async () => {
    const ran = await home.run(["post", "resolves by 8.8.8.8", "--ioc", "domain:www.google.com"]);
    expect(ran.code).toBe(0);
    expect(ran.stderr).toContain("? text: list: public resolvers");
    expect(ran.stderr).toContain("? indicator 1: list: sites that everybody visits");
  });

  test("an import leaves out the records with findings, or posts what is left of them", async () => {
    const records = [
      { indicators: ["ip:203.0.113.200"], text: "one" },
      { indicators: ["ip:203.0.113.201"], text: `to ${VICTIM}` },
      { indicators: ["ip:203.0.113.202"], text: "three" },
    ];
    const lines = records.map((record) => JSON.stringify(record)).join("\n");
    const ran = await home.run(["import", "-", "--format", "ndjson", "--ndjson"], lines);
    const rows = ran.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { state: string; error: { code: string } | null });
    expect([ran.code, rows.map(({ state, error }) => [state, error?.code])]).toEqual([
      65,
      [
        ["queued", undefined],
        ["rejected", "scrub"],
        ["queued", undefined],
      ],
    ]);
    expect((await home.run(["import", "-", "--format", "ndjson", "--scrub", "apply"], lines)).code).toBe(0);
    expect(await texts()).toContain("to [e-mail address removed]");
  });

  test("a person is shown it and asked", async () => {
    const env = { TOCSIN_HOME: home.folder, HOME: home.folder };
    await using screen = openTerminalOn(process.execPath, [PROGRAM, "post", `seen by ${VICTIM}`], {
      ...{ columns: 120, rows: 30 },
      env,
    });
    await expect.poll(() => screen.text(), { timeout: 20_000 }).toContain("[a/k/N]");
    expect(screen.text()).toContain("+ seen by [e-mail address removed]");
    screen.type("a\r");
    await expect.poll(() => screen.exit()?.code, { timeout: 20_000 }).toBe(0);
    expect(await texts()).toContain("seen by [e-mail address removed]");
  });

  test("a person who says neither sends nothing", async () => {
    const env = { TOCSIN_HOME: home.folder, HOME: home.folder };
    await using screen = openTerminalOn(process.execPath, [PROGRAM, "post", `never of ${VICTIM}`], {
      ...{ columns: 120, rows: 30 },
      env,
    });
    await expect.poll(() => screen.text(), { timeout: 20_000 }).toContain("[a/k/N]");
    screen.type("\r");
    await expect.poll(() => screen.exit()?.code, { timeout: 20_000 }).toBe(77);
    expect(await texts()).not.toContain(`never of ${VICTIM}`);
  });

  test("what was spooled is reviewed when it is posted, by the decision that was given with it", async () => {
    await home.stop();
    for (const more of [[], ["--scrub", "apply"]]) {
      const spooled = await home.ok(["post", `later to ${VICTIM}`, ...more]);
      expect(spooled["state"]).toBe("spooled");
    }
    await home.start();
    await expect.poll(texts, { timeout: 20_000 }).toContain("later to [e-mail address removed]");
    expect(await texts()).not.toContain(`later to ${VICTIM}`);
    expect((await home.ok(["status"]))["spool"]).toMatchObject({ failed: 1, reasons: ["SCRUB_FINDINGS"] });
  });

  test("settings that cannot be meant stop the start", async () => {
    await home.stop();
    await setScrub({ domains: ["no domain"] });
    const ran = await home.run(["daemon", "start", "--passphrase-file", home.passphraseFile, "--json"]);
    expect([ran.code, ran.error()["reason"]]).toEqual([78, "CONFIG_INVALID"]);
    await setScrub({ warninglists: "nowhere" });
    expect((await home.run(["daemon", "start", "--passphrase-file", home.passphraseFile])).code).toBe(78);
  });

  test("lists of a folder are shown like those that are built in", async () => {
    await mkdir(join(home.folder, "lists", "mine"), { recursive: true });
    const list = { name: "ours", version: 1, type: "hostname", matching_attributes: ["domain"], list: ["cdn.zz"] };
    await writeFile(join(home.folder, "lists", "mine", "list.json"), JSON.stringify(list));
    await setScrub({ warninglists: "lists" });
    await home.start();
    const ran = await home.run(["post", "beacon", "--ioc", "domain:eu.cdn.zz"]);
    expect([ran.code, ran.stderr]).toEqual([0, "tocsin: ? indicator 1: list: ours\n"]);
  });
});
