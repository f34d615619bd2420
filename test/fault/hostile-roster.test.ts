// What members try with membership changes that are each allowed where they were made: limits passed side by side, words of
// whoever never came in, keys that come back, and proofs that lean on what nobody has.

import { describe, expect, test } from "vitest";
import { limits } from "../../src/base/limits.ts";
import { emptyMemo, evaluate, refusalOf } from "../../src/circle/evaluate.ts";
import { withOp } from "../../src/circle/graph.ts";
import { orgOf } from "../../src/circle/roster.ts";
import {
  adds,
  confirms,
  enrols,
  freezes,
  genesisBy,
  graphOf,
  memberOf,
  merges,
  namesIn,
  opOf,
  outcome,
  promotes,
  proves,
  removes,
  retires,
  rosterOfStory,
  sets,
  type Told,
  toOp,
} from "../help/roster-graph.ts";

const op = (name: string, by: string, after: readonly string[], does: Told["does"], at = 0): Told => ({
  ...{ name, by, after, does, at },
});
const DAY_MS = 86_400_000;
const genesis = op("g", "ann", [], genesisBy("ann"));
const why = (name: string, ...story: readonly Told[]): string | undefined =>
  rosterOfStory(...story).void.get(opOf(name));

describe("limits that many pass at once", () => {
  test("R12: an org brings in nodes side by side, and no more come in than an org may have", () => {
    const story = [op("m", "ann", ["g"], adds("mallory"))];
    for (let node = 0; node < 3 * limits.nodesPerOrgMax; node++)
      story.push(op(`e${node}`, `node${node}`, ["m"], enrols(`node${node}`, "mallory")));
    const { members } = rosterOfStory(...story);
    const mallory = members.get(memberOf("mallory"));
    expect([...members.values()].filter((member) => mallory && orgOf(member) === orgOf(mallory))).toHaveLength(
      limits.nodesPerOrgMax,
    );
  });

  test("R12: members admit side by side, and the circle takes no more than its epochs can be wrapped to", () => {
    const story = [op("p", "ann", ["g"], sets("g", { invite: "members" })), op("m", "ann", ["p"], adds("mallory"))];
    for (let guest = 0; guest < limits.membersMax + 20; guest++)
      story.push(op(`a${guest}`, "mallory", ["m"], adds(`guest${guest}`)));
    expect(rosterOfStory(...story).members.size).toBe(limits.membersMax);
  });
});

describe("members that came in on one side alone", () => {
  /** Ann and bob and carl are stewards; one ticket is used at each of them at once, by three orgs of one hand. */
  const race = [
    op("m", "ann", ["g"], adds("mallory")),
    op("b", "ann", ["m"], adds("bob")),
    op("c", "ann", ["b"], adds("carl")),
    op("q", "ann", ["c"], promotes("bob")),
    op("r", "ann", ["q"], promotes("carl")),
    op("s", "ann", ["r"], sets("g", { refound: 3 })),
    op("x", "ann", ["s"], adds("xavier", "ticket")),
    op("y", "bob", ["s"], adds("yann", "ticket")),
    op("z", "carl", ["s"], adds("zoe", "ticket")),
  ];
  const votes = [
    op("vx", "xavier", ["x"], promotes("mallory")),
    op("vy", "yann", ["y"], promotes("mallory")),
    op("vz", "zoe", ["z"], promotes("mallory")),
  ];

  test("R16: one ticket used at three stewards at once gives no three words, and makes nobody a steward", () => {
    expect(namesIn(rosterOfStory(...race, ...votes))).toMatch(/^ann\* bob\* carl\* mallory [xyz]/);
  });

  test("R14: whoever was added again while it was removed has no word on either side", () => {
    const story = [
      op("b", "ann", ["g"], adds("bob")),
      op("p", "ann", ["b"], promotes("bob")),
      op("e", "ann", ["p"], adds("eve")),
      op("r", "ann", ["e"], removes("eve")),
      op("s", "bob", ["e"], removes("eve")),
      op("a", "bob", ["s"], adds("eve")),
      op("q", "bob", ["a"], promotes("eve")),
      op("k", "eve", ["q"], adds("kim")),
    ];
    expect(namesIn(rosterOfStory(...story))).toBe("ann* bob*");
  });

  test("R14: nobody comes in by the word of whoever never came in", () => {
    const open = race.map((one) =>
      one.name === "s" ? op("s", "ann", ["r"], sets("g", { refound: 3, invite: "members" })) : one,
    );
    const guests = [
      op("gx", "xavier", ["x"], adds("of xa")),
      op("gy", "yann", ["y"], adds("of ya")),
      op("gz", "zoe", ["z"], adds("of zo")),
    ];
    expect(rosterOfStory(...open, ...guests).members.size).toBe(6);
  });
});

