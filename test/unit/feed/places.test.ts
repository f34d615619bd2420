// Sets of places kept as runs, against plain sets.

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { addPlace, type Ranges, removePlace } from "../../../src/feed/places.ts";

test("places added and taken away in any order are the runs of a set", () => {
  const step = fc.tuple(fc.boolean(), fc.nat(20));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const ranges: Ranges = [];
      const set = new Set<number>();
      for (const [isAdded, seq] of steps) {
        if (isAdded) {
          addPlace(ranges, seq);
          set.add(seq);
        } else {
          removePlace(ranges, seq);
          set.delete(seq);
        }
        const listed = ranges.flatMap(([from, to]) => Array.from({ length: to - from }, (_, index) => from + index));
        expect(listed).toEqual([...set].toSorted((left, right) => left - right));
        for (const [index, [from]] of ranges.entries()) expect(from).toBeGreaterThan(ranges[index - 1]?.[1] ?? -1);
      }
    }),
  );
});
