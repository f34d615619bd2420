// Runs a command of the command line inside this process, for the screen: in a thread of its own, because commands own standard
// output and the exit code, and never as a child, because the words of a post would stand in the list of processes.

import { Worker } from "node:worker_threads";
import type { Environment } from "./homes.ts";

/** Stands beside this file, compiled or not. */
const PROGRAM = new URL(`./command-thread${import.meta.url.slice(import.meta.url.lastIndexOf("."))}`, import.meta.url);
const ENDED = 130;
const FAILED = 70;

/** What the thread is given. */
export type CommandCall = { readonly argv: readonly string[]; readonly env: Environment };

/**
 * Runs `argv` and answers its exit code: 130 where the signal ended it. Lines of both streams are told as they come. Nobody is
 * asked anything: what a command would ask has to be in its words.
 */
export async function runCommandApart(
  argv: readonly string[],
  {
    env,
    print,
    signal,
  }: {
    readonly env: Environment;
    readonly print: (lines: readonly string[]) => void;
    readonly signal: AbortSignal;
  },
): Promise<number> {
  const call: CommandCall = { argv, env: { ...env, TOCSIN_NO_INPUT: "1", NO_COLOR: "1" } };
  const worker = new Worker(PROGRAM, {
    workerData: call,
    stdout: true,
    stderr: true,
    stdin: false,
    execArgv: ["--no-warnings"],
  });
  const end = Promise.withResolvers<number>();
  const stop = (): void => {
    end.resolve(ENDED);
    void worker.terminate();
  };
  signal.addEventListener("abort", stop);
  worker.on("error", (cause) => {
    print([cause.message]);
    end.resolve(FAILED);
  });
  worker.on("exit", (code) => end.resolve(code));
  try {
    const told = [worker.stdout, worker.stderr].map(async (stream) => tellLines(stream, print));
    const code = await end.promise;
    await Promise.allSettled(told);
    return code;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** Whole lines, the last one also where no line break ends it. */
async function tellLines(stream: NodeJS.ReadableStream, print: (lines: readonly string[]) => void): Promise<void> {
  let rest = "";
  stream.setEncoding("utf8");
  for await (const chunk of stream) {
    const lines = (rest + String(chunk)).split("\n");
    rest = lines.pop() ?? "";
    if (lines.length > 0) print(lines);
  }
  if (rest !== "") print([rest]);
}
