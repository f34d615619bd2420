// What is checked of a post before it is spooled: the daemon may be days away, so what it would refuse is refused now.

import { describe, expect, test } from "vitest";
import type { DraftParams } from "../../../src/api/methods.ts";
import { checkImport, checkPost, inForm } from "../../../src/api/spooled.ts";
import { limits } from "../../../src/base/limits.ts";
import { refusalOf } from "../../help/refusal.ts";

const draft: DraftParams = { kind: "sighting", text: "seen" };
const many = (count: number, chars: number): string[] =>
  Array.from({ length: count }, (_, index) => `filename:${String(index).padStart(chars, "x")}`);

describe("a post that is to be spooled", () => {
  test("is taken where the daemon would take its form", async () => {
    await checkPost({ draft });
    await checkPost({ draft: { ...draft, text: "€".repeat(limits.textCharsMax), re: "s-7K2M9Q" }, circle: "retail" });
    await checkPost({ draft: { ...draft, indicators: many(500, 100) }, key: "k".repeat(limits.keyCharsMax) });
  });

  test.each<readonly [string, Parameters<typeof checkPost>[0], string]>([
    ["answers what is no id", { draft: { ...draft, re: "nothing-like-an-id" } }, "INPUT_INVALID"],
    ["names a circle by more than an id", { draft, circle: "c".repeat(limits.idCharsMax + 1) }, "INPUT_INVALID"],
    ["has an empty key", { draft, key: "" }, "INPUT_INVALID"],
    ["has a key that is too long", { draft, key: "k".repeat(limits.keyCharsMax + 1) }, "INPUT_INVALID"],
    ["has an indicator that is none", { draft: { ...draft, indicators: ["ip:300.1.1.1"] } }, "INDICATOR_INVALID"],
    // Each field within its bound, and all of them together no record.
    ["fits no record", { draft: { ...draft, indicators: many(500, 200) } }, "LIMIT_EXCEEDED"],
  ])("that %s is refused", async (_, params, code) => {
    expect(await refusalOf(() => checkPost(params))).toBe(code);
  });
});

test("of an import each record is answered for, in order, and those in form are left", async () => {
  const records = [
    { line: 1, draft },
    { line: 2, key: "k", draft: { ...draft, techniques: ["T1"] } },
    { object: "indicator--1", key: "", draft },
    { line: 4, key: "last", draft },
  ];
  const results = await checkImport({ records });
  expect(results.map(({ state, error }) => [state, error?.code ?? null])).toEqual([
    ["spooled", null],
    ["rejected", "bad_input"],
    ["rejected", "bad_input"],
    ["spooled", null],
  ]);
  expect(results[1]).toMatchObject({ schema: "tocsin.result/1", line: 2, key: "k", id: null });
  expect(results[2]).toMatchObject({ object: "indicator--1" });
  expect(inForm(records, results)).toEqual([records[0], records[3]]);
  expect(await refusalOf(() => checkImport({ circle: "", records }))).toBe("INPUT_INVALID");
});
