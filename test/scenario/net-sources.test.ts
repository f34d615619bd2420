// A catch-up from several members: who sends what, and what becomes of it where one of them is of no use.

import { expect, test } from "vitest";
import type { LaneId } from "../../src/record/ids.ts";
import { fakeHost, type FakeHost, toyCircle, toyLane, toyMember, toyRecord } from "../help/fake-host.ts";
import { introduce, startTestNode } from "../help/nets.ts";

const circle = toyCircle("inner");
const lanes: readonly LaneId[] = ["dora", "eve", "fay"].map((name) => toyLane(name));
const PAGE = 64;
const patient = { timeout: 40_000, interval: 20 };

/** A node that holds the lanes of three members. */
async function holder(name: string, each: number): Promise<FakeHost> {
  const host = fakeHost(name);
  host.joinCircle(circle);
  for (const lane of lanes) {
    const records = Array.from({ length: each }, (_, seq) => toyRecord(lane, seq).envelope);
    await host.ingest(toyMember("dora"), circle, records, "push");
  }
  return host;
}

const heldBy = (host: FakeHost): readonly number[] => lanes.map((lane) => host.length(circle, lane));

test("a long catch-up comes from several members side by side, each record from one of them", async () => {
  const each = 4_000;
  await using acme = await startTestNode("acme", { host: await holder("acme", each) });
  await using borealis = await startTestNode("borealis", { host: await holder("borealis", each) });
  const host = fakeHost("cygnus");
  // Until both can be asked: whoever is linked first would have sent all otherwise.
  const both = Promise.withResolvers<void>();
  host.beforeIngest = async () => both.promise;
  await using cygnus = await startTestNode("cygnus", { host });
  introduce([acme, borealis, cygnus]);
  await expect.poll(() => cygnus.net.links().filter(({ state }) => state === "linked").length, patient).toBe(2);
  both.resolve();
  await expect.poll(() => heldBy(host), patient).toEqual([each, each, each]);
  const served = [acme, borealis].map(({ net }) => net.counters().syncServed);
  for (const records of served) expect(records).toBeGreaterThanOrEqual(16 * PAGE);
  expect(served.reduce((sum, records) => sum + records)).toBeLessThanOrEqual(lanes.length * each + 4 * PAGE);
  expect(cygnus.net.counters().duplicates).toBe(0);
});

test("a member that stops in the middle is given up, and another sends the rest", { timeout: 60_000 }, async () => {
  const each = 200;
  const stuck = await holder("acme", each);
  const ended = Promise.withResolvers<void>();
  const hangs: FakeHost = {
    ...stuck,
    serve: async function* (to, of, ranges) {
      let sent = 0;
      for await (const envelope of stuck.serve(to, of, ranges)) {
        yield envelope;
        if (++sent === 3 * PAGE) await ended.promise;
      }
    },
  };
  await using acme = await startTestNode("acme", { host: hangs });
  await using borealis = await startTestNode("borealis", { host: await holder("borealis", each) });
  const host = fakeHost("cygnus");
  await using cygnus = await startTestNode("cygnus", { host });
  introduce([acme, cygnus]);
  await expect.poll(() => host.total(circle), patient).toBeGreaterThanOrEqual(2 * PAGE);
  introduce([acme, borealis, cygnus]);
  await expect.poll(() => heldBy(host), patient).toEqual([each, each, each]);
  // Nothing that acme sent is fetched again, but the page that was lost on the way.
  expect(cygnus.net.counters().duplicates).toBe(0);
  expect(borealis.net.counters().syncServed).toBeLessThanOrEqual(lanes.length * each - 2 * PAGE);
  ended.resolve();
});

test("a pull that is cut before it brought anything is made again at once, from the only member there is", async () => {
  const each = 200;
  const whole = await holder("acme", each);
  let pulls = 0;
  const fails: FakeHost = {
    ...whole,
    serve: async function* (to, of, ranges) {
      if (++pulls <= 3) throw new Error("the store cannot be read");
      yield* whole.serve(to, of, ranges);
    },
  };
  await using acme = await startTestNode("acme", { host: fails });
  const host = fakeHost("borealis");
  await using borealis = await startTestNode("borealis", { host });
  introduce([acme, borealis]);
  await expect.poll(() => pulls, patient).toBe(1);
  const cutMs = performance.now();
  await expect.poll(() => heldBy(host), patient).toEqual([each, each, each]);
  // Three pauses that double from 250 ms, give or take a half, and what a loaded machine takes.
  expect(performance.now() - cutMs).toBeLessThan(10_000);
  expect(pulls).toBe(4);
});

test("after a cut another member is asked before the one that was cut", async () => {
  const each = 200;
  const whole = await holder("acme", each);
  let pulls = 0;
  const fails: FakeHost = {
    ...whole,
    serve: async function* () {
      pulls += 1;
      yield* [];
      throw new Error("the store cannot be read");
    },
  };
  await using acme = await startTestNode("acme", { host: fails });
  await using borealis = await startTestNode("borealis", { host: await holder("borealis", each) });
  const host = fakeHost("cygnus");
  await using cygnus = await startTestNode("cygnus", { host });
  introduce([acme, cygnus]);
  await expect.poll(() => pulls, patient).toBeGreaterThanOrEqual(2);
  introduce([acme, borealis, cygnus]);
  await expect.poll(() => heldBy(host), patient).toEqual([each, each, each]);
});
