// Which item the keys are about: the one that is open, the chosen row of a view, the selection of the feed. Pure.

import type { ItemDocument, ShowDocument } from "../../src/api/documents.ts";
import { board, pinned, waitsForUs } from "./alerts.ts";
import { type CircleRow, type Screen, TWO_PANES } from "./screen.ts";

/** What `a` would acknowledge now: what is chosen where it waits for us, else, in the feed, the first pinned alert. */
export function ackTarget(screen: Screen): ItemDocument | undefined {
  const free = (item: ItemDocument): boolean =>
    !screen.sending.some(({ id, draft }) => id === item.id && draft.kind === "ack");
  const chosen = subject(screen);
  if (chosen && waitsForUs(screen, chosen)) return free(chosen) ? chosen : undefined;
  return screen.view === "feed" && screen.overlays.length === 0 ? pinned(screen).find(free) : undefined;
}

/** The item that keys are about: the one that is open, else the chosen row of the view. */
export function subject(screen: Screen): ItemDocument | undefined {
  const open = openedItem(screen);
  if (open !== undefined) return itemOf(screen, open);
  if (screen.view === "feed") return screen.items.find(({ id }) => id === screen.selected);
  return itemsOf(screen)[screen.row];
}

/** The items that the view lists, one a row; the feed has its own list. */
export function itemsOf(screen: Screen): readonly ItemDocument[] {
  const { view, asks, incidents, found } = screen;
  if (view === "acks") return board(screen);
  if (view === "asks") return asks;
  if (view === "incidents") return incidents;
  return view === "search" ? (found?.items ?? []) : [];
}

/** The circle on the screen. */
export function circleHere(screen: Screen): CircleRow | undefined {
  return screen.circles.find(({ id }) => id === screen.circle);
}

/** The item that stands open over a view, if any. */
export function openedItem({ overlays }: Screen): string | undefined {
  const open = overlays.findLast(({ kind }) => kind === "item");
  return open?.kind === "item" ? open.id : undefined;
}

/** An item as it is known best: as it was shown, else as one of the lists has it. */
export function itemOf(screen: Screen, id: string | undefined): (ItemDocument & Partial<ShowDocument>) | undefined {
  if (id === undefined) return undefined;
  if (screen.detail?.id === id) return screen.detail;
  const { items, alerts, asks, incidents, found } = screen;
  return [items, alerts, asks, incidents, found?.items ?? []].flat().find((item) => item.id === id);
}

/** The item whose detail is on the screen (or would be, where there is room for it), if any. */
export function detailId(screen: Screen): string | undefined {
  const open = openedItem(screen);
  if (open !== undefined) return open;
  if (screen.view !== "feed") return undefined;
  return screen.focus === "detail" || screen.columns >= TWO_PANES ? screen.selected : undefined;
}
