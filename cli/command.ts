// What a command is: a row of the table with its flags, its operands and the file that does it. Types and one maker.

import { readArgs, type Flag, type Flags, type OptionsOf } from "./args.ts";
import { globalFlags } from "./flags.ts";
import { invocationOf, type Invocation } from "./invocation.ts";
import type { Environment } from "./homes.ts";

export type Group = "every day" | "read" | "data" | "trust" | "operate";

/** What a command works with, besides the call: its own options and its operands, counted already. */
export type Input<F extends Flags> = { readonly options: OptionsOf<F>; readonly operands: readonly string[] };

type Row<F extends Flags> = {
  /** One or two words. */
  readonly path: string;
  readonly group: Group;
  readonly about: string;
  readonly operands?: readonly string[];
  readonly flags: F;
  readonly dashWords?: boolean;
  /** Left out of the list of commands. */
  readonly hiddenFlags?: readonly string[];
  /** Resolves to the exit code where it is not 0. Loads the file that does the work. */
  readonly run: (call: Invocation, input: Input<F>) => Promise<number | void>;
};

/** A row whose own flags are known to itself only. */
export type Command = {
  readonly path: string;
  readonly group: Group;
  readonly about: string;
  readonly operands: readonly string[];
  /** Its own flags, then the global ones. */
  readonly flags: Readonly<Record<string, Flag>>;
  readonly hiddenFlags: readonly string[];
  /** Reads the words after the path and runs. Throws TocsinError. */
  readonly start: (words: readonly string[], env: Environment) => Promise<number>;
};

export function command<F extends Flags>(row: Row<F>): Command {
  const { operands = [], hiddenFlags = [], run, ...rest } = row;
  return {
    ...rest,
    operands,
    hiddenFlags,
    start: async (words, env) => {
      const grammar = { flags: { ...globalFlags, ...row.flags }, operands, dashWords: row.dashWords === true };
      const read = readArgs(words, grammar);
      // The same object holds both: TypeScript cannot see that through the spread of a type parameter.
      const options = read.options as OptionsOf<F> & OptionsOf<typeof globalFlags>;
      return (await run(invocationOf(options, env), { options, operands: read.operands })) ?? 0;
    },
  };
}
