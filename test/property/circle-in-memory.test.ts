// Nodes on the in-memory store that are handed one another's envelopes in any order: they end alike, or nothing changed.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { promote, remove } from "../../src/node/membership.ts";
import type { Arrival } from "../../src/net/net.ts";
import type { CircleId } from "../../src/record/ids.ts";
import { decodeEnvelope } from "../../src/record/wire.ts";
import { faultyStore } from "../help/faulty-store.ts";
import { memoryStore } from "../help/memory-store.ts";
import {
  admits,
  circleOfParties,
  hands,
  hears,
  liveOf,
  allOf,
  type Party,
  party,
  picture,
  says,
  sync,
} from "../help/memory-rooms.ts";
import { refusalOf } from "../help/refusal.ts";

type Story = {
  readonly circle: CircleId;
  readonly parties: readonly Party[];
  readonly envelopes: readonly Uint8Array[];
};

/** A partition: both sides post, one adds and promotes, the other removes; then acme holds everything. */
async function story(): Promise<Story> {
  const parties = ["acme", "borealis", "cygnus"].map((name) => party(name));
  const [acme, borealis, cygnus] = parties;
  if (!acme || !borealis || !cygnus) throw new Error("three parties");
  const circle = await circleOfParties(parties);
  await promote(acme.rooms, circle, borealis.rooms.me.id);
  await sync(acme, borealis, circle);
  const dorado = party("dorado");
  await admits(borealis, dorado, circle);
  await says(borealis, circle, "b1", "b2");
  await says(cygnus, circle, "c1");
  await sync(cygnus, acme, circle);
  await remove(acme.rooms, circle, cygnus.rooms.me.id);
  await says(acme, circle, "a1");
  await sync(borealis, acme, circle);
  await says(acme, circle, "a2");
  // Under an epoch of another lane, which may come later than the post.
  await sync(acme, borealis, circle);
  await says(borealis, circle, "b3");
  await sync(borealis, acme, circle);
  return { circle, parties: [...parties, dorado], envelopes: await allOf(acme, circle) };
}

/** A fresh copy of dorado, which was admitted on the far side of the partition and holds nothing. */
async function reader(circle: CircleId, told: Party, store = memoryStore()): Promise<Party> {
  const copy = party("dorado", { store });
  await copy.rooms.keyring.update(() => told.rooms.keyring.value());
  const live = liveOf(told, circle);
  copy.rooms.circles.set(circle, { ...live, used: new Map() });
  return copy;
}

/** Hands over the batches again and again, as a sync does, until every envelope has its place. */
async function untilHeld(
  to: Party,
  from: Party,
  { circle, batches }: { readonly circle: CircleId; readonly batches: readonly (readonly Uint8Array[])[] },
): Promise<void> {
  for (let missing = true; missing;) {
    const arrivals: Arrival[] = [];
    for (const envelopes of batches) arrivals.push(...(await hands(to, from, { circle, envelopes })));
    missing = arrivals.some(({ kind }) => kind === "gap");
    expect(missing && arrivals.every(({ kind }) => kind === "gap" || kind === "duplicate")).toBe(false);
  }
}

