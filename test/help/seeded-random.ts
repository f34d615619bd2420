// Randomness that a seed repeats: SHA-256 of the seed and a counter.

import { concat, u32, utf8 } from "../../src/base/bytes.ts";
import { sha256 } from "../../src/base/digest.ts";
import type { Random } from "../../src/base/random.ts";

/** The same seed gives the same bytes in the same order of calls. */
export function seededRandom(seed: string): Random {
  let counter = 0;
  return (length) => {
    const blocks = Array.from({ length: Math.ceil(length / 32) }, () => sha256(utf8(seed), u32(counter++)));
    return concat(...blocks).slice(0, length);
  };
}
