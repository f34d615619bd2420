// Which changes a record names: no more than it may, and none of those forgotten that its lane has seen.

import { array, assert, constantFrom, property, uniqueArray } from "fast-check";
import { expect, test } from "vitest";
import { limits } from "../../../src/base/limits.ts";
import { dominates, isMinimal } from "../../../src/circle/graph.ts";
import { headsFor } from "../../../src/node/authorship.ts";
import { genesisBy, graphOf, laneOf, memberOf, merges, opOf, promotes, toOp } from "../../help/roster-graph.ts";

const MEMBERS = 24;
const names = Array.from({ length: MEMBERS }, (_, index) => `m${index}`);

test("R8: a record of a circle with more heads than it may name forgets nothing that its lane has seen", () => {
  const some = uniqueArray(constantFrom(...names), { minLength: 1, maxLength: limits.rosterHeadsMax });
  assert(
    property(some, array(some, { minLength: limits.rosterHeadsMax, maxLength: MEMBERS }), (seen, merged) => {
      const graph = graphOf([
        toOp({ name: "g", by: "ann", after: [], does: genesisBy("ann") }),
        ...names.map((name) => toOp({ name, by: name, after: ["g"], does: promotes("bob") })),
        ...merged.map((after, index) => toOp({ name: `merge ${index}`, by: names[index] ?? "", after, does: merges })),
      ]);
      const lane = { id: laneOf("ann"), author: memberOf("ann"), length: 1, head: undefined, seen: seen.map(opOf) };
      const heads = headsFor(graph, lane);
      expect(heads.length).toBeLessThanOrEqual(limits.rosterHeadsMax);
      expect(dominates(graph, heads, lane.seen)).toBe(true);
      expect(isMinimal(graph, heads)).toBe(true);
    }),
    { numRuns: 200 },
  );
});
