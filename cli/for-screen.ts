// What the command line does for the screen: which commands there are, running one, and the editor.

import { runCommandApart } from "./command-run.ts";
import type { Environment } from "./homes.ts";
import type { CommandLine } from "./tui/open.tsx";

/** `env` is that of the call; in it stands which home is meant. */
export async function commandLineFor(env: Environment): Promise<CommandLine> {
  const { COMMANDS } = await import("./command-table.ts");
  return {
    commands: COMMANDS.map(({ path, flags }) => ({ path, flags: Object.keys(flags).map((name) => `--${name}`) })),
    run: async (words, options) => runCommandApart(words, { ...options, env }),
    edit: async (text) => {
      const { askEditor } = await import("./prompt.ts");
      return askEditor(env, text);
    },
  };
}
