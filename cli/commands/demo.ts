// `demo`: fictional organisations in this process, on loopback, in a temporary home; nothing leaves the machine.

import { playDemo } from "../../src/node/demo.ts";
import type { Input } from "../command.ts";
import type { demoFlags } from "../flags.ts";
import type { Invocation } from "../invocation.ts";
import { writeText } from "../output.ts";
import { present } from "../present.ts";

/** The screen of the first organisation; without a terminal, or with --headless, it plays until interrupted. */
export async function demo(call: Invocation, { options }: Input<typeof demoFlags>): Promise<void> {
  const { seed, speed, headless } = options;
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stop.abort());
  await using play = await playDemo({ ...present({ seed, speed }), signal: stop.signal });
  if (headless || !call.mayAsk || !call.out.terminal) {
    const joining = `export TOCSIN_HOME=${play.home}`;
    writeText(`demo is running; another shell can join it with: ${joining}\n`, "stdout");
    await play.closed;
    return;
  }
  const { openScreen } = await import("../tui/open.tsx");
  await openScreen({ socketPath: play.socketPath, banner: "DEMO", signal: stop.signal });
}
