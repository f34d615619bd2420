// Where the daemon's unix socket is and why it can be trusted: only its owner may enter the folder it lies in.
// It must never change the mode of a folder that already exists.

import { lstatSync } from "node:fs";
import { lstat, mkdir } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { basename, dirname, join } from "node:path";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";

/** `daemon.sock` in `folder`, or `temporarySocketPath` where that path is longer than a socket's may be. */
export function socketPathIn(folder: string): string {
  const path = join(folder, "daemon.sock");
  return fits(path) ? path : temporarySocketPath(folder);
}

/** A path for this folder in the user's private `tocsin-UID` folder of the temporary directory. */
export function temporarySocketPath(folder: string): string {
  // Loaded only here: every command pays for what this file imports.
  const { hash } = process.getBuiltinModule("node:crypto");
  return join(tmpdir(), `tocsin-${userInfo().uid}`, `${hash("sha256", folder).slice(0, 16)}.sock`);
}

/**
 * Makes the folder of a socket (0700) where it is missing. Throws CONFIG_INVALID for a path over
 * `limits.socketPathBytesMax` and for a folder that others own or may enter.
 */
export async function prepareSocketFolder(path: string): Promise<void> {
  if (!fits(path)) {
    const message = `socket path of more than ${limits.socketPathBytesMax} bytes`;
    throw new TocsinError("CONFIG_INVALID", message, { hint: "choose a shorter TOCSIN_HOME or TOCSIN_SOCKET" });
  }
  const folder = dirname(path);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const found = await lstat(folder);
  refuseForeign(found, folder);
  if ((found.mode & 0o077) !== 0) {
    throw new TocsinError("CONFIG_INVALID", `folder ${basename(folder)} of the socket is open to others`, {
      hint: "run chmod 700 on it",
    });
  }
}

/**
 * Checks, before a client speaks, that nobody else can have put the socket there: throws CONFIG_INVALID where others
 * own its folder or may write in it. Does nothing where the folder is missing.
 */
export function checkSocketFolder(path: string): void {
  const folder = dirname(path);
  const found = lstatSync(folder, { throwIfNoEntry: false });
  if (!found) return;
  refuseForeign(found, folder);
  if ((found.mode & 0o022) !== 0) {
    throw new TocsinError("CONFIG_INVALID", `others may write in folder ${basename(folder)} of the socket`);
  }
}

function refuseForeign(found: { uid: number; isDirectory: () => boolean }, folder: string): void {
  const owner = process.getuid?.();
  if (!found.isDirectory() || (owner !== undefined && found.uid !== owner)) {
    throw new TocsinError("CONFIG_INVALID", `folder ${basename(folder)} of the socket belongs to somebody else`);
  }
}

function fits(path: string): boolean {
  return new TextEncoder().encode(path).length <= limits.socketPathBytesMax;
}
