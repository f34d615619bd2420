// Verification as people and scripts have it: real daemons, only commands. Two orgs of one name show what a changed key does.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gather, Home } from "../help/home.ts";
import { PROGRAM } from "../help/run-cli.ts";
import { openTerminalOn } from "../help/screen.ts";
import { tempDir, type TempDir } from "../help/temp-dir.ts";

type Json = Record<string, unknown>;
type Words = {
  readonly state: string;
  readonly say: readonly string[];
  readonly from: number;
  readonly orgKey: string;
};

const patient = { timeout: 20_000, interval: 100 };
const other = (words: readonly string[]): string =>
  [...words.slice(0, 2), words[2] === "zoo" ? "zone" : "zoo"].join(" ");

describe("verification with real daemons", () => {
  let folder: TempDir;
  let acme: Home;
  let borealis: Home;
  let mallory: Home;
  let impostor: Home;

  beforeAll(async () => {
    folder = await tempDir();
    const elsewhere = join(folder.path, "elsewhere");
    await mkdir(elsewhere, { mode: 0o700 });
    acme = await Home.make(folder.path, "acme");
    borealis = await Home.make(folder.path, "borealis");
    mallory = await Home.make(folder.path, "mallory");
    impostor = await Home.make(elsewhere, "borealis");
    await Promise.all([acme, borealis, mallory, impostor].map(async (home) => home.start()));
    await gather("retail-eu", acme, borealis, mallory);
  });

  afterAll(async () => {
    await Promise.all([acme, borealis, mallory, impostor].map(async (home) => home[Symbol.asyncDispose]()));
    await folder[Symbol.asyncDispose]();
  });

  /** Both run `tocsin verify` at once, and each gets its half. */
  const words = async (left: Home, right: Home): Promise<readonly [Words, Words]> => {
    const run = async (by: Home, of: Home): Promise<Words> =>
      (await by.ok(["verify", of.org, "--timeout", "30s"])) as unknown as Words;
    return Promise.all([run(left, right), run(right, left)]);
  };
  const trust = async (by: Home, peer: string): Promise<unknown> => (await by.ok(["peer", "show", peer]))["trust"];
  const refused = async (by: Home, ...command: readonly string[]): Promise<Json> => {
    const { code, stdout, error } = await by.run([...command, "--json"]);
    // A rehearsal also says who would have read it.
    const isRehearsed = command.includes("--dry-run");
    expect({ code, told: stdout !== "" }).toEqual({ code: 77, told: isRehearsed });
    return error();
  };

  test("right words verify both sides, for every screen and after a restart", async () => {
    expect([await trust(acme, "borealis"), await trust(borealis, "acme")]).toEqual(["unverified", "unverified"]);
    const [atAcme, atBorealis] = await words(acme, borealis);
    expect([atAcme.state, atAcme.say.length, atAcme.from + atBorealis.from]).toEqual(["words", 3, 5]);
    // Typed as people type: in capitals, with commas, four letters of a word.
    const typed = atBorealis.say.map((word) => word.slice(0, 4).toUpperCase()).join(", ");
    expect(await acme.ok(["verify", "borealis", "--heard", typed])).toMatchObject({
      schema: "tocsin.verify/1",
      state: "verified",
      trust: "verified",
    });
    expect(await borealis.ok(["verify", "acme", "--heard", "-"], `${atAcme.say.join(" ")}\n`)).toMatchObject({
      state: "verified",
    });
    await borealis.stop();
    await borealis.start();
    expect(await borealis.ok(["peer", "show", "acme"])).toMatchObject({
      trust: "verified",
      vetting: { state: "verified", how: "words", seat: "borealis-seat" },
      warnings: [],
    });
    await borealis.ok(["post", "seen here", "--wait", "delivered:1", "--timeout", "20s"]);
    await expect.poll(() => acme.items(), patient).toBe(1);
    expect((await acme.ok(["feed"]))["items"]).toMatchObject([{ org: "borealis", verified: true, trust: "verified" }]);
    expect((await acme.run(["peer", "list"])).stdout).toContain("✓ verified");
    expect((await acme.ok(["circle", "show", "retail-eu"]))["members"]).toMatchObject([
      { org: "acme", you: true },
      { org: "borealis", trust: "verified" },
      { org: "mallory", trust: "unverified" },
    ]);
  });

  test("at a terminal the words are asked for until they are words", async () => {
    const env = { TOCSIN_HOME: acme.folder, HOME: acme.folder };
    const command = [PROGRAM, "verify", "borealis"];
    await using terminal = openTerminalOn(process.execPath, command, { columns: 100, rows: 24, env });
    const shows = async (text: RegExp): Promise<string> => {
      await expect.poll(async () => terminal.text(), patient).toMatch(text);
      return terminal.text();
    };
    const { say } = (await borealis.ok(["verify", "acme", "--timeout", "30s"])) as unknown as Words;
    await shows(/You read these aloud: .*Type words/s);
    terminal.type("orbit velvet qwertz\r");
    await shows(/not in the list: type them again.*Type words/s);
    terminal.type(`${say.join(" ")}\r`);
    await shows(/✓ borealis is verified/);
  });

  test("a fingerprint verifies where it fits, and changes nothing where it does not", async () => {
    const { peer, you } = (await acme.ok(["verify", "mallory", "--show"])) as {
      peer: Record<"words" | "digits", string>;
      you: Record<"words" | "digits", string>;
    };
    expect([peer.words.split(" ").length, peer.digits.replaceAll(" ", "").length]).toEqual([12, 60]);
    expect(await refused(acme, "verify", "mallory", "--fingerprint", you.words)).toMatchObject({
      reason: "FINGERPRINT_DIFFERS",
    });
    expect(await trust(acme, "mallory")).toBe("unverified");
    await acme.ok(["verify", "mallory", "--fingerprint", peer.digits.replaceAll(" ", "-")]);
    expect(await trust(acme, "mallory")).toBe("verified");
    expect((await acme.run(["verify", "mallory", "--show", "--fingerprint", peer.words])).code).toBe(64);
  });

  test("a man in the middle is found: the words that come over the telephone are not those of the screen", async () => {
    // Acme and borealis each take mallory for somebody else; it goes through the exchange with both.
    const [atAcme] = await words(acme, mallory);
    const [atBorealis] = await words(borealis, mallory);
    expect(atAcme.say).not.toEqual(atBorealis.say);
    expect((await acme.run(["verify", "mallory", "--heard", "orbit velvet qwertz", "--json"])).error()).toMatchObject({
      reason: "INPUT_INVALID",
      position: 3,
    });
    expect(await refused(acme, "verify", "mallory", "--heard", other(atBorealis.say))).toMatchObject({
      reason: "WORDS_DIFFER",
      peer: "mallory",
    });
    // No second guess, whatever is typed.
    expect((await acme.run(["verify", "mallory", "--heard", "orbit velvet canyon", "--json"])).error()).toMatchObject({
      reason: "VERIFY_BROKEN",
    });
    expect(await refused(borealis, "verify", "mallory", "--differ")).toMatchObject({ reason: "WORDS_DIFFER" });
    expect([await trust(acme, "mallory"), await trust(borealis, "mallory")]).toEqual(["blocked", "blocked"]);
    // The circle is told by whom, and everybody sees it.
    const told = async (by: Home): Promise<unknown> =>
      ((await by.ok(["peer", "show", "mallory"]))["warnings"] as { by: string }[]).map((warning) => warning.by).sort();
    for (const home of [acme, borealis]) await expect.poll(() => told(home), patient).toEqual(["acme", "borealis"]);
    expect((await acme.run(["peer", "show", "mallory"])).stdout).toContain("words differ");

    await acme.stop();
    await acme.start();
    const { id } = ((await acme.ok(["feed"]))["items"] as { id: string }[])[0] ?? {};
    for (const command of [
      ["post", "x"],
      ["alert", "x"],
      ["saw", id ?? ""],
      ["reply", id ?? "", "x"],
      ["post", "x", "--dry-run"],
    ])
      expect(await refused(acme, ...command)).toMatchObject({
        reason: "PEER_BLOCKED",
        code: "peer_blocked",
        hint: "tocsin verify mallory",
      });
    const rehearsed = (await acme.run(["post", "x", "--dry-run", "--json"])).json();
    expect(rehearsed).toMatchObject({ state: "rejected", withheld: [{ org: "mallory", reason: "blocked" }] });
    const bundle = JSON.stringify({ text: "one", indicators: ["ip:203.0.113.24"] });
    const imported = await acme.run(["import", "-", "--format", "ndjson", "--ndjson"], bundle);
    expect([imported.code, imported.error()["reason"]]).toEqual([77, "PEER_BLOCKED"]);
    expect(await acme.items()).toBe(1);
    // Whoever takes the risk by its name may.
    await acme.ok(["post", "to all the same", "--accept", "key-change"]);
    expect(await acme.items()).toBe(2);
    await acme.ok(["circle", "remove", "retail-eu", "mallory"]);
    await acme.ok(["post", "among us again"]);
    expect(await acme.items()).toBe(3);
  });

  test("R42: an org of a verified name with another key holds all sending until somebody verified it", async () => {
    const { ticket } = await acme.ok(["invite", "create", "-c", "retail-eu", "--for", "borealis"]);
    await impostor.ok(["join", "-", "--no-input"], `${String(ticket)}\n`);
    const { orgKey } = (await impostor.ok(["verify", "acme", "--show"]))["you"] as { orgKey: string };
    await expect.poll(() => trust(acme, orgKey.slice(0, 12)), patient).toBe("changed");
    const before = await acme.items();
    expect(await refused(acme, "post", "for our eyes")).toMatchObject({
      reason: "PEER_KEY_CHANGED",
      code: "peer_key_changed",
      hint: `tocsin verify ${orgKey.slice(0, 12)}`,
      peer: "borealis",
    });
    expect(await acme.items()).toBe(before);
    // Reading goes on, and so does whoever never verified the name.
    await impostor.ok(["post", "hello", "--wait", "delivered:1", "--timeout", "20s"]);
    await expect.poll(() => acme.items(), patient).toBe(before + 1);
    expect(((await acme.ok(["feed"]))["items"] as Json[])[0]).toMatchObject({ org: "borealis", trust: "changed" });
    expect((await acme.run(["verify", "borealis"])).code).toBe(65);
    // An acknowledgement is a post like any other.
    const { id } = await impostor.ok(["alert", "act now", "--wait", "delivered:1", "--timeout", "20s"]);
    await expect.poll(() => acme.items(), patient).toBe(before + 2);
    expect(await refused(acme, "ack", String(id))).toMatchObject({ reason: "PEER_KEY_CHANGED" });
    await acme.ok(["ack", String(id), "--accept", "key-change"]);

    const [atAcme, atImpostor] = await Promise.all([
      acme.ok(["verify", orgKey.slice(0, 12), "--timeout", "30s"]),
      impostor.ok(["verify", "acme", "--timeout", "30s"]),
    ]);
    expect(atAcme).toMatchObject({ peer: "borealis", orgKey });
    const heard = (atImpostor as unknown as Words).say.join(" ");
    await acme.ok(["verify", orgKey.slice(0, 12), "--heard", heard]);
    await acme.ok(["post", "for all of us"]);
    expect(await acme.items()).toBe(before + 4);
  });
});
