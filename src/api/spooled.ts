// What is spooled while the daemon is down: a request as it would have been made, checked as far as that goes without the
// store, so that what can never be posted is refused while its writer is there to hear it. Light to import, like the
// client: a cron job that finds no daemon pays for this file, so it must never import zod, and CBOR only where it is needed.

import { utf8 } from "../base/bytes.ts";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { idRange } from "../record/ids.ts";
import { bodyOf, checkRange } from "./draft.ts";
import type { ImportLineDocument } from "./documents.ts";
import { importLine, rejectedLine } from "./import-line.ts";
import type { DraftParams, Methods } from "./methods.ts";

/** `token`: the text of the token of the script that spooled it; it speaks as that seat when it is posted. */
export type SpooledRequest = { readonly token?: string } & (
  | { readonly at: number; readonly method: "post"; readonly params: Methods["post"]["params"] }
  | { readonly at: number; readonly method: "import"; readonly params: Methods["import"]["params"] }
);

type Records = Methods["import"]["params"]["records"];

/** The text that is sealed. `key` in its parameters makes the post happen once, however often the text is read. */
export function spooledText(request: SpooledRequest): string {
  return JSON.stringify(request);
}

/** A sighting as it is spooled: it was seen at the latest when it was told, not when it is posted. */
export function datedDraft(draft: DraftParams, at: string): DraftParams {
  return draft.kind === "sighting" && draft.seen === undefined ? { ...draft, seen: { last: at } } : draft;
}

/** Throws what the daemon would refuse of the form of a post: INPUT_INVALID, INDICATOR_INVALID, LIMIT_EXCEEDED. */
export async function checkPost({ circle, key, draft }: Methods["post"]["params"]): Promise<void> {
  checkNames({ circle, key });
  await checkDraft(draft);
}

/** One result for each record, in order: `spooled`, or `rejected` for its form. Throws INPUT_INVALID for the circle. */
export async function checkImport({
  circle,
  records,
}: Methods["import"]["params"]): Promise<readonly ImportLineDocument[]> {
  checkNames({ circle });
  const results: ImportLineDocument[] = [];
  for (const record of records) {
    try {
      checkNames({ key: record.key });
      await checkDraft(record.draft);
      results.push(importLine(record, "spooled"));
    } catch (cause) {
      results.push(rejectedLine(record, cause));
    }
  }
  return results;
}

/** The records that were found in form. */
export function inForm(records: Records, results: readonly ImportLineDocument[]): Records {
  return records.filter((_, index) => results[index]?.state === "spooled");
}

function checkNames({
  circle,
  key,
}: {
  readonly circle?: string | undefined;
  readonly key?: string | undefined;
}): void {
  checkRange("circle", circle?.length, { least: 1, most: limits.idCharsMax, unit: " characters" });
  checkRange("key", key?.length, { least: 1, most: limits.keyCharsMax, unit: " characters" });
}

async function checkDraft(draft: DraftParams): Promise<void> {
  if (draft.re !== undefined && !idRange(draft.re))
    throw new TocsinError("INPUT_INVALID", `"${draft.re.slice(0, 64)}" is no id of an item`);
  // The marking of the circle and the name of the seat are not known here.
  const body = bodyOf(draft, { seat: "", defaultTlp: "red" });
  // CBOR is never longer than JSON, so nearly every body is seen to fit without it.
  if (utf8(JSON.stringify(body)).length < limits.recordBytesMax / 2) return;
  const { encodePost } = await import("../record/parse-body.ts");
  encodePost(body);
}
