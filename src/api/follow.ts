// Looks at each item of a node once, in order of arrival, from a durable cursor: a crash may show an item again, and never leaves one out.

import { fromUtf8, utf8 } from "../base/bytes.ts";
import { asTocsinError } from "../base/errors.ts";
import type { Rooms } from "../node/rooms.ts";
import type { Item } from "../store/store.ts";

const PAGE = 16;
const RETRY_MS = 10_000;

/**
 * Until the signal aborts. `mark` names the cursor in the store; at the first start what is held already is news to nobody. What `take`
 * throws is told to `failed`, and the page is begun again ten seconds later.
 */
export async function followItems(
  rooms: Rooms,
  mark: string,
  by: {
    readonly take: (items: readonly Item[]) => Promise<void>;
    readonly failed: (reason: string) => void;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { take, failed, signal } = by;
  const keep = async (cursor: number): Promise<void> => rooms.store.putSetting(mark, utf8(String(cursor)));

  const first = async (): Promise<number> => {
    const kept = await rooms.store.setting(mark);
    if (kept) return Number(fromUtf8(kept));
    const cursor = await rooms.store.lastCursor();
    await keep(cursor);
    return cursor;
  };

  const follow = async (): Promise<void> => {
    let cursor = await first();
    while (!signal.aborted) {
      const seen = rooms.items.count();
      const items = await rooms.store.after(cursor, PAGE);
      await take(items);
      // What was ended half-way by a stop is begun again by the next start.
      if (signal.aborted) return;
      const last = items.at(-1);
      if (!last) await rooms.items.after(seen, signal);
      else await keep((cursor = last.cursor));
    }
  };

  while (!signal.aborted) {
    try {
      await follow();
    } catch (cause) {
      if (signal.aborted) return;
      failed(asTocsinError(cause).code);
      await rooms.clock.wait(RETRY_MS, signal).catch(() => undefined);
    }
  }
}
