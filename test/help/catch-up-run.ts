// A catch-up that is cut: a node that was away fetches a backlog while its process is killed again and again, each time at
// a point that the seed draws. What it held when it was killed it must hold when it is back, and at the end everything, once.

import { join } from "node:path";
import { limits } from "../../src/base/limits.ts";
import { circleOfProcesses, machineMs } from "./node-process.ts";
import { seededRandom } from "./seeded-random.ts";

const PATIENCE_MS = 600_000;
const POST_BATCH = 64;
/** Pages that a kill may cost: one being stored, one being checked, one under way, one just asked for. */
const PAGES_LOST_MAX = 4;

export type CutCatchUp = {
  readonly records: number;
  readonly kills: number;
  readonly seed: number;
  /** Records held when the process was killed, and when it was back. */
  readonly cuts: readonly { readonly before: number; readonly after: number }[];
  /** Records that the author never got to the receiver, and those that it holds beyond what was posted. */
  readonly lost: number;
  readonly spare: number;
  /** Records that were sent more than once, and how many of them the kills may account for. */
  readonly sentAgain: number;
  readonly sentAgainMax: number;
  /** Whether nothing was lost, doubled, or fetched from the start again. */
  readonly ok: boolean;
  readonly seconds: number;
  /** While it ran; a start of the process is not in it. */
  readonly recordsPerSecond: number;
  readonly receiverCpuMsPerRecord: number;
  /** The most that any of the receiver's processes took. */
  readonly rssPeakMiB: number;
};

/** Runs it with real processes, sockets and stores in `folder`. */
export async function cutCatchUp(
  folder: string,
  { records, kills, seed }: { readonly records: number; readonly kills: number; readonly seed: number },
): Promise<CutCatchUp> {
  await using circle = await circleOfProcesses(join(folder, `cut-${seed}`), 2);
  const [author, receiver] = circle.nodes;
  await receiver.end("stop");
  const posted = await author.call("post", circle.circle, 0, records, POST_BATCH);
  const sentBefore = await author.call("served");
  const cuts: { before: number; after: number }[] = [];
  let [runMs, cpuMs, rssPeakBytes, before] = [0, 0, 0, 0];
  for (const until of [...cutPoints(seed, kills, records), records]) {
    await receiver.start();
    const after = await receiver.call("itemCount", circle.circle);
    if (before > 0) cuts.push({ before, after });
    await receiver.call("usage");
    const startedMs = machineMs();
    await receiver.call("holds", circle.circle, until, PATIENCE_MS);
    runMs += machineMs() - startedMs;
    const usage = await receiver.call("usage");
    cpuMs += usage.cpuMs;
    rssPeakBytes = Math.max(rssPeakBytes, usage.rssPeakBytes);
    before = await receiver.call("itemCount", circle.circle);
    if (until < records) await receiver.end("SIGKILL");
  }
  const held = await receiver.call("ids", circle.circle);
  const sentAgain = (await author.call("served")) - sentBefore - records;
  const lost = new Set(posted).difference(new Set(held)).size;
  const spare = held.length - (records - lost);
  const sentAgainMax = (kills + 1) * PAGES_LOST_MAX * limits.syncPageRecords;
  return {
    ...{ records, kills, seed, cuts, lost, spare, sentAgain, sentAgainMax },
    ok: lost === 0 && spare === 0 && sentAgain <= sentAgainMax && cuts.every((cut) => cut.after >= cut.before),
    seconds: runMs / 1_000,
    recordsPerSecond: records / (runMs / 1_000),
    receiverCpuMsPerRecord: cpuMs / records,
    rssPeakMiB: rssPeakBytes / 1024 / 1024,
  };
}

/** So many counts of records below `records`, in order. */
function cutPoints(seed: number, kills: number, records: number): readonly number[] {
  const random = seededRandom(`cuts ${seed}`);
  const draw = (): number => new DataView(random(4).buffer).getUint32(0) / 2 ** 32;
  return Array.from({ length: kills }, () => 1 + Math.floor(draw() * (records - 1))).sort((a, b) => a - b);
}
