// Canaries in every field that can hold a text, at every marking, said and heard by four real homes; then everything that came out
// of them is looked through: each canary stands where the table below lets it stand, and nowhere else.

import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stricter, TLP_LEVELS, type Tlp } from "../../src/record/marking.ts";
import { type Canary, finderOf } from "../help/canaries.ts";
import { LeakStage, type Org, ORGS, type PlacesOfCommands } from "../help/leak-stage.ts";
import { spawnCli } from "../help/run-cli.ts";
import { tempDir, type TempDir } from "../help/temp-dir.ts";

type May = (canary: Canary, at: Org) => boolean;
const reads: May = ({ readers }, at) => readers.includes(at);
const isOwn: May = ({ by }, at) => by === at;
const among =
  (...sorts: readonly Canary["sort"][]): May =>
  ({ sort }) =>
    sorts.includes(sort);
const upTo =
  (cap: Tlp): May =>
  ({ tlp }) =>
    !stricter(tlp, cap);
const all =
  (...rules: readonly May[]): May =>
  (canary, at) =>
    rules.every((rule) => rule(canary, at));
const either =
  (...rules: readonly May[]): May =>
  (canary, at) =>
    rules.some((rule) => rule(canary, at));
const nowhere: May = () => false;
const told = all(reads, among("words", "governing", "seat"));

/** Every place where something comes out of a home, and which canaries may stand there. */
const MAY = {
  "the wire": nowhere,
  "the files of a home": nowhere,
  "the log": nowhere,
  "the metrics": nowhere,
  "a bundle for members": nowhere,
  "an error": nowhere,
  // What a circle is called.
  "talk beside an answer": all(reads, among("governing", "seat")),
  "the answer to a post": all(reads, among("governing")),
  // No person asked to have RED in it.
  "a list for programs": all(told, upTo("amber+strict")),
  "a reading": told,
  "the node's own lists": either(
    all(isOwn, among("seat", "local", "trail", "unsent")),
    all(reads, among("governing", "seat")),
  ),
  "the trail": either(all(isOwn, among("seat", "local", "trail")), all(reads, among("governing"))),
  "evidence of own words": all(isOwn, among("words", "seat"), upTo("amber+strict")),
  "evidence of the words of others": all(reads, among("words", "seat"), upTo("green")),
  "a notice": all(reads, either(among("governing"), all(among("words"), upTo("green")))),
  "what a hook is told": all(told, upTo("amber+strict")),
  "what a hook up to GREEN is told": all(told, upTo("green")),
} as const satisfies Readonly<Record<string, May>>;
type Place = keyof typeof MAY;

const COMMANDS: PlacesOfCommands<Place> = [
  [/^daemon logs/, "the log"],
  [/^(daemon|doctor|verify-bundle|org|version)\b/, "talk beside an answer"],
  [
    /^(post|alert|ask|saw|reply|ack|answer|note|vuln|msg|incident (open|update|link|close)|amend|retract|relay|widen|import|nudge)\b/,
    "the answer to a post",
  ],
  [/^(seat|token|outbox|audit)\b/, "the node's own lists"],
  [/^(feed|search|tail)\b(?!.*--max-tlp)/, "a list for programs"],
  [/./, "a reading"],
];

const patience = { timeout: 30_000, interval: 100 };
let folder: TempDir;
let stage: LeakStage<Place>;

beforeAll(async () => {
  folder = await tempDir();
  stage = await LeakStage.make<Place>(folder.path, {
    of: COMMANDS,
    talk: { done: "talk beside an answer", failed: "an error" },
  });
  await playStory();
}, 180_000);
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

const INNER: readonly Org[] = ["acme", "borealis", "delta"];
const WIDE: readonly Org[] = ["acme", "cygnus"];
/** Circles by what they are called, which nobody else may know. */
let inner = "";
let wide = "";

async function playStory(): Promise<void> {
  await Promise.all(
    ORGS.map(async (org) => stage.run(org, ["daemon", "start", "--passphrase-file", stage.home(org).passphraseFile])),
  );
  for (const org of ORGS) stage.secret(`passphrase of ${org}`, `correct horse battery ${org}`);
  await foundCircles();
  await sayAtEachMarking(INNER, "before the removal");
  await stage.run("acme", ["circle", "remove", inner, "delta"]);
  await sayAtEachMarking(["acme", "borealis"], "after the removal");
  for (const org of ORGS) await readEverything(org);
  for (const org of ORGS) {
    await stage.keepFiles(org, "while it runs", placeOfFile);
    const { tap } = stage.home(org);
    if (tap) stage.keep("the wire", org, "all its connections", tap.captured());
  }
}

