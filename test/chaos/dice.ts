// Chance from a seed, for cuts, paths and who posts when.

import { seededRandom } from "../help/seeded-random.ts";

export type Dice = {
  /** From 0 to below 1. */
  readonly fraction: () => number;
  /** A whole number from 0 to below the limit. */
  readonly below: (limit: number) => number;
  readonly between: (from: number, to: number) => number;
  readonly one: <const T>(choices: readonly [T, ...T[]]) => T;
};

/** The same seed throws the same numbers in the same order of calls. */
export function diceFrom(seed: string): Dice {
  const random = seededRandom(seed);
  const fraction = (): number => new DataView(random(4).buffer).getUint32(0) / 2 ** 32;
  const below = (limit: number): number => Math.floor(fraction() * limit);
  return {
    fraction,
    below,
    between: (from, to) => from + fraction() * (to - from),
    one: (choices) => choices[below(choices.length)] ?? choices[0],
  };
}
