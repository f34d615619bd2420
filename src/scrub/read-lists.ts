// The warninglists of a folder: files `*.json`, and `list.json` of the folders in it, as MISP's repository has them.

import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { readWarninglist, type Warninglist } from "./warninglist.ts";

/** In the order of their names. Throws CONFIG_INVALID, with the name of the file, where one cannot be read or is no list. */
export async function readWarninglists(folder: string): Promise<readonly Warninglist[]> {
  const names = await namesIn(folder);
  if (names.length > limits.warninglistsMax)
    throw refused(folder, `it holds more than ${limits.warninglistsMax} lists`);
  const lists: Warninglist[] = [];
  for (const name of names) {
    try {
      const { size } = await stat(join(folder, name));
      if (size > limits.warninglistBytesMax) throw refused(name, "it is too large");
      lists.push(readWarninglist(await readFile(join(folder, name), "utf8")));
    } catch (cause) {
      throw refused(name, cause instanceof Error ? cause.message : "it cannot be read", cause);
    }
  }
  return lists;
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .flatMap((entry) => {
        if (entry.isDirectory()) return [join(entry.name, "list.json")];
        return entry.name.endsWith(".json") ? [entry.name] : [];
      })
      .sort();
  } catch (cause) {
    throw refused(folder, "the folder cannot be read", cause);
  }
}

function refused(name: string, why: string, cause?: unknown): TocsinError {
  return new TocsinError("CONFIG_INVALID", `the warninglist ${JSON.stringify(name)} cannot be used: ${why}`, { cause });
}
