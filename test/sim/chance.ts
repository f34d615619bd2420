// Everything a run leaves to chance, drawn from one seed: the same seed draws the same in the same order.

import { utf8 } from "../../src/base/bytes.ts";
import { sha256 } from "../../src/base/digest.ts";

export type Chance = {
  /** Uniform in [0, 1). */
  readonly next: () => number;
  /** Uniform among the whole numbers from `least` to `most`, both inclusive. */
  readonly int: (least: number, most: number) => number;
  readonly maybe: (probability: number) => boolean;
  /** One of a list, or undefined where it is empty. */
  readonly pick: <T>(list: readonly T[]) => T | undefined;
  /** The list in another order. */
  readonly shuffled: <T>(list: readonly T[]) => readonly T[];
  /** One row of a table by its weight; the table is not empty. */
  readonly weighted: <T extends { readonly weight: number }>(table: readonly T[]) => T;
};

/** Chance of its own for every name (sfc32, seeded by SHA-256 of the name). */
export function chanceOf(name: string): Chance {
  const seed = new DataView(sha256(utf8(name)).buffer.slice(0, 32));
  let [a, b, c, counter] = [seed.getUint32(0), seed.getUint32(4), seed.getUint32(8), seed.getUint32(12)];
  const draw = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 2 ** 32;
  };
  const chance: Chance = {
    next: draw,
    int: (least, most) => least + Math.floor(draw() * (most - least + 1)),
    maybe: (probability) => draw() < probability,
    pick: (list) => list[Math.floor(draw() * list.length)],
    shuffled: (list) =>
      list
        .map((one) => ({ one, at: draw() }))
        .sort((left, right) => left.at - right.at)
        .map(({ one }) => one),
    weighted: (table) => {
      let left = draw() * table.reduce((sum, { weight }) => sum + weight, 0);
      const row = table.find(({ weight }) => (left -= weight) < 0) ?? table.at(-1);
      if (!row) throw new Error("a table without rows");
      return row;
    },
  };
  return chance;
}
