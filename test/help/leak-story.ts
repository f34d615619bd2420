// What happens on the stage of canaries: circles are founded and governed, everything is said that can be said, corrected, held,
// refused and spooled, a member goes, and in the end every home is asked for all that it has.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { stricter, TLP_LEVELS, type Tlp } from "../../src/record/marking.ts";
import { freePort } from "./home.ts";
import { type LeakStage, type Org, ORGS, type Place } from "./leak-stage.ts";

const INNER: readonly Org[] = ["acme", "borealis", "delta"];
const WIDE: readonly Org[] = ["acme", "cygnus"];
const AFTER: readonly Org[] = ["acme", "borealis"];

/** What the story needs to know later: circles by what they are called, and ids. */
type Told = {
  readonly inner: string;
  readonly wide: string;
  /** The id of each circle, which its outsiders may have heard. */
  readonly innerId: string;
  /** Items that were said after the removal, by marking and kind. */
  readonly items: ReadonlyMap<Tlp, Readonly<Record<string, string>>>;
};

export async function playStory(stage: LeakStage): Promise<void> {
  await openHomes(stage);
  const circles = await foundCircles(stage);
  await sayAtEachMarking(stage, circles.inner, { readers: INNER, when: "before the removal", isAll: false });
  await stage.run("acme", ["circle", "remove", circles.inner, "delta"]);
  await changeRules(stage, circles.inner);
  const hears = follows(stage);
  await stage.until("people are told", hears.ready);
  const items = await sayAtEachMarking(stage, circles.inner, {
    readers: AFTER,
    when: "after the removal",
    isAll: true,
  });
  const told: Told = { ...circles, items };
  await Promise.all([answer(stage, told), decide(stage, told), govern(stage, told)]);
  await correct(stage, told);
  await mistake(stage, told);
  await spool(stage, told);
  await carryOn(stage, told);
  await stage.until("everybody was told", hears.done);
  await stage.endFollowing();
  await stage.keepFile("what a hook is told", "borealis", hooked(stage));
  await stage.keepFile("what a hook up to GREEN is told", "borealis", hookedGreen(stage));
  await Promise.all(ORGS.map(async (org) => readEverything(stage, org)));
  await prove(stage, told);
  await askAsStranger(stage, told);
  for (const org of ORGS) await stage.keepHome(org, "while it runs");
  stage.keepWires();
  await Promise.all(ORGS.map(async (org) => stage.home(org).stop()));
  for (const org of ORGS) await stage.keepHome(org, "after it stopped");
}

const hooked = (stage: LeakStage): string => stage.at("hook-alerts");
const hookedGreen = (stage: LeakStage): string => stage.at("hook-notes");

async function openHomes(stage: LeakStage): Promise<void> {
  for (const org of ORGS) stage.secret(`the passphrase of ${org}`, `correct horse battery ${org}`);
  const setting = (what: string, by: Org): string => stage.word(what, { sort: "setting", by, readers: [by] });
  await stage.set("acme", {
    metrics: `127.0.0.1:${await freePort()}`,
    scrub: { names: [setting("an own name", "acme")], domains: [`${setting("an own domain", "acme")}.net`] },
  });
  const alerts = await stage.recorder(hooked(stage), setting("an argument of a hook", "borealis"));
  const notes = await stage.recorder(hookedGreen(stage));
  await stage.set("borealis", {
    notify: { words: true, rules: [{ circles: [setting("a circle of a rule", "borealis")], tell: "never" }] },
    hooks: [
      { on: "alert", run: alerts },
      { on: "match", query: "kind:note", run: notes, maxTlp: "green" },
    ],
  });
  const starts = async (org: Org): Promise<unknown> =>
    stage.run(org, ["daemon", "start", "--passphrase-file", stage.home(org).passphraseFile]);
  await Promise.all(ORGS.map(starts));
}

