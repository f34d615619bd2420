// `demo`: five fictional organisations as real nodes in this process, on loopback, in a temporary folder that goes with
// them; nothing leaves the machine.

import { openLiveDemo } from "../../src/api/demo-live.ts";
import { playStory, storyHolds } from "../../src/api/story.ts";
import { TocsinError } from "../../src/base/errors.ts";
import type { Input } from "../command.ts";
import type { demoFlags } from "../flags.ts";
import type { Invocation } from "../invocation.ts";
import { writeText } from "../output.ts";

const SEED_DEFAULT = 7;
const UNKEPT = 1;

/**
 * On a terminal the screen of the first organisation while the others talk on. Without one, or with --headless, one
 * story whose promises are checked: exit code 1 where one was not kept.
 */
export async function demo(call: Invocation, { options }: Input<typeof demoFlags>): Promise<number> {
  const stop = new AbortController();
  const cancel = (): void => stop.abort(new TocsinError("CANCELLED", "the demonstration was ended"));
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, cancel);
  silenceWarnings();
  if (options.headless || !call.mayAsk || !call.out.terminal) return await tellStory(call, stop.signal);
  const { seed = SEED_DEFAULT, speed = 1 } = options;
  const { openScreen } = await import("../tui/open.tsx");
  await using stage = await openLiveDemo({ seed, speed, log: () => undefined });
  const { commandLineFor } = await import("../for-screen.ts");
  const { socketPath } = stage;
  // Commands of the screen speak to the demonstration, and never start a daemon of the home.
  const commandLine = await commandLineFor({ ...call.env, TOCSIN_SOCKET: socketPath, TOCSIN_NO_AUTOSTART: "1" });
  await openScreen({ socketPath, banner: "DEMO", commandLine, signal: stop.signal });
  return 0;
}

async function tellStory(call: Invocation, signal: AbortSignal): Promise<number> {
  const { out } = call;
  const tell = (line: string): void => {
    if (out.mode === "text") writeText(`${line}\n`, "stdout");
  };
  const report = await playStory({ tell, log: () => undefined, signal });
  const { promised, delivered, missing, latencyMs, catchUp, removed } = report;
  out.document(report, () => [
    "",
    `delivered ${delivered} of ${promised}, missing ${missing}`,
    `latency p50 ${latencyMs.p50.toFixed(1)} ms, p95 ${latencyMs.p95.toFixed(1)} ms, over ${latencyMs.samples} deliveries`,
    `${catchUp.org} came back and caught up on ${catchUp.records} records in ${Math.round(catchUp.tookMs)} ms`,
    `${removed.org} was removed: ${removed.readable} of ${removed.postedAfter} later records readable to it`,
  ]);
  return storyHolds(report) ? 0 : UNKEPT;
}

/** The runtime calls its own cryptography experimental, on a screen that is ours. */
function silenceWarnings(): void {
  process.removeAllListeners("warning");
}
