// The last page before a post leaves: its label, who reads it by name, who does not and why, what the review found, what is sent.
// Nothing leaves without it. Pure.

import { tlpLabel } from "../../../src/record/marking.ts";
import { wrap } from "../cells.ts";
import { clamp, ifItMay, type Rehearsal, type Stepped, still, told } from "../events.ts";
import type { Key } from "../keys.ts";
import { bodyHeight } from "../layout.ts";
import { instead, over, type Review, uncovered } from "../overlay.ts";
import { fill, fitRow, piece, textRow, type Row } from "../rows.ts";
import type { Screen } from "../screen.ts";
import { indicatorWord, TLP_MEANING } from "../words.ts";
import { safeText } from "../../safe-text.ts";
import { WITHHELD_WORDS } from "../../withheld-words.ts";
import type { Size } from "../views/view.ts";
import { parseIndicator } from "../../../src/record/indicator.ts";

const TRUST = {
  verified: "✓",
  vouched: "✓ vouched",
  unverified: "? unverified",
  changed: "! KEY",
  blocked: "✗",
} as const;

export function openReview(screen: Screen, rehearsal: Rehearsal): Stepped {
  return still(over(screen, { kind: "review", rehearsal, top: 0, problem: undefined, waiting: false }));
}

/** Whether somebody must decide about findings before it may leave. */
function isUndecided({ rehearsal: { scrub, params } }: Review): boolean {
  return scrub.held && params.scrub === undefined;
}

export function pressReview(screen: Screen, review: Review, key: Key): Stepped {
  const by = { j: 1, down: 1, k: -1, up: -1, "ctrl-d": 8, "ctrl-u": -8, pagedown: 8, pageup: -8 }[key];
  if (by !== undefined) {
    const length = reviewLines(review, screen.columns - 2).length - (bodyHeight(screen) - 2);
    return still(instead(screen, { ...review, top: clamp(review.top + by, Math.max(1, length + 1)) }));
  }
  if (review.waiting) return still(screen);
  switch (key) {
    case "esc":
    case "q":
      return still(uncovered(screen));
    case "a":
      return review.rehearsal.scrub.held ? rehearse(screen, review, { decision: "apply" }) : still(screen);
    case "k":
      return still(screen);
    case "K":
      if (!review.rehearsal.scrub.held) return still(screen);
      return still(over(screen, { kind: "line", purpose: { kind: "reason" }, edit: { text: "", at: 0 } }));
    case "enter":
      return send(screen, review);
    default:
      return still(screen);
  }
}

/** With what was found, for a reason that is kept in the trail. */
export function sendAnyway(screen: Screen, reason: string): Stepped {
  const review = screen.overlays.at(-1);
  return review?.kind === "review" ? rehearse(screen, review, { decision: "keep", reason }) : still(screen);
}

/** Rehearses it anew with the decision: who reads it and what is sent may be different then. */
function rehearse(screen: Screen, review: Review, scrub: NonNullable<Rehearsal["params"]["scrub"]>): Stepped {
  const { direct } = review.rehearsal;
  const drafted = { params: { ...review.rehearsal.params, scrub }, ...(direct ? { direct } : {}) };
  return ifItMay(screen, () => ({
    screen: instead(screen, { ...review, waiting: true, problem: undefined }),
    effects: [{ kind: "rehearse", ...drafted }],
  }));
}

function send(screen: Screen, review: Review): Stepped {
  if (isUndecided(review)) return told(screen, "decide about what was found: a takes it out, K keeps it for a reason");
  const { params, direct, result } = review.rehearsal;
  const { refused } = result;
  if (refused) return told(screen, `it would be refused: ${refused.message}`);
  return ifItMay(screen, () => ({
    screen: instead(screen, { ...review, waiting: true, problem: undefined }),
    effects: [{ kind: "post", params, ...(direct ? { direct } : {}) }],
  }));
}

export function reviewTitle({ rehearsal: { result } }: Review): string {
  const readers = result.readers?.length ?? 0;
  return `Review · ${result.kind.toUpperCase()} to ${result.circle} · ${readers} ${readers === 1 ? "reader" : "readers"}`;
}

export function reviewRows(review: Review, size: Size): Row[] {
  return fill(reviewLines(review, size.width).slice(review.top), size);
}