async function foundCircles(stage: LeakStage): Promise<Pick<Told, "inner" | "wide" | "innerId">> {
  const names = new Map<readonly Org[], string>();
  let innerId = "";
  for (const [called, readers] of [
    ["the inner circle", INNER],
    ["the wide circle", WIDE],
  ] as const) {
    const name = stage.word(`the name of ${called}`, { sort: "governing", readers });
    const purpose = stage.word(`the purpose of ${called}`, { sort: "governing", readers });
    const rules = ["--unverified", "read", "--max-tlp", "red", "--purpose", purpose];
    const { id } = await stage.ok("acme", ["circle", "create", name, ...rules]);
    if (readers === INNER) innerId = String(id);
    names.set(readers, name);
    for (const org of readers.filter((one) => one !== "acme")) {
      const { ticket } = await stage.ok("acme", ["invite", "create", "-c", name, "--for", org]);
      stage.secret(`the ticket of ${org} for ${called}`, String(ticket), ["acme"]);
      await stage.run(org, ["join", "-", "--no-input"], { input: `${String(ticket)}\n` });
    }
  }
  return { inner: names.get(INNER) ?? "", wide: names.get(WIDE) ?? "", innerId };
}

/** What a circle is for from now on, which whoever was removed does not hear. */
async function changeRules(stage: LeakStage, circle: string): Promise<void> {
  const purpose = stage.word("the purpose after the removal", { sort: "governing", readers: AFTER });
  await stage.run("acme", ["circle", "policy", circle, `purpose=${purpose}`]);
  const heard = async (): Promise<string> => (await stage.run("borealis", ["circle", "policy", circle])).stdout;
  await stage.until("the rules are known", async () => (await heard()).includes(purpose));
  await stage.run("borealis", ["circle", "accept", circle]);
}

/** Tells people and a terminal at borealis what comes; `done` once everything that is told has come. */
function follows(stage: LeakStage): { readonly ready: () => Promise<boolean>; readonly done: () => Promise<boolean> } {
  const documents = stage.follow("borealis", ["notify", "--ndjson"], "a notice");
  const lines = stage.follow("borealis", ["notify"], "a notice");
  stage.follow("borealis", ["tail"], "a list that was followed");
  const isThere = async (file: string, what: string): Promise<boolean> => {
    const word = stage.canaries.find((canary) => canary.what === what)?.text;
    return word !== undefined && (await readFile(file, "utf8")).includes(word);
  };
  return {
    ready: async () => documents.talk().includes("tells what comes") && lines.talk().includes("tells what comes"),
    done: async () =>
      documents.out().includes('"title":"') &&
      (await isThere(hooked(stage), "title of an alert at amber+strict after the removal")) &&
      (await isThere(hookedGreen(stage), "title of a note at green after the removal")),
  };
}

/** Every kind that stands by itself, or two of them, with a canary in each field, at each marking. Answers the ids. */
async function sayAtEachMarking(
  stage: LeakStage,
  circle: string,
  { readers, when, isAll }: { readonly readers: readonly Org[]; readonly when: string; readonly isAll: boolean },
): Promise<ReadonlyMap<Tlp, Readonly<Record<string, string>>>> {
  const items = new Map<Tlp, Readonly<Record<string, string>>>();
  for (const tlp of TLP_LEVELS) {
    const word = (what: string): string => stage.word(`${what} at ${tlp} ${when}`, { tlp, readers });
    const to = tlp === "red" ? readers.flatMap((org) => (org === "acme" ? [] : ["--to", org])) : [];
    const marks = (kind: string): string[] => [
      "-c",
      circle,
      "--tlp",
      tlp,
      ...to,
      "--caveat",
      word(`caveat of ${kind}`),
    ];
    const tells = (kind: string): string[] => [
      ...[word(`text of ${kind}`), "--title", word(`title of ${kind}`), ...marks(kind)],
      ...["--ioc", `domain:${word(`indicator of ${kind}`)}.net`],
    ];
    const body = stage.at(`text-${tlp}`);
    if (isAll) await writeFile(body, word("text of an incident"));
    const more = (): Readonly<Record<string, readonly string[]>> => ({
      ask: ["ask", ...tells("an ask")],
      note: ["note", ...tells("a note")],
      incident: ["incident", "open", word("title of an incident"), "--body-file", body, ...marks("an incident")],
      vuln: [
        ...["vuln", ...tells("a vuln"), "--product", word("product of a vuln")],
        ...["--versions", word("versions of a vuln"), "--fixed", word("fix of a vuln")],
      ],
    });
    const briefly: Readonly<Record<string, readonly string[]>> = {
      sighting: ["post", ...tells("a sighting")],
      alert: ["alert", ...tells("an alert")],
    };
    const said = Object.entries(isAll ? { ...briefly, ...more() } : briefly).map(
      async ([kind, words]) => [kind, await stage.says("acme", words)] as const,
    );
    items.set(tlp, Object.fromEntries(await Promise.all(said)));
  }
  return items;
}

