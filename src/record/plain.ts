// What somebody says without anything by which that person, their tools or their org would be known: in plain characters, rounded
// times and counts, and an order that nobody chose. Pure, and the same when it is done twice. It cannot hide how somebody writes.

import type { PostBody, Sayable } from "./body.ts";

const HOUR_MS = 3_600_000;
/** Fields that name an author, its files or its wishes of named orgs. */
const TELLING: ReadonlySet<string> = new Set(["auto", "sponsored", "source", "relayed", "who"]);
const TEXTS: ReadonlySet<string> = new Set(["title", "text", "caveat", "why", "product", "versions", "fixed"]);
const DEADLINES: ReadonlySet<string> = new Set(["expires", "ackBy", "closes"]);

/** The kinds that make sense from somebody who speaks for another; answers and updates count as their org's own word. */
const SPOKEN: ReadonlySet<PostBody["kind"]> = new Set([
  ...(["sighting", "alert", "ask", "note", "incident", "vuln", "reply", "amend", "retract"] as const),
]);

/** A body that may be said for another member, undefined where it may not. */
export function sayable(body: PostBody): Sayable | undefined {
  const may = SPOKEN.has(body.kind) && (body.kind !== "amend" || SPOKEN.has(body.now.kind));
  return may ? (body as Sayable) : undefined;
}

/** A body that says the same and tells nothing of who says it; its seat is empty. */
export function plainBody<Body extends Sayable>(body: Body): Body {
  const fields = Object.entries(body as Readonly<Record<string, unknown>>)
    .filter(([name]) => !TELLING.has(name))
    .map(([name, value]) => [name, plainField(name, value)]);
  return { ...Object.fromEntries(fields), seat: "" } as Body;
}

function plainField(name: string, value: unknown): unknown {
  if (TEXTS.has(name) && typeof value === "string") return plainText(value);
  if (DEADLINES.has(name) && typeof value === "number") return Math.ceil(value / HOUR_MS) * HOUR_MS;
  if (name === "seen") return plainSeen(value as Seen);
  if (name === "confidence" && typeof value === "number") return value === 0 ? 0 : Math.max(10, roundTo(value, 10));
  if (name === "indicators") return sorted(value as readonly { type: string; value: string }[], byTypeAndValue);
  if (name === "techniques") return sorted(value as readonly string[], (technique) => technique);
  return name === "now" ? plainBody(value as Sayable) : value;
}

type Seen = { readonly first?: number; readonly last?: number; readonly count?: number };

/** To the hour, and a count to its first digit: what one org saw 4,187 times, it alone saw. */
function plainSeen({ first, last, count }: Seen): Seen {
  const digit = count === undefined || count === 0 ? 1 : 10 ** Math.floor(Math.log10(count));
  return {
    ...(first === undefined ? {} : { first: Math.floor(first / HOUR_MS) * HOUR_MS }),
    ...(last === undefined ? {} : { last: Math.floor(last / HOUR_MS) * HOUR_MS }),
    ...(count === undefined ? {} : { count: Math.floor(count / digit) * digit }),
  };
}

function roundTo(value: number, step: number): number {
  return Math.round(value / step) * step;
}

function byTypeAndValue({ type, value }: { type: string; value: string }): string {
  return `${type}:${value}`;
}

function sorted<T>(list: readonly T[], name: (one: T) => string): readonly T[] {
  return [...list].sort((left, right) => (name(left) < name(right) ? -1 : 1));
}

/** Signs that a keyboard, an editor or an office program chooses for its user, and the plain ones. */
const PLAIN: readonly (readonly [RegExp, string])[] = [
  [/[\u2018-\u201B\u2032\u2035]/gu, "'"],
  [/[\u201C-\u201F\u2033\u2036\u00AB\u00BB\u301D-\u301F]/gu, '"'],
  [/[\u2010-\u2015\u2043\u2212\u2E3A\u2E3B]/gu, "-"],
  [/[\u2022\u2023\u25E6\u2219\u25AA]/gu, "-"],
  [/[^\S\n]+/gu, " "],
  [/ ?\n ?/gu, "\n"],
  [/\n{3,}/gu, "\n\n"],
];

/**
 * A text in the plainest characters that say the same: compatibility forms of Unicode (NFKC), nothing that is not seen, ASCII quotes
 * and dashes, one blank between words and at most one empty line.
 */
export function plainText(text: string): string {
  const lines = text.replace(/\r\n?|[\v\f\u0085\u2028\u2029]/gu, "\n");
  const seen = lines.replace(/[\p{Cf}\uFE00-\uFE0F]|(?!\n|\t)\p{Cc}/gu, "").normalize("NFKC");
  return PLAIN.reduce((plain, [sign, by]) => plain.replace(sign, by), seen).trim();
}
