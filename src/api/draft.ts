// From what a person or script wants to say to the body that is posted: every value in its normal form. Whether its kind says
// all of that, `judge.ts` asks the decoder: the spool goes without it, its posts come here again.

import { unreachable } from "../base/assert.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import {
  ALERT_STATUSES,
  type Amendable,
  CERTAINTIES,
  EXPLOITED,
  FINDINGS,
  INCIDENT_STATUSES,
  type PostBody,
  SEVERITIES,
  type Seen,
  URGENCIES,
  VERDICTS,
} from "../record/body.ts";
import type { OrgId, RecordId } from "../record/ids.ts";
import { parseIndicator, parseTechnique } from "../record/indicator.ts";
import { strictest, stricter, type Tlp } from "../record/marking.ts";
import type { DraftParams } from "./methods.ts";

/** The marking of a post that names none, unless its circle takes only wider ones. */
const TLP_DEFAULT: Tlp = "amber";

/** What the words of a draft mean here. */
export type DraftContext = {
  readonly seat: string;
  readonly maxTlp: Tlp;
  readonly re?: RecordId;
  /** The orgs, and the items, that it names; ascending. */
  readonly who?: readonly OrgId[];
  readonly links?: readonly RecordId[];
  /** What stands of the item that is amended. */
  readonly amended?: Amendable;
};

type Fields = Readonly<Record<string, unknown>>;

/** The body of a draft of the right types, not judged yet. Throws INPUT_INVALID or INDICATOR_INVALID. */
export function bodyOf(draft: DraftParams, context: DraftContext): PostBody {
  checkBounds(draft);
  const marks = {
    tlp: draft.tlp ?? (stricter(TLP_DEFAULT, context.maxTlp) ? context.maxTlp : TLP_DEFAULT),
    ...given("pap", draft.pap),
    seat: context.seat,
    ...(draft.auto === true ? { auto: true } : {}),
  };
  return { kind: draft.kind, ...marks, ...fieldsOf(draft, context, marks) } as unknown as PostBody;
}

