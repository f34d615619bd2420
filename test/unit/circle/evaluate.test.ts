// Membership stories and the one roster that everybody computes from them.

import { describe, expect, test } from "vitest";
import { limits } from "../../../src/base/limits.ts";
import { emptyMemo, evaluate } from "../../../src/circle/evaluate.ts";
import { refusal } from "../../../src/circle/refusal.ts";
import { emptyGraph } from "../../../src/circle/graph.ts";
import {
  adds,
  genesisBy,
  graphOf,
  laneOf,
  memberOf,
  namesIn,
  opOf,
  promotes,
  removes,
  rosterOfStory,
  ticketOf,
  type Told,
  toOp,
} from "../../help/roster-graph.ts";

const op = (name: string, by: string, after: readonly string[], does: Told["does"]): Told => ({
  name,
  by,
  after,
  does,
});
/** Ann founds, adds bob and carl, and makes bob a steward: heads at `p`. */
const three = [
  op("b", "ann", ["g"], adds("bob")),
  op("c", "ann", ["b"], adds("carl")),
  op("p", "ann", ["c"], promotes("bob")),
];
/** Carl is a steward as well: heads at `q`. */
const stewards = [...three, op("q", "ann", ["p"], promotes("carl"))];
const why = (name: string, ...story: readonly Told[]): string | undefined =>
  rosterOfStory(...story).void.get(opOf(name));

describe("R12: an operation counts only if its author was entitled in its own view", () => {
  test("a founder is the first steward of its circle", () => {
    expect(namesIn(rosterOfStory())).toBe("ann*");
  });

  test("a genesis signed by another than its founder founds nothing", () => {
    const op = { author: memberOf("bob"), change: genesisBy("ann") };
    expect(refusal(op, undefined)).toBe("not the founder's");
    const graph = graphOf([{ ...toOp({ name: "g", by: "bob", after: [], does: genesisBy("ann") }) }]);
    expect(() => evaluate(graph, graph.heads, emptyMemo())).toThrow("a roster starts with its genesis");
  });

  test("a second genesis inside a circle changes nothing", () => {
    expect(namesIn(rosterOfStory(...three, op("x", "bob", ["p"], genesisBy("bob"))))).toBe("ann* bob* carl");
  });

  test("what follows nothing is refused", () => {
    expect(refusal({ author: memberOf("ann"), change: adds("bob") }, undefined)).toBe("it follows nothing");
    expect(() => evaluate(emptyGraph(), [], emptyMemo())).toThrow();
  });

  test.each([
    ["an addition", adds("dora")],
    ["a removal", removes("bob")],
    ["a promotion", promotes("carl")],
  ])("%s by a member that is no steward is void", (_, does) => {
    const story = [...three, op("x", "carl", ["p"], does)];
    expect(namesIn(rosterOfStory(...story))).toBe("ann* bob* carl");
    expect(why("x", ...story)).toBe("its author is no steward");
  });

  test("an operation of whoever was never a member is void", () => {
    expect(why("x", ...three, op("x", "eve", ["p"], adds("dora")))).toBe("its author is no steward");
  });

  test("a promotion entitles to what follows it, and to nothing that is concurrent with it", () => {
    expect(namesIn(rosterOfStory(...three, op("d", "bob", ["p"], adds("dora"))))).toBe("ann* bob* carl dora");
    expect(namesIn(rosterOfStory(...three, op("d", "bob", ["c"], adds("dora"))))).toBe("ann* bob* carl");
  });

  test("nobody is added twice, removed when it is out, or promoted when it is not there or a steward already", () => {
    expect(why("x", ...three, op("x", "ann", ["p"], adds("carl")))).toBe("the member is in already");
    expect(why("x", ...three, op("x", "ann", ["p"], removes("dora")))).toBe("there is no such member");
    expect(why("x", ...three, op("x", "ann", ["p"], promotes("dora")))).toBe("there is no such member");
    expect(why("x", ...three, op("x", "ann", ["p"], promotes("bob")))).toBe("the member is a steward already");
  });

  test("there are at most as many stewards and members as the limits say", () => {
    const many = (count: number): Told[] =>
      Array.from({ length: count }, (_, n) => op(`a${n}`, "ann", [n === 0 ? "g" : `a${n - 1}`], adds(`m${n}`)));
    const crowd = many(limits.stewardsMax);
    const last = limits.stewardsMax - 1;
    const promotions = crowd.map((_, n) => op(`p${n}`, "ann", [n === 0 ? `a${last}` : `p${n - 1}`], promotes(`m${n}`)));
    const roster = rosterOfStory(...crowd, ...promotions);
    expect(roster.void.get(opOf(`p${last}`))).toBe("there are enough stewards");
    expect(roster.void.has(opOf(`p${last - 1}`))).toBe(false);
    const full = rosterOfStory(...many(limits.membersMax));
    expect(full.members.size).toBe(limits.membersMax);
    expect(full.void.get(opOf(`a${limits.membersMax - 1}`))).toBe("the circle is full");
  });
});

