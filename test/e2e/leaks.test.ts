// More than 200 words that nobody else says, in every field that can hold text and at every marking, through the real program and real
// daemons; then every byte that the four homes wrote, sent, printed, logged, told programs and told people is looked through for them.

import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { TLP_LEVELS, type Tlp } from "../../src/record/marking.ts";
import { Canaries, type Sink } from "../help/canaries.ts";
import { gather, Home } from "../help/home.ts";
import { type Ran, spawnCli } from "../help/run-cli.ts";
import { tempDir } from "../help/temp-dir.ts";

const patient = { timeout: 60_000, interval: 100 };
type Doc = Record<string, unknown>;

/** What may be seen where. `prints`: what a command was asked for by name; `lists`: what goes to a program without asking for RED. */
const MEMBERS = ["acme prints", "borealis prints"];
const LISTS = ["acme lists", "borealis lists"];
const OWN = ["acme prints"];
const NOWHERE: readonly string[] = [];

test("200 canaries in every field that holds text, at every marking, are seen where they may be and nowhere else", async () => {
  await using folder = await tempDir();
  const make = async (org: string): Promise<Home> => Home.make(folder.path, org, { tapped: true });
  await using acme = await make("acme");
  await using borealis = await make("borealis");
  await using cygnus = await make("cygnus");
  await using delta = await make("delta");
  const homes = [acme, borealis, cygnus, delta];
  const canaries = new Canaries();
  const plant = (what: string, may: readonly string[]): string => canaries.plant(what, may);
  const strays: string[] = [];
  const look = (home: Home, sink: string, name: string, bytes: Uint8Array | string): void => {
    const one: Sink = { home: home.org, sink, name, bytes: typeof bytes === "string" ? Buffer.from(bytes) : bytes };
    strays.push(...canaries.leaksIn(one));
  };
  /** Runs a command and looks through what it prints; what it says on standard error is nobody's business. */
  const runs = async (
    home: Home,
    sink: string,
    words: readonly string[],
    more: { input?: string } = {},
  ): Promise<Ran> => {
    const ran = await home.run(words, more.input);
    look(home, sink, words.slice(0, 2).join(" "), ran.stdout);
    look(home, "notes", words.slice(0, 2).join(" "), ran.stderr);
    return ran;
  };
  const ok = async (home: Home, ...words: readonly string[]): Promise<Doc> => {
    const ran = await runs(home, "prints", [...words, "--json"]);
    expect([words[0], words[1], ran.code, ran.code === 0 ? "" : ran.stderr]).toEqual([words[0], words[1], 0, ""]);
    return ran.json();
  };
  const said = async (home: Home, ...words: readonly string[]): Promise<string> =>
    String((await ok(home, ...words))["id"]);

  // A hook and notices that tell titles, at the reader.
  const [script, told] = [join(folder.path, "hook.mjs"), join(folder.path, "told.jsonl")];
  await writeFile(told, "");
  await writeFile(
    script,
    'import { appendFileSync, readFileSync } from "node:fs"; appendFileSync(process.argv[2], readFileSync(0));',
  );
  const settings = join(borealis.folder, "node.json");
  const hooks = ["alert", "match"].map((on) => ({ on, run: [process.execPath, script, told] }));
  const before = JSON.parse(await readFile(settings, "utf8")) as object;
  await writeFile(settings, JSON.stringify({ ...before, hooks, notify: { words: true, rules: [{ tell: "now" }] } }));
  await Promise.all(homes.map(async (home) => home.start()));

  // Two circles: the inner one that cygnus must not know of, and of which delta was put out early.
  const inner = plant("name of the circle", [
    ...[...MEMBERS, ...LISTS, "delta prints", "delta lists"],
    ...["acme notes", "borealis notes", "delta notes"],
    ...["acme trail", "borealis trail", "borealis notices", "borealis hooks"],
  ]);
  await gather(inner, acme, borealis, delta);
  await gather("outer", acme, cygnus, delta);
  const verify = async (home: Home, other: Home): Promise<void> => {
    const { fingerprint } = await other.ok(["org", "show", "--passphrase-file", other.passphraseFile]);
    await home.ok(["verify", other.org, "--fingerprint", String(fingerprint)]);
  };
  await verify(acme, borealis);
  await verify(borealis, acme);
  const early = plant("text from before delta was put out", [...MEMBERS, ...LISTS, "delta prints", "delta lists"]);
  await said(acme, "post", early, "-c", inner, "--tlp", "amber", "--wait", "delivered", "--timeout", "30s");
  await ok(acme, "circle", "remove", inner, "delta");
  await expect.poll(async () => (await borealis.ok(["circle", "show", inner]))["members"], patient).toHaveLength(2);

  const notify = spawnCli(["notify", "--ndjson"], { home: borealis.folder });
  const closed = once(notify, "close");
  let notices = "";
  notify.stdout.setEncoding("utf8").on("data", (chunk: string) => (notices += chunk));
  await once(notify.stderr, "data");

  // What is said, at every marking.
  const ids: string[] = [];
  const withdrawn: string[] = [];
  const alerts = new Map<Tlp, string>();
  const everything = async (tlp: Tlp): Promise<void> => {
    const isRed = tlp === "red";
    const readers = isRed ? MEMBERS : [...MEMBERS, ...LISTS];
    const field = (kind: string, name: string, more: readonly string[] = []): string =>
      plant(`${name} of a ${kind}, TLP:${tlp}`, [...readers, ...more]);
    const marked = ["-c", inner, "--tlp", tlp, ...(isRed ? ["--to", "borealis"] : [])];
    const back = ["--tlp", tlp, ...(isRed ? ["--to", "acme"] : [])];
    // An item that names something is evidence, and one that calls goes to a program; neither of RED.
    const hooked = isRed ? [] : ["borealis hooks"];
    const titled = tlp === "green" || tlp === "clear" ? ["borealis notices"] : [];
    // A file is made of one's own words, RED excepted, and of those of others that may be passed on.
    const proof = [...(isRed ? [] : ["acme evidence"]), ...(titled.length > 0 ? ["borealis evidence"] : [])];
    const tells = (kind: string, also: readonly string[] = []): readonly string[] => {
      const more = [...proof, ...also];
      return [
        ...["--title", field(kind, "title", [...titled, ...more]), "--caveat", field(kind, "caveat", more)],
        ...["--ioc", `domain:${field(kind, "indicator", more)}.example`, field(kind, "text", more)],
      ];
    };
    const sighting = await said(acme, "post", ...marked, ...tells("sighting"));
    // One board is exported below.
    const board = tlp === "green" ? ["acme board"] : [];
    const alert = await said(acme, "alert", ...marked, ...tells("alert", [...hooked, ...board]));
    alerts.set(tlp, alert);
    const ask = await said(acme, "ask", ...marked, ...tells("ask"));
    const note = await said(acme, "note", ...marked, ...tells("note"));
    const incident = await said(
      acme,
      "incident",
      "open",
      field("incident", "title", [...titled, ...proof]),
      "--body-file",
      await file(field("incident", "text", proof)),
      ...marked,
    );
    const product = [
      "--product",
      field("vuln", "product", proof),
      "--versions",
      field("vuln", "versions", proof),
      "--fixed",
      field("vuln", "fixed", proof),
    ];
    const vuln = await said(acme, "vuln", ...marked, ...product, ...tells("vuln"));
    ids.push(sighting, alert, ask, note, incident, vuln);
    await said(acme, "incident", "update", incident, field("update", "text"));
    await said(acme, "amend", sighting, field("amendment", "text", proof), "--why", field("amendment", "why", proof));
    // What is withdrawn is seen nowhere any more, but on the way and by whoever read it in time.
    const gone = await said(
      acme,
      "note",
      ...marked,
      "--title",
      plant(`title of what was withdrawn, TLP:${tlp}`, titled),
      plant(`text of what was withdrawn, TLP:${tlp}`, NOWHERE),
    );
    await expect.poll(async () => (await borealis.run(["show", gone])).code, patient).toBe(0);
    await said(acme, "retract", gone, field("retraction", "why"));
    withdrawn.push(gone);
    await expect.poll(async () => (await borealis.run(["show", vuln])).code, patient).toBe(0);
    await said(borealis, "reply", ask, field("reply", "text"), "--caveat", field("reply", "caveat"), ...back);
    await said(borealis, "answer", ask, "yes", field("answer", "text"), "--scope", field("answer", "scope"), ...back);
    await said(borealis, "ack", alert, "--note", field("ack", "note", [...proof, ...board]));
    await said(borealis, "saw", sighting, field("sighting about one", "text"), ...back);
  };
  const file = async (text: string): Promise<string> => {
    const path = join(folder.path, `text-${canaries.count}`);
    await writeFile(path, text);
    return path;
  };
  for (const tlp of TLP_LEVELS) await everything(tlp);
  const word = await said(
    acme,
    "msg",
    "borealis",
    plant("text of a message", [...MEMBERS, ...LISTS]),
    "--tlp",
    "amber",
  );
  ids.push(word);

  // What is carried on is seen where it was carried to.
  const everywhere = [...MEMBERS, ...LISTS, "cygnus prints", "cygnus lists", "delta prints", "delta lists"];
  const carried = await said(
    acme,
    "post",
    plant("text of what is carried on", everywhere),
    "--tlp",
    "green",
    "-c",
    inner,
  );
  await said(acme, "relay", carried, "--to", "outer", "--wait", "delivered", "--timeout", "30s");

  // What stewards and people here say about others, for the members of the circle.
  const circleWord = (what: string): string => plant(what, [...MEMBERS, "acme notes", "borealis notes"]);
  await ok(acme, "circle", "policy", inner, `purpose=${circleWord("purpose of the circle")}`);
  await ok(acme, "hold", "set", carried, "--reason", circleWord("reason of a hold"));
  await ok(acme, "invite", "create", "-c", inner, "--for", circleWord("label of an invitation"));

  // What stays in this org.
  const own = (what: string, more: readonly string[] = []): string => plant(what, [...OWN, ...more]);
  const [seat, token] = [own("name of a seat"), own("name of a token")];
  const secret = join(folder.path, "token");
  await ok(acme, "seat", "add", seat, "--machine", "--right", "read", "--right", "post");
  await ok(acme, "token", "add", token, "--seat", seat, "--out", secret);
  await ok(acme, "post", "keyed", "-c", inner, "--tlp", "green", "--key", plant("key of a script", NOWHERE));
  // A finding that was sent all the same: the words go, the reason stays.
  const mailed = plant("text with a finding", [...MEMBERS, ...LISTS]);
  const why = own("reason to keep a finding", ["acme trail", "acme evidence"]);
  await ok(
    acme,
    "post",
    `${mailed} jane.doe@mail.example`,
    "-c",
    inner,
    "--tlp",
    "amber",
    "--scrub",
    "keep",
    "--reason",
    why,
  );
  const held = async (text: string): Promise<string> =>
    String(
      (await acme.run(["post", text, "-c", inner, "--tlp", "amber", "--token-file", secret, "--json"])).json()["id"],
    );
  const rejected = await held(plant("text that was rejected", NOWHERE));
  await acme.ok(["outbox", "reject", rejected, "--reason", plant("reason of a rejection", NOWHERE)]);
  await held(plant("text that is held", OWN));
  // What is refused is kept nowhere, and its refusal does not repeat it.
  const refusals: readonly (readonly [string, ...string[]])[] = [
    ["post", "--tlp", "red", "-c", inner],
    ["post", "--tlp", "red", "--to", "nobody", "-c", inner],
    ["post", "--tlp", "amber", "-c", inner, "--title", "jane.doe@mail.example"],
    ["post", "--tlp", "amber+strict", "-c", "outer"],
    ["alert", "--tlp", "green", "-c", "nowhere"],
    ["reply", "s-ZZZZZZZZ"],
    ["amend", withdrawn[0] ?? ""],
  ];
  for (const words of refusals)
    expect([
      words,
      (await runs(acme, "prints", [...words, plant(`text refused: ${words.join(" ")}`, NOWHERE), "--json"])).code,
    ]).not.toEqual([words, 0]);

  // What is said while nothing runs lies sealed.
  await acme.stop();
  const spooled = plant("text that was spooled", [...MEMBERS, ...LISTS]);
  await ok(acme, "post", spooled, "-c", inner, "--tlp", "amber");
  const atRest = async (home: Home): Promise<void> => {
    for (const entry of await readdir(home.folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      // LevelDB may have replaced it meanwhile: what it held is in another one, which is read as well.
      look(home, "files", path.slice(home.folder.length + 1), await readFile(path).catch(() => ""));
    }
  };
  await atRest(acme);
  await acme.start();
  const items = async (home: Home): Promise<number> =>
    (await home.status()).circles.find(({ name }) => name === inner)?.items ?? 0;
  const most = await items(acme);
  await expect.poll(async () => items(borealis), patient).toBeGreaterThanOrEqual(most);

  await ok(acme, "exercise", "start", circleWord("name of an exercise"), "-c", inner);
  const running = async (): Promise<unknown> => (await borealis.ok(["exercise", "show", "-c", inner]))["running"];
  await expect.poll(running, patient).not.toBeNull();

  // Everything that can be asked, of everybody.
  await ok(acme, "circle", "freeze", inner, "borealis", "--reason", circleWord("reason of a freeze"));
  // Whoever is no member knows no id; a few are enough to be told so.
  const idsFor = (home: Home): readonly string[] =>
    home === acme || home === borealis ? [...ids, ...withdrawn] : [...ids.slice(0, 6), withdrawn[0] ?? ""];
  const asks = async (home: Home): Promise<void> => {
    await ok(home, "status");
    for (const words of [
      ["peer", "list"],
      ["circle", "list"],
      ["org", "show", "--passphrase-file", home.passphraseFile],
    ])
      await ok(home, ...words);
    for (const words of [
      ["feed", "--limit", "1000"],
      ["search", "zqleak"],
      ["search", "domain:example"],
    ])
      await runs(home, "lists", [...words, "--json"]);
    for (const words of [
      ["feed", "--limit", "1000"],
      ["search", "tlp:amber"],
    ])
      await runs(home, "lists", words);
    await runs(home, "lists", ["tail", "--since", "0", "--ndjson", "--timeout", "3s"]);
    for (const words of [
      ["acks"],
      ["outbox", "list"],
      ["audit", "list", "--all"],
      ["hold", "list"],
      ["seat", "list"],
      ["token", "list"],
      ["invite", "list"],
      ["doctor"],
      // Whoever has nothing to do with the circle does not know its name.
      ...(home === cygnus
        ? []
        : [
            ["exercise", "show", "-c", inner],
            ["circle", "show", inner],
            ["circle", "log", inner],
            ["circle", "policy", inner],
          ]),
    ])
      for (const form of [[], ["--json"]]) await runs(home, "prints", [...words, ...form]);
    for (const id of [...idsFor(home), carried]) await runs(home, "prints", ["show", id, "--json"]);
    await runs(home, "prints", ["show", ids[0] ?? ""]);
    await runs(home, "prints", ["feed", "--limit", "1000", "--max-tlp", "red", "--json"]);
    for (const words of [
      ["audit", "export", join(folder.path, `${home.org}.trail`)],
      ["bundle", "write", join(folder.path, `${home.org}.bundle`)],
    ])
      await home.run(words);
    look(home, "trail", "export", await readFile(join(folder.path, `${home.org}.trail`)));
    look(home, "files", "bundle", await readFile(join(folder.path, `${home.org}.bundle`)));
    for (const [at, id] of idsFor(home).entries()) {
      const path = join(folder.path, `${home.org}-${at}.evidence`);
      if ((await home.run(["audit", "bundle", id, path])).code === 0) look(home, "evidence", id, await readFile(path));
    }
    look(home, "log", "daemon.log", await readFile(join(home.folder, "daemon.log")));
    look(home, "log", "daemon logs", (await home.run(["daemon", "logs", "--level", "debug"])).stdout);
  };
  await Promise.all(homes.map(asks));
  const board = join(folder.path, "board");
  await acme.ok(["acks", alerts.get("green") ?? "", "--export", board]);
  look(acme, "board", "acks --export", await readFile(board));
  notify.kill("SIGINT");
  await closed;
  look(borealis, "notices", "notify", notices);
  look(borealis, "hooks", "hook", await readFile(told));
  for (const home of homes) {
    await home.stop();
    await atRest(home);
    look(home, "wire", "tap", home.tap?.captured() ?? new Uint8Array());
  }
  expect(canaries.count).toBeGreaterThanOrEqual(200);
  expect([...new Set(strays)].sort()).toEqual([]);
  for (const place of [...MEMBERS, ...LISTS, "cygnus lists", "delta lists", "borealis hooks"])
    expect(canaries.unseenIn(place)).toEqual([]);
  // Of what comes fast no title is told.
  expect(notices).toContain(`"title":"zqleak`);
}, 240_000);
