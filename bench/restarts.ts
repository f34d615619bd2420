// How long a member that is restarted with the same identity takes to be linked with everybody again, every node a process
// of its own. Run with `node bench/restarts.ts [restarts]`; ends by itself, with 1 where one took longer than promised.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { restartTimes } from "../test/help/restarts.ts";

const PROMISED_MS = 5_000;
const folder = await mkdtemp(join(tmpdir(), "tocsin-restarts-"));
try {
  const times = [...(await restartTimes(folder, Number(process.argv[2] ?? 50)))].sort((left, right) => left - right);
  const at = (share: number): number =>
    Math.round(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0);
  const late = times.filter((ms) => ms > PROMISED_MS).length;
  process.stdout.write(
    `${JSON.stringify({ restarts: times.length, p50Ms: at(0.5), p95Ms: at(0.95), maxMs: at(1), late })}\n`,
  );
  process.exitCode = late > 0 ? 1 : 0;
} finally {
  await rm(folder, { recursive: true, force: true });
}
