// Reads items in the order of the feed and in the order of arrival. Bounded by the caller's limit: no more than a page of items is opened ahead of the caller.

import { compareBytes, u48 } from "../base/bytes.ts";
import type { PostKind } from "../record/body.ts";
import type { RecordId } from "../record/ids.ts";
import { circleNumber } from "./catalogue.ts";
import { decodeStored, storedItem } from "./item-codec.ts";
import { afterAll, feedOrderOf, FEED_KINDS, keyOf, momentOf, pointerIn, type Span, spanOf, u16 } from "./keyspace.ts";
import { findRecord, readRecords } from "./records.ts";
import { corrupt, keysIn, openRow, pagesOf, type Shelf } from "./shelf.ts";
import type { FeedQuery, Item } from "./store.ts";

/** Items opened at one stroke. */
export const PAGE_ITEMS = 32;

/** The item of a record, or undefined where it is none or not held. */
export async function readItem(shelf: Shelf, id: RecordId): Promise<Item | undefined> {
  const found = await findRecord(shelf, id);
  return found && storedItem(found.key, found.stored);
}

/** The items that index keys point at, in their order. */
export async function* itemsAt(
  shelf: Shelf,
  pointers: AsyncIterable<Uint8Array>,
  pageItems: number = PAGE_ITEMS,
): AsyncGenerator<Item> {
  for await (const page of pagesOf(pointers, pageItems)) {
    const keys = page.map(pointerIn);
    const records = await readRecords(shelf, keys);
    for (const [index, key] of keys.entries()) {
      const stored = records[index];
      const item = stored && storedItem(key, stored);
      // Unlike an unread post, an item never moves.
      if (!item) throw corrupt("a pointer to an item that is gone");
      yield item;
    }
  }
}

/** Items in order of arrival after a cursor, at most `limit`. */
export async function readAfter(shelf: Shelf, cursor: number, limit: number): Promise<readonly Item[]> {
  const { gte, lt } = spanOf("post");
  const items: Item[] = [];
  if (limit <= 0) return items;
  const span = { gte: cursor < 0 ? gte : keyOf("post", u48(cursor + 1)), lt };
  for await (const [key, value] of shelf.disk.scan(span, { limit })) {
    const item = storedItem(key, decodeStored(shelf.catalogue, key, openRow(shelf.cipher, key, value)));
    if (item) items.push(item);
  }
  return items;
}

/** Newest first by the author's clock, then by arrival. */
export async function* readFeed(shelf: Shelf, query: FeedQuery): AsyncGenerator<Item> {
  const { circles } = shelf.catalogue;
  const numbers =
    query.circle === undefined ? [...circles.keys()] : [circleNumber(shelf.catalogue, query.circle) ?? []].flat();
  // What was of an unknown kind when it came may be of a known one by now.
  const kinds = query.kinds ? new Set<PostKind>([...query.kinds, "unknown"]) : FEED_KINDS;
  // One run of keys for each circle and kind, each in the order wanted: merging them saves two more indexes.
  const spans = numbers
    .filter((number) => circles[number]?.lanes.some(({ items }) => items > 0))
    .flatMap((number) =>
      [...kinds].map((kind) => feedSpan([u16(number), Uint8Array.of(FEED_KINDS.indexOf(kind))], query)),
    );
  const runs = spans.map((span) => keysIn(shelf.disk, span, { reverse: true }));
  let left = query.limit;
  if (left <= 0) return;
  for await (const item of itemsAt(shelf, newestFirst(runs), Math.min(PAGE_ITEMS, left))) {
    if (query.kinds && !query.kinds.includes(item.body.kind)) continue;
    yield item;
    if (--left <= 0) return;
  }
}

function feedSpan(run: readonly Uint8Array[], { since, until, before }: FeedQuery): Span {
  const whole = spanOf("feed", ...run);
  const gte = since === undefined ? whole.gte : keyOf("feed", ...run, momentOf(since));
  const upTo = until === undefined ? whole.lt : afterAll(keyOf("feed", ...run, momentOf(until)));
  if (before === undefined) return { gte, lt: upTo };
  const lt = keyOf("feed", ...run, momentOf(before.at), keyOf("post", u48(before.cursor)));
  return { gte, lt: compareBytes(lt, upTo) < 0 ? lt : upTo };
}

/** Merges runs of feed keys that are sorted newest first. */
async function* newestFirst(runs: readonly AsyncGenerator<Uint8Array>[]): AsyncGenerator<Uint8Array> {
  try {
    const heads = await Promise.all(
      runs.map(async (run) => ({ run, key: (await run.next()).value as Uint8Array | undefined })),
    );
    for (;;) {
      let newest: (typeof heads)[number] | undefined;
      for (const head of heads) {
        if (head.key && (!newest?.key || compareBytes(feedOrderOf(head.key), feedOrderOf(newest.key)) > 0))
          newest = head;
      }
      if (!newest?.key) return;
      yield newest.key;
      newest.key = (await newest.run.next()).value as Uint8Array | undefined;
    }
  } finally {
    await Promise.all(runs.map((run) => run.return(undefined)));
  }
}
