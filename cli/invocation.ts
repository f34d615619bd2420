// One call of the command line, as its command sees it: where the home is, how to answer, whether it may ask.

import { readFileSync, statSync } from "node:fs";
import { isatty } from "node:tty";
import { connect, type Client } from "../src/api/client.ts";
import { VERSION } from "../src/api/version.ts";
import { TocsinError } from "../src/base/errors.ts";
import type { GlobalOptions } from "./flags.ts";
import { homeOf, type Environment, type Home } from "./homes.ts";
import type { Tlp } from "../src/record/marking.ts";
import { openOutput, type Output } from "./output.ts";
import { readTlp } from "./values.ts";

export type Invocation = {
  readonly home: Home;
  readonly out: Output;
  readonly env: Environment;
  /** Whether a person can be asked: standard input is a terminal and --no-input is not given. */
  readonly mayAsk: boolean;
  readonly noInput: boolean;
  /** The text of the token in the file that is named; absent where none is. Throws INPUT_MISSING, CONFIG_INVALID. */
  readonly token: () => string | undefined;
  /** --timeout as given. */
  readonly timeoutMs: number | undefined;
  /** Aborts with TIMEOUT; absent where --timeout is not given. The whole call can be the options of a client's call. */
  readonly signal?: AbortSignal;
};

export function invocationOf(options: GlobalOptions, env: Environment): Invocation {
  const noInput = options["no-input"] || isOn(env["TOCSIN_NO_INPUT"]);
  return {
    home: homeOf(env),
    out: openOutput(options, env),
    env,
    noInput,
    token: () => readToken(options["token-file"] ?? (env["TOCSIN_TOKEN_FILE"] || undefined)),
    mayAsk: !noInput && isatty(0) && isatty(2),
    timeoutMs: options.timeout,
    ...(options.timeout === undefined ? {} : { signal: timeoutSignal(options.timeout) }),
  };
}

/**
 * Does `work` with a client of the daemon, which is started where nothing forbids it, and closes the client. `unreached` does it
 * without, where no daemon answers.
 */
export async function withDaemon<T>(
  call: Invocation,
  work: (client: Client) => Promise<T>,
  unreached?: (why: TocsinError) => Promise<T>,
): Promise<T> {
  let client: Client;
  // A token that cannot be read is told, and nothing is done without it.
  call.token();
  try {
    client = await reach(call);
  } catch (cause) {
    // Without an organisation, or by a token that is none, there is nothing to be done later either.
    if (!unreached || !(cause instanceof TocsinError)) throw cause;
    if (cause.code === "IDENTITY_MISSING" || cause.code === "TOKEN_REFUSED") throw cause;
    return await unreached(cause);
  }
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

/** Whether a call failed because the daemon went away. */
export function isLost(cause: unknown): cause is TocsinError {
  return cause instanceof TocsinError && cause.code === "DAEMON_NOT_RUNNING";
}

/** The circle to post to: the one that is named, else TOCSIN_CIRCLE; where neither is, the daemon takes the only one. */
export function targetCircle(call: Invocation, named: string | undefined): string | undefined {
  return named ?? (call.env["TOCSIN_CIRCLE"] || undefined);
}

/** The marking of what names none and answers nothing: TOCSIN_TLP; where that is not set, the circle decides. Throws USAGE. */
export function usualTlp(call: Pick<Invocation, "env">): Tlp | undefined {
  const { TOCSIN_TLP: usual } = call.env;
  return usual ? readTlp(usual) : undefined;
}

/** A client of the running daemon; DAEMON_NOT_RUNNING where there is none, whatever the environment says. */
export async function connectOnly({
  home,
  signal,
  token,
}: Pick<Invocation, "home" | "signal"> & Partial<Pick<Invocation, "token">>): Promise<Client> {
  const shown = token?.();
  return connect(home.socketPath, {
    client: `tocsin ${VERSION}`,
    ...(shown === undefined ? {} : { token: shown }),
    ...(signal ? { signal } : {}),
  });
}

/** A token is its reader's secret: a file that others may read tells it to them. */
function readToken(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found?.isFile()) throw new TocsinError("INPUT_MISSING", "the token file is missing");
  if ((found.mode & 0o077) !== 0)
    throw new TocsinError("CONFIG_INVALID", "others may read the token file", { hint: `run chmod 600 ${file}` });
  return readFileSync(file, "utf8").slice(0, 256).trim();
}

async function reach(call: Invocation): Promise<Client> {
  try {
    return await connectOnly(call);
  } catch (cause) {
    // Whoever shows a token does not hold the keys that a daemon needs.
    if (!isLost(cause) || isOn(call.env["TOCSIN_NO_AUTOSTART"]) || call.token() !== undefined) throw cause;
    const { startDaemon } = await import("./daemon-start.ts");
    await startDaemon(call, {});
    return await connectOnly(call);
  }
}

/** Whether a variable that switches something is set: `1`, but neither empty nor `0`. */
export function isOn(value: string | undefined): boolean {
  return value !== undefined && value !== "" && value !== "0";
}

function timeoutSignal(ms: number): AbortSignal {
  const controller = new AbortController();
  const error = new TocsinError("TIMEOUT", `gave up after ${ms / 1_000} s`);
  setTimeout(() => controller.abort(error), ms).unref();
  return controller.signal;
}
