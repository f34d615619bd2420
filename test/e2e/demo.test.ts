// `npm start` without a terminal: the story is played once, told, and true.

import { readdir } from "node:fs/promises";
import { expect, test } from "vitest";
import { tocsin } from "../help/run-cli.ts";
import { tempDir } from "../help/temp-dir.ts";

test("the demonstration plays its story, prints its figures, and leaves nothing behind", async () => {
  await using folder = await tempDir();
  const env = { TMPDIR: folder.path };
  const ran = await tocsin(["demo"], { home: folder.at("home"), env });
  expect({ code: ran.code, stderr: ran.stderr }).toEqual({ code: 0, stderr: "" });
  expect(ran.stdout).toMatch(/delivered (\d+) of \1, missing 0/);
  expect(ran.stdout).toMatch(/latency p50 [\d.]+ ms, p95 [\d.]+ ms/);
  expect(ran.stdout).toMatch(/umbrella came back and caught up on 200 records in \d+ ms/);
  expect(ran.stdout).toMatch(/initech was removed: 0 of 10 later records readable to it/);
  expect(await readdir(folder.path)).toEqual([]);
});

test("its figures are a document for scripts", async () => {
  await using folder = await tempDir();
  const report = (await tocsin(["demo", "--json"], { home: folder.at("home") })).json();
  expect(report).toMatchObject({
    schema: "tocsin.demo/1",
    orgs: 5,
    missing: 0,
    removed: { readable: 0 },
    catchUp: { records: 200 },
  });
});
