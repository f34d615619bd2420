// What a newcomer reads, with real daemons and commands only: the policy is set, shown before joining, and kept.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Home } from "../help/home.ts";
import { tempDir, type TempDir } from "../help/temp-dir.ts";

describe("a circle's history", () => {
  let folder: TempDir;
  let acme: Home;
  let borealis: Home;

  beforeAll(async () => {
    folder = await tempDir();
    acme = await Home.make(folder.path, "acme");
    borealis = await Home.make(folder.path, "borealis");
    await Promise.all([acme, borealis].map(async (home) => home.start()));
  });

  afterAll(async () => {
    await Promise.all([acme, borealis].map(async (home) => home[Symbol.asyncDispose]()));
    await folder[Symbol.asyncDispose]();
  });

  /** Founds a circle with this history, says two things, and lets borealis in. Answers what it reads in the end. */
  async function story(name: string, history: readonly string[], expected: number): Promise<readonly string[]> {
    await acme.ok(["circle", "create", name, ...history]);
    for (const text of ["first", "second"]) await acme.ok(["post", text, "-c", name]);
    const { ticket } = await acme.ok(["invite", "create", "-c", name, "--for", "borealis"]);
    await borealis.ok(["join", "-", "--no-input"], `${String(ticket)}\n`);
    await acme.ok(["post", "after", "-c", name]);
    const read = async (): Promise<readonly string[]> => {
      const { items } = (await borealis.ok(["feed", "-c", name])) as { items: readonly { text: string }[] };
      return items.map(({ text }) => text);
    };
    await expect.poll(async () => (await read()).length, { timeout: 30_000, interval: 200 }).toBe(expected);
    return read();
  }

  test("none: a newcomer reads what is said from now on", async () => {
    expect(await story("none-given", [], 1)).toEqual(["after"]);
    const { policy } = await acme.ok(["circle", "show", "none-given"]);
    expect(policy).toMatchObject({ history: "none" });
    expect((await acme.run(["circle", "show", "none-given"])).stdout).toContain("nothing from before they joined");
  });

  test("all: it reads everything, newest first like everybody else", async () => {
    expect(await story("all-given", ["--history", "all"], 3)).toEqual(["after", "second", "first"]);
    expect((await borealis.ok(["circle", "show", "all-given"]))["policy"]).toMatchObject({ history: "all" });
  });

  test("since: it reads what was posted since then", async () => {
    expect(await story("week-given", ["--history", "since:-7d"], 3)).toEqual(["after", "second", "first"]);
    const { policy } = (await borealis.ok(["circle", "show", "week-given"])) as { policy: { history: string } };
    const ageMs = Date.now() - Date.parse(policy.history);
    expect(Math.abs(ageMs - 7 * 86_400_000)).toBeLessThan(600_000);
    expect((await borealis.run(["circle", "show", "week-given"])).stdout).toContain("what was posted since");
  });

  test.each(["some", "since:", "since:2999-01-01", "since:yesterday", "SINCE:-7d"])(
    "%s is refused as a history",
    async (history) => {
      expect((await acme.run(["circle", "create", "never", "--history", history])).code).toBe(64);
    },
  );
});
