// A STIX bundle as a list of objects with unknown fields, and the few ways of reading a field.
// Files in the wild break every rule of the standard: an ill-typed field reads as absent, never as an error.

import { fromUtf8 } from "../base/bytes.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";

export type Fields = Readonly<Record<string, unknown>>;

export type StixObject = {
  /** `unknown` where the object names none. */
  readonly type: string;
  /** The id, or `#3` for the third object of the bundle where it has none that could be one. */
  readonly id: string;
  readonly fields: Fields;
};

/**
 * The objects of a bundle, STIX 2.0 or 2.1, in their order.
 * Throws INPUT_INVALID where `text` is no JSON bundle, LIMIT_EXCEEDED above `limits.importBytesMax`.
 */
export function readObjects(text: string | Uint8Array): readonly StixObject[] {
  if (text.length > limits.importBytesMax) {
    throw new TocsinError(
      "LIMIT_EXCEEDED",
      `a bundle of ${text.length} bytes, at most ${limits.importBytesMax} are read`,
    );
  }
  const json = typeof text === "string" ? text : fromUtf8(text);
  if (json === undefined) throw new TocsinError("INPUT_INVALID", "the bundle is not UTF-8 text");
  let bundle: unknown;
  try {
    bundle = JSON.parse(json.replace(/^\uFEFF/, ""));
  } catch {
    // The cause is left out: it quotes the text.
    throw new TocsinError("INPUT_INVALID", "the bundle is not JSON");
  }
  if (!isFields(bundle) || bundle["type"] !== "bundle") {
    throw new TocsinError("INPUT_INVALID", "not a STIX bundle", { hint: 'a bundle is an object of type "bundle"' });
  }
  return listOf(bundle, "objects").map((value, at) => {
    const fields = isFields(value) ? value : {};
    const id = textOf(fields, "id") ?? "";
    const type = textOf(fields, "type") ?? "";
    return {
      type: /^[a-z\d-]{1,250}$/.test(type) ? type : "unknown",
      id: /^[a-z\d-]+--[\x21-\x7e]+$/.test(id) && id.length <= limits.titleCharsMax ? id : `#${at + 1}`,
      fields,
    };
  });
}

/** Whether a value is a JSON object. */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A non-empty, well-formed text; else undefined. */
export function textOf(fields: Fields, key: string): string | undefined {
  const value = fields[key];
  return typeof value === "string" && value.trim() !== "" ? value.toWellFormed() : undefined;
}

/** A list; empty where the field is none. */
export function listOf(fields: Fields, key: string): readonly unknown[] {
  const value = fields[key];
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

/** The texts of a list. */
export function textsOf(fields: Fields, key: string): readonly string[] {
  return listOf(fields, key).filter((value) => typeof value === "string");
}

/** The objects of a list. */
export function childrenOf(fields: Fields, key: string): readonly Fields[] {
  return listOf(fields, key).filter(isFields);
}

/** An object; empty where the field is none. */
export function childOf(fields: Fields, key: string): Fields {
  const value = fields[key];
  return isFields(value) ? value : {};
}

/** An integer from 0 to `max`; else undefined. */
export function countOf(fields: Fields, key: string, max: number): number | undefined {
  const value = fields[key];
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= max ? value : undefined;
}

/** A time (RFC 3339) in ms since 1970; undefined where it is none or lies before 1970. */
export function timeOf(fields: Fields, key: string): number | undefined {
  const value = textOf(fields, key);
  if (value === undefined || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,12})?(?:Z|[+-]\d\d:\d\d)$/.test(value))
    return undefined;
  // STIX allows a leap second, which JavaScript does not know.
  const ms = Date.parse(value.replace(/:60(?=[.Z+-])/, ":59"));
  return ms >= 0 ? ms : undefined;
}
