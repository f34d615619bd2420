// Which keys are admitted; the crafted signatures are in test/vectors.

import { expect, test } from "vitest";
import { admitKey, signingKeyFromSeed, verifyStrict } from "../../../keys/index.ts";
import { fromHex, utf8 } from "../../../src/base/bytes.ts";
import { refusalOf } from "../../help/refusal.ts";
import { seededRandom } from "../../help/seeded-random.ts";

const kim = signingKeyFromSeed(seededRandom("kim")(32));

test("an honest key is admitted", () => {
  expect(() => admitKey(kim.publicKey)).not.toThrow();
});

test.each([
  ["of small order", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"],
  ["the identity", "0100000000000000000000000000000000000000000000000000000000000000"],
  ["the identity with a negative x", "0100000000000000000000000000000000000000000000000000000000000080"],
  ["not below the prime", "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"],
  ["not on the curve", "0200000000000000000000000000000000000000000000000000000000000000"],
  ["a byte short", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc"],
  ["empty", ""],
])("a key that is %s is refused and verifies nothing", async (_why, hex) => {
  const key = fromHex(hex) ?? new Uint8Array(0);
  expect(await refusalOf(() => admitKey(key))).toBe("KEY_REFUSED");
  // Asked again it is answered from memory, and alike.
  expect(await refusalOf(() => admitKey(key))).toBe("KEY_REFUSED");
  expect(verifyStrict(key, utf8("x"), kim.sign(utf8("x")))).toBe(false);
});
