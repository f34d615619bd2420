// What was found in a body, and what stands in its place where it is taken out.

/** `personal-data`: of a person. `own-organisation`: of us. `secret`: opens something. `warninglist`: is no sign of anything by itself. */
export type FindingClass = "personal-data" | "own-organisation" | "secret" | "warninglist";

/** `hold`: nothing is sent before a person decided. `warn`: it is shown, and sent. */
export type Severity = "hold" | "warn";

/** A text of a body: a field by its name, an indicator by its place, from 0 on; `now.` is what an amendment says anew, `say.` what a sponsor is to say. */
export type FieldName = OwnField | `indicators.${number}` | "searched.scope" | `now.${string}` | `say.${string}`;
export type OwnField =
  | "title"
  | "text"
  | "caveat"
  | "note"
  | "seat"
  | "source"
  | "why"
  | "product"
  | "versions"
  | "fixed";

/** Part of a text, in UTF-16 units; `end` is behind the last one. */
export type Span = { readonly start: number; readonly end: number };

const NOUNS = [
  "e-mail address",
  "phone number",
  "card number",
  "account number",
  "national id",
  "user name",
  "own domain",
  "internal address",
  "own name",
  "secret",
] as const;

/** What a detector finds in one text. */
export type Hit = Span & {
  readonly class: FindingClass;
  /** Its name, for people and scripts: `email`, `own-domain`, `list: public resolvers`. */
  readonly detector: string;
  readonly severity: Severity;
  /** What it is called where it was taken out; a warning has none. */
  readonly noun?: (typeof NOUNS)[number];
};

/** `replacement` is what would stand there; null for a warning, which changes nothing. */
export type Finding = Span & {
  readonly field: FieldName;
  readonly class: FindingClass;
  readonly detector: string;
  readonly severity: Severity;
  readonly replacement: string | null;
};

/** What stands in the place of a finding. */
export function tokenOf(noun: Hit["noun"]): string {
  return noun === undefined ? SHORT_TOKEN : `[${noun} removed]`;
}

/** Where a text would grow longer than its field. */
export const SHORT_TOKEN = "[removed]";

const TOKEN = new RegExp(`\\[(?:(?:${NOUNS.join("|")}) )?removed\\]`, "g");

/** Where tokens stand in a text: whatever their words may mean to somebody's list of names, they say nothing. */
export function tokensIn(text: string): readonly Span[] {
  if (!text.includes("removed]")) return [];
  return [...text.matchAll(TOKEN)].map((match) => ({ start: match.index, end: match.index + match[0].length }));
}
