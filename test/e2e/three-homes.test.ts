// Three organisations, three homes, three daemons, real sockets, only commands: the story that the project promises.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EVENTS } from "../../src/base/events.ts";
import { gather, Home } from "../help/home.ts";
import { madeStixBundle } from "../help/made-bundle.ts";
import { sharedData } from "../help/shared-data.ts";
import { spawnCli } from "../help/run-cli.ts";
import { tempDir, type TempDir } from "../help/temp-dir.ts";
import { filesHolding } from "../help/grep.ts";

const INDICATORS = 1_549;
const CANARY = "canary-4f1c9a7be2d85306";

describe("three organisations on one machine", () => {
  let folder: TempDir;
  let acme: Home;
  let borealis: Home;
  let cygnus: Home;

  beforeAll(async () => {
    folder = await tempDir();
    acme = await Home.make(folder.path, "acme", { tapped: true });
    borealis = await Home.make(folder.path, "borealis", { tapped: true });
    cygnus = await Home.make(folder.path, "cygnus", { tapped: true });
    await Promise.all([acme, borealis, cygnus].map(async (home) => home.start()));
    await gather("retail-eu", acme, borealis, cygnus);
  });

  afterAll(async () => {
    await Promise.all([acme, borealis, cygnus].map(async (home) => home[Symbol.asyncDispose]()));
    await folder[Symbol.asyncDispose]();
  });

  test("an imported bundle reaches everyone, even a node that is killed meanwhile", async () => {
    const bundle = sharedData("stix21/amnesty-pegasus.stix2.json") ?? (await madeBundle(folder.path));
    const importing = spawnCli(["import", bundle, "--format", "stix", "--tlp", "amber", "--ndjson"], {
      home: acme.folder,
    });
    let printed = "";
    importing.stdout.setEncoding("utf8").on("data", (chunk: string) => (printed += chunk));
    await expect.poll(async () => cygnus.items(), { timeout: 20_000, interval: 20 }).toBeGreaterThan(0);
    await cygnus.kill();
    const code = await new Promise((resolve) => importing.on("close", resolve));
    expect(code).toBe(0);
    const results = printed
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { state: string });
    expect(results.filter((result) => result.state === "queued")).toHaveLength(INDICATORS);

    await cygnus.start();
    await expect.poll(async () => borealis.items(), { timeout: 60_000, interval: 100 }).toBe(INDICATORS);
    await expect.poll(async () => cygnus.items(), { timeout: 60_000, interval: 100 }).toBe(INDICATORS);
    const ids = await borealis.ids();
    expect(new Set(ids).size).toBe(INDICATORS);
    expect(await cygnus.ids()).toEqual(ids);
    expect(await acme.ids()).toEqual(ids);
    for (const home of [borealis, cygnus])
      expect((await home.status()).circles).toMatchObject([{ behind: 0, catchUp: null, members: 3 }]);
    const watched = await cygnus.run(["status", "--watch", "--timeout", "30s"]);
    expect(watched).toMatchObject({ code: 0, stderr: "" });

    const feed = (await borealis.ok(["feed", "--limit", "1000"])) as {
      items: { org: string; verified: boolean; indicators: { type: string; value: string }[] }[];
    };
    const domain = feed.items.flatMap((item) => item.indicators).find((indicator) => indicator.type === "domain");
    expect(feed.items.every((item) => item.org === "acme" && item.verified)).toBe(true);
    expect((await borealis.run(["check", domain?.value ?? ""])).code).toBe(0);
    expect((await borealis.run(["check", "example.invalid"])).code).toBe(1);
  });

  test("the same file again makes nothing twice", async () => {
    const bundle = sharedData("stix21/amnesty-pegasus.stix2.json") ?? join(folder.path, "made.json");
    const again = await acme.run(["import", bundle, "--format", "stix", "--ndjson"]);
    expect(again.code).toBe(0);
    expect(
      new Set(
        again.stdout
          .trim()
          .split("\n")
          .map((line) => (JSON.parse(line) as { state: string }).state),
      ),
    ).toEqual(new Set(["duplicate"]));
    expect(await acme.items()).toBe(INDICATORS);
  });

  test("a member that was away fetches what it lacks, once", async () => {
    const before = (await cygnus.ids()).length;
    await cygnus.stop();
    const lines = (org: string): string =>
      Array.from({ length: 500 }, (_, index) =>
        JSON.stringify({ text: `${org} ${index}`, indicators: [`domain:${org}-${index}.example`] }),
      ).join("\n");
    await acme.run(["import", "-", "--format", "ndjson", "--ndjson"], lines("acme"));
    await borealis.run(["import", "-", "--format", "ndjson", "--ndjson"], lines("borealis"));
    await expect.poll(async () => acme.items(), { timeout: 30_000, interval: 50 }).toBe(before + 1_000);
    await cygnus.start();
    await expect.poll(async () => cygnus.items(), { timeout: 30_000, interval: 50 }).toBe(before + 1_000);
    const { net } = await cygnus.status();
    // Its own control records excepted, nothing that it held came again by catch-up.
    expect(net["syncReceived"]).toBeGreaterThanOrEqual(1_000);
    expect(net["syncReceived"]).toBeLessThanOrEqual(1_000 + 16);
    expect(await cygnus.ids()).toEqual(await borealis.ids());
  });

  test("what is marked TLP:RED is in clear in no file and on no wire", async () => {
    const posted = await acme.ok([
      "post",
      `extortion mail ${CANARY}`,
      "--title",
      `${CANARY} title`,
      "--ioc",
      `domain:${CANARY}.example`,
      "--tlp",
      "red",
      ..."--to borealis --to cygnus --accept unverified".split(" "),
      "--key",
      CANARY,
      "--wait",
      "delivered",
      "--timeout",
      "20s",
    ]);
    expect(posted).toMatchObject({ state: "delivered", tlp: "red" });
    for (const home of [borealis, cygnus]) {
      const shown = await home.ok(["show", String(posted["id"])]);
      expect(shown).toMatchObject({ text: `extortion mail ${CANARY}`, tlp: "red" });
    }
    for (const home of [acme, borealis, cygnus]) {
      expect(await filesHolding(home.folder, CANARY)).toEqual([]);
      expect(Buffer.from(home.tap?.captured() ?? []).includes(CANARY)).toBe(false);
    }
    // Who dials whom is chance: a home that dialled both others was called by nobody. Somebody called somebody in each pair.
    const called = [acme, borealis, cygnus].filter((home) => (home.tap?.captured().length ?? 0) > 0);
    expect(called.length).toBeGreaterThan(1);
  });

  test("an alert is acknowledged, and its sender waits for that", async () => {
    const alerting = acme.run([
      "alert",
      "OAuth consent phish",
      "--tlp",
      "amber",
      "--wait",
      "acked:1",
      "--timeout",
      "20s",
      "--json",
    ]);
    let alert: string | undefined;
    await expect
      .poll(
        async () =>
          (alert = ((await borealis.ok(["feed", "--kind", "alert", "--limit", "1"])) as { items: { id: string }[] })
            .items[0]?.id),
        { timeout: 10_000, interval: 50 },
      )
      .toBeDefined();
    await borealis.ok(["ack", alert ?? "", "--note", "blocked"]);
    const ran = await alerting;
    expect(ran.code).toBe(0);
    expect(ran.json()).toMatchObject({ kind: "alert", acked: ["borealis"] });
    const shown = await acme.ok(["show", alert ?? ""]);
    expect(shown).toMatchObject({ alert: { acks: [{ org: "borealis", seat: "borealis-seat", note: "blocked" }] } });
  });

  test("a wait that nobody answers ends with exit 75 and the id: the item is posted all the same", async () => {
    const ran = await acme.run(["alert", "nobody answers this", "--wait", "acked:2", "--timeout", "1s", "--json"]);
    expect(ran.code).toBe(75);
    expect(ran.stdout).toBe("");
    expect(ran.error()).toMatchObject({ schema: "tocsin.error/1", code: "timeout", exit: 75 });
    expect(await acme.ok(["show", String(ran.error()["id"])])).toMatchObject({ text: "nobody answers this" });
  });

  test("the log names nobody and quotes nothing, and daemon logs shows it", async () => {
    const { orgKey, memberKey } = await borealis.ok(["org", "show", "--passphrase-file", borealis.passphraseFile]);
    const ran = await acme.run(["daemon", "logs", "--level", "debug", "--ndjson"]);
    const lines = ran.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { schema: string; event: string; fields: object });
    expect(new Set(lines.map(({ schema }) => schema))).toEqual(new Set(["tocsin.logline/1"]));
    expect(lines.filter(({ event }) => !Object.hasOwn(EVENTS, event))).toEqual([]);
    expect(lines.map(({ event }) => event)).toEqual(expect.arrayContaining(["daemon-ready", "link-up", "link-down"]));
    expect(lines.filter(({ fields }) => Object.values(fields).includes("?"))).toEqual([]);
    const said = await readFile(join(acme.folder, "daemon.log"), "utf8");
    const canaries = ["acme", "borealis", "cygnus", "retail-eu", "127.0.0.1", CANARY, folder.path, orgKey, memberKey];
    for (const canary of canaries) expect(said).not.toContain(canary);
    const grave = await acme.run(["daemon", "logs", "--level", "error", "--since", "2020-01-01"]);
    expect([grave.code, grave.stdout]).toEqual([0, ""]);
  });

  test("a removed member reads nothing more and is refused", async () => {
    await acme.ok(["circle", "remove", "retail-eu", "cygnus"]);
    const secret = `after the removal ${CANARY}-2`;
    const posted = await acme.ok(["post", secret, "--tlp", "amber", "--wait", "delivered", "--timeout", "20s"]);
    expect(posted["audience"]).toEqual(expect.arrayContaining(["acme", "borealis"]));
    expect(posted["audience"]).not.toContain("cygnus");
    expect(await borealis.ok(["show", String(posted["id"])])).toMatchObject({ text: secret });
    await expect.poll(async () => (await cygnus.status()).peers.up, { timeout: 15_000, interval: 100 }).toBe(0);
    expect(await cygnus.ok(["circle", "show", "retail-eu"])).toMatchObject({ state: "removed" });
    expect((await cygnus.run(["post", "still here?", "-c", "retail-eu"])).code).toBe(77);
    expect((await cygnus.run(["show", String(posted["id"]), "--json"])).code).toBe(65);
    expect(await filesHolding(cygnus.folder, `${CANARY}-2`)).toEqual([]);
  });
});

async function madeBundle(folder: string): Promise<string> {
  const path = join(folder, "made.json");
  await writeFile(path, madeStixBundle(INDICATORS, 7));
  return path;
}
