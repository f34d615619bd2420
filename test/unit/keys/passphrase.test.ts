// From passphrases to keys.

import { wordlist } from "@scure/bip39/wordlists/english.js";
import { describe, expect, test } from "vitest";
import { checkPassphrase, generatePassphrase } from "../../../keys/index.ts";
import { deriveKey, isScryptCost, SCRYPT_DEFAULT } from "../../../keys/passphrase.ts";
import { toHex, utf8 } from "../../../src/base/bytes.ts";
import { systemRandom } from "../../../src/base/random.ts";
import { cheapScrypt } from "../../help/cheap-scrypt.ts";
import { refusalOf } from "../../help/refusal.ts";

test("scrypt derives what RFC 7914 says", async () => {
  // Section 12, third vector: N = 16384, r = 8, p = 1; the first 32 of its 64 bytes.
  const key = await deriveKey("pleaseletmein", { log2N: 14, r: 8, p: 1, salt: utf8("SodiumChloride") });
  expect(toHex(key)).toBe("7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2");
});

test("a passphrase typed on another keyboard is the same passphrase", async () => {
  const salt = new Uint8Array(32);
  const composed = await deriveKey("sch\u00F6nes wetter", { ...cheapScrypt, salt });
  expect(await deriveKey("scho\u0308nes wetter", { ...cheapScrypt, salt })).toEqual(composed);
  expect(await deriveKey("\uFF53ch\u00F6nes wetter", { ...cheapScrypt, salt })).toEqual(composed);
  expect(await deriveKey("schones wetter", { ...cheapScrypt, salt })).not.toEqual(composed);
});

test("a generated passphrase has seven words of the list and is new each time", () => {
  const passphrase = generatePassphrase(systemRandom);
  const words = passphrase.split("-");
  expect(words).toHaveLength(7);
  expect(words.every((word) => wordlist.includes(word))).toBe(true);
  expect(generatePassphrase(systemRandom)).not.toBe(passphrase);
  expect(generatePassphrase((length) => new Uint8Array(length).fill(255))).toBe(Array(7).fill("zoo").join("-"));
});

test("a passphrase of seven characters is too short to be chosen", async () => {
  expect(await refusalOf(() => checkPassphrase("hunter2"))).toBe("INPUT_INVALID");
  expect(await refusalOf(() => checkPassphrase("x".repeat(1_025)))).toBe("INPUT_INVALID");
  expect(await refusalOf(() => checkPassphrase("hunter2!"))).toBeUndefined();
});

describe("the cost of a guess", () => {
  test("is 128 MiB by default", () => {
    expect(2 ** SCRYPT_DEFAULT.log2N * SCRYPT_DEFAULT.r * 128).toBe(128 * 1024 * 1024);
    expect(isScryptCost(SCRYPT_DEFAULT)).toBe(true);
  });

  test.each([
    ["less work than the least", { log2N: 13, r: 8, p: 1 }],
    ["64 GiB", { log2N: 26, r: 8, p: 1 }],
    ["wider blocks", { log2N: 17, r: 255, p: 1 }],
    ["narrower blocks", { log2N: 17, r: 1, p: 1 }],
    ["hours of work", { log2N: 17, r: 8, p: 255 }],
    ["no work at all", { log2N: 17, r: 8, p: 0 }],
  ])("may not be %s", (_what, cost) => {
    expect(isScryptCost(cost)).toBe(false);
  });
});
