// The door of the terminal screen for the command line. It loads Ink and React only when a screen is really opened,
// and settles beforehand what they read from the environment on import.

import type { ReadStream, WriteStream } from "node:tty";
import { TocsinError } from "../../src/base/errors.ts";
import type { TerminalName } from "./escapes.ts";
import type { FirstChoice } from "./first-run.tsx";
import type { Glyphs, Look, Theme } from "./look.ts";
import type { CommandLine } from "./run.tsx";

export type { CommandLine } from "./run.tsx";

export type ScreenOptions = {
  readonly socketPath: string;
  /** Name or id; absent: the first circle. */
  readonly circle?: string;
  /** For wallboards: keys that send or mark as read do nothing. */
  readonly readOnly?: boolean;
  readonly signal?: AbortSignal;
  /** A word for the header, such as DEMO. */
  readonly banner?: string;
  /** Absent: by the environment. */
  readonly theme?: Theme;
  readonly glyphs?: Glyphs;
  /** Absent: `:` runs nothing and there is no editor. */
  readonly commandLine?: CommandLine;
  readonly stdin?: ReadStream;
  readonly stdout?: WriteStream;
};

/**
 * Opens the screen and resolves when the person quits. Throws USAGE without a terminal, DAEMON_NOT_RUNNING and
 * CIRCLE_UNKNOWN before the screen opens, and what broke it after the terminal was restored.
 */
export async function openScreen(options: ScreenOptions): Promise<void> {
  const { socketPath, circle, signal, readOnly = false, banner = "", commandLine } = options;
  const { stdin = process.stdin, stdout = process.stdout } = options;
  if (!stdin.isTTY || !stdout.isTTY) {
    throw new TocsinError("USAGE", "the screen needs a terminal", { hint: "run tocsin feed" });
  }
  const { env } = process;
  const look = prepared(env, options);
  const { runScreen } = await import("./run.tsx");
  const terminalName = terminalOf(env);
  await runScreen({ socketPath, circle, signal, readOnly, banner, commandLine, stdin, stdout, look, terminalName });
}

/** The same for whoever hears it: sentences and typed commands, without a screen. Needs no terminal. */
export async function openLinear(
  options: Pick<ScreenOptions, "socketPath" | "circle" | "readOnly" | "signal">,
): Promise<void> {
  const { socketPath, circle, readOnly = false, signal } = options;
  const { runLinear } = await import("./linear/run.ts");
  const write = (text: string): void => void process.stdout.write(text);
  await runLinear({ socketPath, circle, readOnly, signal, input: process.stdin, write });
}

/** Whether the environment asks for sentences: a screen reader, or a terminal that can do no more. */
export function wantsLinear(env: Environment): boolean {
  return env["INK_SCREEN_READER"] === "true" || env["TERM"] === "dumb";
}

/** What a person without an organisation wants to begin with; undefined: nothing. Throws USAGE without a terminal. */
export async function openFirstRun(): Promise<FirstChoice | undefined> {
  const { stdin, stdout, env } = process;
  if (!stdin.isTTY || !stdout.isTTY) throw new TocsinError("USAGE", "the screen needs a terminal");
  const look = prepared(env, {});
  const { chooseFirst } = await import("./first-run.tsx");
  return chooseFirst({ stdin, stdout, look });
}

/** Settles what Ink and React read from the environment when they are loaded. */
function prepared(env: NodeJS.ProcessEnv, { theme = themeOf(env), glyphs = glyphsOf(env) }: Partial<Look>): Look {
  env["NODE_ENV"] ??= "production";
  // Ink's colours know only FORCE_COLOR (no-color.org asks for NO_COLOR).
  if (theme === "mono") env["FORCE_COLOR"] = "0";
  return { theme, glyphs };
}

type Environment = Readonly<Record<string, string | undefined>>;

/** NO_COLOR means mono; COLORFGBG, where a terminal sets it, ends with the number of its background. */
function themeOf(env: Environment): Theme {
  if ((env["NO_COLOR"] ?? "") !== "") return "mono";
  const background = Number(/;(\d+)$/u.exec(env["COLORFGBG"] ?? "")?.[1] ?? "0");
  return background === 7 || background === 15 ? "light" : "dark";
}

/** ASCII where the locale is not of UTF-8; one that is not named may be anything, and all are by now. */
function glyphsOf(env: Environment): Glyphs {
  const locale = [env["LC_ALL"], env["LC_CTYPE"], env["LANG"]].find((name) => name !== undefined && name !== "");
  return locale === undefined || /utf-?8/iu.test(locale) ? "unicode" : "ascii";
}

function terminalOf(env: Environment): TerminalName {
  const { TERM: term = "", TERM_PROGRAM: program = "", TMUX: tmux, STY: screen } = env;
  return { term, program, isMultiplexed: tmux !== undefined || screen !== undefined || /^(tmux|screen)/u.test(term) };
}