/** What a kind says beside its marks; what is needed of it is there, and what it has by default. */
function fieldsOf(draft: DraftParams, context: DraftContext, marks: Fields): Fields {
  const { kind } = draft;
  const { text, ...said } = saidIn(draft, context);
  const isEmpty = !said["title"] && !text && !draft.indicators?.length;
  const textField = given("text", text);
  const told = { indicators: [], techniques: [], ...textField, ...said };
  switch (kind) {
    case "sighting":
      if (isEmpty && draft.re === undefined && context.re === undefined)
        throw lacks("a sighting says something: a text, a title or an indicator");
      return told;
    case "alert":
      if (!said["title"] && !text) throw lacks("an alert says what to do: a title or a text");
      return { severity: "severe", urgency: "immediate", certainty: "likely", ...told };
    case "ask":
      if (isEmpty) throw lacks("an ask says what is looked for: a text, a title or an indicator");
      return told;
    case "note":
      if (!said["title"] && !text) throw lacks("a note needs a title or a text");
      return told;
    case "incident":
      if (!said["title"]) throw lacks("an incident needs a title");
      return { severity: "unknown", ...told };
    case "vuln":
      if (!said["product"]) throw lacks("a vulnerability is one of a product: name it");
      return { severity: "unknown", exploited: "unknown", ...told };
    case "answer":
      if (!said["answer"]) throw lacks("an answer is yes, no or unsure");
      return { ...answering(context), ...textField, ...said };
    case "reply":
      if (!text) throw lacks("a reply needs a text");
      return { ...answering(context), text, ...said };
    case "msg":
      if (!text) throw lacks("a message needs a text");
      return { text, ...said };
    case "update":
      if (!text && !said["status"] && !said["links"])
        throw lacks("an update says something: a text, a status or a linked item");
      return { ...answering(context), ...textField, ...said };
    case "nudge":
      if (text) throw lacks("a reminder says nothing but what it is about: to say more, reply");
      return { ...answering(context), ...said };
    case "ack":
      return { ...answering(context), ...given("note", text), ...said };
    case "retract":
      return { ...answering(context), ...given("why", text), ...said };
    case "amend":
      return {
        ...answering(context),
        ...given("why", draft.why),
        now: amended(context, { ...marks, ...textField, ...said }),
      };
    default:
      return unreachable(kind);
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

/** An item said anew: what is given in place of what stood, of what excludes each other the new one. */
function amended({ amended: before }: DraftContext, changes: Fields): Fields {
  if (!before) throw lacks("an amendment must name the item that it amends");
  const { re: _, ...changed } = changes;
  const marks = new Set(["tlp", "pap", "seat", "auto"]);
  if (
    Object.keys(changed).every((field) => marks.has(field)) &&
    changed["tlp"] === before.tlp &&
    changed["pap"] === undefined
  )
    throw lacks("an amendment says something else than before");
  const kept: Record<string, unknown> = { ...before };
  if (changed["need"] !== undefined) delete kept["who"];
  if (changed["who"] !== undefined) delete kept["need"];
  return { ...kept, ...changed };
}

/** Every field that a draft gives, parsed; which of them its kind has is judged by the one decoder of bodies. */
function saidIn(draft: DraftParams, context: DraftContext): { readonly text?: string } & Fields {
  const indicators = draft.indicators?.map((text) => parseIndicator(text));
  return {
    ...given("text", draft.text),
    ...given("title", draft.title),
    ...given("indicators", indicators && unique(indicators)),
    ...given("techniques", draft.techniques && [...new Set(draft.techniques.map(parseTechnique))]),
    ...given("re", context.re),
    ...given("expires", time(draft.expires)),
    ...given("seen", seenOf(draft)),
    ...given("confidence", draft.confidence),
    ...given("source", draft.source),
    ...given("severity", oneOf("severity", SEVERITIES, draft.severity)),
    ...given("urgency", oneOf("urgency", URGENCIES, draft.urgency)),
    ...given("certainty", oneOf("certainty", CERTAINTIES, draft.certainty)),
    ...given("status", oneOf("status", [...ALERT_STATUSES, ...INCIDENT_STATUSES], draft.status)),
    ...given("ackBy", time(draft.ackBy)),
    ...given("need", draft.need),
    ...given("who", context.who),
    ...given("closes", time(draft.closes)),
    ...given("answer", oneOf("answer", VERDICTS, draft.answer)),
    ...given("state", oneOf("state", FINDINGS, draft.state)),
    ...given("searched", searchedOf(draft)),
    ...(draft.decision === true ? { decision: true } : {}),
    ...given("links", context.links),
    ...given("product", draft.product),
    ...given("exploited", oneOf("exploited", EXPLOITED, draft.exploited)),
    ...given("versions", draft.versions),
    ...given("fixed", draft.fixed),
  };
}

function seenOf(draft: DraftParams): Seen | undefined {
  if (!draft.seen) return undefined;
  const seen: Seen = {
    ...given("first", time(draft.seen.first)),
    ...given("last", time(draft.seen.last)),
    ...given("count", draft.seen.count),
  };
  inOrder(seen.first, seen.last, "first seen is later than last seen");
  return seen;
}

function searchedOf({ searched }: DraftParams): Fields | undefined {
  if (!searched) return undefined;
  const [from, to] = [time(searched.from), time(searched.to)];
  inOrder(from, to, "the searched time ends before it begins");
  return { ...given("from", from), ...given("to", to), ...given("scope", searched.scope) };
}

function inOrder(from: number | undefined, to: number | undefined, message: string): void {
  if (from !== undefined && to !== undefined && from > to) throw lacks(message);
}

function unique<T extends { readonly type: string; readonly value: string }>(indicators: readonly T[]): readonly T[] {
  return [...new Map(indicators.map((indicator) => [`${indicator.type}:${indicator.value}`, indicator])).values()];
}

function oneOf<T extends string>(field: string, allowed: readonly T[], value: string | undefined): T | undefined {
  if (value === undefined) return undefined;
  const found = allowed.find((word) => word === value.toLowerCase());
  if (!found) throw lacks(`${field} is one of ${allowed.join(", ")}`);
  return found;
}

function time(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}

function given<K extends string, V>(name: K, value: V | undefined): { [key in K]?: V } {
  // An absent field is left out, never written as undefined: bodies are encoded as they are.
  return (value === undefined ? {} : { [name]: value }) as { [key in K]?: V };
}

function answering({ re }: DraftContext): Fields {
  if (re === undefined) throw lacks("it must name the item that it answers");
  return { re };
}

function lacks(message: string): TocsinError {
  return new TocsinError("INPUT_INVALID", message);
}

/** The marking of an answer: as strict as what it answers, so that a reply never widens it. */
export function answerTlp(asked: Tlp | undefined, answered: Tlp | undefined): Tlp | undefined {
  if (asked === undefined) return answered;
  return answered === undefined ? asked : strictest(asked, answered);
}