const idOf = ({ items }: Told, tlp: Tlp, kind: string): string => items.get(tlp)?.[kind] ?? "";

/** What borealis says about what acme said: marked as that is. */
async function answer(stage: LeakStage, told: Told): Promise<void> {
  for (const tlp of TLP_LEVELS) {
    const word = (what: string): string => stage.word(`${what} at ${tlp}`, { tlp, by: "borealis" });
    const about = (kind: string): string => idOf(told, tlp, kind);
    const answers: readonly (readonly string[])[] = [
      ["saw", about("sighting"), word("text of a second sighting"), "--title", word("title of a second sighting")],
      ["reply", about("note"), word("text of a reply"), "--caveat", word("caveat of a reply")],
      ["answer", about("ask"), "yes", word("text of an answer"), "--scope", word("scope of an answer")],
      ["ack", about("alert"), "--note", word("note of an acknowledgement")],
      ["incident", "update", about("incident"), word("text of an update")],
    ];
    await Promise.all(answers.map(async (words) => stage.says("borealis", words)));
  }
  const tlp = "amber";
  const text = stage.word("text of a message", { tlp });
  await stage.says("acme", ["msg", "borealis", text, "--tlp", tlp]);
}

/** What is amended, withdrawn, and withdrawn under a hold. */
async function correct(stage: LeakStage, { inner }: Told): Promise<void> {
  const tlp = "amber";
  const word = (what: string): string => stage.word(what, { tlp });
  const post = (...words: readonly string[]): readonly string[] => ["post", ...words, "-c", inner, "--tlp", tlp];
  const amended = await stage.says("acme", post(word("words that were amended")));
  const anew = ["--title", word("title of an amendment"), "--why", word("why it was amended")];
  await stage.says("acme", ["amend", amended, word("text of an amendment"), ...anew]);

  const withdrawn = [word("text that was withdrawn"), word("title that was withdrawn")] as const;
  const gone = await stage.says("acme", post(withdrawn[0], "--title", withdrawn[1]));
  await stage.says("acme", ["retract", gone, word("why it was withdrawn")]);
  for (const text of withdrawn) stage.becomes(text, { sort: "withdrawn", readers: [] });

  const held = word("text that was withdrawn and is held");
  const kept = await stage.says("acme", post(held));
  const reason = stage.word("the reason of a hold", { sort: "governing", readers: AFTER, by: "borealis" });
  await stage.run("borealis", ["hold", "set", kept, "--reason", reason]);
  await stage.says("acme", ["retract", kept, word("why it was withdrawn all the same")]);
  stage.becomes(held, { sort: "withdrawn", readers: ["borealis"] });
  await stage.run("borealis", ["hold", "show", kept, "--json"], { place: "what is kept under a hold" });
  await stage.run("borealis", ["hold", "show", kept], { place: "what is kept under a hold" });
  const again = stage.word("text of an answer to what was withdrawn", { sort: "unsent", readers: [] });
  await stage.run("acme", ["amend", gone, again], { exit: 65 });
  for (const org of AFTER)
    for (const id of [amended, gone, kept]) await stage.run(org, ["show", id, "--json"], { place: "a reading" });
}

/** Rules, a freeze, a drill and a label of a ticket: what a whole circle is told under no marking. */
async function govern(stage: LeakStage, { inner, wide }: Told): Promise<void> {
  const governing = (what: string, readers: readonly Org[]): string => stage.word(what, { sort: "governing", readers });
  await stage.run("acme", ["invite", "create", "-c", inner, "--for", governing("the label of a ticket", AFTER)]);
  const drill = governing("the name of a drill", WIDE);
  await stage.run("acme", ["exercise", "start", drill, "-c", wide, "--for", "1h"]);
  const running = async (): Promise<string> => (await stage.run("cygnus", ["exercise", "show", "-c", wide])).stdout;
  await stage.until("the drill is known", async () => (await running()).includes(drill));
  const text = stage.word("text of a drill", { tlp: "green", by: "cygnus", readers: WIDE });
  await stage.says("cygnus", ["post", text, "-c", wide, "--tlp", "green"]);
  await stage.run("acme", ["exercise", "stop", "-c", wide]);
  const reason = governing("the reason of a freeze", WIDE);
  await stage.run("acme", ["circle", "freeze", wide, "cygnus", "--reason", reason]);
  const frozen = async (): Promise<string> => (await stage.run("cygnus", ["circle", "show", wide, "--json"])).stdout;
  await stage.until("the freeze is known", async () => (await frozen()).includes(reason));
  await stage.run("acme", ["circle", "unfreeze", wide, "cygnus"]);
  await stage.until("the freeze is over", async () => !(await frozen()).includes(reason));
}

