// What a view over the whole width is: its rows, how many can be chosen, its keys, and what it asks of the daemon. And the shape
// that most of them share: a table with the chosen row in view, and below a rule more about that row.

import type { Effect, Keymap } from "../events.ts";
import { fill, rule, textRow, type Row } from "../rows.ts";
import type { Screen } from "../screen.ts";

export type Size = { readonly width: number; readonly height: number };

export type ViewSpec = {
  /** In the upper edge of its box. */
  readonly title: (screen: Screen) => string;
  /** Exactly `size.height` rows of `size.width` cells. */
  readonly rows: (screen: Screen, size: Size) => Row[];
  /** How many rows can be chosen. */
  readonly count: (screen: Screen) => number;
  readonly keys: Keymap;
  readonly hints: readonly string[];
  /** What it shows that no snapshot brings: asked when it opens and when something changed. */
  readonly fetch?: (screen: Screen) => readonly Effect[];
};

export type Table = {
  readonly head: Row;
  /** One row of the list; asked only of those in view. */
  readonly row: (at: number) => Row;
  readonly count: number;
  readonly chosen: number;
  /** The word in the rule above `below`. */
  readonly word: string;
  readonly below: readonly Row[];
};

/** A table over its detail, which takes what it needs of the lower half. */
export function tableRows({ head, row, count, chosen, word, below }: Table, size: Size): Row[] {
  const { width, height } = size;
  const under = below.length === 0 ? 0 : Math.min(below.length + 1, Math.max(3, Math.floor((height - 1) / 2)));
  const room = Math.max(1, height - 1 - under);
  const first = Math.max(0, Math.min(chosen - Math.floor(room / 2), count - room));
  const list = Array.from({ length: Math.min(room, count - first) }, (_, at) => row(first + at));
  const above = fill([head, ...list], { width, height: height - under });
  return fill(under === 0 ? above : [...above, rule(width, word), ...below], size);
}

/** What stands in the place of an empty table. */
export function emptyRows(lines: readonly string[], size: Size): Row[] {
  return fill(
    lines.map((line) => textRow(size.width, ` ${line}`)),
    size,
  );
}
