// The program that rebuilds the tables of a store: `node rebuild-main.js FOLDER`. Exit 0: done; 74: the disk is full; 70: it cannot be
// rebuilt. A process of its own, because the database ends the one that it is in where bytes make no sense to it.

import { asTocsinError } from "../base/errors.ts";
import { rebuildTables } from "./level.ts";

try {
  await rebuildTables(process.argv[2] ?? "");
} catch (cause) {
  process.exitCode = asTocsinError(cause).code === "DISK_FULL" ? 74 : 70;
}
