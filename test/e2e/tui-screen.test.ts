// The real screen in a pseudo-terminal against a scripted feed: what a person sees, types and is left with.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { alert, fakeFeed, item, VENDORS, type FakeFeed } from "../help/fake-feed.ts";
import { openTerminalOn, type PersonsTerminal } from "../help/screen.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const dist = process.env["TOCSIN_DIST"] ?? join(root, "dist");
const patience = { timeout: 15_000, interval: 20 };

let folder = "";
let socketPath = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tocsin-screen-"));
  socketPath = join(folder, "daemon.sock");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function feed(): Promise<FakeFeed> {
  return fakeFeed(socketPath, [
    item({ title: "Typosquat acme-b4nk.example registered", tlp: "clear" }, 40),
    item(
      {
        title: "VPN portal password spray",
        text: "From 203.0.113.24 since dawn.\u202E\u001B[31m",
        indicators: [{ type: "ip", value: "203.0.113.24" }],
        org: "globex",
      },
      14,
    ),
    item({ title: "elsewhere: MFA fatigue wave", circle: VENDORS }, 5),
  ]);
}

function open(options: { columns?: number; rows?: number; env?: Record<string, string> } = {}): PersonsTerminal {
  const { columns = 80, rows = 24, env = {} } = options;
  return openTerminalOn(process.execPath, [join(root, "test/help/open-screen.ts"), dist, socketPath], {
    columns,
    rows,
    env,
  });
}

async function sees(screen: PersonsTerminal, text: string): Promise<void> {
  await expect.poll(() => screen.text(), patience).toContain(text);
}

