// Four homes on which canaries are said, and everything that comes out of them, kept with the place where it came out.

import { once } from "node:events";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { type Canary, freshWord } from "./canaries.ts";
import { Home } from "./home.ts";
import { type Ran, spawnCli, tocsin } from "./run-cli.ts";

/** acme says most of it; borealis reads it; cygnus is in another circle of acme's; delta was removed half-way. */
export const ORGS = ["acme", "borealis", "cygnus", "delta"] as const;
export type Org = (typeof ORGS)[number];

/** Where something can come out. */
export type Place =
  | "the wire"
  | "the files of a home"
  | "the settings of a home"
  | "the log"
  | "the metrics"
  | "a bundle for members"
  | "an error"
  | "talk beside an answer"
  | "the answer to a post"
  | "the answer to a post under a key"
  | "a rehearsal"
  | "an invitation"
  | "a list for programs"
  | "a list that was followed"
  | "a reading"
  | "a reading by a seat of the wide circle"
  | "a board"
  | "what is kept under a hold"
  | "what waits for release"
  | "the node's own lists"
  | "the trail"
  | "evidence of own words"
  | "evidence of the words of others"
  | "evidence without words"
  | "a notice"
  | "what a hook is told"
  | "what a hook up to GREEN is told";

/** Where the standard output of a command belongs that is given no place; the first that fits. */
const COMMANDS: readonly (readonly [RegExp, Place])[] = [
  [/^daemon logs/, "the log"],
  [/^(?:daemon|org|bundle)\b/, "talk beside an answer"],
  [/^(?:post|alert|ask|saw|reply|ack|answer|note|vuln|msg|amend|retract|relay|widen|import)\b/, "the answer to a post"],
  [/^incident (?:open|update)/, "the answer to a post"],
  [/^invite create/, "an invitation"],
  [/^(?:seat|token|outbox|audit|doctor)\b/, "the node's own lists"],
  [/^(?:feed|search|tail)\b(?!.*--max-tlp)/, "a list for programs"],
  [/^acks/, "a board"],
  [/^/, "a reading"],
];

/** Something that came out; `name` is what a failure calls it. */
export type Output = {
  readonly place: Place;
  readonly at: Org;
  readonly name: string;
  readonly bytes: Uint8Array;
};

/** A canary as it is planted: words of acme's for acme and borealis, unless said otherwise. */
export type Planted = Partial<Pick<Canary, "sort" | "tlp">> & { readonly by?: Org; readonly readers?: readonly Org[] };

type Asked = {
  readonly input?: string;
  /** 0 if left out. */
  readonly exit?: number | "any";
  readonly place?: Place;
  /** Where standard error belongs; by the exit code if left out. */
  readonly talk?: Place;
};

const LATE_MS = 40_000;
const STEP_MS = 200;

export class LeakStage implements AsyncDisposable {
  readonly canaries: Canary[] = [];
  readonly outputs: Output[] = [];
  private readonly folder: string;
  private readonly homes: ReadonlyMap<Org, Home>;
  private readonly ends: (() => Promise<void>)[] = [];

  private constructor(folder: string, homes: ReadonlyMap<Org, Home>) {
    this.folder = folder;
    this.homes = homes;
  }

  /** Four homes whose wires are tapped, none started yet. */
  static async make(folder: string): Promise<LeakStage> {
    const made = ORGS.map(async (org) => [org, await Home.make(folder, org, { tapped: true })] as const);
    return new LeakStage(folder, new Map(await Promise.all(made)));
  }

  home(org: Org): Home {
    const home = this.homes.get(org);
    if (!home) throw new Error("every org has a home");
    return home;
  }

  /** The path of a file outside of every home. */
  at(name: string): string {
    return join(this.folder, name);
  }

  /** A fresh canary. */
  word(what: string, planted: Planted = {}): string {
    const text = freshWord();
    const common = { sort: "words", tlp: "clear", by: "acme", readers: ["acme", "borealis"] } as const;
    this.canaries.push({ what, text, ...common, ...planted });
    return text;
  }

  /** Something secret that the homes made themselves. */
  secret(what: string, text: string, readers: readonly Org[] = []): void {
    this.canaries.push({ what, text, sort: "secret", tlp: "red", by: "", readers });
  }

  /** From now on that is what a canary is: what was said was withdrawn, sent at last, or carried on. */
  becomes(text: string, planted: Planted): void {
    const at = this.canaries.findIndex((canary) => canary.text === text);
    const canary = this.canaries[at];
    if (!canary) throw new Error("no such canary");
    this.canaries[at] = { ...canary, ...planted };
  }

  /** Runs a command to its end, keeps what it wrote, and answers it. */
  async run(org: Org, words: readonly string[], asked: Asked = {}): Promise<Ran> {
    const ran = await this.home(org).run(words, asked.input);
    return this.kept(org, words, { ...asked, ran });
  }

