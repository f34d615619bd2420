// Which item the keys are about: the one that is open, the chosen row of a view, the selection of the feed. Pure.

import type { ItemDocument, ShowDocument } from "../../src/api/documents.ts";
import { board, pinned, waitsForUs } from "./alerts.ts";
import { type CircleRow, type Screen, TWO_PANES } from "./screen.ts";

export function ackTarget(screen: Screen): ItemDocument | undefined {
  const free = (item: ItemDocument): boolean =>
    !screen.sending.some(({ id, draft }) => id === item.id && draft.kind === "ack");
  const chosen = subject(screen);
  if (chosen && waitsForUs(screen, chosen)) return free(chosen) ? chosen : undefined;
  return screen.view === "feed" && screen.overlays.length === 0 ? pinned(screen).find(free) : undefined;
}

export function subject(screen: Screen): ItemDocument | undefined {
  const open = openedItem(screen);
  if (open !== undefined) return itemOf(screen, open);
  if (screen.view === "feed") return screen.items.find(({ id }) => id === screen.selected);
  return itemsOf(screen)[screen.row];
}

export function itemsOf(screen: Screen): readonly ItemDocument[] {
  switch (screen.view) {
    case "acks":
      return board(screen);
    case "asks":
      return screen.asks;
    case "incidents":
      return screen.incidents;
    case "search":
      return screen.found?.items ?? [];
    default:
      return [];
  }
}

export function circleHere(screen: Screen): CircleRow | undefined {
  return screen.circles.find(({ id }) => id === screen.circle);
}

export function openedItem({ overlays }: Screen): string | undefined {
  const open = overlays.findLast(({ kind }) => kind === "item");
  return open?.kind === "item" ? open.id : undefined;
}

export function itemOf(screen: Screen, id: string | undefined): (ItemDocument & Partial<ShowDocument>) | undefined {
  if (id === undefined) return undefined;
  if (screen.detail?.id === id) return screen.detail;
  const { items, alerts, asks, incidents, found } = screen;
  return [items, alerts, asks, incidents, found?.items ?? []].flat().find((item) => item.id === id);
}

export function detailId(screen: Screen): string | undefined {
  const open = openedItem(screen);
  if (open !== undefined) return open;
  if (screen.view !== "feed") return undefined;
  return screen.focus === "detail" || screen.columns >= TWO_PANES ? screen.selected : undefined;
}
