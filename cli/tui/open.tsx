// The door of the terminal screen for the command line. It loads Ink and React only when a screen is really opened,
// and settles beforehand what they read from the environment on import.

import type { ReadStream, WriteStream } from "node:tty";
import { TocsinError } from "../../src/base/errors.ts";

export type ScreenOptions = {
  readonly socketPath: string;
  /** Name or id; absent: the first circle. */
  readonly circle?: string;
  /** For wallboards: keys that send or mark as read do nothing. */
  readonly readOnly?: boolean;
  readonly signal?: AbortSignal;
  /** A word for the header, such as DEMO. */
  readonly banner?: string;
  readonly stdin?: ReadStream;
  readonly stdout?: WriteStream;
};

/**
 * Opens the screen and resolves when the person quits. Throws USAGE without a terminal, DAEMON_NOT_RUNNING and
 * CIRCLE_UNKNOWN before the screen opens, and what broke it after the terminal was restored.
 */
export async function openScreen(options: ScreenOptions): Promise<void> {
  const { socketPath, circle, signal, readOnly = false, banner = "" } = options;
  const { stdin = process.stdin, stdout = process.stdout } = options;
  if (!stdin.isTTY || !stdout.isTTY) {
    throw new TocsinError("USAGE", "the screen needs a terminal", { hint: "run tocsin feed" });
  }
  process.env["NODE_ENV"] ??= "production";
  // Ink's colours know only FORCE_COLOR (no-color.org asks for NO_COLOR).
  if ((process.env["NO_COLOR"] ?? "") !== "") process.env["FORCE_COLOR"] = "0";
  const { runScreen } = await import("./run.tsx");
  await runScreen({ socketPath, circle, signal, readOnly, banner, stdin, stdout });
}