  /** The same, as somebody without a circle, a key or a daemon. */
  async runNowhere(org: Org, words: readonly string[], asked: Asked = {}): Promise<Ran> {
    return this.kept(org, words, { ...asked, ran: await tocsin(words, { home: this.at("nobody") }) });
  }

  /** As `run`, with --json; answers the document. */
  async ok(org: Org, words: readonly string[], asked: Asked = {}): Promise<Record<string, unknown>> {
    return (await this.run(org, [...words, "--json"], asked)).json();
  }

  /** Posts, and answers the id once everybody who may read it can. */
  async says(org: Org, words: readonly string[], asked: Asked = {}): Promise<string> {
    return String((await this.ok(org, [...words, "--wait", "decrypted", "--timeout", "40s"], asked))["id"]);
  }

  /** Returns once that holds. */
  async until(what: string, holds: () => Promise<boolean>): Promise<void> {
    const late = AbortSignal.timeout(LATE_MS);
    while (!(await holds())) {
      if (late.aborted) throw new Error(`it did not happen that ${what}`);
      await systemClock.wait(STEP_MS);
    }
  }

  /** Follows a command until the stage is left; what it wrote is kept then. Answers what it wrote so far. */
  follow(
    org: Org,
    words: readonly string[],
    place: Place,
  ): { readonly out: () => string; readonly talk: () => string } {
    const child = spawnCli(words, { home: this.home(org).folder });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
    const closed = once(child, "close");
    this.ends.push(async () => {
      child.kill("SIGINT");
      await closed;
      this.keep(place, org, words.join(" "), Buffer.from(stdout));
      this.keep("talk beside an answer", org, words.join(" "), Buffer.from(stderr));
    });
    return { out: () => stdout, talk: () => stderr };
  }

  async endFollowing(): Promise<void> {
    await Promise.all(this.ends.splice(0).map(async (end) => end()));
  }

  keep(place: Place, at: Org, name: string, bytes: Uint8Array): void {
    this.outputs.push({ place, at, name: this.masked(name), bytes });
  }

  async keepFile(place: Place, at: Org, path: string): Promise<void> {
    this.keep(place, at, path.slice(this.folder.length + 1), await readFile(path));
  }

  /** Keeps every file of a home as it is now. */
  async keepHome(org: Org, when: string): Promise<void> {
    const { folder } = this.home(org);
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      const name = path.slice(folder.length + 1);
      // Databases put files away when they like.
      const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
        if (cause.code === "ENOENT") return undefined;
        throw cause;
      });
      const place = name === "node.json" ? "the settings of a home" : "the files of a home";
      if (bytes) this.keep(name.startsWith("daemon.log") ? "the log" : place, org, `${name} ${when}`, bytes);
    }
  }

  /** Keeps all that crossed the wires until now. */
  keepWires(): void {
    for (const org of ORGS) {
      const { tap } = this.home(org);
      if (tap) this.keep("the wire", org, "its connections", tap.captured());
    }
  }

  /** Other settings for a home, before it starts. */
  async set(org: Org, settings: object): Promise<void> {
    const path = join(this.home(org).folder, "node.json");
    const before = JSON.parse(await readFile(path, "utf8")) as object;
    await writeFile(path, JSON.stringify({ ...before, ...settings }), { mode: 0o600 });
  }

  /** The words that run a program which puts what it is told below each other in a file. */
  async recorder(out: string, ...more: readonly string[]): Promise<readonly string[]> {
    const script = this.at("record.mjs");
    const text =
      'import { appendFileSync, readFileSync } from "node:fs"; appendFileSync(process.argv[2], readFileSync(0));';
    await mkdir(this.folder, { recursive: true });
    await writeFile(script, text);
    await writeFile(out, "");
    return [process.execPath, script, out, ...more];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.endFollowing();
    await Promise.all([...this.homes.values()].map(async (home) => home[Symbol.asyncDispose]()));
  }

  private kept(org: Org, words: readonly string[], { ran, exit = 0, place, talk }: Asked & { readonly ran: Ran }): Ran {
    const name = this.masked(words.join(" "));
    const code = exit === "any" ? ran.code : exit;
    const stderr = ran.code === code ? "" : this.masked(ran.stderr);
    expect({ org, name, code: ran.code, stderr }).toEqual({ org, name, code, stderr: "" });
    const found = COMMANDS.find(([pattern]) => pattern.test(words.join(" ")))?.[1] ?? "a reading";
    this.keep(place ?? found, org, name, Buffer.from(ran.stdout));
    this.keep(talk ?? (code === 0 ? "talk beside an answer" : "an error"), org, name, Buffer.from(ran.stderr));
    return ran;
  }

  /** A text with every canary by its name. */
  private masked(text: string): string {
    return this.canaries.reduce((masked, { text: word, what }) => masked.replaceAll(word, `<${what}>`), text);
  }
}
