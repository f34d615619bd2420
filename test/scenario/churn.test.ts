// Five organisations whose nodes are stopped, killed and frozen at random while all of them post: nothing that was
// acknowledged is lost, nobody reads anything twice, and what a node holds open comes back to where it was.

import { expect, it } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import type { CircleId, RecordId } from "../../src/record/ids.ts";
import { allLinked, circleOfProcesses, machineMs, type NodeProcess } from "../help/node-process.ts";
import { seededRandom } from "../help/seeded-random.ts";
import { tempDir } from "../help/temp-dir.ts";

const NODES = 5;
const CHURN_MS = 12_000;
const POST_EVERY_MS = 60;
const patient = { timeout: 10_000, interval: 50 };

it("a circle whose nodes come and go converges, loses nothing and leaks nothing", async ({ annotate }) => {
  const seed = String(Date.now());
  await annotate(`seed ${seed}`);
  const random = seededRandom(seed);
  const below = (limit: number): number => Math.floor(((random(1)[0] ?? 0) / 256) * limit);
  await using folder = await tempDir();
  await using world = await circleOfProcesses(folder.path, NODES);
  const { circle, nodes } = world;
  // The first two are never ended: they must look at the end as they do now.
  const before = await Promise.all(nodes.slice(0, 2).map(open));

  const acknowledged = new Set<RecordId>();
  const stop = new AbortController();
  const posting = nodes.map(async (node) => post(node, { circle, acknowledged, signal: stop.signal }));
  for (const until = machineMs() + CHURN_MS; machineMs() < until;) {
    const node = nodes[2 + below(NODES - 2)];
    const fate = (["stop", "SIGKILL", "SIGSTOP"] as const)[below(3)];
    await systemClock.wait(200 + below(600));
    if (fate === "SIGSTOP") node?.signal(fate);
    else if (fate) await node?.end(fate);
    await systemClock.wait(below(1_200));
    if (fate === "SIGSTOP") node?.signal("SIGCONT");
    else await node?.start();
  }
  stop.abort();
  await Promise.all(posting);

  const failure = `seed ${seed}`;
  await expect.poll(() => allLinked(nodes), patient).toBe(true);
  // A node may hold more than was acknowledged: a post whose answer was lost with its process.
  await expect
    .poll(async () => new Set(await Promise.all(nodes.map((node) => node.call("itemCount", circle)))).size, patient)
    .toBe(1);
  const [first = [], ...others] = await Promise.all(nodes.map((node) => node.call("ids", circle)));
  expect(new Set(first).size, failure).toBe(first.length);
  expect(
    [...acknowledged].filter((id) => !first.includes(id)),
    failure,
  ).toEqual([]);
  for (const ids of others) expect([...ids].sort(), failure).toEqual([...first].sort());
  await expect.poll(() => Promise.all(nodes.slice(0, 2).map(open)), { timeout: 10_000, interval: 200 }).toEqual(before);
});

/** Posts until told to stop, whenever the node runs. */
async function post(
  node: NodeProcess,
  by: { readonly circle: CircleId; readonly acknowledged: Set<RecordId>; readonly signal: AbortSignal },
): Promise<void> {
  for (let number = 0; !by.signal.aborted; number++) {
    // A node that ends meanwhile answers nothing; what it did not answer was not promised.
    const ids = node.isRunning ? await node.call("post", by.circle, number, 1, 1).catch(() => []) : [];
    for (const id of ids) by.acknowledged.add(id);
    await systemClock.wait(POST_EVERY_MS);
  }
}

const open = (node: NodeProcess): Promise<{ readonly sockets: number; readonly timers: number }> => node.call("open");
