// MISP's warninglists: read strictly, matched by each of their types, and no slower for a hostile one. The real lists where they
// are at hand, and lists of the same shape made here.

import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { limits } from "../../../src/base/limits.ts";
import type { PostBody } from "../../../src/record/body.ts";
import { parseIndicator } from "../../../src/record/indicator.ts";
import { linearRegex } from "../../../src/scrub/linear-regex.ts";
import { readWarninglists } from "../../../src/scrub/read-lists.ts";
import { openScrub } from "../../../src/scrub/scrub.ts";
import { readWarninglist, type Warninglist } from "../../../src/scrub/warninglist.ts";
import { sightingOf } from "../../help/bodies.ts";
import { refusalOf } from "../../help/refusal.ts";
import { sharedData } from "../../help/shared-data.ts";
import { tempDir } from "../../help/temp-dir.ts";

const made = (
  type: string,
  list: readonly string[],
  attributes = ["hostname", "domain", "url", "domain|ip"],
): object => ({
  name: `made ${type}`,
  description: "of the same shape",
  version: 20_260_101,
  type,
  matching_attributes: attributes,
  list,
});

/** The lists that an indicator stands on, by the rules with these lists. */
async function listsOf(lists: readonly Warninglist[], indicators: readonly string[]): Promise<readonly string[]> {
  const scrub = await openScrub({ domains: [], networks: [], names: [], seats: [], lists });
  const body: PostBody = sightingOf(
    "x",
    indicators.map((text) => parseIndicator(text)),
  );
  return scrub
    .find(body)
    .filter(({ detector }) => detector.includes("list: "))
    .map(({ field, detector }) => `${indicators[Number(field.slice("indicators.".length))]}: ${detector}`);
}

describe("a list of type", () => {
  it.each([
    ["string", ["Seen.zz"], ["domain:seen.zz", "url:http://seen.zz/x"], ["domain:a.seen.zz"]],
    ["hostname", ["seen.zz"], ["domain:a.b.seen.zz", "url:https://seen.zz:8443/x"], ["domain:unseen.zz"]],
    ["substring", ["cdn-"], ["domain:eu.cdn-7.zz"], ["domain:cdn.zz"]],
    ["regex", ["/^(ads|cdn)\\d+\\.seen\\.zz$/i"], ["domain:cdn12.seen.zz"], ["domain:cdnx.seen.zz"]],
    ["cidr", ["193.0.14.0/24", "2a00::/12"], ["ip:193.0.14.129", "ip:2a02::1"], ["ip:193.0.15.1"]],
  ] as const)("%s matches what it lists and nothing else", async (type, list, on, off) => {
    const read = readWarninglist(JSON.stringify(made(type, list)));
    expect(await listsOf([read], on)).toEqual(on.map((text) => `${text}: list: made ${type}`));
    expect(await listsOf([read], off)).toEqual([]);
  });
});

it("a list speaks of what its attributes name only", async () => {
  const hashes = readWarninglist(JSON.stringify(made("string", ["seen.zz"], ["md5", "filename|sha256"])));
  expect(await listsOf([hashes], ["domain:seen.zz"])).toEqual([]);
  const domains = readWarninglist(JSON.stringify(made("string", ["seen.zz"])));
  expect(await listsOf([hashes, domains], ["domain:seen.zz"])).toHaveLength(1);
});

it.each([
  ["no JSON", "{"],
  ["another field", JSON.stringify({ ...made("string", ["a"]), more: 1 })],
  ["another type", JSON.stringify(made("glob", ["a"]))],
  ["an entry that is no text", JSON.stringify({ ...made("string", []), list: [7] })],
  ["an entry that is too long", JSON.stringify(made("string", ["a".repeat(limits.indicatorCharsMax + 1)]))],
  ["no version", JSON.stringify({ ...made("string", ["a"]), version: "x" })],
])("a file with %s is no list", async (_, text) => {
  expect(await refusalOf(() => readWarninglist(text))).toBe("INPUT_INVALID");
});

