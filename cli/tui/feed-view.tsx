// The feed of the open circle: one row an item where there is one pane, two rows where there is room. Only the items in
// view are laid out.

import type { ReactNode } from "react";
import type { ItemDocument } from "../../src/api/documents.ts";
import { tlpLabel } from "../../src/record/marking.ts";
import { Boxed, Lines } from "./lines.tsx";
import { cell, fill, fitRow, piece, rule, textRow, type Row, type Tone } from "./rows.ts";
import { acksGiven, acksNeeded, waitsForUs } from "./alerts.ts";
import { boundary, listed, type Screen } from "./screen.ts";
import { headline, kindWord, orgWord, shortTime, timeLeft, trustMark } from "./words.ts";

type Size = { readonly width: number; readonly height: number };

const TLP_CELLS = 16;

/** The feed pane; in a box where several panes stand side by side. */
export function FeedView({ screen, size, boxed }: { screen: Screen; size: Size; boxed: boolean }): ReactNode {
  if (!boxed) return <Lines rows={feedRows(screen, size, 1)} />;
  const circle = screen.circles.find(({ id }) => id === screen.circle);
  const filter = screen.unreadOnly ? " · unread only" : "";
  const title = circle ? `${circle.name} · ${screen.items.length}${more(screen)}${filter}` : "no circle";
  const edge = { title, note: screen.top > 0 ? newer(screen) : "", focused: screen.focus === "feed" };
  const rows = feedRows(screen, { width: size.width - 2, height: size.height - 2 }, 2);
  return <Boxed rows={rows} width={size.width} edge={edge} />;
}

/** `+` where there are older items than those that are here. */
export function more({ older }: Screen): string {
  return older === null ? "" : "+";
}

/** `▲ 2 newer above`: how many items stand above the first one in view. */
export function newer(screen: Screen): string {
  return `▲ ${screen.top} newer above`;
}

/** Exactly `size.height` rows of the feed from its first visible item on. */
export function feedRows(screen: Screen, size: Size, rowsPerItem: 1 | 2): Row[] {
  const items = listed(screen);
  if (items.length === 0) return fill(emptyRows(screen, size.width), size);
  const read = boundary(screen, items);
  const rows: Row[] = [];
  for (let at = screen.top; at < items.length && rows.length < size.height; at++) {
    const item = items[at];
    if (item === undefined) break;
    if (at === read && at > screen.top) rows.push(rule(size.width, "unread above · read below"));
    rows.push(...(rowsPerItem === 1 ? shortEntry(screen, item, size.width) : longEntry(screen, item, size.width)));
  }
  return fill(rows, size);
}

function shortEntry(screen: Screen, item: ItemDocument, width: number): Row[] {
  const { pointer, mark, tone } = marks(screen, item);
  return [
    fitRow(
      width,
      [
        piece(pointer + mark, tone),
        piece(`${shortTime(item.at, screen.now)} ${kindWord(item).padEnd(6)}`, tone),
        cell(tlpLabel(item.tlp), TLP_CELLS, item.tlp),
        piece(" "),
        ...who(screen, item),
        piece(" "),
        piece(headline(item), tone),
      ],
      [piece(count(screen, item))],
    ),
  ];
}

function longEntry(screen: Screen, item: ItemDocument, width: number): Row[] {
  const { pointer, mark, tone } = marks(screen, item);
  const left = waitsForUs(screen, item) ? timeLeft(item, screen.now) : "";
  const head = [
    piece(pointer + mark, tone),
    piece(` ${shortTime(item.at, screen.now)} ${kindWord(item).padEnd(7)}`, tone),
    cell(tlpLabel(item.tlp), TLP_CELLS, item.tlp),
    piece(" "),
    ...who(screen, item),
  ];
  return [
    fitRow(width, head, [piece(count(screen, item))]),
    fitRow(
      width,
      [piece(pointer, tone), piece(`  ${headline(item)}`, tone)],
      left === "" ? [] : [piece(` ${left} left`)],
    ),
  ];
}

function marks(screen: Screen, item: ItemDocument): { pointer: string; mark: string; tone: Tone } {
  const selected = item.id === screen.selected;
  const mark = waitsForUs(screen, item) ? "▲" : screen.unread.has(item.id) ? "●" : " ";
  return { pointer: selected ? "›" : " ", mark, tone: selected ? "bold" : "plain" };
}

/** Org and trust mark, or org and `[auto]` for what a script posted; ten cells. */
function who(screen: Screen, item: ItemDocument): Row {
  if (item.auto) return [cell(orgWord(item), 4), piece("[auto]")];
  return [cell(orgWord(item), 9), piece(trustMark(screen, item))];
}

/** `2/6` acknowledged, or `×3` orgs that saw it. */
function count(screen: Screen, item: ItemDocument): string {
  if (item.alert !== undefined) {
    return ` ${acksGiven(item.alert)}/${acksNeeded(screen, item)}`;
  }
  return item.sawToo.length === 0 ? "" : ` ×${item.sawToo.length + 1}`;
}

function emptyRows(screen: Screen, width: number): Row[] {
  if (screen.circles.length === 0) {
    return [
      textRow(width, " No circle yet."),
      textRow(width, " : circle create NAME   makes one      (outside: tocsin circle create NAME)"),
      textRow(width, " J   joins one with a ticket"),
    ];
  }
  if (screen.unreadOnly) return [textRow(width, " Nothing is unread. u shows everything.")];
  const alone = (screen.circles.find(({ id }) => id === screen.circle)?.members ?? 1) <= 1;
  if (alone) return [textRow(width, " Only you here."), textRow(width, " 3 then i invites your first peer")];
  return [textRow(width, " Nothing was posted here yet."), textRow(width, " c writes the first sighting")];
}
