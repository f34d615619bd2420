// A day at the screen, by real commands and real daemons: the first run of a new organisation, joining by ticket, verifying by voice, a
// sighting written and reviewed, an ask answered, a search, a withdrawal, any command; at two sizes.

import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { gather, Home } from "../help/home.ts";
import { PROGRAM } from "../help/run-cli.ts";
import { tempDir } from "../help/temp-dir.ts";
import { openShell, shows, type ShellTerminal } from "../help/terminals.ts";

const TOCSIN = `'${process.execPath}' '${PROGRAM}'`;

function shellOf(folder: string, columns: number, rows: number): ShellTerminal {
  return openShell(`story-${columns}`, {
    columns,
    rows,
    env: { TOCSIN_HOME: folder, HOME: folder, EDITOR: join(folder, "editor") },
  });
}

async function opens(terminal: ShellTerminal, seen: RegExp = /retail-eu/): Promise<void> {
  await shows(terminal, /ready>/);
  await terminal.type(TOCSIN, "Enter");
  await shows(terminal, seen);
  expect(await terminal.onAlternateScreen()).toBe(true);
}

test("a machine without an organisation: the first screen, the questions, a circle, a ticket", async () => {
  await using folder = await tempDir();
  await using acme = await Home.make(folder.path, "acme");
  await acme.start();
  await acme.ok(["circle", "create", "retail-eu"]);
  const { ticket } = await acme.ok(["invite", "create", "-c", "retail-eu", "--for", "newbank"]);
  const home = join(folder.path, "newbank");
  await using terminal = shellOf(home, 80, 24);
  await opens(terminal, /No organisation on this machine yet/);
  await terminal.type("i");
  await shows(terminal, /Name of the organisation:/);
  expect(await terminal.onAlternateScreen()).toBe(false);
  await terminal.type("newbank", "Enter");
  await shows(terminal, /Your name:/);
  await terminal.type("kim", "Enter");
  await shows(terminal, /Passphrase for the keys/);
  await terminal.type("correct horse battery staple", "Enter");
  await shows(terminal, /The same again/);
  await terminal.type("correct horse battery staple", "Enter");
  await shows(terminal, /Written down\?/, 30_000);
  await terminal.type("Enter");
  await shows(terminal, /No circle yet/, 30_000);
  await terminal.type("J");
  await shows(terminal, /ticket \(not shown\)/);
  await terminal.type(String(ticket));
  await shows(terminal, /•••/);
  expect(await terminal.text()).not.toContain(String(ticket).slice(-12));
  await terminal.type("Enter");
  await shows(terminal, /Join retail-eu\?[^]*Invited {2}by acme[^]*Enter joins/);
  await terminal.type("Enter");
  await shows(terminal, /joined retail-eu; now verify acme/);
  await terminal.type("3");
  await shows(terminal, /newbank[^]*you/);
  await terminal.type("C-c");
  await shows(terminal, /ready>/);
  await terminal.type(`${TOCSIN} daemon stop`, "Enter");
  await expect.poll(async () => (await acme.status()).peers.up, { timeout: 15_000 }).toBe(0);
});

describe.each([
  [80, 24],
  [120, 36],
])("at %ix%i", (columns, rows) => {
  test("verify, compose with review, receive, answer, search, retract, a storm of sizes", async () => {
    await using folder = await tempDir();
    await using acme = await Home.make(folder.path, "acme");
    await using borealis = await Home.make(folder.path, "borealis");
    await Promise.all([acme.start(), borealis.start()]);
    await gather("retail-eu", acme, borealis);
    const editor = join(acme.folder, "editor");
    await writeFile(editor, '#!/bin/sh\necho "Beacon every 60 s." >> "$1"\n');
    await chmod(editor, 0o700);

    await using mine = shellOf(acme.folder, columns, rows);
    await opens(mine);

    // Verified by voice: the other person is at the command line.
    await mine.type("3");
    await shows(mine, /borealis +\? new/);
    await mine.type("j", "v");
    await shows(mine, /Waiting until they begin too/);
    const theirs = borealis.ok(["verify", "acme", "--no-input"]);
    await shows(mine, /You read these aloud:/);
    const { say } = (await theirs) as { say: string[] };
    const read =
      /You read these aloud: +(?:\d (\w+) +)(?:\d (\w+) +)(?:\d (\w+))/.exec(await mine.text())?.slice(1) ?? [];
    expect(read).toHaveLength(3);
    await mine.type(say.join(" "), "Enter");
    await borealis.ok(["verify", "acme", "--heard", read.join(" ")]);
    await shows(mine, /borealis is verified/);
    await mine.type("Enter");
    await shows(mine, /borealis +✓ words/);

    // A sighting with an address of a person in it: the review finds it, and it is taken out before it leaves.
    await mine.type("1", "c");
    await shows(mine, /New SIGHTING → retail-eu/);
    await mine.type("Beacon to 203.0.113.24", "Enter", "Mailed to dana@acme.example. ");
    await mine.type("C-e");
    await shows(mine, /Beacon every 60 s\./);
    await mine.type("C-s");
    await shows(mine, /Review · SIGHTING to retail-eu[^]*FOUND[^]*dana@acme\.example/);
    await mine.type("Enter");
    await shows(mine, /decide about what was found/);
    await mine.type("a");
    await shows(mine, /taken out[^]*READ BY 1[^]*borealis ✓/);
    await mine.type("Enter");
    await shows(mine, /sighting sent/);
    const feed = async (home: Home): Promise<readonly Record<string, unknown>[]> =>
      (await home.ok(["feed", "--limit", "5"]))["items"] as Record<string, unknown>[];
    await expect
      .poll(async () => feed(borealis), { timeout: 10_000 })
      .toMatchObject([{ title: "Beacon to 203.0.113.24" }]);
    const [sent] = await feed(borealis);
    expect(sent).toMatchObject({ indicators: [{ type: "ip", value: "203.0.113.24" }] });
    expect(String(sent?.["text"])).toContain("Beacon every 60 s.");
    expect(String(sent?.["text"])).not.toContain("dana@acme.example");

    // An ask arrives, is answered by one key, and the tally is here.
    await borealis.ok(["ask", "Anyone else see AS64500 scanning?", "--wait", "delivered", "--timeout", "20s"]);
    await mine.type("4");
    await shows(mine, /Asks · 1 open · 1 not answered/);
    await mine.type("+");
    await shows(mine, /answer yes leaves in/);
    await shows(mine, /you answered yes/);

    // Found by its indicator, withdrawn by a command that the screen runs.
    await mine.type("/", "ip:203.0.113.24", "Enter");
    await shows(mine, /Search · ip:203\.0\.113\.24[^]*1 hit/);
    await mine.type("Enter");
    await shows(mine, /INDICATORS \(1\)/);
    await mine.type("Escape");
    await mine.type(":", `retract ${String(sent?.["id"])} "our own test"`, "Enter");
    await shows(mine, /─ tocsin retract [^]*(queued for|delivered)[^]*Esc back/);
    await mine.type("Escape", "1");
    await shows(mine, /VOID/);
    await expect
      .poll(async () => feed(borealis), { timeout: 10_000 })
      .toContainEqual(expect.objectContaining({ state: "retracted" }));

    for (const [wide, high] of [
      [60, 18],
      [140, 40],
      [58, 16],
      [100, 30],
      [61, 19],
      [columns, rows],
    ] as const)
      await mine.resize(wide, high);
    await shows(mine, /\? help {2}q quit/);
    await mine.type("q");
    await shows(mine, /ready>/);
    expect(await mine.onAlternateScreen()).toBe(false);
  });
});
