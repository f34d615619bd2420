// What a rehearsal tells a person: who would read it, who would not and why, and what keeps it from being sent.

import type { ResultDocument, WithheldDocument } from "../src/api/documents.ts";
import { safeText, tlpText, trustText } from "./texts.ts";

const WHY: Readonly<Record<WithheldDocument["reason"], string>> = {
  unverified: "not verified: tocsin verify",
  "key-changed": "its key is not the one that was verified",
  blocked: "it is blocked here",
  "not-named": "it is not among those that are named",
  frozen: "it is frozen: nobody seals for it",
  "came-later": "it came in later",
  "not-in-yet": "it is not in yet",
  left: "it left",
  removed: "it was removed",
};

/** The lines of a rehearsal. */
export function previewLines(result: ResultDocument, colour: boolean): string[] {
  const { circle, tlp, readers = [], withheld, refused, asked } = result;
  const label = tlp === null ? "" : ` · ${tlpText(tlp, colour)}`;
  const rows = [
    ...readers.map(({ org, trust }) => `  reads   ${safeText(org)}  ${trustText(trust)}`),
    ...withheld.map(({ org, reason }) => `  not     ${safeText(org)}  ${WHY[reason]}`),
  ];
  return [
    `${refused ? "would not be posted" : "would post"} to ${safeText(circle)}${label} · nothing was sent`,
    ...(readers.length === 0 ? ["  nobody but you would read it"] : []),
    ...rows,
    ...(asked ? [`  said by ${safeText(asked.sponsor)}, if they agree, on behalf of a member`] : []),
  ];
}
