// Addresses, names and hashes as they stand in free text, plain or defanged, with their normal form. Every expression here
// runs in time linear in the text: each begins where the character before it cannot belong to it, and repeats a bounded number of times.

import { normalDomain, normalEmail, refang } from "../record/internet-name.ts";
import { parseIp, printIp } from "../record/ip-address.ts";
import type { Span } from "./finding.ts";

export type Observable = Span & {
  readonly kind: "ip" | "domain" | "email" | "hash";
  /** In its normal form. */
  readonly value: string;
};

const OPEN = String.raw`\s{0,2}[\[({]\s{0,2}`;
const CLOSE = String.raw`\s{0,2}[\])}]\s{0,2}`;
const DOT = `(?:[.\u3002]|${OPEN}(?:\\.|dot)${CLOSE})`;
const AT = `(?:@|%40|${OPEN}(?:@|at)${CLOSE})`;
const LABEL = String.raw`[\p{L}\p{N}_][\p{L}\p{N}_-]{0,62}`;
const NAME = `${LABEL}(?:${DOT}${LABEL}){1,20}`;

const FORMS: readonly (readonly [Observable["kind"], RegExp, (text: string) => string | undefined])[] = [
  ["email", new RegExp(String.raw`(?<![\p{L}\p{N}._+%-])[\p{L}\p{N}._+%-]{1,64}${AT}${NAME}`, "giu"), email],
  ["domain", new RegExp(String.raw`(?<![\p{L}\p{N}_-])${NAME}`, "giu"), domain],
  [
    "ip",
    new RegExp(String.raw`(?<![\p{L}\p{N}_-]|\p{N}\.)\d{1,3}(?:${DOT}\d{1,3}){3}(?![\p{L}\p{N}_]|\.\d)`, "giu"),
    address,
  ],
  [
    "ip",
    /(?<![\p{L}\p{N}_.:])(?:[\da-f]{0,4}(?::|\[:\])){2,8}[\da-f]{0,4}(?:(?:\.\d{1,3}){3})?(?![\p{L}\p{N}_:])/giu,
    address,
  ],
  [
    "hash",
    /(?<![\p{L}\p{N}])(?:[\da-f]{128}|[\da-f]{64}|[\da-f]{40}|[\da-f]{32})(?![\p{L}\p{N}])/giu,
    (text) => text.toLowerCase(),
  ],
];

/** Everything of these kinds in a text; a name inside of a mail address is found as well. */
export function observablesIn(text: string): readonly Observable[] {
  const found: Observable[] = [];
  for (const [kind, form, normal] of FORMS) {
    for (const match of text.matchAll(form)) {
      const value = normal(match[0]);
      if (value !== undefined) found.push({ kind, value, start: match.index, end: match.index + match[0].length });
    }
  }
  return found;
}

function email(text: string): string | undefined {
  return normalEmail(text.replace(/%40/, "@"));
}

function domain(text: string): string | undefined {
  return normalDomain(text);
}

function address(text: string): string | undefined {
  const bytes = parseIp(refang(text));
  return bytes && printIp(bytes);
}
