// What may be called what.

import { expect, test } from "vitest";
import { checkName, isName } from "../../../keys/index.ts";
import { limits } from "../../../src/base/limits.ts";
import { refusalOf } from "../../help/refusal.ts";

test.each(["acme-bank", "Acme Bank", "AT&T", "L'Or\u00E9al", "3M", "北方銀行", "a", "n".repeat(limits.nameCharsMax)])(
  "an org may be called %s",
  (name) => {
    expect(isName(name)).toBe(true);
  },
);

test.each([
  ["nothing", ""],
  ["a space in front", " acme"],
  ["a space at the end", "acme "],
  ["two spaces in a row", "acme  bank"],
  ["a hyphen in front, like an option", "-rf"],
  ["a slash, which parts org and seat", "acme/kim"],
  ["a line break", "acme\n"],
  ["a terminal escape", "acme\u001B[2J"],
  ["a change of direction", "acme\u202E"],
  ["a joiner that cannot be seen", "ac\u200Dme"],
  ["a letter that cannot be seen", "ac\u3164me"],
  ["a selector that cannot be seen", "acme\uFE0F"],
  ["a mark in front", "\u0301acme"],
  ["another Unicode form of a letter", "Lore\u0301al"],
  ["half a character", "acme\uD83D"],
  ["too many characters", "n".repeat(limits.nameCharsMax + 1)],
])("a name with %s is refused", async (_what, name) => {
  expect(isName(name)).toBe(false);
  expect(await refusalOf(() => checkName("org name", name))).toBe("INPUT_INVALID");
});
