// Paints rows, by the look of the screen (`look.ts`). It must never decide what a row says or how wide it is.

import { Box, Text } from "ink";
import { createContext, memo, useContext, type ReactNode } from "react";
import { drawn, type Look, paintOf, USUAL_LOOK } from "./look.ts";
import { lowerEdge, upperEdge, type Row, type Segment } from "./rows.ts";

/** Theme and glyphs of the whole screen. */
export const LookContext = createContext(USUAL_LOOK);

/**
 * Rows below each other, each exactly one terminal row. They are one text: every text of its own is a node that Ink lays out and
 * measures, and a screen of rows would be hundreds of them.
 */
export const Lines = memo(function Lines({ rows }: { readonly rows: readonly Row[] }): ReactNode {
  const look = useContext(LookContext);
  return (
    <Box flexShrink={0} height={rows.length}>
      <Text wrap="truncate">{rows.map((row, at) => painted(look, row, at))}</Text>
    </Box>
  );
}, isSame);

/** Panes are laid out anew with every event, and most of them say what they said before. */
function isSame(
  { rows: before }: { readonly rows: readonly Row[] },
  { rows }: { readonly rows: readonly Row[] },
): boolean {
  const isEqual = (left: Row = [], right: Row = []): boolean =>
    left.length === right.length &&
    left.every(({ text, tone }, at) => text === right[at]?.text && tone === right[at].tone);
  return before.length === rows.length && before.every((row, at) => isEqual(row, rows[at]));
}

/** The pieces of a row in their colours; what stands in a place of the screen is that place: they have no other identity. */
function painted(look: Look, row: Row, at: number): ReactNode[] {
  const pieces = joined(row).map(({ text, tone }, index) => (
    // oxlint-disable-next-line react/no-array-index-key
    <Text key={`${at}.${index}`} {...paintOf(look, tone)}>
      {drawn(look, text)}
    </Text>
  ));
  return at === 0 ? pieces : ["\n", ...pieces];
}

type Edge = { readonly title: string; readonly note: string; readonly focused: boolean };

/**
 * Rows in a box, two cells wider and two rows taller than they are. Its sides stand apart from the rows: measuring
 * a row of plain ASCII is many times cheaper than one with a box character at its ends.
 */
export function Boxed({ rows, width, edge }: { rows: readonly Row[]; width: number; edge: Edge }): ReactNode {
  const tone = edge.focused ? "bold" : "plain";
  const look = useContext(LookContext);
  const side = Array.from({ length: rows.length }, () => drawn(look, "│")).join("\n");
  return (
    <Box flexDirection="column" flexShrink={0}>
      <Lines rows={[upperEdge(width, edge.title, tone)]} />
      <Box flexShrink={0} height={rows.length}>
        <Text {...paintOf(look, "plain")}>{side}</Text>
        <Lines rows={rows} />
        <Text {...paintOf(look, "plain")}>{side}</Text>
      </Box>
      <Lines rows={[lowerEdge(width, edge.note, tone)]} />
    </Box>
  );
}

/** Neighbours of one tone as one text: every text is a node that Ink lays out and measures. */
function joined(row: Row): Segment[] {
  const pieces: Segment[] = [];
  for (const { text, tone } of row) {
    const last = pieces.at(-1);
    if (last?.tone === tone) pieces[pieces.length - 1] = { text: last.text + text, tone };
    else if (text !== "") pieces.push({ text, tone });
  }
  return pieces;
}
