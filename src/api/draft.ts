// From what a person or script wants to say to the body that is posted: every value in its normal form.

import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { CERTAINTIES, type PostBody, SEVERITIES, type Seen, URGENCIES } from "../record/body.ts";
import type { RecordId } from "../record/ids.ts";
import { parseIndicator, parseTechnique } from "../record/indicator.ts";
import { strictest, stricter, type Tlp } from "../record/marking.ts";
import type { DraftParams } from "./methods.ts";

/** The marking of a post that names none, unless its circle takes only wider ones. */
const TLP_DEFAULT: Tlp = "amber";

/** The body of a draft of the right types. Throws INPUT_INVALID or INDICATOR_INVALID. */
export function bodyOf(
  draft: DraftParams,
  context: { readonly seat: string; readonly maxTlp: Tlp; readonly re?: RecordId },
): PostBody {
  checkBounds(draft);
  const marked = {
    tlp: draft.tlp ?? (stricter(TLP_DEFAULT, context.maxTlp) ? context.maxTlp : TLP_DEFAULT),
    ...given("pap", draft.pap),
    seat: context.seat,
    ...(draft.auto === true ? { auto: true } : {}),
    ...given("expires", time(draft.expires)),
  };
  switch (draft.kind) {
    case "reply":
      return { kind: "reply", ...marked, re: needed(context.re), text: neededText(draft) };
    case "ack":
      return { kind: "ack", ...marked, re: needed(context.re), ...given("note", draft.text) };
    case "sighting":
    case "alert": {
      const told = {
        ...marked,
        ...given("title", draft.title),
        ...given("text", draft.text),
        indicators: unique((draft.indicators ?? []).map((text) => parseIndicator(text))),
        techniques: [...new Set((draft.techniques ?? []).map(parseTechnique))],
      };
      if (draft.kind === "alert") return { kind: "alert", ...told, ...alertFields(draft) };
      if (draft.re === undefined && told.indicators.length === 0 && !told.title && !told.text) {
        throw new TocsinError("INPUT_INVALID", "a sighting says something: a text, a title or an indicator");
      }
      return {
        kind: "sighting",
        ...told,
        ...given("re", context.re),
        ...given("seen", seenOf(draft)),
        ...given("confidence", draft.confidence),
        ...given("source", draft.source),
      };
    }
  }
}

/** Refuses, by the name of its field, what is more than a record may have. */
function checkBounds({ title, text, source, indicators, techniques, seen, confidence, need }: DraftParams): void {
  checkRange("title", title?.length, { most: limits.titleCharsMax, unit: " characters" });
  checkRange("text", text?.length, { most: limits.textCharsMax, unit: " characters" });
  checkRange("source", source?.length, { most: limits.titleCharsMax, unit: " characters" });
  checkRange("indicators", indicators?.length, { most: limits.indicatorsPerRecordMax, unit: " entries" });
  checkRange("techniques", techniques?.length, { most: limits.techniquesPerRecordMax, unit: " entries" });
  checkRange("seen.count", seen?.count, { most: 999_999_999 });
  checkRange("confidence", confidence, { most: 100 });
  checkRange("need", need, { least: 1, most: limits.membersMax });
}

/** Throws INPUT_INVALID where a number is given and out of its range. */
export function checkRange(
  field: string,
  value: number | undefined,
  { least = 0, most, unit = "" }: { readonly least?: number; readonly most: number; readonly unit?: string },
): void {
  if (value === undefined || (value >= least && value <= most)) return;
  throw new TocsinError("INPUT_INVALID", `${field}: ${value > most ? `at most ${most}` : `at least ${least}`}${unit}`);
}

function alertFields(
  draft: DraftParams,
): Pick<Extract<PostBody, { kind: "alert" }>, "severity" | "urgency" | "certainty" | "ackBy" | "need"> {
  if (!draft.title && !draft.text)
    throw new TocsinError("INPUT_INVALID", "an alert says what to do: a title or a text");
  return {
    severity: oneOf("severity", SEVERITIES, draft.severity ?? "severe"),
    urgency: oneOf("urgency", URGENCIES, draft.urgency ?? "immediate"),
    certainty: oneOf("certainty", CERTAINTIES, draft.certainty ?? "likely"),
    ...given("ackBy", time(draft.ackBy)),
    ...given("need", draft.need),
  };
}

function seenOf(draft: DraftParams): Seen | undefined {
  if (!draft.seen) return undefined;
  const seen: Seen = {
    ...given("first", time(draft.seen.first)),
    ...given("last", time(draft.seen.last)),
    ...given("count", draft.seen.count),
  };
  if (seen.first !== undefined && seen.last !== undefined && seen.first > seen.last)
    throw new TocsinError("INPUT_INVALID", "first seen is later than last seen");
  return seen;
}

function unique<T extends { readonly type: string; readonly value: string }>(indicators: readonly T[]): readonly T[] {
  return [...new Map(indicators.map((indicator) => [`${indicator.type}:${indicator.value}`, indicator])).values()];
}

function oneOf<T extends string>(field: string, allowed: readonly T[], value: string): T {
  const found = allowed.find((word) => word === value.toLowerCase());
  if (!found) throw new TocsinError("INPUT_INVALID", `${field} is one of ${allowed.join(", ")}`);
  return found;
}

function time(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}

function given<K extends string, V>(name: K, value: V | undefined): { [key in K]?: V } {
  // An absent field is left out, never written as undefined: bodies are encoded as they are.
  return (value === undefined ? {} : { [name]: value }) as { [key in K]?: V };
}

function needed(re: RecordId | undefined): RecordId {
  if (re === undefined) throw new TocsinError("INPUT_INVALID", "it must name the item that it answers");
  return re;
}

function neededText(draft: DraftParams): string {
  if (!draft.text) throw new TocsinError("INPUT_INVALID", "a reply needs a text");
  return draft.text;
}

/** The marking of an answer: as strict as what it answers, so that a reply never widens it. */
export function answerTlp(asked: Tlp | undefined, answered: Tlp | undefined): Tlp | undefined {
  if (asked === undefined) return answered;
  return answered === undefined ? asked : strictest(asked, answered);
}
