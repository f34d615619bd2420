// The trail of disclosures and what it tells of, where commits fail and where the process is killed at any moment.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import { judgeTrail } from "../../src/audit/check.ts";
import { encodeEntry, signAnchor } from "../../src/audit/entry.ts";
import { toHex } from "../../src/base/bytes.ts";
import type { MemberId } from "../../src/record/ids.ts";
import type { Store } from "../../src/store/store.ts";
import { backupOf, copiedStore, startFrom } from "../help/copied-home.ts";
import { faultyStore } from "../help/faulty-store.ts";
import { openLevelStore } from "../help/level-store.ts";
import { memoryStore } from "../help/memory-store.ts";
import { admits, circleOfParties, party, says, sync } from "../help/memory-rooms.ts";
import { refusalOf } from "../help/refusal.ts";
import { seededRandom } from "../help/seeded-random.ts";
import { tempDir } from "../help/temp-dir.ts";

const WRITER = new URL("trail-writer.ts", import.meta.url).pathname;

/** Ids of a node's own posts in its store, and of those that its trail tells of. */
async function both(store: Store, author: MemberId): Promise<Readonly<Record<string, unknown>>> {
  const items = await Array.fromAsync(store.feed({ limit: 100_000 }));
  const judge = judgeTrail();
  const told: string[] = [];
  for await (const row of store.trail(0)) {
    const entry = judge.take(row);
    if (entry?.op === "disclosed" || entry?.op === "returned") told.push(toHex(entry.record));
  }
  const posts = items.filter((item) => item.author === author).map(({ id }) => id as string);
  return { posts: posts.sort(), told: told.sort(), faults: judge.judged().faults };
}

describe("R75: a disclosure and its row in the trail", () => {
  const acmeId = party("acme").rooms.me.id;

  it.each([
    ["at any moment after 12 posts", 12, 0],
    ["right behind its 4th durable write", Infinity, 4],
    ["right behind its 5th", Infinity, 5],
  ])("are both there or neither is, where the process is killed %s", async (_, posts, commits) => {
    await using folder = await tempDir();
    const writer = spawn(process.execPath, [WRITER, folder.at("store"), String(commits)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let acknowledged = 0;
    for await (const line of createInterface({ input: writer.stdout })) {
      acknowledged = Number(line);
      if (acknowledged >= posts) writer.kill("SIGKILL");
    }
    if (writer.signalCode === null) await once(writer, "exit");
    expect(writer.signalCode).toBe("SIGKILL");

    await using store = await openLevelStore(folder.at("store"));
    const { posts: held, told, faults } = await both(store, acmeId);
    expect((held as string[]).length).toBeGreaterThanOrEqual(Math.max(3, acknowledged));
    expect(told).toEqual(held);
    expect(faults).toEqual([]);
    // The next run goes on in the same chain.
    const [row] = await store.circles();
    if (!row) throw new Error("the store lost its circle");
    const before = await store.trailEnd();
    await store.commit({
      circle: row.id,
      records: [],
      trail: [encodeEntry(signAnchor(before, 0, party("acme").rooms.me.key))],
    });
    expect(await both(store, acmeId)).toEqual({ posts: held, told, faults: [] });
  });

  it("are both there or neither is, whichever commit finds the disk full", async () => {
    for (let failAt = 3; failAt < 7; failAt++) {
      const store = faultyStore(memoryStore(), failAt);
      const acme = party("acme", { store });
      const circle = await circleOfParties([acme]);
      let refused = 0;
      for (const text of ["one", "two", "three", "four"])
        refused += (await refusalOf(async () => says(acme, circle, text))) === "DISK_FULL" ? 1 : 0;
      const { posts, told, faults } = await both(store, acmeId);
      expect(posts).toHaveLength(4 - refused);
      expect(told).toEqual(posts);
      expect(faults).toEqual([]);
    }
  });

  it("are signed now and then, and name the readers again after a change of membership", async () => {
    const [acme, globex] = [party("acme"), party("globex")];
    const circle = await circleOfParties([acme]);
    for (let n = 0; n < 70; n++) await says(acme, circle, `${n}`);
    await admits(acme, globex, circle);
    await says(acme, circle, "for two");
    acme.clock.advance(2 * 3_600_000);
    await says(acme, circle, "later");
    const judge = judgeTrail(acme.rooms.me.key.publicKey);
    const entries = [];
    for await (const row of acme.rooms.store.trail(0)) entries.push(judge.take(row));
    const names = entries.flatMap((one) =>
      one?.op === "audience" ? [one.readers.map(([, , org]) => org).sort()] : [],
    );
    expect(names).toEqual([["acme"], ["acme", "globex"]]);
    expect(judge.judged()).toMatchObject({ faults: [], disclosures: 72 });
    expect(entries.filter((one) => one?.op === "anchor").length).toBeGreaterThanOrEqual(2);
  });

  it("come back as returned where a home of before gets from members what it had said since", async () => {
    const disk = copiedStore();
    const [acme, globex] = [party("acme", { store: disk }), party("globex")];
    const circle = await circleOfParties([acme, globex]);
    const backup = await backupOf(acme, disk);
    await says(acme, circle, "said after the backup");
    await sync(acme, globex, circle);
    const again = await startFrom(backup, { random: seededRandom("again") });
    await sync(globex, again, circle);
    const { posts, told, faults } = await both(again.rooms.store, acmeId);
    expect(posts).toHaveLength(1);
    expect(told).toEqual(posts);
    expect(faults).toEqual([]);
  });
});
