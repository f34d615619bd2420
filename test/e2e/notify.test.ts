// How people are told that something came, by a real command that follows real daemons: by the rules, without a word of it.

import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { NoticeDocument } from "../../src/api/notice-document.ts";
import { gather, Home } from "../help/home.ts";
import { spawnCli } from "../help/run-cli.ts";
import { tempDir } from "../help/temp-dir.ts";

test("an alert is told in the quiet hours without its words and again until it is acknowledged, an ask waits, and a restart of the daemon ends nothing", async () => {
  await using folder = await tempDir();
  await using acme = await Home.make(folder.path, "acme");
  await using borealis = await Home.make(folder.path, "borealis");
  const settings = join(acme.folder, "node.json");
  const before = JSON.parse(await readFile(settings, "utf8")) as object;
  const hour = (offset: number): string =>
    `${String((new Date().getUTCHours() + offset + 24) % 24).padStart(2, "0")}:00`;
  const notify = {
    ...{ zone: "UTC", quiet: { from: hour(-1), to: hour(3) } },
    rules: [{ kinds: ["sighting"], tell: "never" }],
  };
  await writeFile(settings, JSON.stringify({ ...before, notify }));
  await Promise.all([acme, borealis].map(async (home) => home.start()));
  await gather("retail", acme, borealis);

  const child = spawnCli(["notify", "--ndjson"], { home: acme.folder });
  const closed = once(child, "close");
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
  const notices = (): readonly NoticeDocument[] =>
    stdout
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as NoticeDocument);
  try {
    await expect.poll(() => stderr, { timeout: 10_000 }).toContain("tells what comes from now on; quiet from");
    const wait = ["-c", "retail", "--wait", "delivered", "--timeout", "20s"];
    for (const words of [
      ["ask", "--title", "canary ask"],
      ["post", "--title", "canary sighting"],
      ["alert", "--title", "canary drill", "--exercise"],
      ["alert", "--title", "canary alert"],
    ])
      await borealis.ok([...words, "--tlp", "green", ...wait]);
    await acme.ok(["alert", "--title", "our own", "--tlp", "green", ...wait]);
    await expect.poll(notices, { timeout: 10_000 }).toHaveLength(1);
    const counts = [{ circle: "retail", kind: "alert", exercise: false, count: 1 }];
    expect(notices()).toMatchObject([{ schema: "tocsin.notice/1", why: "now", counts, title: null }]);

    await acme.stop();
    await borealis.ok(["alert", "--title", "canary meanwhile", "--tlp", "green", "-c", "retail"]);
    // Whoever comes back to a home in the middle of the day is told what waited.
    await writeFile(
      settings,
      JSON.stringify({ ...before, notify: { ...notify, again: "1s", quiet: { from: hour(3), to: hour(-1) } } }),
    );
    await acme.start();
    const news = (): readonly NoticeDocument[] => notices().filter(({ why }) => why !== "again");
    await expect.poll(news, { timeout: 30_000 }).toHaveLength(3);
    const later = news().slice(1);
    expect(later.find(({ why }) => why === "now")).toMatchObject({ counts });
    const waited = later.find(({ why }) => why === "together")?.counts ?? [];
    expect(waited.map(({ kind, exercise, count }) => [kind, exercise, count])).toEqual([
      ["ask", false, 1],
      ["alert", true, 1],
    ]);
    // Two alerts and a drill ask us; of what is acknowledged nobody is told again.
    const again = (): unknown => notices().findLast(({ why }) => why === "again")?.counts;
    const drill = { circle: "retail", kind: "alert", exercise: true, count: 1 };
    await expect.poll(again, { timeout: 30_000 }).toEqual([drill, { ...counts[0], count: 2 }]);
    const [first] = (await acme.ok(["acks"]))["alerts"] as { id: string; mine: boolean }[];
    await acme.ok(["ack", String(first?.id)]);
    await expect.poll(again, { timeout: 30_000 }).toEqual([drill, counts[0]]);
    expect(stdout).not.toContain("canary");
  } finally {
    child.kill("SIGINT");
    await closed;
  }
}, 90_000);
