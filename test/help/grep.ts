// Looks for a text in every byte of a folder.

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Paths, below the folder, of the files that hold the text anywhere. Sockets and the like are passed over. */
export async function filesHolding(folder: string, text: string): Promise<readonly string[]> {
  const holding: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    if ((await readFile(path)).includes(text)) holding.push(path);
  }
  return holding;
}
