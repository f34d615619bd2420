// Every screen and state at its three sizes, in Unicode and in ASCII, without colour; and that nothing is lost by either.

import { renderToString } from "ink";
import { describe, expect, test } from "vitest";
import { App } from "../../../../cli/tui/app.tsx";
import { cellsOf } from "../../../../cli/tui/cells.ts";
import { FirstRun } from "../../../../cli/tui/first-run.tsx";
import { drawn, type Look, paintOf, THEMES, USUAL_LOOK } from "../../../../cli/tui/look.ts";
import type { Screen } from "../../../../cli/tui/screen.ts";
import { play } from "../../../help/story.ts";
import { STATES, wholeScreen } from "../../../help/story-views.ts";

const SIZES = [
  [60, 18],
  [80, 24],
  [120, 36],
] as const;
const ASCII: Look = { theme: "mono", glyphs: "ascii" };

const picture = (screen: Screen): string => renderToString(<App screen={screen} />, { columns: screen.columns });

describe.each(SIZES)("at %ix%i", (columns, rows) => {
  test.each(STATES)("%s", (_name, events) => {
    const screen = play(wholeScreen(columns, rows), events);
    const unicode = picture(screen);
    const ascii = picture({ ...screen, look: ASCII });
    const lines = unicode.split("\n");
    expect(lines).toHaveLength(rows);
    for (const line of lines) expect(cellsOf(line), line).toBeLessThanOrEqual(columns);
    // A glyph for a glyph: nothing moves and nothing is lost.
    expect(ascii).toBe(lines.map((line) => drawn(ASCII, line)).join("\n"));
    // oxlint-disable-next-line no-control-regex
    expect(unicode + ascii).not.toMatch(/\u001B/u);
    expect(unicode).toMatchSnapshot("unicode");
    expect(ascii).toMatchSnapshot("ascii");
  });
});

test.each(SIZES)("a machine without an organisation at %ix%i", (columns, rows) => {
  const frame = (look: Look): string =>
    renderToString(<FirstRun columns={columns} rows={rows} look={look} />, { columns });
  expect(frame(USUAL_LOOK)).toMatchSnapshot("unicode");
  expect(frame(ASCII)).toMatch(/^[ -~\n]+$/u);
});

test("no glyph of ours is left in ASCII, and each keeps its width", () => {
  const ours = "›▸●▲▼✓◐○✗×…·•→←↑↓─│┌┐└┘░▁▂▃▄▅▆▇█";
  const mapped = drawn(ASCII, ours);
  expect(mapped).toMatch(/^[ -~]+$/u);
  expect(mapped).toHaveLength(Array.from(ours).length);
});

test("every theme has a paint for a marking, and only colours differ", () => {
  for (const theme of THEMES) {
    const paint = paintOf({ theme, glyphs: "unicode" }, "red");
    expect(Object.keys(paint).length === 0).toBe(theme === "mono");
  }
});
