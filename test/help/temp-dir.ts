// A folder of one test's own, gone when the test ends.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type TempDir = {
  readonly path: string;
  /** The path of a name in it. */
  readonly at: (name: string) => string;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
};

/** Makes the folder; `await using` it. */
export async function tempDir(): Promise<TempDir> {
  const path = await mkdtemp(join(tmpdir(), "tocsin-test-"));
  return {
    path,
    at: (name) => join(path, name),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}