describe("R13: strong removal", () => {
  test("hits what its target did after it left and was let in again by somebody who had not seen the removal", () => {
    const story = [
      ...three,
      op("r", "bob", ["p"], removes("carl")),
      op("l", "carl", ["p"], { op: "leave" }),
      op("d", "ann", ["l"], adds("carl")),
      op("s", "ann", ["d"], promotes("carl")),
      op("e", "carl", ["s"], adds("eve")),
    ];
    expect(namesIn(rosterOfStory(...story))).toBe("ann* bob*");
    expect(why("e", ...story)).toBe("its author was removed meanwhile");
    // Let in by somebody who knew, it stands anew.
    const known = story.map((one) => (one.name === "d" ? { ...one, after: ["l", "r"].sort() } : one));
    expect(namesIn(rosterOfStory(...known))).toBe("ann* bob* carl* eve");
  });

  test("a removal annuls what its target did without having seen it", () => {
    const story = [...three, op("r", "ann", ["p"], removes("bob")), op("d", "bob", ["p"], adds("dora"))];
    expect(namesIn(rosterOfStory(...story))).toBe("ann* carl");
    expect(why("d", ...story)).toBe("its author was removed meanwhile");
  });

  test("what the target did before its remover looked stands", () => {
    expect(
      namesIn(rosterOfStory(...three, op("d", "bob", ["p"], adds("dora")), op("r", "ann", ["d"], removes("bob")))),
    ).toBe("ann* carl dora");
  });

  test("of two stewards that remove each other the senior one stays", () => {
    const [x, y] = [op("x", "ann", ["p"], removes("bob")), op("y", "bob", ["p"], removes("ann"))];
    expect(namesIn(rosterOfStory(...three, x, y))).toBe("ann* carl");
    expect(namesIn(rosterOfStory(...three, y, x))).toBe("ann* carl");
  });

  test("a removed steward cannot backdate a removal of its remover", () => {
    const removed = [...three, op("r", "ann", ["p"], removes("bob"))];
    for (const after of [["p"], ["r"]])
      expect(namesIn(rosterOfStory(...removed, op("y", "bob", after, removes("ann"))))).toBe("ann* carl");
  });
});

describe("R14: what rests on an annulled operation is annulled too", () => {
  test("a steward by the grace of one that was removed meanwhile is none, nor are the members it added", () => {
    const story = [
      ...three,
      op("r", "ann", ["p"], removes("bob")),
      op("q", "bob", ["p"], promotes("carl")),
      op("d", "carl", ["q"], adds("dora")),
    ];
    expect(namesIn(rosterOfStory(...story))).toBe("ann* carl");
    expect(why("d", ...story)).toBe("its author was no steward after all");
  });

  test("an addition by a steward that was removed meanwhile is void; another steward adds the member again", () => {
    const story = [...three, op("r", "ann", ["p"], removes("bob")), op("d", "bob", ["p"], adds("dora"))];
    expect(namesIn(rosterOfStory(...story, op("e", "ann", ["r", "d"], adds("dora"))))).toBe("ann* carl dora");
  });
});

