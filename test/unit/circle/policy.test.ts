// What a member may do, and how much of a removed member's lanes counts.

import { describe, expect, test } from "vitest";
import { laneLimit, refuseMarking, refusePost, refuseSteward } from "../../../src/circle/policy.ts";
import { membersNamed, stewards, transportOf } from "../../../src/circle/roster.ts";
import { TLP_LEVELS } from "../../../src/record/marking.ts";
import { closePolicy, words } from "../../help/memory-rooms.ts";
import { adds, laneOf, memberOf, promotes, removes, rosterOfStory, type Told } from "../../help/roster-graph.ts";

const op = (name: string, by: string, after: readonly string[], does: Told["does"]): Told => ({
  name,
  by,
  after,
  does,
});
const base = [
  op("b", "ann", ["g"], adds("bob")),
  op("p", "ann", ["b"], promotes("bob")),
  op("c", "ann", ["p"], adds("carl")),
];
const roster = rosterOfStory(...base);
const cut = op("r", "ann", ["c"], removes("carl", [{ lane: laneOf("carl"), length: 3 }]));

describe("posting", () => {
  const said = { body: words("x"), exercise: false };

  test("R18: is for members", () => {
    expect(refusePost(roster, memberOf("carl"), said)).toBeUndefined();
    expect(refusePost(roster, memberOf("eve"), said)?.code).toBe("MEMBER_REMOVED");
    expect(refusePost(rosterOfStory(...base, cut), memberOf("carl"), said)?.code).toBe("MEMBER_REMOVED");
  });

  test.each(TLP_LEVELS)("R18: a circle up to amber takes %s as the order of the markings says", (tlp) => {
    const refused = refuseMarking({ ...closePolicy, maxTlp: "amber" }, { ...words("x"), tlp }, false);
    expect(refused?.code).toBe(["clear", "green", "amber"].includes(tlp) ? undefined : "TLP_REFUSED");
  });
});

describe("a circle for exercises", () => {
  test("R18: takes nothing that is not marked as a drill", () => {
    const policy = { ...closePolicy, exercise: true };
    expect(refuseMarking(policy, words("x"), false)?.code).toBe("POST_REFUSED");
    expect(refuseMarking(policy, words("x"), true)).toBeUndefined();
  });
});

describe("stewardship", () => {
  test("is asked of stewards, most senior first", () => {
    expect(refuseSteward(roster, memberOf("bob"))).toBeUndefined();
    expect(refuseSteward(roster, memberOf("carl"))?.code).toBe("STEWARD_NEEDED");
    expect(stewards(roster).map(({ certificate }) => certificate.org)).toEqual(["ann", "bob"]);
  });
});

describe("R19: of a removed member's lanes", () => {
  test("as much counts as its remover had seen, and nothing of a lane unseen", () => {
    const after = rosterOfStory(...base, cut);
    expect(laneLimit(after, memberOf("carl"), laneOf("carl"))).toBe(3);
    expect(laneLimit(after, memberOf("carl"), laneOf("another"))).toBe(0);
    expect(laneLimit(after, memberOf("bob"), laneOf("bob"))).toBe(Infinity);
  });

  test("the cut stays when it comes back; its new lane counts whole", () => {
    const back = rosterOfStory(...base, cut, op("d", "bob", ["r"], adds("carl")));
    expect(laneLimit(back, memberOf("carl"), laneOf("carl"))).toBe(3);
    expect(laneLimit(back, memberOf("carl"), laneOf("new"))).toBe(Infinity);
  });

  test("the cut stays when it comes back and is removed again, or leaves", () => {
    const back = op("d", "bob", ["r"], adds("carl"));
    const cuts = [
      { lane: laneOf("carl"), length: 7 },
      { lane: laneOf("new"), length: 2 },
    ];
    const again = rosterOfStory(...base, cut, back, op("s", "ann", ["d"], removes("carl", cuts)));
    expect(laneLimit(again, memberOf("carl"), laneOf("carl"))).toBe(3);
    expect(laneLimit(again, memberOf("carl"), laneOf("new"))).toBe(2);
    const gone = rosterOfStory(...base, cut, back, op("l", "carl", ["d"], { op: "leave" }));
    expect(laneLimit(gone, memberOf("carl"), laneOf("carl"))).toBe(3);
    expect(laneLimit(gone, memberOf("carl"), laneOf("new"))).toBe(Infinity);
  });
});

describe("a name that a person types", () => {
  const orgKey = ({ id }: { readonly id: string }): string => id;
  test("is an org, or six digits of a key or more", () => {
    const named = (name: string): readonly string[] =>
      membersNamed(roster, name, orgKey).map(({ certificate }) => certificate.org);
    expect(named("bob")).toEqual(["bob"]);
    expect(named(memberOf("carl").slice(0, 8).toUpperCase())).toEqual(["carl"]);
    expect(named(memberOf("carl").slice(0, 5))).toEqual([]);
    expect(named("nobody")).toEqual([]);
    const [first] = stewards(roster);
    expect(first && transportOf(first)).toBe(memberOf("ann"));
  });
});
