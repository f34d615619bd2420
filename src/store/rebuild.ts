// Rebuilds the tables of a damaged store in a process of its own.

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { TocsinError } from "../base/errors.ts";

/** Stands beside this file, compiled or not. */
const PROGRAM = fileURLToPath(
  new URL(`./rebuild-main${import.meta.url.slice(import.meta.url.lastIndexOf("."))}`, import.meta.url),
);
const EXIT_FULL = 74;

/**
 * Has LevelDB build the tables and the manifest of a folder anew of whatever can still be read. False where that ended the process that did
 * it: LevelDB asserts what other bytes may break. Throws STORE_FAILED, DISK_FULL.
 */
export async function rebuildApart(path: string, program: string = PROGRAM): Promise<boolean> {
  const child = spawn(process.execPath, ["--no-warnings", program, path], { stdio: "ignore" });
  const { code, signal } = await new Promise<{ code: number | null; signal: string | null }>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (exit, by) => resolve({ code: exit, signal: by }));
  }).catch((cause: unknown) => {
    throw new TocsinError("STORE_FAILED", "the program that rebuilds a store cannot be started", { cause });
  });
  if (code === 0) return true;
  if (code === EXIT_FULL) throw new TocsinError("DISK_FULL", `no space to rebuild the store in ${path}`);
  if (signal !== null) return false;
  throw new TocsinError("STORE_FAILED", `the store in ${path} cannot be rebuilt`);
}
