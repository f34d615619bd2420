// Finds items by what they refer to, by an indicator, and by the beginning of their id.
// Bounded by the caller's limit and, for threads, by how deep answers to answers are followed.

import type { RecordId } from "../record/ids.ts";
import { type Indicator, indicatorsOf, referenceOf } from "../record/body.ts";
import { limits } from "../base/limits.ts";
import { itemsAt, PAGE_ITEMS, readItem } from "./feed.ts";
import { storedRecord } from "./item-codec.ts";
import { idStart, indicatorHash, keyOf, pointerIn, recordSpace, spanOf, spanUnder } from "./keyspace.ts";
import { readRecords } from "./records.ts";
import { keysIn, type Shelf } from "./shelf.ts";
import type { Item } from "./store.ts";

/** Items that refer to `root` or to one that does, oldest first; those nearest to the root where `limit` cuts. */
export async function readThread(shelf: Shelf, root: RecordId, limit: number): Promise<readonly Item[]> {
  // An id is no secret, so a member of another circle may name it: a thread never leaves the circle of its root.
  const circle = (await readItem(shelf, root))?.circle;
  const items: Item[] = [];
  const questions: RecordId[] = [root];
  // The list grows while it is walked: breadth first.
  for (const question of questions) {
    if (items.length >= limit) break;
    for await (const item of itemsAt(shelf, keysIn(shelf.disk, spanOf("answer", idStart(question))))) {
      if (referenceOf(item.body) !== question || item.circle !== (circle ?? items[0]?.circle ?? item.circle)) continue;
      items.push(item);
      questions.push(item.id);
      if (items.length >= limit) break;
    }
  }
  return items.sort((left, right) => left.at - right.at || left.cursor - right.cursor);
}

/** The topmost item that is held when `re` is followed upwards within one circle; `id` itself where there is none. */
export async function readRoot(shelf: Shelf, id: RecordId): Promise<RecordId> {
  let root = await readItem(shelf, id);
  for (let depth = 0; root && depth < limits.threadDepthMax; depth++) {
    const above = referenceOf(root.body);
    const parent = above === undefined ? undefined : await readItem(shelf, above);
    if (parent?.circle !== root.circle) break;
    root = parent;
  }
  return root?.id ?? id;
}

/** Items that name exactly this indicator, newest arrival first. */
export async function readByIndicator(shelf: Shelf, indicator: Indicator, limit: number): Promise<readonly Item[]> {
  const items: Item[] = [];
  const pointers = keysIn(shelf.disk, spanOf("indicator", indicatorHash(shelf.cipher, indicator)), { reverse: true });
  for await (const item of itemsAt(shelf, pointers, Math.min(PAGE_ITEMS, Math.max(1, limit)))) {
    if (items.length >= limit) break;
    if (indicatorsOf(item.body).some(({ type, value }) => type === indicator.type && value === indicator.value))
      items.push(item);
  }
  return items;
}

/** Ids of items between two ids, both inclusive. */
export async function resolveIds(
  shelf: Shelf,
  range: { readonly from: RecordId; readonly to: RecordId },
  limit: number,
): Promise<readonly RecordId[]> {
  const ids: RecordId[] = [];
  const span = { gte: keyOf("id", idStart(range.from)), lt: spanUnder(keyOf("id", idStart(range.to))).lt };
  for await (const indexKey of keysIn(shelf.disk, span)) {
    if (ids.length >= limit) break;
    const key = pointerIn(indexKey);
    if (recordSpace(key) !== "post") continue;
    const [stored] = await readRecords(shelf, [key]);
    const id = stored && storedRecord(stored).id;
    if (id !== undefined && id >= range.from && id <= range.to) ids.push(id);
  }
  return ids;
}