/** Seats and tokens, and what is held for release: sent, sent through broken glass, and never sent. */
async function decide(stage: LeakStage, { inner }: Told): Promise<void> {
  const tlp = "green";
  const script = stage.word("the name of a script", { sort: "seat", tlp });
  const token = stage.word("the name of a token", { sort: "local", readers: ["acme"] });
  await stage.run("acme", ["seat", "add", script, "--machine"]);
  const file = stage.at("script.token");
  await stage.run("acme", ["token", "add", token, "--seat", script, "--circle", inner, "--out", file]);
  stage.secret("the token of the script", (await readFile(file, "utf8")).trim());
  const by = ["-c", inner, "--tlp", tlp, "--token-file", file, "--key"];
  const fates = ["released", "sent through broken glass", "rejected"] as const;
  const held: { readonly id: string; readonly words: readonly string[]; readonly post: readonly string[] }[] = [];
  for (const fate of fates) {
    const words = [
      stage.word(`text that was ${fate}`, { sort: "unsent", tlp, readers: [] }),
      stage.word(`title that was ${fate}`, { sort: "unsent", tlp, readers: [] }),
    ];
    const key = stage.word(`the key of what was ${fate}`, { sort: "key", readers: [] });
    const post = ["post", words[0] ?? "", "--title", words[1] ?? "", ...by, key];
    const { id } = await stage.ok("acme", post, { place: "the answer to a post under a key" });
    held.push({ id: String(id), words, post });
  }
  await stage.run("acme", ["outbox", "list", "--json"], { place: "what waits for release" });
  await stage.run("acme", ["outbox", "list"], { place: "what waits for release" });
  const [released, broken, rejected] = held;
  await stage.run("acme", ["outbox", "release", released?.id ?? ""]);
  const glass = stage.word("why the glass was broken", { sort: "trail", readers: ["acme"] });
  await stage.run("acme", ["outbox", "release", broken?.id ?? "", "--break-glass", "--reason", glass]);
  const reason = stage.word("why it was rejected", { sort: "verdict", readers: ["acme"] });
  await stage.run("acme", ["outbox", "reject", rejected?.id ?? "", "--reason", reason]);
  for (const { words } of [released, broken].filter((one) => one !== undefined))
    for (const text of words) stage.becomes(text, { sort: "released", readers: AFTER });
  for (const { post } of held)
    for (const more of [["--json"], []])
      await stage.run("acme", [...post, ...more], { place: "the answer to a post under a key" });
  const person = stage.word("the name of a person", { sort: "seat", tlp });
  await stage.run("acme", ["seat", "add", person, "--right", "post", "--right", "read"]);
  const pass = stage.at("person.token");
  await stage.run("acme", ["token", "add", person, "--out", pass]);
  await stage.says("acme", [
    "post",
    stage.word("text of a person", { tlp }),
    "-c",
    inner,
    "--tlp",
    tlp,
    "--token-file",
    pass,
  ]);
}

