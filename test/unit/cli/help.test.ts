// The help of every command, held to files: a changed flag is seen in review.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { COMMANDS } from "../../../cli/command-table.ts";
import { helpText } from "../../../cli/help.ts";
import { VERSION } from "../../../src/api/version.ts";

test("the list of commands is as recorded", async () => {
  await expect(helpText(undefined)).toMatchFileSnapshot("golden/help.txt");
});

test.each(COMMANDS.map(({ path }) => path))("the help of %s is as recorded", async (path) => {
  await expect(helpText(path)).toMatchFileSnapshot(`golden/help-${path.replace(" ", "-")}.txt`);
});

test.each(["exit-codes", "json", "env", "files", "tlp"])("the topic %s is as recorded", async (topic) => {
  await expect(helpText(topic)).toMatchFileSnapshot(`golden/topic-${topic}.txt`);
});

test("the version is the one of the package", () => {
  const manifest = readFileSync(new URL("../../../package.json", import.meta.url), "utf8");
  expect(JSON.parse(manifest)).toMatchObject({ version: VERSION });
});
