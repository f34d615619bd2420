// Makes the private folder of the daemon's socket. It must never change the mode of a folder that already exists.

import { lstat, mkdir } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { fits, refuseForeign } from "./socket-path.ts";

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
