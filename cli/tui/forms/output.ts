// A command of the command line, run from the screen, and what it prints. Pure.

import { clamp, ifItMay, type ScreenEvent, type Stepped, still, told } from "../events.ts";
import type { Key } from "../keys.ts";
import { bodyHeight } from "../layout.ts";
import { instead, type Output, over, uncovered } from "../overlay.ts";
import { wrap } from "../cells.ts";
import { fill, textRow, type Row } from "../rows.ts";
import type { Screen } from "../screen.ts";
import type { Size } from "../views/view.ts";

/** Lines that are kept of a command that prints on. */
const LINES_MAX = 2_000;
/** Commands that need the terminal for themselves. */
const OWN_TERMINAL = new Set(["ui", "demo", "init"]);

/** Runs `words` (without the name of the program) and shows what comes of it. */
export function runCommand(screen: Screen, words: readonly string[]): Stepped {
  const [first = ""] = words;
  if (screen.commands.length === 0) return told(screen, "commands are not run from here");
  if (OWN_TERMINAL.has(first)) return told(screen, `${first} needs a terminal of its own`);
  const title = words.join(" ");
  return ifItMay(screen, () => ({
    screen: over(screen, { kind: "output", title, lines: [], top: 0, code: undefined }),
    effects: [{ kind: "command", words }],
  }));
}

/** The words of a line as a shell parts them, or undefined where a quote is not closed. */
export function wordsOf(text: string): readonly string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let at = 0; at < text.length; at++) {
    const letter = text[at] ?? "";
    if (letter === "\\" && quote !== "'" && at + 1 < text.length) {
      at += 1;
      word = (word ?? "") + (text[at] ?? "");
    } else if (quote !== "") {
      if (letter === quote) quote = "";
      else word = (word ?? "") + letter;
    } else if (letter === '"' || letter === "'") {
      quote = letter;
      word ??= "";
    } else if (letter === " ") {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + letter;
  }
  if (word !== undefined) words.push(word);
  return quote === "" ? words : undefined;
}

export function pressOutput(screen: Screen, output: Output, key: Key): Stepped {
  const page = bodyHeight(screen) - 2;
  const moves: Readonly<Record<Key, number>> = {
    ...{ j: 1, down: 1, k: -1, up: -1, g: -Infinity, home: -Infinity, G: Infinity, end: Infinity },
    ...{ "ctrl-d": page / 2, "ctrl-u": -page / 2, pagedown: page, pageup: -page, " ": page },
  };
  const by = moves[key];
  if (by !== undefined) {
    const rows = shownLines(output, screen.columns - 2).length;
    const top = clamp(Math.round(output.top + by), Math.max(1, rows - page + 1));
    return still(instead(screen, { ...output, top }));
  }
  if (key === "y" && output.lines.length > 0) {
    const notice = { text: "the output is copied, where the terminal allows it", tone: "plain" } as const;
    return { screen: { ...screen, notice }, effects: [{ kind: "copy", text: output.lines.join("\n") }] };
  }
  if (key !== "esc" && key !== "q" && key !== "enter") return still(screen);
  return { screen: uncovered(screen), effects: output.code === undefined ? [{ kind: "stop" }] : [] };
}

/** What the command printed, and its end. */
export function outputEvent(screen: Screen, event: ScreenEvent & { kind: "printed" | "ended" }): Stepped {
  const put = (change: (output: Output) => Output): Screen => ({
    ...screen,
    overlays: screen.overlays.map((one) => (one.kind === "output" && one.code === undefined ? change(one) : one)),
  });
  if (event.kind === "ended") return still(put((output) => ({ ...output, code: event.code })));
  return still(put((output) => ({ ...output, lines: [...output.lines, ...event.lines].slice(-LINES_MAX) })));
}

export function outputRows(output: Output, size: Size): Row[] {
  const lines = shownLines(output, size.width);
  return fill(
    lines.slice(output.top).map((line) => textRow(size.width, ` ${line}`)),
    size,
  );
}

function shownLines({ lines, code }: Output, width: number): string[] {
  const end = code === undefined ? ["…"] : code === 0 ? [] : ["", `! exit code ${code}`];
  const silent = code === 0 && lines.length === 0 ? ["done"] : [];
  return [...lines.flatMap((line) => wrap(line, width - 2)), ...silent, ...end];
}