const placeOfFile = (path: string): Place => (/^daemon\.log/.test(path) ? "the log" : "the files of a home");

async function foundCircles(): Promise<void> {
  inner = stage.word("name of the inner circle", { sort: "governing", readers: INNER });
  wide = stage.word("name of the wide circle", { sort: "governing", readers: WIDE });
  const rules = ["--unverified", "read", "--max-tlp", "red", "--purpose"];
  const purposes = [
    stage.word("purpose of the inner circle", { sort: "governing", readers: INNER }),
    stage.word("purpose of the wide circle", { sort: "governing", readers: WIDE }),
  ] as const;
  await stage.run("acme", ["circle", "create", inner, ...rules, purposes[0]]);
  await stage.run("acme", ["circle", "create", wide, ...rules, purposes[1]]);
  for (const [name, org] of [
    [inner, "borealis"],
    [inner, "delta"],
    [wide, "cygnus"],
  ] as const) {
    const { ticket } = await stage.ok("acme", ["invite", "create", "-c", name, "--for", org]);
    await stage.run(org, ["join", "-", "--no-input"], { input: `${String(ticket)}\n` });
  }
}

/** Every kind that stands by itself, with a canary in each field, at each marking. */
async function sayAtEachMarking(readers: readonly Org[], when: string): Promise<void> {
  for (const tlp of TLP_LEVELS) {
    const word = (what: string): string => stage.word(`${what} at ${tlp} ${when}`, { tlp, readers });
    const others = readers.filter((org) => org !== "acme");
    const to = tlp === "red" ? others.flatMap((org) => ["--to", org]) : [];
    const marks = (kind: string): string[] => ["-c", inner, "--tlp", tlp, ...to, "--caveat", word(`caveat of ${kind}`)];
    const tells = (kind: string): string[] => [
      ...[word(`text of ${kind}`), "--title", word(`title of ${kind}`), ...marks(kind)],
      ...["--ioc", `domain:${word(`indicator of ${kind}`)}.net`],
    ];
    const kinds: readonly (readonly string[])[] = [
      ["post", ...tells("a sighting")],
      ["alert", ...tells("an alert")],
      ["ask", ...tells("an ask")],
      ["note", ...tells("a note")],
      ["incident", "open", word("title of an incident"), ...marks("an incident")],
      [
        ...["vuln", ...tells("a vuln"), "--product", word("product of a vuln")],
        ...["--versions", word("versions of a vuln"), "--fixed", word("fix of a vuln")],
      ],
    ];
    await Promise.all(kinds.map(async (words) => stage.says("acme", words)));
  }
}

/** Everything that a home can be asked, by the commands. */
async function readEverything(org: Org): Promise<void> {
  const asked: readonly (readonly string[])[] = [
    ["feed", "--limit", "1000", "--json"],
    ["feed", "--limit", "1000"],
    ["feed", "--limit", "1000", "--max-tlp", "red", "--json"],
    ["feed", "--limit", "1000", "--max-tlp", "red"],
    ["search", "kind:alert", "--limit", "1000", "--json"],
    ["acks", "--json"],
    ["acks"],
    ["status", "--json"],
    ["status"],
    ["peer", "list", "--json"],
    ["circle", "list", "--json"],
    ["circle", "list"],
    ["hold", "list", "--json"],
    ["seat", "list", "--json"],
    ["token", "list", "--json"],
    ["outbox", "list", "--json"],
    ["outbox", "list"],
    ["audit", "list", "--all", "--limit", "1000", "--json"],
    ["audit", "list"],
    ["daemon", "logs", "--level", "debug"],
  ];
  await Promise.all(asked.map(async (words) => stage.run(org, words)));
}

describe("each canary", () => {
  test("is there: many of them, and each can be read by whom it is for", async () => {
    expect(stage.canaries.length).toBeGreaterThanOrEqual(200);
  });

  test.each(Object.keys(MAY) as Place[])("stands not where it may not: %s", async (place) => {
    const find = finderOf(stage.canaries);
    const leaks = stage.outputs
      .filter((output) => output.place === place)
      .flatMap(({ at, name, bytes }) =>
        [...find(bytes)].filter((canary) => !MAY[place](canary, at)).map(({ what }) => `${what}, in ${name} at ${at}`),
      );
    expect(leaks).toEqual([]);
  });
});
