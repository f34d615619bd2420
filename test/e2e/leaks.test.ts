// Canaries in every field that can hold a text, at every marking, said and heard by four real homes; then everything that came out
// of them is looked through: each canary stands where the table below lets it stand, and nowhere else.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stricter, type Tlp } from "../../src/record/marking.ts";
import { type Canary, finderOf, freshWord } from "../help/canaries.ts";
import { LeakStage, type Org, ORGS, type Output, type Place } from "../help/leak-stage.ts";
import { playStory } from "../help/leak-story.ts";
import { tempDir, type TempDir } from "../help/temp-dir.ts";

type May = (canary: Canary, at: Org) => boolean;
const nowhere: May = () => false;
const reads: May = ({ readers }, at) => readers.includes(at);
const own: May = ({ by }, at) => by === at;
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
const any =
  (...rules: readonly May[]): May =>
  (canary, at) =>
    rules.some((rule) => rule(canary, at));
const told = all(reads, among("words", "released", "governing", "seat"));
const ofCircle = all(reads, among("governing"));

/** Every place where something comes out of a home, and which canaries may stand there. */
const MAY: Readonly<Record<Place, May>> = {
  "the wire": nowhere,
  "the files of a home": nowhere,
  "the settings of a home": all(own, among("setting")),
  "the log": nowhere,
  "the metrics": nowhere,
  "a bundle for members": nowhere,
  // Beside what went wrong: which circle, who it is that may not, what was typed and is nothing; and the news of a broken glass.
  "an error": any(ofCircle, all(own, among("seat", "local", "typed", "trail"))),
  "talk beside an answer": any(ofCircle, all(own, among("trail"))),
  "the answer to a post": any(ofCircle, all(own, among("trail"))),
  "the answer to a post under a key": any(ofCircle, all(own, among("key", "verdict"))),
  "a rehearsal": any(ofCircle, all(own, among("unsent", "trail"))),
  "an invitation": any(ofCircle, all(reads, among("secret"))),
  // Nobody asked to have RED in it.
  "a list for programs": all(told, upTo("amber+strict")),
  // Nobody had withdrawn yet what was withdrawn later.
  "a list that was followed": all(any(told, among("withdrawn")), upTo("amber+strict")),
  "a reading": told,
  "a reading by a seat of the wide circle": (canary) => told(canary, "cygnus"),
  // Like every list.
  "a board": all(told, upTo("amber+strict")),
  "what is kept under a hold": any(ofCircle, all(reads, among("withdrawn"))),
  "what waits for release": any(ofCircle, all(own, among("unsent", "released", "seat", "local"))),
  "the node's own lists": any(ofCircle, all(own, among("seat", "local", "trail", "setting"))),
  "the trail": any(ofCircle, all(own, among("seat", "local", "trail"))),
  // A note of an acknowledgement is of another org.
  "evidence of own words": all(among("words"), any(all(own, upTo("amber+strict")), all(reads, upTo("green")))),
  "evidence of the words of others": all(reads, among("words"), upTo("green")),
  "evidence without words": nowhere,
  "a notice": any(ofCircle, all(reads, among("words"), upTo("green"))),
  "what a hook is told": all(told, upTo("amber+strict")),
  "what a hook up to GREEN is told": all(told, upTo("green")),
};

let folder: TempDir;
let stage: LeakStage;
let find: ReturnType<typeof finderOf>;

beforeAll(async () => {
  folder = await tempDir();
  stage = await LeakStage.make(folder.path);
  await playStory(stage);
  find = finderOf(stage.canaries);
}, 300_000);
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

/** What stands in an output and may not, by its name. */
const leaksIn = ({ place, at, name, bytes }: Output): readonly string[] =>
  [...find(bytes)].filter((canary) => !MAY[place](canary, at)).map(({ what }) => `${what}: in ${name}, at ${at}`);

describe("each canary", () => {
  test.each(Object.keys(MAY) as Place[])("stands only where it may: %s", (place) => {
    const outputs = stage.outputs.filter((output) => output.place === place);
    expect(outputs.length).toBeGreaterThan(0);
    expect(outputs.flatMap(leaksIn)).toEqual([]);
  });

  test("is there, two hundred of them, and is read by all that may read it", () => {
    expect(stage.canaries.length).toBeGreaterThanOrEqual(200);
    const stands = new Map<string, Set<Canary>>(ORGS.map((org) => [org, new Set()]));
    for (const { at, bytes } of stage.outputs) for (const canary of find(bytes)) stands.get(at)?.add(canary);
    const missing = stage.canaries.flatMap((canary) =>
      canary.readers.filter((org) => !stands.get(org)?.has(canary)).map((org) => `${canary.what}: not at ${org}`),
    );
    expect(missing).toEqual([]);
  });

  test("is looked for on wires that carry what the homes say to each other", () => {
    const wires = stage.outputs.filter(({ place }) => place === "the wire");
    // By what a connection begins with, in clear.
    expect(wires.filter(({ bytes }) => Buffer.from(bytes).includes("/noise")).length).toBeGreaterThan(1);
    expect(wires.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBeGreaterThan(200_000);
  });

  test("would be found in each place where it may not stand", () => {
    for (const place of Object.keys(MAY) as Place[]) {
      const [at, canary] =
        ORGS.flatMap((org) => stage.canaries.map((one) => [org, one] as const)).find(
          ([org, one]) => !MAY[place](one, org),
        ) ?? [];
      if (!at || !canary) throw new Error(`everything may stand in ${place}`);
      expect(leaksIn({ place, at, name: "it", bytes: Buffer.from(`x${canary.text}y`) })).toEqual([
        `${canary.what}: in it, at ${at}`,
      ]);
    }
  });

  test.each([
    ["as it is", (word: string) => word],
    ["in capitals", (word: string) => word.toUpperCase()],
    ["without its beginning", (word: string) => word.slice(5)],
    ["in UTF-16", (word: string) => Buffer.from(word, "utf16le").toString("latin1")],
    ["in hexadecimal", (word: string) => `"${Buffer.from(`{"${word}"}`).toString("hex")}"`],
    ["in base64", (word: string) => `"${Buffer.from(`{"${word}"}`).toString("base64url")}"`],
  ])("is found however it is written: %s", (_how, written) => {
    const text = freshWord();
    const canary = { what: "it", text, sort: "words", tlp: "red", by: "acme", readers: [] } as const;
    expect([...finderOf([canary])(Buffer.from(`\u00ff${written(text)}\u0000`, "latin1"))]).toEqual([canary]);
  });
});
