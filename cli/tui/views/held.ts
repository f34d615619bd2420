// Own posts that are not where they are meant to be: those of scripts that somebody approves or rejects, what waits for members
// that are away, what was refused for good.

import type { HeldRow } from "../../../src/api/outbox-document.ts";
import { tlpLabel } from "../../../src/record/marking.ts";
import { wrap } from "../cells.ts";
import { type Action, told } from "../events.ts";
import { openLine } from "../forms/line.ts";
import { cell, fitRow, piece, textRow, type Row, type Tone } from "../rows.ts";
import type { Screen } from "../screen.ts";
import { shortTime, span } from "../words.ts";
import { emptyRows, type Size, tableRows, type ViewSpec } from "./view.ts";

export const HELD: ViewSpec = {
  title: ({ outboxList }) =>
    `Held · ${outboxList?.release.length ?? 0} to approve · ${outboxList?.queued.length ?? 0} queued`,
  rows: heldRows,
  count: ({ outboxList }) => outboxList?.release.length ?? 0,
  keys: {
    enter: onHeld("outbox release"),
    o: onHeld("outbox release"),
    x: onHeld("outbox reject"),
  },
  hints: ["j/k move", "o approve", "x reject", "1 feed"],
  fetch: () => [{ kind: "held" }],
};

/** Approving and rejecting are commands: a person sees what will run before Enter. */
function onHeld(command: string): Action {
  return (screen) => {
    const held = screen.outboxList?.release[screen.row];
    return held ? openLine(screen, { kind: "command" }, `${command} ${held.id} `) : told(screen, "nothing waits here");
  };
}

const WHY: Readonly<Record<HeldRow["why"], string>> = {
  token: "its token may only ask",
  rules: "the rules of this node ask for approval",
  findings: "the review found something in it",
  sponsor: "another member asks us to say it",
};

function heldRows(screen: Screen, size: Size): Row[] {
  const { width } = size;
  const { outboxList } = screen;
  if (!outboxList) return emptyRows(["Asking…"], size);
  const others = otherLines(screen).flatMap((line) => wrap(line, width - 2));
  const below = others.map((line) => textRow(width, ` ${line}`));
  const { release } = outboxList;
  const chosen = release[screen.row];
  if (!chosen) {
    return emptyRows(["Nothing waits to be approved.", "", ...others], size);
  }
  const head = columns(
    width,
    { mark: "  ", id: "HELD", what: "WHAT", by: "BY", since: "SINCE", found: "FOUND" },
    "bold",
  );
  const row = (at: number): Row => {
    const one = release[at];
    if (!one) return textRow(width, "");
    const found = one.found.reduce((sum, { count }) => sum + count, 0);
    const cells = {
      mark: `${at === screen.row ? "›" : " "}${one.refused === null ? " " : "!"}`,
      id: one.id,
      what: `${one.kind} ${one.title}`,
      by: one.seat,
      since: shortTime(one.since, screen.now),
      found: found === 0 ? "-" : String(found),
    };
    return columns(width, cells, at === screen.row ? "bold" : "plain");
  };
  const detail = [
    fitRow(width, [
      piece(" "),
      piece(tlpLabel(chosen.tlp), chosen.tlp),
      piece(` to ${chosen.circle} · ${WHY[chosen.why]}`),
    ]),
    ...whatItNeeds(screen, chosen).map((line) => textRow(width, ` ${line}`)),
  ];
  return tableRows(
    { head, row, count: release.length, chosen: screen.row, word: chosen.id, below: [...detail, ...below] },
    size,
  );
}

function whatItNeeds({ now }: Screen, { found, needs, refused, due }: HeldRow): string[] {
  return [
    ...(found.length === 0 ? [] : [`found: ${found.map((one) => `${one.class} ${one.count}`).join(", ")}`]),
    ...needs.map(({ approvals, have, may }) => {
      return `${have.length} of ${approvals} approvals${may.length === 0 ? "" : `, may give one: ${may.join(", ")}`}`;
    }),
    ...(due === null ? [] : [`said at ${shortTime(due, now)}`]),
    ...(refused === null ? [] : [`refused: ${refused}`]),
  ];
}

function otherLines({ outboxList, now }: Screen): string[] {
  if (!outboxList) return [];
  const { queued, held, failed, unapproved } = outboxList;
  return [
    ...queued.map(({ circle, org, posts, since, late, lastError }) => {
      const age = span(now - Date.parse(since));
      return `${late ? "! " : ""}${posts} for ${org} in ${circle}, oldest ${age}${lastError === null ? "" : ` (${lastError})`}`;
    }),
    ...held.map(({ circle, kind, title }) => `! not sent yet: ${kind} ${title} to ${circle}`),
    ...failed.map(({ circle, kind, title, reason }) => `✗ refused: ${kind} ${title} to ${circle}: ${reason}`),
    ...unapproved.map(({ by, circle, reason }) => `! left without approval: ${by} in ${circle}: ${reason}`),
  ];
}

type Cells = Readonly<Record<"mark" | "id" | "what" | "by" | "since" | "found", string>>;

function columns(width: number, { mark, id, what, by, since, found }: Cells, tone: Tone): Row {
  const rest = Math.max(0, width - (2 + 10 + 12 + 7 + 6));
  return fitRow(width, [
    piece(mark, tone),
    cell(id, 9, tone),
    piece(" "),
    cell(what, rest, tone),
    cell(by, 11, tone),
    piece(" "),
    cell(since, 7, tone),
    cell(found, 6, tone),
  ]);
}
