// Four homes on which canaries are said, and everything that comes out of them, kept with the place where it came out.

import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import type { Tlp } from "../../src/record/marking.ts";
import { type Canary, freshWord } from "./canaries.ts";
import { Home } from "./home.ts";
import type { Ran } from "./run-cli.ts";

/** acme says most of it; borealis reads it; cygnus is in another circle of acme's; delta was removed half-way. */
export const ORGS = ["acme", "borealis", "cygnus", "delta"] as const;
export type Org = (typeof ORGS)[number];

/** Something that came out: the place as the table of the test calls it, and what a failure calls it. */
export type Output<P extends string> = {
  readonly place: P;
  readonly at: Org;
  readonly name: string;
  readonly bytes: Uint8Array;
};

/** How the words of a command tell where its standard output belongs; the first that fits. */
export type PlacesOfCommands<P extends string> = readonly (readonly [RegExp, P])[];

type Planted = Partial<Pick<Canary, "sort" | "tlp" | "by">> & { readonly readers?: readonly Org[] };
type RunOptions<P extends string> = {
  readonly input?: string;
  /** 0 if left out. */
  readonly exit?: number;
  readonly place?: P;
  readonly env?: Readonly<Record<string, string>>;
};

export class LeakStage<P extends string> implements AsyncDisposable {
  readonly folder: string;
  readonly canaries: Canary[] = [];
  readonly outputs: Output<P>[] = [];
  private readonly homes: ReadonlyMap<Org, Home>;
  private readonly placeOf: PlacesOfCommands<P>;
  private readonly talk: { readonly done: P; readonly failed: P };

  private constructor(
    folder: string,
    homes: ReadonlyMap<Org, Home>,
    places: { readonly of: PlacesOfCommands<P>; readonly talk: { readonly done: P; readonly failed: P } },
  ) {
    this.folder = folder;
    this.homes = homes;
    this.placeOf = places.of;
    this.talk = places.talk;
  }

  /** Four homes with taps, none started yet. `talk`: the places of standard error. */
  static async make<P extends string>(
    folder: string,
    places: { readonly of: PlacesOfCommands<P>; readonly talk: { readonly done: P; readonly failed: P } },
  ): Promise<LeakStage<P>> {
    const made = ORGS.map(async (org) => [org, await Home.make(folder, org, { tapped: true })] as const);
    return new LeakStage(folder, new Map(await Promise.all(made)), places);
  }

  home(org: Org): Home {
    const home = this.homes.get(org);
    if (!home) throw new Error("every org has a home");
    return home;
  }

  at(name: string): string {
    return join(this.folder, name);
  }

  /** A fresh canary: words of acme's to be read by acme and borealis, unless said otherwise. */
  word(what: string, planted: Planted = {}): string {
    const text = freshWord();
    this.canaries.push({
      ...{ what, text, sort: "words", tlp: "clear", by: "acme", readers: ["acme", "borealis"] },
      ...planted,
    });
    return text;
  }

  /** A secret that the homes made themselves: it may stand nowhere. */
  secret(what: string, text: string): void {
    this.canaries.push({ what, text, sort: "secret", tlp: "red", by: "", readers: [] });
  }

  /** Runs a command to its end, keeps what it wrote, and answers it. */
  async run(org: Org, words: readonly string[], options: RunOptions<P> = {}): Promise<Ran> {
    const { input, exit = 0, env } = options;
    const ran = await this.home(org).run(words, input, env);
    const name = this.masked(words.join(" "));
    const stderr = this.masked(ran.stderr);
    expect({ org, name, code: ran.code, stderr: ran.code === exit ? "" : stderr }).toEqual({
      ...{ org, name, code: exit, stderr: "" },
    });
    const place = options.place ?? this.placeOf.find(([pattern]) => pattern.test(words.join(" ")))?.[1];
    if (place === undefined) throw new Error(`what ${name} writes has no place in the table`);
    this.outputs.push({ place, at: org, name, bytes: Buffer.from(ran.stdout) });
    const talk = exit === 0 || ran.stdout !== "" ? this.talk.done : this.talk.failed;
    this.outputs.push({ place: talk, at: org, name, bytes: Buffer.from(ran.stderr) });
    return ran;
  }

  /** As `run`, with --json; answers the document. */
  async ok(org: Org, words: readonly string[], options: RunOptions<P> = {}): Promise<Record<string, unknown>> {
    return (await this.run(org, [...words, "--json"], options)).json();
  }

  /** Posts, and answers the id once everybody who should read it can. */
  async says(org: Org, words: readonly string[]): Promise<string> {
    return String((await this.ok(org, [...words, "--wait", "decrypted", "--timeout", "30s"]))["id"]);
  }

  keep(place: P, at: Org, name: string, bytes: Uint8Array): void {
    this.outputs.push({ place, at, name, bytes });
  }

  /** Keeps every file of a home as it is now, and all that crossed its wire. */
  async keepFiles(org: Org, when: string, placeOf: (path: string) => P): Promise<void> {
    const { folder } = this.home(org);
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      const name = path.slice(folder.length + 1);
      // Databases and logs put files away when they like.
      const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
        if (cause.code === "ENOENT") return undefined;
        throw cause;
      });
      if (bytes) this.keep(placeOf(name), org, `${name} ${when}`, bytes);
    }
  }

  /** Other settings for a home, before it starts. */
  async set(org: Org, settings: object): Promise<void> {
    const path = join(this.home(org).folder, "node.json");
    const before = JSON.parse(await readFile(path, "utf8")) as object;
    await writeFile(path, JSON.stringify({ ...before, ...settings }), { mode: 0o600 });
  }

  /** A text with every canary by its name. */
  masked(text: string): string {
    return this.canaries.reduce((masked, { text: word, what }) => masked.replaceAll(word, `<${what}>`), text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.homes.values()].map(async (home) => home[Symbol.asyncDispose]()));
  }
}
