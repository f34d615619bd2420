// Asking a person: a line, a secret without echo, yes or no, a text in their editor. Questions go to standard error, so
// that standard output stays data. Loaded only where somebody can be asked.

import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline/promises";
import { Writable } from "node:stream";
import { TocsinError } from "../src/base/errors.ts";
import type { Environment } from "./homes.ts";

/** One line as typed, without the spaces around it. Throws CANCELLED where the terminal is closed. */
export async function ask(question: string): Promise<string> {
  return (await readTerminal(process.stderr, (lines, options) => lines.question(question, options))).trim();
}

/** One line that is not shown while it is typed. */
export async function askSecret(question: string): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  try {
    return await readTerminal(silent, async (lines, options) => {
      // Only now has the terminal stopped to echo: whoever types at sight of the question is not shown.
      process.stderr.write(question);
      return lines.question("", options);
    });
  } finally {
    process.stderr.write("\n");
  }
}

/** Anything but a clear yes is no. */
export async function confirm(question: string): Promise<boolean> {
  return /^y(es)?$/i.test(await ask(`${question} [y/N] `));
}

type Asking = (lines: Interface, options: { signal: AbortSignal }) => Promise<string>;

async function readTerminal(output: NodeJS.WritableStream, asking: Asking): Promise<string> {
  const lines = createInterface({ input: process.stdin, output, terminal: true });
  const closed = new AbortController();
  lines.on("SIGINT", () => lines.close());
  lines.on("close", () => closed.abort());
  try {
    return await asking(lines, { signal: closed.signal });
  } catch (cause) {
    throw new TocsinError("CANCELLED", "nothing was entered", { cause });
  } finally {
    lines.close();
  }
}

/** What a person makes of `text` in $VISUAL or $EDITOR; the page, which only they may read, is removed afterwards. */
export async function askEditor(env: Environment, text = ""): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tocsin-"));
  try {
    const page = join(folder, "text.md");
    if (text !== "") await writeFile(page, text, { mode: 0o600 });
    await runEditor(env["VISUAL"] ?? env["EDITOR"] ?? "vi", page);
    return await readFile(page, "utf8").catch(() => "");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runEditor(editor: string, page: string): Promise<void> {
  const [program = "vi", ...options] = editor.split(" ").filter((word) => word !== "");
  const child = spawn(program, [...options, page], { stdio: "inherit" });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.once("error", reject);
  child.once("exit", (code) => (code === 0 ? resolve() : reject(new Error(`exit code ${code}`))));
  try {
    await promise;
  } catch (cause) {
    throw new TocsinError("CANCELLED", "the editor failed, nothing was sent", { cause });
  }
}
