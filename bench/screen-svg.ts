// A terminal's cells as one SVG text that a page can show as a picture. Pure, the same for the same cells; it must never hold
// a script or name anything outside itself, and no column may depend on which font the reader has.

import type { Cell, Colour } from "../test/help/cells.ts";

const CELL_WIDTH = 9;
/** No higher than the glyphs of any of the fonts below, or upright lines would have gaps. */
const CELL_HEIGHT = 17;
const FONT_SIZE = 15;
/** From the upper edge of a row to the line that its letters stand on. */
const BASELINE = 13;
const MARGIN = 12;
const TITLE_BAR = 32;
const FONTS =
  "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', 'Courier New', monospace";
const PAPER = "#101418";
const INK = "#d3dae3";
const EDGE = "#303a46";
const TITLE_INK = "#8b98a8";

/** The sixteen named colours as xterm has them. */
const NAMED = [
  ...["#000000", "#cd0000", "#00cd00", "#cdcd00", "#0000ee", "#cd00cd", "#00cdcd", "#e5e5e5"],
  ...["#7f7f7f", "#ff0000", "#00ff00", "#ffff00", "#5c5cff", "#ff00ff", "#00ffff", "#ffffff"],
] as const;
/** Where the cube of 6 x 6 x 6 colours starts in the palette, and the greys behind it. */
const CUBE = 16;
const GREYS = 232;

type Run = { readonly at: number; readonly width: number; readonly text: string; readonly style: Style };
type Style = { readonly ink: string; readonly bold: boolean };
type Stripe = { readonly at: number; readonly width: number; readonly paper: string };
type Placed = { readonly at: number; readonly cell: Cell };

/** One picture: a window with its title, and in it every cell at its place. `label` tells it to who cannot see it. */
export function screenSvg(
  rows: readonly (readonly Cell[])[],
  { title, label }: { readonly title: string; readonly label: string },
): string {
  const columns = Math.max(0, ...rows.map((row) => row.reduce((sum, { width }) => sum + width, 0)));
  const width = columns * CELL_WIDTH + 2 * MARGIN;
  const height = rows.length * CELL_HEIGHT + TITLE_BAR + 2 * MARGIN;
  const placed = rows.map((row, index) => ({ top: TITLE_BAR + MARGIN + index * CELL_HEIGHT, cells: place(row) }));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(label)}">`,
    `<title>${escaped(title)}</title>`,
    `<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="9" fill="${PAPER}" stroke="${EDGE}"/>`,
    `<path d="M1 ${TITLE_BAR}.5H${width - 1}" stroke="${EDGE}"/>`,
    ...[20, 38, 56].map((x) => `<circle cx="${x}" cy="${TITLE_BAR / 2}" r="5.5" fill="${EDGE}"/>`),
    `<g font-family="${FONTS}" font-size="${FONT_SIZE}" fill="${INK}">`,
    `<text x="${width / 2}" y="21" font-size="13" text-anchor="middle" fill="${TITLE_INK}">${escaped(title)}</text>`,
    // All that is behind letters first: a row must not cover what hangs down into it.
    ...placed.flatMap(({ top, cells }) => stripes(cells).map((stripe) => stripeSvg(stripe, top))),
    ...placed.flatMap(({ top, cells }) => runs(cells).map((run) => runSvg(run, top + BASELINE))),
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}

/** A colour as SVG writes it, by xterm's palette; `otherwise` where it is the terminal's own. */
export function colourHex(colour: Colour, otherwise: string): string {
  if (colour === "default") return otherwise;
  if (typeof colour === "string") return colour;
  if (colour >= GREYS) return hex([8, 8, 8].map((base) => base + 10 * (colour - GREYS)));
  if (colour < CUBE) return NAMED[colour] ?? otherwise;
  const at = colour - CUBE;
  const levels = [Math.floor(at / 36), Math.floor(at / 6) % 6, at % 6];
  return hex(levels.map((level) => (level === 0 ? 0 : 55 + 40 * level)));
}

function hex(parts: readonly number[]): string {
  return `#${parts.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

function place(row: readonly Cell[]): Placed[] {
  let at = 0;
  return row.map((cell) => {
    const placed = { at, cell };
    at += cell.width;
    return placed;
  });
}

/** What the cell is painted with; inverse swaps the two, the terminal's own included. */
function paint({ foreground, background, inverse }: Cell): { readonly ink: string; readonly paper: string } {
  const [ink, paper] = [colourHex(foreground, INK), colourHex(background, PAPER)];
  return inverse ? { ink: paper, paper: ink } : { ink, paper };
}

/** Neighbours of one background as one; what has the window's own needs none. */
function stripes(row: readonly Placed[]): Stripe[] {
  const found: Stripe[] = [];
  for (const { at, cell } of row) {
    const { paper } = paint(cell);
    const last = found.at(-1);
    if (paper === PAPER) continue;
    if (last?.paper === paper && last.at + last.width === at)
      found[found.length - 1] = { ...last, width: last.width + cell.width };
    else found.push({ at, width: cell.width, paper });
  }
  return found;
}

/**
 * Neighbours of one style as one text. Two blanks end it, so that what stands in columns is placed by column; so does a
 * sign outside of the Latin alphabets, which may come from another font with other widths.
 */
function runs(row: readonly Placed[]): Run[] {
  const found: Run[] = [];
  for (const { at, cell } of row) {
    const { text, width, bold } = cell;
    if (text.trim() === "") continue;
    const style: Style = { ink: paint(cell).ink, bold };
    const last = found.at(-1);
    const gap = last ? at - last.at - last.width : 0;
    if (last && joins(last, { text, style, gap }))
      found[found.length - 1] = { ...last, width: last.width + gap + width, text: last.text + " ".repeat(gap) + text };
    else found.push({ at, width, text, style });
  }
  return found;
}

function joins(last: Run, { text, style, gap }: { text: string; style: Style; gap: number }): boolean {
  if (last.style.ink !== style.ink || last.style.bold !== style.bold) return false;
  return isLatin(last.text) ? isLatin(text) && gap <= 1 : last.text.endsWith(text) && gap === 0;
}

function isLatin(text: string): boolean {
  return /^[\u0020-\u024F]+$/.test(text);
}

function stripeSvg({ at, width, paper }: Stripe, top: number): string {
  return `<rect x="${left(at)}" y="${top}" width="${width * CELL_WIDTH}" height="${CELL_HEIGHT}" fill="${paper}"/>`;
}

/** Letters are moved apart to fill their columns; signs are stretched, so that lines made of them have no gaps. */
function runSvg({ at, width, text, style }: Run, baseline: number): string {
  const attributes = [
    `x="${left(at)}" y="${baseline}" textLength="${width * CELL_WIDTH}"`,
    ...(isLatin(text) ? [] : [`lengthAdjust="spacingAndGlyphs"`]),
    ...(style.ink === INK ? [] : [`fill="${style.ink}"`]),
    ...(style.bold ? [`font-weight="700"`] : []),
  ];
  return `<text ${attributes.join(" ")}>${escaped(text)}</text>`;
}

function left(at: number): number {
  return MARGIN + at * CELL_WIDTH;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
