// Records on a stick, with real homes, daemons and files: between members whose daemons never run at the same time.

import { readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { gather, Home } from "../help/home.ts";
import { tempDir, type TempDir } from "../help/temp-dir.ts";

let folder: TempDir;
let [acme, borealis, dorado]: Home[] = [];
beforeAll(async () => {
  folder = await tempDir();
  const homes = ["acme", "borealis", "dorado"].map((org) => Home.make(folder.path, org));
  [acme, borealis, dorado] = await Promise.all(homes);
  await Promise.all([acme?.start(), borealis?.start(), dorado?.start()]);
  if (acme && borealis && dorado) await gather("retail", acme, borealis, dorado);
}, 60_000);
afterAll(async () => {
  for (const home of [acme, borealis, dorado]) await home?.[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

type Read = {
  torn: boolean;
  forOthers: number;
  circles: { from: string; new: number; gaps: number; behind: number }[];
};

test("bundle write and read carry what links cannot, through any third, and tell who holds it on the way back", async () => {
  if (!acme || !borealis || !dorado) throw new Error("three homes");
  const members = async (home: Home): Promise<unknown> => (await home.status()).circles[0]?.members;
  for (const home of [acme, borealis, dorado])
    await expect.poll(async () => members(home), { timeout: 20_000 }).toBe(3);
  await Promise.all([acme.stop(), borealis.stop(), dorado.stop()]);
  const stick = join(folder.path, "stick");
  await acme.start();
  const { id } = await acme.ok(["post", "carried by hand", "--ioc", "ip:203.0.113.77"]);
  const written = await acme.ok(["bundle", "write", stick]);
  expect(written).toMatchObject({
    schema: "tocsin.bundle/1",
    circles: [{ name: "retail", for: ["borealis", "dorado"] }],
  });
  expect((await readFile(stick)).includes("carried by hand")).toBe(false);
  expect(await acme.run(["bundle", "write", stick])).toMatchObject({ code: 65, stdout: "" });
  await acme.stop();

  await borealis.start();
  const read = (await borealis.ok(["bundle", "read", stick])) as unknown as Read;
  expect(read).toMatchObject({ torn: false, forOthers: 0, circles: [{ from: "acme", gaps: 0, behind: 0 }] });
  expect(read.circles[0]?.new).toBeGreaterThan(0);
  expect((await borealis.run(["check", "203.0.113.77"])).code).toBe(0);
  const again = await borealis.run(["bundle", "read", stick]);
  expect(again).toMatchObject({ code: 0 });
  expect(again.stdout).toContain("retail, from acme: 0 new");
  // On to one who meets neither of them, and back to the author as the receipt.
  await borealis.ok(["bundle", "write", `${stick}-2`, "--for", "dorado"]);
  await borealis.ok(["bundle", "write", `${stick}-3`, "--for", "acme"]);
  await borealis.stop();

  await dorado.start();
  expect((await dorado.ok(["bundle", "read", `${stick}-2`]))["circles"]).toMatchObject([{ from: "borealis" }]);
  expect((await dorado.run(["check", "203.0.113.77"])).code).toBe(0);
  expect((await dorado.run(["bundle", "read", `${stick}-3`, "--json"])).error()).toMatchObject({ exit: 65 });
  await dorado.stop();

  await acme.start();
  await acme.ok(["bundle", "read", `${stick}-3`]);
  const shown = (await acme.ok(["show", String(id)])) as { delivery: { org: string; state: string }[] };
  expect(shown.delivery).toContainEqual(expect.objectContaining({ org: "borealis", state: "decrypted" }));
  expect(shown.delivery).toContainEqual(expect.objectContaining({ org: "dorado", state: "queued" }));
}, 60_000);

test("what is torn, missing or no bundle is told with its exit code", async () => {
  if (!acme || !borealis) throw new Error("homes");
  const stick = join(folder.path, "torn");
  await acme.ok(["bundle", "write", stick]);
  await truncate(stick, (await readFile(stick)).length - 1);
  await acme.stop();
  await borealis.start();
  const torn = await borealis.run(["bundle", "read", stick]);
  expect(torn.code).toBe(65);
  expect(torn.stdout).toContain("ends too early");
  expect((await borealis.run(["bundle", "read", join(folder.path, "none")])).code).toBe(66);
  await writeFile(join(folder.path, "text"), "no bundle at all, but long enough");
  expect((await borealis.run(["bundle", "read", join(folder.path, "text")])).code).toBe(65);
  expect((await borealis.run(["bundle", "write", join(folder.path, "x"), "--for", "nobody"])).code).toBe(65);
}, 60_000);
