// The rows around the panes: header, pinned alerts, position, keys, and one line for what just happened or is wrong.

import type { ReactNode } from "react";
import type { ItemDocument } from "../../src/api/documents.ts";
import { tlpLabel } from "../../src/record/marking.ts";
import { cellsOf, clip } from "./cells.ts";
import { linesBelow } from "./detail-lines.ts";
import { more, newer } from "./feed-view.tsx";
import { Lines } from "./lines.tsx";
import { questionOf, shownAnswer } from "./forms/line.ts";
import { bodyOverlay, overlayHints } from "./forms/overlays.ts";
import type { Line } from "./overlay.ts";
import { cell, fitRow, piece, rowText, rule, textRow, type Row } from "./rows.ts";
import { pinned } from "./alerts.ts";
import { ackTarget } from "./chosen.ts";
import { listed, unreadTotal, type Screen } from "./screen.ts";
import { safeText } from "../safe-text.ts";
import { sendingWord } from "./sending.ts";
import { troubleOf } from "./trouble.ts";
import { isOpen } from "./views/asks.ts";
import { rowsOf, TABS, viewOf } from "./views/views.ts";
import { headline, longTime, orgWord, shortId, timeLeft, trustMark } from "./words.ts";

const HINTS: Readonly<Record<Screen["focus"], readonly string[]>> = {
  feed: [
    "j/k move",
    "Enter open",
    "n unread",
    "a ack",
    "s saw it",
    "r reply",
    "c compose",
    "/ find",
    "[ ] circle",
    "Tab pane",
    "u unread only",
  ],
  detail: ["j/k scroll", "Esc back", "s saw it", "a ack", "r reply", "y copy", "n next unread", "z zoom"],
  circles: ["j/k move", "Enter open", "Esc back", "Tab pane"],
};
const TOP_HINTS = "? help  q quit";
const SPARKS = 12;
const SPARK_MS = 2 * 3_600_000;
const BARS = "▁▂▃▄▅▆▇█";

/** Everything above the panes, `around.pins` alerts with it where there is one pane only. */
export function TopBar({ screen, wide, pins }: { screen: Screen; wide: boolean; pins: number }): ReactNode {
  const { columns } = screen;
  const below = wide ? [tabsRow(screen)] : [rule(columns), ...pinRows(screen, pins)];
  return <Lines rows={[headerRow(screen), ...below]} />;
}

/** Everything below the panes. */
export function BottomBar({ screen, wide, pins }: { screen: Screen; wide: boolean; pins: number }): ReactNode {
  const { columns } = screen;
  const above = wide ? [rule(columns), ...pinRows(screen, pins)] : [rule(columns), positionRow(screen)];
  return <Lines rows={[...above, hintRow(screen), noticeRow(screen)]} />;
}

/** Who we are and which circle is open; what waits for us, who is connected, what is queued and unread, the time. */
export function headerRow(screen: Screen): Row {
  const { columns, org, seat, outbox, undelivered, peersUp } = screen;
  const wide = columns >= 100;
  const circle = screen.circles.find(({ id }) => id === screen.circle)?.name ?? "";
  const need = pinned(screen).length;
  const clock = new Date(screen.now).toISOString().slice(11, 16);
  const peers = `${peersUp.up}/${peersUp.total}`;
  const unread = unreadTotal(screen);
  const facts = wide
    ? [
        need > 0 ? `▲${need} need ack` : "",
        `peers ${peers}`,
        outbox.held > 0 ? `! ${outbox.held} not sent yet` : "",
        undelivered.length > 0 ? `! not delivered to ${undelivered.length}` : "",
        `outbox ${outbox.queued}`,
        `unread ${unread}`,
        `${clock} UTC`,
      ]
    : [need > 0 ? `▲${need} ack` : "", `●${peers}`, `out ${outbox.queued}`, `new ${unread}`, `${clock}Z`];
  if (!wide && undelivered.length > 0) facts.unshift(`!${undelivered.length} undelivered`);
  if (!wide && outbox.held > 0) facts.unshift(`!${outbox.held} held`);
  const right = facts.filter((fact) => fact !== "").join(wide ? "   " : "  ");
  return fitRow(
    columns,
    [
      piece(" tocsin ", "bold"),
      piece(screen.banner === "" ? "" : `${screen.banner} `, "warn"),
      piece(
        screen.circles.some(({ id, exercise }) => id === screen.circle && exercise.running !== null) ? "EXERCISE " : "",
        "warn",
      ),
      piece(wide ? ` ${org}/${seat}   ` : columns < 72 ? "" : `${org}  `),
      piece(circle, "bold"),
    ],
    [piece(`  ${right} `)],
  );
}

/** The views by their digits, and what the feed leaves out. */
function tabsRow(screen: Screen): Row {
  const tabs = TABS.map(({ view, word }, at) =>
    piece(`[${at + 1}]${word}${mark(screen, view)}  `, view === screen.view ? "bold" : "plain"),
  );
  const filter = screen.unreadOnly ? "unread only " : "newest first ";
  return fitRow(screen.columns, [piece(" "), ...tabs], screen.columns < 110 ? [] : [piece(filter)]);
}

/** What waits behind a digit. */
function mark({ now, outbox, asks, org }: Screen, view: Screen["view"]): string {
  if (view === "held") return outbox.release > 0 ? ` ${outbox.release}` : "";
  if (view !== "asks") return "";
  const waiting = asks.filter(
    (item) => isOpen(item, now) && !item.mine && item.ask?.answers.every((one) => one.org !== org),
  );
  return waiting.length > 0 ? ` ${waiting.length}` : "";
}

