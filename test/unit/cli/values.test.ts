// Values of flags: durations, times, markings, what to wait for.

import { describe, expect, test } from "vitest";
import * as values from "../../../cli/values.ts";

describe("durations and times", () => {
  test.each([
    ["30s", 30_000],
    ["30m", 1_800_000],
    ["24h", 86_400_000],
    ["7d", 604_800_000],
  ])("%s is %i ms", (text, ms) => {
    expect(values.readDuration(text)).toBe(ms);
  });

  test.each(["", "30", "m", "1.5h", "-2h", "30 m", "1w", "999999999d"])("%j is no duration", (text) => {
    expect(() => values.readDuration(text)).toThrow("no duration");
  });

  test("a time is RFC 3339 in any zone, or relative to now", () => {
    expect(values.readPast("2025-11-22T15:31:00+01:00")).toBe("2025-11-22T14:31:00.000Z");
    expect(values.readFuture("2999-11-22")).toBe("2999-11-22T00:00:00.000Z");
    expect(() => values.readFuture("2025-11-22")).toThrow("in the past");
    expect(() => values.readPast("2999-11-22")).toThrow("in the future");
    const hour = 3_600_000;
    expect(Date.parse(values.readPast("-2h"))).toBeLessThan(Date.now() - hour);
    expect(Date.parse(values.readPast("2h"))).toBeLessThan(Date.now() - hour);
    expect(Date.parse(values.readFuture("+2h"))).toBeGreaterThan(Date.now() + hour);
    expect(Date.parse(values.readFuture("2h"))).toBeGreaterThan(Date.now() + hour);
  });

  test.each(["", "yesterday", "22.11.2025", "2025-13-01T00:00:00Z", "2025-11-22T14:31", "1763821860"])(
    "%j is no time",
    (text) => {
      expect(() => values.readPast(text)).toThrow("no time");
    },
  );
});

describe("words", () => {
  test("markings are read in any case, with or without their prefix", () => {
    expect(values.readTlp("TLP:AMBER+STRICT")).toBe("amber+strict");
    expect(values.readPap("Green")).toBe("green");
    expect(() => values.readTlp("purple")).toThrow("clear, green, amber, amber+strict, red");
  });

  test("what to wait for is a state with or without a count", () => {
    expect(values.readWait("queued")).toBeUndefined();
    expect(values.readWait("delivered")).toEqual({ for: "delivered" });
    expect(values.readWait("acked:2")).toEqual({ for: "acked", count: 2 });
    for (const text of ["", "acked:", "acked:0", "delivered:x", "queued:1"]) {
      expect(() => values.readWait(text)).toThrow();
    }
  });

  test("confidence is a word of STIX or a number", () => {
    expect(["low", "high", "70"].map(values.readConfidence)).toEqual([15, 85, 70]);
    expect(() => values.readConfidence("101")).toThrow("0 to 100");
  });

  test("an empty value is a mistake, not the absence of one", () => {
    expect(() => values.readText(" ")).toThrow("empty");
  });
});