test("an analyst reads the feed, opens an item, comes back and quits to a clean terminal", async () => {
  await using daemon = await feed();
  await using screen = open();
  await sees(screen, "VPN portal password spray");
  expect(screen.onAlternateScreen()).toBe(true);
  expect(screen.text()).toContain("TLP:CLEAR");
  expect(screen.text()).toContain("DEMO");
  // oxlint-disable-next-line no-control-regex
  expect(screen.raw()).toMatch(/\u001B\[[\d;]*mTLP:CLEAR/);
  expect(screen.text()).not.toContain("elsewhere");

  screen.type("\r");
  await sees(screen, "From 203[.]0[.]113[.]24 since dawn.‹U+202E›‹U+001B›[31m");
  await sees(screen, "DELIVERY 2/3");
  await expect.poll(() => daemon.calls.filter(({ method }) => method === "read.mark").length, patience).toBe(0);
  screen.type("\u001B");
  await sees(screen, "Enter open");
  screen.type("q");
  await expect.poll(() => screen.exit(), patience).toEqual({ code: 0, signal: 0 });
  expect(screen.onAlternateScreen()).toBe(false);
  expect(screen.text()).toContain("good bye");
  expect(screen.raw()).toContain("\u001B[?25h");
  // The frame is wiped before the alternate screen is left: some terminals spill it otherwise.
  const last = screen.raw().slice(screen.raw().lastIndexOf("\u001B[J"), screen.raw().lastIndexOf("\u001B[?1049l"));
  expect(last.startsWith("\u001B[J")).toBe(true);
  expect(last).not.toContain("VPN portal");
  expect(screen.raw().lastIndexOf("\u001B[?2004l")).toBeGreaterThan(screen.raw().lastIndexOf("\u001B[?2004h"));
});

test("an alert rings once, is pinned, and `a` acknowledges it after three seconds", async () => {
  await using daemon = await feed();
  await using screen = open();
  await sees(screen, "VPN portal password spray");
  daemon.arrive(alert({ title: "OAuth consent phish" }));
  await sees(screen, "[a]ack");
  expect(screen.rows()[2]).toMatch(/^▲ ALERT a-\w{6} northwind✓ TLP:AMBER\+STRICT OAuth consent phish/);
  await expect.poll(() => screen.bells(), patience).toBe(1);

  screen.type("a");
  await sees(screen, "U takes it back");
  screen.type("U");
  await sees(screen, "taken back, nothing was sent");
  expect(daemon.calls.some(({ method }) => method === "post")).toBe(false);

  screen.type("a");
  await sees(screen, "acknowledged · held by 1 of 3");
  const posts = daemon.calls.filter(({ method }) => method === "post");
  expect(posts).toMatchObject([{ params: { draft: { kind: "ack", re: daemon.items[3]?.id } } }]);
  expect(screen.text()).not.toContain("[a]ack");
  expect(screen.text()).toContain("1/3");
  expect(screen.bells()).toBe(1);
});

test("merged keys are taken one by one and pasted text is no command", async () => {
  await using _daemon = await feed();
  await using screen = open();
  await sees(screen, "VPN portal password spray");
  screen.type("j\r");
  await sees(screen, "Typosquat acme-b4nk.example registered");
  await sees(screen, "Esc back");
  screen.type("\u001B[200~qqaaq\u001B[201~");
  screen.type("\u001B]");
  await sees(screen, "elsewhere: MFA fatigue wave");
  expect(screen.exit()).toBeUndefined();
});

test("when the daemon dies the saved feed stays, and what arrived meanwhile shows when it returns", async () => {
  await using daemon = await feed();
  await using screen = open();
  await sees(screen, "VPN portal password spray");
  await daemon.stop();
  await sees(screen, "✗ daemon stopped");
  expect(screen.text()).toContain("showing saved data, read-only");
  expect(screen.text()).toContain("VPN portal password spray");
  daemon.items.push(item({ title: "posted while away" }));
  await daemon.start();
  await sees(screen, "posted while away");
  expect(screen.text()).not.toContain("daemon stopped");
  const last = daemon.calls.findLast(({ method }) => method === "subscribe");
  expect(last?.params).toHaveProperty("after");
});

test("a storm of resizes ends in a whole screen, also after one that was too small", async () => {
  await using _daemon = await feed();
  await using screen = open({ columns: 100, rows: 20 });
  await sees(screen, "─ detail ─");
  for (const [columns, rows] of [
    [60, 18],
    [140, 40],
    [58, 16],
    [61, 19],
    [120, 36],
    [40, 10],
  ] as const) {
    screen.resize(columns, rows);
  }
  await sees(screen, "terminal 40x10 is too small");
  screen.resize(80, 24);
  await sees(screen, "? help  q quit");
  await sees(screen, "VPN portal password spray");
  await expect.poll(() => screen.rows()[0], patience).toMatch(/^ tocsin DEMO acme-bank {2}retail-eu .*Z$/);
});

test("two screens at once: what one says the other shows, and one that ends takes nothing from it", async () => {
  await using daemon = await feed();
  await using first = open();
  await using second = open();
  await sees(first, "VPN portal password spray");
  await sees(second, "VPN portal password spray");
  daemon.arrive(alert({ title: "OAuth consent phish" }));
  await sees(second, "[a]ack");
  first.type("aq");
  await expect.poll(() => first.exit(), patience).toEqual({ code: 0, signal: 0 });
  await expect.poll(() => second.text(), patience).not.toContain("[a]ack");
  expect(daemon.calls.filter(({ method }) => method === "post")).toHaveLength(1);
});

test("Ctrl-L paints everything anew", async () => {
  await using _daemon = await feed();
  await using screen = open();
  await sees(screen, "VPN portal password spray");
  const before = screen.raw().length;
  screen.type("\f");
  await expect.poll(() => screen.raw().slice(before), patience).toContain("VPN portal password spray");
  await sees(screen, "VPN portal password spray");
  expect(screen.rows()[0]).toMatch(/^ tocsin DEMO/);
});

test.each([
  ["SIGTERM", 15],
  ["SIGINT", 2],
  ["SIGHUP", 1],
])("%s leaves a clean terminal and the shell sees the signal", async (name, number) => {
  await using _daemon = await feed();
  await using screen = open();
  await sees(screen, "VPN portal password spray");
  screen.kill(name);
  await expect.poll(() => screen.exit(), patience).toEqual({ code: 0, signal: number });
  expect(screen.onAlternateScreen()).toBe(false);
  expect(screen.raw()).toContain("\u001B[?25h");
});

test("Ctrl-C quits anywhere", async () => {
  await using _daemon = await feed();
  await using screen = open();
  await sees(screen, "VPN portal password spray");
  screen.type("?");
  await sees(screen, "Help (? closes");
  screen.type("\u0003");
  await expect.poll(() => screen.exit(), patience).toEqual({ code: 0, signal: 0 });
  expect(screen.onAlternateScreen()).toBe(false);
});

test("a bug while drawing is told on the primary screen, with exit code 70", async () => {
  await using daemon = await feed();
  await using screen = open();
  await sees(screen, "VPN portal password spray");
  daemon.arrive(item({ title: "no label", tlp: undefined as never }));
  await expect.poll(() => screen.exit()?.code, patience).toBe(70);
  expect(screen.onAlternateScreen()).toBe(false);
  expect(screen.text()).toContain("error: INTERNAL");
});

test("without a daemon the screen never opens", async () => {
  await using screen = open();
  await expect.poll(() => screen.exit()?.code, patience).toBe(69);
  expect(screen.text()).toContain("DAEMON_NOT_RUNNING");
  expect(screen.raw()).not.toContain("\u001B[?1049h");
});

test("without a terminal the screen names the command that needs none", async () => {
  await using _daemon = await feed();
  await using screen = openTerminalOn(
    "/bin/sh",
    ["-c", `"${process.execPath}" "${join(root, "test/help/open-screen.ts")}" "${dist}" "${socketPath}" </dev/null`],
    { columns: 80, rows: 24 },
  );
  await expect.poll(() => screen.exit()?.code, patience).toBe(64);
  expect(screen.text()).toContain("tocsin feed");
});

test("with NO_COLOR nothing is coloured and nothing is lost", async () => {
  await using _daemon = await feed();
  await using screen = open({ env: { NO_COLOR: "1" } });
  await sees(screen, "VPN portal password spray");
  // oxlint-disable-next-line no-control-regex
  expect(screen.raw()).not.toMatch(/\u001B\[[\d;]*m/);
  expect(screen.rows().some((row) => row.startsWith("›"))).toBe(true);
});
