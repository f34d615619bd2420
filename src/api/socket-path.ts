// Where the daemon's unix socket is and why it can be trusted: only its owner may write in the folder it lies in.
// Light to import: every command pays for it.

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
  // Loaded only where they are needed, and without waiting.
  const { hash } = process.getBuiltinModule("node:crypto");
  const { tmpdir, userInfo } = process.getBuiltinModule("node:os");
  return join(tmpdir(), `tocsin-${userInfo().uid}`, `${hash("sha256", folder).slice(0, 16)}.sock`);
}

/**
 * Checks, before a client speaks, that nobody else can have put the socket there: throws CONFIG_INVALID where others
 * own its folder or may write in it; `foreign`: whoever owns it was named by the caller, with a token for it. Does nothing where the folder is missing.
 */
export function checkSocketFolder(path: string, { foreign = false }: { readonly foreign?: boolean } = {}): void {
  const folder = dirname(path);
  const found = process.getBuiltinModule("node:fs").lstatSync(folder, { throwIfNoEntry: false });
  if (!found) return;
  if (!foreign) refuseForeign(found, folder);
  if ((found.mode & 0o022) !== 0) {
    throw new TocsinError("CONFIG_INVALID", `others may write in folder ${basename(folder)} of the socket`);
  }
}

/** Throws CONFIG_INVALID where that is no folder of ours. */
export function refuseForeign(found: { uid: number; isDirectory: () => boolean }, folder: string): void {
  const owner = process.getuid?.();
  if (!found.isDirectory() || (owner !== undefined && found.uid !== owner)) {
    throw new TocsinError("CONFIG_INVALID", `folder ${basename(folder)} of the socket belongs to somebody else`);
  }
}

/** Whether a path may be that of a socket. */
export function fits(path: string): boolean {
  return new TextEncoder().encode(path).length <= limits.socketPathBytesMax;
}
