// What the detail says about one item, as rows: marking first and last, the words, the indicators, who acknowledged,
// the thread and how far it was delivered. Text is wrapped here and never cut. Pure.

import type { ItemDocument, ShowDocument } from "../../src/api/documents.ts";
import { tlpLabel } from "../../src/record/marking.ts";
import { correctionLines, kindLines } from "../kind-words.ts";
import { cellsOf, clip, wrap } from "./cells.ts";
import { insideOf } from "./layout.ts";
import { cell, fitRow, piece, rule, textRow, type Row, type Tone } from "./rows.ts";
import { acksGiven, acksNeeded } from "./alerts.ts";
import { itemOf, openedItem } from "./chosen.ts";
import { type Screen } from "./screen.ts";
import {
  coldText,
  indicatorWord,
  kindWord,
  longTime,
  orgWord,
  shortId,
  shortTime,
  span,
  timeLeft,
  TLP_MEANING,
  trustMark,
} from "./words.ts";

type Page = { readonly screen: Screen; readonly width: number };
type Shown = ItemDocument & Partial<Pick<ShowDocument, "thread" | "delivery">>;

/** The item of the detail: with its thread once the daemon told it, before that as a list knows it. */
export function detailItem(screen: Screen): Shown | undefined {
  return itemOf(screen, openedItem(screen) ?? screen.selected);
}

/** Every row of the detail at this width; no rows while nothing is selected. */
export function detailLines(screen: Screen, width: number): Row[] {
  const item = detailItem(screen);
  if (item === undefined) return [];
  const page = { screen, width };
  return [
    ...headLines(page, item),
    rule(width),
    ...paragraph(page, item.title === null ? "" : coldText(item, item.title), "bold"),
    ...paragraph(page, item.text === null ? "" : coldText(item, item.text)),
    ...indicatorLines(page, item),
    ...kindLines(item).flatMap((line) => paragraph(page, coldText(item, line))),
    ...ackLines(page, item),
    ...threadLines(page, item),
    ...deliveryLines(page, item),
    rule(width),
    ...wrap(`${tlpLabel(item.tlp)}: ${TLP_MEANING[item.tlp]}`, width).map((line) => textRow(width, line, item.tlp)),
  ];
}

/** How many rows of the detail stand below its pane, 0 while it is not on the screen. */
export function linesBelow(screen: Screen): number {
  const inside = insideOf(screen, "detail");
  if (inside === undefined) return 0;
  return Math.max(0, detailLines(screen, inside.width).length - screen.detailTop - inside.height);
}

function stateWords(state: Shown["state"]): string {
  if (state === "contested") return "CONTESTED: its author signed two records at one place";
  return state === "around-removal" ? "written around a removal" : state;
}

function headLines(page: Page, item: Shown): Row[] {
  const { screen, width } = page;
  const flags = [
    item.exercise ? "EXERCISE, NOT REAL" : "",
    item.frozen ? "ITS AUTHOR IS FROZEN" : "",
    item.auto ? "posted by a script" : "",
    item.state === "current" ? "" : stateWords(item.state),
    item.pap === null ? "" : `PAP:${item.pap.toUpperCase()}`,
  ].filter((flag) => flag !== "");
  const org = item.mine ? `${item.org} (you)` : `${item.org} ${trustMark(screen, item)}`;
  const from = item.sponsored ? `${org}, on behalf of a member,` : `${org}/${item.seat}`;
  const ago = span(Math.max(0, screen.now - Date.parse(item.at)));
  const seen = item.sawToo.length === 0 ? "" : ` · seen by ${item.sawToo.length + 1} orgs`;
  return [
    fitRow(width, [piece(tlpLabel(item.tlp), item.tlp)], [piece(shortId(item.id))]),
    ...paragraph(page, `${item.kind.toUpperCase()} from ${from} to ${item.circle.name}`),
    ...paragraph(page, `${longTime(item.at, screen.now)}, ${ago} ago${seen}`),
    ...(flags.length === 0 ? [] : paragraph(page, `! ${flags.join(" · ")}`, "warn")),
    ...correctionLines(item).flatMap((line) => paragraph(page, coldText(item, line), "warn")),
    ...(item.re === null ? [] : [textRow(width, `re ${shortId(item.re)}`)]),
  ];
}

