// What a person in a hurry does to the real commands: nothing is guessed, nothing hangs, and every answer can be acted on.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Home } from "../help/home.ts";
import { type Ran, tocsin } from "../help/run-cli.ts";
import { tempDir, type TempDir } from "../help/temp-dir.ts";

describe("under pressure", () => {
  let folder: TempDir;
  let home: Home;

  beforeAll(async () => {
    folder = await tempDir();
    home = await Home.make(folder.path, "acme");
    await home.start();
    await home.ok(["circle", "create", "retail-eu"]);
  });

  afterAll(async () => {
    await home[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  const inCircle = async (circle: string, words: readonly string[]): Promise<Ran> =>
    tocsin(words, { home: home.folder, env: { TOCSIN_CIRCLE: circle, TOCSIN_TLP: "amber" } });

  test("a wait for more members than there are is refused before anything is posted", async () => {
    const before = await home.items();
    for (const wait of ["delivered:7", "acked:3"]) {
      const ran = await home.run(["post", "x", "--wait", wait]);
      expect({ wait, code: ran.code, stdout: ran.stdout }).toEqual({ wait, code: 65, stdout: "" });
      expect(ran.stderr).toContain("retail-eu has 0 other members");
    }
    expect((await home.run(["alert", "x", "--need", "50"])).code).toBe(65);
    expect(await home.items()).toBe(before);
  });

  test("a post that nobody else can read says so", async () => {
    const ran = await home.run(["post", "first"]);
    expect(ran.stdout).toMatch(/nobody else is in this circle yet/);
  });

  test("one's own item is marked as one's own, not as unverified", async () => {
    await home.ok(["post", "mine"]);
    expect((await home.run(["feed", "--limit", "1"])).stdout).toMatch(/retail-eu\/acme \(you\) {2}mine/);
  });

  test("the same acknowledgement twice is one; one with a note is another", async () => {
    const id = String((await home.ok(["alert", "patch the VPN"]))["id"]);
    const first = await home.ok(["ack", id]);
    expect(await home.ok(["ack", id])).toMatchObject({ id: first["id"], state: "duplicate" });
    const noted = await home.ok(["ack", id, "--note", "blocked"]);
    expect(noted["id"]).not.toBe(first["id"]);
  });

  test("a bad line in a long list does not keep the answer on the others back", async () => {
    await home.ok(["post", "spray", "--ioc", "ip:203.0.113.24"]);
    const some = await home.run(["check", "-"], "# from the SIEM\n203.0.113.24\nwhat is this\n");
    expect(some).toMatchObject({ code: 0, stderr: expect.stringContaining("what is this") as string });
    expect(some.stdout).toContain("203[.]0[.]113[.]24");
    expect(some.stdout).not.toContain("SIEM");
    const none = await home.run(["check", "198.51.100.1", "what is this", "--json"]);
    expect(none.code).toBe(65);
    expect(none.json()).toMatchObject({ hits: [], misses: [{ value: "198.51.100.1" }] });
    expect(none.json()["rejected"]).toMatchObject([{ value: "what is this" }]);
    expect((await home.run(["check", "198.51.100.1"])).code).toBe(1);
  });

  test("tail ends at its --timeout and tells where to go on", async () => {
    const ran = await home.run(["tail", "--since", "0", "--ndjson", "--timeout", "1s"]);
    expect(ran.code).toBe(75);
    const cursors = ran.stdout
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { cursor: string }).cursor);
    expect(cursors.length).toBeGreaterThan(0);
    expect(ran.error()).toMatchObject({ code: "timeout", cursor: cursors.at(-1) });
  });

  test("tail refuses a cursor that is none, and one of another home", async () => {
    const wrong = await home.run(["tail", "--since", "abc"]);
    expect(wrong).toMatchObject({ code: 65, stdout: "" });
    expect(wrong.stderr).toContain("no cursor");
    const ran = await home.run(["tail", "--since", "999999"]);
    expect(ran).toMatchObject({ code: 65, stdout: "" });
    expect(ran.stderr).toContain("999999");
  });

  test("a very long text takes one short line of the feed", async () => {
    await home.ok(["post", "-"], "a".repeat(16_000));
    const [line = ""] = (await home.run(["feed", "--limit", "1"])).stdout.split("\n");
    expect(line.length).toBeLessThan(300);
    expect(line).toMatch(/a…$/);
  });

  test("what is too long or too many is told with its bound", async () => {
    const long = await home.run(["post", "-"], "a".repeat(16_001));
    expect(long.stderr).toContain("text: at most 16000 characters");
    const iocs = Array.from({ length: 501 }, (_, index) => ["--ioc", `10.0.${index >> 8}.${index & 255}`]).flat();
    expect((await home.run(["post", "x", ...iocs])).stderr).toContain("indicators: at most 500 entries");
    expect((await home.run(["invite", "create", "--for", "x", "--expires", "60d"])).stderr).not.toContain("<=");
  });

  test("a circle has a name that can be typed", async () => {
    expect((await home.run(["circle", "create", "bad\nname"])).code).toBe(65);
    expect((await home.run(["circle", "create", "bad‮name"])).code).toBe(65);
  });

  test("what stops to matter before now, or was seen after it, is refused", async () => {
    expect((await home.run(["post", "x", "--expires", "2020-01-01T00:00:00Z"])).code).toBe(64);
    expect((await home.run(["post", "x", "--seen", "2999-01-01T00:00:00Z"])).code).toBe(64);
    expect((await home.run(["alert", "x", "--ack-by", "2020-01-01T00:00:00Z"])).code).toBe(64);
  });

  test("a wrong flag names the help of its own command", async () => {
    expect((await home.run(["feed", "--limit", "0"])).stderr).toContain("try: run tocsin help feed");
  });

  test("between two circles nothing is guessed; TOCSIN_CIRCLE decides for new posts and never for answers", async () => {
    await home.ok(["circle", "create", "fin-ny"]);
    const before = await home.items();
    for (const words of [
      ["post", "x"],
      ["alert", "x"],
      ["invite", "create", "--for", "globex"],
    ]) {
      const ran = await home.run(words);
      expect({ words, code: ran.code, stdout: ran.stdout }).toEqual({ words, code: 65, stdout: "" });
      expect(ran.stderr).toMatch(/-c retail-eu, or -c fin-ny/);
    }
    expect(await home.items()).toBe(before);
    const posted = await inCircle("fin-ny", ["post", "there", "--json"]);
    expect(posted.json()).toMatchObject({ circle: "fin-ny" });
    const answer = await inCircle("retail-eu", ["reply", String(posted.json()["id"]), "yes", "--json"]);
    expect(answer.json()).toMatchObject({ circle: "fin-ny" });
    expect((await home.run(["check", "203.0.113.24"])).code).toBe(0);
  });
});
