// The screen of a machine that has no organisation yet: three ways to begin. It changes nothing; what is chosen is done by the
// ordinary commands, which ask in the ordinary terminal.

import type { ReadStream, WriteStream } from "node:tty";
import { Box, render } from "ink";
import type { ReactNode } from "react";
import { systemClock } from "../../src/base/clock.ts";
import { Boxed, LookContext } from "./lines.tsx";
import type { Look } from "./look.ts";
import { fill, textRow } from "./rows.ts";
import { openTerminal } from "./terminal.ts";

export type FirstChoice = "init" | "join" | "demo";

const CHOICES: Readonly<Record<string, FirstChoice | undefined>> = { i: "init", j: "join", d: "demo" };
const LEAVING = new Set(["q", "esc", "ctrl-c"]);
const WORDS = [
  "",
  "No organisation on this machine yet.",
  "",
  "i  create your organisation",
  "   about 20 seconds, no account, no server",
  "j  create it and join a circle with a ticket",
  "   you approve before anything is sent",
  "d  demo: five fictional organisations on this machine,",
  "   nothing leaves it",
  "",
  "q  quit",
];

/** The whole of it at this size. */
export function FirstRun({ columns, rows, look }: { columns: number; rows: number; look: Look }): ReactNode {
  const size = { width: Math.max(2, columns - 2), height: Math.max(1, rows - 2) };
  const lines = WORDS.map((word) => textRow(size.width, `  ${word}`));
  return (
    <LookContext.Provider value={look}>
      <Box flexDirection="column" width={columns} height={rows}>
        <Boxed rows={fill(lines, size)} width={columns} edge={{ title: "tocsin", note: "", focused: true }} />
      </Box>
    </LookContext.Provider>
  );
}

/** What the person wants to begin with; undefined: nothing. The terminal is given back before it answers. */
export async function chooseFirst(terminal: {
  readonly stdin: ReadStream;
  readonly stdout: WriteStream;
  readonly look: Look;
}): Promise<FirstChoice | undefined> {
  const { stdin, stdout, look } = terminal;
  const chosen = Promise.withResolvers<FirstChoice | undefined>();
  const frame = (): ReactNode => <FirstRun columns={stdout.columns} rows={stdout.rows} look={look} />;
  let killedBy: NodeJS.Signals | undefined;
  const keys = openTerminal(
    { stdin, stdout, clock: systemClock },
    {
      onKey: (key) => {
        const choice = CHOICES[key];
        if (choice !== undefined || LEAVING.has(key)) chosen.resolve(choice);
      },
      onResize: () => ink.rerender(frame()),
      onSignal: (signal) => {
        killedBy = signal;
        chosen.resolve(undefined);
      },
    },
  );
  const ink = render(frame(), { stdin, stdout, alternateScreen: true, interactive: true, exitOnCtrlC: false });
  try {
    return await chosen.promise;
  } finally {
    ink.rerender(null);
    ink.unmount();
    await ink.waitUntilExit();
    keys[Symbol.dispose]();
    if (killedBy !== undefined) process.kill(process.pid, killedBy);
  }
}