/** What is not sent as it was meant: a rehearsal, refusals, and what the review found. */
async function mistake(stage: LeakStage, { inner }: Told): Promise<void> {
  const tlp = "green";
  const unsent = (what: string): string => stage.word(what, { sort: "unsent", readers: [] });
  const to = ["-c", inner, "--tlp", tlp];
  const mail = (name: string): string => `write to kim.${name}@${name}.com`;
  for (const more of [["--json"], []])
    await stage.run("acme", ["post", unsent("text of a rehearsal"), ...to, "--dry-run", ...more], {
      place: "a rehearsal",
    });
  for (const more of [["--json"], []])
    await stage.run("acme", ["post", mail(unsent("a mail address in a rehearsal")), ...to, "--dry-run", ...more], {
      ...{ exit: 77, place: "a rehearsal", talk: "a rehearsal" },
    });
  for (const more of [["--json"], []]) {
    const found = mail(unsent("a mail address that was found"));
    await stage.run("acme", ["post", found, "--title", unsent("title of what was found"), ...to, ...more], {
      exit: 77,
    });
  }
  await stage.says("acme", ["post", mail(unsent("a mail address that was taken out")), ...to, "--scrub", "apply"]);
  const keeps = stage.word("why what was found was sent", { sort: "trail", readers: ["acme"] });
  const keeping = ["--scrub", "keep", "--reason", keeps];
  await stage.says("acme", ["post", mail(stage.word("a mail address that was sent", { tlp })), ...to, ...keeping]);

  const refused: readonly (readonly [number, readonly string[]])[] = [
    [77, ["post", unsent("text for nobody by name"), "-c", inner, "--tlp", "red"]],
    [
      65,
      [
        "post",
        unsent("text with what is no indicator"),
        "--ioc",
        `ip:${stage.word("what is no indicator", { sort: "typed", readers: ["acme"] })}`,
        ...to,
      ],
    ],
    [65, ["post", unsent("text with a title too long"), "--title", unsent("a title too long").repeat(12), ...to]],
    [65, ["reply", "s-7K2M9QXAABBCC", unsent("text of an answer to nothing")]],
    [65, ["alert", unsent("text for no circle"), "-c", "no-such-circle", "--tlp", tlp]],
    [64, ["post", unsent("text with a flag too many"), ...to, "--no-such-flag"]],
    [64, ["post", unsent("text with a marking that there is not"), "-c", inner, "--tlp", "mauve"]],
  ];
  for (const [exit, words] of refused)
    for (const more of [["--json"], []]) await stage.run("acme", [...words, ...more], { exit });
  const lines = [
    { title: stage.word("title of an import", { tlp }), text: stage.word("text of an import", { tlp }) },
    { title: unsent("title of a bad record"), indicators: [`ip:${unsent("indicator of a bad record")}`] },
    { title: unsent("title of another one"), tlp: unsent("marking of a bad record") },
  ].map((line, at) =>
    JSON.stringify({ ...line, alert_id: stage.word(`the key of record ${at}`, { sort: "key", readers: [] }) }),
  );
  const input = `${lines.join("\n")}\n{"title": "${unsent("a torn record")}\n`;
  const id = "indicator--6f5ee4a6-7d1c-4a7c-9d0a-0a53f1c7b6d1";
  const times = {
    created: "2026-01-26T21:28:21Z",
    modified: "2026-01-26T21:28:21Z",
    valid_from: "2026-01-26T21:28:21Z",
  };
  const indicator = {
    ...{ type: "indicator", spec_version: "2.1", id, ...times, pattern_type: "stix" },
    name: stage.word("the name of an object of STIX", { tlp }),
    description: stage.word("the description of an object of STIX", { tlp }),
    pattern: `[domain-name:value='${stage.word("the pattern of an object of STIX", { tlp })}.net']`,
  };
  const stix = { type: "bundle", id: "bundle--6f5ee4a6-7d1c-4a7c-9d0a-0a53f1c7b6d2", objects: [indicator] };
  await stage.run("acme", ["import", "-", "--format", "stix", ...to], { input: JSON.stringify(stix) });
  const importing = ["import", "-", "--format", "ndjson", "--key-field", "alert_id", ...to];
  await stage.run("acme", importing, { input, exit: 65, place: "the answer to a post under a key" });
  await stage.run("acme", [...importing, "--ndjson"], { input, exit: 65, place: "the answer to a post under a key" });
}

/** What is said while no daemon runs, and what is looked at meanwhile. */
async function spool(stage: LeakStage, { inner }: Told): Promise<void> {
  const tlp = "green";
  await stage.home("acme").stop();
  const [text, title] = [stage.word("text that was spooled", { tlp }), stage.word("title that was spooled", { tlp })];
  const key = stage.word("the key of what was spooled", { sort: "key", readers: [] });
  const place = "the answer to a post under a key";
  await stage.run("acme", ["post", text, "--title", title, "-c", inner, "--tlp", tlp, "--key", key, "--json"], {
    place,
  });
  await stage.run("acme", ["post", text, "--title", title, "-c", inner, "--tlp", tlp, "--key", key], { place });
  const lost = stage.word("text that was spooled for no circle", { sort: "unsent", readers: [] });
  await stage.run("acme", ["post", lost, "-c", "no-such-circle", "--tlp", tlp]);
  const alert = stage.word("text of an alert that was not spooled", { sort: "unsent", readers: [] });
  for (const more of [["--json"], []]) await stage.run("acme", ["alert", alert, "-c", inner, ...more], { exit: 69 });
  await stage.keepHome("acme", "while it is down");
  await stage.run("acme", ["daemon", "start", "--passphrase-file", stage.home("acme").passphraseFile]);
  const arrived = async (): Promise<string> => (await stage.run("borealis", ["feed", "--json"])).stdout;
  await stage.until("what was spooled arrives", async () => (await arrived()).includes(text));
}

