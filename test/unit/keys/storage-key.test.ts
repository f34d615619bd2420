// The cipher of the store.

import { inspect } from "node:util";
import { expect, test } from "vitest";
import { storageCipher } from "../../../keys/index.ts";
import { concat, toHex, utf8 } from "../../../src/base/bytes.ts";
import { systemRandom } from "../../../src/base/random.ts";
import { refusalOf } from "../../help/refusal.ts";
import { seededRandom } from "../../help/seeded-random.ts";

const storageKey = seededRandom("store")(32);
const cipher = storageCipher(storageKey, systemRandom);
const value = utf8("203.0.113.9 seen in the VPN log");
const context = utf8("item/1");

test("a stored value opens where it was put", () => {
  expect(cipher.open(cipher.seal(value, context), context)).toEqual(value);
  expect(cipher.open(cipher.seal(new Uint8Array(0), context), context)).toEqual(new Uint8Array(0));
});

test("a value opens from the middle of a larger buffer, as the database hands it out", () => {
  const sealed = cipher.seal(value, context);
  for (const offset of [1, 2, 3]) {
    const page = concat(new Uint8Array(offset), sealed, new Uint8Array(5));
    expect(cipher.open(page.subarray(offset, offset + sealed.length), context)).toEqual(value);
  }
});

test("a value moved to another key, cut or opened with another storage key is corrupt", async () => {
  const sealed = cipher.seal(value, context);
  const other = storageCipher(seededRandom("other")(32), systemRandom);
  expect(await refusalOf(() => cipher.open(sealed, utf8("item/2")))).toBe("STORE_CORRUPT");
  expect(await refusalOf(() => other.open(sealed, context))).toBe("STORE_CORRUPT");
  for (const length of [0, 1, 24, 39, sealed.length - 1]) {
    expect(await refusalOf(() => cipher.open(sealed.subarray(0, length), context))).toBe("STORE_CORRUPT");
  }
});

test("the same value sealed twice looks different, and costs forty bytes", () => {
  const [once, twice] = [cipher.seal(value, context), cipher.seal(value, context)];
  expect(once).not.toEqual(twice);
  expect(once).toHaveLength(value.length + 40);
});

test("an index names a value alike each time, and differently for each label and key", () => {
  const name = cipher.index("indicator", value);
  expect(name).toHaveLength(16);
  expect(cipher.index("indicator", value)).toEqual(name);
  expect(cipher.index("idempotency", value)).not.toEqual(name);
  expect(cipher.index("indicator2", utf8("03.0.113.9"))).not.toEqual(cipher.index("indicator", utf8("203.0.113.9")));
  expect(storageCipher(seededRandom("other")(32), systemRandom).index("indicator", value)).not.toEqual(name);
});

test("printing the cipher shows no key, and the key may be wiped", () => {
  const bytes = storageKey.slice();
  const own = storageCipher(bytes, systemRandom);
  const sealed = own.seal(value, context);
  bytes.fill(0);
  expect(own.open(sealed, context)).toEqual(value);
  const printed = inspect(own, { showHidden: true, depth: 9 });
  expect(printed).not.toContain(toHex(storageKey));
  expect(printed).not.toMatch(/Uint8Array/);
});
