// Text measured in terminal cells, as Ink measures it: wide CJK and emoji take two. Nothing here may return a text
// that is wider than it was asked for.

import stringWidth from "string-width";

const segmenter = new Intl.Segmenter();
// Latin letters, punctuation, box drawing and our own marks take one cell each: few rows need the slow measure.
const plainPattern = /^[ -~\u00A1-\u00AC\u00AF-\u024F\u2010-\u2027\u2030-\u203A\u2500-\u257F▸▲▼●○◐✓✗↓↑]*$/u;

/** The number of cells that `text` takes. */
export function cellsOf(text: string): number {
  return plainPattern.test(text) ? text.length : stringWidth(text);
}

/** `text` cut to at most `cells`; what was cut shows as `…`. */
export function clip(text: string, cells: number): string {
  if (cells <= 0) return "";
  if (cellsOf(text) <= cells) return text;
  return `${prefix(text, cells - 1)}…`;
}

/** `text` cut or filled with spaces to exactly `cells`. */
export function fit(text: string, cells: number, side: "left" | "right" = "left"): string {
  let clipped = clip(text, cells);
  let missing = cells - cellsOf(clipped);
  // A few scripts change width when letters are joined or parted; plain marks keep the columns in place.
  if (missing < 0 || cellsOf(`${clipped} `) !== cellsOf(clipped) + 1) {
    clipped = clip(text.replaceAll(/[^ -~]/gu, "?"), cells);
    missing = cells - clipped.length;
  }
  const filling = " ".repeat(Math.max(0, missing));
  return side === "left" ? clipped + filling : filling + clipped;
}

/** `text` in lines of at most `cells`, broken at spaces where possible; its own line breaks are kept. */
export function wrap(text: string, cells: number): string[] {
  return text.split("\n").flatMap((paragraph) => wrapParagraph(paragraph, Math.max(2, cells)));
}

function wrapParagraph(paragraph: string, cells: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (let word of paragraph.split(" ")) {
    const joined = line === "" ? word : `${line} ${word}`;
    if (cellsOf(joined) <= cells) {
      line = joined;
      continue;
    }
    if (line !== "") lines.push(line);
    while (cellsOf(word) > cells) {
      const head = prefix(word, cells);
      lines.push(head);
      word = word.slice(head.length);
    }
    line = word;
  }
  return [...lines, line];
}

/** The longest start of `text` of whole characters that takes at most `cells`; never empty for a text of some. */
function prefix(text: string, cells: number): string {
  if (plainPattern.test(text)) return text.slice(0, cells);
  let taken = "";
  let used = 0;
  for (const { segment } of segmenter.segment(text)) {
    used += cellsOf(segment);
    if (used > cells) break;
    taken += segment;
  }
  return taken;
}
