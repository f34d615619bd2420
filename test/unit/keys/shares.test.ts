// An org key in shares on paper: what fits together, what does not, and what each misreading is told.

import { inspect } from "node:util";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { describe, expect, test } from "vitest";
import {
  combineShares,
  fingerprint,
  type KeyShare,
  readPaperKeyOrShares,
  seedToWords,
  shareToWords,
  signingKeyFromSeed,
  splitSeed,
  wordsToShare,
} from "../../../keys/index.ts";
import { toHex, utf8 } from "../../../src/base/bytes.ts";
import { sha256 } from "../../../src/base/digest.ts";
import { errorOf, refusalOf } from "../../help/refusal.ts";
import { seededRandom } from "../../help/seeded-random.ts";

// A seed and one split of it, three of four. The words are the format: another release must read them.
const seed = Uint8Array.from({ length: 32 }, (_, index) => (7 * index + 1) & 255);
const [one, two, three, four] = [
  "actual slam oblige basic erase spot now antique either rather jeans mom outdoor canvas tomato enhance demand name relief industry slide object track intact electric biology home cart stereo unfair stock artwork prize puppy razor grit",
  "banana indoor oblige basic erase spot now antique either rate potato tent dwarf force crucial smooth digital tomorrow word skin used danger swap regret intact apple sing achieve shiver finish scare phrase viable evoke eager nut",
  "capital deposit oblige basic erase spot now antique either recipe unable wet upper tiny degree neither laptop dynamic travel easy ceiling observe vanish prosper reduce mother stick element nurse minimum tree diet source chicken round whip",
  "cram credit oblige basic erase spot now antique either regular unfold route assault stick april junior expose spare humor media street jaguar family insect art gloom praise pizza cart pull razor olive wreck picture goat poem",
] as const;
const places = [249, 46, 7, 38];
const sheets = [one, two, three, four];
const short = fingerprint(signingKeyFromSeed(seed).publicKey).short;
const read = (...typed: readonly string[]): Promise<Uint8Array> => readPaperKeyOrShares(typed.join("\n\n").split("\n"));
const random = seededRandom("shares");
const swap = (words: string, at: number): string => {
  const list = words.split(" ");
  return list
    .with(at, list[at + 1] ?? "")
    .with(at + 1, list[at] ?? "")
    .join(" ");
};
const replaced = (words: string, at: number, by: string): string => words.split(" ").with(at, by).join(" ");

describe("the words of a share", () => {
  test("say its number, how many are needed, its place and its split", () => {
    for (const [index, words] of sheets.entries()) {
      const share = wordsToShare(words);
      expect(share).toMatchObject({ number: index + 1, needed: 3, place: places[index] });
      expect(shareToWords(share).join(" ")).toBe(words);
      expect(share.set).toEqual(wordsToShare(one).set);
    }
  });

  test("lie on a polynomial over the field that the protocol names, whose value at 0 is the seed", () => {
    const points = [one, three, four].map(wordsToShare);
    const value = seed.map((_, byte) => valueAtZero(points, byte));
    expect(value).toEqual(seed);
  });

  test("are read as people type them from a numbered sheet", () => {
    const typed = two
      .split(" ")
      .map((word, index) => `${index + 1}. ${word.toUpperCase()}${index % 4 === 3 ? "\r\n" : ","}`);
    expect(wordsToShare(typed.join(" "))).toEqual(wordsToShare(two));
  });
});

describe("shares of one split", () => {
  test.each([[[one, two, three]], [[four, two, one]], [[three, four, two]], [[one, two, three, four]]])(
    "make the key, whichever they are: %#",
    async (typed) => {
      expect(await read(...typed)).toEqual(seed);
    },
  );

  test("fewer than needed make nothing, and say how many more it takes", async () => {
    expect(await errorOf(() => read(one))).toMatchObject({ code: "INPUT_INVALID", details: { missing: 2 } });
    const error = await errorOf(() => read(one, four));
    expect(error).toMatchObject({ code: "INPUT_INVALID", details: { missing: 1, needed: 3 } });
    expect(error?.message).toContain(short);
  });

  test("one that is there twice is not two", async () => {
    expect(await errorOf(() => read(one, two, one))).toMatchObject({ code: "INPUT_INVALID", details: { share: 1 } });
  });

  test("one that was altered with its check makes no key of another organisation", async () => {
    const share = wordsToShare(three);
    const altered = { ...share, value: share.value.with(5, (share.value[5] ?? 0) ^ 1) };
    const error = await errorOf(() => read(one, two, shareToWords(altered).join(" ")));
    expect(error).toMatchObject({ code: "INPUT_INVALID", message: expect.stringContaining(short) as string });
    const elsewhere = { ...share, place: 99 };
    expect(await refusalOf(() => combineShares([one, two].map(wordsToShare).concat(elsewhere)))).toBe("INPUT_INVALID");
  });

  test("are not mixed with another split, another threshold or another organisation", async () => {
    const [again] = await splitSeed(seed, { shares: 3, needed: 3 }, random);
    const [fewer] = await splitSeed(seed, { shares: 3, needed: 2 }, () => new Uint8Array(2).fill(0xa5));
    const [other] = await splitSeed(random(32), { shares: 3, needed: 3 }, random);
    const told = async (share: KeyShare | undefined): Promise<string | undefined> =>
      (await errorOf(() => combineShares(share ? [wordsToShare(one), share] : [])))?.message;
    expect(await told(again)).toContain("another split");
    expect(await told(fewer)).toContain("another split");
    expect(await told(other)).toContain("another organisation");
  });
});

