// Sightings while no daemon can run: sealed to the home, told as not sent, posted once when a daemon is up again.

import { chmod, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gather, Home } from "../help/home.ts";
import { tempDir, type TempDir } from "../help/temp-dir.ts";

let folder: TempDir;
let acme: Home;
let borealis: Home;
beforeAll(async () => {
  folder = await tempDir();
  acme = await Home.make(folder.path, "acme");
  borealis = await Home.make(folder.path, "borealis");
  await Promise.all([acme.start(), borealis.start()]);
  await gather("retail", acme, borealis);
  await acme.stop();
}, 60_000);
afterAll(async () => {
  await Promise.all([acme, borealis].map(async (home) => home[Symbol.asyncDispose]()));
  await folder[Symbol.asyncDispose]();
});

const patience = { timeout: 20_000, interval: 50 };
const spool = (home: Home): string => join(home.folder, "spool");
const files = async (home: Home): Promise<readonly string[]> =>
  (await readdir(spool(home)).catch(() => [])).filter((name) => name !== "failed");
const texts = async (home: Home): Promise<readonly string[]> => {
  const { items } = (await home.ok(["feed", "--limit", "1000"])) as { items: { text: string | null }[] };
  return items.map(({ text }) => text ?? "").toReversed();
};
const emptied = async (home: Home): Promise<void> =>
  expect.poll(async () => (await home.ok(["status"]))["spool"], patience).toMatchObject({ waiting: 0 });

describe("without a daemon", () => {
  test("a sighting is spooled and exits 0; what is said of it claims nothing more", async () => {
    const ran = await acme.run(["post", "first while down", "--ioc", "ip:203.0.113.9", "--json"]);
    expect(ran.code).toBe(0);
    expect(ran.stderr).toBe("");
    expect(ran.json()).toMatchObject({
      schema: "tocsin.result/1",
      id: "",
      state: "spooled",
      tlp: "amber",
      delivered: { held: [], of: 0 },
      spooled: { code: "daemon_down" },
    });
    const told = await acme.run(["post", "second while down", "-c", "retail"]);
    expect(told.stdout).toContain("spooled, NOT SENT YET · retail");
  });

  test("the file is the owner's, has no word of the sighting in it, and the folder nobody else writes", async () => {
    const [first = ""] = await files(acme);
    const bytes = await readFile(join(spool(acme), first));
    expect(bytes.includes("first while down")).toBe(false);
    expect(bytes.includes("203.0.113.9")).toBe(false);
    expect((await stat(join(spool(acme), first))).mode & 0o777).toBe(0o600);
    expect((await stat(spool(acme))).mode & 0o777).toBe(0o700);
  });

  test("an alert says NOT SENT and exits 69; answers that need the store are refused as before", async () => {
    const alert = await acme.run(["alert", "the line is down", "--json"]);
    expect(alert).toMatchObject({ code: 69, stdout: "" });
    expect(alert.error()).toMatchObject({ code: "daemon_down", message: expect.stringContaining("ALERT NOT SENT") });
    expect((await acme.run(["reply", "s-7K2M9Q", "no"])).code).toBe(69);
    expect((await acme.run(["post", "only a rehearsal", "--dry-run"])).code).toBe(69);
    expect(await files(acme)).toHaveLength(2);
  });

  test.each([
    [65, ["post", "x", "--ioc", "ip:300.1.1.1"]],
    [65, ["post", "x".repeat(16_001)]],
    [65, ["saw", "nothing-like-an-id", "me too"]],
    [64, ["post", "x", "--tlp", "mauve"]],
  ])("what could never be posted is refused at once with exit %i", async (code, words) => {
    expect(await acme.run(words)).toMatchObject({ code, stdout: "" });
    expect(await files(acme)).toHaveLength(2);
  });

  test("--wait spools and exits 75", async () => {
    const ran = await acme.run(["post", "third while down", "--wait", "delivered", "--json"]);
    expect(ran.code).toBe(75);
    expect(ran.error()).toMatchObject({ reason: "TIMEOUT", message: expect.stringContaining("not sent yet") });
    expect(await files(acme)).toHaveLength(3);
  });

  test("a locked home spools too; one without an organisation does not", async () => {
    const env = { TOCSIN_NO_AUTOSTART: "" };
    const locked = await acme.run(["post", "fourth, locked", "--json", "--no-input"], undefined, env);
    expect(locked.json()).toMatchObject({ state: "spooled", spooled: { code: "locked" } });
    const alert = await acme.run(["alert", "locked", "--json", "--no-input"], undefined, env);
    expect(alert).toMatchObject({ code: 69, stdout: "" });
    await rename(acme.folder, `${acme.folder}.away`);
    expect((await acme.run(["post", "nowhere", "--no-input"], undefined, env)).code).toBe(78);
    await rm(acme.folder, { recursive: true, force: true });
    await rename(`${acme.folder}.away`, acme.folder);
  });

  test("an import is spooled in batches; a record that is none is rejected with 65", async () => {
    const lines = Array.from({ length: 130 }, (_, index) => JSON.stringify({ text: `of many ${index}` }));
    const ran = await acme.run(["import", "-", "--format", "ndjson", "--ndjson"], `${lines.join("\n")}\n{"text":7}\n`);
    expect(ran.code).toBe(65);
    const states = ran.stdout
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { state: string }).state);
    expect(states.filter((state) => state === "spooled")).toHaveLength(130);
    expect(states.at(-1)).toBe("rejected");
    expect(await files(acme)).toHaveLength(4 + 3);
  });
});

