// The asks of every circle, the newest first: what is asked, until when, how it is answered and by whom. One key answers.

import type { AskDocument, ItemDocument } from "../../../src/api/documents.ts";
import { tlpLabel } from "../../../src/record/marking.ts";
import { wrap } from "../cells.ts";
import { openOver } from "../reading.ts";
import { answer } from "../sending.ts";
import { cell, fitRow, piece, textRow, type Row, type Tone } from "../rows.ts";
import type { Screen } from "../screen.ts";
import { coldText, headline, longTime, orgWord, shortId, shortTime, span, trustMark } from "../words.ts";
import { emptyRows, type Size, tableRows, type ViewSpec } from "./view.ts";

const BAR_CELLS = 24;
const VERDICTS = ["yes", "no", "unsure"] as const;

export const ASKS: ViewSpec = {
  title: (screen) => {
    const open = screen.asks.filter((item) => isOpen(item, screen.now)).length;
    const ours = screen.asks.filter((item) => isOpen(item, screen.now) && awaitsUs(screen, item)).length;
    return `Asks · ${open} open · ${ours} not answered by you`;
  },
  rows: askRows,
  count: ({ asks }) => asks.length,
  keys: {
    enter: (screen) => openOver(screen, screen.asks[screen.row]),
    "+": answer("yes"),
    "-": answer("no"),
    "~": answer("unsure"),
  },
  hints: ["j/k move", "+ yes", "- no", "~ unsure", "r reply", "Enter open", "1 feed"],
};

/** Whether an ask may still be answered in time. */
export function isOpen({ ask, state }: ItemDocument, now: number): boolean {
  if (!ask || (state !== "current" && state !== "amended")) return false;
  return ask.closes === null || Date.parse(ask.closes) > now;
}

function awaitsUs({ org }: Screen, { ask, mine }: ItemDocument): boolean {
  return !mine && ask !== undefined && ask.answers.every((one) => one.org !== org);
}

function askRows(screen: Screen, size: Size): Row[] {
  const { width } = size;
  const { asks, row: chosen } = screen;
  const item = asks[chosen];
  if (!item) return emptyRows(["Nobody asks anything.", "c then Ctrl-K writes an ask."], size);
  const head = columns(width, {
    mark: "  ",
    ...{ id: "ASK", said: "QUESTION", from: "FROM", closes: "CLOSES", tally: "Y/N/?", waits: "WAITING", tone: "bold" },
  });
  const row = (at: number): Row => {
    const one = asks[at];
    return one ? askRow(screen, one, { width, chosen: at === chosen }) : textRow(width, "");
  };
  const below = tallyRows(screen, item, width);
  return tableRows({ head, row, count: asks.length, chosen, word: shortId(item.id), below }, size);
}

function askRow(screen: Screen, item: ItemDocument, { width, chosen }: { width: number; chosen: boolean }): Row {
  const { tally, waiting } = item.ask ?? NOTHING;
  const open = isOpen(item, screen.now);
  return columns(width, {
    mark: `${chosen ? "›" : " "}${open && awaitsUs(screen, item) ? "▲" : screen.unread.has(item.id) ? "●" : " "}`,
    id: shortId(item.id),
    said: headline(item),
    from: `${orgWord(item)} ${trustMark(screen, item)}`,
    closes: closesWord(item, screen.now),
    tally: VERDICTS.map((word) => tally[word]).join("/"),
    waits: String(waiting.length),
    tone: chosen ? "bold" : "plain",
  });
}

const NOTHING: AskDocument = { closes: null, answers: [], tally: { yes: 0, no: 0, unsure: 0 }, waiting: [] };

/** How long there is to answer: `27m`, `closed`, or `-` where no time was named. */
function closesWord(item: ItemDocument, now: number): string {
  const closes = item.ask?.closes ?? null;
  if (item.state === "retracted") return "void";
  if (closes === null) return "-";
  const left = Date.parse(closes) - now;
  return left <= 0 ? "closed" : span(left);
}

type Cells = Readonly<Record<"mark" | "id" | "said" | "from" | "closes" | "tally" | "waits", string>> & {
  readonly tone: Tone;
};

function columns(width: number, { mark, id, said, from, closes, tally, waits, tone }: Cells): Row {
  const rest = Math.max(0, width - (2 + 9 + 1 + 12 + 8 + 8 + 7));
  return fitRow(width, [
    piece(mark, tone),
    cell(id, 9, tone),
    cell(said, rest, tone),
    piece(" "),
    cell(from, 12, tone),
    cell(closes, 8, tone),
    cell(tally, 8, tone),
    cell(waits, 7, tone),
  ]);
}

/** Who answered what: a bar for each word with the names behind it, and what they said beside it. */
function tallyRows(screen: Screen, item: ItemDocument, width: number): Row[] {
  const { answers, tally, waiting, closes } = item.ask ?? NOTHING;
  const most = Math.max(1, ...VERDICTS.map((word) => tally[word]), waiting.length);
  const cells = Math.min(BAR_CELLS, Math.max(6, Math.floor(width / 4)));
  const bar = (count: number): string => {
    const full = Math.round((cells * count) / most);
    return "█".repeat(full) + "░".repeat(cells - full);
  };
  const line = (word: string, count: number, orgs: readonly string[]): Row =>
    textRow(width, ` ${word.padEnd(8)}${bar(count)} ${String(count).padStart(3)}  ${orgs.join(" ")}`);
  const own = answers.findLast(({ org }) => org === screen.org);
  const notes = answers
    .filter(({ text }) => text !== null)
    .map(({ org, seat, at, text, answer: said }) => {
      return `${org}/${seat} ${shortTime(at, screen.now)} ${said}: ${coldText(item, text ?? "")}`;
    });
  return [
    fitRow(
      width,
      [piece(" "), piece(tlpLabel(item.tlp), item.tlp), piece(` in ${item.circle.name}`)],
      [piece(closes === null ? "" : `answers close ${longTime(closes, screen.now)} `)],
    ),
    ...VERDICTS.map((word) => {
      const named = answers.filter((one) => one.answer === word).map(({ org, late }) => (late ? `${org}(late)` : org));
      return line(word, tally[word], named);
    }),
    line("waiting", waiting.length, waiting),
    ...(own ? [textRow(width, ` you answered ${own.answer} ${shortTime(own.at, screen.now)}`, "bold")] : []),
    ...notes.flatMap((note) => wrap(note, width - 2)).map((note) => textRow(width, ` ${note}`)),
  ];
}
