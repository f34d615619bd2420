// What stands of an item by all that is held about it: as it was said, as its newest amendment says it, or nothing. Whatever searches,
// counts or lets items out asks here, so that none of them gives what was withdrawn, said anew since, or erased.

import { correctionsOf, standing } from "../circle/correction.ts";
import type { PostBody } from "../record/body.ts";
import type { Item } from "../store/store.ts";
import { isClosed } from "./forks.ts";
import type { Rooms } from "./rooms.ts";

const THREAD_MAX = 1_000;

/** An item as it stands. */
export type ItemStanding = {
  /** The item itself; of an amendment that counts the item that it says anew, where its words are not erased alone. */
  readonly root: Item;
  readonly body: PostBody;
  /** The correction that counts. */
  readonly by: Item | undefined;
  /** Nothing of it is to be shown: it was withdrawn, or what stands was erased. */
  readonly isGone: boolean;
  /** What was said about it, a drill about a drill, without what is contested. */
  readonly answers: readonly Item[];
};

/** What stands of an item; of an amendment what stands of the item that it says anew. */
export async function standingOf(rooms: Rooms, item: Item): Promise<ItemStanding> {
  const { body } = item;
  const original = body.kind === "amend" ? await rooms.store.item(body.re) : undefined;
  if (original && original.circle === item.circle) {
    const answers = await countingAnswers(rooms, original);
    const { roster } = rooms.circles.get(item.circle)?.state ?? {};
    const corrections = roster ? correctionsOf(roster, original, answers) : [];
    if (corrections.some(({ id }) => id === item.id)) {
      const stands = standingAmong(rooms, original, answers);
      if (original.erased !== "expired" || stands.by?.id !== item.id) return stands;
    }
  }
  return standingAmong(rooms, item, await countingAnswers(rooms, item));
}

/** What stands of an item after answers that count. */
export function standingAmong(rooms: Rooms, item: Item, answers: readonly Item[]): ItemStanding {
  const stands = standing(rooms.circles.get(item.circle)?.state.roster, item, answers);
  const { body, by } = stands;
  const isGone = stands.state === "retracted" || item.erased !== undefined || by?.erased !== undefined;
  return { root: item, body, by, isGone, answers };
}

/** What was said about an item and counts: not on the far side of a fork, and in a drill only where it is one. */
export async function countingAnswers(rooms: Rooms, item: Item): Promise<readonly Item[]> {
  const state = rooms.circles.get(item.circle)?.state;
  const thread = await rooms.store.thread(item.id, THREAD_MAX);
  return thread.filter((one) => one.exercise === item.exercise && !(state && isClosed(state, one)));
}

/** Whether an item is what stands: it was not corrected, or is the correction that counts. */
export function isCurrent({ root, by }: ItemStanding, { id }: Item): boolean {
  return root.id === id ? by === undefined : by?.id === id;
}
