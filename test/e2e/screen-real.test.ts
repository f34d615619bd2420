// B's screen against real daemons: A's alert is on it within a second, `a` acknowledges it, A's wait ends with 0, and the
// terminal is clean after quitting, after SIGTERM and after SIGKILL of the daemon. In tmux where there is one, and in a pty.

import { afterAll, beforeAll, expect, test } from "vitest";
import { gather, Home } from "../help/home.ts";
import { PROGRAM } from "../help/run-cli.ts";
import { tempDir, type TempDir } from "../help/temp-dir.ts";
import { openShell, type OpensTerminal, shows, type ShellTerminal, TERMINALS } from "../help/terminals.ts";

let folder: TempDir;
let acme: Home;
let borealis: Home;
let alerts = 0;

beforeAll(async () => {
  folder = await tempDir();
  acme = await Home.make(folder.path, "acme");
  borealis = await Home.make(folder.path, "borealis");
  await Promise.all([acme.start(), borealis.start()]);
  await gather("retail-eu", acme, borealis);
});

afterAll(async () => {
  await Promise.all([acme, borealis].map(async (home) => home[Symbol.asyncDispose]()));
  await folder[Symbol.asyncDispose]();
});

function screenOf(home: Home, columns: number, rows: number, open: OpensTerminal = openShell): ShellTerminal {
  return open(`real-${columns}`, { columns, rows, env: { TOCSIN_HOME: home.folder, HOME: home.folder } });
}

async function opens(terminal: ShellTerminal): Promise<void> {
  await shows(terminal, /ready>/);
  await terminal.type(`'${process.execPath}' '${PROGRAM}'`, "Enter");
  await shows(terminal, /retail-eu/);
  expect(await terminal.onAlternateScreen()).toBe(true);
}

// The second is promised of an idle machine; other tests run beside this one.
test.each(TERMINALS)(
  "in %s an alert is there within a second, and is acknowledged by one key",
  { retry: 2 },
  async (_where, open) => {
    // Another one each time, so that no try is helped by the one before.
    const said = `Consent phish ${(alerts += 1)}`;
    await using terminal = screenOf(borealis, 80, 24, open);
    await opens(terminal);
    const alerting = acme.run([
      "alert",
      said,
      "--tlp",
      "amber+strict",
      ...["--accept", "unverified"],
      "--ack-by",
      "30m",
      "--wait",
      "acked:1",
      "--timeout",
      "30s",
      "--json",
    ]);
    // The second is counted from when the post is durable, which the sender's own feed shows.
    const latest = async (): Promise<unknown> => (await acme.ok(["feed", "--kind", "alert", "--limit", "1"]))["items"];
    await expect.poll(latest, { timeout: 10_000, interval: 10 }).toMatchObject([{ text: said }]);
    await shows(terminal, new RegExp(`ALERT.*TLP:AMBER\\+STRICT.*${said}`, "s"), 1_000);
    await terminal.type("a");
    const ran = await alerting;
    expect(ran.code).toBe(0);
    expect(ran.json()).toMatchObject({ acked: ["borealis"] });
    await terminal.type("q");
    await shows(terminal, /ready>/);
    expect(await terminal.onAlternateScreen()).toBe(false);
    await terminal.type("echo still-$((40+2))-here", "Enter");
    await shows(terminal, /still-42-here/);
  },
);

test("the board shows who is waited for, and one key reminds them", async () => {
  const { id } = await acme.ok([
    "alert",
    "--title",
    `Patch tonight ${(alerts += 1)}`,
    "--ack-by",
    "30m",
    "--wait",
    "delivered",
    "--timeout",
    "20s",
  ]);
  await using terminal = screenOf(acme, 80, 24);
  await opens(terminal);
  await terminal.type("2");
  await shows(terminal, /Ack board · 1 open[^]*Patch tonight[^]*0\/1[^]*missing: borealis/);
  await terminal.type("w");
  await shows(terminal, /reminded borealis/);
  await borealis.ok(["ack", String(id), "--note", "done"]);
  await shows(terminal, /Nobody is waited for/);
  await terminal.type("1");
  await shows(terminal, /Patch tonight/);
  await terminal.type("q");
  await shows(terminal, /ready>/);
});

test("a wide screen shows circles, feed and the item side by side", async () => {
  await acme.ok([
    "post",
    "VPN spray from a rented server",
    "--ioc",
    "ip:203.0.113.24",
    "--tlp",
    "green",
    "--wait",
    "delivered",
    "--timeout",
    "20s",
  ]);
  await using terminal = screenOf(borealis, 120, 36);
  await opens(terminal);
  await shows(terminal, /VPN spray/);
  await shows(terminal, /203\[\.\]0\[\.\]113\[\.\]24/);
  expect(await terminal.text()).toMatch(/acme/);
  await terminal.type("q");
  await shows(terminal, /ready>/);
});

test("Ctrl-Z gives the terminal back to the shell, and fg the screen", async () => {
  await using terminal = screenOf(borealis, 80, 24);
  await opens(terminal);
  await terminal.type("C-z");
  await shows(terminal, /Stopped|Suspended[^]*ready>/i);
  expect(await terminal.onAlternateScreen()).toBe(false);
  await terminal.type("echo typed-$((3+4))", "Enter");
  await shows(terminal, /typed-7/);
  await terminal.type("fg", "Enter");
  await shows(terminal, /\? help {2}q quit/);
  expect(await terminal.onAlternateScreen()).toBe(true);
  await terminal.type("q");
  await shows(terminal, /ready>/);
});

test("SIGTERM and a daemon that dies leave a clean terminal", async () => {
  await using terminal = screenOf(borealis, 80, 24);
  await shows(terminal, /ready>/);
  // The shell stays and tells how the screen ended.
  await terminal.type(`'${process.execPath}' '${PROGRAM}' & echo $! > ${borealis.folder}/screen.pid; fg`, "Enter");
  await shows(terminal, /retail-eu/);
  await borealis.kill();
  await shows(terminal, /daemon stopped|stopped/);
  const { readFile } = await import("node:fs/promises");
  process.kill(Number(await readFile(`${borealis.folder}/screen.pid`, "utf8")), "SIGTERM");
  await shows(terminal, /ready>/);
  expect(await terminal.onAlternateScreen()).toBe(false);
  await terminal.type("echo typed-$((1+1))", "Enter");
  await shows(terminal, /typed-2/);
  await borealis.start();
});
