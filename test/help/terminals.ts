// The terminals that a screen is tried in: a pseudo-terminal, and tmux where there is one. In each a shell, keys as a person
// presses them, and the screen as text.

import { expect } from "vitest";
import { openTerminalOn } from "./screen.ts";
import { hasTmux, openTmux } from "./tmux.ts";

export type ShellTerminal = AsyncDisposable & {
  /** Characters, or one of `Enter Escape Tab C-s C-k C-e C-c`. */
  readonly type: (...keys: readonly string[]) => Promise<void>;
  readonly text: () => Promise<string>;
  readonly onAlternateScreen: () => Promise<boolean>;
  readonly resize: (columns: number, rows: number) => Promise<void>;
};
export type OpensTerminal = (
  name: string,
  options: { readonly columns: number; readonly rows: number; readonly env: Readonly<Record<string, string>> },
) => ShellTerminal;

const BYTES: Readonly<Record<string, string>> = {
  ...{ Enter: "\r", Escape: "\u001B", Tab: "\t", BSpace: "\u007F" },
  ...{ "C-s": "\u0013", "C-k": "\u000B", "C-e": "\u0005", "C-c": "\u0003", "C-u": "\u0015", "C-z": "\u001A" },
};

const inPty: OpensTerminal = (_name, { columns, rows, env }) => {
  const screen = openTerminalOn("/bin/sh", [], { columns, rows, env: { ...env, PS1: "ready> " } });
  return {
    type: async (...keys) => keys.forEach((key) => screen.type(BYTES[key] ?? key)),
    text: async () => screen.text(),
    onAlternateScreen: async () => screen.onAlternateScreen(),
    resize: async (toColumns, toRows) => screen.resize(toColumns, toRows),
    [Symbol.asyncDispose]: async () => {
      screen.kill("SIGKILL");
      await screen[Symbol.asyncDispose]();
    },
  };
};

export const TERMINALS: readonly (readonly [string, OpensTerminal])[] = [
  ["a pseudo-terminal", inPty],
  ...(hasTmux() ? [["tmux", openTmux] as const] : []),
];

/** tmux where there is one. */
export const openShell: OpensTerminal = hasTmux() ? openTmux : inPty;

/** Waits until the terminal shows it. */
export async function shows(terminal: ShellTerminal, text: string | RegExp, timeout = 15_000): Promise<void> {
  await expect.poll(async () => terminal.text(), { timeout, interval: 25 }).toMatch(text);
}
