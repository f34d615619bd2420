// What peers write can neither act on the terminal nor hide: every field of every document that the screen shows, in every view.

import * as fc from "fast-check";
import { renderToString } from "ink";
import { expect, test } from "vitest";
import { App } from "../../../../cli/tui/app.tsx";
import { cellsOf } from "../../../../cli/tui/cells.ts";
import type { ScreenEvent } from "../../../../cli/tui/events.ts";
import { safeDocument } from "../../../../cli/tui/safe-document.ts";
import { overlayRows, bodyOverlay } from "../../../../cli/tui/forms/overlays.ts";
import { rowText } from "../../../../cli/tui/rows.ts";
import type { Screen } from "../../../../cli/tui/screen.ts";
import { viewOf } from "../../../../cli/tui/views/views.ts";
import { RETAIL } from "../../../help/fake-feed.ts";
import { play } from "../../../help/story.ts";
import { STATES, wholeScreen } from "../../../help/story-views.ts";

const HOSTILE = [
  "\u001B]0;owned\u0007",
  "\u001B[2J\u001B[31m",
  "\u001B]8;;http://evil.example\u0007click\u001B]8;;\u0007",
  "\u001B]52;c;ZXZpbA==\u0007",
  "\u009B31m",
  "pay\u200Bpal",
  "\u202Egnp.exe",
  "\u2066a\u2069",
  "\u0000\b\r\n\t\u007F",
  "e\u0301\u0301\u0301\u0301\u0301\u0301",
  "\uD800",
  "\u2028\u2029",
  "漢字".repeat(60),
  "👩‍💻".repeat(30),
  "x".repeat(400),
  "\u3164\u115F",
  "🇩🇪\uFE0F\u20E3",
] as const;
const text = fc.oneof(
  fc.constantFrom(...HOSTILE),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.array(fc.constantFrom(...HOSTILE), { maxLength: 4 }).map((parts) => parts.join("")),
);

// Words that a peer cannot choose: keys of tables and times.
const FIXED = new Set(
  [
    "kind",
    "at",
    "since",
    "expires",
    "until",
    "ackBy",
    "closes",
    "first",
    "last",
    "receivedAt",
    "lastSeen",
    "schema",
  ].concat(
    [
      "cursor",
      "id",
      "tlp",
      "state",
      "trust",
      "link",
      "maxTlp",
      "unverified",
      "why",
      "severity",
      "status",
      "answer",
      "code",
    ],
    ["re", "links", "due", "reason", "view", "memberKey"],
  ),
);

/** The same events with `said` in the place of every string that comes from elsewhere. */
function poisoned<T>(value: T, said: () => string, name = ""): T {
  if (typeof value === "string") return (FIXED.has(name) || value === RETAIL.id ? value : said()) as T;
  if (Array.isArray(value)) return value.map((one: unknown) => poisoned(one, said, name)) as T;
  if (value instanceof Set || typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, poisoned(inner, said, key)])) as T;
}

const isKey = ({ kind }: ScreenEvent): boolean => kind === "key";

/** Everything invisible, and everything that acts on a terminal or turns its neighbours round. */
const ACTING =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF\u3164\u115F]|\p{Cs}/u;

test("no field of any document acts on the terminal, hides anything or moves a column", () => {
  const sizes = fc.constantFrom([60, 18] as const, [80, 24] as const, [120, 36] as const);
  const states = fc.constantFrom(...STATES);
  fc.assert(
    fc.property(
      sizes,
      states,
      fc.array(text, { minLength: 1, maxLength: 5 }),
      ([columns, rows], [name, events], said) => {
        let at = 0;
        const next = (): string => said[at++ % said.length] ?? "";
        // As the door of the daemon hands them on; keys are a person's own.
        const told = events.map((event) => (isKey(event) ? event : safeDocument(poisoned(event, next))));
        const start = wholeScreen(columns, rows);
        const { items, alerts, asks, incidents, peers, circles } = start;
        const lists = safeDocument(poisoned({ items, alerts, asks, incidents, peers, circles }, next));
        const screen: Screen = play({ ...start, ...lists }, told);
        const lines = renderToString(<App screen={screen} />, { columns }).split("\n");
        expect(lines, name).toHaveLength(rows);
        for (const line of lines) {
          expect(line, name).not.toMatch(ACTING);
          expect(cellsOf(line), line).toBeLessThanOrEqual(columns);
        }
        const size = { width: columns - 2, height: rows - 8 };
        const overlay = bodyOverlay(screen);
        const drawn = overlay ? overlayRows(screen, overlay, size).rows : (viewOf(screen)?.rows(screen, size) ?? []);
        for (const row of drawn) expect(cellsOf(rowText(row)), rowText(row)).toBe(size.width);
      },
    ),
    { numRuns: 80 },
  );
});

test("what was hidden is written out", () => {
  const [screen] = [play(wholeScreen(120, 36), [])];
  const { items } = safeDocument({ items: screen.items.map((item) => ({ ...item, title: "pay\u200Bpal \u202Efdp" })) });
  const picture = renderToString(<App screen={{ ...screen, items }} />, { columns: 120 });
  expect(picture).toContain("pay‹U+200B›pal ‹U+202E›fdp");
});
