// Real public inputs lie beside a developer's checkout and are never part of the project: a test that wants one
// asks here, and uses data of the same shape that it makes itself where there is none.

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The path of a real input such as `stix21/amnesty-pegasus.stix2.json`; undefined in a clone that has none. */
export function sharedData(path: string): string | undefined {
  const file = fileURLToPath(new URL(`../../../shared/data/${path}`, import.meta.url));
  return existsSync(file) ? file : undefined;
}
