// What the command line writes: data on standard output, talk on standard error. Beside the prompts, the only
// file that writes to either.
// In the JSON modes nothing but documents may reach standard output, and nothing at all where the command fails.

import type { TocsinError } from "../src/base/errors.ts";
import { errorDocumentOf } from "../src/api/problem.ts";
import { safeText } from "./safe-text.ts";

export type OutputMode = "text" | "json" | "ndjson";

export type Output = {
  readonly mode: OutputMode;
  /** Whether standard output is a terminal. */
  readonly terminal: boolean;
  readonly colour: boolean;
  /** One document, or its lines for a person (already made safe). */
  readonly document: (document: object, lines: () => readonly string[]) => void;
  /** A list: in NDJSON each row is one object, otherwise as `document`. */
  readonly list: (document: object, rows: readonly object[], lines: () => readonly string[]) => void;
  /** One object of a stream: a JSON line in both JSON modes. */
  readonly row: (row: object, lines: () => readonly string[]) => void;
  /** A sentence for the person, on standard error; left out by --quiet. */
  readonly note: (sentence: string) => void;
};

type Wish = {
  readonly json: boolean;
  readonly ndjson: boolean;
  readonly quiet: boolean;
  readonly color?: string | undefined;
};

/** `env` decides about colour together with --color: NO_COLOR, FORCE_COLOR and TERM=dumb are honoured. */
export function openOutput(wish: Wish, env: Readonly<Record<string, string | undefined>>): Output {
  const mode = wish.ndjson ? "ndjson" : wish.json ? "json" : "text";
  const terminal = process.stdout.isTTY;
  const document = (value: object, lines: () => readonly string[]): void => {
    print(mode === "text" ? lines() : [JSON.stringify(value)]);
  };
  // Whoever read enough closes the pipe: that is no failure.
  process.stdout.on("error", (cause: NodeJS.ErrnoException) => {
    process.exit(cause.code === "EPIPE" ? 0 : 74);
  });
  return {
    mode,
    terminal,
    colour: mode === "text" && wantsColour(wish.color ?? "auto", terminal, env),
    document,
    list: (value, rows, lines) => {
      if (mode === "ndjson") print(rows.map((row) => JSON.stringify(row)));
      else document(value, lines);
    },
    row: document,
    note: (sentence) => {
      if (!wish.quiet) process.stderr.write(`tocsin: ${sentence}\n`);
    },
  };
}

/** Writes text as it is: help, prompts. */
export function writeText(text: string, where: "stdout" | "stderr"): void {
  process[where].write(text);
}

/** Whether a person sees what goes to standard error: a secret goes there, and nowhere that a pipe could lead to. */
export function showsSecrets(): boolean {
  return process.stderr.isTTY;
}

/** Tells a failure on standard error and answers its exit code. */
export function tellFailure(error: TocsinError, json: boolean): number {
  const document = errorDocumentOf(error);
  // The message may quote what a peer wrote.
  const hint = error.hint === undefined ? "" : `try: ${safeText(error.hint)}\n`;
  const text = json ? `${JSON.stringify(document)}\n` : `tocsin: error: ${safeText(error.message)}\n${hint}`;
  process.stderr.write(text);
  return document.exit;
}

function print(lines: readonly string[]): void {
  if (lines.length > 0) process.stdout.write(`${lines.join("\n")}\n`);
}

function wantsColour(when: string, terminal: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  if (when !== "auto") return when === "always";
  if (env["NO_COLOR"]) return false;
  if (env["FORCE_COLOR"]) return env["FORCE_COLOR"] !== "0";
  return terminal && env["TERM"] !== "dumb";
}