function reviewLines(review: Review, width: number): Row[] {
  const { rehearsal, problem, waiting } = review;
  const { result, scrub, params } = rehearsal;
  const { tlp, readers = [], withheld, refused, exercise } = result;
  const paragraph = (text: string): Row[] => wrap(safeText(text), width - 2).map((line) => textRow(width, ` ${line}`));
  const warn = (text: string): Row[] =>
    wrap(safeText(text), width - 2).map((line) => textRow(width, ` ${line}`, "warn"));
  const heading = (text: string): Row => textRow(width, ` ${text}`, "bold");
  const { draft } = params;
  const now = (field: string, text: string | undefined): string | undefined => {
    const change = params.scrub?.decision === "apply" ? scrub.changes.find((one) => one.field === field) : undefined;
    return change ? (change.after ?? undefined) : text;
  };
  const indicators = (draft.indicators ?? []).flatMap((value, at) => {
    const kept = now(`indicators.${at}`, value);
    return kept === undefined ? [] : [kept];
  });
  const title = now("title", draft.title);
  const text = now("text", draft.text);
  return [
    ...(tlp === null ? [] : [fitRow(width, [piece(" "), piece(tlpLabel(tlp), tlp), piece(`  ${TLP_MEANING[tlp]}`)])]),
    ...(exercise ? warn("EXERCISE, NOT REAL") : []),
    ...(problem === undefined ? [] : warn(`✗ ${problem}`)),
    ...(refused
      ? warn(`✗ it would be refused: ${refused.message}${refused.hint === null ? "" : ` (${refused.hint})`}`)
      : []),
    ...findingRows(review, { heading, paragraph, warn }),
    heading(`READ BY ${readers.length}`),
    ...(readers.length === 0 ? paragraph("nobody but you") : []),
    ...readers.flatMap(({ org, trust }) => paragraph(`  ${org} ${TRUST[trust]}`)),
    ...(withheld.length === 0 ? [] : [heading(`NOT READ BY ${withheld.length}`)]),
    ...withheld.flatMap(({ org, reason }) => paragraph(`  ${org}: ${WITHHELD_WORDS[reason]}`)),
    heading("AS IT WILL BE SENT"),
    ...(title === undefined ? [] : paragraph(title)),
    ...(text === undefined ? [] : text.split("\n").flatMap(paragraph)),
    ...indicators.flatMap((value) => paragraph(`  ${coldIndicator(value)}`)),
    ...(draft.ackBy === undefined ? [] : paragraph(`acknowledge by ${draft.ackBy.slice(11, 16)} UTC`)),
    ...(draft.closes === undefined ? [] : paragraph(`answers close ${draft.closes.slice(11, 16)} UTC`)),
    textRow(width, ""),
    ...paragraph("What is sent can be retracted, never unsent."),
    ...(waiting ? paragraph("…") : []),
  ];
}

type Words = {
  readonly heading: (text: string) => Row;
  readonly paragraph: (text: string) => Row[];
  readonly warn: (text: string) => Row[];
};

function findingRows({ rehearsal: { scrub, params } }: Review, { heading, paragraph, warn }: Words): Row[] {
  const { findings, changes, held } = scrub;
  if (findings.length === 0) return [];
  const decided = params.scrub;
  const state =
    decided === undefined
      ? held
        ? "a takes it out   K keeps it, for a reason"
        : "only to be known"
      : decided.decision === "apply"
        ? "taken out"
        : `kept: ${decided.reason}`;
  return [
    heading(`FOUND ${findings.length} · ${state}`),
    ...findings.flatMap(({ severity, field, detector, found }) =>
      (severity === "hold" && decided === undefined ? warn : paragraph)(
        `${severity === "hold" ? "!" : "?"} ${field} ${detector}: ${found}`,
      ),
    ),
    ...(decided?.decision === "keep"
      ? []
      : changes.flatMap(({ field, before, after }) => [
          ...paragraph(`- ${field}: ${before}`),
          ...paragraph(`+ ${field}: ${after ?? "(left out)"}`),
        ])),
  ];
}

/** An indicator as it was typed, harmless to click. */
function coldIndicator(value: string): string {
  try {
    const { type, value: parsed } = parseIndicator(value);
    return `${type} ${indicatorWord({ type, value: parsed })}`;
  } catch {
    // The daemon says what is wrong with it; here it is only shown.
    return value;
  }
}
