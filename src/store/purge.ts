// Has what was erased leave the files of the disk. Deleting and replacing rows only hides them: what they held stays where it was until
// the disk merges its files. Whoever read a row meanwhile keeps its file alive, so each erasure is looked after twice.

import { concat } from "../base/bytes.ts";
import { keyOf, SPACE, type Span, spanOf } from "./keyspace.ts";
import { type Change, keysIn, type Shelf } from "./shelf.ts";

/** Records whose places in the files are looked for one by one; more are covered from the first to the last. */
const APART_MAX = 64;
const PAGE_ROWS = 1_000;

/** Clears the files of what was erased before. `isLast`: nothing reads what it was any more, so that it is done with. */
export async function purge({ disk }: Shelf, isLast: boolean): Promise<readonly Change[]> {
  const marks = await Array.fromAsync(keysIn(disk, spanOf("purge"), { limit: PAGE_ROWS }));
  if (marks.length === 0) return [];
  const keys = marks.map((mark) => mark.subarray(1));
  const spaces = [...Map.groupBy(keys, ([space]) => space).values()];
  const spans = spaces.flatMap((of) => (of.length > APART_MAX ? [around(of)] : of.map((key) => around([key]))));
  // Nobody knows any more which draft it was before it was posted, or which post that waited for approval.
  await disk.purge([...spans, whole("indicator"), whole("epoch"), whole("draft"), whole("own")]);
  return isLast ? marks.map((key) => ({ key, value: undefined })) : [];
}

/** From before the first to behind the last of these keys, which are sorted and of one length. */
function around(keys: readonly Uint8Array[]): Span {
  const [first, last] = [keys[0], keys.at(-1)];
  return { gte: (first ?? new Uint8Array(0)).slice(0, -1), lt: concat(last ?? new Uint8Array(0), Uint8Array.of(0xff)) };
}

function whole(space: "indicator" | "epoch" | "draft" | "own"): Span {
  return { gte: keyOf(space), lt: concat(Uint8Array.of(SPACE[space]), new Uint8Array(24).fill(0xff)) };
}
