// Every membership operation beside adding, removing and promoting: what it does, who may, and what crosses with what.

import { describe, expect, test } from "vitest";
import { compareBytes } from "../../../src/base/bytes.ts";
import { limits } from "../../../src/base/limits.ts";
import { LayeredMap } from "../../../src/base/layered-map.ts";
import type { Policy, RosterChange } from "../../../src/circle/change.ts";
import { emptyMemo, evaluate, refusalOf } from "../../../src/circle/evaluate.ts";
import { emptyGraph, type RosterOp, withOp } from "../../../src/circle/graph.ts";
import { type Roster, freezeOf, nodesOf, orgOf } from "../../../src/circle/roster.ts";
import { orgId } from "../../../src/record/ids.ts";
import {
  adds,
  admissionOf,
  closedGenesis,
  orgKeyOf,
  confirms,
  demotes,
  enrols,
  freezes,
  genesisBy,
  graphOf,
  laneOf,
  leaves,
  lifts,
  memberOf,
  merges,
  namesIn,
  opOf,
  promotes,
  proves,
  provesAt,
  removes,
  retires,
  rosterOfStory,
  sets,
  takesIn,
  type Told,
  toOp,
  vouches,
} from "../../help/roster-graph.ts";

type Rest = Pick<Told, "at" | "seq" | "lane">;
const op = (name: string, by: string, after: readonly string[], does: Told["does"], rest: Rest = {}): Told => ({
  ...{ name, by, after, does },
  ...rest,
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
const orgIn = (name: string): ReturnType<typeof orgId> => orgId(admissionOf(name).certificate.orgKey);
const DAY = 86_400_000;

describe("leaving and stepping down", () => {
  test("a member leaves by itself, and whatever it said before stays", () => {
    const roster = rosterOfStory(...three, op("l", "carl", ["p"], leaves));
    expect(namesIn(roster)).toBe("ann* bob*");
    expect(roster.removed.get(memberOf("carl"))?.how).toBe("left");
  });

  test("the last steward neither leaves nor steps down while others are in", () => {
    const one = [op("b", "ann", ["g"], adds("bob"))];
    for (const does of [leaves, demotes("ann")])
      expect(why("x", ...one, op("x", "ann", ["b"], does))).toBe(
        "the circle needs a steward: make another member one first",
      );
    expect(namesIn(rosterOfStory(op("x", "ann", ["g"], leaves)))).toBe("");
  });

  test("a steward steps down; demoting another takes two of the others where there are two", () => {
    expect(namesIn(rosterOfStory(...three, op("x", "bob", ["p"], demotes("bob"))))).toBe("ann* bob carl");
    expect(namesIn(rosterOfStory(...three, op("x", "bob", ["p"], demotes("ann"))))).toBe("ann bob* carl");
    const once = [...stewards, op("x", "ann", ["q"], demotes("bob"))];
    expect(namesIn(rosterOfStory(...once))).toBe("ann* bob* carl*");
    expect(namesIn(rosterOfStory(...once, op("y", "carl", ["q"], demotes("bob"))))).toBe("ann* bob carl*");
  });

  test("R13: what a steward did with its stewardship while it was being demoted does not count, what it did as a member does", () => {
    const story = [
      ...three,
      op("x", "ann", ["p"], demotes("bob")),
      op("d", "bob", ["p"], adds("dora")),
      op("v", "bob", ["d"], vouches("emil")),
    ];
    const roster = rosterOfStory(...story);
    expect(roster.void.get(opOf("d"))).toBe("its author was demoted meanwhile");
    expect(roster.vouches.get(orgIn("emil"))?.has(orgIn("bob"))).toBe(true);
  });
});

describe("R46: a circle is never without a steward", () => {
  test("where the last two leave without knowing of each other, the member that has been in longest is one", () => {
    const story = [
      ...three,
      op("d", "ann", ["p"], adds("dora")),
      op("x", "ann", ["d"], leaves),
      op("y", "bob", ["d"], leaves),
    ];
    expect(namesIn(rosterOfStory(...story))).toBe("carl* dora");
    const heirActs = op("z", "carl", ["x", "y"], promotes("dora"));
    expect(namesIn(rosterOfStory(...story, heirActs))).toBe("carl* dora*");
  });

  test("nobody is heir beside a steward", () => {
    expect(namesIn(rosterOfStory(...three, op("x", "ann", ["p"], leaves)))).toBe("bob* carl");
  });
});

describe("R17: two stewards remove a third", () => {
  test("a vote of whoever was removed meanwhile does not count, and votes of one org count once", () => {
    // Ann and bob vote carl out while carl and bob vote ann out: as many orgs each, and ann is the senior one.
    const story = [
      ...stewards,
      op("s", "ann", ["q"], adds("dora")),
      op("t", "ann", ["s"], promotes("dora")),
      op("a1", "ann", ["t"], removes("carl")),
      op("a2", "bob", ["t"], removes("carl")),
      op("c1", "carl", ["t"], removes("ann")),
      op("c2", "dora", ["t"], removes("ann")),
    ];
    expect(namesIn(rosterOfStory(...story))).toBe("ann* bob* dora*");
    expect(why("c1", ...story)).toBe("its author was removed meanwhile");
    const sibling = [
      ...stewards,
      op("e", "ann2", ["q"], enrols("ann2", "ann")),
      op("f", "ann", ["e"], promotes("ann2")),
      op("v1", "ann", ["f"], removes("carl")),
    ];
    expect(why("v2", ...sibling, op("v2", "ann2", ["v1"], removes("carl")))).toBe("its author has said so already");
    expect(namesIn(rosterOfStory(...sibling, op("v2", "ann2", ["f"], removes("carl"))))).toContain("carl*");
  });

  test("a vote against an org that came back since is spent", () => {
    const story = [
      ...stewards,
      op("x", "ann", ["q"], removes("carl")),
      op("l", "carl", ["x"], leaves),
      op("a", "ann", ["l"], adds("carl")),
      op("s", "ann", ["a"], promotes("carl")),
      op("y", "bob", ["s"], removes("carl")),
    ];
    expect(namesIn(rosterOfStory(...story))).toBe("ann* bob* carl*");
  });

  test("a steward acts on until the second vote: what the first voter alone had not seen stands", () => {
    const story = [
      ...stewards,
      op("x", "ann", ["q"], removes("bob")),
      op("d", "bob", ["x"], adds("dora")),
      op("y", "carl", ["d"], removes("bob")),
    ];
    expect(namesIn(rosterOfStory(...story))).toBe("ann* carl* dora");
    const unseen = [...story.slice(0, -1), op("y", "carl", ["q"], removes("bob"))];
    expect(namesIn(rosterOfStory(...unseen))).toBe("ann* carl*");
  });

  test("a removal takes all nodes of an org, also those that come in beside it", () => {
    const story = [...three, op("e", "carl2", ["p"], enrols("carl2", "carl")), op("x", "ann", ["p"], removes("carl"))];
    expect(namesIn(rosterOfStory(...story))).toBe("ann* bob*");
    expect(namesIn(rosterOfStory(...story.slice(0, -1), op("x", "ann", ["e"], removes("carl2"))))).toBe("ann* bob*");
  });
});

describe("the rules of a circle", () => {
  test("a steward sets others, version by version; of two at once one counts", () => {
    const story = [...three, op("x", "ann", ["p"], sets("g", { keepDays: 30 }))];
    const roster = rosterOfStory(...story);
    expect(roster).toMatchObject({ policyVersion: 2, policyBy: opOf("x"), policy: { keepDays: 30 } });
    const both = rosterOfStory(...story, op("y", "bob", ["p"], sets("g", { keepDays: 10 })));
    expect(both.policyVersion).toBe(2);
    expect([...both.void.values()]).toEqual(["the rules were changed meanwhile"]);
    expect(why("z", ...story, op("z", "bob", ["x"], sets("g", { keepDays: 5 })))).toBe(
      "the rules were changed meanwhile",
    );
  });

  test("a member changes none, and nobody changes the suite", () => {
    expect(why("x", ...three, op("x", "carl", ["p"], sets("g", {})))).toBe("its author is no steward");
    expect(why("x", ...three, op("x", "ann", ["p"], sets("g", { suite: 2 })))).toBe("a circle keeps its suite");
  });

  test("R12: members admit where the rules say so", () => {
    const story = [...three, op("x", "ann", ["p"], sets("g", { invite: "members" }))];
    expect(namesIn(rosterOfStory(...story, op("d", "carl", ["x"], adds("dora"))))).toBe("ann* bob* carl dora");
    expect(namesIn(rosterOfStory(...story, op("d", "carl", ["p"], adds("dora"))))).toBe("ann* bob* carl");
  });
});

describe("R78: a closed circle", () => {
  const genesis = op("g", "ann", [], closedGenesis("ann", "ann", "bob"));
  const bob = op("b", "ann", ["g"], adds("bob"));
  const roster = (...story: readonly Told[]): Roster => {
    const graph = graphOf([genesis, bob, ...story].map(toOp));
    return evaluate(graph, graph.heads, emptyMemo());
  };
  const voidIn = (name: string, ...story: readonly Told[]): string | undefined => roster(...story).void.get(opOf(name));
  const only = (...orgs: readonly string[]): Partial<Policy> => ({
    only: orgs.map(orgKeyOf).toSorted(compareBytes),
  });
  const SHUT = "a closed circle stays closed to all others";

  test("admits the orgs that its founder named, and nobody else by any way", () => {
    expect(namesIn(roster())).toBe("ann* bob");
    expect(voidIn("x", op("x", "ann", ["b"], adds("carl")))).toBe("the circle is closed to its org");
    for (const rules of [{}, only("ann", "bob", "carl"), only("ann")])
      expect(voidIn("p", op("p", "ann", ["b"], sets("g", rules)))).toBe(SHUT);
    const same = op("p", "ann", ["b"], sets("g", { ...only("bob", "ann"), keepDays: 7 }));
    expect(voidIn("p", same)).toBeUndefined();
    expect(namesIn(roster(same, op("x", "ann", ["p"], adds("carl"))))).toBe("ann* bob");
  });

  test("takes further nodes of its orgs, and is none where its founder is not among them", () => {
    expect(namesIn(roster(op("e", "bob-2", ["b"], enrols("bob-2", "bob"))))).toBe("ann* bob bob-2");
    const strange = toOp(op("g", "ann", [], closedGenesis("ann", "bob", "carl")));
    expect(refusalOf(emptyGraph(), strange, emptyMemo())).toBe("the circle is closed to its org");
  });

  test("an open circle does not become a closed one", () => {
    expect(why("x", ...three, op("x", "ann", ["p"], sets("g", only("ann", "bob"))))).toBe(SHUT);
  });
});

describe("R47: what takes the word of several orgs", () => {
  const strict = [...three, op("x", "ann", ["p"], sets("g", { vouches: 3 }))];

  test("an admission waits for its vouches, in whichever order they come", () => {
    const [d, v, w] = [
      op("d", "ann", ["x"], adds("dora", "t")),
      op("v", "bob", ["x"], vouches("dora")),
      op("w", "carl", ["x"], vouches("dora")),
    ];
    expect(namesIn(rosterOfStory(...strict, d, v))).toBe("ann* bob* carl");
    expect(rosterOfStory(...strict, d, v).pending.has(orgIn("dora"))).toBe(true);
    const roster = rosterOfStory(...strict, d, v, w);
    expect(namesIn(roster)).toBe("ann* bob* carl dora");
    expect(roster.pending.size + roster.vouches.size).toBe(0);
    const early = [v, { ...w, after: ["v"] }, { ...d, after: ["w"] }];
    expect(namesIn(rosterOfStory(...strict, ...early))).toBe("ann* bob* carl dora");
    expect(rosterOfStory(...strict, ...early).members.get(memberOf("dora"))?.admittedBy).toBe(opOf("d"));
  });

  test("an epoch must have seen the last vouch", () => {
    const story = [
      ...strict,
      op("d", "ann", ["x"], adds("dora")),
      op("v", "bob", ["d"], vouches("dora")),
      op("w", "carl", ["v"], vouches("dora")),
    ];
    expect(rosterOfStory(...story).rekeys).toEqual([opOf("w")]);
  });

  test("nobody vouches twice, for a member, or for all the world", () => {
    expect(why("v", ...three, op("v", "bob", ["p"], vouches("carl")))).toBe("its org is in already");
    const once = [...three, op("v", "bob", ["p"], vouches("dora"))];
    expect(why("w", ...once, op("w", "bob", ["v"], vouches("dora")))).toBe("its author has said so already");
    const many = Array.from({ length: limits.vouchesOpenMax }, (_, index) =>
      op(`v${index}`, "bob", [index === 0 ? "p" : `v${index - 1}`], vouches(`org${index}`)),
    );
    const last = op("w", "bob", [`v${limits.vouchesOpenMax - 1}`], vouches("dora"));
    expect(why("w", ...three, ...many, last)).toBe("its org vouches for too many already");
  });

  test("members make a member steward with as many words as the rules ask, and not with fewer", () => {
    const orphans = [...three, op("x", "ann", ["p"], sets("g", { refound: 2 })), op("d", "ann", ["x"], adds("dora"))];
    const one = [...orphans, op("v", "carl", ["d"], promotes("carl"))];
    expect(namesIn(rosterOfStory(...one))).toBe("ann* bob* carl dora");
    expect(namesIn(rosterOfStory(...one, op("w", "dora", ["v"], promotes("carl"))))).toBe("ann* bob* carl* dora");
    expect(namesIn(rosterOfStory(...one, op("w", "dora", ["d"], promotes("dora"))))).toBe("ann* bob* carl dora");
    expect(why("w", ...one, op("w", "carl", ["v"], promotes("carl")))).toBe("its author has said so already");
  });
});

describe("R48, R51, R52: nodes of an org", () => {
  test("an org enrols another node, which is a member of its own under the same admission", () => {
    const roster = rosterOfStory(...three, op("e", "bob2", ["p"], enrols("bob2", "bob")));
    expect(namesIn(roster)).toBe("ann* bob* bob2 carl");
    expect(nodesOf(roster, orgIn("bob")).map(({ admittedBy }) => admittedBy)).toEqual([opOf("b"), opOf("b")]);
  });

  test("a successor takes the place and the rank of what it replaces, whose key is out for good", () => {
    const story = [...three, op("e", "bob2", ["p"], enrols("bob2", "bob", "bob"))];
    const roster = rosterOfStory(...story);
    expect(namesIn(roster)).toBe("ann* bob2* carl");
    expect(roster.removed.get(memberOf("bob"))?.how).toBe("withdrawn");
    expect(why("x", ...story, op("x", "bob", ["e"], adds("dora")))).toBe("its author is no steward");
    expect(why("x", ...story, op("x", "bob", ["e"], enrols("bob", "bob")))).toBe("its key was in this circle before");
    const out = [...story, op("r", "ann", ["e"], removes("bob2"))];
    expect(why("x", ...out, op("x", "ann", ["r"], adds("bob")))).toBe("its org withdrew this key");
  });

  test("R51: what the thief of the old key did meanwhile does not count, not even a removal of everybody", () => {
    const enrolment = op("e", "ann2", ["p"], enrols("ann2", "ann", "ann"));
    const story = [...three, enrolment, op("x", "ann", ["p"], removes("bob")), op("y", "ann", ["x"], removes("carl"))];
    // Until another org has taken in the new node, nobody can tell which of the two came first.
    expect(namesIn(rosterOfStory(...story))).toBe("ann2*");
    story.push(op("w", "bob", ["e"], takesIn(enrolment)));
    expect(namesIn(rosterOfStory(...story))).toBe("ann2* bob* carl");
    expect(why("x", ...story)).toBe("its key was withdrawn meanwhile");
  });

  test("an org withdraws its own nodes alone, and a removal of the org crosses as a removal", () => {
    const two = [...three, op("e", "bob2", ["p"], enrols("bob2", "bob"))];
    expect(namesIn(rosterOfStory(...two, op("x", "bob", ["e"], retires("bob", "bob2"))))).toBe("ann* bob* carl");
    const both = [...two, op("w", "ann", ["e"], takesIn(op("e", "bob2", ["p"], enrols("bob2", "bob"))))];
    expect(namesIn(rosterOfStory(...both, op("x", "bob2", ["w"], retires("bob", "bob", "bob2"))))).toBe("ann* carl");
    expect(why("x", ...two, op("x", "carl", ["e"], retires("bob", "bob2")))).toBe(
      "an org withdraws its own nodes alone",
    );
    expect(why("x", ...two, op("x", "bob", ["e"], retires("bob", "ann")))).toBe("there is no such member");
    const crossed = [
      ...three,
      op("e", "bob2", ["p"], enrols("bob2", "bob", "bob")),
      op("x", "ann", ["p"], removes("bob")),
    ];
    expect(namesIn(rosterOfStory(...crossed))).toBe("ann* carl");
  });

  test("R52: nobody enrols for an org that is not in, for another node, or without end", () => {
    expect(why("e", ...three, op("e", "dora", ["p"], enrols("dora", "dora")))).toBe("its org is not in the circle");
    expect(why("e", ...three, op("e", "bob", ["p"], enrols("bob2", "bob")))).toBe("a node enrols itself alone");
    const many = Array.from({ length: limits.nodesPerOrgMax }, (_, index) =>
      op(`e${index}`, `bob${index}`, [index === 0 ? "p" : `e${index - 1}`], enrols(`bob${index}`, "bob")),
    );
    expect(why(`e${limits.nodesPerOrgMax - 1}`, ...three, ...many)).toBe("its org has enough nodes");
    expect(why("e", ...three, op("e", "bob2", ["p"], enrols("bob2", "bob", "ann")))).toBe("there is no such member");
    const renamed = { ...enrols("bob2", "bob"), member: admissionOf("bob2", "bob", "ann") } as Told["does"];
    expect(why("e", ...three, op("e", "bob2", ["p"], renamed))).toBe("its org goes by another name here");
  });

  test("an org that is in is not added again by a ticket", () => {
    const twice = { ...adds("bob9"), member: admissionOf("bob9", "bob") } as Told["does"];
    expect(why("x", ...three, op("x", "ann", ["p"], twice))).toBe("its org is in already: it enrols its own nodes");
  });
});

describe("R43, R44, R45: a freeze", () => {
  const frozen = [...three, op("f", "carl", ["p"], freezes("bob", 1_000 + DAY), { at: 1_000 })];
  const holds = (roster: Roster, now: number): boolean => freezeOf(roster, orgIn("bob"), now) !== undefined;

  test("holds from the moment that it names until it ends, and takes nobody out", () => {
    const roster = rosterOfStory(...frozen);
    expect([999, 1_000, DAY, 1_000 + DAY].map((now) => holds(roster, now))).toEqual([false, true, true, false]);
    expect(namesIn(roster)).toBe("ann* bob* carl");
  });

  test("R43: is a day long at most, once in three days, and never for oneself", () => {
    const says = (name: string, at: number, until: number): Told =>
      op("x", "carl", ["f"], freezes(name, until), { at });
    expect(why("x", ...three, op("x", "carl", ["p"], freezes("bob", DAY + 1)))).toBe("a freeze ends within a day");
    expect(why("x", ...three, op("x", "carl", ["p"], freezes("bob", 0)))).toBe("a freeze ends within a day");
    expect(why("x", ...three, op("x", "carl", ["p"], freezes("carl", 5)))).toBe("nobody freezes itself");
    expect(why("x", ...frozen, says("ann", 2_000, 3_000))).toBe("its author has frozen somebody lately");
    expect(why("x", ...frozen, says("ann", 500, 600))).toBe("its author has frozen somebody lately");
    expect(why("x", ...frozen, says("ann", 1_000 + 3 * DAY, 2_000 + 3 * DAY))).toBeUndefined();
  });

  test("R44: is lifted by whoever said it or by a steward that it does not hit", () => {
    for (const by of ["carl", "ann"]) {
      const lifted = rosterOfStory(...frozen, op("l", by, ["f"], lifts("f")));
      expect(holds(lifted, 2_000)).toBe(false);
      expect(lifted.freezes.get(orgIn("carl"))?.from).toBe(1_000);
    }
    expect(why("l", ...frozen, op("l", "bob", ["f"], lifts("f")))).toBe("nobody lifts its own freeze");
    expect(why("l", ...three, op("l", "ann", ["p"], lifts("f")))).toBe("there is no such freeze");
  });

  test("R45: is prolonged once by a steward of a third org, for a week at most; then whoever said it lifts it no more", () => {
    const longer = op("k", "ann", ["f"], confirms("f", 2_000 + 7 * DAY), { at: 2_000 });
    const roster = rosterOfStory(...frozen, longer);
    expect(holds(roster, 6 * DAY)).toBe(true);
    expect(why("l", ...frozen, longer, op("l", "carl", ["k"], lifts("f")))).toBe("its author is no steward");
    expect(why("l", ...frozen, longer, op("l", "ann", ["k"], confirms("f", 9), { at: 8 }))).toBe(
      "the freeze is confirmed already",
    );
    expect(why("k", ...frozen, { ...longer, at: 1_999 })).toBe("a confirmed freeze ends within a week");
    expect(why("k", ...frozen, { ...longer, by: "bob" })).toBe("another org confirms a freeze");
    expect(why("k", ...frozen, { ...longer, by: "carl" })).toBe("its author is no steward");
  });
});

describe("R49, R50: a fork", () => {
  /** Bob adds dora to the one, emil to the other, at one place of its lane. */
  const one = op("o1", "bob", ["p"], adds("dora"), { seq: 4 });
  const two = op("o2", "bob", ["p"], adds("emil"), { seq: 4 });
  const sideOne = [...three, one, op("f1", "carl", ["o1"], proves(one, two))];
  const sideTwo = [...three, two, op("f2", "ann", ["o2"], proves(one, two))];

  test("is settled alike on both sides once each has brought its proof: what the other had not seen counts for nobody", () => {
    expect(namesIn(rosterOfStory(...sideOne))).toBe("ann* bob* carl dora");
    expect(namesIn(rosterOfStory(...sideTwo))).toBe("ann* bob* carl emil");
    const both = rosterOfStory(...three, one, two, ...sideOne.slice(-1), ...sideTwo.slice(-1));
    expect(namesIn(both)).toBe("ann* bob* carl");
    expect(both.closed.get(laneOf("bob"))).toMatchObject({ author: memberOf("bob"), seq: 4 });
    // Whoever holds the one side and hears of the other places what the proof carries, and comes to the same.
    const told = graphOf(
      [...[{ name: "g", by: "ann", after: [], does: genesisBy("ann") }], ...sideOne, ...sideTwo.slice(-1)].map(toOp),
    );
    expect(namesIn(evaluate(told, told.heads, emptyMemo()))).toBe("ann* bob* carl");
  });

  test("does not reach back: what everybody had seen stands, so that nobody undoes an old change by another one beside it", () => {
    const late = [...three, one, op("l", "ann", ["o1"], promotes("dora")), op("f", "carl", ["l"], proves(one, two))];
    expect(namesIn(rosterOfStory(...late))).toBe("ann* bob* carl dora*");
  });

  test("is settled alike also where one side changed nothing and so saw nothing but what both had seen", () => {
    const proof = op("f2", "ann", ["p"], provesAt(4, two));
    expect(namesIn(rosterOfStory(...three, proof))).toBe("ann* bob* carl");
    expect(namesIn(rosterOfStory(...three, two, proof, op("l", "carl", ["o2"], vouches("fritz"))))).toBe(
      "ann* bob* carl",
    );
  });

  test("closes the lane for what comes after it", () => {
    const more = op("m", "bob", ["f1"], adds("fritz"), { seq: 5 });
    expect(why("m", ...sideOne, more)).toBe("its lane is forked");
  });

  test("brings membership of its lane from the fork on, that counted and leans on what was seen", () => {
    const other = op("o3", "ann", ["p"], adds("emil"), { seq: 4 });
    expect(why("f", ...three, one, op("f", "carl", ["o1"], proves(one, other)))).toBe("it carries what does not count");
    const early = op("o6", "bob", ["p"], adds("emil"), { seq: 3 });
    expect(why("f", ...three, one, op("f", "carl", ["o1"], proves(one, early)))).toBe("it carries what does not count");
    const ahead = [...three, one, op("l", "ann", ["o1"], promotes("dora"))];
    const leaning = op("o4", "bob", ["l"], adds("emil"), { seq: 4 });
    expect(why("f", ...ahead, op("f", "carl", ["o1"], proves(one, leaning)))).toBe(
      "it leans on what its author had not seen",
    );
    const vain = op("o5", "bob", ["p"], adds("carl"), { seq: 4 });
    expect(why("f", ...three, one, op("f", "carl", ["o1"], proves(one, vain)))).toBe("it carries what does not count");
    const nobody = op("x", "eve", ["p"], leaves, { seq: 4 });
    expect(why("f", ...three, op("f", "carl", ["p"], proves(nobody)))).toBe("its lane is no member's");
  });

  test("is proven once, and again where there is more to carry or it began earlier", () => {
    const after = (name: string, does: RosterChange): string | undefined =>
      why(name, ...sideOne, op(name, "ann", ["f1"], does));
    expect(after("f3", proves(one, two))).toBe("it is proven already");
    expect(after("f3", proves(op("o6", "bob", ["o2"], adds("fritz"), { seq: 5 })))).toBeUndefined();
    expect(after("f3", provesAt(3, one))).toBeUndefined();
  });

  test("leaves alone what the lane said before it", () => {
    const before = op("o0", "bob", ["p"], adds("gerd"), { seq: 3 });
    const late = op("f", "carl", ["p"], provesAt(4, two));
    expect(namesIn(rosterOfStory(...three, before, late))).toBe("ann* bob* carl gerd");
  });

  test("places nothing that leans on what is not there, so that it is placed rightly later", () => {
    const graph = graphOf([{ name: "g", by: "ann", after: [], does: genesisBy("ann") }, ...three].map(toOp));
    const deep = op("o7", "bob", ["o2"], adds("fritz"), { seq: 5 });
    const early = toOp(op("f", "carl", ["p"], proves(deep)));
    expect(refusalOf(graph, early, emptyMemo())).toBe("it leans on what its author had not seen");
    expect(graph.index.placed.has(opOf("o7"))).toBe(false);
  });

  test("a proof that stands on a forked lane is carried like any other change, after what it carried itself", () => {
    const eve = op("e", "ann", ["p"], adds("eve"));
    const start = [{ name: "g", by: "ann", after: [], does: genesisBy("ann") } as Told, ...three, eve, one].map(toOp);
    const inner = op("i1", "eve", ["e", "o1"], proves(one, two), { seq: 7 });
    const bare = { ...toOp(inner), change: { ...proves(one, two), records: [] } as RosterChange };
    const outer = (parents: readonly string[]): RosterOp => {
      const record = { op: bare, bytes: new Uint8Array(0) };
      const told = toOp(op("f9", "carl", parents, proves(inner)));
      return { ...told, change: { ...told.change, records: [record] } as RosterChange };
    };
    const unplaced = outer(["e", "o1"]);
    expect(refusalOf(graphOf(start), unplaced, emptyMemo())).toBe("it leans on what its author had not seen");
    const graph = graphOf([...start, toOp(op("f8", "carl", ["e", "o1"], proves(one, two)))]);
    const placed = outer(["f8"]);
    expect(refusalOf(graph, placed, emptyMemo())).toBeUndefined();
    const after = withOp(graph, placed);
    expect(evaluate(after, after.heads, emptyMemo()).closed.get(laneOf("eve"))).toMatchObject({ seq: 7 });
  });
});

describe("heads that are more than a record may name", () => {
  test("are joined by a merge, which changes nothing", () => {
    const story = [...three, op("v", "bob", ["p"], vouches("dora")), op("w", "carl", ["p"], vouches("emil"))];
    const graph = graphOf([...[{ name: "g", by: "ann", after: [], does: genesisBy("ann") }], ...story].map(toOp));
    expect(graph.heads).toHaveLength(2);
    const roster = rosterOfStory(...story, op("m", "ann", ["v", "w"], merges));
    expect(roster.void.size).toBe(0);
    expect(roster.rekeys).toEqual([opOf("c")]);
  });
});

describe("a map in layers", () => {
  test("is what a plain map would be, and earlier versions stay what they were", () => {
    let layered = new LayeredMap<number, string>();
    const plain = new Map<number, string>();
    const before: [LayeredMap<number, string>, Map<number, string>][] = [];
    for (let step = 0; step < 600; step++) {
      const key = (step * 7_919) % 97;
      if (step % 3 === 2) {
        layered = layered.without(key);
        plain.delete(key);
      } else {
        layered = layered.with(key, `v${step}`);
        plain.set(key, `v${step}`);
      }
      before.push([layered, new Map(plain)]);
    }
    for (const [version, expected] of before) {
      expect(version.size).toBe(expected.size);
      expect(new Map(version)).toEqual(expected);
      expect([...expected].every(([key, value]) => version.get(key) === value && version.has(key))).toBe(true);
    }
  });
});

test("an org is its key: all its nodes answer to one name of it", () => {
  const roster = rosterOfStory(...three, op("e", "bob2", ["p"], enrols("bob2", "bob")));
  expect(new Set(nodesOf(roster, orgIn("bob")).map(orgOf))).toEqual(new Set([orgIn("bob")]));
});

describe("another lane of an author", () => {
  /** Ann, bob, carl and dora are stewards since `s`; bob was one first, at `p`, beside ann alone. */
  const four = [
    op("b", "ann", ["g"], adds("bob")),
    op("p", "ann", ["b"], promotes("bob")),
    op("c", "ann", ["p"], adds("carl")),
    op("d", "ann", ["c"], adds("dora")),
    op("q", "ann", ["d"], promotes("carl")),
    op("s", "ann", ["q"], promotes("dora")),
  ];
  const other = { lane: "bob's other" };
  const back = op("x", "bob", ["p"], removes("ann"), other);

  test("R57: no steward un-sees the others in a new lane, and removes one of four alone", () => {
    expect(namesIn(rosterOfStory(...four, back))).toBe("ann* bob* carl* dora*");
    expect(why("x", ...four, back)).toBe("no other org has taken in this lane of its author yet");
  });

  test("R57: once another org has taken it in, what is said there has seen that, and counts", () => {
    const opening = op("o", "bob", ["s"], leaves, other);
    const taken = [...four, op("w", "carl", ["s"], takesIn(opening))];
    expect(namesIn(rosterOfStory(...taken, back))).toBe("ann* bob* carl* dora*");
    const later = op("y", "bob", ["w"], adds("emil"), other);
    expect(namesIn(rosterOfStory(...taken, later))).toBe("ann* bob* carl* dora* emil");
    // From then on it speaks there alone.
    expect(why("z", ...taken, op("z", "bob", ["w"], adds("fritz")))).toBe(
      "no other org has taken in this lane of its author yet",
    );
  });

  test("R57: what it said meanwhile where it was before does not count, unless that was seen by whoever took in the new one", () => {
    const opening = op("o", "bob", ["s"], leaves, other);
    const before = op("e", "bob", ["s"], adds("emil"));
    const unseen = [...four, before, op("w", "carl", ["s"], takesIn(opening))];
    expect(why("e", ...unseen)).toBe("its author spoke elsewhere meanwhile");
    const seen = [...four, before, op("w", "carl", ["e"], takesIn(opening))];
    expect(namesIn(rosterOfStory(...seen))).toBe("ann* bob* carl* dora* emil");
  });

  test("R57: nobody takes in a lane of its own org, one twice, one of no member, or without having seen what its author had", () => {
    const opening = op("o", "bob", ["s"], leaves, other);
    const tries: readonly (readonly [Told, string])[] = [
      [op("w", "bob", ["s"], takesIn(opening)), "another org takes in a lane"],
      [op("w", "carl", ["q"], takesIn(opening)), "it leans on what its author had not seen"],
      [op("w", "carl", ["s"], takesIn(op("o", "nobody", ["s"], leaves))), "there is no such member"],
      [op("w", "carl", ["s"], takesIn(op("o", "bob", ["s"], leaves))), "the lane is taken in already"],
    ];
    for (const [told, reason] of tries) expect(why("w", ...four, told)).toBe(reason);
    const first = op("w", "carl", ["s"], takesIn(opening));
    expect(why("v", ...four, first, op("v", "dora", ["w"], takesIn(opening)))).toBe("the lane is taken in already");
  });

  test("R57: a second word for a lane that its author has left since, as of long ago, takes nothing from what others have seen", () => {
    const [second, third] = ["second", "third"].map((lane) => op(`o ${lane}`, "bob", ["s"], leaves, { lane }));
    if (!second || !third) throw new Error("two lanes");
    const story = [
      ...four,
      op("w", "carl", ["s"], takesIn(second)),
      op("v", "carl", ["w"], takesIn(third)),
      op("e", "bob", ["v"], adds("emil"), { lane: "third" }),
    ];
    const silent = op("u", "dora", ["s"], takesIn(second));
    expect(why("u", ...story, silent)).toBeUndefined();
    expect(namesIn(rosterOfStory(...story, silent))).toBe("ann* bob* carl* dora* emil");
    // Not so what had not seen the first word either: it would be as of then.
    const back = op("x", "bob", ["s"], adds("fritz"));
    expect(why("x", ...story, silent, back)).toBe("its author spoke elsewhere meanwhile");
  });

  test("R57: an enrolment is taken in by whoever has seen it, whatever else a reader holds", () => {
    const [one, two] = [1, 2].map((lane) =>
      op(`n${lane}`, "bob2", ["s"], enrols("bob2", "bob"), { lane: `bob2 ${lane}` }),
    );
    if (!one || !two) throw new Error("two enrolments of one key");
    const graph = graphOf([op("g", "ann", [], genesisBy("ann")), ...four, one].map(toOp));
    const taken = toOp(op("w", "carl", ["n1"], takesIn(two)));
    const refusals = [graph, withOp(graph, toOp(two))].map((held) => refusalOf(held, taken, emptyMemo()));
    expect(refusals).toEqual(Array.from({ length: 2 }, () => "its first record opens no lane"));
  });

  test("R57: of one author so many lanes are taken in as it may have", () => {
    const story = [...four];
    let head = "s";
    for (let count = 1; count <= limits.lanesPerMemberMax; count++) {
      const opening = op(`o${count}`, "bob", [head], leaves, { lane: `bob ${count}` });
      story.push(op(`w${count}`, "carl", [head], takesIn(opening)));
      head = `w${count}`;
    }
    expect(why(`w${limits.lanesPerMemberMax - 1}`, ...story)).toBeUndefined();
    expect(why(head, ...story)).toBe("its author has enough lanes");
  });

  test("R51: an org that enrolls a node in the place of another in a view of long ago un-does nothing that others had seen", () => {
    const enrolment = op("n", "bob2", ["p"], enrols("bob2", "bob", "bob"));
    const said = op("e", "bob", ["s"], adds("emil"));
    const story = [...four, said, enrolment, op("w", "carl", ["e", "n"], takesIn(enrolment))];
    expect(namesIn(rosterOfStory(...story))).toBe("ann* bob2* carl* dora* emil");
    // It stands in its org's place, and says nothing before it was taken in.
    expect(why("x", ...story, op("x", "bob2", ["n"], removes("ann")))).toBe(
      "no other org has taken in its author's node yet",
    );
    // What its predecessor did while nobody had seen it does not count.
    const unseen = [...four, said, enrolment, op("w", "carl", ["n", "s"], takesIn(enrolment))];
    expect(why("e", ...unseen)).toBe("its key was withdrawn meanwhile");
  });
});
