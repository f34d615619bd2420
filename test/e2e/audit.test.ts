// What left the organisation, through the real program and real daemons: the trail, its export, and the evidence of one item, checked
// by somebody who is in no circle.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gather, Home } from "../help/home.ts";
import { type Ran, tocsin } from "../help/run-cli.ts";
import { tempDir, type TempDir } from "../help/temp-dir.ts";

type Doc = Record<string, unknown>;
const SOON = { timeout: 20_000, interval: 200 };

describe("the trail of disclosures", () => {
  let folder: TempDir;
  let acme: Home;
  let globex: Home;
  let hooli: Home;

  beforeAll(async () => {
    folder = await tempDir();
    [acme, globex, hooli] = [
      await Home.make(folder.path, "acme"),
      await Home.make(folder.path, "globex"),
      await Home.make(folder.path, "hooli"),
    ];
    for (const home of [acme, globex, hooli]) await home.start();
    await gather("retail-eu", acme, globex, hooli);
  });

  afterAll(async () => {
    for (const home of [acme, globex, hooli]) await home[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  const says = async (home: Home, ...words: readonly string[]): Promise<string> =>
    String((await home.ok([...words, "--wait", "decrypted", "--timeout", "30s"]))["id"]);
  /** Somebody without a circle, a daemon or a key. */
  const outsider = {
    run: async (words: readonly string[]): Promise<Ran> => tocsin(words, { home: join(folder.path, "nobody") }),
    ok: async (words: readonly string[]): Promise<Doc> => {
      const ran = await outsider.run([...words, "--json"]);
      expect({ words, code: ran.code, stderr: ran.stderr }).toEqual({ words, code: 0, stderr: "" });
      return ran.json();
    },
  };
  const at = (name: string): string => join(folder.path, name);

  test("tells each disclosure with its exact readers, survives a kill, and is whole", async () => {
    const id = await says(acme, "post", "beacon", "--ioc", "203.0.113.24", "--tlp", "amber");
    await acme.kill();
    await acme.start();
    await says(acme, "post", "another", "--tlp", "green");
    const { rows } = (await acme.ok(["audit", "list"])) as unknown as { rows: Doc[] };
    expect(rows.map(({ op, tlp, kind }) => [op, tlp, kind])).toEqual([
      ["disclosed", "amber", "sighting"],
      ["disclosed", "green", "sighting"],
    ]);
    expect(rows[0]).toMatchObject({ id, circle: { name: "retail-eu" }, seat: "acme-seat", exercise: false });
    const audience = rows[0]?.["audience"] as Doc[] | undefined;
    expect(new Set(audience?.map(({ org }) => org))).toEqual(new Set(["acme", "globex", "hooli"]));
    expect(JSON.stringify(rows)).not.toContain("beacon");
    expect((await acme.run(["audit", "list", id])).stdout).toContain("AMBER");
    expect(await acme.ok(["audit", "verify"])).toMatchObject({ sound: true, disclosures: 2, faults: [] });
    // What others said is no disclosure of ours.
    expect(await globex.ok(["audit", "verify"])).toMatchObject({ sound: true, disclosures: 0 });
  });

  test("exports itself as a file that somebody without the circle can check, and that shows any change", async () => {
    await acme.ok(["audit", "export", at("trail.ndjson")]);
    expect(await outsider.ok(["audit", "verify", at("trail.ndjson")])).toMatchObject({ sound: true, org: "acme" });
    const lines = (await readFile(at("trail.ndjson"), "utf8")).trimEnd().split("\n");
    const harmed: readonly (readonly [string, readonly string[]])[] = [
      ["cut", lines.slice(0, -1)],
      ["without its last row", lines.toSpliced(-2, 1)],
      ["without a row in the middle", lines.toSpliced(1, 1)],
      ["with rows in another order", [lines[1] ?? "", lines[0] ?? "", ...lines.slice(2)]],
      ["with another word", lines.map((line, n) => (n === 1 ? line.replace("616d626572", "677265656e") : line))],
    ];
    for (const [what, some] of harmed) {
      await writeFile(at(`${what}.ndjson`), `${some.join("\n")}\n`);
      const ran = await outsider.run(["audit", "verify", at(`${what}.ndjson`), "--json"]);
      expect({ what, code: ran.code }).toEqual({ what, code: 1 });
    }
  });

  test("gives evidence of an alert that a third party verifies without any circle key", async () => {
    const id = await says(acme, "alert", "patch now", "--severity", "severe", "--tlp", "amber", "--ack-by", "2h");
    await says(globex, "ack", id);
    await expect.poll(async () => ((await acme.ok(["show", id]))["alert"] as Doc)["acks"]).toHaveLength(1);
    await acme.ok(["audit", "bundle", id, at("alert.evidence")]);
    const proven = await outsider.ok(["verify-bundle", at("alert.evidence")]);
    expect(proven).toMatchObject({
      ...{ id, author: { org: "acme" }, exercise: false, compiled: { org: "acme" }, leftOut: 0 },
      ...{ body: { kind: "alert", text: "patch now", tlp: "amber" }, acks: [{ org: "globex", late: false }] },
      waiting: ["hooli"],
    });
    const readers = proven["audience"] as { org: string; state: string }[];
    expect(Object.fromEntries(readers.map(({ org, state }) => [org, state]))).toEqual({
      acme: "unproven",
      globex: expect.stringMatching(/decrypted|read/),
      hooli: expect.stringMatching(/decrypted|read/),
    });
    expect((await outsider.run(["verify-bundle", at("alert.evidence")])).stdout).toContain("not acknowledged by hooli");

    // Without what it says; and what others said stays in the circle.
    await acme.ok(["audit", "bundle", id, at("bare.evidence"), "--no-body"]);
    expect(await outsider.ok(["verify-bundle", at("bare.evidence")])).toMatchObject({
      body: null,
      id: expect.any(String),
    });
    expect((await readFile(at("bare.evidence"))).includes("patch now")).toBe(false);
    expect((await globex.run(["audit", "bundle", id, at("no.evidence")])).code).toBe(77);
    await globex.ok(["audit", "bundle", id, at("theirs.evidence"), "--no-body"]);

    const file = await readFile(at("alert.evidence"));
    file[Math.floor(file.length / 2)] = (file[Math.floor(file.length / 2)] ?? 0) ^ 1;
    await writeFile(at("harmed.evidence"), file);
    expect((await outsider.run(["verify-bundle", at("harmed.evidence")])).code).toBe(65);
    // Making evidence is told of in the trail as well.
    const { rows } = (await acme.ok(["audit", "list", "--all"])) as unknown as { rows: Doc[] };
    expect(rows.filter(({ op }) => op === "evidence").map(({ body }) => body)).toEqual([true, false]);
  });

  test("shows who has acknowledged and who has not, reminds them once in a while, and exports that signed", async () => {
    const words = ["--severity", "severe", "--tlp", "amber", "--ack-by", "2s"];
    const id = await says(acme, "alert", "patch the gateway", ...words);
    await says(globex, "ack", id);
    const board = async (home: Home): Promise<Doc> => (await home.ok(["acks", id]))["alerts"] as never;
    await expect
      .poll(async () => board(acme), SOON)
      .toMatchObject([
        {
          ...{ id, org: "acme", mine: true, need: 2, enough: false, overdue: true, acked: [{ org: "globex" }] },
          waiting: [{ org: "hooli", must: true, overdue: true, nudged: null }],
        },
      ]);
    expect((await acme.run(["acks", "--overdue"])).stdout).toContain("OVERDUE");
    expect(await acme.ok(["nudge", id])).toMatchObject({ alert: id, waiting: ["hooli"] });
    const again = await acme.run(["nudge", id, "--json"]);
    expect({ code: again.code, says: again.stderr }).toEqual({
      code: 75,
      says: expect.stringContaining("rate_limited"),
    });
    // The one that is meant hears of it, and its answer ends it.
    await expect
      .poll(async () => (await hooli.ok(["feed", "--kind", "nudge"]))["items"], SOON)
      .toMatchObject([{ re: id }]);
    await says(hooli, "ack", id, "--note", "late, sorry");
    await expect.poll(async () => board(acme), SOON).toMatchObject([{ enough: true, overdue: false, waiting: [] }]);
    expect((await acme.run(["nudge", id])).code).toBe(65);
    await acme.ok(["acks", id, "--export", at("board.evidence")]);
    // What hooli wrote beside it is its own, and is counted and left out.
    expect(await outsider.ok(["verify-bundle", at("board.evidence")])).toMatchObject({
      ...{ id, acks: [{ org: "globex" }], leftOut: 1 },
    });
  });

  test("tells how many saw the same, and lets false positives, withdrawals and drills take from it", async () => {
    const id = await says(acme, "post", "scanner", "--ioc", "198.51.100.7");
    const saw = await says(globex, "saw", id);
    await says(hooli, "saw", id, "--confidence", "0");
    await says(acme, "post", "a drill", "--ioc", "198.51.100.7", "--exercise").catch(() => undefined);
    const told = async (): Promise<unknown> =>
      ((await acme.ok(["check", "198.51.100.7"]))["hits"] as { corroboration: Doc[] }[])[0]?.corroboration;
    // 100 × 2 ÷ (2 + 1 + 1)
    await expect
      .poll(told, SOON)
      .toMatchObject([{ circle: "retail-eu", seen: 2, of: 3, denied: 1, count: 2, score: 50 }]);
    expect((await acme.run(["search", "ip:198.51.100.7"])).stdout).toContain(
      "2 of 3 members saw this, 1 call it false",
    );
    await says(globex, "retract", saw, "our own scanner");
    // 100 × 1 ÷ (1 + 1 + 1)
    await expect.poll(told, SOON).toMatchObject([{ seen: 1, denied: 1, score: 33 }]);
    expect((await acme.run(["check", "198.51.100.7"])).stdout).toContain("1 of 3 members saw this");
  });
});
