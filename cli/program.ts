// From the words of the command line to an exit code: finds the command, runs it, tells a failure once.

import { asTocsinError, ERRORS, TocsinError } from "../src/base/errors.ts";
import { unknownWord, usage } from "./args.ts";
import { COMMANDS } from "./command-table.ts";
import type { Command } from "./command.ts";
import { globalFlags } from "./flags.ts";
import type { Environment } from "./homes.ts";
import { tellFailure, writeText } from "./output.ts";

/** Runs one call and answers its exit code; never rejects. */
export async function runProgram(argv: readonly string[], env: Environment): Promise<number> {
  const tell = (cause: unknown): number => {
    const json = argv.includes("--json") || argv.includes("--ndjson");
    return tellFailure(asTocsinError(cause), json);
  };
  // A bug outside the call itself: 1, the default, means "no" to scripts.
  process.once("uncaughtException", (cause) => process.exit(tell(cause)));
  try {
    return await dispatch(argv, env);
  } catch (cause) {
    return tell(cause);
  }
}

async function dispatch(argv: readonly string[], env: Environment): Promise<number> {
  const { lead, words } = splitLead(argv);
  const [first, second] = words;
  if (first === undefined || first === "-h" || first === "--help") {
    const { helpText } = await import("./help.ts");
    if (first === undefined && process.stdin.isTTY && process.stdout.isTTY) return await named("ui").start(lead, env);
    writeText(helpText(undefined), first === undefined ? "stderr" : "stdout");
    return first === undefined ? 64 : 0;
  }
  if (first === "--version") return await named("version").start(lead, env);

  const command =
    COMMANDS.find(({ path }) => path === first) ?? COMMANDS.find(({ path }) => path === `${first} ${second}`);
  if (!command) return await refuseWords(first, second);
  const rest = words.slice(command.path.split(" ").length);
  if (asksForHelp(rest)) {
    const { helpText } = await import("./help.ts");
    writeText(helpText(command.path), "stdout");
    return 0;
  }
  try {
    return await command.start([...lead, ...rest], env);
  } catch (cause) {
    throw withOwnHelp(cause, command.path);
  }
}

/** A wrong command line is told where its own flags are listed. */
function withOwnHelp(cause: unknown, path: string): unknown {
  if (!(cause instanceof TocsinError) || cause.code !== "USAGE" || cause.hint !== ERRORS.USAGE.hint) return cause;
  return new TocsinError("USAGE", cause.message, { cause, hint: `run tocsin help ${path}`, details: cause.details });
}

/** Global flags may stand before the command. */
function splitLead(argv: readonly string[]): { lead: string[]; words: string[] } {
  const words = [...argv];
  const lead: string[] = [];
  for (let flag = globalFlag(words[0]); flag !== undefined; flag = globalFlag(words[0])) {
    const takesNext = flag.kind !== "toggle" && !words[0]?.includes("=");
    lead.push(...words.splice(0, takesNext ? 2 : 1));
  }
  return { lead, words };
}

function globalFlag(word: string | undefined): { kind: string } | undefined {
  if (word === undefined || word === "-h" || word.startsWith("--help")) return undefined;
  const name = word.split("=")[0];
  return Object.entries(globalFlags).find(
    ([key, { short }]) => name === `--${key}` || (short && name === `-${short}`),
  )?.[1];
}

function asksForHelp(words: readonly string[]): boolean {
  const end = words.indexOf("--");
  return words.slice(0, end === -1 ? words.length : end).some((word) => word === "-h" || word === "--help");
}

/** A group without its second word gets the help of the group; anything else is a mistake. */
async function refuseWords(first: string, second: string | undefined): Promise<number> {
  const inGroup = COMMANDS.filter(({ path }) => path.startsWith(`${first} `));
  if (inGroup.length === 0) {
    if (first.startsWith("-")) throw usage(`unknown option ${first.slice(0, 40)}`);
    const known = new Set(COMMANDS.map(({ path }) => path.split(" ")[0] ?? path));
    throw unknownWord(`unknown command ${JSON.stringify(first.slice(0, 40))}`, first, [...known]);
  }
  if (second === undefined || second === "-h" || second === "--help") {
    const { helpText } = await import("./help.ts");
    writeText(helpText(first), second === undefined ? "stderr" : "stdout");
    return second === undefined ? 64 : 0;
  }
  const message = `unknown command ${JSON.stringify(`${first} ${second.slice(0, 40)}`)}`;
  throw unknownWord(
    message,
    `${first} ${second}`,
    inGroup.map(({ path }) => path),
  );
}

function named(path: string): Command {
  const command = COMMANDS.find((candidate) => candidate.path === path);
  if (!command) throw new TocsinError("INTERNAL", `no command ${path}`);
  return command;
}
