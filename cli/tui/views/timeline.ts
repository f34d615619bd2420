// What a circle said over the last days as pictures of time: a line of bars for what is frequent, a row of marks for what is rare.
// Pure.

import type { ItemDocument } from "../../../src/api/documents.ts";
import { clamp, type Effect, still } from "../events.ts";
import { openOver, enterCircle } from "../reading.ts";
import { fitRow, piece, textRow, type Row } from "../rows.ts";
import { circleHere } from "../chosen.ts";
import { type Screen } from "../screen.ts";
import { headline, longTime, orgWord, shortTime, span } from "../words.ts";
import { emptyRows, type Size, type ViewSpec } from "./view.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** How many columns the picture has, whatever the width: what is chosen must not hang on the size of the window. */
const BUCKETS = 42;
const LABEL_CELLS = 14;
const BARS = " ▁▂▃▄▅▆▇█";
/** What `+` and `-` go through, and what is asked of the store. */
export const SPANS: readonly { readonly word: string; readonly ms: number }[] = [
  { word: "1 day", ms: DAY },
  { word: "7 days", ms: 7 * DAY },
  { word: "30 days", ms: 30 * DAY },
  { word: "90 days", ms: 90 * DAY },
];
const USUAL_SPAN = 1;

export const TIMELINE: ViewSpec = {
  title: (screen) => {
    const column = spanOf(screen).ms / BUCKETS;
    return `Timeline · ${circleHere(screen)?.name ?? ""} · ${spanOf(screen).word} · 1 column = ${column < DAY ? `${(column / HOUR).toFixed(1)} h` : span(column)}`;
  },
  rows: timelineRows,
  // The chosen row is the chosen column of time.
  count: () => BUCKETS,
  keys: {
    h: (screen) => still({ ...screen, row: clamp(screen.row - 1, BUCKETS) }),
    left: (screen) => still({ ...screen, row: clamp(screen.row - 1, BUCKETS) }),
    l: (screen) => still({ ...screen, row: clamp(screen.row + 1, BUCKETS) }),
    right: (screen) => still({ ...screen, row: clamp(screen.row + 1, BUCKETS) }),
    "+": (screen) => zoomed(screen, -1),
    "-": (screen) => zoomed(screen, 1),
    "[": (screen) => enterCircle(screen, screen.circleAt - 1),
    "]": (screen) => enterCircle(screen, screen.circleAt + 1),
    enter: (screen) => openOver(screen, inBucket(screen, screen.row)[0]),
  },
  hints: ["h/l column", "+/- span", "[ ] circle", "Enter newest of it", "1 feed"],
  fetch: historyOf,
};

function spanOf({ spanAt }: Screen): (typeof SPANS)[number] {
  return SPANS[spanAt ?? USUAL_SPAN] ?? { word: "7 days", ms: 7 * DAY };
}

function historyOf(screen: Screen): readonly Effect[] {
  const { circle, now, history } = screen;
  const since = now - spanOf(screen).ms;
  if (circle === "" || (history?.circle === circle && history.since <= since + HOUR)) return [];
  return [{ kind: "history", circle, since }];
}

function zoomed(screen: Screen, by: 1 | -1): { screen: Screen; effects: readonly Effect[] } {
  const next = { ...screen, spanAt: clamp((screen.spanAt ?? USUAL_SPAN) + by, SPANS.length), row: BUCKETS - 1 };
  return { screen: next, effects: historyOf(next) };
}

/** The column of an item, or undefined for one that is older than the picture. */
function bucketOf(screen: Screen, item: ItemDocument): number | undefined {
  const { ms } = spanOf(screen);
  const ago = Math.max(0, screen.now - Date.parse(item.at));
  return ago >= ms ? undefined : BUCKETS - 1 - Math.floor((ago * BUCKETS) / ms);
}

function inBucket(screen: Screen, at: number): readonly ItemDocument[] {
  return here(screen).filter((item) => bucketOf(screen, item) === at);
}

function here({ history, circle }: Screen): readonly ItemDocument[] {
  return history?.circle === circle ? history.items : [];
}

