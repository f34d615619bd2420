// Pictures of the screen at its three sizes, without colour, and the promise that no row is ever off by a cell.

import * as fc from "fast-check";
import { renderToString } from "ink";
import { expect, test } from "vitest";
import { App } from "../../../../cli/tui/app.tsx";
import { cellsOf } from "../../../../cli/tui/cells.ts";
import { detailLines } from "../../../../cli/tui/detail-lines.ts";
import { feedRows } from "../../../../cli/tui/feed-view.tsx";
import { rowText } from "../../../../cli/tui/rows.ts";
import { safeDocument } from "../../../../cli/tui/safe-document.ts";
import type { Screen } from "../../../../cli/tui/screen.ts";
import { headerRow } from "../../../../cli/tui/status-bar.tsx";
import { afternoon, afternoonScreen, afternoonSnapshot, keys, play } from "../../../help/story.ts";
import { alert, item, NOON, RETAIL, VENDORS } from "../../../help/fake-feed.ts";

const picture = (screen: Screen): string => renderToString(<App screen={screen} />, { columns: screen.columns });

const SIZES = [
  [60, 18],
  [80, 24],
  [100, 24],
  [120, 36],
] as const;

test.each(SIZES)("the feed at %ix%i", (columns, rows) => {
  expect(picture(afternoonScreen(columns, rows))).toMatchSnapshot();
});

test.each(SIZES)("the detail of the third item at %ix%i", (columns, rows) => {
  expect(picture(play(afternoonScreen(columns, rows), keys(["j", "j", "enter"])))).toMatchSnapshot();
});

test.each(SIZES)("the circles at %ix%i", (columns, rows) => {
  expect(picture(play(afternoonScreen(columns, rows), keys(["backtab"])))).toMatchSnapshot();
});

test.each(SIZES)("the board of acknowledgements at %ix%i", (columns, rows) => {
  const overdue = alert(
    {
      ...{ id: `a-77KPZZ${"Z".repeat(44)}`, cursor: "9", mine: true, org: "acme-bank" },
      ...{ title: "Fake IT helpdesk calls", at: new Date(NOON - 3_600_000).toISOString() },
    },
    9,
  );
  if (!overdue.alert) throw new Error("it is an alert");
  const acks = [{ org: "globex", seat: "li", at: overdue.at, note: "patched, and the help desk is told" }];
  const late = { ...overdue.alert, acks, ackBy: new Date(NOON - 12 * 60_000).toISOString() };
  const screen = afternoonScreen(columns, rows, [...afternoon(), { ...overdue, alert: late }]);
  expect(picture(play(screen, keys(["2"])))).toMatchSnapshot();
});

test("the help, the pending acknowledgement and the lost daemon", () => {
  const screen = afternoonScreen(80, 24);
  expect(picture(play(screen, keys(["?"])))).toMatchSnapshot();
  expect(picture(play(screen, keys(["a"])))).toMatchSnapshot();
  expect(picture(play(screen, [{ kind: "lost", now: NOON }]))).toMatchSnapshot();
});

test("a terminal that is too small says so, within itself", () => {
  const lines = picture(afternoonScreen(30, 5)).split("\n");
  expect(lines.join(" ").replaceAll(/\s+/g, " ")).toContain("terminal 30x5 is too small (need 60x18)");
  expect(lines.every((line) => cellsOf(line) <= 30)).toBe(true);
});

test("a screen without circles tells how to get one", () => {
  const none = afternoonSnapshot([]);
  const snapshot = { ...none, circle: "", status: { ...none.status, circles: [] } };
  const screen = play(afternoonScreen(80, 24), [{ kind: "snapshot", now: NOON, snapshot }]);
  expect(picture(screen)).toContain("tocsin circle create NAME");
});

