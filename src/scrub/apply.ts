// A body without what was found in it.

import type { PostBody } from "../record/body.ts";
import { withTexts } from "./fields.ts";
import { type Finding, type FieldName, SHORT_TOKEN } from "./finding.ts";

/**
 * The body with what is to be held replaced, in every field, by what is called in the findings; warnings change nothing. An
 * indicator that is none any more without what was taken out of it is left out.
 */
export function applied(body: PostBody, findings: readonly Finding[]): PostBody {
  const byField = new Map<FieldName, readonly Finding[]>();
  for (const finding of findings) {
    if (finding.replacement !== null) byField.set(finding.field, [...(byField.get(finding.field) ?? []), finding]);
  }
  return withTexts(body, ({ name, text }, charsMax) => {
    const found = byField.get(name) ?? [];
    if (found.length === 0) return text;
    const named = replaced(text, found, ({ replacement }) => replacement ?? "");
    if (named.length <= charsMax) return named;
    // A field is never longer than others will read: what is lost then are words about what was lost.
    const short = replaced(text, found, () => SHORT_TOKEN);
    return short.length <= charsMax ? short : SHORT_TOKEN;
  });
}

function replaced(text: string, found: readonly Finding[], by: (finding: Finding) => string): string {
  let from = 0;
  let out = "";
  for (const finding of found) {
    out += text.slice(from, finding.start) + by(finding);
    from = finding.end;
  }
  return out + text.slice(from);
}
