// A program that the settings name, run by a real daemon when a member raises an alert.

import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { gather, Home } from "../help/home.ts";
import { tempDir } from "../help/temp-dir.ts";

type Told = {
  readonly input: { schema: string; on: string; item: Record<string, unknown> };
  readonly env: Record<string, string>;
};

test("a hook writes down each alert of a member once, in spite of a restart, and is told nothing of our environment", async () => {
  await using folder = await tempDir();
  await using acme = await Home.make(folder.path, "acme");
  await using borealis = await Home.make(folder.path, "borealis");
  await Promise.all([acme, borealis].map(async (home) => home.start()));
  await gather("retail", acme, borealis);

  const [script, out] = [join(folder.path, "hook.mjs"), join(folder.path, "told.jsonl")];
  await writeFile(out, "");
  await writeFile(
    script,
    `import { appendFileSync, readFileSync } from "node:fs";
     const input = JSON.parse(readFileSync(0, "utf8"));
     appendFileSync(process.argv[2], JSON.stringify({ input, env: process.env }) + "\\n");`,
  );
  const told = async (): Promise<readonly Told[]> =>
    (await readFile(out, "utf8"))
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Told);
  const titles = async (): Promise<readonly string[]> =>
    (await told()).map(({ input: { on, item } }) => `${on} ${String(item["title"])}`).sort();
  const settings = join(acme.folder, "node.json");
  const before = JSON.parse(await readFile(settings, "utf8")) as object;
  const hooks = [
    { on: "alert", run: [process.execPath, script, out] },
    { on: "match", query: "ip:203.0.113.24", circles: ["retail"], run: [process.execPath, script, out] },
  ];
  await acme.stop();
  await writeFile(settings, JSON.stringify({ ...before, hooks }));
  await chmod(settings, 0o666);
  const open = await acme.run(["daemon", "start", "--json", "--passphrase-file", acme.passphraseFile]);
  expect({ code: open.code, message: String(open.error()["message"]) }).toMatchObject({
    code: 78,
    message: expect.stringContaining("hooks") as string,
  });
  await chmod(settings, 0o600);
  await acme.start();

  const wait = ["-c", "retail", "--wait", "delivered", "--timeout", "20s"];
  await acme.ok(["alert", "--title", "our own", "--tlp", "amber", ...wait]);
  await borealis.ok(["alert", "--title", "first", "--tlp", "amber", ...wait]);
  await borealis.ok(["post", "--title", "seen", "--ioc", "ip:203.0.113.24", "--tlp", "green", ...wait]);
  await expect.poll(titles, { timeout: 15_000, interval: 50 }).toEqual(["alert first", "match seen"]);
  const [one] = await told();
  expect(one?.input).toMatchObject({
    schema: "tocsin.hook/1",
    item: { schema: "tocsin.item/1", org: "borealis", tlp: "amber" },
  });
  expect(Object.keys(one?.env ?? {}).sort()).toEqual(["LANG", "PATH"]);

  await acme.stop();
  await borealis.ok(["alert", "--title", "meanwhile", "--tlp", "amber", "-c", "retail"]);
  await acme.start();
  await expect
    .poll(titles, { timeout: 20_000, interval: 50 })
    .toEqual(["alert first", "alert meanwhile", "match seen"]);
}, 60_000);
