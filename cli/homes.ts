// Where an organisation's files are: TOCSIN_HOME moves all of them, else the XDG base directories decide.
// Paths only; nothing here touches a file but to see whether the user's runtime folder exists.

import { isAbsolute, join, resolve } from "node:path";
import { socketPathIn, temporarySocketPath } from "../src/api/socket-path.ts";

/** Absolute paths. */
export type Home = {
  /** What documents call the home: the folder of the keys and the store. */
  readonly data: string;
  readonly vault: string;
  readonly store: string;
  readonly keyring: string;
  /** Folder of the mark that tells this home from a copy of it; outside of `data` where it can be. */
  readonly start: string;
  /** Listening and announced addresses. */
  readonly settings: string;
  /** Only in homes that open unattended. */
  readonly passphrase: string;
  readonly log: string;
  /** What waits to be posted while the daemon is down, and the public key that it is sealed to. */
  readonly spool: string;
  readonly spoolKey: string;
  readonly socketPath: string;
};

export type Environment = Readonly<Record<string, string | undefined>>;

/** TOCSIN_SOCKET moves the socket alone. Relative XDG paths are ignored, as the XDG specification demands. */
export function homeOf(env: Environment): Home {
  const { TOCSIN_HOME: moved, TOCSIN_SOCKET: socket } = env;
  const home = env["HOME"] ?? process.getBuiltinModule("node:os").homedir();
  const data = moved ? resolve(moved) : join(absolute(env["XDG_DATA_HOME"]) ?? join(home, ".local", "share"), "tocsin");
  const state = moved ? data : join(absolute(env["XDG_STATE_HOME"]) ?? join(home, ".local", "state"), "tocsin");
  return {
    data,
    vault: join(data, "vault"),
    store: join(data, "store"),
    keyring: join(data, "keyring"),
    start: join(state, "start"),
    settings: join(data, "node.json"),
    passphrase: join(data, "passphrase"),
    log: join(state, "daemon.log"),
    spool: join(state, "spool"),
    spoolKey: join(data, "spool.pub"),
    socketPath: socket ? resolve(socket) : socketPathOf(data, moved ? join(data, "run") : runtimeFolder(env)),
  };
}

function socketPathOf(data: string, runtime: string | undefined): string {
  return runtime === undefined ? temporarySocketPath(data) : socketPathIn(runtime);
}

/** Cron jobs and services have no XDG_RUNTIME_DIR but share the folder with the user's sessions. */
function runtimeFolder(env: Environment): string | undefined {
  const usual = `/run/user/${process.getuid?.() ?? ""}`;
  // Importing it costs every call a tenth of an empty script: a list of all that it exports is made.
  const { existsSync } = process.getBuiltinModule("node:fs");
  const folder = absolute(env["XDG_RUNTIME_DIR"]) ?? (existsSync(usual) ? usual : undefined);
  return folder === undefined ? undefined : join(folder, "tocsin");
}

function absolute(path: string | undefined): string | undefined {
  return path !== undefined && isAbsolute(path) ? path : undefined;
}
