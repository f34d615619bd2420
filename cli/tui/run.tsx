// The rim of the screen: the one place where its state lives, its effects are carried out and Ink is started and
// stopped. However it ends, the terminal is given back before anything is said about why.

import type { ReadStream, WriteStream } from "node:tty";
import { render, type Instance } from "ink";
import { systemClock, type Clock } from "../../src/base/clock.ts";
import { App } from "./app.tsx";
import { attachDaemon } from "./daemon.ts";
import { step, type Effect, type ScreenEvent } from "./model.ts";
import { emptyScreen, type Screen } from "./screen.ts";
import { openTerminal } from "./terminal.ts";

export type RunOptions = {
  readonly socketPath: string;
  readonly circle?: string | undefined;
  readonly readOnly: boolean;
  readonly banner: string;
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
  const { stdin, stdout, clock = systemClock } = options;
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const end = Promise.withResolvers<NodeJS.Signals | undefined>();
  const posting = new Set<Promise<void>>();
  let screen = firstScreen(options, clock);
  let ink: Instance | undefined;

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
    switch (effect.kind) {
      case "bell":
        stdout.write(BELL);
        return;
      case "redraw":
        ink?.clear();
        stdout.write(CLEAR);
        ink?.rerender(<App screen={screen} />);
        return;
      case "quit":
        void Promise.race([Promise.allSettled(posting), clock.wait(LAST_SEND_MS)]).then(() => end.resolve(undefined));
        return;
      case "ack": {
        const post = daemon.perform(effect);
        posting.add(post);
        post.catch(end.reject).finally(() => posting.delete(post));
        return;
      }
      case "load":
      case "refresh":
      case "show":
      case "nudge":
      case "read":
        daemon.perform(effect).catch(end.reject);
    }
  }

  const tick = async (): Promise<void> => {
    while (!signal.aborted) {
      await clock.wait(TICK_MS, signal).catch(() => undefined);
      dispatch({ kind: "tick", now: clock.now() });
    }
  };

  const onAbort = (): void => end.resolve(undefined);
  options.signal?.addEventListener("abort", onAbort);
  // Before Ink, so that on a resize the new frame is ready when Ink lays it out.
  const terminal = openTerminal(
    { stdin, stdout, clock },
    {
      onKey: (key) => dispatch({ kind: "key", key, now: clock.now() }),
      onResize: (columns, rows) => dispatch({ kind: "resize", columns, rows }),
      onSignal: end.resolve,
    },
  );
  let killedBy: NodeJS.Signals | undefined;
  try {
    dispatch({ kind: "snapshot", snapshot: daemon.first, now: clock.now() });
    ink = render(<App screen={screen} />, {
      stdin,
      stdout,
      alternateScreen: true,
      incrementalRendering: true,
      interactive: true,
      exitOnCtrlC: false,
      maxFps: FPS_MAX,
    });
    tick().catch(end.reject);
    daemon.follow().catch(end.reject);
    const exited = ink.waitUntilExit().then(() => undefined);
    killedBy = await Promise.race([end.promise, exited]);
    // Some terminals (tmux 3.3) spill a frame that was resized onto the primary screen; an empty one they cannot.
    ink.rerender(null);
  } finally {
    stop.abort();
    options.signal?.removeEventListener("abort", onAbort);
    ink?.unmount();
    await ink?.waitUntilExit().catch(() => undefined);
    terminal[Symbol.dispose]();
    await daemon.close();
  }
  if (killedBy !== undefined) process.kill(process.pid, killedBy);
}

function firstScreen({ stdout, banner, readOnly }: RunOptions, clock: Clock): Screen {
  return emptyScreen({ columns: stdout.columns, rows: stdout.rows, now: clock.now(), banner, readOnly });
}
