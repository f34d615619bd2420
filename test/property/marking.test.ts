// The gate of markings: over all markings, destinations and facts, what is marked more strictly never leaves to more places.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  carriedMarking,
  CONSUMERS,
  DEEDS,
  type Destination,
  type Marking,
  mayLeave,
} from "../../src/marking/egress.ts";
import { PAP_LEVELS, stricter, stricterPap, TLP_LEVELS } from "../../src/record/marking.ts";

const tlp = fc.constantFrom(...TLP_LEVELS);
const pap = fc.constantFrom(...PAP_LEVELS);
const yes = fc.boolean();
const marking: fc.Arbitrary<Marking> = fc.record({ tlp, pap }, { requiredKeys: ["tlp"] });
const readers = { maxTlp: tlp, named: fc.constantFrom(true, false, undefined), unverified: yes, accepted: yes };
const kind = <const K extends string>(name: K): fc.Arbitrary<K> => fc.constant(name);
const destination: fc.Arbitrary<Destination> = fc.oneof(
  fc.record({ kind: kind("circle"), ...readers }),
  fc.record({ kind: kind("relay"), own: yes, newReaders: yes, mayExport: yes }),
  fc.record({ kind: kind("file"), own: yes, cap: tlp, mayExport: yes }),
  fc.record({ kind: kind("output"), cap: tlp }),
  fc.record({ kind: kind("taxii"), own: yes, cap: tlp, mayExport: yes, consumer: fc.constantFrom(...CONSUMERS) }),
  fc.record({ kind: kind("hook"), cap: tlp, does: fc.constantFrom(...DEEDS) }),
  fc.record({ kind: kind("clipboard") }),
  fc.record({ kind: kind("notification"), words: yes }),
);

// Whether the left one is at least as strict as the right one.
const asStrict = (left: Marking, right: Marking): boolean =>
  !stricter(right.tlp, left.tlp) && !stricterPap(right.pap ?? "clear", left.pap ?? "clear");

describe("what a marking lets out", () => {
  test("is never more where the marking is stricter", () => {
    fc.assert(
      fc.property(marking, marking, destination, (one, other, to) => {
        fc.pre(asStrict(one, other));
        if (mayLeave(one, to) === undefined) expect(mayLeave(other, to)).toBeUndefined();
      }),
      { numRuns: 5_000 },
    );
  });

  test("is nothing of RED, but to its named recipients, and to standard output where that was asked for", () => {
    fc.assert(
      fc.property(destination, (to) => {
        if (mayLeave({ tlp: "red" }, to) !== undefined) return;
        const isNamed = to.kind === "circle" && to.named === true;
        const isAsked = to.kind === "output" && to.cap === "red";
        const isBare = to.kind === "notification" && !to.words;
        expect(isNamed || isAsked || isBare).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });

  test("is nothing above AMBER for the unverified, unless the writer takes that by name", () => {
    fc.assert(
      fc.property(marking, fc.record({ kind: kind("circle"), ...readers }), (one, to) => {
        fc.pre(stricter(one.tlp, "amber") && to.unverified && !to.accepted);
        expect(mayLeave(one, to)).toBeDefined();
      }),
    );
  });

  test.each([
    ["of GREEN, to other circles where the circle lets it be exported", "green", { mayExport: true }, undefined],
    ["of GREEN, to none where it does not", "green", { mayExport: false }, "export-forbidden"],
    ["of AMBER, to a circle of those who can read it", "amber", { newReaders: false }, undefined],
    ["of AMBER, to no new readers", "amber", {}, "new-readers"],
    ["of AMBER, wherever its own org says it again", "amber", { own: true, mayExport: false }, undefined],
    ["of RED, to no other circle, not even by its own org", "red", { own: true, newReaders: false }, "red-stays"],
  ] as const)("is, %s", (_, level, facts, verdict) => {
    const to = { kind: "relay", own: false, newReaders: true, mayExport: true, ...facts } as const;
    expect(mayLeave({ tlp: level }, to)).toBe(verdict);
  });

  test("goes to a consumer no further than its label, and to a program that does no more than PAP allows", () => {
    const feed = { kind: "taxii", own: false, cap: "red", mayExport: true } as const;
    const widest = (level: Marking["tlp"]) =>
      CONSUMERS.findLast((consumer) => mayLeave({ tlp: level }, { ...feed, consumer }) === undefined);
    expect(TLP_LEVELS.map(widest)).toEqual(["public", "community", "client", "own", undefined]);
    const most = (level: NonNullable<Marking["pap"]>) =>
      DEEDS.findLast(
        (does) => mayLeave({ tlp: "green", pap: level }, { kind: "hook", cap: "red", does }) === undefined,
      );
    expect(PAP_LEVELS.map(most)).toEqual(["active", "active", "third-party", "passive"]);
  });
});

describe("what is carried on", () => {
  test("R70: is marked as it was or more strictly, whatever is asked for", () => {
    fc.assert(
      fc.property(marking, fc.record({ tlp, pap }, { requiredKeys: [] }), (was, asked) => {
        const now = carriedMarking(was, asked);
        const isWider =
          (asked.tlp && stricter(was.tlp, asked.tlp)) || (was.pap && asked.pap && stricterPap(was.pap, asked.pap));
        if (isWider) expect(now).toBeUndefined();
        else expect(now && asStrict(now, was) && now).toEqual({ ...was, ...asked });
      }),
      { numRuns: 2_000 },
    );
  });
});
