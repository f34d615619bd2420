// Where everything stands for a terminal of some size: one pane below 100 columns, two from 100, three from 116.
// Pure geometry in cells; nothing is ever taller or wider than the terminal.

import type { Overlay } from "./overlay.ts";
import { pinned } from "./alerts.ts";
import { openedItem } from "./chosen.ts";
import { MIN_COLUMNS, MIN_ROWS, THREE_PANES, TWO_PANES, type Pane, type Screen } from "./screen.ts";

export type PlacedPane = { readonly pane: Pane; readonly width: number };
export type Layout = {
  readonly panes: readonly PlacedPane[];
  /** Rows of each pane, its box included. */
  readonly height: number;
  /** Panes stand in boxes and feed entries take two rows. */
  readonly wide: boolean;
  /** How many alerts are pinned; above a single pane, below several. */
  readonly pins: number;
};

const CIRCLES_WIDTH = 22;
const FEED_SHARE = 0.54;
const CROWDING: ReadonlySet<Overlay["kind"]> = new Set<Overlay["kind"]>(["compose", "review", "verify"]);

/** Whether the terminal is too small for any layout. */
export function tooSmall({ columns, rows }: Screen): boolean {
  return columns < MIN_COLUMNS || rows < MIN_ROWS;
}

/** The layout of the screen at its size. */
export function layoutOf(screen: Screen): Layout {
  const wide = screen.columns >= TWO_PANES && !screen.zoomed;
  // The board lists them itself; who writes needs the room.
  const isCrowded = screen.view === "acks" || screen.overlays.some(({ kind }) => CROWDING.has(kind));
  const waiting = isCrowded ? 0 : pinned(screen).length;
  const pins = Math.min(waiting, screen.rows >= 30 ? 3 : screen.rows >= 22 ? 2 : 1);
  // Header and rule above a single pane; rule, position, hints and notice below it. Wide: header, tabs, rule, hints, notice.
  const around = (wide ? 5 : 6) + (pins === 0 ? 0 : pins + 1);
  return { panes: panesOf(screen), height: screen.rows - around, wide, pins };
}

/** Rows between header and footer. */
export function bodyHeight(screen: Screen): number {
  return layoutOf(screen).height;
}

function panesOf({ columns, focus, zoomed }: Screen): PlacedPane[] {
  if (columns < TWO_PANES || zoomed) return [{ pane: focus, width: columns }];
  if (columns < THREE_PANES && focus === "circles") {
    return [
      { pane: "circles", width: 2 * CIRCLES_WIDTH },
      { pane: "feed", width: columns - 2 * CIRCLES_WIDTH },
    ];
  }
  const side = columns < THREE_PANES ? 0 : CIRCLES_WIDTH;
  const feed = Math.round((columns - side) * FEED_SHARE);
  const pair: PlacedPane[] = [
    { pane: "feed", width: feed },
    { pane: "detail", width: columns - side - feed },
  ];
  return side === 0 ? pair : [{ pane: "circles", width: side }, ...pair];
}

/** Size of the inside of a pane, or undefined while it is not on the screen. */
export function insideOf(screen: Screen, pane: Pane): { readonly width: number; readonly height: number } | undefined {
  const { panes, height, wide } = layoutOf(screen);
  if (pane === "detail" && openedItem(screen) !== undefined) return { width: screen.columns - 2, height: height - 2 };
  if (screen.view !== "feed") return undefined;
  const placed = panes.find((one) => one.pane === pane);
  const edge = wide ? 2 : 0;
  return placed && { width: placed.width - edge, height: height - edge };
}

/** How many entries of the feed are sure to be in view; one row is kept for the line between unread and read. */
export function feedPage(screen: Screen): number {
  const { height, wide } = layoutOf(screen);
  const inner = height - (wide ? 2 : 0);
  return Math.max(1, Math.floor((inner - 1) / (wide ? 2 : 1)));
}
