// Runs the simulator as people run it: in a process of its own, because it loads the sources in its own way.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

const PROGRAM = fileURLToPath(new URL("main.ts", import.meta.url));
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

/** What a run of `npm run sim -- <args>` printed, and its exit code; -1 where it was stopped. */
export async function simulate(
  ...args: readonly string[]
): Promise<{ readonly output: string; readonly exit: number }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [PROGRAM, ...args], { maxBuffer: OUTPUT_BYTES_MAX }, (failure, stdout, stderr) => {
      const exit = failure === null ? 0 : typeof failure.code === "number" ? failure.code : -1;
      resolve({ output: stdout + stderr, exit });
    });
  });
}
