// How a post that is written is drawn, and where its cursor stands. Pure.

import { safeText } from "../../safe-text.ts";
import { tlpLabel } from "../../../src/record/marking.ts";
import { cellsOf, clip } from "../cells.ts";
import { type Compose, COMPOSED, type Field } from "../overlay.ts";
import { fill, fitRow, piece, textRow, type Row } from "../rows.ts";
import type { Screen } from "../screen.ts";
import { indicatorWord, shortId, span, TLP_MEANING } from "../words.ts";
import { fieldsOf, foundIn, TELLS } from "./compose.ts";
import type { Size } from "../views/view.ts";

/** Rows, and the place of the cursor in them where a text is typed. */
export type Drawn = { readonly rows: Row[]; readonly cursor?: { readonly x: number; readonly y: number } };

const LABEL_CELLS = 8;

export function composeTitle(screen: Screen, page: Compose): string {
  const circle = screen.circles.find(({ id }) => id === page.circle);
  const what =
    page.what === "reply"
      ? `REPLY to ${shortId(page.re ?? "")}`
      : `New ${page.what === "msg" ? "MESSAGE" : page.what.toUpperCase()}`;
  if (page.what === "msg") return `${what} → whom it names`;
  const others = Math.max(0, (circle?.members ?? 1) - 1);
  return `${what} → ${circle?.name ?? ""} (${others} ${others === 1 ? "other" : "others"})`;
}

/** Every field of the page; the text takes what is left and follows its cursor. */
export function composeRows(page: Compose, size: Size): Drawn {
  const { width, height } = size;
  const fields = fieldsOf(page);
  const above = fields.filter(isShort);
  const below = [
    foundRow(page, width),
    ...(fields.includes("due") ? [dueRow(page, width)] : []),
    problemRow(page, width),
  ];
  const room = Math.max(2, height - above.length - below.length);
  const body = bodyRows(page, { width, height: room });
  const rows = [...above.map((field) => fieldRow(page, field, width)), ...body.rows, ...below];
  const at = above.findIndex((field) => field === page.field);
  const cursor =
    page.field === "body" && body.cursor
      ? { x: body.cursor.x, y: above.length + body.cursor.y }
      : page.field === "title" || page.field === "to"
        ? { x: cursorIn(page[page.field], width), y: at }
        : undefined;
  return { rows: fill(rows, size), ...(cursor ? { cursor } : {}) };
}

function label(page: Compose, field: Field, word: string): Row {
  const here = page.field === field;
  return [piece(`${here ? "›" : " "}${word.padEnd(LABEL_CELLS - 1)}`, here ? "bold" : "plain")];
}

/** Fields of one row above the text. */
type ShortField = Exclude<Field, "body" | "found" | "due">;

function isShort(field: Field): field is ShortField {
  return field !== "body" && field !== "found" && field !== "due";
}

function fieldRow(page: Compose, field: ShortField, width: number): Row {
  switch (field) {
    case "kind": {
      const kinds = COMPOSED.filter((kind) => kind !== "reply");
      return fitRow(width, [
        ...label(page, field, "Kind"),
        piece(kinds.map((kind) => `${kind === page.what ? "(•)" : "( )"} ${kind}`).join(" ")),
      ]);
    }
    case "tlp": {
      const usual = page.re === undefined ? "as the circle has it" : "as strict as what it answers";
      const named = page.tlp;
      return fitRow(width, [
        ...label(page, field, "TLP"),
        ...(named === undefined ? [piece(usual)] : [piece(tlpLabel(named), named), piece(`  ${TLP_MEANING[named]}`)]),
        piece(page.field === field ? "  ←/→" : ""),
      ]);
    }
    case "to":
      return fitRow(width, [
        ...label(page, field, "To"),
        piece(
          page.to.text === "" && page.field !== field
            ? page.what === "msg" || page.tlp === "red"
              ? "! names its readers: org, org"
              : "whoever reads the circle"
            : shown(page.to, width),
        ),
      ]);
    case "title":
      return fitRow(
        width,
        [...label(page, field, "Title"), piece(shown(page.title, width))],
        [piece(width >= 70 ? ` ${page.title.text.length}/200` : "")],
      );
  }
}

