// What is spooled while the daemon is down: a request as it would have been made, checked as far as that goes without the
// store, so that what can never be posted is refused while its writer is there to hear it.

import { asTocsinError, errorRow, TocsinError } from "../base/errors.ts";
import { idRange } from "../record/ids.ts";
import { encodePost } from "../record/parse-body.ts";
import type { ImportLineDocument } from "./documents.ts";
import { bodyOf } from "./draft.ts";
import type { DraftParams, Methods } from "./methods.ts";
import { parseRequest, requests } from "./requests.ts";

export type SpooledRequest =
  | { readonly at: number; readonly method: "post"; readonly params: Methods["post"]["params"] }
  | { readonly at: number; readonly method: "import"; readonly params: Methods["import"]["params"] };

type Records = Methods["import"]["params"]["records"];

/** The text that is sealed. `key` in its parameters makes the post happen once, however often the text is read. */
export function spooledText(request: SpooledRequest): string {
  return JSON.stringify(request);
}

/** The request in such a text; its parameters are checked by the route that they are for. Throws INPUT_INVALID. */
export function parseSpooled(text: string): { readonly method: "post" | "import"; readonly params: unknown } {
  return parseRequest(requests.spooled, parsedJson(text));
}

/** A sighting as it is spooled: it was seen at the latest when it was told, not when it is posted. */
export function datedDraft(draft: DraftParams, at: string): DraftParams {
  return draft.kind === "sighting" && draft.seen === undefined ? { ...draft, seen: { last: at } } : draft;
}

/** Throws what the daemon would refuse of the form of a post: INPUT_INVALID, INDICATOR_INVALID, LIMIT_EXCEEDED. */
export function checkPost(params: Methods["post"]["params"]): void {
  checkDraft(parseRequest(requests.post, params).draft);
}

/** One result for each record, in order: `spooled`, or `rejected` for its form. Throws INPUT_INVALID for the rest. */
export function checkImport(params: Methods["import"]["params"]): readonly ImportLineDocument[] {
  return parseRequest(requests.import, params).records.map(({ line, object, key, draft }) => {
    const result: ImportLineDocument = {
      schema: "tocsin.result/1",
      ...(line === undefined ? {} : { line }),
      ...(object === undefined ? {} : { object }),
      key: key ?? null,
      id: null,
      state: "spooled",
      error: null,
    };
    try {
      checkDraft(parseRequest(requests.draft, draft));
      return result;
    } catch (cause) {
      const error = asTocsinError(cause);
      return { ...result, state: "rejected", error: { code: errorRow(error.code).family, message: error.message } };
    }
  });
}

/** The records that were found in form. */
export function inForm(records: Records, results: readonly ImportLineDocument[]): Records {
  return records.filter((_, index) => results[index]?.state === "spooled");
}

function checkDraft(draft: DraftParams): void {
  if (draft.re !== undefined && !idRange(draft.re))
    throw new TocsinError("INPUT_INVALID", `"${draft.re.slice(0, 64)}" is no id of an item`);
  // The marking of the circle and the name of the seat are not known here; the longest name makes the longest body.
  encodePost(bodyOf(draft, { seat: "", maxTlp: "red" }));
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TocsinError("INPUT_INVALID", "what was spooled is not JSON", { cause });
  }
}
