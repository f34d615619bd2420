// Rows of the screen as values: text with a tone, always exactly as wide as asked for. The components only paint them,
// so every promise about width is kept (and tested) here.

import type { Tlp } from "../../src/record/marking.ts";
import { cellsOf, clip, fit } from "./cells.ts";

/** How a piece of text is painted. A tone only adds to what the text says: without colour nothing is lost. */
export type Tone = "plain" | "bold" | "warn" | Tlp;
export type Segment = { readonly text: string; readonly tone: Tone };
export type Row = readonly Segment[];

/** One piece of a row. */
export function piece(text: string, tone: Tone = "plain"): Segment {
  return { text, tone };
}

/** One piece of exactly `cells` cells. */
export function cell(text: string, cells: number, tone: Tone = "plain"): Segment {
  return { text: fit(text, cells), tone };
}

/** A row of exactly `width` cells: `left` cut where it meets `right`, spaces between them. */
export function fitRow(width: number, left: Row, right: Row = []): Row {
  const end = cut(right, width);
  const start = cut(left, width - rowCells(end));
  const gap = width - rowCells(end) - rowCells(start);
  const row = [...start, piece(" ".repeat(Math.max(0, gap))), ...end];
  // Characters may join across pieces; then the row is rebuilt as one text that holds the width.
  return cellsOf(rowText(row)) === width ? row : [piece(fit(rowText(row), width))];
}

/** A row of one text. */
export function textRow(width: number, text: string, tone: Tone = "plain"): Row {
  return fitRow(width, [piece(text, tone)]);
}

/** A rule across, with a word in it or without. */
export function rule(width: number, word = ""): Row {
  const start = word === "" ? "" : clip(`── ${word} `, width);
  return [piece(start + "─".repeat(Math.max(0, width - cellsOf(start))))];
}

/** The upper edge of a box of this width with a title in it. */
export function upperEdge(width: number, title: string, tone: Tone): Row {
  const word = title === "" ? "" : clip(`─ ${title} `, width - 2);
  return [piece(`┌${word}${"─".repeat(Math.max(0, width - 2 - cellsOf(word)))}┐`, tone)];
}

/** The lower edge of a box of this width with a note at its right end. */
export function lowerEdge(width: number, note: string, tone: Tone): Row {
  const word = note === "" ? "" : clip(` ${note} ─`, width - 2);
  return [piece(`└${"─".repeat(Math.max(0, width - 2 - cellsOf(word)))}${word}┘`, tone)];
}

/** Exactly `height` rows: `rows` cut, or filled up with empty ones. */
export function fill(rows: readonly Row[], size: { readonly width: number; readonly height: number }): Row[] {
  const kept = rows.slice(0, size.height);
  const empty: Row = [piece(" ".repeat(size.width))];
  return [...kept, ...Array.from({ length: size.height - kept.length }, () => empty)];
}

/** The text of a row without its tones. */
export function rowText(row: Row): string {
  return row.map(({ text }) => text).join("");
}

function rowCells(row: Row): number {
  return row.reduce((sum, { text }) => sum + cellsOf(text), 0);
}

function cut(row: Row, width: number): Row {
  const kept: Segment[] = [];
  let room = width;
  for (const { text, tone } of row) {
    const cells = cellsOf(text);
    kept.push(piece(cells <= room ? text : clip(text, room), tone));
    room -= cells;
    if (room < 0) break;
  }
  return kept;
}
