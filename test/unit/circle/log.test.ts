// The log of a circle: who, what, by what right, beside what, and whether it counts.

import { describe, expect, test } from "vitest";
import { emptyMemo } from "../../../src/circle/evaluate.ts";
import { type LogEntry, membershipLog } from "../../../src/circle/log.ts";
import {
  adds,
  confirms,
  demotes,
  freezes,
  genesisBy,
  graphOf,
  leaves,
  lifts,
  merges,
  opOf,
  promotes,
  removes,
  sets,
  toOp,
  type Told,
  vouches,
} from "../../help/roster-graph.ts";

const op = (name: string, by: string, after: readonly string[], does: Told["does"], at = 0): Told => ({
  ...{ name, by, after, does, at },
});

function logOf(...story: readonly Told[]): readonly LogEntry[] {
  const ops = [op("g", "ann", [], genesisBy("ann")), ...story].map(toOp);
  const there = membershipLog(graphOf(ops), emptyMemo());
  // Whoever heard of it in another order reads the same log.
  const other = [...ops];
  for (let at = other.length - 1; at > 0; at--) {
    const [one, next] = [other[at - 1], other[at]];
    if (one && next && !next.parents.includes(one.id)) [other[at - 1], other[at]] = [next, one];
  }
  expect(lines(membershipLog(graphOf(other), emptyMemo()))).toEqual(lines(there));
  return there;
}

function lines(log: readonly LogEntry[]): readonly string[] {
  return log.map(({ by, what, authority, void: why }) => `${by} ${what} (${authority})${why ? ` VOID ${why}` : ""}`);
}

describe("the log of a circle", () => {
  test("says of each change who made it, and by what right", () => {
    const log = logOf(
      op("b", "ann", ["g"], adds("bob")),
      op("p", "ann", ["b"], promotes("bob"), Date.UTC(2026, 0, 2)),
      op("c", "bob", ["p"], adds("carl")),
      op("f", "carl", ["c"], freezes("bob", 60_000), 1),
      op("k", "ann", ["f"], confirms("f", 90_000), 2),
      op("u", "ann", ["k"], lifts("f"), 3),
      op("s", "bob", ["u"], sets("g", { vouches: 2 })),
      op("d", "bob", ["s"], adds("dora")),
      op("v", "carl", ["d"], vouches("dora")),
      op("l", "carl", ["v"], leaves),
    );
    expect(lines(log)).toEqual([
      "ann founded the circle (founder)",
      "ann admitted bob (steward since the founding)",
      "ann made bob a steward (steward since the founding)",
      "bob admitted carl (steward since 2026-01-02T00:00:00.000Z)",
      "carl froze bob until 1970-01-01T00:01:00.000Z: odd logins (member)",
      "ann confirmed the freeze of bob until 1970-01-01T00:01:30.000Z (steward since the founding)",
      "ann lifted the freeze of bob (steward since the founding)",
      "bob set the rules: vouches 0 -> 2 (steward since 2026-01-02T00:00:00.000Z)",
      "bob asked to admit dora (steward since 2026-01-02T00:00:00.000Z, word 1 of 2)",
      "carl vouched for dora (member, word 2 of 2)",
      "carl left (member)",
    ]);
    expect(log.every(({ concurrent }) => concurrent.length === 0)).toBe(true);
  });

  test("says of two stewards that removed each other which one stands, and why the other does not", () => {
    const log = logOf(
      op("b", "ann", ["g"], adds("bob")),
      op("p", "ann", ["b"], promotes("bob")),
      op("c", "ann", ["p"], adds("carl")),
      op("x", "ann", ["c"], removes("bob")),
      op("y", "bob", ["c"], removes("ann")),
    );
    const told = log.filter(({ op: { change } }) => change.op === "remove");
    expect(lines(told).toSorted()).toEqual([
      "ann removed bob (steward since the founding)",
      "bob removed ann (steward since 1970-01-01T00:00:00.000Z) VOID its author was removed meanwhile",
    ]);
    expect(new Map(told.map(({ op: { id }, concurrent }) => [id, concurrent]))).toEqual(
      new Map([
        [opOf("x"), [opOf("y")]],
        [opOf("y"), [opOf("x")]],
      ]),
    );
  });

  test("counts the votes on one question", () => {
    const log = logOf(
      op("b", "ann", ["g"], adds("bob")),
      op("c", "ann", ["b"], adds("carl")),
      op("p", "ann", ["c"], promotes("bob")),
      op("q", "ann", ["p"], promotes("carl")),
      op("x", "ann", ["q"], removes("carl")),
      op("y", "bob", ["x"], demotes("carl")),
      op("z", "bob", ["y"], removes("carl")),
    );
    expect(log.slice(-3).map(({ authority }) => authority.split(", ").at(-1))).toEqual([
      ...["vote 1 of 2", "vote 1 of 2", "vote 2 of 2"],
    ]);
    expect(log.slice(-3).map(({ what }) => what)).toEqual([
      ...["voted to remove carl", "voted to end the stewardship of carl", "removed carl"],
    ]);
  });

  test("tells of some changes alone where it is asked for these", () => {
    const ops = [op("g", "ann", [], genesisBy("ann")), op("m", "ann", ["g"], merges)].map(toOp);
    expect(membershipLog(graphOf(ops), emptyMemo(), [opOf("m")]).map(({ what }) => what)).toEqual([
      "joined what was said apart",
    ]);
  });
});
