// What a member may send: rates, pauses and how long it is cut off, on a clock that the test moves.

import { beforeEach, describe, expect, test } from "vitest";
import { limits } from "../../../src/base/limits.ts";
import { type Flooder, makeQuotas, type Quotas } from "../../../src/node/quotas.ts";
import { toyCircle, toyLane, toyMember } from "../../help/fake-host.ts";

const [globex, circle, lane] = [toyMember("globex"), toyCircle("inner"), toyLane("globex")];
const BURST = limits.authorBurstRecords;
const FAR = limits.floodRecords + 1;
const MINUTE_MS = 60_000;

let now: number;
let cut: Flooder[];
let quotas: Quotas;
/** The length of globex's lane by its own word. */
let length: number;
const grows = (records: number): void => quotas.grew(globex, circle, [[lane, (length += records)]]);
/** Time in which globex is linked, and says twice a minute that nothing is new. */
const linked = (ms: number): void => {
  for (const end = now + ms; now < end;) {
    now = Math.min(end, now + 30_000);
    grows(0);
  }
};

beforeEach(() => {
  now = 1_000_000;
  cut = [];
  length = 1_000_000;
  const clock = { now: () => now, monotonic: () => now, wait: async () => Promise.reject(new Error("over")) };
  quotas = makeQuotas(clock, {
    cutOff: (flooder) => void cut.push(flooder),
    resumed: () => undefined,
    stop: AbortSignal.abort(),
  });
  grows(0);
});

describe("a member within its quota", () => {
  test("R67: is read more slowly once a third of its burst is spent, and as ever when that is paid", () => {
    grows(BURST / 3);
    expect(quotas.pauseMs(globex)).toBe(0);
    grows(BURST / 2);
    expect(quotas.pauseMs(globex)).toBe(250);
    now += (BURST / 2 / limits.authorRecordsPerSecond) * 1_000;
    expect([quotas.pauseMs(globex), cut]).toEqual([0, []]);
  });

  test("R67: is never paused for what there was before, for an import, or for its rate over hours", () => {
    grows(BURST / 3);
    for (let second = 0; second < 7_200; second++) {
      now += 1_000;
      grows(limits.authorRecordsPerSecond);
      expect(quotas.pauseMs(globex)).toBe(0);
    }
    expect(cut).toEqual([]);
  });

  test("R67: has earned what it wrote while there was no link", () => {
    now += 3_600_000;
    grows(3_600 * limits.authorRecordsPerSecond);
    expect([quotas.pauseMs(globex), cut]).toEqual([0, []]);
  });
});

describe("a member over its quota", () => {
  test("R67: is left unread until it is paid, and no longer", () => {
    grows(BURST + 2 * limits.authorRecordsPerSecond);
    expect(quotas.pauseMs(globex)).toBe(2_000);
    now += 2_000;
    expect(quotas.pauseMs(globex)).toBe(250);
    expect(cut).toEqual([]);
  });

  test("R67: is not cut off for an import of 10,000, and another an hour later", () => {
    for (const pauseMs of [0, 3_600_000]) {
      linked(pauseMs);
      for (let batch = 0; batch < 100; batch++, now += 20) grows(100);
      expect(quotas.pauseMs(globex)).toBe(limits.floodPauseMaxMs);
    }
    expect(cut).toEqual([]);
  });

  test("R67: far over it is cut off for a minute, doubling to an hour, and named with what it sent", () => {
    let forMs = 0;
    const lasted = [1, 2, 3, 4, 5, 6, 7, 8].map(() => {
      const before = cut.length;
      // Of what it wrote meanwhile its rate is forgiven.
      grows(FAR + (forMs / 1_000) * limits.authorRecordsPerSecond);
      expect(cut.length).toBe(before + 1);
      const { until } = cut.at(-1) ?? { until: 0 };
      forMs = until - now;
      expect(quotas.isCutOff(globex)).toBe(true);
      now = until;
      expect(quotas.isCutOff(globex)).toBe(false);
      return forMs;
    });
    expect(lasted.slice(0, 4)).toEqual([1, 2, 4, 8].map((minutes) => minutes * MINUTE_MS));
    expect(lasted.at(-1)).toBe(limits.floodCutMaxMs);
    expect(cut[0]).toEqual({ member: globex, records: FAR, until: 1_000_000 + MINUTE_MS });
  });

  test("R67: is forgiven after an hour in peace", () => {
    grows(FAR);
    now += limits.floodCutMs;
    linked(limits.floodCutMaxMs + 1);
    grows(FAR);
    expect((cut[1]?.until ?? 0) - now).toBe(limits.floodCutMs);
  });

  test("R67: gains nothing by a day of silence on a link", () => {
    linked(86_400_000);
    grows(FAR);
    expect(cut.length).toBe(1);
  });

  test("R67: pays for what it pushes again and again", () => {
    quotas.wasted(globex, BURST);
    expect(cut).toEqual([]);
    quotas.wasted(globex, 1);
    expect(quotas.flooders()).toEqual(cut);
    expect(cut.length).toBe(1);
  });

  test("is not believed that it has more lanes than a member may have", () => {
    const lanes = Array.from({ length: 10 * limits.lanesPerMemberMax }, (_, n) => toyLane(`${n}`));
    quotas.grew(
      globex,
      circle,
      lanes.map((one) => [one, BURST / 3 / limits.lanesPerMemberMax] as const),
    );
    expect([quotas.pauseMs(globex), cut]).toEqual([0, []]);
  });
});
