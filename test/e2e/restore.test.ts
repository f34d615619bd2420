// A home that was copied and is put back later, with real daemons and files: nothing is posted in a place that was taken
// already, and what is said meanwhile is held, not lost.

import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gather, Home } from "../help/home.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tocsin-restore-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const CIRCLE = "retail-eu";

async function posts(home: Home, title: string, ...more: readonly string[]): Promise<Record<string, unknown>> {
  return home.ok(["post", "--title", title, ...more]);
}

async function titles(home: Home): Promise<readonly string[]> {
  const { items } = (await home.ok(["feed", "--limit", "100"])) as { items: { title: string }[] };
  return items.map(({ title }) => title).sort();
}

async function lane(home: Home): Promise<Record<string, unknown>> {
  return home.ok(["circle", "lane", CIRCLE]);
}

async function logOf(home: Home): Promise<string> {
  return readFile(join(home.folder, "daemon.log"), "utf8");
}

async function expectTitles(home: Home, wanted: readonly string[]): Promise<void> {
  await expect.poll(async () => titles(home), { timeout: 20_000, interval: 200 }).toEqual([...wanted].sort());
}

/** Three homes in one circle. acme posts, is copied, posts more, and its copy is put in its place; nobody else runs then. */
async function restored(name: string): Promise<{ acme: Home; others: readonly [Home, Home] }> {
  const parent = join(folder, name);
  const [acme, borealis, cygnus] = [
    await Home.make(parent, "acme"),
    await Home.make(parent, "borealis"),
    await Home.make(parent, "cygnus"),
  ];
  await Promise.all([acme, borealis, cygnus].map(async (home) => home.start()));
  await gather(CIRCLE, acme, borealis, cygnus);
  await posts(acme, "before", "--wait", "delivered");
  await acme.stop();
  await cp(acme.folder, `${acme.folder}.backup`, { recursive: true, preserveTimestamps: true });
  await acme.start();
  await posts(acme, "after", "--wait", "delivered");
  await Promise.all([acme, borealis, cygnus].map(async (home) => home.stop()));
  await rm(acme.folder, { recursive: true });
  await cp(`${acme.folder}.backup`, acme.folder, { recursive: true, preserveTimestamps: true });
  return { acme, others: [borealis, cygnus] };
}

describe("a home restored from an old copy", () => {
  test("R37: holds what is posted until two members told where it stopped, takes back its own records, then sends", async () => {
    const { acme, others } = await restored("catch-up");
    await using _acme = acme;
    await using borealis = others[0];
    await using cygnus = others[1];
    await acme.start();
    expect(await posts(acme, "held", "--key", "k1")).toMatchObject({ state: "held", held: { reason: "unconfirmed" } });
    expect(await posts(acme, "held", "--key", "k1")).toMatchObject({ state: "held" });
    const alarm = await acme.run(["alert", "--title", "alarm", "--severity", "severe"]);
    expect(alarm).toMatchObject({ code: 0 });
    expect(alarm.stdout).toContain("NOT SENT YET");
    expect(await acme.run(["post", "--title", "waited for", "--wait", "delivered", "--timeout", "1s"])).toMatchObject({
      code: 75,
    });
    expect(await acme.run(["invite", "create", "-c", CIRCLE, "--for", "dorado"])).toMatchObject({ code: 75 });
    expect(await acme.ok(["status"])).toMatchObject({ outbox: { held: 3 }, lanes: [{ state: "held", drafts: 3 }] });
    // They are held on disk.
    await acme.stop();
    await acme.start();
    expect(await acme.ok(["status"])).toMatchObject({ outbox: { held: 3 } });
    // One member is not enough: another one may hold more.
    await borealis.start();
    await expect.poll(async () => titles(acme), { timeout: 20_000, interval: 200 }).toEqual(["after", "before"]);
    expect(await lane(acme)).toMatchObject({ state: "held", held: { reason: "unconfirmed", heard: 1, needed: 2 } });
    await cygnus.start();
    const all = ["after", "alarm", "before", "held", "waited for"];
    for (const home of [acme, borealis, cygnus]) await expectTitles(home, all);
    expect(await lane(acme)).toMatchObject({ state: "confirmed", drafts: 0 });
    expect(await posts(acme, "held", "--key", "k1")).toMatchObject({ state: "duplicate" });
    expect(await posts(acme, "goes on", "--wait", "delivered")).toMatchObject({ state: "delivered" });
    for (const home of [borealis, cygnus]) await expectTitles(home, [...all, "goes on"]);
    expect(await logOf(borealis)).not.toContain("RECORD_FORKED");
  });

  test("with nobody in reach holds them until a new lane is accepted, and loses nothing of the old one", async () => {
    const { acme, others } = await restored("new-lane");
    await using _acme = acme;
    await using borealis = others[0];
    await using cygnus = others[1];
    await acme.start();
    const old = await lane(acme);
    expect(await posts(acme, "one")).toMatchObject({ state: "held" });
    expect(await posts(acme, "two", "--accept", "new-lane")).toMatchObject({ state: "queued" });
    expect(await lane(acme)).toMatchObject({ state: "confirmed", drafts: 0 });
    expect((await lane(acme))["lane"]).not.toBe(old["lane"]);
    expect(await titles(acme)).toEqual(["before", "one", "two"]);
    // Accepting it once more changes nothing: the lane is confirmed.
    const now = (await lane(acme))["lane"];
    expect(await acme.ok(["circle", "lane", CIRCLE, "--accept", "new-lane"])).toMatchObject({ lane: now });
    await Promise.all([borealis.start(), cygnus.start()]);
    for (const home of [acme, borealis, cygnus]) await expectTitles(home, ["after", "before", "one", "two"]);
    for (const home of [borealis, cygnus]) expect(await logOf(home)).not.toContain("RECORD_FORKED");
    expect(await logOf(borealis)).toContain("lane-opened");
    // One of the two takes the lane in by itself; then the restored steward governs again.
    await expect.poll(async () => lane(acme), { timeout: 20_000 }).toMatchObject({ takenIn: true });
    const logs = await Promise.all([borealis, cygnus].map(logOf));
    expect(logs.filter((log) => log.includes("lane-taken-in")).length).toBeGreaterThan(0);
    await acme.ok(["circle", "promote", CIRCLE, "borealis"]);
  });

  test("an intact home posts after a restart although nobody is in reach", async () => {
    const parent = join(folder, "intact");
    await using acme = await Home.make(parent, "acme");
    await using borealis = await Home.make(parent, "borealis");
    await Promise.all([acme, borealis].map(async (home) => home.start()));
    await gather(CIRCLE, acme, borealis);
    await posts(acme, "before", "--wait", "delivered");
    await borealis.stop();
    await acme.kill();
    await acme.start();
    expect(await posts(acme, "alone")).toMatchObject({ state: "queued" });
    await borealis.start();
    await expectTitles(borealis, ["alone", "before"]);
  });
});
