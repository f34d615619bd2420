// Typing into a text: whole characters, words, lines, pastes.

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { edited, editOf, type Edit } from "../../../../cli/tui/edit.ts";

const LINES = { max: 200, lines: true };
const press = (edit: Edit, keys: readonly string[], options: { max: number; lines?: boolean } = LINES): Edit =>
  keys.reduce((now, key) => edited(now, key, options) ?? now, edit);
/** The text with the cursor as `|`. */
const seen = ({ text, at }: Edit): string => `${text.slice(0, at)}|${text.slice(at)}`;

test.each([
  ["a b|", ["left", "left", "x"], "ax| b"],
  ["one two|", ["ctrl-w"], "one |"],
  ["one two  |", ["ctrl-w"], "one |"],
  ["one two|", ["ctrl-u"], "|"],
  ["first\nsecond|", ["ctrl-u"], "first\n|"],
  ["first\nsecond|", ["up", "end"], "first|\nsecond"],
  ["first\nse|", ["up", "delete"], "fi|st\nse"],
  ["first\nsecond|", ["up", "up"], "|first\nsecond"],
  ["a\nlonger line|", ["up", "down"], "a\nl|onger line"],
  ["one two|", ["home", "ctrl-k"], "|"],
  ["👩‍💻|", ["backspace"], "|"],
  ["e\u0301x|", ["left", "left"], "|e\u0301x"],
  ["|", ["paste:a\r\nb\u001B[31m\tc"], "a\nb[31m  c|"],
  ["ab|", ["enter", "c"], "ab\nc|"],
])("%j after %j is %j", (before, keys, after) => {
  expect(seen(press(editOf(before.replace("|", "")), keys))).toBe(after);
});

test("one line takes no line breaks, and keys that edit nothing are not its own", () => {
  const line = { max: 20 };
  expect(press(editOf(), ["paste:a\nb"], line).text).toBe("a b");
  for (const key of ["enter", "up", "down", "esc", "tab", "pageup", "ctrl-s"])
    expect(edited(editOf("x"), key, line)).toBeUndefined();
});

test("what is too long is cut between whole characters", () => {
  expect(press(editOf("abc"), ["paste:👩‍💻👩‍💻"], { max: 9 }).text).toBe("abc👩‍💻");
  expect(press(editOf("abc"), ["d"], { max: 3 }).text).toBe("abc");
});

test("no sequence of keys puts the cursor inside of a character or the text beyond its length", () => {
  const key = fc.oneof(
    fc.constantFrom(
      "left",
      "right",
      "up",
      "down",
      "home",
      "end",
      "backspace",
      "delete",
      "ctrl-w",
      "ctrl-u",
      "ctrl-k",
      "enter",
    ),
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }),
    fc.string({ unit: "binary", maxLength: 6 }).map((text) => `paste:${text}`),
  );
  const starts = (text: string): Set<number> =>
    new Set([...Array.from(new Intl.Segmenter().segment(text), ({ index }) => index), text.length]);
  fc.assert(
    fc.property(fc.array(key, { maxLength: 30 }), (keys) => {
      let edit = editOf();
      for (const one of keys) {
        const next = edited(edit, one, { max: 60, lines: true });
        if (!next) continue;
        edit = next;
        expect(edit.text.length).toBeLessThanOrEqual(60);
        expect(edit.at).toBeGreaterThanOrEqual(0);
        expect(edit.at).toBeLessThanOrEqual(edit.text.length);
        // oxlint-disable-next-line no-control-regex
        expect(edit.text).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F]/u);
        // Moves alone never leave the cursor inside of a character; typing may join two of them.
        if (one === "left" || one === "right") expect(starts(edit.text).has(edit.at)).toBe(true);
      }
    }),
    { numRuns: 300 },
  );
});
