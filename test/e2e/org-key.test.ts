// The org key as built: split into sheets, combined again, taken out of the vault; and no secret where none belongs.

import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openVault } from "../../keys/index.ts";
import { PROGRAM, type Ran, tocsin } from "../help/run-cli.ts";
import { openTerminalOn, type PersonsTerminal } from "../help/screen.ts";
import { tempDir, type TempDir } from "../help/temp-dir.ts";

let folder: TempDir;
const at = (name: string): string => folder.at(name);
const patience = { timeout: 20_000, interval: 20 };
const passphrase = "correct horse battery";
const run = (words: readonly string[], input?: string, home = "acme"): Promise<Ran> =>
  tocsin([...words, "--json"], { home: at(home), ...(input === undefined ? {} : { input }) });
const unlocked = (...words: readonly string[]): readonly string[] => [
  "org",
  ...words,
  "--passphrase-file",
  at("passphrase"),
];
const init = (org: string): Promise<Ran> =>
  run(
    [
      ...["init", "--org", org, "--seat", "kim", "--listen", "/ip4/127.0.0.1/tcp/0", "--no-start"],
      ...["--passphrase-file", at("passphrase"), "--paper", at(`${org}.words`)],
    ],
    undefined,
    org,
  );
const sheet = (number: number): string => at(`sheets/share-${number}-of-5.txt`);
const from = (...files: readonly string[]): readonly string[] => files.flatMap((file) => ["--from", file]);
/** The words of a file two by two: a single one may stand in any text by chance. */
const pairsOf = async (file: string): Promise<readonly string[]> => {
  const words = await wordsOf(file);
  return words.slice(1).map((word, index) => `${words[index]} ${word}`);
};
const wordsOf = async (file: string): Promise<readonly string[]> =>
  (await readFile(file, "utf8"))
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .join(" ")
    .match(/[a-z]+/g) ?? [];

beforeAll(async () => {
  folder = await tempDir();
  await writeFile(at("passphrase"), `${passphrase}\n`, { mode: 0o600 });
  await chmod(at("passphrase"), 0o600);
  for (const org of ["acme", "initech"]) expect((await init(org)).code).toBe(0);
  const made = await run([...unlocked("split", "--shares", "5", "--needed", "3"), "--out-dir", at("sheets")]);
  expect(made.code).toBe(0);
  expect(made.json()).toMatchObject({
    schema: "tocsin.shares/1",
    shares: 5,
    needed: 3,
    files: [1, 2, 3, 4, 5].map(sheet),
  });
});
afterAll(() => folder[Symbol.asyncDispose]());

describe("org show and org card", () => {
  test("say who this is, where its key is, and nothing secret", async () => {
    const [shown, card] = [await run(unlocked("show")), await run(unlocked("card"))];
    expect(shown.json()).toMatchObject({ schema: "tocsin.org/1", org: "acme", seat: "kim", orgKeyInVault: true });
    expect(card.json()).toMatchObject({ schema: "tocsin.card/1", org: "acme", orgKey: shown.json()["orgKey"] });
    for (const pair of await pairsOf(at("acme.words"))) {
      expect(`${shown.stdout}${card.stdout}`).not.toContain(pair);
    }
  });

  test("need the passphrase, and a home", async () => {
    expect(await run(["org", "show"])).toMatchObject({ code: 78, stdout: "" });
    expect(await run(unlocked("card"), undefined, "nobody")).toMatchObject({ code: 78, stdout: "" });
  });
});

