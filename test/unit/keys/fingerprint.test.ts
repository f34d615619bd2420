// How people compare keys.

import { wordlist } from "@scure/bip39/wordlists/english.js";
import { expect, test } from "vitest";
import { fingerprint, matchesFingerprint } from "../../../keys/index.ts";
import { utf8 } from "../../../src/base/bytes.ts";
import { sha256 } from "../../../src/base/digest.ts";

const acme = new Uint8Array(32).fill(7);

test("a fingerprint is twelve words, sixty digits and a short form", () => {
  const { words, digits, short } = fingerprint(acme);
  expect(words).toHaveLength(12);
  expect(words.every((word) => wordlist.includes(word))).toBe(true);
  expect(digits).toMatch(/^\d{5}( \d{5}){11}$/);
  expect(short).toMatch(/^[0-9A-HJKMNP-TV-Z]{4} [0-9A-HJKMNP-TV-Z]{4}$/);
});

test("the words spell the first 132 bits of the tagged hash", () => {
  const digest = sha256(utf8("tocsin/1 fingerprint"), acme);
  const bits = [...digest].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const expected = (bits.slice(0, 132).match(/.{11}/g) ?? []).map((word) => wordlist[Number.parseInt(word, 2)]);
  expect(fingerprint(acme).words).toEqual(expected);
});

test("the fingerprint of a key never changes", () => {
  expect(fingerprint(acme)).toMatchInlineSnapshot(`
    {
      "digits": "48613 07544 64834 72380 11723 68396 76828 18207 12972 31341 88322 51384",
      "short": "0ZR8 GVBW",
      "words": [
        "among",
        "lounge",
        "brave",
        "weekend",
        "option",
        "marble",
        "section",
        "dove",
        "remove",
        "until",
        "govern",
        "off",
      ],
    }
  `);
});

test("typed words and digits are compared as people type them", () => {
  const { words, digits } = fingerprint(acme);
  expect(matchesFingerprint(acme, words.join(" "))).toBe(true);
  expect(matchesFingerprint(acme, ` ${words.join(", ").toUpperCase()}\n`)).toBe(true);
  expect(matchesFingerprint(acme, digits)).toBe(true);
  expect(matchesFingerprint(acme, digits.replaceAll(" ", ""))).toBe(true);
  expect(matchesFingerprint(acme, digits.replaceAll(" ", "-"))).toBe(true);
});

test("half a fingerprint, the short form or another key's do not match", () => {
  const { words, digits, short } = fingerprint(acme);
  const borealis = new Uint8Array(32).fill(8);
  for (const typed of ["", words.slice(0, 6).join(" "), digits.slice(0, 29), short]) {
    expect(matchesFingerprint(acme, typed)).toBe(false);
  }
  expect(matchesFingerprint(borealis, words.join(" "))).toBe(false);
  expect(matchesFingerprint(borealis, digits)).toBe(false);
});