/** The alerts that wait for us, the last row a count where they do not fit, and a rule below; no rows without any. */
export function pinRows(screen: Screen, pins: number): Row[] {
  const waiting = pinned(screen);
  if (waiting.length === 0 || pins === 0) return [];
  const target = ackTarget(screen)?.id;
  const rows = waiting.slice(0, pins).map((item, index) => {
    const more = index === pins - 1 && waiting.length > pins ? ` +${waiting.length - pins} more` : "";
    return pinRow(screen, item, `${more}${item.id === target ? " [a]ack" : ""}`);
  });
  return [...rows, rule(screen.columns)];
}

function pinRow(screen: Screen, item: ItemDocument, action: string): Row {
  const { columns } = screen;
  const mark = columns < 80 ? "▲" : "▲ ALERT";
  const head = [
    piece(`${mark} ${shortId(item.id)} `, "bold"),
    piece(`${cell(orgWord(item), 9).text}${trustMark(screen, item)} `),
    cell(tlpLabel(item.tlp), 16, item.tlp),
  ];
  const sending = screen.sending.some(({ id, draft }) => id === item.id && draft.kind === "ack");
  const left = timeLeft(item, screen.now);
  const end = sending ? " sending" : `${left === "" ? "" : ` ${left}`}${action}`;
  // The label is never cut: a long circle name gives way before it does.
  const room = columns - cellsOf(rowText(head)) - cellsOf(end) - 1;
  const elsewhere = item.circle.id === screen.circle ? "" : clip(` ${item.circle.name}`, Math.min(room, 16));
  return fitRow(columns, [...head, piece(` ${headline(item)}`)], [piece(`${elsewhere}${end}`, "bold")]);
}

function positionRow(screen: Screen): Row {
  const { columns } = screen;
  const overlay = bodyOverlay(screen);
  if (overlay && overlay.kind !== "item") return textRow(columns, "");
  if (screen.view !== "feed") {
    const count = rowsOf(screen);
    const digits = TABS.map(({ view, word }, at) => (view === screen.view ? word : String(at + 1))).join(" ");
    return textRow(columns, ` row ${Math.min(screen.row + 1, count)}/${count} · ${digits}`);
  }
  const items = listed(screen);
  const at = items.findIndex(({ id }) => id === screen.selected) + 1;
  const filter = screen.unreadOnly ? " · unread only" : "";
  const below = screen.focus === "detail" ? linesBelow(screen) : 0;
  const hidden = screen.focus === "detail" ? (below > 0 ? `▼ ${below} more` : "") : screen.top > 0 ? newer(screen) : "";
  const left = ` row ${at}/${items.length}${more(screen)}${filter}${hidden === "" ? "" : ` · ${hidden}`}`;
  return fitRow(columns, [piece(left)], columns < 72 ? [] : [piece(`24h ${sparkline(screen)} `)]);
}

/** How much was said in each of the last twelve times two hours, of what is on the screen. */
function sparkline({ items, now }: Screen): string {
  const sums = Array.from({ length: SPARKS }, () => 0);
  for (const { at } of items) {
    const ago = Math.floor((now - Date.parse(at)) / SPARK_MS);
    if (ago >= 0 && ago < SPARKS) sums[SPARKS - 1 - ago] = (sums[SPARKS - 1 - ago] ?? 0) + 1;
  }
  const most = Math.max(1, ...sums);
  return sums.map((sum) => BARS[sum === 0 ? 0 : Math.ceil((sum * 7) / most)] ?? "█").join("");
}

function hintRow(screen: Screen): Row {
  const { columns } = screen;
  const top = screen.overlays.at(-1);
  const view = viewOf(screen);
  const hints = top ? overlayHints(top) : (view?.hints ?? HINTS[screen.focus]);
  const last = top ? "" : view || screen.focus === "detail" ? "? help" : TOP_HINTS;
  let text = "";
  for (const hint of hints) {
    if (cellsOf(text) + cellsOf(hint) + last.length + 5 <= columns) text += `${hint}  `;
  }
  return textRow(columns, ` ${text}${last}`);
}

/** What is wrong comes first, then what can still be taken back, then what just happened. */
export function noticeRow(screen: Screen): Row {
  const { columns, lostAt, now, sending, notice } = screen;
  const question = screen.overlays.at(-1);
  if (question?.kind === "line") return lineRow(question, columns);
  if (lostAt !== undefined) {
    const since = longTime(new Date(lostAt).toISOString(), now);
    return textRow(columns, ` ✗ daemon stopped ${since}, showing saved data, read-only · reconnecting`, "warn");
  }
  const last = sending.findLast(({ sent }) => !sent);
  if (last !== undefined) {
    const seconds = Math.max(1, Math.ceil((last.sendAt - now) / 1_000));
    return textRow(
      columns,
      ` ${shortId(last.id)}: ${sendingWord(last)} leaves in ${seconds} s   U takes it back`,
      "bold",
    );
  }
  if (notice !== undefined) return textRow(columns, ` ${notice.text}`, notice.tone);
  const trouble = troubleOf(screen);
  if (trouble !== undefined) return textRow(columns, ` ${trouble}`, "warn");
  return textRow(columns, screen.readOnly ? " read-only" : "");
}

/** The question and the part of its answer that the cursor is in. */
function lineRow(line: Line, columns: number): Row {
  const question = ` ${questionOf(line)}`;
  const { text, at } = shownAnswer(line);
  const before = safeText(text.slice(0, at));
  const room = columns - cellsOf(question) - 1;
  const from = cellsOf(before) > room ? `…${before.slice(-(room - 1))}` : before;
  return fitRow(columns, [piece(question, "bold"), piece(from + safeText(text.slice(at)))]);
}
