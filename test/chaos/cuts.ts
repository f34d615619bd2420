// When which paths break, all of it from a seed before anything runs.

import type { Dice } from "./dice.ts";
import type { Between, Break } from "./proxy.ts";

export type Cut = {
  readonly atMs: number;
  readonly forMs: number;
  readonly how: Break;
  /** For people: "1-4", "3-all", "0,2|1,3". */
  readonly where: string;
  readonly between: Between;
};

const CUT_MIN_MS = 500;

/** So many cuts that begin in the first `withinMs`, sorted; none lasts longer than `longestCutMs`. Half of them hit one pair, the others a whole node or part the circle. */
export function cutsOf(
  dice: Dice,
  wanted: {
    readonly cuts: number;
    readonly nodes: number;
    readonly withinMs: number;
    readonly longestCutMs: number;
    readonly breaks: readonly [Break, ...Break[]];
  },
): readonly Cut[] {
  const cuts = Array.from({ length: wanted.cuts }, (): Cut => ({
    atMs: dice.between(0, wanted.withinMs),
    forMs: dice.between(CUT_MIN_MS, wanted.longestCutMs),
    how: dice.one(wanted.breaks),
    ...dice.one([pair, pair, pair, whole, whole, parts])(dice, wanted.nodes),
  }));
  return cuts.sort((left, right) => left.atMs - right.atMs);
}

type Where = Pick<Cut, "where" | "between">;

function pair(dice: Dice, nodes: number): Where {
  const one = dice.below(nodes);
  const other = (one + 1 + dice.below(nodes - 1)) % nodes;
  return { where: `${one}-${other}`, between: (from, to) => from === one && to === other };
}

function whole(dice: Dice, nodes: number): Where {
  const one = dice.below(nodes);
  return { where: `${one}-all`, between: (from) => from === one };
}

function parts(dice: Dice, nodes: number): Where {
  const left = new Set(Array.from({ length: nodes }, (_, node) => node).filter(() => dice.below(2) === 0));
  return { where: `${[...left].join(",")}|others`, between: (from, to) => left.has(from) && !left.has(to) };
}
