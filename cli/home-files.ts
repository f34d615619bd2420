// The files of a home as `doctor` finds them from outside: who may touch them, what lies where the socket belongs, how much room is left.

import { chmod, lstat, statfs } from "node:fs/promises";
import { X509Certificate } from "node:crypto";
import { dirname, relative } from "node:path";
import { readSettings, readTls } from "../src/node/config.ts";
import { asTocsinError } from "../src/base/errors.ts";
import type { Home } from "./homes.ts";

const OTHERS = 0o077;

/** Paths of a home that others may touch, and those that somebody else owns; links are left alone. */
export type Access = { readonly open: readonly string[]; readonly foreign: readonly string[] };

export async function accessOf(home: Home): Promise<Access> {
  const own = process.getuid?.();
  const [open, foreign]: [string[], string[]] = [[], []];
  const { data, vault, passphrase, keyring, settings, store, spool, socketPath } = home;
  for (const path of [data, vault, passphrase, keyring, settings, store, spool, dirname(socketPath)]) {
    const found = await lstat(path).catch(() => undefined);
    if (!found || (!found.isFile() && !found.isDirectory())) continue;
    if (own !== undefined && found.uid !== own) foreign.push(path);
    else if (own !== undefined && (found.mode & OTHERS) !== 0) open.push(path);
  }
  return { open, foreign };
}

/** Takes everybody else's access away; what the owner may do stays. */
export async function closeToOthers(paths: readonly string[]): Promise<void> {
  for (const path of paths) await chmod(path, (await lstat(path)).mode & ~OTHERS & 0o777);
}

/** Names for people: below the home where they are. */
export function shortNames(home: Home, paths: readonly string[]): readonly string[] {
  return paths.map((path) => {
    const below = relative(home.data, path);
    return below.startsWith("..") ? path : below || path;
  });
}

/** Bytes that may still be written beside the store; undefined where the file system tells no size. */
export async function freeBytes(home: Home): Promise<number | undefined> {
  const { blocks, bavail, bsize } = await statfs(home.data);
  return blocks > 0 ? bavail * bsize : undefined;
}

/** What is wrong with the settings, and when the TLS certificate that they name ends. */
export async function settingsOf(home: Home): Promise<{ readonly problem?: string; readonly tlsEnds?: number }> {
  try {
    const tls = await readTls(home.settings, (await readSettings(home.settings)).tls);
    return tls ? { tlsEnds: new X509Certificate(tls.cert).validToDate.getTime() } : {};
  } catch (cause) {
    return { problem: asTocsinError(cause).message };
  }
}

/** Whether anything, and whether a socket, lies where the daemon's belongs. */
export async function socketFile(home: Home): Promise<"none" | "socket" | "other"> {
  const found = await lstat(home.socketPath).catch(() => undefined);
  if (!found) return "none";
  return found.isSocket() ? "socket" : "other";
}
