// Indicators under every input: one normal form, no crash, no time bomb.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TocsinError } from "../../src/base/errors.ts";
import { type Indicator, INDICATOR_TYPES } from "../../src/record/body.ts";
import { defang, parseIndicator } from "../../src/record/indicator.ts";

const hex = (length: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...Array.from("0123456789abcdefABCDEF")), minLength: length, maxLength: length });

/** Values that look like indicators, and their disguises. */
const written = fc
  .oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.tuple(fc.ipV4(), fc.nat(32)).map(([ip, bits]) => `${ip}/${bits}`),
    fc.tuple(fc.ipV6(), fc.nat(128)).map(([ip, bits]) => `${ip}/${bits}`),
    fc.domain(),
    fc.emailAddress(),
    fc.webUrl({ withFragments: true, withQueryParameters: true, validSchemes: ["http", "https", "ftp", "ssh"] }),
    hex(32),
    hex(40),
    hex(64),
    hex(128),
    fc.nat(99_999).map((number) => `cve-2024-${number}`),
    fc.nat().map((number) => `as${number}`),
    fc.string({ unit: "grapheme", maxLength: 40 }),
  )
  .chain((text) =>
    fc.constantFrom(
      text,
      text.replaceAll(".", "[.]"),
      text.replaceAll(".", "(dot)"),
      text.replace("http", "hxxp"),
      `[[.]]${text}`,
    ),
  );
const types = fc.option(fc.constantFrom<string | undefined>(...INDICATOR_TYPES, "hash", "host"), { nil: undefined });

function attempt(text: string, type?: string): Indicator | undefined {
  try {
    return parseIndicator(text, type);
  } catch (cause) {
    expect(cause).toBeInstanceOf(TocsinError);
    return undefined;
  }
}

describe("for every text and type", () => {
  it("the normal form is its own normal form, however it is handed on", () => {
    fc.assert(
      fc.property(written, types, (text, type) => {
        const indicator = attempt(text, type);
        if (!indicator) return;
        expect(parseIndicator(indicator.value, indicator.type)).toEqual(indicator);
        expect(parseIndicator(`${indicator.type}:${indicator.value}`)).toEqual(indicator);
        expect(parseIndicator(defang(indicator), indicator.type)).toEqual(indicator);
      }),
      { numRuns: 3_000 },
    );
  });

  it("case, defanging and white space around it do not change what a name or address is", () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain()), (text) => {
        const indicator = attempt(text);
        if (!indicator || indicator.type === "filename") return;
        expect(parseIndicator(`  ${text.toUpperCase().replaceAll(".", " [dot] ")} `)).toEqual(indicator);
      }),
    );
  });
});

describe("a hostile text", () => {
  const bombs = [
    "[",
    "[.",
    "(dot",
    "..",
    "a.",
    "-",
    "1.",
    ":",
    "0:",
    "@",
    "a@",
    "/",
    "hxxp",
    "http://",
    " ",
    "[ . ",
    "%41",
    "\\",
    "xn--",
  ];
  const shapes = bombs.flatMap((bomb) => [
    bomb.repeat(2_000),
    `${bomb.repeat(1_000)}!`,
    `${bomb.repeat(300)}.${"]".repeat(300)}`,
  ]);

  it("is read or refused in milliseconds, whatever type it claims", () => {
    const started = performance.now();
    for (const shape of shapes) {
      for (const type of [undefined, ...INDICATOR_TYPES]) attempt(shape.slice(0, 2_048), type);
    }
    // 57 shapes under 19 types: over a thousand readings.
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
