// Every kind through the real program and real daemons: an ask with its answers, an incident from its opening to its close, an alert
// with a deadline and orgs that must acknowledge, an amendment, a retraction.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { gather, Home } from "../help/home.ts";
import { tempDir, type TempDir } from "../help/temp-dir.ts";

const patient = { timeout: 20_000, interval: 100 };

type Doc = Record<string, unknown>;

describe("the kinds", () => {
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

  /** Posts, waits until all hold it, and answers the id. */
  const says = async (home: Home, ...words: readonly string[]): Promise<string> => {
    const result = await home.ok([...words, "--wait", "delivered", "--timeout", "30s"]);
    return String(result["id"]);
  };
  const shown = async (home: Home, id: string): Promise<Doc> => home.ok(["show", id]);

  test("an ask is answered by each org once, and anybody may reply to it", async () => {
    const ask = await says(acme, "ask", "Anyone else see AS64500 scanning?", "--ioc", "AS64500", "--close", "4h");
    const first = await says(globex, "answer", ask, "unsure", "looking");
    const looked = ["--searched-since", "-30d", "--scope", "proxy logs"];
    await says(globex, "answer", ask, "no", "nothing", "--state", "not-seen", ...looked);
    await says(hooli, "answer", ask, "yes", "--state", "contained");
    await says(acme, "reply", ask, "thank you");

    for (const home of [acme, globex, hooli]) {
      const document = await shown(home, ask);
      expect(document).toMatchObject({
        kind: "ask",
        ask: {
          tally: { yes: 1, no: 1, unsure: 0 },
          answers: [
            { org: "globex", answer: "no", state: "not-seen", text: "nothing", searched: { scope: "proxy logs" } },
            { org: "hooli", answer: "yes", state: "contained", searched: null, late: false },
          ],
          waiting: [],
        },
      });
      const thread = document["thread"] as Doc[];
      expect(thread.map(({ kind }) => kind)).toEqual(["answer", "answer", "answer", "reply"]);
    }
    expect(first).toMatch(/^w-/);
    const text = (await acme.run(["show", ask])).stdout;
    expect(text).toContain("yes 1, no 1, unsure 0");
    expect(text).toContain("searched in proxy logs");
    // What contradicts itself, or answers no ask, is refused.
    expect((await hooli.run(["answer", ask, "yes", "--state", "not-seen"])).code).toBe(65);
    expect((await hooli.run(["answer", first, "yes"])).code).toBe(65);
    expect((await hooli.run(["answer", ask, "perhaps"])).stderr).toContain("yes, no, unsure");
  });

  test("an incident collects updates, decisions and linked items, and is closed", async () => {
    const sighting = await says(globex, "post", "consent phish", "--ioc", "docushare-sync.example");
    const incident = await says(acme, "incident", "open", "OAuth consent phish", "--severity", "severe");
    await says(hooli, "incident", "update", incident, "two users consented");
    await says(acme, "incident", "update", incident, "revoke tenant-wide", "--decision", "--status", "contained");
    await says(globex, "incident", "link", incident, sighting);
    await says(acme, "incident", "close", incident, "no new consents for a day");

    for (const home of [acme, globex, hooli]) {
      expect(await home.ok(["incident", "show", incident])).toMatchObject({
        kind: "incident",
        title: "OAuth consent phish",
        incident: {
          severity: "severe",
          status: "closed",
          updates: [
            { org: "hooli", text: "two users consented", status: null, decision: false },
            { org: "acme", status: "contained", decision: true },
            { org: "globex", links: [sighting] },
            { org: "acme", status: "closed" },
          ],
          links: [sighting],
        },
      });
    }
    const text = (await hooli.run(["incident", "show", incident])).stdout;
    expect(text).toContain("status CLOSED, severity severe, 4 updates");
    expect(text).toContain("DECISION CONTAINED");
    expect((await hooli.run(["incident", "update", sighting, "no incident"])).code).toBe(65);
  });

  test("an alert names the orgs that must acknowledge it until when, and tells who has not", async () => {
    const asked = ["--ack-by", "30m", "--who", "globex", "--who", "hooli", "--title", "VPN zero-day"];
    const alert = await says(acme, "alert", "Patch tonight", ...asked, "--status", "test");
    const only = await says(acme, "alert", "Only for you", "--who", "hooli");
    await says(globex, "ack", alert, "--note", "patched");
    // Who is not asked may still say so.
    await says(globex, "ack", only);

    const { alert: board } = (await shown(acme, alert)) as { alert: Doc };
    expect(board).toMatchObject({
      ...{ status: "test", need: 2, who: expect.arrayContaining(["globex", "hooli"]) as string[] },
      acks: [{ org: "globex", note: "patched" }],
    });
    expect(Date.parse(String(board["ackBy"])) - Date.now()).toBeGreaterThan(20 * 60_000);
    const text = (await hooli.run(["show", alert])).stdout;
    expect(text).toContain("1 of 2");
    expect(text).toContain("not yet: hooli");
    expect((await acme.run(["show", only])).stdout).toContain("0 of 1");
    const open = async (home: Home): Promise<unknown> =>
      ((await home.ok(["status"]))["circles"] as Doc[]).map(({ needAck }) => needAck);
    expect([await open(globex), await open(hooli)]).toEqual([[0], [2]]);
    for (const id of [alert, only]) await says(hooli, "ack", id);
    expect(await open(hooli)).toEqual([0]);
    expect((await shown(acme, alert))["alert"]).toMatchObject({ acks: [{ org: "globex" }, { org: "hooli" }] });
    expect((await acme.run(["alert", "x", "--who", "acme"])).code).toBe(65);
    expect((await acme.run(["alert", "x", "--who", "hooli", "--need", "1"])).code).toBe(65);
  });

  test("an item is amended by its org alone, and shows what changed", async () => {
    const sighting = await says(acme, "post", "spray from 203.0.113.24", "--ioc", "203.0.113.24", "--confidence", "50");
    const other = await globex.run(["amend", sighting, "it was us"]);
    expect(other).toMatchObject({ code: 77, stdout: "" });
    expect(other.stderr).toContain("another org");

    const first = await says(acme, "amend", sighting, "--ioc", "203.0.113.25", "--why", "a typing error");
    const second = await says(acme, "amend", sighting, "spray from a rented server", "--confidence", "high");
    for (const home of [acme, globex, hooli]) {
      expect(await shown(home, sighting)).toMatchObject({
        ...{ state: "amended", text: "spray from a rented server", confidence: 85 },
        indicators: [{ type: "ip", value: "203.0.113.25" }],
        correction: { id: second, org: "acme" },
      });
    }
    expect((await shown(hooli, first))["amend"]).toEqual({
      why: "a typing error",
      counts: true,
      changes: [{ field: "indicators", before: "ip:203.0.113.24", after: "ip:203.0.113.25" }],
    });
    const { changes } = ((await shown(hooli, second)) as { amend: { changes: { field: string }[] } }).amend;
    expect(changes.map(({ field }) => field).sort()).toEqual(["confidence", "text"]);
    expect((await hooli.run(["show", second])).stdout).toContain('confidence: "50" -> "85"');
    await says(acme, "amend", sighting, "--no-ioc");
    expect(await shown(hooli, sighting)).toMatchObject({ indicators: [], text: "spray from a rented server" });
    // An amendment says something that its kind can say.
    expect((await acme.run(["amend", sighting, "--product", "PrintHub"])).code).toBe(65);
    expect((await acme.run(["amend", sighting])).code).toBe(65);
    expect((await acme.run(["amend", first, "x"])).stderr).toContain("name the item itself");
  });

  test("an item is withdrawn by its org alone, once, and its words are gone from what is shown", async () => {
    const sighting = await says(globex, "post", "rundll32 beacon", "--title", "Beacon", "--ioc", "198.51.100.7");
    expect((await acme.run(["retract", sighting])).code).toBe(77);
    const retraction = await says(globex, "retract", sighting, "was our red team");
    expect(await globex.ok(["retract", sighting, "was our red team"])).toMatchObject({ state: "duplicate" });
    for (const home of [acme, globex, hooli]) {
      expect(await shown(home, sighting)).toMatchObject({
        ...{ state: "retracted", title: null, text: null, indicators: [] },
        correction: { id: retraction, org: "globex", why: "was our red team" },
      });
    }
    const listed = (await hooli.run(["feed", "--limit", "2"])).stdout;
    expect(listed).toContain(`withdraws ${sighting.slice(0, 8)}: was our red team`);
    expect(listed).not.toContain("beacon");
    expect((await globex.run(["amend", sighting, "x"])).code).toBe(65);
  });

  test("what has expired is told as such, is hit by no check, and stays in the history", async () => {
    const soon = await says(acme, "post", "block until monday", "--ioc", "ip:198.51.100.77", "--expires", "3s");
    expect(await shown(globex, soon)).toMatchObject({ state: "current" });
    await expect.poll(async () => (await shown(globex, soon))["state"], patient).toBe("expired");
    expect(await shown(globex, soon)).toMatchObject({ text: "block until monday" });
    const { hits } = (await globex.ok(["check", "ip:198.51.100.77"])) as {
      hits: { corroboration: { state: string }[] }[];
    };
    expect(hits[0]?.corroboration).toMatchObject([{ state: "expired", score: 0 }]);
    expect((await globex.run(["show", soon])).stdout).toContain("expired");
  });

  test("notes, notices of vulnerabilities and messages are posted, found by kind, and read", async () => {
    const notice = ["--product", "PrintHub", "--versions", "8.0 to 8.3", "--fixed", "8.4", "--exploited", "known"];
    const vuln = await says(hooli, "vuln", "Quiet vendor advisory", ...notice, "--ioc", "CVE-2026-12345");
    const note = await says(acme, "note", "Our scanner has a rule", "--about", vuln, "--technique", "TA0001");
    const msg = await says(acme, "msg", "globex,hooli", "call at five");
    expect(await shown(globex, vuln)).toMatchObject({
      vuln: { product: "PrintHub", exploited: "known", versions: "8.0 to 8.3", fixed: "8.4", severity: "unknown" },
      thread: [{ id: note, kind: "note", techniques: ["TA0001"] }],
    });
    for (const [kind, id] of [
      ["vuln", vuln],
      ["note", note],
      ["msg", msg],
    ] as const) {
      const ids = async (): Promise<readonly unknown[]> => {
        const { items } = (await globex.ok(["feed", "--kind", kind])) as { items: Doc[] };
        return items.map((item) => item["id"]);
      };
      // What was said before it came into the circle is opened for it a moment after it has it.
      await expect.poll(ids, patient).toEqual([id]);
    }
    const listed = (await globex.run(["feed", "--limit", "3"])).stdout;
    expect(listed).toContain("PrintHub EXPLOITED: Quiet vendor advisory");
    expect(listed).toContain("call at five");
  });

  test("a first message makes the circle that only its readers are ever in, and later ones go there, from either side", async () => {
    const dry = await acme.run(["msg", "globex", "just you", "--dry-run"]);
    expect([dry.code, dry.stderr]).toEqual([65, expect.stringContaining("no circle of exactly you and globex yet")]);
    const posted = await acme.ok(["msg", "globex", "just you"]);
    expect(posted).toMatchObject({ audience: ["acme", "globex"], delivered: { of: 1 } });
    const first = String(posted["id"]);
    await expect.poll(async () => (await globex.run(["show", first])).stdout, patient).toContain("just you");
    const rows = (await shown(acme, first))["delivery"];
    expect(rows).toEqual([
      expect.objectContaining({ org: "globex", state: expect.stringMatching(/held|decrypted|read/) }),
    ]);
    const again = await globex.ok(["msg", "acme", "yes?"]);
    expect(again).toMatchObject({ circle: "acme + globex", audience: expect.arrayContaining(["acme", "globex"]) });
    const { circles } = (await acme.ok(["circle", "list"])) as {
      circles: { name: string; members: { org: string }[] }[];
    };
    const [direct, ...others] = circles.filter(({ name }) => name === "acme + globex");
    expect([direct?.members.map(({ org }) => org).toSorted(), others]).toEqual([["acme", "globex"], []]);
    await expect.poll(async () => (await acme.run(["show", String(again["id"])])).stdout, patient).toContain("yes?");
    expect((await hooli.run(["show", first])).code).toBe(65);
    const { circles: atHooli } = (await hooli.ok(["circle", "list"])) as { circles: { name: string }[] };
    expect(atHooli.map(({ name }) => name).toSorted()).toEqual(["acme + globex + hooli", "retail-eu"]);
    const ticket = await acme.ok(["invite", "create", "-c", "acme + globex", "--for", "hooli"]);
    const joined = await hooli.run(["join", String(ticket["ticket"]), "--yes"]);
    expect(joined.code).not.toBe(0);
  });

  test("whatever can be said is imported, a line each; what cannot be is rejected alone, and the same file again makes nothing twice", async () => {
    const ask = await says(globex, "ask", "what is imported answers this", "-c", "retail-eu");
    const lines = [
      { text: "a sighting by itself", ioc: "ip:198.51.100.91" },
      { kind: "alert", text: "an alert", severity: "severe", who: ["hooli"], ackBy: "2999-01-01T00:00:00Z" },
      { kind: "ask", text: "an ask", closes: "2999-01-01T00:00:00Z" },
      { kind: "answer", re: ask, answer: "no", state: "not-seen", searched: { scope: "mail" } },
      { kind: "reply", re: ask, text: "a reply" },
      { kind: "note", text: "a note", caveat: "between us" },
      { kind: "incident", title: "an incident", severity: "minor" },
      { kind: "vuln", product: "VPN 9", severity: "severe", exploited: "known", fixed: "9.1", ioc: "CVE-2026-12345" },
      { kind: "msg", text: "a message" },
      { kind: "sponsor", text: "nobody imports this" },
      { kind: "answer", re: ask, answer: "perhaps" },
    ].map((line) => JSON.stringify({ tlp: "green", ...line }));
    const imports = async (): Promise<string[]> => {
      const ran = await acme.run(
        ["import", "-", "-c", "retail-eu", "--format", "ndjson", "--ndjson"],
        lines.join("\n"),
      );
      expect(ran.code).toBe(65);
      return ran.stdout
        .trim()
        .split("\n")
        .map((line) => String((JSON.parse(line) as Doc)["state"]));
    };
    expect(await imports()).toEqual([...Array<string>(9).fill("queued"), "rejected", "rejected"]);
    expect(await imports()).toEqual([...Array<string>(9).fill("duplicate"), "rejected", "rejected"]);
    const texts = async (): Promise<unknown[]> =>
      ((await hooli.ok(["feed", "-c", "retail-eu", "--from", "acme", "--limit", "9"]))["items"] as Doc[])
        .map(({ kind }) => String(kind))
        .sort();
    const kinds = ["alert", "answer", "ask", "incident", "msg", "note", "reply", "sighting", "vuln"];
    await expect.poll(texts, patient).toEqual(kinds);
    expect(await shown(globex, ask)).toMatchObject({ ask: { tally: { no: 1 } } });
  });
});