test.each([
  [
    { changes: { unseen: 2, last: "northwind removed globex" } },
    "northwind removed globex +1 more · tocsin circle log",
  ],
  [{ rulesToAccept: true }, "the rules of retail-eu wait: tocsin circle accept retail-eu"],
  [{ frozenUntil: "2025-11-22T16:30:00.000Z" }, "you are frozen in retail-eu until 22 Nov 2025 16:30 UTC"],
])("what waits for a person stays in the last row: %j", (told, text) => {
  const snapshot = afternoonSnapshot([]);
  const circles = snapshot.status.circles.map((circle) =>
    circle.name === RETAIL.name ? { ...circle, ...told } : circle,
  );
  // A changed key would come before it.
  const peers = snapshot.peers.filter(({ trust }) => trust !== "changed");
  const waiting = { ...snapshot, peers, status: { ...snapshot.status, circles } };
  const screen = play(afternoonScreen(100, 24), [{ kind: "snapshot", now: NOON, snapshot: waiting }]);
  expect(picture(screen).split("\n").at(-1)).toContain(text);
});

test("no name is long enough to cut a marking", () => {
  const long = "a-very-long-name-".repeat(4).slice(0, 64);
  const urgent = alert({ id: "a-L0NGLN", org: long, title: long, circle: { ...VENDORS, name: long } });
  const here = alert({ id: "a-L0NGHR", org: long, title: long, circle: { ...RETAIL, name: long } });
  for (const [columns, rows] of SIZES) {
    const lines = picture(afternoonScreen(columns, rows, [urgent, here])).split("\n");
    const told = lines.filter((line) => /^▲|\d\d:\d\d ALERT/.test(line));
    expect(told.length).toBeGreaterThan(1);
    for (const line of told) expect(line).toContain("TLP:AMBER+STRICT");
  }
});

// What peers may write: wide, joined, bidirectional, combining, controls, and things that are no character at all.
const peerText = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 60 }),
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.string({
    unit: fc.constantFrom(
      "漢",
      "🚨",
      "e\u0301",
      "한",
      "a",
      " ",
      "\u200B",
      "\u202E",
      "\u001B[31m",
      "🇩",
      "👩‍💻",
      "\uFE0F",
      "ｶﾞ",
    ),
    maxLength: 60,
  }),
);

test("no row is ever wider or narrower than the terminal, whatever peers write", () => {
  const size = fc.tuple(fc.integer({ min: 60, max: 140 }), fc.integer({ min: 18, max: 40 }));
  const presses = fc.array(fc.constantFrom("j", "enter", "tab", "esc", "a", "u", "?"), { maxLength: 4 });
  fc.assert(
    fc.property(
      size,
      presses,
      fc.array(peerText, { minLength: 6, maxLength: 6 }),
      ([columns, rows], pressed, texts) => {
        const [org = "", seat = "", title = "", text = "", value = "", note = ""] = texts;
        const indicators = [{ type: "domain", value }];
        const said = { org, seat, title, text, indicators };
        const ack = { org, seat, at: "2026-11-22T14:00:00.000Z", note };
        const asked = {
          severity: title,
          urgency: "",
          certainty: "",
          ackBy: null,
          need: "all",
          status: "actual",
          who: [],
          acks: [ack],
        } as const;
        const items = [...afternoon(), item(said), item({ ...said, kind: "alert", alert: { ...asked, acks: [ack] } })];
        const screen = play(afternoonScreen(columns, rows, safeDocument(items)), keys(pressed));
        const lines = picture(screen).split("\n");
        expect(lines).toHaveLength(rows);
        // Ink drops the spaces at the end of a row, so full rows are measured before they are drawn.
        for (const line of lines) expect(cellsOf(line)).toBeLessThanOrEqual(columns);
        for (const row of [
          headerRow(screen),
          ...feedRows(screen, { width: columns, height: rows }, 1),
          ...detailLines(screen, columns),
        ]) {
          expect(cellsOf(rowText(row)), rowText(row)).toBe(columns);
        }
      },
    ),
    { numRuns: 200 },
  );
});
