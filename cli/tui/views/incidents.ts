// The incidents of every circle, the newest first, and of the chosen one what was decided and linked.

import type { ItemDocument } from "../../../src/api/documents.ts";
import { tlpLabel } from "../../../src/record/marking.ts";
import { wrap } from "../cells.ts";
import { type Stepped, told } from "../events.ts";
import { openOver } from "../reading.ts";
import { cell, fitRow, piece, textRow, type Row, type Tone } from "../rows.ts";
import type { Screen } from "../screen.ts";
import { openLine } from "../forms/line.ts";
import { coldText, headline, orgWord, shortId, shortTime, trustMark } from "../words.ts";
import { emptyRows, type Size, tableRows, type ViewSpec } from "./view.ts";

export const INCIDENTS: ViewSpec = {
  title: ({ incidents }) => {
    const open = incidents.filter(({ incident }) => incident?.status !== "closed").length;
    return `Incidents · ${incidents.length} · ${open} not closed`;
  },
  rows: incidentRows,
  count: ({ incidents }) => incidents.length,
  keys: {
    enter: (screen) => openOver(screen, screen.incidents[screen.row]),
    w: onChosen((id) => `incident update ${id} `),
    l: onChosen((id) => `incident link ${id} `),
    x: onChosen((id) => `incident close ${id} `),
  },
  hints: ["j/k move", "Enter open", "w update", "l link", "x close", "r reply", "1 feed"],
};

function onChosen(words: (id: string) => string): (screen: Screen) => Stepped {
  return (screen) => {
    const chosen = screen.incidents[screen.row];
    return chosen ? openLine(screen, { kind: "command" }, words(shortId(chosen.id))) : told(screen, "no incident");
  };
}

function incidentRows(screen: Screen, size: Size): Row[] {
  const { width } = size;
  const { incidents, row: chosen } = screen;
  const item = incidents[chosen];
  if (!item) return emptyRows(["No incident is open.", ": incident open TITLE opens one."], size);
  const head = columns(width, { mark: "  ", id: "INCID", said: "TITLE", from: "FROM", status: "STATUS" }, "bold");
  const row = (at: number): Row => {
    const one = incidents[at];
    if (!one) return textRow(width, "");
    const mark = `${at === chosen ? "›" : " "}${screen.unread.has(one.id) ? "●" : " "}`;
    const status = `${one.incident?.status ?? ""} ${one.incident?.updates.length ?? 0} upd`;
    const from = `${orgWord(one)} ${trustMark(screen, one)}`;
    const tone = at === chosen ? "bold" : "plain";
    return columns(width, { mark, id: shortId(one.id), said: headline(one), from, status }, tone);
  };
  const below = updateRows(screen, item, width);
  return tableRows({ head, row, count: incidents.length, chosen, word: shortId(item.id), below }, size);
}

type Cells = Readonly<Record<"mark" | "id" | "said" | "from" | "status", string>>;

function columns(width: number, { mark, id, said, from, status }: Cells, tone: Tone): Row {
  const rest = Math.max(0, width - (2 + 9 + 1 + 12 + 18));
  return fitRow(width, [
    piece(mark, tone),
    cell(id, 9, tone),
    cell(said, rest, tone),
    piece(" "),
    cell(from, 12, tone),
    cell(status, 18, tone),
  ]);
}

/** Its marking, the records that belong to it, then its updates, the newest first. */
function updateRows(screen: Screen, item: ItemDocument, width: number): Row[] {
  const { severity = "", updates = [], links = [] } = item.incident ?? {};
  const told = updates.toReversed().map(({ org, seat, at, text, status, decision, links: linked }) => {
    const facts = [
      status === null ? "" : status.toUpperCase(),
      decision ? "DECIDED" : "",
      linked.length === 0 ? "" : `links ${linked.map(shortId).join(" ")}`,
    ].filter((fact) => fact !== "");
    return [`${shortTime(at, screen.now)} ${org}/${seat}`, ...facts, coldText(item, text ?? "")].join("  ");
  });
  return [
    fitRow(width, [piece(" "), piece(tlpLabel(item.tlp), item.tlp), piece(` in ${item.circle.name} · ${severity}`)]),
    ...(links.length === 0 ? [] : [textRow(width, ` ${links.length} linked: ${links.map(shortId).join(" ")}`)]),
    ...told.flatMap((line) => wrap(line, width - 2)).map((line) => textRow(width, ` ${line}`)),
  ];
}
