// Draws the two pictures of the screen for the README from the running program, `tocsin demo` in a pseudo-terminal: some twenty
// seconds. Run with `npm run pictures`. The seed fixes what is said; the hour and the ids are of that run, so the files differ.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { PROGRAM } from "../test/help/run-cli.ts";
import { openTerminalOn, type PersonsTerminal } from "../test/help/screen.ts";
import { screenSvg } from "./screen-svg.ts";

/** A seed with alerts, asks and an incident from several organisations in its first scenes. */
const DEMO = ["demo", "--seed", "85", "--speed", "4x"];
const SIZE = { columns: 120, rows: 36 };
const PATIENCE_MS = 60_000;
const LOOK_EVERY_MS = 50;
const ROWS_MAX = 12;
const TITLE = `tocsin ${DEMO.join(" ")}`;
const FEED =
  "The feed of a circle in the terminal: circles and peers, posts with their TLP markings, the chosen post, pinned alerts";
const BOARD = "The board of acknowledgements: each alert, when it is due, who acknowledged it and who did not";
const CTRL_C = "\u0003";

const home = await mkdtemp(join(tmpdir(), "tocsin-pictures-"));
try {
  await using terminal = openTerminalOn(process.execPath, [PROGRAM, ...DEMO], {
    ...SIZE,
    env: { HOME: home, TOCSIN_HOME: home, TMPDIR: home, COLORTERM: "truecolor", TOCSIN_NO_INPUT: "" },
  });
  await until(terminal, "three alerts among fourteen items", (text) => /▲3 need ack.*unread 1[4-9]/.test(text));
  await choose(terminal, "a sighting with its indicator", (text) => text.includes("INDICATORS (1)"));
  await take(terminal, "feed", FEED);
  terminal.type("2");
  await until(terminal, "the board with two of four", (text) => text.includes("Ack board") && text.includes(" 2/4 "));
  await choose(terminal, "an alert that two have acknowledged", (text) => /"?\w+\/\w+ \d\d:\d\d/.test(text));
  await take(terminal, "acks", BOARD);
  terminal.type(CTRL_C);
  await ended(terminal);
} finally {
  await rm(home, { recursive: true, force: true });
}

/** Waits until the screen shows it and stands still, so that no half-drawn frame is taken. */
async function until(terminal: PersonsTerminal, what: string, shows: (text: string) => boolean): Promise<void> {
  const startedMs = performance.now();
  for (let before = ""; ;) {
    const text = terminal.text();
    if (shows(text) && text === before) return;
    const gone = terminal.exit();
    if (gone) throw new Error(`the program ended with ${gone.code} before ${what}; last seen:\n${text}`);
    if (performance.now() - startedMs > PATIENCE_MS) throw new Error(`never came: ${what}; last seen:\n${text}`);
    before = text;
    await pause(LOOK_EVERY_MS);
  }
}

/** Moves down until the chosen row shows it; each key is answered by a frame before the next one is sent. */
async function choose(terminal: PersonsTerminal, what: string, shows: (text: string) => boolean): Promise<void> {
  for (let row = 0; row < ROWS_MAX; row++) {
    if (shows(terminal.text())) return;
    const before = terminal.text();
    terminal.type("j");
    await until(terminal, `the row after ${row}`, (text) => text !== before);
  }
  throw new Error(`no row shows ${what}; last seen:\n${terminal.text()}`);
}

/** Waits for the program to end by itself; if it does not, leaving the block ends it. */
async function ended(terminal: PersonsTerminal): Promise<void> {
  const startedMs = performance.now();
  while (terminal.exit() === undefined) {
    if (performance.now() - startedMs > PATIENCE_MS) throw new Error("Ctrl-C did not end the program");
    await pause(LOOK_EVERY_MS);
  }
  if (terminal.exit()?.code !== 0) throw new Error(`it ended with ${JSON.stringify(terminal.exit())}`);
}

async function take(terminal: PersonsTerminal, name: string, label: string): Promise<void> {
  const svg = screenSvg(terminal.cells(), { title: TITLE, label });
  const path = `docs/pictures/${name}.svg`;
  await writeFile(fileURLToPath(new URL(`../${path}`, import.meta.url)), svg);
  console.log(`${path}  ${(svg.length / 1_024).toFixed(1)} KiB`);
}
