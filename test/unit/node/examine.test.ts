// Lanes as they are stored: harm of every kind is found, at its place, and nothing else is.

import { describe, expect, test } from "vitest";
import { examineLanes } from "../../../src/node/examine.ts";
import type { Store } from "../../../src/store/store.ts";
import { circleOfParties, liveOf, party, says } from "../../help/memory-rooms.ts";

type Lane = readonly Uint8Array[];

/** A circle of one with some posts, read through what `harm` makes of its lane. */
async function examined(harm: (lane: Lane) => Lane, most = Infinity): ReturnType<typeof examineLanes> {
  const one = party("acme");
  const circle = await circleOfParties([one]);
  await says(one, circle, "a", "b", "c", "d");
  const { store } = one.rooms;
  const harmed: Store = {
    ...store,
    range: async function* (of, { lane, from, to }) {
      const whole = await Array.fromAsync(store.range(of, { lane, from: 0, to }));
      yield* harm(whole).slice(from);
    },
    [Symbol.asyncDispose]: async () => store[Symbol.asyncDispose](),
  };
  const found = await examineLanes(harmed, most);
  expect(found.count).toBe(1);
  expect(liveOf(one, circle).state.lanes.size).toBe(1);
  return found;
}

const flipped = (envelope: Uint8Array): Uint8Array => envelope.with(envelope.length - 1, (envelope.at(-1) ?? 0) ^ 1);

describe("the lanes of a store", () => {
  test("are found whole, all of them or the newest of each", async () => {
    const all = await examined((lane) => lane);
    expect(all.broken).toEqual([]);
    expect(all.records).toBeGreaterThan(4);
    expect(await examined((lane) => lane, 2)).toMatchObject({ records: 2, broken: [] });
  });

  test.each<readonly [string, number, (lane: Lane) => Lane]>([
    ["a record that was changed", -1, (lane) => [...lane.slice(0, -1), ...lane.slice(-1).map(flipped)]],
    ["bytes that are no record", 1, (lane) => lane.with(1, Uint8Array.of(1, 2, 3))],
    ["a missing first record", 0, (lane) => lane.slice(1)],
    ["a missing record in the middle", 2, (lane) => lane.toSpliced(2, 1)],
    ["a missing last record", -1, (lane) => lane.slice(0, -1)],
    [
      "two records that changed places",
      1,
      (lane) => [...lane.slice(0, 1), ...lane.slice(1, 3).toReversed(), ...lane.slice(3)],
    ],
  ])("with %s are found broken there", async (_, place, harm) => {
    const whole = await examined((lane) => lane);
    const { broken } = await examined(harm);
    expect(broken.map((found) => found.place)).toEqual([place < 0 ? whole.records + place : place]);
    expect(broken[0]?.code).toMatch(/^(CBOR|RECORD|STORE)_[A-Z_]+$/);
  });

  test("that are old and broken are not found where only the newest records are looked at", async () => {
    const harm = (lane: Lane): Lane => lane.with(0, Uint8Array.of(1));
    expect((await examined(harm, 2)).broken).toEqual([]);
    expect((await examined(harm)).broken).toHaveLength(1);
  });
});