describe("the envelopes of a circle that was parted", () => {
  test("in any order, batched and repeated at will, give every node the same heads, roster, epochs and items", async () => {
    const { circle, parties, envelopes } = await story();
    const [acme, , , dorado] = parties;
    if (!acme || !dorado) throw new Error("four parties");
    const indices = envelopes.map((_, index) => index);
    const order = fc.tuple(
      fc.shuffledSubarray(indices, { minLength: indices.length }),
      fc.array(fc.constantFrom(...indices), { maxLength: 8 }),
      fc.integer({ min: 1, max: 9 }),
    );
    const plain = await reader(circle, dorado);
    await hands(plain, acme, { circle, envelopes });
    expect(picture(plain, circle)).toEqual(picture(acme, circle));
    expect((await hears(plain, circle)).length).toBeGreaterThan(2);
    await fc.assert(
      fc.asyncProperty(order, async ([shuffled, repeated, size]) => {
        const node = await reader(circle, dorado);
        const sequence = [...shuffled, ...repeated].map((index) => envelopes[index] ?? new Uint8Array(0));
        const batches = Array.from({ length: Math.ceil(sequence.length / size) }, (_, at) =>
          sequence.slice(at * size, (at + 1) * size),
        );
        await untilHeld(node, acme, { circle, batches });
        expect(picture(node, circle)).toEqual(picture(acme, circle));
        expect(await hears(node, circle)).toEqual(await hears(plain, circle));
        expect(await node.rooms.store.size()).toBe(await plain.rooms.store.size());
      }),
      { numRuns: 25, seed: 7 },
    );
  });

  test("handed over twice are stored once", async () => {
    const { circle, parties, envelopes } = await story();
    const [acme, , , dorado] = parties;
    if (!acme || !dorado) throw new Error("four parties");
    const node = await reader(circle, dorado);
    const arrivals = await hands(node, acme, { circle, envelopes: [...envelopes, ...envelopes] });
    expect(arrivals.map(({ kind }) => kind)).toEqual([
      ...envelopes.map(() => "kept"),
      ...envelopes.map(() => "duplicate"),
    ]);
    const before = [picture(node, circle), await hears(node, circle), await node.rooms.store.size()];
    const again = await hands(node, acme, { circle, envelopes });
    expect(again).toEqual(envelopes.map(() => ({ kind: "duplicate" })));
    expect([picture(node, circle), await hears(node, circle), await node.rooms.store.size()]).toEqual(before);
  });

  test("mixed with copies of which one bit was flipped, give the same as without", async () => {
    const { circle, parties, envelopes } = await story();
    const [acme, , , dorado] = parties;
    if (!acme || !dorado) throw new Error("four parties");
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(), { minLength: envelopes.length, maxLength: envelopes.length }),
        async (bits) => {
          const node = await reader(circle, dorado);
          for (const [index, envelope] of envelopes.entries()) {
            const flipped = envelope.slice();
            const bit = (bits[index] ?? 0) % (8 * flipped.length);
            flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
            const arrivals = await hands(node, acme, { circle, envelopes: [flipped, envelope] });
            expect(arrivals[0]?.kind).not.toBe("kept");
            expect(arrivals[1]).toEqual({ kind: "kept" });
          }
          expect(picture(node, circle)).toEqual(picture(acme, circle));
        },
      ),
      { numRuns: 10, seed: 7 },
    );
  });
});

describe("a disk that is full at the n-th commit", () => {
  test("leaves memory as it was while envelopes come in, and the repeat completes", async () => {
    const { circle, parties, envelopes } = await story();
    const [acme, , , dorado] = parties;
    if (!acme || !dorado) throw new Error("four parties");
    const whole = await reader(circle, dorado);
    await hands(whole, acme, { circle, envelopes });
    // Posts before their epochs, so that some are kept sealed first and opened by a commit of their own.
    const kindOf = (bytes: Uint8Array): string => decodeEnvelope(bytes).header.kind;
    const batches = [
      envelopes.filter((bytes) => !["post", "epoch"].includes(kindOf(bytes))),
      envelopes.filter((bytes) => kindOf(bytes) === "post"),
      envelopes.filter((bytes) => kindOf(bytes) === "epoch"),
    ];
    let sealed = 0;
    let failures = 0;
    for (let failAt = 1, failed = true; failed; failAt++) {
      failed = false;
      const node = await reader(circle, dorado, faultyStore(memoryStore(), failAt));
      for (let round = 0; round < 12; round++) {
        for (const batch of batches) {
          const before = picture(node, circle);
          const code = await refusalOf(async () => hands(node, acme, { circle, envelopes: batch }));
          sealed = Math.max(sealed, await node.rooms.store.sealedCount(circle));
          if (code === undefined) continue;
          failures += 1;
          failed = true;
          expect(code).toBe("DISK_FULL");
          expect(picture(node, circle)).toEqual(before);
        }
      }
      expect(picture(node, circle)).toEqual(picture(whole, circle));
      expect(await hears(node, circle)).toEqual(await hears(whole, circle));
    }
    expect(failures).toBeGreaterThan(3);
    expect(sealed).toBeGreaterThan(0);
  });

  test("leaves a post unsaid; said again, it is said once", async () => {
    for (let failAt = 1, failed = true; failed; failAt++) {
      failed = false;
      const acme = party("acme", { store: faultyStore(memoryStore(), failAt) });
      const borealis = party("borealis");
      const circle = await circleOfParties([acme, borealis]).catch(() => undefined);
      if (circle === undefined) {
        failed = true;
        continue;
      }
      for (const text of ["one", "two"]) {
        const before = picture(acme, circle);
        const code = await refusalOf(async () => says(acme, circle, text));
        if (code === undefined) continue;
        failed = true;
        expect(picture(acme, circle)).toEqual(before);
        await says(acme, circle, text);
      }
      await sync(acme, borealis, circle);
      expect(await hears(borealis, circle)).toEqual(["one", "two"]);
    }
  });
});