function timelineRows(screen: Screen, size: Size): Row[] {
  const { width } = size;
  if (screen.history?.circle !== screen.circle)
    return emptyRows([screen.circle === "" ? "No circle yet." : "Asking…"], size);
  const shown = here(screen).filter((item) => bucketOf(screen, item) !== undefined);
  const of = (...kinds: ItemDocument["kind"][]): ItemDocument[] => shown.filter(({ kind }) => kinds.includes(kind));
  const room = Math.max(1, Math.floor((width - LABEL_CELLS - 2) / BUCKETS));
  const cells = (draw: (at: number) => string): string =>
    Array.from({ length: BUCKETS }, (_, at) => draw(at).repeat(room)).join("");
  const counts = (items: readonly ItemDocument[]): number[] => {
    const sums = Array.from({ length: BUCKETS }, () => 0);
    for (const item of items) {
      const at = bucketOf(screen, item);
      if (at !== undefined) sums[at] = (sums[at] ?? 0) + 1;
    }
    return sums;
  };
  const line = (
    label: string,
    items: readonly ItemDocument[],
    draw: (sums: readonly number[]) => (at: number) => string,
  ): Row =>
    textRow(width, `${label.padEnd(LABEL_CELLS - 4)}${String(items.length).padStart(3)} ${cells(draw(counts(items)))}`);
  const pick = cells((at) => (at === screen.row ? "↑" : " "));
  const chosen = inBucket(screen, screen.row);
  const { ms } = spanOf(screen);
  const from = screen.now - ms + (screen.row * ms) / BUCKETS;
  const orgs = Map.groupBy(shown, orgWord);
  const busiest = [...orgs].toSorted(([, left], [, right]) => right.length - left.length).slice(0, 6);
  const types = [
    ...Map.groupBy(
      shown.flatMap(({ indicators }) => indicators),
      ({ type }) => type,
    ),
  ]
    .toSorted(([, left], [, right]) => right.length - left.length)
    .slice(0, 4)
    .map(([type, all]) => `${type} ${all.length}`);
  const asked = (screen.history.cut ? "the newest only: more was said" : "") || ackWords(shown);
  return fillTo(size, [
    line("sightings", of("sighting"), bars),
    line("notes", of("note", "msg", "reply", "vuln"), bars),
    line("alerts", of("alert"), marks("▲")),
    line("asks", of("ask"), marks("?")),
    line("incidents", of("incident", "update"), marks("!")),
    textRow(width, `${" ".repeat(LABEL_CELLS)}${pick}`, "bold"),
    textRow(width, `${" ".repeat(LABEL_CELLS)}${scale(screen, room)}`),
    textRow(width, ` ${asked}`),
    textRow(width, ` most by ${busiest.map(([org, all]) => `${org} ${all.length}`).join("  ")}`),
    textRow(width, ` indicators: ${types.length === 0 ? "none" : types.join("  ")}`),
    textRow(
      width,
      ` ${longTime(new Date(from).toISOString(), screen.now)} and ${span(ms / BUCKETS)} on: ${chosen.length} items`,
      "bold",
    ),
    ...chosen
      .slice(0, 50)
      .map((item) => fitRow(width, [piece(`  ${shortTime(item.at, screen.now)} ${orgWord(item)} ${headline(item)}`)])),
  ]);
}

function fillTo(size: Size, rows: readonly Row[]): Row[] {
  const empty: Row = [piece(" ".repeat(size.width))];
  return Array.from({ length: size.height }, (_, at) => rows[at] ?? empty);
}

/** Bars from the highest column of the line. */
function bars(sums: readonly number[]): (at: number) => string {
  const most = Math.max(1, ...sums);
  return (at) => {
    const count = sums[at] ?? 0;
    return count === 0 ? "▁" : (BARS[Math.max(2, Math.ceil((count * 8) / most))] ?? "█");
  };
}

function marks(mark: string): (sums: readonly number[]) => (at: number) => string {
  return (sums) => (at) => ((sums[at] ?? 0) > 0 ? mark : "·");
}

/** Where the days (or, of one day, the hours) begin. */
function scale(screen: Screen, room: number): string {
  const { ms } = spanOf(screen);
  const parts = 6;
  const step = Math.floor((BUCKETS * room) / parts);
  const words = Array.from({ length: parts }, (_, at) => {
    const time = new Date(screen.now - ms + (at * ms) / parts).toISOString();
    return (ms <= DAY ? time.slice(11, 16) : time.slice(5, 10)).padEnd(step).slice(0, step);
  });
  return words.join("").trimEnd();
}

/** How fast alerts of the time were acknowledged first, and by whom last. */
function ackWords(items: readonly ItemDocument[]): string {
  const took = items
    .flatMap(({ at, alert }) => (alert?.acks ?? []).map((ack) => Date.parse(ack.at) - Date.parse(at)))
    .toSorted((left, right) => left - right);
  if (took.length === 0) return "no alert was acknowledged in this time";
  const at = (share: number): string => span(took[Math.min(took.length - 1, Math.floor(took.length * share))] ?? 0);
  return `acknowledged after: median ${at(0.5)}, p95 ${at(0.95)}`;
}
