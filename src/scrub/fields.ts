// Every text that a body can hold, and a body with other texts. One table of the kinds: a kind, or a text of a kind, that is
// missing in it does not compile, so that nothing is said that was not looked through.

import { limits } from "../base/limits.ts";
import { indicatorsOf, type Indicator, type IndicatorType, type PostBody, type PostKind } from "../record/body.ts";
import { parseIndicator } from "../record/indicator.ts";
import type { FieldName } from "./finding.ts";

type BodyOf<K extends PostKind> = Extract<PostBody, { readonly kind: K }>;
/** The fields that hold any text: neither a word of a list nor an id. */
type TextsOf<Body> = { [F in keyof Body]-?: string extends Body[F] ? F : never }[keyof Body];
type Texts = { readonly [K in PostKind]: { readonly [F in TextsOf<Required<BodyOf<K>>>]: number } };

/** The texts of each kind, each with the most characters that it may have. */
const TEXTS: Texts = {
  sighting: {
    title: limits.titleCharsMax,
    text: limits.textCharsMax,
    seat: limits.nameCharsMax,
    source: limits.titleCharsMax,
  },
  alert: { title: limits.titleCharsMax, text: limits.textCharsMax, seat: limits.nameCharsMax },
  reply: { text: limits.textCharsMax, seat: limits.nameCharsMax },
  ack: { note: limits.textCharsMax, seat: limits.nameCharsMax },
};

/** One text of a body; `type` where it is the value of an indicator. */
export type TextField = { readonly name: FieldName; readonly text: string; readonly type?: IndicatorType };

/** The texts that a body has, those of its kind first, then its indicators. */
export function textFieldsOf(body: PostBody): readonly TextField[] {
  const fields = namesOf(body).flatMap(([name]) => {
    const text = textOf(body, name);
    return text === undefined ? [] : [{ name, text }];
  });
  const indicators = indicatorsOf(body).map(
    ({ type, value }, index) => ({ name: `indicators.${index}`, text: value, type }) as const,
  );
  return [...fields, ...indicators];
}

/**
 * The body with `change` applied to each of its texts, told the most characters that it may have. An indicator that is
 * no indicator of its type any more is left out; nothing else is.
 */
export function withTexts(body: PostBody, change: (field: TextField, charsMax: number) => string): PostBody {
  const texts = namesOf(body).flatMap(([name, charsMax]) => {
    const text = textOf(body, name);
    return text === undefined ? [] : [[name, change({ name, text }, charsMax)] as const];
  });
  const changed = { ...body, ...Object.fromEntries(texts) } as PostBody;
  if (!("indicators" in changed)) return changed;
  const indicators = changed.indicators.flatMap((indicator, index) => {
    const { type, value } = indicator;
    const text = change({ name: `indicators.${index}`, text: value, type }, limits.indicatorCharsMax);
    return text === value ? [indicator] : readAgain(type, text);
  });
  return { ...changed, indicators };
}

function namesOf({ kind }: PostBody): readonly (readonly [Exclude<FieldName, `indicators.${number}`>, number])[] {
  return Object.entries(TEXTS[kind]) as [Exclude<FieldName, `indicators.${number}`>, number][];
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
