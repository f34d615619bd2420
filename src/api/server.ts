// The daemon's local door: a unix socket that only its owner can reach, one daemon a home, many clients.
// It must never replace the socket of a daemon that is alive.

import { once } from "node:events";
import { chmod, link, lstat, rename, rm } from "node:fs/promises";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { Desk } from "./desk.ts";
import { failureLine } from "./line-out.ts";
import { converse } from "./session.ts";
import { prepareSocketFolder } from "./socket-folder.ts";
import { checkSocketFolder } from "./socket-path.ts";

export type { Desk, FeedEvent, Routes, Session, Subscribe } from "./desk.ts";

const STOP_GRACE_MS = 2_000;

/**
 * Serves the local API until disposed: then it accepts nobody, aborts what its clients wait for, answers what is in
 * work, and removes the socket. Throws DAEMON_RUNNING where another daemon answers at that path, CONFIG_INVALID for a
 * folder or file that cannot be used.
 */
export async function serveApi(
  options: { socketPath: string; stallMs?: number; forGroup?: boolean } & Omit<Desk, "stallMs">,
): Promise<AsyncDisposable> {
  const { socketPath, stallMs = limits.apiStallMs, forGroup = false, ...rest } = options;
  const desk: Desk = { ...rest, stallMs };
  const stop = new AbortController();
  const talks = new Map<Socket, Promise<void>>();

  // Half-open: a client that sent its last request may still read the answer.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    if (talks.size >= limits.apiClientsMax) {
      const full = new TocsinError("QUEUE_FULL", `more than ${limits.apiClientsMax} clients`);
      socket.on("error", () => undefined).end(`${failureLine(null, full)}\n`, () => socket.destroy());
      return;
    }
    const talk = converse(socket, desk, stop.signal).finally(() => talks.delete(socket));
    talks.set(socket, talk);
  });
  if (forGroup) checkSocketFolder(socketPath);
  else await prepareSocketFolder(socketPath);
  await bind(server, socketPath);
  await chmod(socketPath, forGroup ? 0o660 : 0o600);

  return {
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, "close");
      server.close();
      stop.abort(new TocsinError("CANCELLED", "the daemon stops"));
      const late = setTimeout(() => talks.forEach((_, socket) => socket.destroy()), STOP_GRACE_MS);
      await closed;
      clearTimeout(late);
    },
  };
}

/** Listens at `path`, taking the place of a socket that a dead daemon left. */
async function bind(server: Server, path: string): Promise<void> {
  for (let attempt = 0; attempt < 3; attempt++) {
    if (await listens(server, path)) return;
    if (await isAlive(path)) throw alreadyRunning();
    await removeDead(path);
  }
  throw alreadyRunning();
}

async function listens(server: Server, path: string): Promise<boolean> {
  server.listen(path);
  try {
    await once(server, "listening");
    return true;
  } catch (cause) {
    if (codeOf(cause) === "EADDRINUSE") return false;
    throw new TocsinError("CONFIG_INVALID", "the daemon's socket cannot be made", { cause });
  }
}

/** Takes away the socket of a daemon that is gone. Throws DAEMON_RUNNING where one answers, CONFIG_INVALID. */
export async function removeDead(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (!found) return;
  if (!found.isSocket()) {
    throw new TocsinError("CONFIG_INVALID", "a file that is no socket lies where the daemon's socket belongs");
  }
  // Another daemon may have come up since we looked: what is taken away is looked at again, and given back if alive.
  const aside = `${path}.${process.pid}`;
  try {
    await rename(path, aside);
  } catch (cause) {
    if (codeOf(cause) === "ENOENT") return;
    throw new TocsinError("CONFIG_INVALID", "the socket of a dead daemon cannot be removed", { cause });
  }
  const alive = await isAlive(aside);
  if (alive) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
  if (alive) throw alreadyRunning();
}

/** Whether anything accepts connections at `path`. */
export async function isAlive(path: string): Promise<boolean> {
  const socket = createConnection(path);
  try {
    await once(socket, "connect");
    return true;
  } catch (cause) {
    const code = codeOf(cause);
    return code !== "ECONNREFUSED" && code !== "ENOENT" && code !== "ENOTSOCK";
  } finally {
    socket.destroy();
  }
}

function alreadyRunning(): TocsinError {
  return new TocsinError("DAEMON_RUNNING", "a daemon of this home is already running");
}

function codeOf(cause: unknown): unknown {
  return cause instanceof Error && "code" in cause ? cause.code : undefined;
}
