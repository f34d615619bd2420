// Text in terminal cells: never wider than asked for, and nothing lost when it is wrapped.

import * as fc from "fast-check";
import stringWidth from "string-width";
import { expect, test } from "vitest";
import { cellsOf, clip, fit, wrap } from "../../../../cli/tui/cells.ts";
import { safeText } from "../../../../cli/safe-text.ts";

const peerText = fc.string({ unit: "grapheme", maxLength: 40 }).map(safeText);

test("wide characters are cut whole and the cut shows", () => {
  expect(clip("パナ銀行", 8)).toBe("パナ銀行");
  expect(clip("パナ銀行", 6)).toBe("パナ…");
  expect(fit("パナ銀行", 6)).toBe("パナ… ");
  expect(fit("ab", 4, "right")).toBe("  ab");
  expect(clip("abc", 0)).toBe("");
});

test("lines break at spaces, long words where they must", () => {
  expect(wrap("one two three", 7)).toEqual(["one two", "three"]);
  expect(wrap("9f2c0000e1a7", 5)).toEqual(["9f2c0", "000e1", "a7"]);
  expect(wrap("a\n\nb", 5)).toEqual(["a", "", "b"]);
});

test("the fast measure agrees with the slow one, and every cut keeps its width", () => {
  fc.assert(
    fc.property(peerText, fc.integer({ min: 2, max: 30 }), (text, cells) => {
      expect(cellsOf(text)).toBe(stringWidth(text));
      expect(stringWidth(clip(text, cells))).toBeLessThanOrEqual(cells);
      expect(stringWidth(fit(text, cells))).toBe(cells);
    }),
  );
  for (let code = 0x20; code < 0x3000; code++) {
    const character = safeText(String.fromCodePoint(code));
    expect(cellsOf(`a${character}`), code.toString(16)).toBe(stringWidth(`a${character}`));
  }
});

test("wrapping loses no character and keeps its width", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme-ascii", maxLength: 80 }),
      fc.integer({ min: 2, max: 30 }),
      (text, cells) => {
        const lines = wrap(text, cells);
        expect(lines.join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", "").replaceAll("\n", ""));
        expect(lines.every((line) => cellsOf(line) <= cells)).toBe(true);
      },
    ),
  );
});
