// The way out when many speak at once: one batch for all that wait, and nobody pays for the mistake of another.

import { describe, expect, test } from "vitest";
import { post } from "../../../src/node/post.ts";
import { TocsinError } from "../../../src/base/errors.ts";
import type { Store } from "../../../src/store/store.ts";
import { memoryStore } from "../../help/memory-store.ts";
import { circleOfParties, hears, liveOf, party, words } from "../../help/memory-rooms.ts";

const says = (text: string, key?: string): Parameters<typeof post>[2][number] => ({
  body: words(text),
  exercise: false,
  ...(key === undefined ? {} : { key }),
});
/** The circle takes nothing stricter than amber. */
const tooStrict = (text: string): Parameters<typeof post>[2][number] => ({
  ...says(text),
  body: { ...words(text), tlp: "red" },
});

/** A store that counts its commits of posts and refuses them while `full`. */
function countingStore(): Store & { commits: number; full: boolean } {
  const store = memoryStore();
  const counting = {
    ...store,
    commits: 0,
    full: false,
    commit: async (change: Parameters<Store["commit"]>[0]) => {
      if (counting.full) throw new TocsinError("DISK_FULL", "no room");
      counting.commits += 1;
      return store.commit(change);
    },
  };
  return counting;
}

describe("posts of calls that come at once", () => {
  test("share commits, in the order of the calls", async () => {
    const store = countingStore();
    const acme = party("acme", { store });
    const circle = await circleOfParties([acme]);
    store.commits = 0;
    const texts = Array.from({ length: 20 }, (_, index) => `post ${String(index).padStart(2, "0")}`);
    const posted = await Promise.all(texts.map(async (text) => post(acme.rooms, circle, [says(text)])));
    expect(new Set(posted.flat().map(({ id }) => id)).size).toBe(20);
    expect(store.commits).toBeLessThanOrEqual(2);
    expect(await hears(acme, circle)).toEqual(texts);
    const seqs = await Promise.all(posted.flat().map(async ({ id }) => (await acme.rooms.store.item(id))?.seq));
    expect(seqs).toEqual(seqs.toSorted((left, right) => (left ?? 0) - (right ?? 0)));
  });

  test("one that is refused leaves no trace, not even its first half, and the others are posted", async () => {
    const acme = party("acme");
    const circle = await circleOfParties([acme]);
    const before = liveOf(acme, circle).state.lanes.get(liveOf(acme, circle).row.lane)?.length ?? 0;
    const results = await Promise.allSettled([
      post(acme.rooms, circle, [says("one", "k1")]),
      post(acme.rooms, circle, [says("half", "k2"), tooStrict("refused")]),
      post(acme.rooms, circle, [says("two", "k2")]),
    ]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(results[1]).toMatchObject({ reason: { code: "TLP_REFUSED" } });
    expect(results[2]).toMatchObject({ value: [{ duplicate: false }] });
    expect(await hears(acme, circle)).toEqual(["one", "two"]);
    const length = liveOf(acme, circle).state.lanes.get(liveOf(acme, circle).row.lane)?.length;
    expect(length).toBe(before + 2);
  });

  test("with one key make one record, whichever call is first", async () => {
    const acme = party("acme");
    const circle = await circleOfParties([acme]);
    const [first, second] = await Promise.all([
      post(acme.rooms, circle, [says("once", "edr-1")]),
      post(acme.rooms, circle, [says("twice", "edr-1")]),
    ]);
    expect(second).toEqual([{ id: first[0]?.id, duplicate: true }]);
    expect(await hears(acme, circle)).toEqual(["once"]);
  });

  test("are all refused when the disk is full, and all can be said again", async () => {
    const store = countingStore();
    const acme = party("acme", { store });
    const circle = await circleOfParties([acme]);
    store.full = true;
    const results = await Promise.allSettled(
      ["a", "b", "c"].map(async (text) => post(acme.rooms, circle, [says(text, text)])),
    );
    expect(results.map((result) => result.status === "rejected" && (result.reason as TocsinError).code)).toEqual([
      "DISK_FULL",
      "DISK_FULL",
      "DISK_FULL",
    ]);
    store.full = false;
    const again = await Promise.all(["a", "b", "c"].map(async (text) => post(acme.rooms, circle, [says(text, text)])));
    expect(again.flat().every(({ duplicate }) => !duplicate)).toBe(true);
    expect(await hears(acme, circle)).toEqual(["a", "b", "c"]);
  });
});