/** From one circle to the other and back: the words go, whose they are and where from does not. */
async function carryOn(stage: LeakStage, { inner, wide }: Told): Promise<void> {
  const tlp = "green";
  for (const [by, from, to, readers] of [
    ["cygnus", wide, inner, WIDE],
    ["borealis", inner, wide, AFTER],
  ] as const) {
    const words = ["text", "title", "caveat", "indicator"].map((what) =>
      stage.word(`${what} that was carried on from ${by}`, { tlp, by, readers }),
    );
    const [text = "", title = "", caveat = "", indicator = ""] = words;
    const seat = stage.word(`the seat that said it at ${by}`, { sort: "seat", tlp, by, readers });
    await stage.run(by, ["seat", "add", seat, "--right", "post"]);
    const file = stage.at(`${by}.token`);
    await stage.run(by, ["token", "add", seat, "--out", file]);
    const told = [text, "--title", title, "--caveat", caveat, "--ioc", `domain:${indicator}.net`];
    const id = await stage.says(by, ["post", ...told, "-c", from, "--tlp", tlp, "--token-file", file]);
    for (const word of words) stage.becomes(word, { readers: ["acme", "borealis", "cygnus"] });
    await stage.says("acme", ["relay", id, "--to", to]);
  }
}

/** Everything that a home can be asked by its own people. */
async function readEverything(stage: LeakStage, org: Org): Promise<void> {
  const { circles } = (await stage.ok(org, ["circle", "list"])) as { circles: { name: string }[] };
  const { items } = (await stage.ok(org, ["feed", "--limit", "1000", "--max-tlp", "red"])) as {
    items: { id: string; kind: string; tlp: Tlp }[];
  };
  const shown = [...Map.groupBy(items, ({ kind, tlp }) => (kind === "ask" ? tlp : kind)).values()].flatMap(
    ([one]) => one ?? [],
  );
  const asked: readonly (readonly string[])[] = [
    ...[
      ["feed", "--limit", "1000", "--json"],
      ["feed", "--limit", "1000"],
      ["feed", "--unread"],
    ],
    ["feed", "--limit", "1000", "--max-tlp", "red"],
    ...["alert", "vuln", "incident"].map((kind) => ["search", `kind:${kind}`, "--limit", "1000", "--json"]),
    ["search", "kind:alert", "--limit", "1000"],
    ...shown.map(({ id, tlp }) => ["show", id, ...(tlp === "red" ? [] : ["--json"])]),
    ...circles.flatMap(({ name }) => [
      ["circle", "show", name],
      ["circle", "show", name, "--json"],
      ["circle", "policy", name, "--json"],
      ["circle", "lane", name, "--json"],
      ["invite", "list", "-c", name, "--json"],
    ]),
    ...["acks", "status", "seat list", "token list", "outbox list", "audit list", "audit verify", "hold list"].flatMap(
      (words) => [words.split(" "), [...words.split(" "), "--json"]],
    ),
    ["audit", "list", "--all", "--limit", "1000", "--json"],
    ["peer", "list", "--json"],
    ["daemon", "logs", "--level", "debug"],
    ["daemon", "logs", "--level", "debug", "--json"],
    ["daemon", "status", "--json"],
  ];
  for (let at = 0; at < asked.length; at += 2)
    await Promise.all(asked.slice(at, at + 2).map(async (words) => stage.run(org, words, { exit: "any" })));
  for (const { name } of circles) await stage.run(org, ["circle", "log", name]);
  await stage.run(org, ["tail", "--since", "0", "--timeout", "2s"], { exit: 75 });
  await stage.run(org, ["doctor", "--deep", "--json"], { exit: "any" });
  for (const what of ["export", "bundle"]) await mkdir(stage.at(what), { recursive: true });
  const trail = stage.at(`export/${org}.ndjson`);
  await stage.run(org, ["audit", "export", trail]);
  await stage.keepFile("the trail", org, trail);
  const bundle = stage.at(`bundle/${org}.bundle`);
  const { code } = await stage.run(org, ["bundle", "write", bundle], { exit: "any" });
  if (code === 0) await stage.keepFile("a bundle for members", org, bundle);
}

