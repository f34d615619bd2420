// STIX patterns (STIX 2.1 chapter 9; those of 2.0 are the same for our purpose): read for the values they compare
// with, written one comparison each. It never evaluates a pattern, and never fails on one.

import type { Indicator } from "../record/body.ts";
import { indicatorAt, pathOf } from "./observable-path.ts";

/** What a pattern names, as far as tocsin can tell. */
export type PatternContent = {
  /** Every value of a known path that is compared by `=`, `IN` or `ISSUBSET`, without repeats. */
  readonly indicators: readonly Indicator[];
  /** Whether the pattern asks for more than any one of them (AND, FOLLOWEDBY, NOT, a qualifier): for display only. */
  readonly compound: boolean;
  /** What could not be read as an indicator: a path, a path with its operator, or why reading stopped. */
  readonly unsupported: readonly string[];
};

/** Longer ones do not fit a record anyway. */
const PATTERN_CHARS_MAX = 64 * 1024;

/** Reads a pattern; what is malformed ends the reading and is named in `unsupported`. */
export function indicatorsOfPattern(pattern: string): PatternContent {
  if (pattern.length > PATTERN_CHARS_MAX) {
    return { indicators: [], compound: false, unsupported: [`a pattern of ${pattern.length} characters`] };
  }
  const { comparisons, joins, malformed } = readComparisons(tokensOf(pattern));
  const indicators = new Map<string, Indicator>();
  const unsupported = new Set<string>();
  let spareJoins = 0;
  let negative = false;
  for (const { path, operator, negated, values } of comparisons) {
    // MISP writes one address as "the reference is an address AND its value is …": that AND adds nothing.
    if (REFERENCE_TYPE.test(path)) spareJoins += 1;
    else if (negated || UNEQUAL.has(operator)) negative = true;
    else if (!READABLE.has(operator)) unsupported.add(`${path} ${operator}`);
    else {
      for (const value of values) {
        const observed = indicatorAt(path, value);
        if (observed) indicators.set(`${observed.indicator.type}:${observed.indicator.value}`, observed.indicator);
        if (!observed?.exact) unsupported.add(path);
      }
    }
  }
  if (malformed !== undefined) unsupported.add(malformed);
  return {
    indicators: [...indicators.values()],
    compound: negative || joins > spareJoins,
    unsupported: [...unsupported],
  };
}

/** The pattern of one indicator: a single comparison, which every known consumer reads. */
export function printPattern(indicator: Indicator): string {
  const path = pathOf(indicator).replace(/[^.:]*-\d+$/, "'$&'");
  const value =
    indicator.type === "asn" ? indicator.value.slice(2) : `'${indicator.value.replaceAll(/[\\']/g, "\\$&")}'`;
  return `[${path} = ${value}]`;
}

const READABLE: ReadonlySet<string> = new Set(["=", "==", "IN", "ISSUBSET"]);
const UNEQUAL: ReadonlySet<string> = new Set(["!=", "<>"]);
const REFERENCE_TYPE = /_refs?\.type$/;

type Comparison = {
  /** `file:hashes.SHA-256`: without quotes and list indexes. */
  readonly path: string;
  readonly operator: string;
  readonly negated: boolean;
  readonly values: readonly string[];
};
type Reading = {
  readonly comparisons: readonly Comparison[];
  /** How often AND, FOLLOWEDBY or a qualifier ties comparisons together. */
  readonly joins: number;
  /** Why and where reading stopped early. */
  readonly malformed?: string;
};

const JOINS: ReadonlySet<string> = new Set(["AND", "FOLLOWEDBY", "WITHIN", "REPEATS", "START"]);
const LOOSE: ReadonlySet<string> = new Set(["OR", "STOP", "SECONDS", "TIMES"]);

