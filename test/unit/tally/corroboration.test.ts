// Corroboration against values worked out by hand, and what must hold of any number of words in any order.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { orgId, recordId } from "../../../src/record/ids.ts";
import { corroborate, counted, emptyTally, type Observation, type Tally } from "../../../src/tally/corroboration.ts";
import { decayed, modelOf } from "../../../src/tally/decay.ts";

const DAY = 24 * 3_600_000;
const NOW = 1_000 * DAY;
const LASTING = modelOf("sha256");
const org = (n: number): Observation["org"] => orgId(new Uint8Array(32).fill(n));
const saw = (n: number, more: Partial<Observation> = {}): Observation => ({
  ...{ id: recordId(new Uint8Array(32)), org: org(n), first: NOW, last: NOW, count: 1, isFalse: false },
  ...{ expires: undefined, ...more },
});
const tallyOf = (...words: readonly Observation[]): Tally => words.reduce(counted, emptyTally);

describe("decay", () => {
  // 100 × (1 − (t / 120 d)^(1 / 2)) by hand.
  it.each([
    [0, 100],
    [30, 50],
    [58.8, 30],
    [67.5, 25],
    [120, 0],
    [500, 0],
  ])("leaves an address after %f days %f of 100", (days, score) => {
    expect(decayed(100, days * DAY, modelOf("ip"))).toBeCloseTo(score, 6);
  });

  it("leaves what phishing uses after a day 38 of 100, and a hash all", () => {
    // (1 / 3)^(1 / 2.3) = e^(−1.098612 / 2.3) = 0.620225
    expect(decayed(100, DAY, modelOf("email"))).toBeCloseTo(37.9775, 2);
    expect(decayed(100, 3_000 * DAY, modelOf("md5"))).toBe(100);
  });

  it("never rises, and stays between 0 and its base", () => {
    fc.assert(
      fc.property(fc.nat(300), fc.nat(300), fc.double({ min: 0, max: 100, noNaN: true }), (one, two, base) => {
        const model = modelOf("domain");
        const [early, late] = [Math.min(one, two), Math.max(one, two)].map((days) => decayed(base, days * DAY, model));
        expect(late).toBeLessThanOrEqual(early ?? -1);
        expect(late).toBeGreaterThanOrEqual(0);
        expect(early).toBeLessThanOrEqual(base);
      }),
    );
  });
});

describe("corroboration", () => {
  it("counts orgs once, their words all, first and last over the circle", () => {
    const words = [saw(1, { first: NOW - 9 * DAY, count: 4 }), saw(2, { last: NOW + 5 }), saw(1), saw(3), saw(4)];
    expect(corroborate(tallyOf(...words), NOW, LASTING)).toEqual({
      ...{ seen: 4, denied: 0, first: NOW - 9 * DAY, last: NOW + 5, count: 8, score: 80, state: "current" },
    });
  });

  it.each([
    [1, 0, 50],
    [2, 0, 67],
    [4, 0, 80],
    [4, 1, 67],
    [1, 1, 33],
    [1, 3, 20],
    [0, 2, 0],
  ])("makes of %i that saw it and %i that call it false a score of %i", (seen, denied, score) => {
    const words = Array.from({ length: seen + denied }, (_, n) => saw(n, { isFalse: n >= seen }));
    expect(corroborate(tallyOf(...words), NOW, LASTING).score).toBe(score);
  });

  it("takes the newest word of an org, falls with time, and ends with the last one that has not expired", () => {
    const changed = tallyOf(saw(1, { last: NOW - 2 }), saw(1, { last: NOW - 1, isFalse: true }));
    expect(corroborate(changed, NOW, LASTING)).toMatchObject({ seen: 0, denied: 1, score: 0 });
    const back = tallyOf(saw(1, { last: NOW - 1 }), saw(1, { last: NOW - 2, isFalse: true }));
    expect(corroborate(back, NOW, LASTING)).toMatchObject({ seen: 1, denied: 0, score: 50 });
    // 80 × (1 − (30 / 120)^(1/2)) = 40; after 60 days 80 × (1 − 0.7071) = 23.4
    const four = tallyOf(...[1, 2, 3, 4].map((n) => saw(n)));
    expect(corroborate(four, NOW + 30 * DAY, modelOf("ip"))).toMatchObject({ score: 40, state: "current" });
    expect(corroborate(four, NOW + 60 * DAY, modelOf("ip"))).toMatchObject({ score: 23, state: "decayed" });
    const short = tallyOf(saw(1, { expires: NOW + 1 }), saw(2, { expires: NOW + 9 }));
    expect(corroborate(short, NOW, LASTING)).toMatchObject({ seen: 2 });
    expect(corroborate(short, NOW + 5, LASTING)).toMatchObject({ seen: 1, state: "current" });
    expect(corroborate(short, NOW + 10, LASTING)).toMatchObject({ seen: 0, score: 0, state: "expired" });
  });

  const word = fc
    .record({
      n: fc.nat(6),
      from: fc.nat(50),
      for: fc.nat(20),
      count: fc.nat(5),
      isFalse: fc.boolean(),
      expires: fc.nat(90),
    })
    .map((one) => {
      const last = NOW - (one.from % 40) * DAY;
      return saw(one.n, {
        first: last - one.for * DAY,
        last,
        count: one.count,
        isFalse: one.isFalse,
        expires: NOW + one.expires,
      });
    });

  it("is the same in whatever order the words come", () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 30 }), fc.nat(), (words, seed) => {
        const turned = [
          ...words.slice(seed % (words.length + 1)),
          ...words.slice(0, seed % (words.length + 1)),
        ].reverse();
        expect(corroborate(tallyOf(...turned), NOW, modelOf("ip"))).toEqual(
          corroborate(tallyOf(...words), NOW, modelOf("ip")),
        );
      }),
    );
  });

  it("never rises by an org that calls it false, nor falls by one more that saw it now", () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 20 }), (words) => {
        const score = (more: readonly Observation[]): number =>
          corroborate(tallyOf(...words, ...more), NOW, modelOf("ip")).score;
        expect(score([saw(99, { isFalse: true })])).toBeLessThanOrEqual(score([]));
        expect(score([saw(99)])).toBeGreaterThanOrEqual(score([]));
      }),
    );
  });

  it("stays as small as the circle however many words there are", () => {
    let tally = emptyTally;
    for (let n = 0; n < 100_000; n++) tally = counted(tally, saw(n % 200, { last: NOW - n, first: NOW - n }));
    expect(tally.size).toBe(200);
    expect(corroborate(tally, NOW, LASTING)).toMatchObject({
      seen: 200,
      count: 100_000,
      last: NOW,
      first: NOW - 99_999,
    });
  });
});
