// The rim of the screen: the one place where its state lives, its effects are carried out and Ink is started and
// stopped. However it ends, the terminal is given back before anything is said about why.

import type { ReadStream, WriteStream } from "node:tty";
import { render, type Instance } from "ink";
import { systemClock, type Clock } from "../../src/base/clock.ts";
import { TocsinError } from "../../src/base/errors.ts";
import { safeLines } from "../safe-text.ts";
import { App } from "./app.tsx";
import type { CommandWords } from "./completion.ts";
import { attachDaemon } from "./daemon.ts";
import { isDaemonEffect } from "./daemon-effects.ts";
import { clipboardSequence, desktopSequence, type TerminalName } from "./escapes.ts";
import type { Effect, ScreenEvent } from "./events.ts";
import type { Look } from "./look.ts";
import { step } from "./model.ts";
import { emptyScreen, type Screen } from "./screen.ts";
import { openTerminal } from "./terminal.ts";

/** What the command line does for the screen. */
export type CommandLine = {
  readonly commands: readonly CommandWords[];
  /** Runs a command, tells what it prints as it comes, and answers its exit code. */
  readonly run: (
    words: readonly string[],
    options: { readonly print: (lines: readonly string[]) => void; readonly signal: AbortSignal },
  ) => Promise<number>;
  /** What a person makes of a text in their editor, which has the terminal meanwhile. */
  readonly edit: (text: string) => Promise<string>;
};

export type RunOptions = {
  readonly socketPath: string;
  readonly circle?: string | undefined;
  readonly readOnly: boolean;
  readonly banner: string;
  readonly look: Look;
  readonly terminalName: TerminalName;
  readonly commandLine?: CommandLine | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly stdin: ReadStream;
  readonly stdout: WriteStream;
  readonly clock?: Clock;
};

const FPS_MAX = 15;
const TICK_MS = 1_000;
const LAST_SEND_MS = 2_000;
const CLEAR = "\u001B[2J\u001B[H";
const BELL = "\u0007";

/**
 * Runs the screen until the person quits or the signal aborts. Throws what broke it, after the terminal is restored.
 * A signal of the system ends the process by that signal, as the shell expects.
 */
export async function runScreen(options: RunOptions): Promise<void> {
  const { stdin, stdout, clock = systemClock, commandLine } = options;
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const end = Promise.withResolvers<NodeJS.Signals | undefined>();
  const posting = new Set<Promise<void>>();
  let screen = firstScreen(options, clock);
  let ink: Instance | undefined;
  let terminal: Disposable | undefined;
  let command = new AbortController();

  const daemon = await attachDaemon({ ...options, clock, signal, dispatch });

  function dispatch(event: ScreenEvent): void {
    if (signal.aborted) return;
    try {
      const next = step(screen, event);
      const turned = next.screen !== screen;
      screen = next.screen;
      if (turned) ink?.rerender(<App screen={screen} />);
      next.effects.forEach(perform);
    } catch (cause) {
      end.reject(cause);
    }
  }

  function perform(effect: Effect): void {
    if (isDaemonEffect(effect)) {
      const done = daemon.perform(effect);
      if (effect.kind === "send" || effect.kind === "post") posting.add(done);
      done.catch(end.reject).finally(() => posting.delete(done));
      return;
    }
    switch (effect.kind) {
      case "bell":
        stdout.write(BELL);
        return;
      case "desktop":
        stdout.write(desktopSequence(options.terminalName, effect.text));
        return;
      case "copy":
        stdout.write(clipboardSequence(effect.text));
        return;
      case "redraw":
        ink?.clear();
        stdout.write(CLEAR);
        ink?.rerender(<App screen={screen} />);
        return;
      case "command":
        runCommand(effect.words).catch(end.reject);
        return;
      case "stop":
        command.abort();
        return;
      case "editor":
        edit(effect.text).catch(end.reject);
        return;
      case "suspend":
        suspend().catch(end.reject);
        return;
      case "quit":
        void Promise.race([Promise.allSettled(posting), clock.wait(LAST_SEND_MS)]).then(() => end.resolve(undefined));
    }
  }

  async function runCommand(words: readonly string[]): Promise<void> {
    if (!commandLine) return;
    command = new AbortController();
    const print = (lines: readonly string[]): void =>
      dispatch({ kind: "printed", lines: lines.flatMap((line) => safeLines(line)) });
    const until = AbortSignal.any([command.signal, signal]);
    dispatch({ kind: "ended", code: await commandLine.run(words, { print, signal: until }) });
  }

  /** The editor has the whole terminal: Ink gives it back and starts anew afterwards. */
  async function edit(text: string): Promise<void> {
    if (!commandLine) return;
    await close();
    try {
      dispatch({ kind: "wrote", text: await commandLine.edit(text) });
    } catch (cause) {
      if (!(cause instanceof TocsinError)) throw cause;
      dispatch({ kind: "failed", message: cause.message });
    } finally {
      if (!signal.aborted) open();
    }
  }

  /** Ctrl-Z, as a shell expects: the terminal is given back, and taken again when the job goes on. */
  async function suspend(): Promise<void> {
    await close();
    process.once("SIGCONT", () => (signal.aborted ? undefined : open()));
    process.kill(process.pid, "SIGTSTP");
  }

  function open(): void {
    // Before Ink, so that on a resize the new frame is ready when Ink lays it out.
    terminal = openTerminal(
      { stdin, stdout, clock },
      {
        onKey: (key) => dispatch({ kind: "key", key, now: clock.now() }),
        onResize: (columns, rows) => dispatch({ kind: "resize", columns, rows }),
        onSignal: end.resolve,
      },
    );
    ink = render(<App screen={screen} />, {
      stdin,
      stdout,
      alternateScreen: true,
      incrementalRendering: true,
      interactive: true,
      exitOnCtrlC: false,
      maxFps: FPS_MAX,
    });
    const opened = ink;
    opened.waitUntilExit().then(() => (ink === opened ? end.resolve(undefined) : undefined), end.reject);
  }

  async function close(): Promise<void> {
    const closing = ink;
    // Some terminals (tmux 3.3) spill a frame that was resized onto the primary screen; an empty one they cannot.
    closing?.rerender(null);
    ink = undefined;
    closing?.unmount();
    await closing?.waitUntilExit().catch(() => undefined);
    terminal?.[Symbol.dispose]();
    terminal = undefined;
  }

  const tick = async (): Promise<void> => {
    while (!signal.aborted) {
      await clock.wait(TICK_MS, signal).catch(() => undefined);
      dispatch({ kind: "tick", now: clock.now() });
    }
  };

  const onAbort = (): void => end.resolve(undefined);
  options.signal?.addEventListener("abort", onAbort);
  let killedBy: NodeJS.Signals | undefined;
  try {
    dispatch({ kind: "snapshot", snapshot: daemon.first, now: clock.now() });
    open();
    tick().catch(end.reject);
    daemon.follow().catch(end.reject);
    killedBy = await end.promise;
  } finally {
    stop.abort();
    options.signal?.removeEventListener("abort", onAbort);
    await close();
    await daemon.close();
  }
  if (killedBy !== undefined) process.kill(process.pid, killedBy);
}

function firstScreen({ stdout, banner, readOnly, look, commandLine }: RunOptions, clock: Clock): Screen {
  const { columns, rows } = stdout;
  return emptyScreen({
    columns,
    rows,
    now: clock.now(),
    banner,
    readOnly,
    look,
    commands: commandLine?.commands ?? [],
  });
}