describe("freezes", () => {
  const base = [op("m", "ann", ["g"], adds("mallory")), op("v", "ann", ["m"], adds("victim"))];

  test("R43: said on many lanes without each other's knowledge hold for one day, whichever is heard last", () => {
    const at = 10 * DAY_MS;
    const days = [0, 1, 2, 3, 4, 5].map((day) =>
      op(`f${day}`, "mallory", ["v"], freezes("victim", at + (day + 1) * DAY_MS), at + day * DAY_MS),
    );
    const counted = days.filter(({ name }) => why(name, ...base, ...days) === undefined);
    const moments = counted.map(({ at: from = 0 }) => from).sort((left, right) => left - right);
    for (const [index, from] of moments.entries())
      expect(from - (moments[index - 1] ?? -Infinity)).toBeGreaterThanOrEqual(limits.freezeEveryMs);
  });

  test("R45: is prolonged to a week from its beginning, whatever the moment that the steward names", () => {
    const story = [
      ...base,
      op("b", "ann", ["v"], adds("bob")),
      op("f", "mallory", ["b"], freezes("victim", 2 * DAY_MS), DAY_MS),
    ];
    const late = 365 * DAY_MS;
    expect(why("k", ...story, op("k", "ann", ["f"], confirms("f", late + 7 * DAY_MS), late))).toBeDefined();
    expect(why("k", ...story, op("k", "ann", ["f"], confirms("f", 8 * DAY_MS), DAY_MS))).toBeUndefined();
  });
});

describe("keys that were withdrawn", () => {
  test("R52: are not admitted again by a steward that says it had not heard", () => {
    const story = [
      op("b", "ann", ["g"], adds("bob")),
      op("p", "ann", ["b"], promotes("bob")),
      op("n", "ann", ["p"], adds("node")),
      op("w", "node", ["n"], retires("node", "node")),
      // A longer history that never heard of it.
      op("b1", "bob", ["p"], adds("carl")),
      op("b2", "bob", ["b1"], adds("dora")),
      op("b3", "bob", ["b2"], adds("emil")),
      op("b4", "bob", ["b3"], adds("node")),
    ];
    expect(namesIn(rosterOfStory(...story))).toBe("ann* bob* carl dora emil");
    expect(why("b4", ...story)).toBe("its org withdrew this key");
  });
});

describe("a proof of a fork that leans on what its reader does not have", () => {
  const start = [genesis, op("m", "ann", ["g"], adds("mallory")), op("b", "ann", ["m"], adds("bob"))];
  const later = [op("o1", "ann", ["b"], adds("carl")), op("o2", "ann", ["o1"], removes("bob"))];

  test("R49: leaves no trace: what it carried counts as ever once it comes by itself", () => {
    const told = later.map(toOp);
    const honest = graphOf([...start.map(toOp), ...told]);
    let graph = graphOf(start.map(toOp));
    const memo = emptyMemo();
    const [, early] = later;
    if (!early) throw new Error("two operations");
    const proof = toOp(op("x", "mallory", ["b"], proves(early, { ...early, name: "o3" })));
    expect(refusalOf(graph, proof, memo)).toBe("it leans on what its author had not seen");
    for (const one of told) {
      expect(refusalOf(graph, one, memo)).toBeUndefined();
      graph = withOp(graph, one);
    }
    expect(graph.heads).toEqual(honest.heads);
    expect(outcome(evaluate(graph, graph.heads, memo))).toEqual(outcome(evaluate(honest, honest.heads, emptyMemo())));
  });
});

describe("merges", () => {
  test("R12: of one head, which join nothing, count for nothing", () => {
    const story = [op("m", "ann", ["g"], adds("mallory")), op("j", "mallory", ["m"], merges)];
    expect(why("j", ...story)).toBe("it joins nothing");
  });
});