describe("when a daemon runs again", () => {
  test("everything is posted in order, once, and reaches the others; when it was told is in it", async () => {
    await acme.start();
    await emptied(acme);
    const posted = await texts(acme);
    expect(posted.slice(0, 5)).toEqual([
      "first while down",
      "second while down",
      "third while down",
      "fourth, locked",
      "of many 0",
    ]);
    const { items } = (await acme.ok(["feed", "--limit", "1000"])) as {
      items: { at: string; seen: { last: string } }[];
    };
    const first = items.at(-1);
    expect(first?.seen).toEqual({
      first: null,
      last: expect.any(String) as string,
      count: expect.any(Number) as number,
    });
    expect(Date.parse(first?.seen.last ?? "")).toBeLessThan(Date.parse(first?.at ?? ""));
    expect(await acme.items()).toBe(134);
    await expect.poll(async () => borealis.items(), patience).toBe(134);
    expect(await files(acme)).toEqual([]);
  });

  test("R64: what a crash left in the spool is not posted again", async () => {
    await acme.stop();
    await acme.ok(["post", "posted once", "--key", "the-key"]);
    const [name = ""] = await files(acme);
    const path = join(spool(acme), name);
    const bytes = await readFile(path);
    await acme.start();
    await emptied(acme);
    await acme.kill();
    // As a crash leaves it that came after the record was durable and before the file was taken away.
    await writeFile(path, bytes, { mode: 0o600 });
    const before = (await readdir(spool(acme))).length;
    await acme.start();
    await emptied(acme);
    expect(before).toBeGreaterThan(0);
    expect((await texts(acme)).filter((text) => text === "posted once")).toHaveLength(1);
  });

  test("a daemon that is killed while it empties the spool loses nothing and doubles nothing", async () => {
    await acme.stop();
    const before = 135;
    const lines = Array.from({ length: 640 }, (_, index) => JSON.stringify({ text: `under fire ${index}` }));
    await acme.run(["import", "-", "--format", "ndjson"], `${lines.join("\n")}\n`);
    expect(await files(acme)).toHaveLength(10);
    for (const left of [7, 3]) {
      await acme.start();
      await expect
        .poll(async () => (await files(acme)).length, { timeout: 20_000, interval: 2 })
        .toBeLessThanOrEqual(left);
      await acme.kill();
    }
    await acme.start();
    await emptied(acme);
    expect(await acme.items()).toBe(before + 640);
    await expect.poll(async () => borealis.items(), patience).toBe(before + 640);
  }, 60_000);

  test("what is refused or damaged is put aside with its reason, told by status, and keeps nothing else back", async () => {
    await acme.stop();
    await acme.ok(["post", "to nobody", "-c", "no-such-circle"]);
    await acme.ok(["post", "in between"]);
    await acme.ok(["post", "torn"]);
    const [, , torn = ""] = await files(acme);
    const path = join(spool(acme), torn);
    const bytes = await readFile(path);
    await writeFile(path, bytes.subarray(0, bytes.length - 1));
    await acme.start();
    await emptied(acme);
    const { spool: told } = (await acme.ok(["status"])) as { spool: object };
    expect(told).toEqual({ waiting: 0, failed: 2, reasons: ["CIRCLE_UNKNOWN", "STORE_CORRUPT"], keyChanged: false });
    expect((await acme.run(["status"])).stdout).toContain("spool 0 waiting, 2 failed: CIRCLE_UNKNOWN, STORE_CORRUPT");
    expect(await texts(acme)).toContain("in between");
    const reasons = (await readdir(join(spool(acme), "failed"))).map((name) => name.split(".")[1]);
    expect(new Set(reasons)).toEqual(new Set(["CIRCLE_UNKNOWN", "STORE_CORRUPT"]));
  });

  test("a spool key that somebody put in the place of ours is noticed, and nothing of it is posted", async () => {
    await acme.stop();
    const stranger = await readFile(join(borealis.folder, "spool.pub"));
    const own = await readFile(join(acme.folder, "spool.pub"));
    expect(own.equals(stranger)).toBe(false);
    await writeFile(join(acme.folder, "spool.pub"), stranger);
    await acme.ok(["post", "for other eyes"]);
    await acme.start();
    await emptied(acme);
    expect((await acme.ok(["status"]))["spool"]).toMatchObject({ failed: 3, keyChanged: true });
    expect((await readFile(join(acme.folder, "spool.pub"))).equals(own)).toBe(true);
    expect(await texts(acme)).not.toContain("for other eyes");
  });

  test("a folder that others may write is not emptied until it is closed again", async () => {
    await acme.stop();
    await acme.ok(["post", "behind an open door"]);
    await chmod(spool(acme), 0o777);
    expect((await acme.run(["post", "through an open door"])).code).toBe(78);
    await acme.start();
    await expect
      .poll(async () => (await acme.ok(["status"]))["spool"], patience)
      .toMatchObject({ waiting: 1, reasons: ["CIRCLE_UNKNOWN", "CONFIG_INVALID", "STORE_CORRUPT"] });
    await chmod(spool(acme), 0o700);
    await emptied(acme);
    expect(await texts(acme)).toContain("behind an open door");
  });
});

