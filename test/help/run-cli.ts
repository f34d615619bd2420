// The built program as a person's shell or a script runs it: a child process with its own home, input and exit code.

import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const dist = process.env["TOCSIN_DIST"] ?? fileURLToPath(new URL("../../dist", import.meta.url));
export const PROGRAM = join(dist, "cli", "main.js");
/** What one run compiled, the next one need not: a sixth of the start of a daemon, and hundreds are started. */
const COMPILED = fileURLToPath(new URL("../../node_modules/.cache/compiled", import.meta.url));

export type Ran = {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as one JSON document. */
  readonly json: () => Record<string, unknown>;
  /** The last line of standard error as a `tocsin.error/1`. */
  readonly error: () => Record<string, unknown>;
};

export type RunOptions = {
  readonly home: string;
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
};

/** Runs to the end. No daemon is started unless `env` says so: TOCSIN_NO_AUTOSTART is set. */
export async function tocsin(words: readonly string[], options: RunOptions): Promise<Ran> {
  const child = spawnCli(words, options);
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
  child.stdin.on("error", () => undefined).end(options.input ?? "");
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return {
    code,
    stdout,
    stderr,
    json: () => parse(stdout),
    error: () => parse(stderr.trim().split("\n").at(-1) ?? ""),
  };
}

export function spawnCli(
  words: readonly string[],
  { home, env = {}, cwd }: RunOptions,
): ChildProcessWithoutNullStreams {
  const { PATH = "", TMPDIR } = process.env;
  const ours = { HOME: home, TOCSIN_HOME: home, TOCSIN_NO_AUTOSTART: "1", NODE_COMPILE_CACHE: COMPILED };
  return spawn(process.execPath, [PROGRAM, ...words], {
    cwd,
    env: { PATH, ...(TMPDIR ? { TMPDIR } : {}), ...ours, ...env },
  });
}

function parse(text: string): Record<string, unknown> {
  return JSON.parse(text) as Record<string, unknown>;
}
