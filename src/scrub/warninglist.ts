// Warninglists: things that are seen everywhere and are no sign of anything. The strict reader of the format of MISP's lists
// (misp-warninglists, `list.json`), a file of a stranger: bounded in size, in entries and in what an entry may cost.

import { z } from "zod";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";

/** What a list speaks of, in the words of tocsin. */
export type ListedKind = "ip" | "domain" | "url" | "email" | "hash" | "filename";

export type Warninglist = {
  readonly name: string;
  readonly version: number;
  /** `string`: equal. `substring`: holds it. `hostname`: the name or one below it. `cidr`: in the network. `regex`: matches it. */
  readonly type: "string" | "substring" | "hostname" | "cidr" | "regex";
  readonly kinds: readonly ListedKind[];
  readonly list: readonly string[];
};

const text = z.string().max(limits.warninglistTextCharsMax);
const schema = z.strictObject({
  name: text.min(1),
  description: text.exactOptional(),
  version: z.number().int().min(0),
  type: z.enum(["string", "substring", "hostname", "cidr", "regex"]),
  category: text.exactOptional(),
  matching_attributes: z.array(z.string().max(64)).max(256).exactOptional(),
  list: z.array(z.string().min(1).max(limits.indicatorCharsMax)).max(limits.warninglistEntriesMax),
});

/** Types of MISP's attributes, by their parts: `domain|ip` is both. */
const KINDS: ReadonlyMap<string, ListedKind> = new Map([
  ["ip-src", "ip"],
  ["ip-dst", "ip"],
  ["ip", "ip"],
  ["domain", "domain"],
  ["hostname", "domain"],
  ["url", "url"],
  ["uri", "url"],
  ["link", "url"],
  ["email", "email"],
  ["email-src", "email"],
  ["email-dst", "email"],
  ["target-email", "email"],
  ["md5", "hash"],
  ["sha1", "hash"],
  ["sha256", "hash"],
  ["sha512", "hash"],
  ["filename", "filename"],
]);
const ALL = ["ip", "domain", "url", "email", "hash", "filename"] as const;

/** Throws INPUT_INVALID for anything that is not a list of this format within the limits. */
export function readWarninglist(json: string): Warninglist {
  if (json.length > limits.warninglistBytesMax) throw invalid("too large");
  const parsed = schema.safeParse(parsedJson(json));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(`${issue?.path.join(".") || "the whole"}: ${issue?.message.toLowerCase() ?? ""}`);
  }
  const { name, version, type, list, matching_attributes: attributes } = parsed.data;
  const kinds = attributes?.flatMap((attribute) => attribute.split("|").map((part) => KINDS.get(part)));
  const known = kinds?.filter((kind) => kind !== undefined);
  return { name, version, type, list, kinds: known === undefined ? ALL : [...new Set(known)] };
}

function parsedJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw invalid("not JSON", cause);
  }
}

function invalid(why: string, cause?: unknown): TocsinError {
  return new TocsinError("INPUT_INVALID", `no warninglist of MISP's format: ${why}`, { cause });
}
