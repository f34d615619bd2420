// Whole circles of the real rooms, each from one seed: every promise holds in all of them, and a seed tells one story only.

import { expect, test } from "vitest";
import { simulate } from "./program.ts";
import { generateWrapKeys as real, unwrap as realUnwrap, wrap as realWrap } from "../../src/seal/hpke.ts";
import { generateWrapKeys, seedWraps, unwrap, wrap } from "./seeded-hpke.ts";
import { utf8 } from "../../src/base/bytes.ts";
import { seededRandom } from "../help/seeded-random.ts";

const SEEDS = 150;
const WORKERS = 2;

test(`${SEEDS} circles keep every promise of the protocol`, { timeout: 240_000 }, async () => {
  const share = SEEDS / WORKERS;
  const runs = await Promise.all(
    Array.from({ length: WORKERS }, async (_, worker) =>
      simulate("--from", String(1 + worker * share), "--seeds", String(share)),
    ),
  );
  for (const { output, exit } of runs) expect(exit, output.slice(-6_000)).toBe(0);
  // A run in which nothing happens keeps every promise: all that can happen did.
  const { output = "" } = runs[0] ?? {};
  const times = (name: string): number => Number(new RegExp(`(?:^|, )${name} (\\d+)`, "m").exec(output)?.[1] ?? 0);
  for (const name of [
    "posts",
    "power cuts",
    "restores",
    "void operations",
    "forged",
    "refused",
    "gap",
    "duplicate",
    "enrol",
    "succeed",
    "retire",
    "steal",
    "confirm",
    "given later",
  ])
    expect([name, times(name) > 0]).toEqual([name, true]);
});

test("a seed gives the same run again, to the byte", { timeout: 120_000 }, async () => {
  const args = ["--from", "1", "--seeds", "20", "--hashes"];
  const [once, again] = await Promise.all([simulate(...args), simulate(...args)]);
  const hashes = ({ output }: { readonly output: string }): readonly string[] => output.match(/^seed .*$/gm) ?? [];
  expect(hashes(once)).toHaveLength(20);
  expect(hashes(again)).toEqual(hashes(once));
});

test("the wraps of a run are those of the real HPKE: either opens what the other made", async () => {
  seedWraps(seededRandom("wraps"));
  const [secret, context] = [utf8("a secret of an epoch"), { info: utf8("info"), aad: utf8("aad") }];
  const [theirs, ours] = [await real(1), await generateWrapKeys(1)];
  const made = await wrap(1, theirs.publicKey, secret, context);
  const given = await realWrap(1, ours.publicKey, secret, context);
  if (!made || !given) throw new Error("two wraps");
  expect(await realUnwrap(1, theirs, made, context)).toEqual(secret);
  expect(await unwrap(1, ours, given, context)).toEqual(secret);
  expect(await unwrap(1, ours, given, { ...context, aad: utf8("other") })).toBeUndefined();
  expect(await wrap(1, new Uint8Array(32), secret, context)).toBeUndefined();
});
