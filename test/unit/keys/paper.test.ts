// The org key on paper and back.

import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { seedToWords, wordsToSeed } from "../../../keys/index.ts";
import { fromHex } from "../../../src/base/bytes.ts";
import { errorOf } from "../../help/refusal.ts";

// The 24-word vectors published with BIP-39: entropy, words.
const bip39 = [
  ["00".repeat(32), `${"abandon ".repeat(23)}art`],
  ["ff".repeat(32), `${"zoo ".repeat(23)}vote`],
  [
    "7f".repeat(32),
    `${"legal winner thank year wave sausage worth useful ".repeat(2)}legal winner thank year wave sausage worth title`,
  ],
  [
    "80".repeat(32),
    `${"letter advice cage absurd amount doctor acoustic avoid ".repeat(2)}letter advice cage absurd amount doctor acoustic bless`,
  ],
  [
    "68a79eaca2324873eacc50cb9c6eca8cc68ea5d936f98787c60c7ebc74e6ce7c",
    "hamster diagram private dutch cause delay private meat slide toddler razor book happy fancy gospel tennis maple dilemma loan word shrug inflict delay length",
  ],
  [
    "9f6a2878b2520799a44ef18bc7df394e7061a224d2c33cd015b157d746869863",
    "panda eyebrow bullet gorilla call smoke muffin taste mesh discover soft ostrich alcohol speed nation flash devote level hobby quick inner drive ghost inside",
  ],
  [
    "066dca1a2bb7e8a1db2832148ce9933eea0f3ac9548d793112d9a95c9407efad",
    "all hour make first leader extend hole alien behind guard gospel lava path output census museum junior mass reopen famous sing advance salt reform",
  ],
  [
    "f585c11aec520db57dd353c69554b21a89b20fb0650966fa0a9d6f74fd989d8f",
    "void come effort suffer camp survey warrior heavy shoot primary clutch crush open amazing screen patrol group space point ten exist slush involve unfold",
  ],
] as const;

test.each(bip39)("the seed %s is written as BIP-39 says", (hex, words) => {
  const seed = fromHex(hex) ?? new Uint8Array(0);
  expect(seedToWords(seed).join(" ")).toBe(words);
  expect(wordsToSeed(words)).toEqual(seed);
});

test("words are read as people type them from a numbered list", () => {
  const [hex, words] = bip39[5];
  const list = words.split(" ").map((word, index) => `${index + 1}. ${word.toUpperCase()},\r\n`);
  expect(wordsToSeed(`  ${list.join("")}`)).toEqual(fromHex(hex));
});

describe("a mistyped paper key is refused", () => {
  const words = bip39[5][1].split(" ");

  test("an unknown word, with its position", async () => {
    const error = await errorOf(() => wordsToSeed(words.with(6, "muffni").join(" ")));
    expect(error).toMatchObject({ code: "INPUT_INVALID", details: { position: 7 } });
    expect(error?.message).toContain("word 7");
  });

  test("a missing word, with the count", async () => {
    const error = await errorOf(() => wordsToSeed(words.slice(1).join(" ")));
    expect(error).toMatchObject({ code: "INPUT_INVALID", message: expect.stringContaining("23") });
  });

  test("another word of the list, or two that changed places", async () => {
    for (const typed of [words.with(0, "pair"), words.with(0, "eyebrow").with(1, "panda")]) {
      expect(await errorOf(() => wordsToSeed(typed.join(" ")))).toMatchObject({ code: "INPUT_INVALID" });
    }
  });

  test("and the refusal repeats no word of it", async () => {
    for (const typed of [words.with(6, "muffni"), words.slice(1), words.with(0, "pair")]) {
      const printed = inspect(await errorOf(() => wordsToSeed(typed.join(" "))), { depth: 9 });
      for (const word of ["muffni", "eyebrow", "gorilla", "ostrich"]) expect(printed).not.toContain(word);
    }
  });
});
