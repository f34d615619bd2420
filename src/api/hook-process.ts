// One program, run once: no shell, no environment of ours, its input a line of JSON, its output nowhere, and an end in any case.

import { type ChildProcess, spawn } from "node:child_process";
import type { Clock } from "../base/clock.ts";
import { limits } from "../base/limits.ts";

/** How it ended: `exit` with its code where that was not 0. */
export type HookEnd =
  | { readonly how: "done" }
  | { readonly how: "exit"; readonly code: number }
  | { readonly how: "not started" | "killed" | "took too long" };

/** All that a program is told of where it runs. */
const ENVIRONMENT = { PATH: "/usr/local/bin:/usr/bin:/bin", LANG: "C.UTF-8" };

/** Runs `argv` with `input` on its standard input. Ended after `limits.hookMs`, and when `signal` aborts. Never rejects. */
export async function runHook(
  argv: readonly string[],
  input: string,
  {
    clock,
    signal,
    timeoutMs = limits.hookMs,
  }: { readonly clock: Clock; readonly signal: AbortSignal; readonly timeoutMs?: number },
): Promise<HookEnd> {
  const [program = "", ...words] = argv;
  // A group of its own, so that what it starts ends with it.
  const child = spawn(program, words, {
    ...{ shell: false, detached: true, cwd: "/", env: ENVIRONMENT },
    stdio: ["pipe", "ignore", "ignore"],
  });
  const over = new AbortController();
  const ended = new Promise<HookEnd>((resolve) => {
    child.once("error", () => resolve({ how: "not started" }));
    child.once("exit", (code) =>
      resolve(code === 0 ? { how: "done" } : code === null ? { how: "killed" } : { how: "exit", code }),
    );
  });
  // It need not read what it is told.
  child.stdin?.on("error", () => undefined).end(`${input}\n`);
  let isLate = false;
  const guard = async (): Promise<void> => {
    const late = clock.wait(timeoutMs, AbortSignal.any([over.signal, signal])).then(
      () => void (isLate = true),
      () => undefined,
    );
    await late;
    if (over.signal.aborted) return;
    end(child, "SIGTERM");
    await clock.wait(limits.hookGraceMs, over.signal).catch(() => undefined);
    if (!over.signal.aborted) end(child, "SIGKILL");
  };
  const guarded = guard();
  const how = await ended;
  over.abort();
  await guarded;
  return isLate && how.how !== "not started" ? { how: "took too long" } : how;
}

/** Signals the group of a child that was not waited for yet: its number is nobody else's until then. */
function end(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, signal);
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause && cause.code === "ESRCH")) throw cause;
  }
}
