// Every text that a body can hold, and a body with other texts. One table of the kinds: a kind, or a text of a kind, that is
// missing in it does not compile, so that nothing is said that was not looked through.

import { limits } from "../base/limits.ts";
import { type Indicator, type IndicatorType, type PostBody, type PostKind } from "../record/body.ts";
import { parseIndicator } from "../record/indicator.ts";
import type { FieldName, OwnField } from "./finding.ts";

/** What a later version says is kept as it came, and never ours to send. */
type SaidKind = Exclude<PostKind, "unknown">;
type BodyOf<K extends PostKind> = Extract<PostBody, { readonly kind: K }>;
/** The fields that hold any text: neither a word of a list nor an id. */
type TextsOf<Body> = { [F in keyof Body]-?: string extends Body[F] ? F : never }[keyof Body];
type Texts = { readonly [K in SaidKind]: { readonly [F in TextsOf<Required<BodyOf<K>>>]: number } };

/** What every kind has. */
const SIGNED = { seat: limits.nameCharsMax, caveat: limits.titleCharsMax };

/** The texts of each kind, each with the most characters that it may have. */
const TEXTS: Texts = {
  sighting: {
    title: limits.titleCharsMax,
    text: limits.textCharsMax,
    ...SIGNED,
    source: limits.titleCharsMax,
  },
  alert: { title: limits.titleCharsMax, text: limits.textCharsMax, ...SIGNED },
  ask: { title: limits.titleCharsMax, text: limits.textCharsMax, ...SIGNED },
  answer: { text: limits.textCharsMax, ...SIGNED },
  reply: { text: limits.textCharsMax, ...SIGNED },
  ack: { note: limits.textCharsMax, ...SIGNED },
  note: { title: limits.titleCharsMax, text: limits.textCharsMax, ...SIGNED },
  incident: { title: limits.titleCharsMax, text: limits.textCharsMax, ...SIGNED },
  update: { text: limits.textCharsMax, ...SIGNED },
  vuln: {
    title: limits.titleCharsMax,
    text: limits.textCharsMax,
    ...SIGNED,
    product: limits.titleCharsMax,
    versions: limits.titleCharsMax,
    fixed: limits.titleCharsMax,
  },
  msg: { text: limits.textCharsMax, ...SIGNED },
  widen: { ...SIGNED },
  sponsor: { ...SIGNED },
  nudge: { ...SIGNED },
  amend: { why: limits.textCharsMax, ...SIGNED },
  retract: { why: limits.textCharsMax, ...SIGNED },
};

/** One text of a body; `type` where it is the value of an indicator. */
export type TextField = { readonly name: FieldName; readonly text: string; readonly type?: IndicatorType };

/** The texts that a body has, those of its kind first, then its indicators. */
export function textFieldsOf(body: PostBody): readonly TextField[] {
  const fields = namesOf(body).flatMap(([name]) => {
    const text = textOf(body, name);
    return text === undefined ? [] : [{ name, text }];
  });
  const indicators = ownIndicators(body).map(
    ({ type, value }, index) => ({ name: `indicators.${index}`, text: value, type }) as const,
  );
  return [...fields, ...indicators, ...nestedOf(body)];
}

/** The texts that stand deeper in a body, which the table of kinds does not know. */
function nestedOf(body: PostBody): readonly TextField[] {
  if (body.kind === "amend") return textFieldsOf(body.now).map(within("now"));
  if (body.kind === "sponsor") return textFieldsOf(body.say).map(within("say"));
  const scope = body.kind === "answer" ? body.searched?.scope : undefined;
  return scope === undefined ? [] : [{ name: "searched.scope", text: scope }];
}

function within(part: "now" | "say"): (field: TextField) => TextField {
  return (field) => ({ ...field, name: `${part}.${field.name}` });
}

function ownIndicators(body: PostBody): readonly Indicator[] {
  return "indicators" in body ? body.indicators : [];
}

/**
 * The body with `change` applied to each of its texts, told the most characters that it may have. An indicator that is
 * no indicator of its type any more is left out; nothing else is.
 */
export function withTexts<Body extends PostBody>(
  body: Body,
  change: (field: TextField, charsMax: number) => string,
): Body {
  const texts = namesOf(body).flatMap(([name, charsMax]) => {
    const text = textOf(body, name);
    return text === undefined ? [] : [[name, change({ name, text }, charsMax)] as const];
  });
  const changed: Body = { ...body, ...Object.fromEntries(texts), ...nestedWith(body, change) };
  if (!("indicators" in changed)) return changed;
  const indicators = ownIndicators(changed).flatMap((indicator, index) => {
    const { type, value } = indicator;
    const text = change({ name: `indicators.${index}`, text: value, type }, limits.indicatorCharsMax);
    return text === value ? [indicator] : readAgain(type, text);
  });
  return { ...changed, indicators };
}

function nestedWith(body: PostBody, change: (field: TextField, charsMax: number) => string): Partial<PostBody> {
  const changeIn =
    (part: "now" | "say") =>
    (field: TextField, charsMax: number): string =>
      change(within(part)(field), charsMax);
  if (body.kind === "amend") return { now: withTexts(body.now, changeIn("now")) };
  if (body.kind === "sponsor") return { say: withTexts(body.say, changeIn("say")) };
  const scope = body.kind === "answer" ? body.searched?.scope : undefined;
  if (body.kind !== "answer" || scope === undefined) return {};
  return {
    searched: { ...body.searched, scope: change({ name: "searched.scope", text: scope }, limits.titleCharsMax) },
  };
}

function namesOf({ kind }: PostBody): readonly (readonly [OwnField, number])[] {
  return kind === "unknown" ? [] : (Object.entries(TEXTS[kind]) as [OwnField, number][]);
}

function textOf(body: PostBody, name: string): string | undefined {
  return (body as unknown as Readonly<Record<string, string | undefined>>)[name];
}

function readAgain(type: IndicatorType, text: string): readonly Indicator[] {
  try {
    const again = parseIndicator(text, type);
    return again.type === type && again.value === text ? [again] : [];
  } catch {
    // Not an error: what is left of an address or a hash is none.
    return [];
  }
}
