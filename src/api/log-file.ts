// The log of a daemon: one JSON line an event, in a file that is put aside when it has grown, a few of which are kept. What it
// costs is bounded, whatever happens how often.

import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { type Clock, toRfc3339 } from "../base/clock.ts";
import { type EventName, EVENTS, factsOf, type Log } from "../base/events.ts";
import { limits } from "../base/limits.ts";

export type LogFile = Disposable & {
  readonly log: Log;
};

const WINDOW_MS = 10_000;

/** One event as a line, without the line's end. */
export function lineOf(at: number, event: EventName, fields: Readonly<Record<string, unknown>>): string {
  const { level } = EVENTS[event];
  return JSON.stringify({ time: toRfc3339(at), level, event, ...factsOf(event, fields) });
}

/** The path of a log that was put aside; the larger the number, the older. */
export function asidePath(path: string, number: number): string {
  return `${path}.${number}`;
}

/**
 * Opens the log at a path for its owner only; `echo` is given every line as well. Of one event at most `limits.logEventsMax` are
 * written in ten seconds, the rest is counted. A full disk loses lines and stops nothing; how many were lost is the next line.
 */
export function openLogFile(
  path: string,
  options: { readonly clock: Clock; readonly echo?: (line: string) => void },
): LogFile {
  const { clock, echo } = options;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  let file = openSync(path, "a", 0o600);
  let bytes = fstatSync(file).size;
  let lost = 0;
  /** How often each event came in the window that began then. At most one entry an event of the table. */
  const windows = new Map<EventName, { fromMs: number; count: number }>();

  const putAside = (): void => {
    for (let number = limits.logFilesMax - 1; number > 1; number--)
      moveIfThere(asidePath(path, number - 1), asidePath(path, number));
    moveIfThere(path, asidePath(path, 1));
    const next = openSync(path, "a", 0o600);
    closeSync(file);
    file = next;
    bytes = 0;
  };

  const write = (line: string): void => {
    echo?.(line);
    const text = `${line}\n`;
    try {
      if (bytes + text.length > limits.logFileBytesMax) putAside();
      // The last block of the file may take the beginning of a line; whoever reads the log gets whole ones.
      if (writeSync(file, text) < text.length) {
        ftruncateSync(file, bytes);
        lost += 1;
      } else bytes += text.length;
    } catch {
      // Nobody could be told anywhere else; the next line that can be written says so.
      lost += 1;
    }
  };

  const leftOut = (of: string, count: number): void => write(lineOf(clock.now(), "lines-left-out", { of, count }));

  return {
    log: (event, fields) => {
      const nowMs = clock.monotonic();
      const window = windows.get(event) ?? { fromMs: nowMs, count: 0 };
      windows.set(event, window);
      if (nowMs - window.fromMs > WINDOW_MS) {
        if (window.count > limits.logEventsMax) leftOut(event, window.count - limits.logEventsMax);
        Object.assign(window, { fromMs: nowMs, count: 0 });
      }
      window.count += 1;
      if (window.count > limits.logEventsMax) return;
      const before = lost;
      write(lineOf(clock.now(), event, fields));
      if (before > 0 && lost === before) {
        lost = 0;
        leftOut("disk-full", before);
      }
    },
    [Symbol.dispose]: () => closeSync(file),
  };
}

function moveIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause && cause.code === "ENOENT")) throw cause;
  }
}
