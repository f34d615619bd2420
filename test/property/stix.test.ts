// STIX under every input: an indicator survives its pattern, and no bundle is bad enough to fail or to lose an object.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TocsinError } from "../../src/base/errors.ts";
import { INDICATOR_TYPES } from "../../src/record/body.ts";
import { parseIndicator } from "../../src/record/indicator.ts";
import { TLP_LEVELS } from "../../src/record/marking.ts";
import { readStixBundle } from "../../src/stix/from-stix.ts";
import { indicatorsOfPattern, printPattern } from "../../src/stix/pattern.ts";

const value = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.domain(),
  fc.webUrl(),
  fc.emailAddress(),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 }),
  fc.string({ unit: fc.constantFrom("'", "\\", "a", "[", " ", "AND"), minLength: 1, maxLength: 12 }),
);
const words = [
  "[",
  "]",
  "(",
  ")",
  "file:name",
  "=",
  "IN",
  "'x'",
  "'",
  "AND",
  "OR",
  "NOT",
  "a:b.c[*]",
  "<",
  ",",
  "5",
  "START",
  "\\",
  "/*",
  "//",
];

describe("for every indicator", () => {
  it("its pattern reads back as exactly it", () => {
    fc.assert(
      fc.property(value, fc.constantFrom(...INDICATOR_TYPES), (text, type) => {
        let indicator;
        try {
          indicator = parseIndicator(text, type);
        } catch (cause) {
          expect(cause).toBeInstanceOf(TocsinError);
          return;
        }
        expect(indicatorsOfPattern(printPattern(indicator))).toEqual({
          indicators: [indicator],
          compound: false,
          unsupported: [],
        });
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("for every text", () => {
  it("reading it as a pattern ends, and names what it could not read", () => {
    const pattern = fc.oneof(
      fc.string(),
      fc.array(fc.constantFrom(...words), { maxLength: 30 }).map((parts) => parts.join(" ")),
    );
    fc.assert(
      fc.property(pattern, (text) => {
        const { indicators, unsupported, compound } = indicatorsOfPattern(text);
        expect(indicators.length > 0 || unsupported.length > 0 || compound || text.includes("_ref")).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it("hostile repetition costs milliseconds", () => {
    const started = performance.now();
    for (const word of [...words, "'\\", "\\'", "/**/", "a.", "[[", "a:b='c' AND "])
      indicatorsOfPattern(`[${word.repeat(64_000 / word.length)}`);
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

describe("for every bundle", () => {
  const id = fc.constantFrom("indicator--1", "indicator--2", "malware--1", "file--1", "observed-data--1", "x", "#1");
  const object = fc.record(
    {
      type: fc.oneof(
        fc.constantFrom(
          "indicator",
          "malware",
          "relationship",
          "sighting",
          "observed-data",
          "file",
          "marking-definition",
        ),
        fc.jsonValue(),
      ),
      id: fc.oneof(id, fc.jsonValue()),
      pattern: fc.oneof(fc.constant("[file:name = 'a']"), fc.jsonValue()),
      relationship_type: fc.constantFrom("indicates", "uses", "based-on"),
      source_ref: id,
      target_ref: id,
      sighting_of_ref: id,
      object_refs: fc.oneof(fc.array(id), fc.jsonValue()),
      objects: fc.jsonValue(),
      name: fc.jsonValue(),
      hashes: fc.jsonValue(),
      count: fc.jsonValue(),
      valid_until: fc.oneof(fc.constant("2024-12-31T23:59:60Z"), fc.constant("9999-99-99T99:99:99Z"), fc.jsonValue()),
      modified: fc.jsonValue(),
      revoked: fc.jsonValue(),
      labels: fc.jsonValue(),
      object_marking_refs: fc.jsonValue(),
      granular_markings: fc.jsonValue(),
      external_references: fc.jsonValue(),
      extensions: fc.jsonValue(),
      definition: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );

  it("every object is a draft or skipped with a reason, and no draft is marked below the default without a label", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(object, fc.jsonValue()), { maxLength: 12 }),
        fc.constantFrom(...TLP_LEVELS),
        (objects, defaultTlp) => {
          const { drafts, skipped } = readStixBundle(JSON.stringify({ type: "bundle", objects }), { defaultTlp });
          expect(drafts.length + skipped.length).toBe(objects.length);
          expect(new Set(drafts.map((row) => row.object)).size).toBe(drafts.length);
          for (const { draft } of drafts) {
            expect(draft.tlp).toBe(defaultTlp);
            for (const text of draft.indicators ?? []) parseIndicator(text);
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
