// Seats, tokens and what is held for release, through the real commands and a real daemon.

import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { faultsOf, heldRun, scriptToken, titlesIn } from "../help/held-run.ts";
import { gather, Home } from "../help/home.ts";
import type { Ran } from "../help/run-cli.ts";
import { tempDir, type TempDir } from "../help/temp-dir.ts";

let folder: TempDir;
let acme: Home;
let edr: string;
beforeAll(async () => {
  folder = await tempDir();
  acme = await Home.make(folder.path, "acme");
  await acme.start();
  await gather("retail", acme);
  await gather("board", acme);
  edr = await scriptToken(acme, "edr", "--circle", "retail", "--kind", "sighting", "--max-tlp", "green");
}, 60_000);
afterAll(async () => {
  await acme[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const as = async (file: string, ...words: readonly string[]): Promise<Ran> =>
  acme.run([...words, "--json", "--token-file", file]);
const held = async (): Promise<readonly { id: string; title: string }[]> =>
  ((await acme.ok(["outbox", "list"])) as unknown as { release: { id: string; title: string }[] }).release;

const firstHeld = async (): Promise<string> => (await held())[0]?.id ?? "";

describe("a script by a token", () => {
  test.each([
    ["reads nothing", ["feed"]],
    ["sees no status", ["status"]],
    ["adds no seat", ["seat", "add", "mallory"]],
    ["makes no token", ["token", "add", "more", "--seat", "edr"]],
    ["releases nothing", ["outbox", "release", "h-AAAAAA"]],
    ["does not stop the daemon", ["daemon", "stop"]],
    ["uses no other circle", ["post", "x", "-c", "board", "--tlp", "green"]],
    ["posts no stricter marking than its own", ["post", "x", "--tlp", "amber"]],
    ["posts no other kind", ["note", "x", "--tlp", "green"]],
    ["takes no risk by name", ["post", "x", "--tlp", "green", "--accept", "key-change"]],
  ] as const)("R76: %s", async (_what, words) => {
    const ran = await as(edr, ...words);
    expect({ code: ran.code, error: ran.error()["code"] }).toEqual({ code: 77, error: "token_scope" });
    expect((await held()).length).toBe(0);
  });

  test("what it says is held until another seat releases it, is marked as a machine's, and then is posted once", async () => {
    const first = await as(edr, "post", "--title", "beacon", "--tlp", "green", "--key", "one");
    expect(first.json()).toMatchObject({ state: "held", held: { reason: "release" } });
    const again = await as(edr, "post", "--title", "beacon", "--tlp", "green", "--key", "one");
    expect(again.json()).toMatchObject({ state: "held", id: first.json()["id"] });
    expect(await held()).toMatchObject([{ title: "beacon", seat: "edr", token: "edr", circle: "retail" }]);
    expect(await titlesIn(acme)).toEqual([]);
    const id = await firstHeld();
    const released = await acme.ok(["outbox", "release", id.slice(0, 10)]);
    expect(released).toMatchObject({ schema: "tocsin.release/1", state: "released", by: "acme-seat" });
    const { items } = (await acme.ok(["feed"])) as { items: { title: string; seat: string; auto: boolean }[] };
    expect(items).toMatchObject([{ title: "beacon", seat: "edr", auto: true }]);
    const asked = await as(edr, "post", "--title", "beacon", "--tlp", "green", "--key", "one");
    expect(asked.json()).toMatchObject({ state: "duplicate", id: released["id"] });
  });

  test("what is rejected stays rejected, also when it is said again", async () => {
    await as(edr, "post", "--title", "noise", "--tlp", "green", "--key", "two");
    const id = await firstHeld();
    expect((await acme.run(["outbox", "reject", id])).code).toBe(64);
    expect(await acme.ok(["outbox", "reject", id, "--reason", "noise"])).toMatchObject({ state: "rejected" });
    const again = await as(edr, "post", "--title", "noise", "--tlp", "green", "--key", "two");
    expect(again.json()).toMatchObject({ state: "rejected", rejected: { by: "acme-seat", reason: "noise" } });
    expect(await titlesIn(acme)).toEqual(["beacon"]);
  });

  test("a person of one circle sees that one only, approves there, and not what it said itself", async () => {
    await acme.ok(["seat", "add", "sam", ...["read", "post", "approve"].flatMap((right) => ["--right", right])]);
    await acme.ok(["seat", "set", "sam", "--circle", "board"]);
    const sam = join(folder.path, "sam.token");
    await acme.ok(["token", "add", "sam", "--release", "hold", "--out", sam]);
    await as(edr, "post", "--title", "third", "--tlp", "green", "--key", "three");
    const id = await firstHeld();
    expect((await as(sam, "outbox", "release", id)).error()["reason"]).toBe("NOT_FOUND");
    expect((await as(sam, "outbox", "list")).json()).toMatchObject({ release: [] });
    expect((await as(sam, "circle", "list")).json()).toMatchObject({ circles: [{ name: "board" }] });
    expect((await as(sam, "feed")).json()).toMatchObject({ items: [] });
    expect((await as(sam, "feed", "-c", "retail")).error()["reason"]).toBe("RIGHT_MISSING");
    await acme.ok(["seat", "set", "sam", "--all-circles"]);
    expect((await as(sam, "outbox", "release", id)).json()).toMatchObject({ state: "released", by: "sam" });
    expect((await as(sam, "post", "--title", "mine", "-c", "board")).json()).toMatchObject({ state: "held" });
    const own = await firstHeld();
    expect((await as(sam, "outbox", "release", own)).error()["reason"]).toBe("RIGHT_MISSING");
    await acme.ok(["outbox", "reject", own, "--reason", "test"]);
  });

  test("its rate bounds it, its end ends it, and so does revoking it, at once", async () => {
    const fast = await scriptToken(acme, "fast", "--rate", "2/1h", "--release", "auto", "--circle", "retail");
    for (const title of ["r1", "r2"])
      expect((await as(fast, "post", "--title", title)).json()).toMatchObject({ state: "delivered" });
    expect(await as(fast, "post", "--title", "r3")).toMatchObject({ code: 75 });
    await acme.ok(["token", "revoke", "fast"]);
    expect((await as(fast, "post", "--title", "r4")).error()["reason"]).toBe("TOKEN_REFUSED");
    const { tokens } = (await acme.ok(["token", "list"])) as { tokens: { name: string }[] };
    expect(tokens.map(({ name }) => name)).toEqual(["edr", "sam"]);
  });

  test("what the review finds in it is left to whoever releases it, who is told, and the trail keeps both", async () => {
    const auto = await scriptToken(acme, "auto", "--release", "auto", "--circle", "retail");
    const ran = await as(auto, "post", "phish to kim.miller@example.org", "--tlp", "green");
    expect(ran.json()).toMatchObject({ state: "held", held: { reason: "release" }, scrub: { result: "kept" } });
    const { release } = (await acme.ok(["outbox", "list"])) as { release: unknown[] };
    expect(release).toMatchObject([{ seat: "auto", why: "findings", found: [{ class: "personal-data", count: 1 }] }]);
    expect((await acme.run(["outbox", "list"])).stdout).toContain("found: 1 personal-data");
    const id = await firstHeld();
    const { id: posted } = await acme.ok(["outbox", "release", id]);
    const { rows } = (await acme.ok(["audit", "list", String(posted)])) as { rows: unknown[] };
    expect(rows).toContainEqual(
      expect.objectContaining({
        token: "auto",
        scrub: expect.objectContaining({
          result: "kept",
          reviewer: "auto",
          reason: "left to whoever releases it",
        }) as object,
      }),
    );
    await acme.ok(["token", "revoke", "auto"]);
  });

  test("a file that others may read is not used, and no secret of a token is anywhere in the home", async () => {
    const open = join(folder.path, "open.token");
    const text = await readFile(edr, "utf8");
    await writeFile(open, text);
    await chmod(open, 0o644);
    expect((await as(open, "post", "x")).error()["reason"]).toBe("CONFIG_INVALID");
    const secret = text.trim().slice("TOCSINTOKEN1:".length);
    for (const name of await readdir(acme.folder, { recursive: true, withFileTypes: true })) {
      if (!name.isFile()) continue;
      const bytes = await readFile(join(name.parentPath, name.name), "latin1");
      expect({ file: name.name, holds: bytes.includes(secret.slice(0, 16)) }).toEqual({
        file: name.name,
        holds: false,
      });
    }
  });

  test("what it spools while no daemon runs is held too", async () => {
    await acme.stop();
    expect((await as(edr, "post", "--title", "late", "--tlp", "green")).json()).toMatchObject({ state: "spooled" });
    await acme.start();
    await expect.poll(held, { timeout: 20_000, interval: 100 }).toMatchObject([{ title: "late" }]);
    await acme.ok(["outbox", "reject", ...(await held()).map(({ id }) => id), "--reason", "test"]);
  });
});

describe("the socket of scripts", () => {
  test("is its group's, and nobody is the owner there", async () => {
    const shared = join(folder.path, "shared");
    await mkdir(shared, { mode: 0o750 });
    const socket = join(shared, "api.sock");
    const settings = join(acme.folder, "node.json");
    const before = JSON.parse(await readFile(settings, "utf8")) as object;
    await acme.stop();
    await writeFile(settings, JSON.stringify({ ...before, scriptSocket: socket }));
    await acme.start();
    expect((await stat(socket)).mode & 0o777).toBe(0o660);
    const by = { TOCSIN_SOCKET: socket };
    expect((await acme.run(["status", "--json"], undefined, by)).error()["reason"]).toBe("TOKEN_REFUSED");
    const words = ["post", "--title", "shared", "--tlp", "green", "--json", "--token-file", edr];
    expect((await acme.run(words, undefined, by)).json()).toMatchObject({ state: "held" });
    expect((await acme.run(["feed", "--json"])).code).toBe(0);
    await acme.stop();
    await chmod(shared, 0o770);
    // Whoever may write in the folder could put another socket there.
    expect((await acme.run(["daemon", "start", "--passphrase-file", acme.passphraseFile])).code).toBe(78);
    await chmod(shared, 0o750);
  }, 60_000);
});

describe("held posts, while the daemon is killed", () => {
  test("each of 100 scripted posts ends held, released or rejected, exactly once", async () => {
    const home = await Home.make(folder.path, "borealis");
    await home.start();
    try {
      await gather("retail", home);
      const tokenFile = await scriptToken(home, "siem");
      const fates = await heldRun(home, { posts: 100, restarts: 3, tokenFile });
      expect(faultsOf(fates, await titlesIn(home))).toEqual([]);
      expect(fates.released.length).toBeGreaterThan(0);
      expect(fates.rejected.length).toBeGreaterThan(0);
      expect(fates.held.length).toBeGreaterThan(0);
    } finally {
      await home[Symbol.asyncDispose]();
    }
  }, 180_000);
});
