// One line of newline-delimited JSON in: what a script wants to post. Strict: a misspelt field is an error, because
// a marking that is quietly ignored is a leak. Errors name the line and the field and repeat nothing of the content.

import { z } from "zod";
import type { DraftParams } from "../api/methods.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { CERTAINTIES, POST_KINDS, SEVERITIES, URGENCIES } from "../record/body.ts";
import { parseIndicator, parseTechnique } from "../record/indicator.ts";
import { parsePap, parseTlp } from "../record/marking.ts";

export type NdjsonRecord = { readonly draft: DraftParams; readonly key?: string };

/**
 * The draft of a line: the fields of `DraftParams`, `kind` a sighting unless said otherwise, `ioc` another name of
 * `indicators`; an indicator is a text or `{type, value}`. `number` is the line's number, from 1. The value of
 * `keyField` becomes `key`; a field of that name that no draft has is otherwise ignored.
 * Throws INPUT_INVALID, or LIMIT_EXCEEDED above `limits.apiLineBytesMax`.
 */
export function readNdjsonLine(
  line: string,
  number: number,
  options: { readonly keyField?: string } = {},
): NdjsonRecord {
  if (line.length > limits.apiLineBytesMax) {
    throw new TocsinError("LIMIT_EXCEEDED", `line ${number} is longer than ${limits.apiLineBytesMax} characters`);
  }
  let value: unknown;
  try {
    value = JSON.parse(line.replace(/^\uFEFF/, ""));
  } catch {
    // The cause is left out: it quotes the line.
    throw invalid(number, "is not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalid(number, "is not a JSON object");
  const fields = new Map(Object.entries(value));
  const key =
    options.keyField === undefined ? undefined : readKey(fields.get(options.keyField), number, options.keyField);
  if (options.keyField !== undefined && !Object.hasOwn(schema.shape, options.keyField)) fields.delete(options.keyField);
  const parsed = schema.safeParse(Object.fromEntries(fields));
  if (!parsed.success) throw problem(number, parsed.error);
  const { ioc, indicators, ...rest } = parsed.data;
  const all = [...(indicators ?? []), ...(ioc ?? [])];
  return { draft: { ...rest, ...(all.length > 0 && { indicators: all }) }, ...(key !== undefined && { key }) };
}

const indicator = z
  .union([z.string(), z.strictObject({ type: z.string(), value: z.string() })])
  .transform((given, context) => {
    const read = (): string => {
      const { type, value } =
        typeof given === "string" ? parseIndicator(given) : parseIndicator(given.value, given.type);
      return `${type}:${value}`;
    };
    return attempt(read, context, "is no indicator");
  });
const indicators = z
  .preprocess(
    (given) => (Array.isArray(given) ? given : [given]),
    z.array(indicator).max(limits.indicatorsPerRecordMax),
  )
  .exactOptional();
const technique = z
  .string()
  .transform((given, context) => attempt(() => parseTechnique(given), context, "is no technique"));
const tlp = z.string().transform((given, context) => attempt(() => parseTlp(given), context, "is no TLP label"));
const pap = z.string().transform((given, context) => attempt(() => parsePap(given), context, "is no PAP label"));
const count = z.number().int().min(0).max(999_999_999);
const moment = z.iso.datetime({ offset: true });
const reference = z.string().max(limits.nameCharsMax);
const line = z.string().max(limits.titleCharsMax).exactOptional();
const word = z.string().max(16).exactOptional();
const orgs = z.array(reference).min(1).max(limits.membersMax).exactOptional();

const schema = z.strictObject({
  kind: z.enum(POST_KINDS).exclude(["unknown", "sponsor"]).default("sighting"),
  tlp: tlp.exactOptional(),
  pap: pap.exactOptional(),
  caveat: line,
  to: orgs,
  title: z.string().max(limits.titleCharsMax).exactOptional(),
  text: z.string().max(limits.textCharsMax).exactOptional(),
  indicators,
  ioc: indicators,
  techniques: z.array(technique).max(limits.techniquesPerRecordMax).exactOptional(),
  seen: z
    .strictObject({ first: moment.exactOptional(), last: moment.exactOptional(), count: count.exactOptional() })
    .exactOptional(),
  confidence: z.number().int().min(0).max(100).exactOptional(),
  expires: moment.exactOptional(),
  re: reference.exactOptional(),
  severity: z.enum(SEVERITIES).exactOptional(),
  urgency: z.enum(URGENCIES).exactOptional(),
  certainty: z.enum(CERTAINTIES).exactOptional(),
  ackBy: moment.exactOptional(),
  need: z.number().int().min(1).max(limits.membersMax).exactOptional(),
  who: orgs,
  status: word,
  closes: moment.exactOptional(),
  answer: word,
  state: word,
  searched: z.strictObject({ from: moment.exactOptional(), to: moment.exactOptional(), scope: line }).exactOptional(),
  decision: z.boolean().exactOptional(),
  links: z.array(reference).min(1).max(limits.linksPerRecordMax).exactOptional(),
  product: line,
  exploited: word,
  versions: line,
  fixed: line,
  why: z.string().max(limits.textCharsMax).exactOptional(),
  limit: tlp.exactOptional(),
  credit: z.boolean().exactOptional(),
  source: line,
  exercise: z.boolean().exactOptional(),
  auto: z.boolean().exactOptional(),
}) satisfies z.ZodType<DraftParams & { ioc?: string[] }>;

/** The value of `read`, or an issue where it throws or finds nothing. */
function attempt<T>(read: () => T | undefined, context: z.RefinementCtx, message: string): T {
  try {
    const found = read();
    if (found !== undefined) return found;
  } catch (cause) {
    if (!(cause instanceof TocsinError)) throw cause;
  }
  context.addIssue({ code: "custom", message });
  return z.NEVER;
}

/** A key names one record of the caller's own system: a non-empty text or a whole number. */
function readKey(value: unknown, number: number, field: string): string {
  const key = typeof value === "number" && Number.isSafeInteger(value) ? String(value) : value;
  if (typeof key === "string" && key !== "" && key.length <= limits.titleCharsMax) return key;
  throw invalid(number, "has no usable key", field);
}

/** The first issue of a line, without the offending value. */
function problem(number: number, error: z.ZodError): TocsinError {
  const issue = error.issues[0];
  const field = issue?.code === "unrecognized_keys" ? [...issue.path, ...issue.keys.slice(0, 1)] : (issue?.path ?? []);
  const what =
    issue?.code === "unrecognized_keys"
      ? "is not known"
      : issue?.code === "custom"
        ? issue.message
        : "is not allowed there";
  return invalid(number, what, field.join("."));
}

function invalid(number: number, what: string, field?: string): TocsinError {
  const name = field?.replaceAll(/[^\w.-]/g, "?").slice(0, limits.nameCharsMax);
  const where = name === undefined ? `line ${number}` : `line ${number}: field "${name}"`;
  return new TocsinError("INPUT_INVALID", `${where} ${what}`, {
    details: { line: number, ...(name !== undefined && { field: name }) },
  });
}
