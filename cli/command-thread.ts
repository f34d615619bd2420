// The thread that runs one command for the screen (`command-run.ts`): the whole program, with its words and its environment handed
// over in memory.

import { workerData } from "node:worker_threads";
import type { CommandCall } from "./command-run.ts";
import { runProgram } from "./program.ts";

const { argv, env } = workerData as CommandCall;
process.exitCode = await runProgram(argv, env);
