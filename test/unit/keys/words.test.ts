// Bits as words and words as people type them.

import { expect, test } from "vitest";
import { readWords, wordsOf } from "../../../keys/index.ts";

test("eleven bits make a word, from the top", () => {
  const digest = new Uint8Array(32);
  expect(wordsOf(digest, 2)).toEqual(["abandon", "abandon"]);
  digest.set([0xff, 0xe0]);
  expect(wordsOf(digest, 2)).toEqual(["zoo", "abandon"]);
  digest.set([0x00, 0x3f, 0xff, 0x00]);
  expect(wordsOf(digest, 3)).toEqual(["ability", "zoo", "scale"]);
  expect(() => wordsOf(digest, 24)).toThrow("bits");
});

test.each([
  ["orbit velvet canyon", ["orbit", "velvet", "canyon"]],
  ["  ORBIT,velvet;\nCanyon ", ["orbit", "velvet", "canyon"]],
  ["4 orbit 5. velvet 6) canyon", ["orbit", "velvet", "canyon"]],
  ["orbi velv cany", ["orbit", "velvet", "canyon"]],
  ["canyo", ["canyon"]],
  // A word that begins others is itself; three letters of a longer one are too few.
  ["act acto add addi", ["act", "actor", "add", "addict"]],
  ["zon can", [undefined, "can"]],
  ["orb", [undefined]],
  ["orbits velvett", [undefined, undefined]],
  ["", []],
] as const)("%j is read as %j", (typed, words) => {
  expect(readWords(typed)).toEqual(words);
});
