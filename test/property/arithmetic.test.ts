// Small pure laws: frontiers, printed ids, Merkle roots.

import { createHash } from "node:crypto";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { joined, missing, spanned } from "../../src/feed/frontier.ts";
import { idRange, laneFor, laneId, memberId, ownsLane, printId, printShortId, recordId } from "../../src/record/ids.ts";
import { merkleRoot } from "../../src/record/merkle.ts";
import type { Frontier } from "../../src/record/record.ts";
import { seededRandom } from "../help/seeded-random.ts";

const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });

describe("frontiers", () => {
  const lanes = Array.from({ length: 5 }, (_, at) => laneId(new Uint8Array(16).fill(at)));
  const frontier: fc.Arbitrary<Frontier> = fc
    .uniqueArray(fc.tuple(fc.constantFrom(...lanes), fc.nat(6)), { selector: ([lane]) => lane, maxLength: 5 })
    .map((rows) => new Map(rows));
  const told = (of: Frontier): unknown =>
    [...of].filter(([, length]) => length > 0).sort(([left], [right]) => (left < right ? -1 : 1));

  test("applying what is missing closes every gap and takes nothing away", () => {
    fc.assert(
      fc.property(frontier, frontier, (ours, theirs) => {
        const after = new Map(ours);
        for (const { lane, from, to } of missing(ours, theirs)) {
          expect(after.get(lane) ?? 0).toBe(from);
          after.set(lane, to);
        }
        expect(told(after)).toEqual(told(joined(ours, theirs)));
        expect(missing(after, theirs)).toEqual([]);
        expect(missing(after, ours)).toEqual([]);
        const total = (of: Frontier): number => [...of.values()].reduce((sum, length) => sum + length, 0);
        expect(spanned(missing(ours, theirs))).toBe(total(after) - total(ours));
      }),
      { numRuns: 200, seed: 21 },
    );
  });

  test("joining hangs neither on order nor on repetition", () => {
    fc.assert(
      fc.property(frontier, frontier, frontier, (a, b, c) => {
        expect(told(joined(a, b))).toEqual(told(joined(b, a)));
        expect(told(joined(joined(a, b), c))).toEqual(told(joined(a, joined(b, c))));
        expect(told(joined(a, a))).toEqual(told(a));
      }),
      { numRuns: 100, seed: 22 },
    );
  });
});

describe("printed ids", () => {
  test("are found by any start of six characters or more, and nothing else is", () => {
    fc.assert(
      fc.property(
        bytes(32).map(recordId),
        bytes(32).map(recordId),
        fc.integer({ min: 6, max: 52 }),
        fc.boolean(),
        (id, other, length, letter) => {
          const printed = printId("sighting", id).slice(2);
          const typed = (letter ? "s-" : "") + printed.slice(0, length).toLowerCase();
          const range = idRange(typed);
          if (!range) throw new Error("a range");
          expect(range.from <= id && id <= range.to).toBe(true);
          const inRange = range.from <= other && other <= range.to;
          expect(inRange).toBe(printId("alert", other).slice(2, 2 + length) === printed.slice(0, length));
          expect(idRange(printShortId("ack", id))).toEqual(idRange(printed.slice(0, 6)));
        },
      ),
      { numRuns: 300, seed: 23 },
    );
  });

  test("include exactly the neighbours that print alike", () => {
    fc.assert(
      fc.property(bytes(32).map(recordId), fc.integer({ min: 6, max: 52 }), (id, length) => {
        const start = (of: bigint): string =>
          printId("reply", recordId(Uint8Array.from(Buffer.from(of.toString(16).padStart(64, "0"), "hex")))).slice(
            2,
            2 + length,
          );
        const range = idRange(printId("reply", id).slice(2, 2 + length));
        if (!range) throw new Error("a range");
        const [from, to] = [BigInt(`0x${range.from}`), BigInt(`0x${range.to}`)];
        expect([start(from), start(to)]).toEqual([start(BigInt(`0x${id}`)), start(BigInt(`0x${id}`))]);
        if (from > 0n) expect(start(from - 1n)).not.toBe(start(from));
        if (to < 2n ** 256n - 1n) expect(start(to + 1n)).not.toBe(start(to));
      }),
      { numRuns: 200, seed: 24 },
    );
  });
});

describe("lanes", () => {
  test("prove their author and nobody else", () => {
    fc.assert(
      fc.property(bytes(32), bytes(32), fc.string(), (one, other, seed) => {
        const lane = laneFor(memberId(one), seededRandom(seed));
        expect(ownsLane(memberId(one), lane)).toBe(true);
        expect(ownsLane(memberId(other), lane)).toBe(Buffer.compare(one, other) === 0);
      }),
      { numRuns: 100, seed: 25 },
    );
  });
});

describe("Merkle roots", () => {
  /** RFC 6962 section 2.1, word for word. */
  const reference = (leaves: readonly Uint8Array[]): string => {
    const hash = (...parts: readonly (string | Uint8Array)[]): string => {
      const digest = createHash("sha256");
      for (const part of parts) digest.update(typeof part === "string" ? Buffer.from(part, "hex") : part);
      return digest.digest("hex");
    };
    if (leaves.length === 0) return hash();
    if (leaves.length === 1) return hash("00", leaves[0] ?? "");
    const k = 2 ** Math.floor(Math.log2(leaves.length - 1));
    return hash("01", reference(leaves.slice(0, k)), reference(leaves.slice(k)));
  };

  test("are those of the standard for any number of leaves", () => {
    for (let count = 0; count < 70; count++) {
      const leaves = Array.from({ length: count }, (_, at) => Uint8Array.of(at, count));
      expect(Buffer.from(merkleRoot(leaves)).toString("hex")).toBe(reference(leaves));
    }
  });

  test("change with any change, exchange or loss of a leaf", () => {
    const leaf = fc.uint8Array({ maxLength: 8 });
    fc.assert(
      fc.property(fc.array(leaf, { maxLength: 9 }), fc.array(leaf, { maxLength: 9 }), (left, right) => {
        const same =
          left.length === right.length &&
          left.every((one, at) => Buffer.compare(one, right[at] ?? new Uint8Array(0)) === 0);
        expect(Buffer.compare(merkleRoot(left), merkleRoot(right)) === 0).toBe(same);
      }),
      { numRuns: 200, seed: 26 },
    );
  });
});
