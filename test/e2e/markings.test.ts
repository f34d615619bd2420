// Markings through the real program and real daemons: what is withheld from whom nobody verified, RED and its named recipients,
// what may be carried to another circle and what its author can let be, and who would read something before it is sent.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gather, Home } from "../help/home.ts";
import { tempDir, type TempDir } from "../help/temp-dir.ts";

type Doc = Record<string, unknown>;
const WAIT = ["--wait", "delivered", "--timeout", "30s"];
/** The circle decides how it is marked. */
const UNMARKED = { TOCSIN_TLP: "" };

describe("markings", () => {
  let folder: TempDir;
  let acme: Home;
  let borealis: Home;
  let cygnus: Home;

  beforeAll(async () => {
    folder = await tempDir();
    acme = await Home.make(folder.path, "acme");
    borealis = await Home.make(folder.path, "borealis");
    cygnus = await Home.make(folder.path, "cygnus");
    for (const home of [acme, borealis, cygnus]) await home.start();
    await gather("inner", acme, borealis);
    await gather("wide", acme, cygnus);
  });

  afterAll(async () => {
    for (const home of [acme, borealis, cygnus]) await home[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  const says = async (home: Home, ...words: readonly string[]): Promise<string> =>
    String((await home.ok([...words, ...WAIT]))["id"]);
  const refused = async (home: Home, ...words: readonly string[]): Promise<Doc> => {
    const ran = await home.run([...words, "--json"], undefined, UNMARKED);
    expect([words, ran.code]).toEqual([words, 77]);
    return ran.error();
  };
  const verifies = async (home: Home, other: Home): Promise<void> => {
    const { fingerprint } = await other.ok(["org", "show", "--passphrase-file", other.passphraseFile]);
    await home.ok(["verify", other.org, "--fingerprint", String(fingerprint)]);
  };
  const feed = async (home: Home, ...words: readonly string[]): Promise<Doc[]> =>
    (await home.ok(["feed", ...words]))["items"] as Doc[];

  test("R69: what names no marking is AMBER+STRICT, and that is withheld from whom nobody verified", async () => {
    expect(await refused(acme, "post", "x", "-c", "inner")).toMatchObject({
      reason: "PEER_UNVERIFIED",
      code: "peer_unverified",
      peer: "borealis",
    });
    // A rehearsal tells who would read it and who not, and fails as sending it would.
    const ran = await acme.run(["post", "x", "-c", "inner", "--dry-run", "--json"], undefined, UNMARKED);
    expect([ran.code, ran.error()["reason"]]).toEqual([77, "PEER_UNVERIFIED"]);
    expect(ran.json()).toMatchObject({
      ...{ state: "rejected", tlp: "amber+strict", audience: ["acme"], id: "" },
      ...{ withheld: [{ org: "borealis", reason: "unverified" }], refused: { code: "peer_unverified", exit: 77 } },
    });
    const text = await acme.run(["post", "x", "-c", "inner", "--dry-run"], undefined, UNMARKED);
    expect(text.stdout).toMatch(/would not be posted to inner · TLP:AMBER\+STRICT[^]*not {5}borealis {2}not verified/);
    // By name the risk may be taken; a wider marking takes none.
    await acme.ok(["post", "x", "-c", "inner", "--tlp", "amber+strict", "--accept", "unverified"]);
    await acme.ok(["post", "x", "-c", "inner", "--tlp", "amber"]);

    await verifies(acme, borealis);
    await verifies(borealis, acme);
    const would = await acme.run(["post", "x", "-c", "inner", "--dry-run", "--json"], undefined, UNMARKED);
    expect(would.json()).toMatchObject({
      ...{ state: "queued", audience: ["acme", "borealis"], withheld: [] },
      readers: [{ org: "borealis", trust: "verified" }],
    });
    const posted = await acme.run(["post", "x", "-c", "inner", "--json"], undefined, UNMARKED);
    expect([posted.code, posted.json()["tlp"]]).toEqual([0, "amber+strict"]);
    // The rules of a circle may say otherwise, for everybody in it.
    expect(await refused(cygnus, "post", "x")).toMatchObject({ reason: "PEER_UNVERIFIED" });
    const rules = await acme.ok(["circle", "policy", "wide", "unverified=read", "default-tlp=green"]);
    expect(rules["policy"]).toMatchObject({ unverified: "read", defaultTlp: "green" });
    const accepted = async (): Promise<unknown> => (await cygnus.ok(["circle", "accept", "wide"]))["policy"];
    await expect.poll(accepted, { timeout: 15_000 }).toMatchObject({ unverified: "read", defaultTlp: "green" });
    const byRule = await cygnus.run(["post", "x", "--json"], undefined, UNMARKED);
    expect(byRule.json()["tlp"]).toBe("green");
    await says(cygnus, "post", "strictly", "--tlp", "amber+strict");
  });

  test("RED goes to a circle of exactly those that it names, stays there, and is let out to no program unasked", async () => {
    const red = ["post", "extortion mail", "--tlp", "red", "-c"];
    expect(await refused(acme, ...red, "inner")).toMatchObject({
      reason: "RECIPIENTS_REFUSED",
      why: "recipients-not-named",
    });
    await gather("three", acme, borealis, cygnus);
    await verifies(acme, cygnus);
    const differ = await acme.run([...red, "three", "--to", "borealis", "--dry-run", "--json"]);
    expect(differ.json()).toMatchObject({ state: "rejected", withheld: [{ org: "cygnus", reason: "not-named" }] });
    expect(await refused(acme, ...red, "three", "--to", "borealis")).toMatchObject({ why: "recipients-differ" });
    const id = await says(acme, ...red, "inner", "--to", "borealis", "--caveat", "by voice only");
    expect(await borealis.ok(["show", id])).toMatchObject({ tlp: "red", to: ["borealis"], caveat: "by voice only" });
    expect((await borealis.run(["show", id])).stdout).toMatch(/^TLP:RED\nCAVEAT by voice only\nonly for borealis\n/);
    // What answers it is for the same, without being told so.
    const reply = await says(borealis, "reply", id, "same here");
    expect(await acme.ok(["show", reply])).toMatchObject({ tlp: "red", to: ["acme"] });
    // Two who share a circle of their own name each other by writing to each other.
    await says(acme, "msg", "borealis", "call me", "--tlp", "red");

    // What was said before it came into the circle of the two is opened for it a moment after it is in.
    const reds = async (): Promise<readonly unknown[]> =>
      (await feed(borealis, "--max-tlp", "red")).filter(({ tlp }) => tlp === "red");
    await expect.poll(reds, { timeout: 20_000, interval: 100 }).toHaveLength(3);
    expect((await feed(borealis)).filter(({ tlp }) => tlp === "red")).toEqual([]);
    expect((await borealis.run(["search", "extortion"])).stderr).toContain("1 stricter items are left out");
    for (const home of [acme, borealis])
      expect(await refused(home, "relay", id, "--to", "three")).toMatchObject({ why: "red-stays" });
  });

  test("R69: AMBER is carried to no wider circle until its author widens it; R70: never wider than that", async () => {
    const id = await says(borealis, "post", "phish kit", "--ioc", "kit.example", "--tlp", "amber", "-c", "inner");
    const carry = ["relay", id, "--to", "wide"];
    expect(await refused(acme, ...carry)).toMatchObject({ reason: "RELAY_REFUSED", why: "new-readers" });
    expect(await refused(acme, ...carry, "--dry-run")).toMatchObject({ why: "new-readers" });
    // R71: nobody but its author's org widens it.
    expect((await acme.run(["widen", id, "--to", "green", "--json"])).error()).toMatchObject({
      reason: "POST_REFUSED",
    });
    // To a circle of the same orgs it goes without, and tells all.
    await gather("mirror", borealis, acme);
    const same = String((await acme.ok(["relay", id, "--to", "mirror", ...WAIT]))["id"]);
    expect(await borealis.ok(["show", same])).toMatchObject({
      ...{ tlp: "amber", to: ["borealis"], org: "acme" },
      relayed: { org: "borealis", circle: "inner" },
    });

    await says(borealis, "widen", id, "--to", "green");
    expect(await refused(acme, ...carry, "--tlp", "clear")).toMatchObject({ reason: "RELAY_REFUSED" });
    const would = await acme.ok([...carry, "--dry-run"]);
    expect(would).toMatchObject({ tlp: "green", audience: ["acme", "cygnus"], id: "" });
    const carried = String((await acme.ok([...carry, ...WAIT]))["id"]);
    expect(await cygnus.ok(["show", carried])).toMatchObject({
      ...{ kind: "sighting", org: "acme", tlp: "green", text: "phish kit", to: null },
      ...{ relayed: { org: null, circle: null }, indicators: [{ type: "domain", value: "kit.example" }] },
    });
    expect((await cygnus.run(["show", carried])).stdout).toContain("another circle, which is not told");
    expect(await acme.ok(carry)).toMatchObject({ state: "duplicate", id: carried });
    const stricter = String((await acme.ok([...carry, "--tlp", "amber+strict", ...WAIT]))["id"]);
    expect(await cygnus.ok(["show", stricter])).toMatchObject({ tlp: "amber+strict" });

    // Its author may let itself be named.
    await says(borealis, "widen", id, "--to", "green", "--credit");
    const credited = String((await acme.ok([...carry, ...WAIT]))["id"]);
    expect(await cygnus.ok(["show", credited])).toMatchObject({ relayed: { org: "borealis", circle: null } });
    // R71: these words only; others need another word.
    await says(borealis, "amend", id, "phish kit, and who fell for it");
    expect(await refused(acme, ...carry)).toMatchObject({ why: "new-readers" });
  });

  test("what is withdrawn is carried nowhere, and where the rules forbid it nothing is, but one's own", async () => {
    const [theirs, own] = [
      await says(borealis, "post", "seen here", "--tlp", "green", "-c", "inner"),
      await says(acme, "post", "seen here too", "--tlp", "green", "-c", "inner"),
    ];
    const gone = await says(borealis, "post", "wrong", "--tlp", "green", "-c", "inner");
    await says(borealis, "retract", gone);
    expect(await refused(acme, "relay", gone, "--to", "wide")).toMatchObject({ reason: "RELAY_REFUSED" });
    await acme.ok(["circle", "policy", "inner", "export=nobody"]);
    expect(await refused(acme, "relay", theirs, "--to", "wide")).toMatchObject({ why: "export-forbidden" });
    const carried = String((await acme.ok(["relay", own, "--to", "wide", ...WAIT]))["id"]);
    expect(await cygnus.ok(["show", carried])).toMatchObject({ relayed: { org: "acme", circle: null } });
  });

  test("a circle that caps TLP, bars export and wants the word of two keeps what is said in it", async () => {
    await gather("sector", acme, borealis);
    await acme.ok(["circle", "policy", "sector", "max-tlp=amber", "default-tlp=amber", "export=nobody", "vouches=2"]);
    await acme.ok(["circle", "create", "press"]);
    const accepted = async (): Promise<unknown> => (await borealis.ok(["circle", "accept", "sector"]))["policy"];
    await expect.poll(accepted, { timeout: 20_000, interval: 100 }).toMatchObject({ maxTlp: "amber" });
    const { ticket } = await acme.ok(["invite", "create", "-c", "sector", "--for", "cygnus"]);
    expect(await cygnus.ok(["join", "-", "--no-input"], `${String(ticket)}\n`)).toMatchObject({
      state: "pending",
      missing: 1,
    });
    expect(await refused(acme, "post", "x", "-c", "sector", "--tlp", "amber+strict")).toMatchObject({
      reason: "TLP_REFUSED",
    });
    await says(acme, "post", "own words", "-c", "sector");
    const id = await says(borealis, "post", "from the sector", "-c", "sector", "--tlp", "green");
    expect(await refused(acme, "relay", id, "--to", "press")).toMatchObject({ reason: "RELAY_REFUSED" });
    const early = await cygnus.run(["feed", "-c", "sector", "--json"]);
    expect(early.stdout).not.toContain("own words");
    await borealis.ok(["peer", "vouch", "cygnus", "-c", "sector"]);
    const members = async (): Promise<unknown> =>
      ((await cygnus.ok(["circle", "show", "sector"]))["members"] as Doc[]).length;
    await expect.poll(members, { timeout: 20_000, interval: 100 }).toBe(3);
  });
});