test.each([
  [1, 1],
  [3, 1],
  [2, 3],
  [17, 2],
  [3, 2.5],
])("a key is not split into %d of which %d are needed", async (shares, needed) => {
  expect(await refusalOf(() => splitSeed(seed, { shares, needed }, random))).toBe("INPUT_INVALID");
});

describe("a misread share is told", () => {
  test("an unknown word, with its place and its sheet", async () => {
    const error = await errorOf(() => read(one, replaced(two, 16, "digitl"), three));
    expect(error).toMatchObject({ code: "INPUT_INVALID", details: { sheet: 2, position: 17 } });
    expect(error?.message).toBe("sheet 2: word 17 is not in the list");
  });

  test("another word of the list, with its place", async () => {
    for (const position of [1, 12, 33, 36]) {
      const error = await errorOf(() => wordsToShare(replaced(one, position - 1, "zoo")));
      expect(error).toMatchObject({ code: "INPUT_INVALID", details: { position } });
    }
  });

  test("two neighbours that changed places", async () => {
    const error = await errorOf(() => wordsToShare(swap(one, 20)));
    expect(error).toMatchObject({ code: "INPUT_INVALID", details: { position: 21 } });
    expect(error?.message).toContain("words 21 and 22");
  });

  test("a word too few, and more than one wrong", async () => {
    expect((await errorOf(() => wordsToShare(one.slice(7))))?.message).toContain("35");
    expect((await errorOf(() => read(one, two.slice(7), three)))?.message).toContain("sheet 2: a share has 36 words");
    expect((await errorOf(() => wordsToShare(replaced(swap(one, 3), 30, "zoo"))))?.message).toContain("more than one");
  });

  test("and no refusal repeats a word of it", async () => {
    for (const typed of [replaced(one, 3, "basci"), replaced(one, 3, "zoo"), one.slice(7), swap(one, 3)]) {
      const printed = inspect(await errorOf(() => read(typed, two)), { depth: 9 });
      for (const word of ["basci", "oblige", "zoo", "canvas"]) expect(printed).not.toContain(word);
    }
  });
});

describe("the layout of a share", () => {
  const head = (byte: number, place: number): Uint8Array => Uint8Array.of(byte, place, ...new Uint8Array(43).fill(3));

  test("is as the protocol writes it", () => {
    const share = wordsToShare(written(head(0x42, 7)));
    expect(share).toMatchObject({ number: 5, needed: 3, place: 7 });
    expect(share.value).toEqual(new Uint8Array(32).fill(3));
  });

  test("of a later version, or that no split makes, is refused", async () => {
    for (const body of [head(0x40, 7), head(0x42, 0)]) {
      expect(await refusalOf(() => wordsToShare(written(body)))).toBe("INPUT_INVALID");
    }
  });
});

describe("a text with the key", () => {
  test("is the 24 words, or sheets with their headings, one after the other or in one go", async () => {
    const words = seedToWords(seed).join(" ");
    expect(await read(`# a paper key\n${words}`)).toEqual(seed);
    const sheet = (typed: string): string =>
      `# Share of acme, any three make the key\n\n${typed.replaceAll(/((\S+ ){4})/g, "$1\n")}`;
    expect(await read(sheet(one), sheet(two), sheet(four))).toEqual(seed);
    expect(await readPaperKeyOrShares([one, two, three])).toEqual(seed);
    expect(await readPaperKeyOrShares(`${one} ${two} ${three}`.split(" "))).toEqual(seed);
  });

  test("is nothing else", async () => {
    for (const typed of ["", "# only a heading", "abandon ".repeat(23), "abandon ".repeat(24), `${one} zoo`]) {
      expect(await refusalOf(() => read(typed))).toBe("INPUT_INVALID");
    }
  });
});

/** 45 bytes and their check in words, by another arithmetic than the program's. */
function written(body: Uint8Array): string {
  const check = BigInt(`0x${toHex(sha256(utf8("tocsin/1 share check"), body))}`) >> 220n;
  let bits = (BigInt(`0x${toHex(body)}`) << 36n) | check;
  const words: string[] = [];
  for (; words.length < 36; bits >>= 11n) words.unshift(wordlist[Number(bits & 2_047n)] ?? "");
  return words.join(" ");
}

/** Lagrange at 0 in GF(2^8), written for this test alone: multiplication by shifting, inversion by trying. */
function valueAtZero(points: readonly KeyShare[], byte: number): number {
  let sum = 0;
  for (const { place, value } of points) {
    let term = value[byte] ?? 0;
    for (const { place: other } of points) {
      if (other !== place) term = times(term, times(other, inverse(other ^ place)));
    }
    sum ^= term;
  }
  return sum;
}

function times(left: number, right: number): number {
  let product = 0;
  for (let bit = 0, shifted = left; bit < 8; bit++) {
    if ((right >> bit) & 1) product ^= shifted;
    shifted = (shifted << 1) ^ (shifted & 0x80 ? 0x11b : 0);
  }
  return product;
}

function inverse(of: number): number {
  return Array.from({ length: 256 }, (_, candidate) => candidate).find((it) => times(of, it) === 1) ?? 0;
}
