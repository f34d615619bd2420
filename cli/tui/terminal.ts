// Owns the terminal's input, its size and the signals while the screen is open, and gives all of them back. Drawing is
// Ink's; nothing else may read from standard input meanwhile.

import type { ReadStream, WriteStream } from "node:tty";
import type { Clock } from "../../src/base/clock.ts";
import { splitKeys, type Key } from "./keys.ts";

export type TerminalEvents = {
  readonly onKey: (key: Key) => void;
  readonly onResize: (columns: number, rows: number) => void;
  readonly onSignal: (signal: NodeJS.Signals) => void;
};

const PASTE_ON = "\u001B[?2004h";
const PASTE_OFF = "\u001B[?2004l";
// Longer than the parts of one arrow key are apart, shorter than anyone waits for Esc.
const ESC_WAIT_MS = 30;
const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

/** Takes keys one by one until disposed; `stdin` must be a terminal. */
export function openTerminal(
  { stdin, stdout, clock }: { stdin: ReadStream; stdout: WriteStream; clock: Clock },
  { onKey, onResize, onSignal }: TerminalEvents,
): Disposable {
  let rest = "";
  let chunks = 0;
  const take = (text: string, final: boolean): void => {
    const split = splitKeys(text, { final });
    rest = split.rest;
    for (const key of split.keys) onKey(key);
  };
  const onData = (chunk: string): void => {
    const mine = ++chunks;
    take(rest + chunk, false);
    if (rest === "") return;
    void clock.wait(ESC_WAIT_MS).then(() => (mine === chunks ? take(rest, true) : undefined));
  };
  const onEnd = (): void => onSignal("SIGHUP");
  const resized = (): void => onResize(stdout.columns, stdout.rows);

  stdin.setRawMode(true);
  stdin.setEncoding("utf8");
  stdin.on("data", onData).on("end", onEnd).resume();
  stdout.on("resize", resized);
  stdout.write(PASTE_ON);
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return {
    [Symbol.dispose]: () => {
      chunks++;
      for (const signal of SIGNALS) process.off(signal, onSignal);
      stdout.off("resize", resized);
      stdin.off("data", onData).off("end", onEnd).pause();
      stdin.setRawMode(false);
      stdout.write(PASTE_OFF);
    },
  };
}