describe("R15: a removal wins over an addition that had not seen it", () => {
  test("whoever is removed on one side and re-added on the other is out", () => {
    const story = [
      ...three,
      op("x", "ann", ["p"], removes("carl")),
      op("y", "ann", ["x"], adds("carl")),
      op("z", "bob", ["p"], removes("carl")),
    ];
    expect(namesIn(rosterOfStory(...story))).toBe("ann* bob*");
    expect(namesIn(rosterOfStory(...story, op("w", "bob", ["y", "z"], adds("carl"))))).toBe("ann* bob* carl");
  });

  test("a member comes back by an addition that had seen its removal, as no steward, and stays known as removed once", () => {
    const cuts = [{ lane: laneOf("bob"), length: 4 }];
    const roster = rosterOfStory(
      ...three,
      op("r", "ann", ["p"], removes("bob", cuts)),
      op("d", "ann", ["r"], adds("bob")),
    );
    expect(namesIn(roster)).toBe("ann* bob carl");
    expect(roster.members.get(memberOf("bob"))?.addedBy).toBe(opOf("d"));
    expect(roster.removed.get(memberOf("bob"))).toMatchObject({
      op: opOf("r"),
      remover: memberOf("ann"),
      cuts: new Map([[laneOf("bob"), 4]]),
    });
  });

  test("two concurrent removals remove once", () => {
    const roster = rosterOfStory(
      ...three,
      op("x", "ann", ["p"], removes("carl")),
      op("y", "bob", ["p"], removes("carl")),
    );
    expect(namesIn(roster)).toBe("ann* bob*");
    expect([...roster.void.values()]).toEqual(["the member was out already"]);
  });

  test("two concurrent additions of one member add once", () => {
    const roster = rosterOfStory(...three, op("x", "ann", ["p"], adds("dora")), op("y", "bob", ["p"], adds("dora")));
    expect(namesIn(roster)).toBe("ann* bob* carl dora");
    expect([...roster.void.values()]).toEqual(["the member is in already"]);
  });
});

describe("R16: a ticket admits one member", () => {
  test("the second use of a ticket is void, one after the other", () => {
    const roster = rosterOfStory(
      ...three,
      op("x", "ann", ["p"], adds("dora", "t")),
      op("y", "ann", ["x"], adds("emil", "t")),
    );
    expect(namesIn(roster)).toBe("ann* bob* carl dora");
    expect(roster.tickets.get(ticketOf("t"))).toBe(memberOf("dora"));
  });

  test("of two concurrent uses one counts, the same for everyone", () => {
    const story = [...three, op("x", "ann", ["p"], adds("dora", "t")), op("y", "bob", ["p"], adds("emil", "t"))];
    const roster = rosterOfStory(...story);
    expect(roster.members.size).toBe(4);
    expect([...roster.void.values()]).toEqual(["its ticket was used already"]);
    const turned = rosterOfStory(...three, ...story.slice(3).toReversed());
    expect(namesIn(turned)).toBe(namesIn(roster));
  });
});

describe("R17: who removes a steward", () => {
  test("nobody removes itself", () => {
    expect(why("x", ...three, op("x", "ann", ["p"], removes("ann")))).toBe("a steward does not remove itself");
  });

  test("one of two stewards removes the other", () => {
    expect(namesIn(rosterOfStory(...three, op("x", "bob", ["p"], removes("ann"))))).toBe("bob* carl");
  });

  test("with three stewards one of them alone removes none, and saying it twice is not saying it with another", () => {
    const once = [...stewards, op("x", "ann", ["q"], removes("bob"))];
    expect(namesIn(rosterOfStory(...once))).toBe("ann* bob* carl*");
    expect(rosterOfStory(...once).votes.size).toBe(1);
    expect(why("y", ...once, op("y", "ann", ["x"], removes("bob")))).toBe("its author has said so already");
  });

  test("two of three stewards remove the third, one after the other or without knowing of each other", () => {
    const [x, y] = [op("x", "ann", ["q"], removes("bob")), op("y", "carl", ["x"], removes("bob"))];
    expect(namesIn(rosterOfStory(...stewards, x, y))).toBe("ann* carl*");
    expect(namesIn(rosterOfStory(...stewards, x, { ...y, after: ["q"] }))).toBe("ann* carl*");
  });

  test("one signature removes a member that is no steward, however many stewards there are", () => {
    const story = [...stewards, op("d", "carl", ["q"], adds("dora")), op("r", "bob", ["d"], removes("dora"))];
    expect(namesIn(rosterOfStory(...story))).toBe("ann* bob* carl*");
  });
});
