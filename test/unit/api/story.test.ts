// When the demonstration may end with exit code 0.

import { expect, test } from "vitest";
import { type StoryReport, storyHolds } from "../../../src/api/story.ts";

const good: StoryReport = {
  schema: "tocsin.demo/1",
  orgs: 5,
  posted: 254,
  promised: 1_006,
  delivered: 1_006,
  missing: 0,
  latencyMs: { p50: 10, p95: 40, samples: 176 },
  catchUp: { org: "umbrella", records: 200, tookMs: 300 },
  removed: { org: "initech", postedAfter: 10, readable: 0 },
  tookMs: 5_000,
};

test("the story holds when everything promised was delivered and the removed member reads nothing", () => {
  expect(storyHolds(good)).toBe(true);
});

test.each<readonly [string, StoryReport]>([
  ["one delivery is missing", { ...good, delivered: 1_005, missing: 1 }],
  ["the removed member reads one record", { ...good, removed: { ...good.removed, readable: 1 } }],
])("it does not hold when %s", (_, report) => {
  expect(storyHolds(report)).toBe(false);
});
