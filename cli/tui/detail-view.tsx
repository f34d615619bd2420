// The detail of the selected item, scrolled by rows. What it says is in `detail-lines.ts`.

import type { ReactNode } from "react";
import { detailLines, linesBelow } from "./detail-lines.ts";
import { Boxed, Lines } from "./lines.tsx";
import { fill, textRow, type Row } from "./rows.ts";
import type { Screen } from "./screen.ts";

type Size = { readonly width: number; readonly height: number };

/** The detail pane; in a box where several panes stand side by side. */
export function DetailView({ screen, size, boxed }: { screen: Screen; size: Size; boxed: boolean }): ReactNode {
  if (!boxed) return <Lines rows={detailRows(screen, size)} />;
  const inside = { width: size.width - 2, height: size.height - 2 };
  const below = linesBelow(screen);
  const edge = { title: "detail", note: below > 0 ? `▼ ${below} more` : "", focused: screen.focus === "detail" };
  return <Boxed rows={detailRows(screen, inside)} width={size.width} edge={edge} />;
}

/** Exactly `size.height` rows of the detail. */
export function detailRows(screen: Screen, size: Size): Row[] {
  const rows = detailLines(screen, size.width);
  if (rows.length === 0) return fill([textRow(size.width, " Nothing is selected.")], size);
  return fill(rows.slice(screen.detailTop), size);
}
