// Expressions that strangers wrote, matched in time linear in the text. The only file that knows `re2js`, a port of RE2: it has no
// backtracking, and refuses what it could not do without.

import { RE2JS } from "re2js";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";

/** Whether a text holds a match. */
export type LinearRegex = (text: string) => boolean;

const FLAGS: ReadonlyMap<string, number> = new Map([
  ["i", RE2JS.CASE_INSENSITIVE],
  ["m", RE2JS.MULTILINE],
  ["s", RE2JS.DOTALL],
  ["u", 0],
]);

/** An expression with its flags, `/…/i`, or without both. Throws INPUT_INVALID for what RE2 has not, or what is too long. */
export function linearRegex(written: string): LinearRegex {
  const [, body = written, flags = ""] = /^\/(.*)\/([a-z]*)$/s.exec(written) ?? [];
  if (body.length > limits.warninglistRegexCharsMax) throw invalid(written);
  let bits = 0;
  for (const flag of flags) {
    const bit = FLAGS.get(flag);
    if (bit === undefined) throw invalid(written);
    bits |= bit;
  }
  try {
    const regex = RE2JS.compile(body, bits);
    return (text) => regex.matcher(text).find();
  } catch (cause) {
    throw invalid(written, cause);
  }
}

function invalid(written: string, cause?: unknown): TocsinError {
  return new TocsinError("INPUT_INVALID", `${JSON.stringify(written.slice(0, 64))} is no expression of RE2`, { cause });
}
