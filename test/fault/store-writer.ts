// A process that writes to a store until it is killed ("forever") or until no space is left ("space"); the faults
// of store.test.ts happen to it.

import { execFileSync } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { TocsinError } from "../../src/base/errors.ts";
import type { Store } from "../../src/store/store.ts";
import { openLevelStore } from "../help/level-store.ts";
import { penIn, someCircle, typicalSighting } from "../help/records.ts";

export const BATCH = 7;

/** What became of a store on a full disk; every field is what it should be but for the counts. */
export type SpaceStory = {
  readonly refusal: string;
  readonly lengthBefore: number;
  readonly lengthAfterRefusal: number;
  readonly readableAfterRefusal: number;
  readonly lengthAfterSpace: number;
  readonly itemsAfterRestart: number;
};

/** Bounds the size of every file that this process writes, in bytes. */
function limitFiles(bytes: string): void {
  execFileSync("prlimit", ["--pid", String(process.pid), `--fsize=${bytes}:unlimited`]);
}

async function main(path: string, mode: string, means: string): Promise<void> {
  const pen = penIn(someCircle());
  const store = await openLevelStore(path);
  const length = async (of: Store): Promise<number> => (await of.lanes(pen.circle))[0]?.length ?? 0;
  const batch = (from: number): Parameters<Store["commit"]>[0] => ({
    circle: pen.circle,
    records: Array.from({ length: BATCH }, (_, n) => pen.says(typicalSighting(from + n))),
    row: { id: pen.circle, name: "Nordic banks", lane: pen.lane, state: "current", joinedAt: from },
  });
  if (mode === "forever") {
    for (let from = 0; ; from += BATCH) {
      await store.commit(batch(from));
      process.stdout.write(`${from + BATCH}\n`);
    }
  }

  const ballast = join(path, "..", "ballast");
  if (means === "file size limit") limitFiles("300000");
  else await writeFile(ballast, new Uint8Array(6 * 1024 * 1024));
  let refusal = "none";
  let refused = batch(0);
  let lengthBefore = 0;
  for (let from = 0; refusal === "none" && from < 20_000; from += BATCH) {
    lengthBefore = await length(store);
    try {
      await store.commit(refused);
      refused = batch(from + BATCH);
    } catch (cause) {
      refusal = cause instanceof TocsinError ? cause.code : String(cause);
    }
  }
  // And once more: the refusal is not a wound that opens another.
  await store.commit(refused).then(
    () => (refusal = "none the second time"),
    () => undefined,
  );
  const lengthAfterRefusal = await length(store);
  const readableAfterRefusal = (await Array.fromAsync(store.feed({ limit: 20_000 }))).length;
  if (means === "file size limit") limitFiles("unlimited");
  else await rm(ballast);
  await store.commit(refused);
  const lengthAfterSpace = await length(store);
  await store[Symbol.asyncDispose]();
  await using again = await openLevelStore(path);
  const itemsAfterRestart = (await again.after(0, 20_000)).length;
  const story: SpaceStory = {
    refusal,
    lengthBefore,
    lengthAfterRefusal,
    readableAfterRefusal,
    lengthAfterSpace,
    itemsAfterRestart,
  };
  process.stdout.write(JSON.stringify(story));
}

const [, script, path, mode, means] = process.argv;
if (script === import.meta.filename && path !== undefined) await main(path, mode ?? "", means ?? "");
