// A person's terminal in a test: a real pseudo-terminal whose output a headless terminal draws, so that a test reads
// the screen as a person would and types into it.

import { spawn, type IPty } from "@lydell/node-pty";
import xterm from "@xterm/headless";
import { type Cell, cellsOf } from "./cells.ts";

export type PersonsTerminal = AsyncDisposable & {
  /** The rows now on the screen, without trailing spaces. */
  readonly rows: () => string[];
  readonly text: () => string;
  /** The same in colour. */
  readonly cells: () => readonly (readonly Cell[])[];
  /** Everything that the program wrote, escape sequences included. */
  readonly raw: () => string;
  readonly bells: () => number;
  readonly onAlternateScreen: () => boolean;
  readonly type: (keys: string) => void;
  readonly resize: (columns: number, rows: number) => void;
  readonly kill: (signal: string) => void;
  /** Undefined while the program runs. */
  readonly exit: () => { readonly code: number; readonly signal: number } | undefined;
};

/** Runs `file` with `args` in a terminal of this size. */
export function openTerminalOn(
  file: string,
  args: string[],
  options: { columns: number; rows: number; env?: Record<string, string> },
): PersonsTerminal {
  const { columns, rows, env = {} } = options;
  const screen = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
  // CI=1 must not change what a person sees.
  const { CI: _ci, NO_COLOR: _noColor, FORCE_COLOR: _force, NODE_ENV: _mode, ...rest } = process.env;
  const pty: IPty = spawn(file, args, { cols: columns, rows, name: "xterm-256color", env: { ...rest, ...env } });
  const state: { raw: string; bells: number; exit?: { code: number; signal: number } } = { raw: "", bells: 0 };
  screen.onBell(() => (state.bells += 1));
  pty.onData((chunk) => {
    state.raw += chunk;
    screen.write(chunk);
  });
  const gone = new Promise<void>((resolve) => {
    pty.onExit(({ exitCode, signal }) => {
      state.exit = { code: exitCode, signal: signal ?? 0 };
      resolve();
    });
  });
  const rowsNow = (): string[] => {
    const { active } = screen.buffer;
    return Array.from({ length: screen.rows }, (_, row) => {
      return active.getLine(active.viewportY + row)?.translateToString(true) ?? "";
    });
  };
  return {
    rows: rowsNow,
    text: () => rowsNow().join("\n"),
    cells: () => cellsOf(screen),
    raw: () => state.raw,
    bells: () => state.bells,
    onAlternateScreen: () => screen.buffer.active.type === "alternate",
    type: (keys) => pty.write(keys),
    resize: (toColumns, toRows) => {
      screen.resize(toColumns, toRows);
      pty.resize(toColumns, toRows);
    },
    kill: (signal) => pty.kill(signal),
    exit: () => state.exit,
    [Symbol.asyncDispose]: async () => {
      if (!state.exit) pty.kill("SIGKILL");
      await gone;
      screen.dispose();
    },
  };
}
