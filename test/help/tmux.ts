// tmux as a person's terminal: a shell in it, keys typed one at a time, the screen read as text.

import { execFile, execFileSync, spawnSync } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);
let opened = 0;
const NAMED = /^(Enter|Escape|Tab|BSpace|C-[a-z])$/;

export type Tmux = AsyncDisposable & {
  readonly type: (...keys: readonly string[]) => Promise<void>;
  /** The visible rows. */
  readonly text: () => Promise<string>;
  readonly onAlternateScreen: () => Promise<boolean>;
  readonly resize: (columns: number, rows: number) => Promise<void>;
};

/** Whether there is a tmux to test in. */
export function hasTmux(): boolean {
  return spawnSync("tmux", ["-V"]).status === 0;
}

/** A plain shell in a window of the given size, on a tmux server of its own. */
export function openTmux(
  name: string,
  options: { readonly columns: number; readonly rows: number; readonly env: Readonly<Record<string, string>> },
): Tmux {
  // A server of the same name may still be going away: a new one would be refused by its socket.
  const server = ["-L", `tocsin-${process.pid}-${name}-${(opened += 1)}`, "-f", "/dev/null"];
  const env = Object.entries(options.env).flatMap(([key, value]) => ["-e", `${key}=${value}`]);
  const shell = "env PS1='ready> ' sh";
  execFileSync("tmux", [
    ...server,
    "new-session",
    "-d",
    "-x",
    String(options.columns),
    "-y",
    String(options.rows),
    ...env,
    shell,
  ]);
  const tmux = async (...words: readonly string[]): Promise<string> =>
    (await run("tmux", [...server, ...words])).stdout;
  return {
    type: async (...keys) => {
      // Words are typed as they are: tmux would take some of them for the names of keys.
      for (const key of keys) await tmux("send-keys", ...(NAMED.test(key) ? [] : ["-l"]), "--", key);
    },
    text: async () => tmux("capture-pane", "-p"),
    resize: async (columns, rows) => {
      await tmux("resize-window", "-x", String(columns), "-y", String(rows));
    },
    onAlternateScreen: async () => (await tmux("display-message", "-p", "#{alternate_on}")).trim() === "1",
    [Symbol.asyncDispose]: async () => {
      await tmux("kill-server");
    },
  };
}