/** Evidence of what acme said, at each marking, made by itself and by borealis; and metrics. */
async function prove(stage: LeakStage, told: Told): Promise<void> {
  for (const [org, place, cap] of [
    ["acme", "evidence of own words", "amber+strict"],
    ["borealis", "evidence of the words of others", "green"],
  ] as const) {
    for (const tlp of TLP_LEVELS) {
      for (const kind of ["alert", "vuln"]) {
        const id = idOf(told, tlp, kind);
        const [whole, bare] = [stage.at(`${org}-${kind}-${tlp}.whole`), stage.at(`${org}-${kind}-${tlp}.bare`)];
        const { code } = await stage.run(org, ["audit", "bundle", id, whole], {
          ...{ exit: stricter(tlp, cap) ? "any" : 0, place },
        });
        if (code === 0) await evidence(whole, place, org);
        if (kind !== "vuln" || tlp === "amber") continue;
        await stage.run(org, ["audit", "bundle", id, bare, "--no-body"], { place: "evidence without words" });
        await evidence(bare, "evidence without words", org);
      }
    }
  }
  async function evidence(file: string, place: Place, org: Org): Promise<void> {
    await stage.keepFile(place, org, file);
    await stage.runNowhere(org, ["verify-bundle", file, "--json"], { place });
  }
  const board = stage.at("board");
  await stage.run("acme", ["acks", idOf(told, "green", "alert"), "--export", board]);
  await evidence(board, "evidence of own words", "acme");
  const { metrics } = JSON.parse(await readFile(`${stage.home("acme").folder}/node.json`, "utf8")) as {
    metrics: string;
  };
  const answered = await fetch(`http://${metrics}/metrics`);
  if (!answered.ok) throw new Error("no metrics are served");
  stage.keep("the metrics", "acme", "/metrics", new Uint8Array(await answered.arrayBuffer()));
}

/** Whoever was never in, or is out, asks by every id that it may have heard; and a seat of acme's that is let at the wide circle alone. */
async function askAsStranger(stage: LeakStage, told: Told): Promise<void> {
  const ids = TLP_LEVELS.flatMap((tlp) => ["alert", "vuln"].map((kind) => idOf(told, tlp, kind)));
  for (const org of ["cygnus", "delta"] as const) {
    for (const id of ids) {
      await stage.run(org, ["show", id, "--json"], { exit: "any" });
      await stage.run(org, ["acks", id], { exit: "any" });
    }
    await stage.run(org, ["audit", "bundle", ids[0] ?? "", stage.at("never"), "--no-body"], { exit: 65 });
    await stage.run(org, ["audit", "list", ids[0] ?? ""], { exit: 65 });
  }
  await stage.run("cygnus", ["circle", "show", told.innerId, "--json"], { exit: 65 });
  const [seat, file] = [
    stage.word("the name of a seat of the wide circle", { sort: "local", readers: ["acme"] }),
    stage.at("wide.token"),
  ];
  await stage.run("acme", ["seat", "add", seat, "--right", "read", "--circle", told.wide]);
  await stage.run("acme", ["token", "add", seat, "--out", file]);
  const by = ["--token-file", file];
  for (const words of [
    ["feed", "--limit", "1000", "--max-tlp", "red", "--json"],
    ["search", "kind:sighting", "--max-tlp", "red", "--json"],
    ["circle", "list", "--json"],
    ["acks", "--json"],
  ])
    await stage.run("acme", [...words, ...by], { place: "a reading by a seat of the wide circle" });
  for (const id of ids)
    await stage.run("acme", ["show", id, ...by], { exit: "any", place: "a reading by a seat of the wide circle" });
  await stage.run("acme", ["tail", "--since", "0", "--max-tlp", "red", "--timeout", "2s", "--json", ...by], {
    ...{ exit: 75, place: "a reading by a seat of the wide circle" },
  });
  await writeFile(file, "");
}
