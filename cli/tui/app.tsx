// The whole screen from its state: header, panes, footer. It holds no state and takes no keys.

import { Box, useCursor } from "ink";
import type { ReactNode } from "react";
import { cellsOf, wrap } from "./cells.ts";
import { CirclesView } from "./circles-view.tsx";
import { DetailView } from "./detail-view.tsx";
import { FeedView } from "./feed-view.tsx";
import { questionOf } from "./forms/line.ts";
import { bodyOverlay, overlayRows, overlayTitle } from "./forms/overlays.ts";
import { layoutOf, tooSmall, type PlacedPane } from "./layout.ts";
import { Boxed, Lines, LookContext } from "./lines.tsx";
import { textRow, type Row } from "./rows.ts";
import { MIN_COLUMNS, MIN_ROWS, type Screen } from "./screen.ts";
import { BottomBar, TopBar } from "./status-bar.tsx";
import { type Size } from "./views/view.ts";
import { viewOf } from "./views/views.ts";

const PANES = { circles: CirclesView, feed: FeedView, detail: DetailView };
/** Rows above the body and its upper edge, where nothing is pinned. */
const ABOVE_BODY = 3;

type Place = { readonly x: number; readonly y: number };
type Whole = { readonly title: string; readonly rows: readonly Row[]; readonly cursor?: Place };

/** The screen, exactly `screen.rows` rows of `screen.columns` cells. */
export function App({ screen }: { readonly screen: Screen }): ReactNode {
  const { columns, rows } = screen;
  const { panes, height, wide, pins } = layoutOf(screen);
  const whole = wholeBody(screen, { width: columns - 2, height: height - 2 });
  useCursor().setCursorPosition(tooSmall(screen) ? undefined : cursorOf(screen, whole));
  if (tooSmall(screen)) return <TooSmall screen={screen} />;
  return (
    <LookContext.Provider value={screen.look}>
      <Box flexDirection="column" width={columns} height={rows}>
        <TopBar screen={screen} wide={wide} pins={pins} />
        <Box height={height} flexShrink={0}>
          {whole ? (
            <Boxed rows={whole.rows} width={columns} edge={{ title: whole.title, note: "", focused: true }} />
          ) : (
            panes.map((placed) => <Pane key={placed.pane} placed={placed} screen={screen} />)
          )}
        </Box>
        <BottomBar screen={screen} wide={wide} pins={pins} />
      </Box>
    </LookContext.Provider>
  );
}

/** What fills the body from edge to edge: what stands over the view, else a view; undefined for the panes of the feed. */
function wholeBody(screen: Screen, size: Size): Whole | undefined {
  if (tooSmall(screen)) return undefined;
  const overlay = bodyOverlay(screen);
  if (overlay) return { title: overlayTitle(screen, overlay), ...overlayRows(screen, overlay, size) };
  const view = viewOf(screen);
  return view && { title: view.title(screen), rows: view.rows(screen, size) };
}

/** Where text is typed: input methods draw what is composed at the cursor of the terminal. */
function cursorOf(screen: Screen, whole: Whole | undefined): Place | undefined {
  const top = screen.overlays.at(-1);
  if (top?.kind === "line") {
    const x = cellsOf(questionOf(top)) + 1 + cellsOf(top.edit.text.slice(0, top.edit.at));
    return { x: Math.min(x, screen.columns - 1), y: screen.rows - 1 };
  }
  const at = whole?.cursor;
  return at && { x: at.x + 1, y: at.y + ABOVE_BODY };
}

function Pane({ placed, screen }: { readonly placed: PlacedPane; readonly screen: Screen }): ReactNode {
  const { height, wide } = layoutOf(screen);
  const View = PANES[placed.pane];
  return (
    <Box width={placed.width} flexShrink={0}>
      <View screen={screen} size={{ width: placed.width, height }} boxed={wide} />
    </Box>
  );
}

function TooSmall({ screen: { columns, rows } }: { readonly screen: Screen }): ReactNode {
  const text = `! terminal ${columns}x${rows} is too small (need ${MIN_COLUMNS}x${MIN_ROWS}). Enlarge it, or use: tocsin feed`;
  const lines = wrap(text, columns).slice(0, rows);
  return <Lines rows={lines.map((line) => textRow(columns, line, "warn"))} />;
}