/** Reads the comparisons one after the other; how they nest does not matter for the values that they hold. */
function readComparisons(tokens: readonly Token[]): Reading {
  const comparisons: Comparison[] = [];
  let joins = 0;
  let open = 0;
  let next = 0;
  const stop = (at: number): Reading => ({ comparisons, joins, malformed: `malformed at character ${at + 1}` });
  for (let token = tokens[next]; token && token.kind !== "end"; token = tokens[next]) {
    const word = token.kind === "name" ? token.text.toUpperCase() : token.text;
    if (token.kind === "bad") return stop(token.at);
    if (token.kind === "value" || LOOSE.has(word)) next += 1;
    else if (JOINS.has(word)) {
      joins += 1;
      next += 1;
    } else if (token.kind === "symbol") {
      open += OPENING.get(token.text) ?? Number.NaN;
      if (!(open >= 0)) return stop(token.at);
      next += 1;
    } else {
      const read = readComparison(tokens, next);
      if (!read.comparison) return stop(tokens[read.next]?.at ?? token.at);
      comparisons.push(read.comparison);
      next = read.next;
    }
  }
  return open === 0 && comparisons.length > 0 ? { comparisons, joins } : stop(tokens.at(-1)?.at ?? 0);
}

const OPENING: ReadonlyMap<string, number> = new Map([
  ["[", 1],
  ["(", 1],
  ["]", -1],
  [")", -1],
]);

/** `path [NOT] operator value` or `EXISTS path` from token `from`; `next` is the first token that was not read. */
function readComparison(tokens: readonly Token[], from: number): { comparison?: Comparison; next: number } {
  let next = from;
  const peek = (): Token | undefined => tokens[next];
  const take = (text: string): boolean => {
    const found = tokens[next]?.kind !== "value" && tokens[next]?.text.toUpperCase() === text;
    if (found) next += 1;
    return found;
  };
  const step = (...kinds: readonly Token["kind"][]): string | undefined => {
    const token = peek();
    if (!token || !kinds.includes(token.kind)) return undefined;
    next += 1;
    return token.text;
  };

  const exists = take("EXISTS");
  const object = step("name");
  if (object === undefined || !take(":")) return { next };
  const steps: string[] = [];
  do {
    const part = step("name", "value");
    if (part === undefined) return { next };
    steps.push(part);
    while (take("[")) {
      if (!(take("*") || step("value") !== undefined) || !take("]")) return { next };
    }
  } while (take("."));
  const path = `${object}:${steps.join(".")}`;
  if (exists) return { comparison: { path, operator: "EXISTS", negated: false, values: [] }, next };

  const negated = take("NOT");
  if (OPENING.has(tokens[next]?.text ?? "")) return { next };
  const operator = step("symbol", "name")?.toUpperCase();
  if (operator === undefined) return { next };
  const values: string[] = [];
  const list = take("(");
  do {
    const value = step("value", "name");
    if (value === undefined) return { next };
    values.push(value);
  } while (take(","));
  if (list && !take(")")) return { next };
  return { comparison: { path, operator, negated, values }, next };
}

type Token = { readonly kind: "name" | "symbol" | "value" | "end" | "bad"; readonly text: string; readonly at: number };

// In order: white space and comments, text (also timestamps and binaries), numbers, names and keywords, symbols.
const TOKEN =
  /(?:\s|\/\*.*?\*\/|\/\/[^\n]*(?:\n|$))+|[thb]?'([^'\\]*(?:\\.[^'\\]*)*)'|([+-]?\d+(?:\.\d+)?)|([a-z_][\w-]*)|(!=|<>|<=|>=|==|[=<>()[\]:.,*])/isy;

/** The tokens of a pattern, closed by `end`, or by `bad` where the next character belongs to none. */
function tokensOf(pattern: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < pattern.length) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(pattern);
    if (!match) return [...tokens, { kind: "bad", text: "", at }];
    const [, text, number, name, symbol] = match;
    if (text !== undefined) tokens.push({ kind: "value", text: text.replaceAll(/\\(.)/gs, "$1"), at });
    else if (number !== undefined) tokens.push({ kind: "value", text: number, at });
    else if (name !== undefined) tokens.push({ kind: "name", text: name, at });
    else if (symbol !== undefined) tokens.push({ kind: "symbol", text: symbol, at });
    at = TOKEN.lastIndex;
  }
  return [...tokens, { kind: "end", text: "", at }];
}
