// What a node makes of what it sees: the clock of the others as a median that one liar cannot move far.

import { assert, integer, array, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { makeObserved } from "../../../src/node/observed.ts";
import { toyMember } from "../../help/fake-host.ts";

const clockAt = (time: { now: number }) => ({
  now: () => time.now,
  monotonic: () => time.now,
  wait: async () => undefined,
});

describe("the skew of our clock", () => {
  test("is unknown until somebody was heard, and again after a day of silence", () => {
    const time = { now: 1_000_000 };
    const observed = makeObserved(clockAt(time));
    expect(observed.clockSkewMs()).toBeUndefined();
    observed.dated(toyMember("globex"), time.now - 180_000);
    expect(observed.clockSkewMs()).toBe(180_000);
    time.now += 25 * 3_600_000;
    expect(observed.clockSkewMs()).toBeUndefined();
  });

  test("is no larger because a post was pushed late", () => {
    const time = { now: 1_000_000 };
    const observed = makeObserved(clockAt(time));
    observed.dated(toyMember("globex"), time.now - 20);
    observed.dated(toyMember("globex"), time.now - 600_000);
    expect(observed.clockSkewMs()).toBe(20);
  });

  test("stays among what honest members say, whatever one of them claims", () => {
    assert(
      property(
        array(integer({ min: -90_000, max: 90_000 }), { minLength: 2, maxLength: 9 }),
        integer(),
        (honest, lie) => {
          const observed = makeObserved(clockAt({ now: 0 }));
          for (const [index, ms] of honest.entries()) observed.dated(toyMember(`${index}`), ms);
          observed.dated(toyMember("liar"), lie);
          const skewMs = -(observed.clockSkewMs() ?? NaN);
          expect(skewMs).toBeGreaterThanOrEqual(Math.min(...honest));
          expect(skewMs).toBeLessThanOrEqual(Math.max(...honest));
        },
      ),
    );
  });
});

test("what came in is counted by path, refusals by code, and gaps", () => {
  const observed = makeObserved(clockAt({ now: 0 }));
  observed.arrived("sync", [{ kind: "kept" }, { kind: "gap" }], 500);
  observed.arrived("sync", [{ kind: "refused", verdict: "reject", reason: "RECORD_MALFORMED" }], 1_500);
  expect([...observed.intake()]).toEqual([["sync", { batches: 2, records: 3, seconds: 2 }]]);
  expect([...observed.refused()]).toEqual([["RECORD_MALFORMED", 1]]);
  expect(observed.gaps()).toBe(1);
});
