// Starting the daemon in the background. The passphrase goes through an inherited pipe, and through the same pipe the
// daemon says that it is ready or why not; its log goes to a file.

import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, open, type FileHandle } from "node:fs/promises";
import { Duplex } from "node:stream";
import { dirname, extname } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "../src/base/clock.ts";
import { TocsinError } from "../src/base/errors.ts";
import type { ErrorDocument } from "../src/api/documents.ts";
import { errorFrom } from "../src/api/problem.ts";
import { connectOnly, type Invocation } from "./invocation.ts";
import { findPassphrase, locked } from "./passphrase.ts";
import { DAEMON_FLAGS } from "./runtime-flags.ts";

const READY_TIMEOUT_MS = 30_000;
const POLL_MS = 25;
export const PARENT_FD = 3;

/** What the daemon tells the process that started it, one JSON line. */
export type Outcome = { readonly ready: true } | { readonly ready: false; readonly error: ErrorDocument };

/**
 * Starts the daemon of this home and returns once it answers. Where another process is starting it at the same time,
 * waits for that one. Throws IDENTITY_MISSING, VAULT_LOCKED, VAULT_PASSPHRASE_WRONG, TIMEOUT, or what the daemon failed
 * with.
 */
export async function startDaemon(
  call: Invocation,
  given: { file?: string | undefined; passphrase?: string },
): Promise<void> {
  if (!existsSync(call.home.vault)) {
    throw new TocsinError("IDENTITY_MISSING", "there is no organisation on this machine yet");
  }
  const passphrase = given.passphrase ?? (await findPassphrase(call, given.file));
  if (passphrase === undefined) throw locked();
  const failure = await launch(call, passphrase);
  if (failure === undefined) return;
  if (failure.code !== "DAEMON_RUNNING" && failure.code !== "STORE_LOCKED") throw failure;
  await waitUntilReady(call, READY_TIMEOUT_MS);
}

/** Resolves once a daemon of this home answers. Throws TIMEOUT. */
export async function waitUntilReady(call: Invocation, timeoutMs: number): Promise<void> {
  const end = systemClock.monotonic() + timeoutMs;
  while (true) {
    try {
      await (await connectOnly({ home: call.home })).close();
      return;
    } catch (cause) {
      if (!(cause instanceof TocsinError) || cause.code !== "DAEMON_NOT_RUNNING") throw cause;
      if (systemClock.monotonic() > end) throw new TocsinError("TIMEOUT", "the daemon does not answer", { cause });
    }
    await pause(POLL_MS);
  }
}

/** Undefined once the daemon is ready, else why it is not. */
async function launch(call: Invocation, passphrase: string): Promise<TocsinError | undefined> {
  const log = await openLog(call.home.log);
  try {
    // Beside this file: `main.js` in the built program, `main.ts` in the sources.
    const main = fileURLToPath(new URL(`./main${extname(import.meta.filename)}`, import.meta.url));
    const words = [...DAEMON_FLAGS, main, "daemon", "run", "--no-input", "--parent-fd", String(PARENT_FD)];
    const child = spawn(process.execPath, words, {
      detached: true,
      stdio: ["ignore", log.fd, log.fd, "pipe"],
      cwd: "/",
      env: environmentOf(call),
    });
    return await outcomeOf(child, passphrase);
  } finally {
    await log.close();
  }
}

/** Ours, with the paths that were relative to where we stand made absolute: the daemon stands at the root. */
function environmentOf({ env, home }: Invocation): Record<string, string | undefined> {
  return {
    ...env,
    ...(env["TOCSIN_HOME"] ? { TOCSIN_HOME: home.data } : {}),
    ...(env["TOCSIN_SOCKET"] ? { TOCSIN_SOCKET: home.socketPath } : {}),
  };
}

async function outcomeOf(child: ChildProcess, passphrase: string): Promise<TocsinError | undefined> {
  const pipe = child.stdio[PARENT_FD];
  if (!(pipe instanceof Duplex)) throw new TocsinError("INTERNAL", "the daemon was started without its pipe");
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let heard = "";
  pipe.setEncoding("utf8").on("data", (chunk: string) => {
    heard += chunk;
    if (heard.includes("\n")) resolve(heard);
  });
  // A daemon that dies early resets the pipe: that is its end, too.
  pipe.on("error", () => resolve("")).on("end", () => resolve(""));
  pipe.write(`${passphrase}\n`);
  child.once("error", reject);
  const late = setTimeout(() => {
    child.kill();
    reject(new TocsinError("TIMEOUT", "the daemon is not ready in time"));
  }, READY_TIMEOUT_MS);
  try {
    const line = await promise;
    if (line === "") return new TocsinError("DAEMON_NOT_RUNNING", "the daemon ended while it started");
    const outcome = JSON.parse(line) as Outcome;
    return outcome.ready ? undefined : errorFrom(outcome.error);
  } finally {
    clearTimeout(late);
    pipe.destroy();
    child.unref();
  }
}

/** Beside what the daemon logs, its file gets what the runtime says before it dies. */
async function openLog(path: string): Promise<FileHandle> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  return await open(path, "a", 0o600);
}

/** Keeps the process alive meanwhile, as `systemClock.wait` does not. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
