// The views by their names and digits, beside the feed, which has panes of its own.

import type { Effect } from "../events.ts";
import type { Screen, View } from "../screen.ts";
import { ASKS } from "./asks.ts";
import { BOARD } from "./board.ts";
import { HELD } from "./held.ts";
import { INCIDENTS } from "./incidents.ts";
import { MEMBERS } from "./members.ts";
import { SEARCH } from "./search.ts";
import { TIMELINE } from "./timeline.ts";
import type { ViewSpec } from "./view.ts";

export const VIEWS: Readonly<Record<Exclude<View, "feed">, ViewSpec>> = {
  acks: BOARD,
  circles: MEMBERS,
  asks: ASKS,
  search: SEARCH,
  timeline: TIMELINE,
  held: HELD,
  incidents: INCIDENTS,
};

/** In the order of their digits. */
export const TABS: readonly { readonly view: View; readonly word: string }[] = [
  { view: "feed", word: "Feed" },
  { view: "acks", word: "Acks" },
  { view: "circles", word: "Circles" },
  { view: "asks", word: "Asks" },
  { view: "search", word: "Search" },
  { view: "timeline", word: "Timeline" },
  { view: "held", word: "Held" },
  { view: "incidents", word: "Incidents" },
];

/** The view of the screen, undefined for the feed. */
export function viewOf({ view }: Screen): ViewSpec | undefined {
  return view === "feed" ? undefined : VIEWS[view];
}

/** How many rows can be chosen. */
export function rowsOf(screen: Screen): number {
  return viewOf(screen)?.count(screen) ?? 0;
}

/** What the view asks for beside a snapshot. */
export function fetchView(screen: Screen): readonly Effect[] {
  return viewOf(screen)?.fetch?.(screen) ?? [];
}
