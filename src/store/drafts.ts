// What waits to be posted, in rows of its own: held and let go in the batch of the records that it becomes, so that a
// crash neither loses a draft nor posts it twice.

import type { StorageCipher } from "../../keys/storage-key.ts";
import { u48 } from "../base/bytes.ts";
import type { CircleId } from "../record/ids.ts";
import { decodePost, encodePost } from "../record/parse-body.ts";
import { RISKS } from "../record/risk.ts";
import { bytes, circleNumber, list } from "./catalogue.ts";
import { keyOf, numberIn, spanOf, u16 } from "./keyspace.ts";
import { type Change, corrupt, type Disk, edgeKey, getRow, openRow, sealedRow, type Shelf } from "./shelf.ts";
import type { Commit, Draft, HeldDraft } from "./store.ts";

/** The rows by which a commit holds drafts and is done with others. */
export async function draftChanges(
  shelf: Pick<Shelf, "disk" | "cipher">,
  circle: number,
  { drafts = [], settled = [] }: Pick<Commit, "drafts" | "settled">,
): Promise<readonly Change[]> {
  const changes: Change[] = [];
  for (const { number, refused } of settled) {
    const key = keyOf("draft", u16(circle), u48(number));
    const row = refused === undefined ? undefined : await getRow(shelf, key);
    if (row === undefined || refused === undefined) changes.push({ key, value: undefined });
    else changes.push(draftRow(shelf.cipher, key, { ...draftOf(row), refused }));
  }
  const next = drafts.length === 0 ? 0 : (await lastNumber(shelf.disk, circle)) + 1;
  for (const [index, draft] of drafts.entries())
    changes.push(draftRow(shelf.cipher, keyOf("draft", u16(circle), u48(next + index)), draft));
  return changes;
}

/** What waits in a circle, oldest first. */
export async function readDrafts(shelf: Shelf, circle: CircleId): Promise<readonly HeldDraft[]> {
  const number = circleNumber(shelf.catalogue, circle);
  const held: HeldDraft[] = [];
  if (number === undefined) return held;
  for await (const [key, value] of shelf.disk.scan(spanOf("draft", u16(number))))
    held.push({ ...draftOf(openRow(shelf.cipher, key, value)), number: numberIn(key) });
  return held;
}

/** The number of the newest draft that waits, 0 where none does. */
async function lastNumber(disk: Disk, circle: number): Promise<number> {
  const last = await edgeKey(disk, spanOf("draft", u16(circle)), true);
  return last ? numberIn(last) : 0;
}

function draftRow(cipher: StorageCipher, key: Uint8Array, draft: Draft & { readonly refused?: string }): Change {
  return sealedRow(cipher, key, [
    encodePost(draft.body),
    draft.exercise,
    draft.key,
    draft.accept,
    draft.refused ?? null,
    draft.clearance ?? null,
  ]);
}

function draftOf(row: Parameters<typeof list>[0]): Draft & { readonly refused?: string } {
  const [body, exercise, key, accept, refused, clearance] = list(row, 6);
  if (typeof exercise !== "boolean" || typeof key !== "string" || !Array.isArray(accept))
    throw corrupt("a malformed draft");
  return {
    body: decodePost(bytes(body)),
    exercise,
    key,
    accept: RISKS.filter((risk) => accept.includes(risk)),
    ...(clearance === null ? {} : { clearance: bytes(clearance) }),
    ...(typeof refused === "string" ? { refused } : {}),
  };
}
