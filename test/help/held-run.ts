// Posts of a script under a token that holds them, while the daemon is killed and started again and a person decides about them: what
// became of each.

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Home } from "./home.ts";

type HeldRow = { readonly id: string; readonly title: string };
export type Fates = {
  readonly posts: number;
  readonly restarts: number;
  readonly held: readonly string[];
  readonly released: readonly string[];
  readonly rejected: readonly string[];
};

/** Makes a machine seat with a token of 0600 in a file, and answers the file. */
export async function scriptToken(home: Home, name: string, ...scope: readonly string[]): Promise<string> {
  await home.ok(["seat", "add", name, "--machine"]);
  const { token } = await home.ok(["token", "add", name, ...scope]);
  const file = join(home.folder, "..", `${name}.token`);
  await writeFile(file, `${String(token)}\n`, { mode: 0o600 });
  return file;
}

/**
 * A script posts `posts` sightings under keys of their own and repeats each until it is answered; meanwhile the owner releases every
 * third, rejects every third, and the daemon is killed `restarts` times.
 */
export async function heldRun(
  home: Home,
  { posts, restarts, tokenFile }: { readonly posts: number; readonly restarts: number; readonly tokenFile: string },
): Promise<Fates> {
  const titles = Array.from({ length: posts }, (_, number) => `held ${String(number).padStart(4, "0")}`);
  const perRun = Math.ceil(posts / (restarts + 1));
  const [released, rejected] = [new Set<string>(), new Set<string>()];
  const env = { TOCSIN_TOKEN_FILE: tokenFile };
  const batchOf = (from: number): string =>
    titles
      .slice(from, from + perRun)
      .map((title) => JSON.stringify({ title, alert_id: title }))
      .join("\n");
  const importAll = async (from: number): Promise<number | null> =>
    (await home.run(["import", "-", "--format", "ndjson", "--key-field", "alert_id"], batchOf(from), env)).code;
  const decide = async (): Promise<void> => {
    const listed = await home.run(["outbox", "list", "--json"]);
    if (listed.code !== 0) return;
    const { release } = listed.json() as unknown as { release: readonly HeldRow[] };
    const byFate = Map.groupBy(release, ({ title }) => Number(title.slice(-4)) % 3);
    const idsOf = (fate: number): readonly string[] => (byFate.get(fate) ?? []).slice(0, 20).map(({ id }) => id);
    const read = async (words: readonly string[], into: Set<string>): Promise<void> => {
      const ran = await home.run([...words, "--ndjson"]);
      const told = ran.stdout
        .trim()
        .split("\n")
        .filter((line) => line !== "");
      for (const line of told) {
        const { held } = JSON.parse(line) as { held: string };
        into.add(release.find(({ id }) => id === held)?.title ?? "");
      }
    };
    if (idsOf(1).length > 0) await read(["outbox", "release", ...idsOf(1)], released);
    if (idsOf(2).length > 0) await read(["outbox", "reject", "--reason", "noise", ...idsOf(2)], rejected);
  };
  for (let run = 0; run <= restarts; run++) {
    const from = run * perRun;
    // Killed in the middle of both: what is answered is durable, what is not is asked again.
    const working = [importAll(from), decide()];
    if (run < restarts) {
      await kill(home);
      await Promise.allSettled(working);
      await home.start();
    }
    await Promise.allSettled(working);
    await importAll(from);
    await decide();
  }
  const { release } = (await home.ok(["outbox", "list"])) as unknown as { release: readonly HeldRow[] };
  return {
    ...{ posts, restarts, held: release.map(({ title }) => title) },
    ...{ released: [...released].toSorted(byText), rejected: [...rejected].toSorted(byText) },
  };
}

/** SIGKILL, and until nobody answers; outside of the test runner too. */
async function kill(home: Home): Promise<void> {
  process.kill(await home.pid(), "SIGKILL");
  for (let code: number | null = 0; code !== 69; code = (await home.run(["daemon", "status"])).code) continue;
}

/** Titles of all items in the feed, one for each time that it is there. */
export async function titlesIn(home: Home): Promise<readonly string[]> {
  const titles: string[] = [];
  for (let before: readonly string[] = []; ;) {
    const page = (await home.ok(["feed", "--limit", "1000", ...before])) as {
      items: { title: string | null; cursor: string }[];
    };
    titles.push(...page.items.flatMap(({ title }) => title ?? []));
    const last = page.items.at(-1);
    if (page.items.length < 1_000 || !last) return titles.toSorted(byText);
    before = ["--before", last.cursor];
  }
}

/** What contradicts that each post is held, released or rejected, and exactly one of these. */
export function faultsOf(fates: Fates, inFeed: readonly string[]): readonly string[] {
  const [held, feed] = [new Set(fates.held), new Set(inFeed)];
  const faults: string[] = [];
  if (feed.size !== inFeed.length) faults.push("something was posted twice");
  if (held.size !== fates.held.length) faults.push("something is held twice");
  for (let number = 0; number < fates.posts; number++) {
    const title = `held ${String(number).padStart(4, "0")}`;
    const isRejected = !held.has(title) && !feed.has(title);
    if (held.has(title) && feed.has(title)) faults.push(`${title} is held and posted`);
    if (fates.released.includes(title) && !feed.has(title)) faults.push(`${title} was released and is not posted`);
    if (fates.rejected.includes(title) && !isRejected) faults.push(`${title} was rejected and is there`);
    // A kill may keep the word of a decision back, never what was decided about others.
    if (isRejected && number % 3 !== 2) faults.push(`${title} is nowhere and nobody rejected it`);
    if (feed.has(title) && number % 3 !== 1) faults.push(`${title} is posted and nobody released it`);
  }
  return faults;
}

const byText = (left: string, right: string): number => (left < right ? -1 : 1);
