// When a node may go on in its own lane, case by case.

import { describe, expect, test } from "vitest";
import { limits } from "../../../src/base/limits.ts";
import { type LaneEvidence, laneStanding } from "../../../src/feed/standing.ts";

const evidence = (more: Partial<LaneEvidence> = {}): LaneEvidence => ({
  ...{ length: 10, doubted: false, shared: false, told: [], others: 4, nowMs: 50_000 },
  ...more,
});
const told = (...lengths: readonly number[]): LaneEvidence["told"] =>
  lengths.map((length) => ({ length, aheadMs: length > 10 ? 50_000 : undefined }));
const kindOf = (more: Partial<LaneEvidence>): string => {
  const standing = laneStanding(evidence(more));
  return standing.kind === "held" ? standing.reason : standing.kind;
};

describe("R37: the end of a lane", () => {
  test("is confirmed in a home that was not copied, whether anybody is heard or not", () => {
    expect(kindOf({})).toBe("confirmed");
    expect(kindOf({ told: told(3, 10) })).toBe("confirmed");
  });

  test("is not, while a member claims more and has time left to show it", () => {
    expect(kindOf({ told: told(10, 11) })).toBe("behind");
    const lastMs = { nowMs: 50_000 + limits.laneClaimMs - 1 };
    expect(kindOf({ told: told(11), ...lastMs })).toBe("behind");
    expect(kindOf({ told: told(11), nowMs: lastMs.nowMs + 1 })).toBe("confirmed");
  });

  test.each([
    ["nobody", told(), 4, "unconfirmed"],
    ["one of many", told(10), 4, "unconfirmed"],
    ["two of many", told(10, 10), 4, "confirmed"],
    ["the only other member", told(10), 1, "confirmed"],
    ["nobody, where there is nobody else", told(), 0, "unconfirmed"],
    ["two, of whom one lacks records yet", told(10, 9), 4, "unconfirmed"],
    ["two, against one that claims more", told(10, 10, 11), 4, "behind"],
  ])("in a copy that heard from %s is %s", (_, said, others, standing) => {
    expect(kindOf({ doubted: true, told: said, others })).toBe(standing);
  });

  test("in a copy never passes a claim by waiting", () => {
    expect(kindOf({ doubted: true, told: told(10, 10, 11), nowMs: 1e9 })).toBe("behind");
  });

  test("of a lane that a copy writes to as well is never confirmed", () => {
    expect(kindOf({ shared: true, told: told(10, 10) })).toBe("shared");
  });

  test("says how many confirmed it, of how many that are needed", () => {
    expect(laneStanding(evidence({ doubted: true, told: told(10) }))).toEqual({
      ...{ kind: "held", reason: "unconfirmed", heard: 1, needed: limits.laneWitnesses },
    });
  });
});
