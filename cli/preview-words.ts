// What a rehearsal tells a person: who would read it, who would not and why, and what keeps it from being sent.

import type { ResultDocument } from "../src/api/documents.ts";
import { safeText, tlpText, trustText } from "./texts.ts";
import { WITHHELD_WORDS } from "./withheld-words.ts";

/** The lines of a rehearsal. */
export function previewLines(result: ResultDocument, colour: boolean): string[] {
  const { circle, tlp, readers = [], withheld, refused, asked } = result;
  const label = tlp === null ? "" : ` · ${tlpText(tlp, colour)}`;
  const rows = [
    ...readers.map(({ org, trust }) => `  reads   ${safeText(org)}  ${trustText(trust)}`),
    ...withheld.map(({ org, reason }) => `  not     ${safeText(org)}  ${WITHHELD_WORDS[reason]}`),
  ];
  return [
    `${refused ? "would not be posted" : "would post"} to ${safeText(circle)}${label} · nothing was sent`,
    ...(readers.length === 0 ? ["  nobody but you would read it"] : []),
    ...rows,
    ...(asked ? [`  said by ${safeText(asked.sponsor)}, if they agree, on behalf of a member`] : []),
  ];
}
