// What people are told of a post on its way, by commands: how far each org has it, what waits, and what waits for too long.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { gather, Home } from "../help/home.ts";
import { tempDir } from "../help/temp-dir.ts";

type Delivery = { delivery: { org: string; state: string }[] };

test("a post is decrypted at whoever is there, waits for whoever is not, and people are told when it waits for too long", async () => {
  await using folder = await tempDir();
  await using acme = await Home.make(folder.path, "acme");
  await using borealis = await Home.make(folder.path, "borealis");
  await using cygnus = await Home.make(folder.path, "cygnus");
  // People here want to know soon.
  const settings = join(acme.folder, "node.json");
  const before = JSON.parse(await readFile(settings, "utf8")) as Record<string, unknown>;
  await writeFile(settings, JSON.stringify({ ...before, undelivered: "1s" }));
  await Promise.all([acme, borealis, cygnus].map(async (home) => home.start()));
  await gather("retail-eu", acme, borealis, cygnus);
  const text = ["VPN spray", "--ioc", "ip:203.0.113.24", "--tlp", "amber", "--timeout", "20s"];
  const all = await acme.ok(["post", ...text, "--wait", "decrypted"]);
  expect(all).toMatchObject({ state: "delivered", delivered: { of: 2 } });
  expect(await acme.ok(["outbox", "list"])).toMatchObject({ queued: [], held: [], failed: [] });

  await cygnus.stop();
  const some = await acme.ok(["post", ...text, "--wait", "held:1"]);
  expect(some).toMatchObject({ state: "queued", delivered: { held: ["borealis"], of: 2 } });
  const shown = (await acme.ok(["show", String(some["id"])])) as Delivery;
  expect(Object.fromEntries(shown.delivery.map(({ org, state }) => [org, state]))).toMatchObject({
    borealis: "decrypted",
    cygnus: expect.stringMatching(/^(queued|sent)$/) as string,
  });
  const refused = await acme.run(["post", "in vain", "--tlp", "amber", "--wait", "read:2", "--timeout", "2s"]);
  expect(refused.code).toBe(75);
  const late = async (): Promise<unknown> => (await acme.ok(["status"]))["undelivered"];
  await expect.poll(late, { timeout: 20_000, interval: 200 }).toMatchObject([{ org: "cygnus", posts: 2 }]);
  expect(await acme.ok(["outbox", "list"])).toMatchObject({
    queued: [{ circle: "retail-eu", org: "cygnus", posts: 2, late: true, link: "offline" }],
  });
  const feed = await acme.run(["feed"]);
  expect(feed.stderr).toContain("! cygnus has not received 2 posts to retail-eu");
  expect((await acme.run(["outbox", "list"])).stdout).toMatch(/! +cygnus +retail-eu +2/);

  await cygnus.start();
  await expect.poll(late, { timeout: 20_000, interval: 200 }).toEqual([]);
  expect((await acme.run(["outbox", "list"])).stdout).toContain("everything is delivered");
  expect((await acme.run(["post", "x", "--wait", "someday"])).code).toBe(64);
});
