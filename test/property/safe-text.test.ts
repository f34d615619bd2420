// Text of peers on our terminal: nothing acts, nothing hides, nothing is dropped.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { safeLines, safeText } from "../../cli/safe-text.ts";

const HIDING =
  /[\u0000-\u001F\u007F-\u009F\u00AD\u034F\u061C\u115F\u1160\u180E\u200B-\u200F\u2028-\u202E\u2060-\u206F\u2800\u3164\uFEFF\uFFF9-\uFFFB]|[\u{E0000}-\u{E0FFF}]|[\uD800-\uDFFF]/u;
const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit))).map((units) => units.join("")),
);

describe("safe text", () => {
  test("holds no character that acts, hides or reorders, whatever a peer wrote", () => {
    fc.assert(
      fc.property(anyText, (text) => expect(safeText(text)).not.toMatch(HIDING)),
      { numRuns: 2_000 },
    );
  });

  test("is a fixed point", () => {
    fc.assert(fc.property(anyText, (text) => expect(safeText(safeText(text))).toBe(safeText(text))));
  });

  test("never loses a character: what is not shown as itself is shown by its number", () => {
    const undo = (shown: string): string =>
      shown.replaceAll(/‹U\+([0-9A-F]{4,6})›/g, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)));
    fc.assert(
      fc.property(
        anyText.filter((text) => !text.includes("‹")),
        (text) => expect(undo(safeText(text))).toBe(text),
      ),
    );
  });

  test.each([
    ["pay\u200Bpal.com", "pay‹U+200B›pal.com"],
    ["\u202Egpj.exe", "‹U+202E›gpj.exe"],
    ["\u001B]52;c;aGk=\u0007", "‹U+001B›]52;c;aGk=‹U+0007›"],
    ["\u009B31mred", "‹U+009B›31mred"],
    ["a\nb\r", "a‹U+000A›b‹U+000D›"],
    ["\uD800 lone", "‹U+D800› lone"],
    ["x\uFE0F", "x‹U+FE0F›"],
    ["\u0301up", "‹U+0301›up"],
    ["Zürich 日本語 Ω é 🎉 ❤\uFE0F", "Zürich 日本語 Ω é 🎉 ❤\uFE0F"],
  ])("%j reads %s", (text, shown) => {
    expect(safeText(text)).toBe(shown);
  });

  test("keeps lines apart where lines are wanted", () => {
    expect(safeLines("one\r\ntwo\tx\n\u0007")).toEqual(["one", "two  x", "‹U+0007›"]);
  });

  test("takes linear time on hostile text", () => {
    const started = performance.now();
    safeText("\u0301".repeat(200_000) + "\u200B".repeat(200_000));
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
