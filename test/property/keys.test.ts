// Whatever happens to bytes on their way or on the disk, the keys answer with a refusal by code.

import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { hashes, sign as nobleSign, verify as nobleVerify } from "@noble/ed25519";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  createVault,
  issueCertificate,
  isName,
  openVault,
  parseCertificate,
  readSealedFile,
  seedToWords,
  signingKeyFromSeed,
  storageCipher,
  verifyStrict,
  wordsToSeed,
  writeSealedFile,
} from "../../keys/index.ts";
import { systemRandom } from "../../src/base/random.ts";
import { cheapScrypt } from "../help/cheap-scrypt.ts";
import { harmed, harms } from "../help/harm.ts";
import { refusalOf } from "../help/refusal.ts";
import { seededRandom } from "../help/seeded-random.ts";
import { tempDir } from "../help/temp-dir.ts";

const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe("signatures", () => {
  hashes.sha512 = (message) => new Uint8Array(createHash("sha512").update(message).digest());

  test("node and noble sign alike, and each accepts the other", () => {
    fc.assert(
      fc.property(seeds, fc.uint8Array({ maxLength: 200 }), (seed, message) => {
        const key = signingKeyFromSeed(seed);
        const signature = key.sign(message);
        expect(signature).toEqual(nobleSign(message, seed));
        expect(verifyStrict(key.publicKey, message, signature)).toBe(true);
        expect(nobleVerify(signature, message, key.publicKey)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  test("a harmed signature is never accepted", () => {
    const key = signingKeyFromSeed(seededRandom("kim")(32));
    const message = new Uint8Array(10);
    const signature = key.sign(message);
    fc.assert(
      fc.property(harms, (harm) => {
        expect(verifyStrict(key.publicKey, message, harmed(signature, harm))).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  test("any 32 bytes as a key get an answer", () => {
    fc.assert(
      fc.property(seeds, fc.uint8Array({ minLength: 64, maxLength: 64 }), (key, signature) => {
        expect(verifyStrict(key, new Uint8Array(1), signature)).toBe(false);
      }),
      { numRuns: 50 },
    );
  });
});

describe("certificates", () => {
  const random = seededRandom("certificates");
  const [org, member, transport] = [random(32), random(32), random(32)].map(signingKeyFromSeed);
  if (!org || !member || !transport) throw new Error("three keys were made");
  const by = { org, transport };
  const memberKey = member.publicKey;

  test("every certificate that an org issues is read back the same", () => {
    const names = fc.string({ unit: "grapheme", minLength: 1, maxLength: 64 }).filter(isName);
    const times = fc.tuple(fc.nat(), fc.integer({ min: 1 }));
    fc.assert(
      fc.property(names, times, (name, [notBefore, life]) => {
        const issued = issueCertificate(by, { org: name, memberKey, notBefore, notAfter: notBefore + life });
        expect(parseCertificate(issued.bytes)).toEqual(issued);
      }),
      { numRuns: 200 },
    );
  });
});

describe("data at rest", () => {
  const key = seededRandom("storage")(32);
  const bytes = fc.uint8Array({ maxLength: 300 });

  test("every stored value opens under its context, and harmed it is corrupt", async () => {
    const cipher = storageCipher(key, systemRandom);
    await fc.assert(
      fc.asyncProperty(bytes, bytes, harms, async (plaintext, context, harm) => {
        const sealed = cipher.seal(plaintext, context);
        expect(cipher.open(sealed, context)).toEqual(plaintext);
        expect(await refusalOf(() => cipher.open(harmed(sealed, harm), context))).toBe("STORE_CORRUPT");
      }),
      { numRuns: 300 },
    );
  });

  test("every harmed sealed file is corrupt", async () => {
    await using folder = await tempDir();
    const path = folder.at("keyring");
    const options = { context: "keyring", random: systemRandom };
    await writeSealedFile(path, key, new Uint8Array(100), options);
    const whole = await readFile(path);
    await fc.assert(
      fc.asyncProperty(harms, async (harm) => {
        await writeFile(path, harmed(whole, harm));
        expect(await refusalOf(() => readSealedFile(path, key, options))).toBe("STORE_CORRUPT");
      }),
      { numRuns: 300 },
    );
  });

  test("every harmed vault is damaged, and the passphrase is not even tried", async () => {
    await using folder = await tempDir();
    const path = folder.at("vault");
    const [memberSeed, transportSeed, storageKey] = [key, key, key];
    const contents = { org: "acme", seat: "kim", memberSeed, transportSeed, storageKey, certificate: key };
    await createVault(path, "correct horse", contents, { random: systemRandom, scrypt: cheapScrypt });
    const whole = await readFile(path);
    await fc.assert(
      fc.asyncProperty(harms, async (harm) => {
        await writeFile(path, harmed(whole, harm));
        expect(await refusalOf(() => openVault(path, "wrong passphrase"))).toBe("VAULT_DAMAGED");
      }),
      { numRuns: 300 },
    );
  });
});

describe("paper", () => {
  test("every seed survives the paper", () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        expect(wordsToSeed(seedToWords(seed).join("\n"))).toEqual(seed);
      }),
    );
  });
});
