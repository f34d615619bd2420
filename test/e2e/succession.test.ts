// A machine is lost, another one is added: with real homes and daemons, from the 24 words alone.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gather, Home } from "../help/home.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tocsin-succession-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const CIRCLE = "retail-eu";
const patience = { timeout: 30_000, interval: 200 };

async function titles(home: Home): Promise<readonly string[]> {
  const { items } = (await home.ok(["feed", "--limit", "100"])) as { items: { title: string }[] };
  return items.map(({ title }) => title).sort();
}

async function membersOf(home: Home): Promise<readonly string[]> {
  const { members } = (await home.ok(["circle", "show", CIRCLE])) as {
    members: { org: string; steward: boolean; memberKey: string }[];
  };
  return members.map(({ org, steward }) => org + (steward ? "*" : "")).sort();
}

async function memberKey(home: Home): Promise<string> {
  return String((await home.ok(["org", "show", "--passphrase-file", home.passphraseFile]))["memberKey"]);
}

describe("a machine that is lost", () => {
  test("is replaced on a new one from the 24 words, by any member; the old one can do nothing afterwards", async () => {
    const words = join(folder, "acme.words");
    const acme = await Home.make(folder, "acme", { init: ["--paper", words] });
    const borealis = await Home.make(folder, "borealis");
    const cygnus = await Home.make(folder, "cygnus");
    await Promise.all([acme, borealis, cygnus].map(async (home) => home.start()));
    await gather(CIRCLE, acme, borealis, cygnus);
    await acme.ok(["post", "--title", "before the loss", "--wait", "delivered", "--timeout", "20s"]);
    const lost = await memberKey(acme);
    await acme.kill();

    await using heir = await Home.make(folder, "acme", { folder: "acme-new", init: ["--from", words] });
    await heir.start();
    // No steward is there to ask: the only one was the machine that is lost.
    const entered = await heir.ok(["org", "rotate", "--at", `127.0.0.1:${cygnus.port}`, "--no-input"]);
    expect(entered).toMatchObject({
      schema: "tocsin.enrol/1",
      responder: "cygnus",
      circles: [{ name: CIRCLE, replaced: [lost] }],
    });
    expect(await membersOf(heir)).toEqual(["acme*", "borealis", "cygnus"]);
    // What the org was entitled to it reads again, from those who have it open.
    await expect.poll(async () => titles(heir), patience).toEqual(["before the loss"]);
    await heir.ok(["post", "--title", "from the new machine", "--wait", "delivered", "--timeout", "20s"]);
    await expect.poll(async () => titles(borealis), patience).toContain("from the new machine");
    await heir.ok(["circle", "promote", CIRCLE, "borealis"]);

    // The thief starts the old machine: nobody hears it.
    await acme.start();
    await acme.run(["post", "--title", "from the thief"]);
    await borealis.ok(["post", "--title", "to everybody", "--wait", "delivered", "--timeout", "20s"]);
    expect(await titles(borealis)).not.toContain("from the thief");
    expect(await titles(acme)).not.toContain("to everybody");
    await expect.poll(async () => membersOf(borealis), patience).toEqual(["acme*", "borealis*", "cygnus"]);
    await Promise.all([acme, borealis, cygnus, heir].map(async (home) => home.stop()));
  }, 180_000);
});

describe("a circle whose only steward is gone for good", () => {
  test("is given another one by as many orgs as its rules say, and takes the old one out", async () => {
    const parent = join(folder, "orphans");
    const homes = [];
    for (const org of ["acme", "borealis", "cygnus", "dorado"]) homes.push(await Home.make(parent, org));
    const [acme, borealis, cygnus, dorado] = homes;
    if (!acme || !borealis || !cygnus || !dorado) throw new Error("four homes");
    await Promise.all(homes.map(async (home) => home.start()));
    await gather(CIRCLE, acme, borealis, cygnus, dorado);
    await acme.kill();
    // Its own node asks first: a steward was here a moment ago.
    expect((await borealis.run(["circle", "promote", CIRCLE, "borealis"])).code).toBe(77);
    const votes = (home: Home): Promise<Record<string, unknown>> =>
      home.ok(["circle", "promote", CIRCLE, "borealis", "--accept", "steward-alive"]);
    for (const [index, home] of [borealis, cygnus, dorado].entries()) {
      await votes(home);
      const stewards = index < 2 ? ["acme*", "borealis"] : ["acme*", "borealis*"];
      for (const other of [borealis, cygnus, dorado])
        await expect.poll(async () => (await membersOf(other)).slice(0, 2), patience).toEqual(stewards);
    }
    await borealis.ok(["circle", "remove", CIRCLE, "acme"]);
    await expect.poll(async () => membersOf(dorado), patience).toEqual(["borealis*", "cygnus", "dorado"]);
    const { changes } = (await cygnus.ok(["circle", "log", CIRCLE])) as {
      changes: { what: string; authority: string }[];
    };
    expect(changes.slice(-4).map(({ what, authority }) => `${what}, ${authority.split(", ").at(-1)}`)).toEqual([
      "voted to make borealis a steward, vote 1 of 3",
      "voted to make borealis a steward, vote 2 of 3",
      "made borealis a steward, vote 3 of 3",
      expect.stringMatching(/^removed acme, steward since /),
    ]);
    await Promise.all([borealis, cygnus, dorado].map(async (home) => home.stop()));
  }, 180_000);
});

describe("an org of two machines", () => {
  test("stands in the roster under one name; one of them is withdrawn alone", async () => {
    const parent = join(folder, "two");
    const words = join(folder, "dorado.words");
    const dorado = await Home.make(parent, "dorado", { init: ["--paper", words] });
    const emil = await Home.make(parent, "emil");
    await Promise.all([dorado.start(), emil.start()]);
    await gather(CIRCLE, emil, dorado);
    await using laptop = await Home.make(parent, "dorado", { folder: "laptop", init: ["--from", words] });
    await laptop.start();
    await laptop.ok(["org", "enrol", "--at", `127.0.0.1:${dorado.port}`, "--no-input"]);
    await expect.poll(async () => membersOf(emil), patience).toEqual(["dorado", "dorado", "emil*"]);
    // One of the two holds it: the org is reached.
    const posted = await emil.ok(["post", "--title", "for dorado", "--wait", "delivered", "--timeout", "20s"]);
    expect(posted).toMatchObject({ delivered: { held: ["dorado"], of: 1 } });
    expect([...(posted["audience"] as string[])].sort()).toEqual(["dorado", "emil"]);
    await laptop.ok(["post", "--title", "from the road", "--wait", "delivered", "--timeout", "20s"]);
    const stolen = await memberKey(laptop);
    const retired = await dorado.ok(["org", "retire", stolen.slice(0, 12)]);
    expect(retired).toMatchObject({ schema: "tocsin.retire/1", nodes: [stolen], circles: [CIRCLE], ended: false });
    await expect.poll(async () => membersOf(emil), patience).toEqual(["dorado", "emil*"]);
    expect((await laptop.run(["post", "-c", CIRCLE, "--title", "after the theft"])).code).toBe(77);
    expect((await dorado.run(["org", "retire", "ffffffff"])).code).toBe(65);
    await Promise.all([dorado, emil, laptop].map(async (home) => home.stop()));
  }, 180_000);
});
