// How a peer is reached, as people and scripts have it: real daemons, only commands.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gather, Home } from "../help/home.ts";
import { tempDir, type TempDir } from "../help/temp-dir.ts";

const patient = { timeout: 20_000, interval: 100 };

describe("reaching peers with real daemons", () => {
  let folder: TempDir;
  let acme: Home;
  let borealis: Home;
  beforeAll(async () => {
    folder = await tempDir();
    acme = await Home.make(folder.path, "acme");
    borealis = await Home.make(folder.path, "borealis");
    await Promise.all([acme, borealis].map(async (home) => home.start()));
    await gather("retail-eu", acme, borealis);
  });
  afterAll(async () => {
    await Promise.all([acme, borealis].map(async (home) => home[Symbol.asyncDispose]()));
    await folder[Symbol.asyncDispose]();
  });

  const settings = async (home: Home, change: Record<string, unknown>): Promise<void> => {
    const file = join(home.folder, "node.json");
    const known = JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
    await home.ok(["daemon", "stop"]);
    await writeFile(file, JSON.stringify({ ...known, ...change }));
    await home.start();
  };

  test("ping says how and how fast, and for people in words", async () => {
    const answer = await acme.ok(["ping", "borealis", "-n", "3"]);
    expect(answer).toMatchObject({
      ...{ schema: "tocsin.ping/1", peer: "borealis", link: "direct", via: null, sent: 3, received: 3 },
      ...{ lastError: null, nextTry: null },
    });
    const { minMs, avgMs, maxMs } = answer as Record<string, number>;
    expect([minMs, avgMs, maxMs]).toEqual(
      [minMs, avgMs, maxMs].toSorted((left, right) => Number(left) - Number(right)),
    );
    const { code, stdout } = await acme.run(["ping", "borealis", "-n", "1"]);
    expect({ code, first: stdout.split("\n")[0] }).toEqual({ code: 0, first: "borealis  direct  1 of 1 answered" });
    expect(await acme.ok(["status"])).toMatchObject({ connected: true, since: expect.any(String) });
  });

  test("agreed ways are kept over a restart, shown here alone, and used where the announced ones fail", async () => {
    const agreed = `/ip4/127.0.0.1/tcp/${borealis.port}`;
    expect(await acme.ok(["peer", "path", "borealis", `127.0.0.1:${borealis.port}`])).toMatchObject({
      paths: [agreed],
    });
    expect(await acme.ok(["peer", "path", "borealis"])).toMatchObject({ paths: [agreed] });
    expect((await acme.run(["peer", "path", "borealis", "/unix/run/x.sock"])).code).toBe(78);
    // It moves to where only those who agreed on it look: what it announces leads nowhere, and it dials nobody.
    await settings(borealis, { announce: ["/ip4/127.0.0.1/tcp/1"] });
    await expect
      .poll(async () => (await acme.ok(["peer", "show", "borealis"]))["addresses"], patient)
      .toEqual(["/ip4/127.0.0.1/tcp/1"]);
    await acme.ok(["daemon", "stop"]);
    await acme.start();
    await expect.poll(async () => (await acme.run(["ping", "borealis", "-n", "1"])).code, patient).toBe(0);
    expect(await acme.ok(["peer", "show", "borealis"])).toMatchObject({ paths: [agreed] });
    expect(await borealis.ok(["peer", "show", "acme"])).toMatchObject({ paths: [] });
    expect(await acme.ok(["peer", "path", "borealis", "--forget"])).toMatchObject({ paths: [] });
  });

  test("whoever relays says so to its circles", async () => {
    await settings(borealis, { relay: true });
    await expect.poll(async () => (await acme.ok(["peer", "show", "borealis"]))["relays"], patient).toBe(true);
  });

  test("a peer that is away is named unreachable, with the reason and the next try, and status says that nobody is linked", async () => {
    await borealis.ok(["daemon", "stop"]);
    await expect.poll(async () => (await acme.ok(["status"]))["connected"], patient).toBe(false);
    const { stdout } = await acme.run(["status"]);
    expect(stdout).toContain("you are disconnected from every peer since");
    await expect
      .poll(async () => (await acme.run(["ping", "borealis", "--json"])).json(), patient)
      .toMatchObject({
        link: "offline",
        received: 0,
        minMs: null,
        lastError: "nothing listens there",
        nextTry: expect.any(String),
      });
    expect((await acme.run(["ping", "borealis"])).code).toBe(69);
  });
});
