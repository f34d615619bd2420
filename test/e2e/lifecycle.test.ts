// What becomes of what was said, through the real program and real daemons: withdrawn everywhere with word of who erased it, kept under a
// hold, and drills that nobody can take for real.

import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { gather, Home } from "../help/home.ts";
import { tempDir, type TempDir } from "../help/temp-dir.ts";

type Doc = Record<string, unknown>;
const PATIENCE = { timeout: 20_000, interval: 200 };

describe("what becomes of records", () => {
  let folder: TempDir;
  let acme: Home;
  let globex: Home;
  let hooli: Home;

  beforeAll(async () => {
    folder = await tempDir();
    acme = await Home.make(folder.path, "acme");
    globex = await Home.make(folder.path, "globex");
    hooli = await Home.make(folder.path, "hooli");
    for (const home of [acme, globex, hooli]) await home.start();
    await gather("retail-eu", acme, globex, hooli);
  });

  afterAll(async () => {
    for (const home of [acme, globex, hooli]) await home[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  const says = async (home: Home, ...words: readonly string[]): Promise<string> =>
    String((await home.ok([...words, "--wait", "delivered", "--timeout", "30s"]))["id"]);
  /** All that a person can get out of a home. */
  const everything = async (home: Home, ids: readonly string[]): Promise<string> => {
    const runs = [["feed", "--json"], ["feed"], ["search", "canary", "--json"], ["check", "203.0.113.77"]];
    const outs: string[] = [];
    for (const words of [
      ...runs,
      ...ids.flatMap((id) => [
        ["show", id],
        ["show", id, "--json"],
      ]),
    ])
      outs.push((await home.run(words)).stdout);
    return outs.join("\n");
  };

  test("R72, R73: a retraction erases everywhere, says who proved it, and leaves what counsel holds to counsel", async () => {
    const id = await says(acme, "post", "canary-one", "--ioc", "203.0.113.77");
    const amendment = await says(acme, "amend", id, "canary-two");
    expect(await everything(globex, [id])).toMatch(/canary-two/);
    await hooli.ok(["hold", "set", id, "--reason", "case 7"]);
    await vi.waitFor(async () => {
      expect((await acme.ok(["show", id]))["holds"]).toMatchObject([{ org: "hooli", reason: "case 7" }]);
    }, PATIENCE);
    await says(acme, "retract", id, "was our red team");
    for (const home of [acme, globex, hooli]) {
      expect(await everything(home, [id, amendment])).not.toMatch(/canary-one|canary-two/);
      expect(await home.ok(["show", id])).toMatchObject({
        ...{ state: "retracted", text: null, indicators: [], org: "acme" },
        correction: { org: "acme", why: "was our red team" },
      });
      expect((await home.run(["check", "203.0.113.77"])).code).toBe(1);
    }
    await vi.waitFor(async () => {
      const { copies } = await acme.ok(["show", id]);
      expect(copies).toEqual({ honoured: ["globex"], kept: [{ org: "hooli", why: "legal hold" }] });
    }, PATIENCE);
    expect((await acme.run(["show", id])).stdout).toMatch(/globex {2}erased[^]*hooli {2}may still have it: legal hold/);
    expect(await hooli.ok(["hold", "show", id])).toMatchObject({ text: "canary-one", org: "acme" });
    expect((await globex.run(["hold", "show", id])).code).not.toBe(0);
    await hooli.ok(["hold", "release", id]);
    expect((await hooli.run(["hold", "show", id])).code).not.toBe(0);
    await vi.waitFor(async () => {
      expect((await acme.ok(["show", id]))["copies"]).toEqual({ honoured: ["globex", "hooli"], kept: [] });
    }, PATIENCE);
  });

  test("a drill is a drill for everybody while it runs, what is real gets through, and neither counts as the other", async () => {
    expect((await globex.run(["exercise", "start", "spring drill"])).code).not.toBe(0);
    await acme.ok(["exercise", "start", "spring drill", "--for", "1h"]);
    await vi.waitFor(async () => {
      expect(await globex.ok(["exercise", "show"])).toMatchObject({ running: { name: "spring drill", by: "acme" } });
    }, PATIENCE);
    const drill = await says(globex, "alert", "everything burns", "--ioc", "198.51.100.7");
    const real = await says(globex, "alert", "this one is real", "--actual");
    expect(await hooli.ok(["show", drill])).toMatchObject({ exercise: true });
    expect(await hooli.ok(["show", real])).toMatchObject({ exercise: false });
    expect((await hooli.run(["show", drill])).stdout).toContain("EXERCISE");
    expect((await hooli.ok(["status"]))["circles"]).toMatchObject([
      { needAck: 1, exercise: { running: "spring drill", needAck: 1 } },
    ]);
    expect((await hooli.run(["check", "198.51.100.7"])).code).toBe(1);
    expect((await hooli.run(["check", "198.51.100.7", "--exercise"])).code).toBe(0);
    const ids = async (...words: readonly string[]): Promise<readonly unknown[]> =>
      ((await hooli.ok(["feed", "--kind", "alert", ...words]))["items"] as Doc[]).map(({ id }) => id);
    expect([await ids("--exercise"), await ids("--actual")]).toEqual([[drill], [real]]);
    const told = async (...words: readonly string[]): Promise<readonly unknown[]> =>
      ((await globex.ok(["audit", "list", ...words]))["rows"] as Doc[]).map(({ id }) => id);
    expect(await told("--exercise")).toEqual([drill]);
    expect(await told("--actual")).toContain(real);
    expect(await told("--actual")).not.toContain(drill);
    // An answer is what it answers.
    expect(await hooli.ok(["reply", real, "on it"])).toMatchObject({ exercise: false });
    await acme.ok(["exercise", "stop"]);
    await vi.waitFor(async () => {
      expect(await globex.ok(["exercise", "show"])).toMatchObject({ running: null });
    }, PATIENCE);
    expect(await globex.ok(["post", "back to work"])).toMatchObject({ exercise: false });
  });
});
