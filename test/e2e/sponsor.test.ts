// Sharing without attribution through the real program and real daemons: asked of a sponsor, decided by its people, said at a random
// moment, said anew and withdrawn by the one who cannot be told from it, and declined.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gather, Home } from "../help/home.ts";
import { tempDir, type TempDir } from "../help/temp-dir.ts";

type Doc = Record<string, unknown>;
const patient = { timeout: 30_000, interval: 100 };

describe("sharing without attribution", () => {
  let folder: TempDir;
  let acme: Home;
  let borealis: Home;
  let cygnus: Home;

  beforeAll(async () => {
    folder = await tempDir();
    acme = await Home.make(folder.path, "acme");
    borealis = await Home.make(folder.path, "borealis");
    cygnus = await Home.make(folder.path, "cygnus");
    const path = join(borealis.folder, "node.json");
    const settings = JSON.parse(await readFile(path, "utf8")) as Doc;
    await writeFile(path, JSON.stringify({ ...settings, sponsorDelay: "6s" }));
    for (const home of [acme, borealis, cygnus]) await home.start();
    await gather("ring", acme, borealis, cygnus);
  });

  afterAll(async () => {
    for (const home of [acme, borealis, cygnus]) await home[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  const asks = async (...words: readonly string[]): Promise<Doc> => acme.ok([...words, "--via", "borealis"]);
  const waiting = async (): Promise<Doc[]> => (await borealis.ok(["outbox", "list"]))["release"] as Doc[];
  /** What the sponsor's people find before them, once it came. */
  const asked = async (): Promise<Doc> => {
    await expect.poll(async () => (await waiting()).length, patient).toBe(1);
    const [row] = await waiting();
    if (!row) throw new Error("nothing waits");
    return row;
  };
  const heard = async (home: Home, ...words: readonly string[]): Promise<Doc[]> =>
    (await home.ok(["feed", "-c", "ring", ...words]))["items"] as Doc[];
  const agrees = async (): Promise<Doc> => borealis.ok(["outbox", "release", String((await asked())["id"])]);

  test("says what one org typed as the word of another, at a random moment, also after the sponsor was killed in between", async () => {
    const rehearsed = await acme.run(["post", "“They” came  back…", "-c", "ring", "--via", "borealis", "--dry-run"]);
    expect(rehearsed.stdout).toMatch(
      /would post to ring[^]*reads {3}cygnus[^]*said by borealis, if they agree, on behalf of a member/,
    );
    const result = await asks(
      "post",
      "“They” came  back…",
      "-c",
      "ring",
      "--ioc",
      "ip:203.0.113.24",
      "--count",
      "4187",
    );
    expect(result).toMatchObject({ kind: "sponsor", asked: { sponsor: "borealis", circle: "ring" } });
    const row = await asked();
    expect(row).toMatchObject({
      why: "sponsor",
      seat: "for acme",
      circle: "ring",
      kind: "sighting",
      title: '"They" came back...',
      due: null,
    });
    expect((await borealis.run(["outbox", "list"])).stdout).toMatch(/for acme/);
    expect(await heard(cygnus)).toEqual([]);
    const released = await agrees();
    expect(released).toMatchObject({ state: "released", id: null });
    expect(Date.parse(String(released["due"]))).toBeGreaterThan(Date.now() - 1_000);
    await borealis.kill();
    await borealis.start();

    await expect.poll(async () => (await heard(cygnus)).length, patient).toBe(1);
    const [item] = await heard(cygnus);
    expect(item).toMatchObject({
      ...{
        org: "borealis",
        seat: "",
        sponsored: true,
        text: '"They" came back...',
        auto: false,
        seen: { count: 4_000 },
      },
      indicators: [{ type: "ip", value: "203.0.113.24" }],
    });
    const id = String(item?.["id"]);
    await expect.poll(async () => (await heard(acme)).length, patient).toBe(1);
    for (const home of [acme, borealis]) expect(await home.ok(["show", id])).toMatchObject({ sponsoredFor: "acme" });
    const third = await cygnus.ok(["show", id]);
    expect(third).not.toHaveProperty("sponsoredFor");
    const { delivery: _delivery, audience: _audience, ...told } = third;
    expect(JSON.stringify(told)).not.toMatch(/acme/);
    expect((await cygnus.run(["show", id])).stdout).toMatch(/from borealis, on behalf of a member,/);
    expect((await acme.run(["show", id])).stdout).toMatch(/the words of your org, which nobody but you two knows/);
    expect((await borealis.run(["show", id])).stdout).toMatch(/the words of acme/);
    expect((await cygnus.run(["feed", "-c", "ring"])).stdout).toMatch(/\[for a member\]/);
  });

  test("is said anew and withdrawn through the sponsor, and by nobody else", async () => {
    const [item] = await heard(cygnus);
    const id = String(item?.["id"]);
    for (const words of [
      ["amend", id, "other words"],
      ["widen", id, "--to", "clear"],
    ])
      expect([words, (await borealis.run([...words, "--json"])).error()["reason"]]).toEqual([words, "POST_REFUSED"]);
    expect((await acme.run(["amend", id, "mine", "--json"])).error()["reason"]).toBe("POST_REFUSED");
    await asks("amend", id, "They never left", "--why", "the second host");
    await agrees();
    const words = async (): Promise<unknown> => cygnus.ok(["show", id]);
    await expect.poll(words, patient).toMatchObject({ text: "They never left", state: "amended", sponsored: true });
    expect(await acme.ok(["show", id])).toMatchObject({ sponsoredFor: "acme" });
    await asks("retract", id, "it was a test host");
    await agrees();
    await expect.poll(words, patient).toMatchObject({ text: null, state: "retracted" });
  });

  test("is declined to its author alone", async () => {
    await asks("post", "not for us to say", "-c", "ring");
    const row = await asked();
    await borealis.ok(["outbox", "reject", String(row["id"]), "--reason", "we doubt it"]);
    const answers = async (): Promise<unknown[]> =>
      ((await acme.ok(["feed", "--kind", "reply"]))["items"] as Doc[]).map(({ text, org }) => [org, text]);
    await expect.poll(answers, patient).toEqual([["borealis", "declined"]]);
    expect(JSON.stringify(await acme.ok(["feed"]))).not.toMatch(/we doubt it/);
    expect(await heard(cygnus, "--kind", "reply")).toEqual([]);
  });

  test("names its author nowhere unless that one insists, and asks for what can be", async () => {
    const refused = async (...words: readonly string[]): Promise<unknown> =>
      (await acme.run([...words, "-c", "ring", "--json"])).error()["reason"];
    expect(await refused("post", "seen at ACME today", "--via", "borealis")).toBe("SCRUB_FINDINGS");
    expect(await refused("post", "x", "--via", "acme")).toBe("INPUT_INVALID");
    expect(await refused("post", "x", "--via", "nobody")).toBe("MEMBER_UNKNOWN");
    expect(await refused("alert", "x", "--via", "borealis", "--who", "cygnus")).toBe("INPUT_INVALID");
    expect(await waiting()).toEqual([]);
  });
});
