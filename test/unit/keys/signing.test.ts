// What a signing key does, and what it must not show.

import { inspect } from "node:util";
import { expect, test } from "vitest";
import { signingKeyFromSeed, verifyStrict } from "../../../keys/index.ts";
import { toBase64Url, toHex, utf8 } from "../../../src/base/bytes.ts";
import { seededRandom } from "../../help/seeded-random.ts";

test("what kim signs, everybody can verify, and nothing else", () => {
  const kim = signingKeyFromSeed(seededRandom("kim")(32));
  const signature = kim.sign(utf8("hello"));
  expect(signature).toHaveLength(64);
  expect(verifyStrict(kim.publicKey, utf8("hello"), signature)).toBe(true);
  expect(verifyStrict(kim.publicKey, utf8("hallo"), signature)).toBe(false);
  expect(verifyStrict(kim.publicKey, utf8("hello"), signature.subarray(1))).toBe(false);
  expect(verifyStrict(signingKeyFromSeed(seededRandom("sam")(32)).publicKey, utf8("hello"), signature)).toBe(false);
});

test("printing a signing key shows no seed", () => {
  const seed = seededRandom("kim")(32);
  const kim = signingKeyFromSeed(seed);
  const printed = `${inspect(kim, { showHidden: true, depth: 9 })}${JSON.stringify(kim)}`;
  expect(printed).not.toContain(toHex(seed));
  expect(printed).not.toContain(toBase64Url(seed));
  expect(printed).not.toContain(seed.subarray(0, 4).join(", "));
  expect(printed).not.toContain(seed.subarray(0, 4).join(","));
});

test("the caller may wipe the seed after making the key", () => {
  const seed = seededRandom("kim")(32);
  const kim = signingKeyFromSeed(seed);
  const before = kim.sign(utf8("hello"));
  seed.fill(0);
  expect(kim.sign(utf8("hello"))).toEqual(before);
});
