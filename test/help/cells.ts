// What stands in each cell of a drawn terminal, with its colours: what a test or a picture looks at beyond the letters.

import type { Terminal } from "@xterm/headless";

/** The terminal's own, one of the palette of 256, or a colour of 24 bits. */
export type Colour = "default" | number | `#${string}`;

export type Cell = {
  /** Empty where nothing was ever written. */
  readonly text: string;
  /** In columns; the second half of a wide character is no cell of its own. */
  readonly width: number;
  readonly foreground: Colour;
  readonly background: Colour;
  readonly bold: boolean;
  readonly inverse: boolean;
};

/** The rows now in view, each from left to right; the widths of a row add up to the columns of the terminal. */
export function cellsOf(screen: Terminal): Cell[][] {
  const { active } = screen.buffer;
  return Array.from({ length: screen.rows }, (_, row) => {
    const line = active.getLine(active.viewportY + row);
    return Array.from({ length: screen.cols }, (_, column) => line?.getCell(column)).flatMap((cell) => {
      if (cell === undefined || cell.getWidth() === 0) return [];
      return {
        text: cell.getChars(),
        width: cell.getWidth(),
        foreground: cell.isFgDefault() ? "default" : cell.isFgRGB() ? rgb(cell.getFgColor()) : cell.getFgColor(),
        background: cell.isBgDefault() ? "default" : cell.isBgRGB() ? rgb(cell.getBgColor()) : cell.getBgColor(),
        bold: cell.isBold() !== 0,
        inverse: cell.isInverse() !== 0,
      };
    });
  });
}

function rgb(colour: number): `#${string}` {
  return `#${colour.toString(16).padStart(6, "0")}`;
}
