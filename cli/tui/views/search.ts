// What a search of the local store found. Nothing of it leaves this machine.

import type { ItemDocument } from "../../../src/api/documents.ts";
import { tlpLabel } from "../../../src/record/marking.ts";
import { openLine } from "../forms/line.ts";
import { openOver } from "../reading.ts";
import { cell, fitRow, piece, textRow, type Row } from "../rows.ts";
import type { Screen } from "../screen.ts";
import { headline, kindWord, orgWord, shortTime, trustMark } from "../words.ts";
import { emptyRows, type Size, tableRows, type ViewSpec } from "./view.ts";

const HELP = [
  "/ asks: plain words, or ip: domain: hash: kind: from: tlp: since: and -word for without.",
  "For example: ip:203.0.113.0/24 kind:sighting since:7d -from:hooli",
  "Only what is stored here is searched; nothing leaves this machine.",
];

export const SEARCH: ViewSpec = {
  title: ({ found }) => (found ? `Search · ${found.words}` : "Search"),
  rows: foundRows,
  count: ({ found }) => found?.items.length ?? 0,
  keys: {
    enter: (screen) =>
      screen.found && screen.found.items.length > 0
        ? openOver(screen, screen.found.items[screen.row])
        : openLine(screen, { kind: "search" }, screen.found?.words ?? ""),
  },
  hints: ["/ search", "j/k move", "Enter open", "s saw it", "1 feed"],
};

function foundRows(screen: Screen, size: Size): Row[] {
  const { width } = size;
  const { found } = screen;
  if (!found) return emptyRows(HELP, size);
  const { items, tookMs } = found;
  const hits = `${items.length} ${items.length === 1 ? "hit" : "hits"} in ${Math.round(tookMs)} ms`;
  if (items.length === 0) return emptyRows([hits, ...HELP], size);
  const row = (at: number): Row => {
    const item = items[at];
    return item ? hitRow(screen, item, { width, chosen: at === screen.row }) : textRow(width, "");
  };
  const head = textRow(width, ` ${hits} · local store only, nothing left this machine`, "bold");
  return tableRows({ head, row, count: items.length, chosen: screen.row, word: "", below: [] }, size);
}

function hitRow(screen: Screen, item: ItemDocument, { width, chosen }: { width: number; chosen: boolean }): Row {
  const tone = chosen ? "bold" : "plain";
  const name = width >= 100 ? 14 : 0;
  return fitRow(
    width,
    [
      piece(`${chosen ? "›" : " "}${screen.unread.has(item.id) ? "●" : " "}`, tone),
      piece(`${shortTime(item.at, screen.now)} ${kindWord(item).padEnd(6)}`, tone),
      cell(tlpLabel(item.tlp), 16, item.tlp),
      piece(" "),
      cell(orgWord(item), 9, tone),
      piece(`${trustMark(screen, item)} `),
      cell(item.circle.name, name),
      piece(headline(item), tone),
    ],
    item.sawToo.length === 0 ? [] : [piece(` ×${item.sawToo.length + 1}`)],
  );
}
