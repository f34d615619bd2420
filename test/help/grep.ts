// Looks for a text in every byte of a folder.

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

const PASSES_MAX = 1_000;

/**
 * Paths, below the folder, of the files that hold the text anywhere. Sockets and the like are passed over. A file that is gone
 * when its turn comes (a database compacts whenever it likes) may live on under another name: then everything is read again.
 */
export async function filesHolding(folder: string, text: string): Promise<readonly string[]> {
  for (let pass = 0; pass < PASSES_MAX; pass++) {
    const holding = await readAll(folder, text);
    if (holding) return holding;
  }
  throw new Error(`the files of ${folder} never stood still`);
}

/** One pass over every file; undefined where one was gone. A file that holds the text is told even then. */
async function readAll(folder: string, text: string): Promise<readonly string[] | undefined> {
  const holding: string[] = [];
  let gone = false;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    try {
      if ((await readFile(path)).includes(text)) holding.push(path);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
      gone = true;
    }
  }
  return gone && holding.length === 0 ? undefined : holding;
}