/** The part of a line that its cursor is in. */
function shown(edit: Compose["title"], width: number): string {
  return windowOf(edit, width).text;
}

function cursorIn(edit: Compose["title"], width: number): number {
  return LABEL_CELLS + windowOf(edit, width).at;
}

function windowOf({ text, at }: Compose["title"], width: number): { readonly text: string; readonly at: number } {
  const room = Math.max(8, width - LABEL_CELLS - 9);
  const before = safeText(text.slice(0, at));
  const after = safeText(text.slice(at));
  let start = before;
  while (cellsOf(start) >= room) start = start.slice(Math.max(1, Math.floor(room / 2)));
  return { text: clip(start + after, room), at: cellsOf(start) };
}

function bodyRows(page: Compose, { width, height }: Size): Drawn {
  const room = Math.max(8, width - LABEL_CELLS - 1);
  const { text, at } = page.body;
  const lines: string[] = [];
  let place = { x: LABEL_CELLS, y: 0 };
  let start = 0;
  for (const line of text.split("\n")) {
    const parts = chunks(line, room);
    let from = start;
    for (const [index, part] of parts.entries()) {
      const end = from + part.length;
      const isHere = at >= from && (at < end || (at === end && index === parts.length - 1));
      if (isHere) place = { x: LABEL_CELLS + cellsOf(safeText(text.slice(from, at))), y: lines.length };
      lines.push(safeText(part));
      from = end;
    }
    start += line.length + 1;
  }
  const first = Math.max(0, Math.min(place.y - height + 1, lines.length - 1));
  const seen = lines.slice(first, first + height);
  const rows = Array.from({ length: height }, (_, index) =>
    fitRow(width, [
      ...(index === 0 ? label(page, "body", "Body") : [piece(" ".repeat(LABEL_CELLS))]),
      piece(seen[index] ?? ""),
    ]),
  );
  return { rows, cursor: { x: Math.min(place.x, width - 1), y: place.y - first } };
}

/** A line in parts that fit, cut anywhere: what is typed must not jump while a word grows. */
function chunks(line: string, cells: number): string[] {
  const parts: string[] = [];
  let part = "";
  for (const { segment } of new Intl.Segmenter().segment(line)) {
    if (cellsOf(safeText(part + segment)) > cells && part !== "") {
      parts.push(part);
      part = "";
    }
    part += segment;
  }
  return [...parts, part];
}

function dueRow(page: Compose, width: number): Row {
  const what = page.what === "alert" ? "Ack by" : "Closes";
  const when = page.due === undefined ? "no deadline" : `${span(page.due * 60_000)} from now`;
  return fitRow(width, [...label(page, "due", what), piece(`${when}${page.field === "due" ? "  ←/→" : ""}`)]);
}

/** `✓` is sent, `?` is not; the chosen one is turned round by the space bar. */
function foundRow(page: Compose, width: number): Row {
  if (!TELLS.has(page.what)) return textRow(width, "");
  const found = foundIn(page);
  const isHere = page.field === "found";
  const pieces = found.slice(isHere ? Math.max(0, page.foundAt - 1) : 0).map(({ key, indicator, taken }) => {
    const isChosen = isHere && found[page.foundAt]?.key === key;
    const word = `${taken ? "✓" : "?"} ${indicator.type} ${indicatorWord(indicator)}`;
    return piece(isChosen ? `[${word}] ` : `${word}  `, isChosen ? "bold" : "plain");
  });
  const left = found.filter(({ taken }) => !taken).length;
  const note = isHere ? "  space turns it round " : left === 0 ? "" : ` ${left} not sent `;
  return fitRow(
    width,
    [...label(page, "found", "Found"), ...(found.length === 0 ? [piece("no indicators yet")] : pieces)],
    [piece(note)],
  );
}

function problemRow({ problem, waiting }: Compose, width: number): Row {
  return problem === undefined ? textRow(width, waiting ? " …" : "") : textRow(width, ` ✗ ${problem}`, "warn");
}
