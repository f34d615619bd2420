// A member that ends and starts again with the same identity, over and over: how long until everybody has it back.

import { systemClock } from "../../src/base/clock.ts";
import { circleOfProcesses, machineMs } from "./node-process.ts";

const NODES = 3;
const GIVE_UP_MS = 60_000;

/** Milliseconds from the start of the process until it and every other node is linked with all, for each restart. */
export async function restartTimes(folder: string, restarts: number): Promise<readonly number[]> {
  await using circle = await circleOfProcesses(folder, NODES);
  const [, restless, ...others] = circle.nodes;
  const founder = circle.nodes[0];
  const times: number[] = [];
  for (let round = 0; round < restarts; round++) {
    await restless.end(round % 2 === 0 ? "SIGKILL" : "stop");
    const startedMs = machineMs();
    await restless.start();
    const upMs = machineMs();
    // Each of them must have it back, not only one side of a link believe so.
    while (!(await Promise.all([restless, founder, ...others].map(async (node) => node.call("linked")))).every(isAll)) {
      if (machineMs() - startedMs > GIVE_UP_MS) throw new Error(`restart ${round}: not back after a minute`);
      await systemClock.wait(20);
    }
    times.push(machineMs() - upMs);
  }
  return times;
}

const isAll = (links: number): boolean => links === NODES - 1;
