// `tocsin import`: records in, one result each and in order; a bad record never costs the others.

import { writeFile } from "node:fs/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ImportLineDocument } from "../../src/api/documents.ts";
import { limits } from "../../src/base/limits.ts";
import { fakeDaemon, type FakeDaemon } from "../help/fake-daemon.ts";
import { madeStixBundle } from "../help/made-bundle.ts";
import { tocsin, type Ran } from "../help/run-cli.ts";
import { tempDir, type TempDir } from "../help/temp-dir.ts";

let folder: TempDir;
let daemon: FakeDaemon;
const run = (words: readonly string[], input = ""): Promise<Ran> =>
  tocsin(["import", ...words], { home: daemon.home, input });
const linesOf = ({ stdout }: Ran): ImportLineDocument[] =>
  stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as ImportLineDocument);
type Batch = {
  records: { line?: number; object?: string; key?: string; draft: Record<string, unknown> }[];
  dryRun?: boolean;
};
const batches = (): Batch[] => daemon.asked.map(({ params }) => params as Batch);

beforeAll(async () => {
  folder = await tempDir();
  daemon = await fakeDaemon(folder.at("home"));
});
afterAll(async () => {
  await daemon[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});
beforeEach(() => void (daemon.asked.length = 0));

describe("an import of NDJSON", () => {
  test("answers each record in order, whoever refused it, and exits 65 where any was rejected", async () => {
    const input = [
      '{"text":"one","ioc":["203.0.113.24"],"id":"EDR-1"}',
      "",
      "{broken",
      '{"text":"x","ioc":["bad"]}',
      '{"text":"two","id":7}',
    ];
    const ran = await run(
      ["-", "--format", "ndjson", "--key-field", "id", "--ndjson", "--tlp", "green"],
      input.join("\r\n"),
    );
    expect(ran.code).toBe(65);
    expect(linesOf(ran).map(({ line, key, state }) => [line, key, state])).toEqual([
      [1, "EDR-1", "queued"],
      [3, null, "rejected"],
      [4, null, "rejected"],
      [5, "7", "queued"],
    ]);
    expect(ran.stderr).toBe("tocsin: 2 posted, 0 posted before, 2 rejected\n");
    expect(batches()[0]?.records[0]).toMatchObject({
      key: "EDR-1",
      draft: { kind: "sighting", text: "one", tlp: "green" },
    });
  });

  test("goes in batches within the bounds of a line, and a record too large is rejected alone", async () => {
    const input = Array.from({ length: 200 }, (_, index) =>
      JSON.stringify({ text: `${index} ${"x".repeat(index === 7 ? 600_000 : 9_000)}` }),
    );
    const ran = await run(["-", "--format", "ndjson", "--ndjson"], input.join("\n"));
    expect(linesOf(ran).map(({ line }) => line)).toEqual(input.map((_, index) => index + 1));
    expect(
      linesOf(ran)
        .filter(({ state }) => state === "rejected")
        .map(({ line }) => line),
    ).toEqual([8]);
    for (const batch of batches()) {
      expect(batch.records.length).toBeLessThanOrEqual(limits.importBatchRecords);
      expect(JSON.stringify(batch).length).toBeLessThan(limits.apiLineBytesMax);
    }
  });

  test("of a line without end stays bounded and is rejected", async () => {
    const ran = await run(["-", "--format", "ndjson", "--ndjson"], `${"y".repeat(3_000_000)}\n{"text":"after"}\n`);
    expect(linesOf(ran).map(({ line, state }) => [line, state])).toEqual([
      [1, "rejected"],
      [2, "queued"],
    ]);
  });

  test("rehearsed sends nothing but the question", async () => {
    await writeFile(folder.at("in.ndjson"), '{"text":"one"}\n');
    const ran = await run([folder.at("in.ndjson"), "--dry-run"]);
    expect(ran).toMatchObject({
      code: 0,
      stdout: "",
      stderr: "tocsin: 1 would be posted, 0 posted before, 0 rejected\n",
    });
    expect(batches()[0]?.dryRun).toBe(true);
  });
});

describe("an import of STIX", () => {
  test("posts each indicator of a bundle once, known by the id of its object", async () => {
    await writeFile(folder.at("bundle.json"), madeStixBundle(300, 7));
    const ran = await run([folder.at("bundle.json"), "--json"]);
    expect(ran.code).toBe(0);
    const lines = linesOf(ran);
    expect(lines).toHaveLength(300);
    expect(new Set(lines.map(({ key }) => key)).size).toBe(300);
    expect(lines.every(({ object, key }) => object === key)).toBe(true);
  });

  test.each(["not json", "[]", '{"type":"report"}'])("of %s is refused with 65", async (text) => {
    await writeFile(folder.at("bad.json"), text);
    const ran = await run([folder.at("bad.json"), "--json"]);
    expect(ran).toMatchObject({ code: 65, stdout: "" });
    expect(ran.error()).toMatchObject({ code: "bad_input" });
    expect(daemon.asked).toEqual([]);
  });
});
