// The indicators in a text that a person writes or pastes, offered to be sent as such. Pure.

import { limits } from "../../src/base/limits.ts";
import { parseIndicator } from "../../src/record/indicator.ts";
import type { Indicator } from "../../src/record/body.ts";

const WORDS_MAX = 2_000;
/** A word without any of these is a word, whatever form it has. */
const TELLING = /[.:/@\d]/u;
/** What people put around an indicator. */
const AROUND = /^[\s"'`(<{,;]+|[\s"'`)>},;.!?]+$/gu;

/** Each once, in the order of the text, at most as many as a record may have. */
export function indicatorsIn(text: string): readonly Indicator[] {
  const found = new Map<string, Indicator>();
  for (const word of text.split(/\s+/u).slice(0, WORDS_MAX)) {
    const indicator = indicatorOf(word.replaceAll(AROUND, ""));
    if (indicator) found.set(`${indicator.type}:${indicator.value}`, indicator);
    if (found.size >= limits.indicatorsPerRecordMax) break;
  }
  return [...found.values()];
}

function indicatorOf(word: string): Indicator | undefined {
  if (word.length < 4 || word.length > limits.indicatorCharsMax || !TELLING.test(word)) return undefined;
  try {
    return parseIndicator(word);
  } catch {
    // A word that is no indicator is a word.
    return undefined;
  }
}
