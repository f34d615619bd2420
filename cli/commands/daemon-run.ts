// `daemon run`: the daemon itself, in the foreground. The only command, with the demonstration, that loads the network
// and the store.

import { Socket } from "node:net";
import type { Log } from "../../src/base/events.ts";
import { asTocsinError, TocsinError } from "../../src/base/errors.ts";
import { systemClock } from "../../src/base/clock.ts";
import { errorDocumentOf } from "../../src/api/problem.ts";
import type { Input } from "../command.ts";
import type { Outcome } from "../daemon-start.ts";
import type { daemonRunFlags } from "../flags.ts";
import type { Invocation } from "../invocation.ts";
import { writeText } from "../output.ts";
import { findPassphrase, locked } from "../passphrase.ts";

/** Runs until SIGTERM, SIGINT or `daemon stop`; a clean stop is exit code 0. */
export async function run(call: Invocation, { options }: Input<typeof daemonRunFlags>): Promise<void> {
  const fd = options["parent-fd"];
  const parent = fd === undefined ? undefined : new Socket({ fd, readable: true, writable: true });
  // The starting process may be gone by the time that we are ready.
  parent?.on("error", () => undefined);
  // A service manager collects standard error; what was started in the background has nobody there.
  const echo = parent ? {} : { echo: (line: string): void => writeText(`${line}\n`, "stderr") };
  const { openLogFile } = await import("../../src/api/log-file.ts");
  using file = openLogFile(call.home.log, { clock: systemClock, ...echo });
  logWarnings(file.log);
  const tell = (outcome: Outcome): void => void parent?.end(`${JSON.stringify(outcome)}\n`);
  try {
    const passphrase = parent ? await lineFrom(parent) : await findPassphrase(call, options["passphrase-file"]);
    if (passphrase === undefined) throw locked();
    const { runDaemon } = await import("../../src/api/daemon.ts");
    const daemon = await runDaemon({ home: call.home, passphrase, log: file.log });
    tell({ ready: true });
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
      process.once(signal, () => void daemon.stop().catch(() => undefined));
    }
    await daemon.closed;
    // Everything is closed; timers that the network library left would keep the process for another second.
    process.exit();
  } catch (cause) {
    tell({ ready: false, error: errorDocumentOf(asTocsinError(cause)) });
    throw cause;
  }
}

/** The passphrase: one line, then the pipe only carries our answer. */
async function lineFrom(parent: Socket): Promise<string> {
  let text = "";
  parent.setEncoding("utf8");
  for await (const chunk of parent.iterator({ destroyOnReturn: false }) as AsyncIterable<string>) {
    text += chunk;
    const end = text.indexOf("\n");
    if (end !== -1) return text.slice(0, end);
  }
  throw new TocsinError("VAULT_LOCKED", "no passphrase came through the pipe");
}

/** The runtime's warnings in the form of the log; that it calls its cryptography experimental is known. */
function logWarnings(log: Log): void {
  process.removeAllListeners("warning");
  process.on("warning", ({ name }) => {
    if (name !== "ExperimentalWarning") log("runtime-warning", { name });
  });
}
