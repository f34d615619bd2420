// Times of day in a zone, on the two days of the year that are no 24 hours long too.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isBetween, isZone, ownZone, wallClock } from "../../../src/notify/wall-clock.ts";

const at = (iso: string): number => Date.parse(iso);

describe("the clock on the wall", () => {
  test("leaves out the hour that a spring night has not, and shows one of an autumn night twice", () => {
    const berlin = (iso: string): string => wallClock("Europe/Berlin", at(iso));
    expect(berlin("2026-11-23T23:30:00Z")).toBe("2026-11-24 00:30");
    expect([berlin("2026-03-29T00:59:00Z"), berlin("2026-03-29T01:00:00Z")]).toEqual([
      "2026-03-29 01:59",
      "2026-03-29 03:00",
    ]);
    expect([berlin("2026-10-25T00:30:00Z"), berlin("2026-10-25T01:30:00Z")]).toEqual([
      "2026-10-25 02:30",
      "2026-10-25 02:30",
    ]);
    expect(wallClock("Asia/Kathmandu", at("2026-01-01T00:00:00Z"))).toBe("2026-01-01 05:45");
  });

  test("knows zones, and the one of this machine", () => {
    expect(["Europe/Berlin", "UTC", "America/St_Johns", ownZone()].map(isZone)).toEqual([true, true, true, true]);
    expect(["", "Berlin", "Europe/Nowhere", "22:00"].map(isZone)).toEqual([false, false, false, false]);
  });

  test("a span over midnight is what the span by day leaves", () => {
    const time = fc.tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }));
    const text = time.map(([hour, minute]) => `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`);
    fc.assert(
      fc.property(text, text, text, (now, from, to) => {
        fc.pre(from !== to);
        expect(isBetween(now, { from, to })).toBe(!isBetween(now, { from: to, to: from }));
        expect(isBetween(from, { from, to })).toBe(true);
        expect(isBetween(to, { from, to })).toBe(false);
      }),
    );
  });
});
