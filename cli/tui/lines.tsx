// Paints rows, by the look of the screen (`look.ts`). It must never decide what a row says or how wide it is.

import { Box, Text } from "ink";
import { createContext, useContext, type ReactNode } from "react";
import { drawn, paintOf, USUAL_LOOK } from "./look.ts";
import { lowerEdge, upperEdge, type Row, type Segment } from "./rows.ts";

/** Theme and glyphs of the whole screen. */
export const LookContext = createContext(USUAL_LOOK);

/** Rows below each other, each exactly one terminal row; a fixed height keeps Yoga from squeezing them. */
export function Lines({ rows }: { readonly rows: readonly Row[] }): ReactNode {
  return (
    <Box flexDirection="column" flexShrink={0} height={rows.length}>
      {rows.map((row, index) => (
        // What stands in a place of the screen is that place: rows have no other identity.
        // oxlint-disable-next-line react/no-array-index-key
        <Line key={index} row={row} />
      ))}
    </Box>
  );
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
      <Line row={upperEdge(width, edge.title, tone)} />
      <Box flexShrink={0} height={rows.length}>
        <Text {...paintOf(look, "plain")}>{side}</Text>
        <Lines rows={rows} />
        <Text {...paintOf(look, "plain")}>{side}</Text>
      </Box>
      <Line row={lowerEdge(width, edge.note, tone)} />
    </Box>
  );
}

function Line({ row }: { readonly row: Row }): ReactNode {
  const look = useContext(LookContext);
  return (
    <Box height={1} flexShrink={0}>
      {joined(row).map(({ text, tone }, index) => (
        // oxlint-disable-next-line react/no-array-index-key
        <Text key={index} wrap="truncate" {...paintOf(look, tone)}>
          {drawn(look, text)}
        </Text>
      ))}
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
