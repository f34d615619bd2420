// `daemon start|stop|status|wait`: the background daemon, seen from outside.

import { isRunning } from "../process-state.ts";
import type { DaemonDocument } from "../../src/api/daemon-document.ts";
import type { Client } from "../../src/api/client.ts";
import { systemClock } from "../../src/base/clock.ts";
import { TocsinError } from "../../src/base/errors.ts";
import type { Input } from "../command.ts";
import { pause, startDaemon, waitUntilReady } from "../daemon-start.ts";
import type { daemonFlags } from "../flags.ts";
import { connectOnly, type Invocation } from "../invocation.ts";

const STOP_TIMEOUT_MS = 20_000;
const READY_TIMEOUT_MS = 30_000;
const POLL_MS = 20;
const NOT_RUNNING = 69;

/** Returns when it is ready; one that runs already is left alone. */
export async function start(call: Invocation, { options }: Input<typeof daemonFlags>): Promise<void> {
  if ((await look(call)) === undefined) await startDaemon(call, { file: options["passphrase-file"] });
  tell(call, await look(call));
}

/** Returns when the process is gone; exit code 0 where none runs. */
export async function stop(call: Invocation): Promise<void> {
  const client = await connectIfRunning(call);
  if (client) {
    const pid = await stopping(client);
    await untilGone(pid, call.timeoutMs ?? STOP_TIMEOUT_MS);
  }
  call.out.document(documentOf(call, undefined), () => [
    client ? "✓ the daemon is stopped" : "the daemon is not running",
  ]);
}

/** Has it stop, and answers its pid. Where it refuses, the connection must not keep this process. */
async function stopping(client: Client): Promise<number> {
  try {
    const { daemon } = await client.call("status", {});
    await client.call("daemon.stop", {});
    return daemon.pid;
  } finally {
    await client.close();
  }
}

export async function status(call: Invocation): Promise<number> {
  const found = await look(call);
  tell(call, found);
  return found ? 0 : NOT_RUNNING;
}

export async function wait(call: Invocation): Promise<void> {
  await waitUntilReady(call, call.timeoutMs ?? READY_TIMEOUT_MS);
  tell(call, await look(call));
}

type Found = { readonly pid: number; readonly version: string; readonly uptimeMs: number };

async function look(call: Invocation): Promise<Found | undefined> {
  const client = await connectIfRunning(call);
  if (!client) return undefined;
  try {
    return (await client.call("status", {})).daemon;
  } finally {
    await client.close();
  }
}

async function connectIfRunning(call: Invocation): Promise<Client | undefined> {
  try {
    return await connectOnly(call);
  } catch (cause) {
    if (cause instanceof TocsinError && cause.code === "DAEMON_NOT_RUNNING") return undefined;
    throw cause;
  }
}

async function untilGone(pid: number, timeoutMs: number): Promise<void> {
  const end = systemClock.monotonic() + timeoutMs;
  while (isRunning(pid)) {
    if (systemClock.monotonic() > end) throw new TocsinError("TIMEOUT", `process ${pid} is still there`);
    await pause(POLL_MS);
  }
}

function tell(call: Invocation, found: Found | undefined): void {
  call.out.document(documentOf(call, found), () => [
    found ? `✓ running, version ${found.version}, process ${found.pid}` : "the daemon is not running",
  ]);
}

function documentOf(call: Invocation, found: Found | undefined): DaemonDocument {
  return {
    schema: "tocsin.daemon/1",
    running: found !== undefined,
    pid: found?.pid ?? null,
    version: found?.version ?? null,
    uptimeMs: found?.uptimeMs ?? null,
    home: call.home.data,
  };
}