describe("org split", () => {
  test("writes one sheet a share that its owner alone may read, and shows none of it", async () => {
    for (const number of [1, 2, 3, 4, 5]) {
      expect((await stat(sheet(number))).mode & 0o777).toBe(0o600);
      expect(await wordsOf(sheet(number))).toHaveLength(36);
      expect(await readFile(sheet(number), "utf8")).toContain(`# Share ${number} of 5 of the org key of acme`);
    }
  });

  test("takes the 24 words from standard input, without a home", async () => {
    const words = await readFile(at("acme.words"), "utf8");
    const split = ["org", "split", "--shares", "2", "--needed", "2", "--out-dir", at("bare"), ...from("-")];
    const made = await run(split, words, "nobody");
    expect(made).toMatchObject({ code: 0, stderr: "" });
    const combined = await run(
      ["org", "combine", ...from(at("bare/share-1-of-2.txt"), at("bare/share-2-of-2.txt")), "--out", at("bare/words")],
      undefined,
      "nobody",
    );
    expect(combined.code).toBe(0);
    expect(await readFile(at("bare/words"), "utf8")).toBe(words);
  });

  test("shows the sheets to a person at the terminal", async () => {
    const words = unlocked("split", "--shares", "3", "--needed", "2");
    await using screen: PersonsTerminal = openTerminalOn(process.execPath, [PROGRAM, ...words], {
      columns: 120,
      rows: 60,
      env: { TOCSIN_HOME: at("acme"), TOCSIN_NO_AUTOSTART: "1" },
    });
    await expect.poll(() => screen.exit(), patience).toMatchObject({ code: 0 });
    await expect.poll(() => screen.text(), patience).toContain("split into 3 shares, any 2 make the key");
    const rows = screen.rows();
    expect(rows.filter((row) => /^# Share \d of 3 of the org key of acme/.test(row))).toHaveLength(3);
    expect(rows.filter((row) => /^ +\d+ [a-z]+ +\d+ [a-z]+ +\d+ [a-z]+ +\d+ [a-z]+$/.test(row))).toHaveLength(27);
  });

  test("leaves nothing where a sheet cannot be written, and what was there as it was", async () => {
    await mkdir(at("full"));
    await writeFile(at("full/share-2-of-3.txt"), "mine");
    const made = await run([...unlocked("split", "--shares", "3", "--needed", "2"), "--out-dir", at("full")]);
    expect(made).toMatchObject({ code: 74, stdout: "" });
    expect(await readdir(at("full"))).toEqual(["share-2-of-3.txt"]);
    expect(await readFile(at("full/share-2-of-3.txt"), "utf8")).toBe("mine");
  });

  test.each([
    [64, ["--shares", "3", "--needed", "2"], "into a pipe"],
    [64, ["--shares", "3", "--out-dir", "x"], "without saying how many are needed"],
    [64, ["--shares", "17", "--needed", "2", "--out-dir", "x"], "into too many"],
    [65, ["--shares", "2", "--needed", "3", "--out-dir", "x"], "so that nobody could combine them"],
  ])("exits %i: %j (%s)", async (code, words) => {
    expect(await run(unlocked("split", ...words))).toMatchObject({ code, stdout: "" });
  });
});

describe("org combine", () => {
  test("makes the 24 words of any three sheets, into a file of the owner", async () => {
    const made = await run(["org", "combine", ...from(sheet(5), sheet(1), sheet(3)), "--out", at("combined")]);
    expect(made.json()).toMatchObject({ schema: "tocsin.orgkey/1", file: at("combined") });
    expect(made.stderr).toBe("");
    expect(await readFile(at("combined"), "utf8")).toBe(await readFile(at("acme.words"), "utf8"));
    expect((await stat(at("combined"))).mode & 0o777).toBe(0o600);
  });

  test("reads standard input where nobody can be asked", async () => {
    const typed = await Promise.all([2, 3, 4].map(async (number) => readFile(sheet(number), "utf8")));
    const made = await run(["org", "combine", "--out", at("from stdin")], typed.join("\n"));
    expect(made.code).toBe(0);
    expect(await readFile(at("from stdin"), "utf8")).toBe(await readFile(at("acme.words"), "utf8"));
  });

  test("says how many are missing, which word of which sheet is misread, and repeats none of them", async () => {
    const two = await run(["org", "combine", ...from(sheet(1), sheet(2)), "--out", at("never")]);
    expect(two).toMatchObject({ code: 65, stdout: "" });
    expect(two.error()).toMatchObject({ reason: "INPUT_INVALID", missing: 1, needed: 3 });

    const words = await wordsOf(sheet(2));
    const other = words[6] === "zoo" ? "zone" : "zoo";
    const typed = [await wordsOf(sheet(1)), words.with(6, other), await wordsOf(sheet(3))];
    const misread = await run(
      ["org", "combine", "--out", at("never")],
      typed.map((sheetWords) => sheetWords.join(" ")).join("\n\n"),
    );
    expect(misread).toMatchObject({ code: 65, stdout: "" });
    expect(misread.error()).toMatchObject({ sheet: 2, position: 7 });
    expect(misread.stderr).not.toContain(other);
    await expect(stat(at("never"))).rejects.toThrow("ENOENT");
  });

  test("never writes the words into a pipe", async () => {
    const made = await run(["org", "combine", ...from(sheet(1), sheet(2), sheet(3))]);
    expect(made).toMatchObject({ code: 64, stdout: "" });
    for (const pair of await pairsOf(at("acme.words"))) expect(made.stderr).not.toContain(pair);
  });

  test("asks a person for one sheet after the other, shows nothing that is typed, and names what is misread", async () => {
    await using screen: PersonsTerminal = openTerminalOn(process.execPath, [PROGRAM, "org", "combine"], {
      columns: 140,
      rows: 60,
      env: { TOCSIN_HOME: at("acme"), TOCSIN_NO_AUTOSTART: "1" },
    });
    const asked = async (what: string): Promise<void> =>
      expect.poll(() => screen.text().trimEnd().split("\n").at(-1), patience).toContain(what);
    const sheets = await Promise.all([4, 2, 1].map(async (number) => wordsOf(sheet(number))));
    for (const [index, words] of sheets.entries()) {
      await expect
        .poll(() => screen.text(), patience)
        .toContain(index === 0 ? "or one share" : `Type share ${index + 1}`);
      await asked("Words from 1 on");
      if (index === 1) {
        screen.type("zoo zooo\r");
        await expect.poll(() => screen.text(), patience).toContain("Of these 2, word 2 is not in the list");
        await asked("Words from 1 on");
      }
      screen.type(`${words.slice(0, 20).join(" ")}\r`);
      await asked("Words from 21 on");
      screen.type(`${words.slice(20).join(" ")}\r`);
    }
    await expect.poll(() => screen.exit(), patience).toMatchObject({ code: 0 });
    await expect.poll(() => screen.text(), patience).toContain("✓ the key of");
    expect(screen.text()).toContain((await readFile(at("acme.words"), "utf8")).trim().split(" ").slice(0, 5).join(" "));
    expect(screen.raw()).not.toContain(sheets[0]?.slice(0, 3).join(" "));
  });
});

describe("org lock", () => {
  const hasSeed = async (): Promise<boolean> => (await openVault(at("acme/vault"), passphrase)).orgSeed !== undefined;

  test("refuses words of another organisation and too few shares: the vault stays as it was", async () => {
    const before = await readFile(at("acme/vault"));
    for (const files of [[at("initech.words")], [sheet(1), sheet(2)]]) {
      expect(await run([...unlocked("lock"), ...from(...files)])).toMatchObject({ code: 65, stdout: "" });
    }
    expect(await readFile(at("acme/vault"))).toEqual(before);
    expect(await hasSeed()).toBe(true);
  });

  test("takes the key out of the vault once it was read back, and a daemon still runs on what is left", async () => {
    const made = await run([...unlocked("lock"), ...from(sheet(3), sheet(4), sheet(5))]);
    expect(made.json()).toMatchObject({ schema: "tocsin.org/1", org: "acme", orgKeyInVault: false });
    expect(await hasSeed()).toBe(false);
    expect((await run(unlocked("show"))).json()).toMatchObject({ orgKeyInVault: false });

    const split = await run([...unlocked("split", "--shares", "2", "--needed", "2"), "--out-dir", at("none")]);
    expect(split).toMatchObject({ code: 64, stdout: "" });
    const again = await run([
      "org",
      "split",
      "--shares",
      "2",
      "--needed",
      "2",
      "--out-dir",
      at("again"),
      ...from(sheet(1), sheet(2), sheet(3)),
    ]);
    expect(again.code).toBe(0);

    const started = await run(["daemon", "start", "--passphrase-file", at("passphrase")]);
    expect(started.code).toBe(0);
    expect((await run(["status"])).json()).toMatchObject({ org: "acme" });
    expect((await run(["daemon", "stop"])).code).toBe(0);
  });
});