it.each([
  ["cidr", ["10.0.0.0/33"]],
  ["regex", ["/(a)\\1/"]],
  ["regex", ["/a/x"]],
  ["regex", ["a{1001}{1001}"]],
  ["regex", [`/${"a".repeat(limits.warninglistRegexCharsMax + 1)}/`]],
])("a %s list with %j is refused when it is opened", async (type, list) => {
  const read = readWarninglist(JSON.stringify(made(type, list)));
  expect(await refusalOf(() => listsOf([read], ["domain:a.test"]))).toBe("INPUT_INVALID");
});

it("more entries than fit are refused", async () => {
  const parts = Array.from({ length: limits.warninglistScansMax + 1 }, (_, index) => `part${index}`);
  const read = readWarninglist(JSON.stringify(made("substring", parts)));
  expect(await refusalOf(() => listsOf([read], ["domain:a.test"]))).toBe("LIMIT_EXCEEDED");
});

it.each(["^(a+)+$", "(a|aa)+$", "(.*a){20}$", "(a?){50}a{50}"])(
  "the expression %s of a stranger takes no longer than a small multiple of the text",
  (written) => {
    const matches = linearRegex(written);
    const took = (chars: number): number => {
      const text = `${"a".repeat(chars)}!`;
      let best = Infinity;
      for (let turn = 0; turn < 5; turn++) {
        const before = process.threadCpuUsage();
        matches(text);
        const { user, system } = process.threadCpuUsage(before);
        best = Math.min(best, (user + system) / 1_000);
      }
      return best;
    };
    took(2_048);
    // Four times the text: sixteen times as long would be the square.
    expect(took(16_384)).toBeLessThan(10 * Math.max(2, took(4_096)));
  },
);

it("a folder of lists is read as MISP has them, and a bad file is named", async () => {
  await using folder = await tempDir();
  const put = async (name: string, text: string): Promise<void> => {
    await mkdir(dirname(folder.at(name)), { recursive: true });
    await writeFile(folder.at(name), text);
  };
  await put("mine.json", JSON.stringify(made("hostname", ["a.test"])));
  await put("their/list.json", JSON.stringify(made("cidr", ["192.0.2.0/24"])));
  await put("README.md", "no list");
  expect((await readWarninglists(folder.path)).map(({ type }) => type)).toEqual(["hostname", "cidr"]);
  await put("bad/list.json", "[]");
  expect(await refusalOf(() => readWarninglists(folder.path))).toBe("CONFIG_INVALID");
  expect(await refusalOf(() => readWarninglists(folder.at("nowhere")))).toBe("CONFIG_INVALID");
});

it("the lists of MISP, or lists of the same shape where they are not at hand, are read whole and matched", async () => {
  const real = sharedData("warninglists");
  const lists = real === undefined ? sameShape() : await readWarninglists(real);
  expect(new Set(lists.map(({ type }) => type))).toEqual(new Set(["string", "substring", "hostname", "cidr", "regex"]));
  const told = await listsOf(lists, [
    "email:abuse@some.zz",
    "url:https://tinyurl.com/x",
    "ip:1.0.0.19",
    "domain:bad.zz",
  ]);
  expect(told.map((one) => one.replace(/: (?:email, )?list: .*/, ""))).toEqual([
    "email:abuse@some.zz",
    "url:https://tinyurl.com/x",
    "ip:1.0.0.19",
  ]);
});

function sameShape(): readonly Warninglist[] {
  return [
    made("regex", ["/^(security|noc|soc|abuse)\\@.*\\..*$/i"], ["email-src", "email-dst", "target-email"]),
    made("hostname", ["tinyurl.com"], ["domain", "hostname", "domain|ip", "url", "uri"]),
    made("cidr", ["1.0.0.1", "1.0.0.19", "FE80::/10"], ["ip-src", "ip-dst", "domain|ip", "ip-src|port"]),
    made("substring", ["analyze.intezer.com"]),
    made("string", ["3::"], ["sha224", "filename|sha224", "ssdeep"]),
  ].map((list) => readWarninglist(JSON.stringify(list)));
}
