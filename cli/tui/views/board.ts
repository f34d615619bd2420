// The board of the alerts that wait for somebody: who is asked until when, who has acknowledged and who has not, over every circle.

import type { ItemDocument } from "../../../src/api/documents.ts";
import { tlpLabel } from "../../../src/record/marking.ts";
import { wrap } from "../cells.ts";
import { ifItMay, type Stepped, still, told } from "../events.ts";
import { openLine } from "../forms/line.ts";
import { goTo } from "../reading.ts";
import { cell, fitRow, piece, textRow, type Row, type Tone } from "../rows.ts";
import { acksGiven, acksNeeded, board, isOverdue, missing, waitsForUs } from "../alerts.ts";
import { type Screen } from "../screen.ts";
import { headline, orgWord, shortId, shortTime, span, trustMark } from "../words.ts";
import { emptyRows, type Size, tableRows, type ViewSpec } from "./view.ts";

const BAR_CELLS = 6;
/** From so many columns on there is room for the names of those who are missing. */
const NAMES_FROM = 76;

export const BOARD: ViewSpec = {
  title: (screen) => {
    const alerts = board(screen);
    const overdue = alerts.filter((item) => isOverdue(item, screen.now)).length;
    return `Ack board · ${alerts.length} open · ${overdue} overdue`;
  },
  rows: boardRows,
  count: (screen) => board(screen).length,
  keys: { enter: openAlert, w: nudge, e: exportProof },
  hints: ["j/k move", "a ack", "A ack + note", "w remind", "e evidence", "Enter open", "1 feed"],
};

/** The alerts around the chosen one, and below a rule who said what to that one. */
export function boardRows(screen: Screen, size: Size): Row[] {
  const { width } = size;
  const alerts = board(screen);
  const chosen = alerts[screen.row];
  if (!chosen) return emptyRows(["Nobody is waited for: every alert has its acknowledgements."], size);
  const row = (at: number): Row => {
    const item = alerts[at];
    return item ? alertRow(screen, item, { width, chosen: at === screen.row }) : textRow(width, "");
  };
  const word = shortId(chosen.id);
  const below = detailRows(screen, chosen, width);
  return tableRows({ head: headRow(width), row, count: alerts.length, chosen: screen.row, word, below }, size);
}

/** Goes to the chosen alert in the feed of its circle, which is loaded first where it is another one. */
function openAlert(screen: Screen): Stepped {
  const chosen = board(screen)[screen.row];
  return chosen ? goTo(screen, chosen) : still(screen);
}

/** Signed evidence of who acknowledged when, written by a command that names its file. */
function exportProof(screen: Screen): Stepped {
  const chosen = board(screen)[screen.row];
  if (!chosen) return told(screen, "no alert is chosen");
  return openLine(screen, { kind: "command" }, `acks ${shortId(chosen.id)} --export ${shortId(chosen.id)}.evidence`);
}

function nudge(screen: Screen): Stepped {
  const chosen = board(screen)[screen.row];
  if (!chosen) return told(screen, "no alert waits for anybody");
  return ifItMay(screen, () => ({ screen, effects: [{ kind: "nudge", id: chosen.id }] }));
}

function headRow(width: number): Row {
  return columns(width, {
    mark: "  ",
    id: "ALERT",
    title: "TITLE",
    from: "FROM",
    due: "DUE",
    acks: "ACKED",
    names: "MISSING",
    tone: "bold",
  });
}

function alertRow(
  screen: Screen,
  item: ItemDocument,
  { width, chosen }: { readonly width: number; readonly chosen: boolean },
): Row {
  const mark = waitsForUs(screen, item) ? "▲" : isOverdue(item, screen.now) ? "!" : " ";
  const given = item.alert ? acksGiven(item.alert) : 0;
  const needed = acksNeeded(screen, item);
  const full = needed === 0 ? 0 : Math.min(BAR_CELLS, Math.round((BAR_CELLS * given) / needed));
  return columns(width, {
    mark: `${chosen ? "›" : " "}${mark}`,
    id: shortId(item.id),
    title: headline(item),
    from: `${orgWord(item)} ${trustMark(screen, item)}`,
    due: dueWord(item, screen.now),
    acks: `${"█".repeat(full)}${"░".repeat(BAR_CELLS - full)} ${given}/${needed}`,
    names: missing(screen, item).join(" "),
    tone: chosen ? "bold" : "plain",
  });
}

type Cells = Readonly<Record<"mark" | "id" | "title" | "from" | "due" | "acks" | "names", string>> & {
  readonly tone: Tone;
};

/** One row of the table: what is fixed keeps its width, title and names share the rest. */
function columns(width: number, { mark, id, title, from, due, acks, names, tone }: Cells): Row {
  const fixed = 2 + 9 + 12 + 7 + 13;
  const rest = Math.max(0, width - fixed);
  const forNames = width >= NAMES_FROM ? Math.floor(rest * 0.4) : 0;
  const head = [
    piece(mark, tone),
    cell(id, 9, tone),
    cell(title, rest - forNames - 1, tone),
    piece(" "),
    cell(from, 12, tone),
  ];
  return fitRow(width, [...head, cell(due, 7, tone), cell(acks, 13, tone), cell(names, forNames, tone)]);
}

/** `27m` left, `-12m` over, `-` where no time was named. */
function dueWord({ alert }: ItemDocument, now: number): string {
  if (alert?.ackBy == null) return "-";
  const left = Date.parse(alert.ackBy) - now;
  return left < 0 ? `-${span(-left)}` : span(left);
}

/** Its marking and circle, who is missing, then the acknowledgements, newest first. */
function detailRows(screen: Screen, item: ItemDocument, width: number): Row[] {
  const waiting = missing(screen, item);
  const names = waiting.length === 0 ? "nobody is missing" : `missing: ${waiting.join(", ")}`;
  const acks = (item.alert?.acks ?? []).toReversed().map(({ org, seat, at, note }) => {
    const said = note === null ? "" : ` "${note}"`;
    return `${org}/${seat} ${shortTime(at, screen.now)}${said}`;
  });
  const lines = [names, ...acks].flatMap((line) => wrap(line, width - 2));
  return [
    fitRow(width, [piece(" "), piece(tlpLabel(item.tlp), item.tlp), piece(` in ${item.circle.name}`)]),
    ...lines.map((line) => textRow(width, ` ${line}`)),
  ];
}
