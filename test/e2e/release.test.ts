// Rules that hold what people say until others of their org have approved it, through the real commands and a real daemon.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { titlesIn } from "../help/held-run.ts";
import { gather, Home } from "../help/home.ts";
import type { Ran } from "../help/run-cli.ts";
import { tempDir, type TempDir } from "../help/temp-dir.ts";

let folder: TempDir;
let acme: Home;
beforeAll(async () => {
  folder = await tempDir();
  acme = await Home.make(folder.path, "acme");
  await acme.start();
  await gather("retail", acme);
  await gather("board", acme);
  for (const [name, ...rights] of [
    ["sam", "read", "post", "approve"],
    ["legal", "read", "approve"],
    ["deputy", "read", "post", "steward"],
  ] as const) {
    await acme.ok(["seat", "add", name, ...rights.flatMap((right) => ["--right", right])]);
    await acme.ok(["token", "add", name, "--out", tokenOf(name)]);
  }
  await restart({ release: [{ circles: ["retail"], tlp: ["amber", "red"], approvals: 2, within: "2h" }] });
}, 60_000);
afterAll(async () => {
  await acme[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const tokenOf = (seat: string): string => join(folder.path, `${seat}.token`);
const as = async (seat: string, ...words: readonly string[]): Promise<Ran> =>
  acme.run([...words, "--json", "--token-file", tokenOf(seat)]);
type Row = { readonly id: string; readonly why: string; readonly needs: readonly object[] };
const held = async (): Promise<readonly Row[]> =>
  ((await acme.ok(["outbox", "list"])) as unknown as { release: readonly Row[] }).release;

async function restart(rules: object): Promise<void> {
  await acme.stop();
  const settings = join(acme.folder, "node.json");
  const before = JSON.parse(await readFile(settings, "utf8")) as object;
  await writeFile(settings, JSON.stringify({ ...before, ...rules }));
  await acme.start();
}

describe("a rule that asks for two seats", () => {
  test("holds what the owner says too, lets nobody approve what it said itself, and sends it once two others have", async () => {
    const would = await acme.ok(["post", "--title", "strict", "--tlp", "amber", "-c", "retail", "--dry-run"]);
    expect(would).toMatchObject({ state: "held", id: "", held: { reason: "release", heard: 0, needed: 2 } });
    const posted = await acme.ok(["post", "--title", "strict", "--tlp", "amber", "-c", "retail"]);
    expect(posted).toMatchObject({ state: "held", held: { heard: 0, needed: 2 } });
    const id = String(posted["id"]);
    expect(await held()).toMatchObject([
      { id, why: "rules", seat: "acme-seat", needs: [{ approvals: 2, have: [], may: ["legal", "sam"] }] },
    ]);
    expect((await acme.run(["outbox", "release", id, "--json"])).error()["reason"]).toBe("RIGHT_MISSING");
    expect((await as("deputy", "outbox", "release", id)).error()["reason"]).toBe("RIGHT_MISSING");
    const half = await as("legal", "outbox", "release", id);
    expect(half.json()).toMatchObject({ state: "held", needs: [{ have: ["legal"], may: ["sam"] }] });
    expect(await titlesIn(acme)).toEqual([]);
    await restart({});
    expect((await as("sam", "outbox", "release", id)).json()).toMatchObject({ state: "released", by: "sam" });
    expect(await titlesIn(acme)).toEqual(["strict"]);
    const { rows } = (await acme.ok(["audit", "list"])) as { rows: readonly object[] };
    expect(rows).toMatchObject([
      { seat: "acme-seat", breakGlass: null, approvals: [{ seat: "legal" }, { seat: "sam" }] },
    ]);
    expect(await acme.ok(["audit", "verify"])).toMatchObject({ sound: true });
  }, 30_000);

  test("leaves alone other markings, other circles and what says nothing", async () => {
    for (const words of [
      ["post", "--title", "wide", "--tlp", "green", "-c", "retail"],
      ["post", "--title", "there", "--tlp", "amber", "-c", "board"],
    ])
      expect(await acme.ok(words)).toMatchObject({ state: "delivered" });
    const { items } = (await acme.ok(["feed", "-c", "retail"])) as { items: readonly { id: string; title: string }[] };
    const strict = items.find(({ title }) => title === "strict")?.id ?? "";
    expect(await acme.ok(["retract", strict])).toMatchObject({ state: "delivered" });
  });

  test("of an import holds those records alone that it is about, and a wait for delivery ends with 75", async () => {
    const records = [
      { title: "i1", tlp: "green" },
      { title: "i2", tlp: "amber" },
    ];
    const lines = records.map((one) => JSON.stringify(one)).join("\n");
    const ran = await acme.run(["import", "-", "--format", "ndjson", "-c", "retail", "--ndjson"], lines);
    const states = ran.stdout
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { state: string }).state);
    expect(states).toEqual(["queued", "held"]);
    const waited = ["post", "--title", "w", "--tlp", "amber", "-c", "retail", "--wait", "delivered", "--json"];
    const late = await acme.run(waited);
    expect({ code: late.code, reason: late.error()["reason"] }).toEqual({ code: 75, reason: "TIMEOUT" });
    for (const { id } of await held()) await as("sam", "outbox", "reject", id, "--reason", "test");
    expect(await held()).toEqual([]);
  });

  test("is passed by breaking the glass, by those who may, with a reason that the trail and every command tell", async () => {
    const id = String((await acme.ok(["post", "--title", "now", "--tlp", "amber", "-c", "retail"]))["id"]);
    expect((await acme.run(["outbox", "release", id, "--break-glass"])).code).toBe(64);
    const broke = ["outbox", "release", id, "--break-glass", "--reason", "it spreads"];
    expect((await as("sam", ...broke)).error()["reason"]).toBe("RIGHT_MISSING");
    expect((await as("deputy", ...broke)).json()).toMatchObject({ state: "released", by: "deputy" });
    expect(await titlesIn(acme)).toContain("now");
    const { rows } = (await acme.ok(["audit", "list"])) as { rows: readonly { breakGlass: object | null }[] };
    expect(rows.at(-1)).toMatchObject({ approvals: [], breakGlass: { seat: "deputy", reason: "it spreads" } });
    expect(await acme.ok(["outbox", "list"])).toMatchObject({
      unapproved: [{ held: id, by: "deputy", circle: "retail" }],
    });
    expect((await acme.run(["feed"])).stderr).toContain("deputy sent");
    const log = await readFile(join(acme.folder, "daemon.log"), "utf8");
    expect(log).toContain("glass-broken");
    expect(log).not.toContain("it spreads");
  });
});

test("a rule about a circle or a seat that there is not is told by the doctor", async () => {
  const checks = async (): Promise<readonly object[]> =>
    ((await acme.run(["doctor", "--json"])).json() as { checks: { name: string }[] }).checks.filter(
      ({ name }) => name === "rules",
    );
  expect(await checks()).toMatchObject([{ state: "ok" }]);
  const settings = join(acme.folder, "node.json");
  const before = await readFile(settings, "utf8");
  await restart({ release: [{ circles: ["retail", "retial"], approvals: 1, by: ["sam", "lgeal"] }] });
  expect(await checks()).toMatchObject([
    { state: "warning", found: expect.stringContaining("retial, lgeal") as string },
  ]);
  await writeFile(settings, before);
  await acme.stop();
  await acme.start();
}, 20_000);

describe("settings that cannot be meant", () => {
  test.each([
    ["more approvals than seats", [{ approvals: 2, by: ["sam"] }]],
    ["no approval", [{ approvals: 0 }]],
    ["a marking that there is not", [{ tlp: ["purple"], approvals: 1 }]],
  ])(
    "stop the start: %s",
    async (_what, release) => {
      const settings = join(acme.folder, "node.json");
      const before = await readFile(settings, "utf8");
      await acme.stop();
      await writeFile(settings, JSON.stringify({ ...(JSON.parse(before) as object), release }));
      const ran = await acme.run(["daemon", "start", "--json", "--passphrase-file", acme.passphraseFile]);
      expect(ran).toMatchObject({ code: 78 });
      expect(ran.error()["message"]).toContain("release");
      await writeFile(settings, before);
      await acme.start();
    },
    20_000,
  );
});