describe("a daemon that is lost half-way", () => {
  /** Answers every request but posts and imports: there it is gone, whether it had posted or not. */
  async function dying(home: Home): Promise<AsyncDisposable> {
    const server = createServer((socket) => {
      socket.setEncoding("utf8").on("data", (text: string) => {
        for (const line of text.trim().split("\n")) {
          const { id, method } = JSON.parse(line) as { id: number; method: string };
          if (method === "post" || method === "import") socket.destroy();
          else socket.write(`${JSON.stringify({ jsonrpc: "2.0", id, result: { circles: [] } })}\n`);
        }
      });
    });
    const path = join(home.folder, "run", "daemon.sock");
    await rm(path, { force: true });
    server.listen(path);
    await once(server, "listening");
    return {
      [Symbol.asyncDispose]: async () => {
        server.close();
        await once(server, "close");
      },
    };
  }

  test("leaves a sighting in the spool under the key that it was posted under, and an alert in doubt", async () => {
    const before = (await files(borealis)).length;
    await borealis.stop();
    {
      await using _gone = await dying(borealis);
      const ran = await borealis.run(["post", "lost half-way", "--key", "k-1", "--json"]);
      expect(ran.json()).toMatchObject({ state: "spooled", spooled: { key: "k-1" } });
      const lines = Array.from({ length: 70 }, (_, index) => JSON.stringify({ text: `half-way ${index}` })).join("\n");
      const many = await borealis.run(["import", "-", "--format", "ndjson", "--ndjson"], `${lines}\n`);
      expect(many.stdout.split('"spooled"')).toHaveLength(71);
      const alert = await borealis.run(["alert", "half-way", "--json"]);
      expect(alert).toMatchObject({ code: 69, stdout: "" });
      expect(alert.error()["message"]).toContain("it is not known whether the ALERT WAS SENT");
    }
    expect((await files(borealis)).length).toBe(before + 3);
    await borealis.start();
    await emptied(borealis);
    expect((await texts(borealis)).filter((text) => text.includes("half-way"))).toHaveLength(71);
  });
});
