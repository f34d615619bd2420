// The wraps of epochs against other people's code and published answers: HPKE both ways with @hpke/core, HKDF, XChaCha20.

import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from "@hpke/core";
import { XWing } from "@hpke/hybridkem-x-wing";
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { concat, fromHex, toHex, utf8 } from "../../src/base/bytes.ts";
import { hkdfExpand, hkdfExtract } from "../../src/base/digest.ts";
import { generateWrapKeys, unwrap, wrap } from "../../src/seal/hpke.ts";

const peers = {
  1: new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() }),
  2: new CipherSuite({ kem: new XWing(), kdf: new HkdfSha256(), aead: new Aes256Gcm() }),
} as const;
const ENCAPSULATED = { 1: 32, 2: 1_120 } as const;
const hex = (text: string): Uint8Array => fromHex(text.replaceAll(/\s/g, "")) ?? new Uint8Array(0);
/** A buffer of exactly these bytes, as the other library wants it. */
const buffer = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;

describe.each([1, 2] as const)("HPKE suite %i", (suite) => {
  const peer = peers[suite];
  const cases = fc.record({
    secret: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    info: fc.uint8Array({ maxLength: 80 }),
    aad: fc.uint8Array({ maxLength: 80 }),
  });

  test("what we wrap the other library opens, and the other way round", async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ secret, info, aad }) => {
        const keys = await generateWrapKeys(suite);
        const ours = await wrap(suite, keys.publicKey, secret, { info, aad });
        if (!ours) throw new Error("nothing wrapped");
        expect(ours.length).toBe(ENCAPSULATED[suite] + 32 + 16);
        const recipientKey = await peer.kem.deserializePrivateKey(buffer(keys.privateKey));
        const [enc, sealed] = [buffer(ours.slice(0, ENCAPSULATED[suite])), buffer(ours.slice(ENCAPSULATED[suite]))];
        expect(new Uint8Array(await peer.open({ recipientKey, enc, info: buffer(info) }, sealed, buffer(aad)))).toEqual(
          secret,
        );

        const recipientPublicKey = await peer.kem.deserializePublicKey(buffer(keys.publicKey));
        const theirs = await peer.seal({ recipientPublicKey, info: buffer(info) }, buffer(secret), buffer(aad));
        const wrapped = concat(new Uint8Array(theirs.enc), new Uint8Array(theirs.ct));
        expect(await unwrap(suite, keys, wrapped, { info, aad })).toEqual(secret);
      }),
      { numRuns: 6, seed: 1 },
    );
  });

  test("a wrap opens for its key, its info and its associated data only", async () => {
    const [keys, others] = [await generateWrapKeys(suite), await generateWrapKeys(suite)];
    const context = { info: utf8("info"), aad: utf8("aad") };
    const wrapped = await wrap(suite, keys.publicKey, new Uint8Array(32), context);
    if (!wrapped) throw new Error("nothing wrapped");
    expect(await unwrap(suite, keys, wrapped, context)).toEqual(new Uint8Array(32));
    expect(await unwrap(suite, others, wrapped, context)).toBeUndefined();
    expect(await unwrap(suite, keys, wrapped, { ...context, info: utf8("else") })).toBeUndefined();
    expect(await unwrap(suite, keys, wrapped, { ...context, aad: utf8("else") })).toBeUndefined();
    for (const at of [0, ENCAPSULATED[suite] - 1, ENCAPSULATED[suite], wrapped.length - 1]) {
      const bad = wrapped.slice();
      bad[at] = (bad[at] ?? 0) ^ 1;
      expect(await unwrap(suite, keys, bad, context)).toBeUndefined();
    }
    for (const length of [0, 31, ENCAPSULATED[suite], wrapped.length - 1])
      expect(await unwrap(suite, keys, wrapped.slice(0, length), context)).toBeUndefined();
  });

  test("keys that are none are answered with nothing", async () => {
    const keys = await generateWrapKeys(suite);
    const context = { info: utf8(""), aad: utf8("") };
    const none = [
      new Uint8Array(0),
      new Uint8Array(7),
      suite === 1 ? new Uint8Array(32) : new Uint8Array(1_216).fill(0xff),
    ];
    for (const publicKey of none) expect(await wrap(suite, publicKey, new Uint8Array(32), context)).toBeUndefined();
    const wrapped = await wrap(suite, keys.publicKey, new Uint8Array(32), context);
    if (!wrapped) throw new Error("nothing wrapped");
    const otherSuite = await generateWrapKeys(suite === 1 ? 2 : 1);
    expect(await unwrap(suite, otherSuite, wrapped, context)).toBeUndefined();
  });
});

describe("HKDF-SHA-256, RFC 5869 appendix A", () => {
  const range = (from: number, to: number): Uint8Array =>
    Uint8Array.from({ length: to - from }, (_, index) => from + index);
  test.each([
    {
      ...{ ikm: new Uint8Array(22).fill(0x0b), salt: range(0, 13), info: range(0xf0, 0xfa) },
      prk: "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
      okm: "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    },
    {
      ...{ ikm: range(0, 0x50), salt: range(0x60, 0xb0), info: range(0xb0, 0x100) },
      prk: "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
      okm: `b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09
            da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87`,
    },
    {
      ...{ ikm: new Uint8Array(22).fill(0x0b), salt: new Uint8Array(0), info: new Uint8Array(0) },
      prk: "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
      okm: "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
    },
  ])("case with prk $prk", ({ ikm, salt, info, prk, okm }) => {
    expect(toHex(hkdfExtract(salt, ikm))).toBe(prk);
    expect(toHex(hkdfExpand(hex(prk), info, hex(okm).length))).toBe(toHex(hex(okm)));
  });
});

describe("XChaCha20-Poly1305, draft-irtf-cfrg-xchacha-03 appendix A.3.1", () => {
  test("seals as published", () => {
    const key = hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
    const nonce = hex("404142434445464748494a4b4c4d4e4f5051525354555657");
    const aad = hex("50515253c0c1c2c3c4c5c6c7");
    const text = utf8(
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
    );
    const sealed = hex(`bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39
      ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97637da9768812f615c68b13b52e
      c0875924c1c7987947deafd8780acf49`);
    expect(toHex(xchacha20poly1305(key, nonce, aad).encrypt(text))).toBe(toHex(sealed));
  });
});