function indicatorLines(page: Page, item: Shown): Row[] {
  const { width } = page;
  const types = Math.min(12, Math.max(0, ...item.indicators.map(({ type }) => cellsOf(type))));
  const values = item.indicators.flatMap((indicator) =>
    wrap(indicatorWord(indicator), width - types - 2).map((line, index) =>
      fitRow(width, [piece(" "), cell(index === 0 ? indicator.type : "", types), piece(" "), piece(line)]),
    ),
  );
  const facts = [
    item.techniques.length === 0 ? "" : `ATT&CK ${item.techniques.join(" ")}`,
    item.confidence === null ? "" : `confidence ${item.confidence}`,
    item.seen?.count === undefined ? "" : `seen ${item.seen.count} times`,
    item.expires === null ? "" : `expires ${item.expires.slice(0, 10)}`,
  ].filter((fact) => fact !== "");
  return [
    ...(values.length === 0 ? [] : section(page, `INDICATORS (${item.indicators.length})`, values)),
    ...(facts.length === 0 ? [] : paragraph(page, facts.join("   "))),
    ...(item.sawToo.length === 0 ? [] : paragraph(page, `saw it too: ${item.sawToo.join(", ")}`)),
  ];
}

function ackLines(page: Page, item: Shown): Row[] {
  const { screen, width } = page;
  if (item.alert === undefined) return [];
  const { severity, urgency, certainty, ackBy, acks } = item.alert;
  const due = ackBy === null ? "" : ` · by ${longTime(ackBy, screen.now)} (${timeLeft(item, screen.now)})`;
  const told = acks.flatMap(({ org, seat, at, note }) =>
    wrap(`${shortTime(at, screen.now)} ${org}/${seat}${note === null ? "" : ` "${note}"`}`, width - 1).map((line) =>
      textRow(width, ` ${line}`),
    ),
  );
  const head = `ACKNOWLEDGED ${acksGiven(item.alert)}/${acksNeeded(screen, item)}${due}`;
  return [...paragraph(page, `${severity} · ${urgency} · ${certainty}`), ...section(page, head, told)];
}

function threadLines(page: Page, item: Shown): Row[] {
  const { screen, width } = page;
  const said = (item.thread ?? []).filter(({ id, kind }) => id !== item.id && kind !== "ack");
  if (said.length === 0) return [];
  const lines = said.flatMap((reply) => {
    const org = clip(orgWord(reply), width - 36);
    const who = `${shortTime(reply.at, screen.now)} ${org} ${trustMark(screen, reply)}`;
    const head = fitRow(width, [piece(` ${who} ${kindWord(reply)} `), piece(tlpLabel(reply.tlp), reply.tlp)]);
    const text = [reply.title, reply.text].filter((part) => part !== null).join("\n");
    const values = reply.indicators.map((indicator) => `${indicator.type} ${indicatorWord(indicator)}`);
    const body = [...(text === "" ? [] : [coldText(reply, text)]), ...kindLines(reply), ...values];
    return [head, ...body.flatMap((part) => wrap(part, width - 3)).map((line) => textRow(width, `   ${line}`))];
  });
  return section(page, `THREAD (${said.length})`, lines);
}

function deliveryLines(page: Page, item: Shown): Row[] {
  const { width } = page;
  const delivery = item.delivery ?? [];
  if (delivery.length === 0) return [];
  const states = (["acked", "read", "decrypted", "held", "sent", "queued"] as const).flatMap((state) => {
    const orgs = delivery.filter((one) => one.state === state).map(({ org }) => org);
    if (orgs.length === 0) return [];
    return wrap(`${state} ${orgs.length}: ${orgs.join(", ")}`, width - 1).map((line) => textRow(width, ` ${line}`));
  });
  const reached = delivery.filter(({ state }) => state !== "queued" && state !== "sent").length;
  return section(page, `DELIVERY ${reached}/${delivery.length}`, states);
}

function section({ width }: Page, title: string, lines: readonly Row[]): Row[] {
  return [textRow(width, ""), ...wrap(title, width).map((line) => textRow(width, line, "bold")), ...lines];
}

function paragraph({ width }: Page, text: string, tone: Tone = "plain"): Row[] {
  return text === "" ? [] : wrap(text, width).map((line) => textRow(width, line, tone));
}
