// The words of a search: fields, exclusions and plain text, and whether an item matches them.

import { TocsinError } from "../base/errors.ts";
import { type Indicator, indicatorsOf, POST_KINDS, type PostKind, wordsOf } from "../record/body.ts";
import { parseIndicator } from "../record/indicator.ts";
import { parseTlp, type Tlp } from "../record/marking.ts";
import type { Item } from "../store/store.ts";

export type Query = {
  /** Found by index: all of them must be named by the item. */
  readonly indicators: readonly Indicator[];
  readonly kinds: readonly PostKind[];
  readonly orgs: readonly string[];
  readonly tlp: Tlp | undefined;
  readonly since: number | undefined;
  /** Each must occur in title, text, an indicator, a technique or the org's name, in any case. */
  readonly words: readonly string[];
  readonly without: readonly string[];
};

const INDICATOR_FIELDS = new Set([
  "ip",
  "domain",
  "url",
  "email",
  "hash",
  "md5",
  "sha1",
  "sha256",
  "sha512",
  "cve",
  "asn",
  "filename",
  "mutex",
  "cidr",
]);
const KINDS: Readonly<Record<string, PostKind>> = {
  sight: "sighting",
  ...Object.fromEntries(POST_KINDS.map((kind) => [kind, kind])),
};
const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Throws INPUT_INVALID or INDICATOR_INVALID naming the word. */
export function parseQuery(words: readonly string[], now: number): Query {
  const query = {
    indicators: [] as Indicator[],
    kinds: [] as PostKind[],
    orgs: [] as string[],
    tlp: undefined as Tlp | undefined,
    since: undefined as number | undefined,
    words: [] as string[],
    without: [] as string[],
  };
  for (const word of words.flatMap((text) => text.split(/\s+/)).filter((text) => text !== "")) {
    const [, field = "", value = ""] = /^([a-z0-9]+):(.+)$/i.exec(word) ?? [];
    const name = field.toLowerCase();
    if (word.startsWith("-") && word.length > 1) query.without.push(word.slice(1).toLowerCase());
    else if (INDICATOR_FIELDS.has(name)) query.indicators.push(parseIndicator(value, name));
    else if (name === "kind") query.kinds.push(kindOf(value));
    else if (name === "from" || name === "org") query.orgs.push(value.toLowerCase());
    else if (name === "tlp") query.tlp = tlpOf(value);
    else if (name === "since") query.since = momentOf(value, now);
    else query.words.push(word.toLowerCase());
  }
  return query;
}

/** Whether an item by `org` is what a query asks for. */
export function matches(query: Query, item: Item, org: string): boolean {
  const { body } = item;
  if (query.kinds.length > 0 && !query.kinds.includes(body.kind)) return false;
  if (query.orgs.length > 0 && !query.orgs.includes(org.toLowerCase())) return false;
  if (query.tlp !== undefined && body.tlp !== query.tlp) return false;
  if (query.since !== undefined && item.at < query.since) return false;
  const named = indicatorsOf(body);
  if (
    !query.indicators.every((asked) =>
      named.some((indicator) => indicator.type === asked.type && indicator.value === asked.value),
    )
  )
    return false;
  if (query.words.length === 0 && query.without.length === 0) return true;
  const told = textOf(item, org);
  return query.words.every((word) => told.includes(word)) && !query.without.some((word) => told.includes(word));
}

function textOf({ body }: Item, org: string): string {
  const { title = "", text = "", techniques, indicators } = wordsOf(body);
  const product = body.kind === "vuln" ? body.product : "";
  return [org, title, text, product, ...techniques, ...indicators.map(({ value }) => value)].join("\n").toLowerCase();
}

function kindOf(value: string): PostKind {
  const kind = KINDS[value.toLowerCase()];
  if (!kind) throw new TocsinError("INPUT_INVALID", `kind is one of ${Object.keys(KINDS).join(", ")}`);
  return kind;
}

function tlpOf(value: string): Tlp {
  const tlp = parseTlp(value);
  if (!tlp) throw new TocsinError("INPUT_INVALID", `"${value}" is no TLP label`);
  return tlp;
}

/** `7d`, `24h`, `30m` ago, or RFC 3339. */
function momentOf(value: string, now: number): number {
  const [, count = "", unit = ""] = /^-?(\d{1,6})([mhd])$/.exec(value) ?? [];
  const at = count === "" ? Date.parse(value) : now - Number(count) * (UNIT_MS[unit] ?? 0);
  if (Number.isNaN(at))
    throw new TocsinError("INPUT_INVALID", `"${value}" is no time`, { hint: "write 7d, 24h or 2026-11-22T14:00:00Z" });
  return at;
}
