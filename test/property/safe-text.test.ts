// Text of peers on our terminal: nothing acts, nothing hides, nothing is dropped.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { safeLines, safeText } from "../../cli/safe-text.ts";

// Written as ranges of numbers, apart from the property names that the code uses.
const HIDING: readonly (readonly [number, number])[] = [
  [0x00, 0x1f],
  [0x7f, 0x9f],
  [0xad, 0xad],
  [0x34f, 0x34f],
  [0x61c, 0x61c],
  [0x115f, 0x1160],
  [0x180b, 0x180f],
  [0x200b, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x206f],
  [0x2800, 0x2800],
  [0x3164, 0x3164],
  [0xd800, 0xdfff],
  [0xfe00, 0xfe0e],
  [0xfeff, 0xfeff],
  [0xfff9, 0xfffb],
  [0xe0000, 0xe0fff],
];
const hides = (text: string): boolean =>
  Array.from(text, (character) => character.codePointAt(0) ?? 0).some((code) =>
    HIDING.some(([from, to]) => code >= from && code <= to),
  );
const undo = (shown: string): string =>
  shown.replaceAll(/‹U\+([0-9A-F]{4,6})›/g, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)));
const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit))).map((units) => units.join("")),
);

describe("safe text", () => {
  test("holds no character that acts, hides or reorders, whatever a peer wrote", () => {
    fc.assert(
      fc.property(anyText, (text) => !hides(safeText(text))),
      { numRuns: 2_000 },
    );
  });

  test("is a fixed point", () => {
    fc.assert(fc.property(anyText, (text) => safeText(safeText(text)) === safeText(text)));
  });

  test("never loses a character: what is not shown as itself is shown by its number", () => {
    fc.assert(
      fc.property(
        anyText.filter((text) => !text.includes("‹")),
        (text) => undo(safeText(text)) === text,
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
