// The whole screen from its state: header, panes, footer. It holds no state and takes no keys.

import { Box } from "ink";
import type { ReactNode } from "react";
import { wrap } from "./cells.ts";
import { BoardView } from "./board-view.tsx";
import { CirclesView } from "./circles-view.tsx";
import { DetailView } from "./detail-view.tsx";
import { FeedView } from "./feed-view.tsx";
import { HelpView } from "./help-view.tsx";
import { layoutOf, tooSmall, type PlacedPane } from "./layout.ts";
import { Lines } from "./lines.tsx";
import { textRow } from "./rows.ts";
import { MIN_COLUMNS, MIN_ROWS, type Screen } from "./screen.ts";
import { BottomBar, TopBar } from "./status-bar.tsx";

const VIEWS = { circles: CirclesView, feed: FeedView, detail: DetailView };

/** The screen, exactly `screen.rows` rows of `screen.columns` cells. */
export function App({ screen }: { readonly screen: Screen }): ReactNode {
  const { columns, rows } = screen;
  if (tooSmall(screen)) return <TooSmall screen={screen} />;
  const { panes, height, wide, pins } = layoutOf(screen);
  return (
    <Box flexDirection="column" width={columns} height={rows}>
      <TopBar screen={screen} wide={wide} pins={pins} />
      <Box height={height} flexShrink={0}>
        {screen.help ? (
          <HelpView size={{ width: columns, height }} />
        ) : screen.view === "acks" ? (
          <BoardView screen={screen} size={{ width: columns, height }} />
        ) : (
          panes.map((placed) => <Pane key={placed.pane} placed={placed} screen={screen} />)
        )}
      </Box>
      <BottomBar screen={screen} wide={wide} pins={pins} />
    </Box>
  );
}

function Pane({ placed, screen }: { readonly placed: PlacedPane; readonly screen: Screen }): ReactNode {
  const { height, wide } = layoutOf(screen);
  const View = VIEWS[placed.pane];
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
