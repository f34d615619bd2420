// Searches what stands: an item is found by its newest version, and by nothing that was withdrawn, said anew since, or erased.

import { orgOf } from "../node/circle-state.ts";
import type { Rooms } from "../node/rooms.ts";
import { isCurrent, standingOf } from "../node/standing.ts";
import { referenceOf } from "../record/body.ts";
import type { CircleId, RecordId } from "../record/ids.ts";
import type { Item } from "../store/store.ts";
import { namedBy } from "./corroboration.ts";
import { matches, parseQuery, type Query } from "./query.ts";

/** Items that match, in a circle or in all. Throws as `parseQuery`. */
export async function* searchIn(
  rooms: Rooms,
  circle: CircleId | undefined,
  words: readonly string[],
): AsyncGenerator<Item> {
  const query = parseQuery(words, rooms.clock.now());
  const orgOfItem = ({ circle: of, author }: Item): string => {
    const live = rooms.circles.get(of);
    return live ? orgOf(live.state, author) : author.slice(0, 8);
  };
  for await (const { root, body } of versions(rooms, circle, query))
    if ((circle === undefined || root.circle === circle) && matches(query, { ...root, body }, orgOfItem(root)))
      yield root;
}

type Version = Pick<Awaited<ReturnType<typeof standingOf>>, "root" | "body">;

/** What stands of everything that may match. */
async function* versions(rooms: Rooms, circle: CircleId | undefined, query: Query): AsyncGenerator<Version> {
  const [first] = query.indicators;
  if (first) {
    yield* await namedBy(rooms, first);
    return;
  }
  const scope = { ...(circle === undefined ? {} : { circle }), limit: Number.MAX_SAFE_INTEGER };
  // Few items are ever corrected; what stands of all others is what they say.
  const corrected = new Set<RecordId>();
  for await (const { body } of rooms.store.feed({ ...scope, kinds: ["amend", "retract"] })) {
    const re = referenceOf(body);
    if (re !== undefined) corrected.add(re);
  }
  const { kinds, since } = query;
  const found = { ...(kinds.length > 0 ? { kinds } : {}), ...(since === undefined ? {} : { since }) };
  for await (const item of rooms.store.feed({ ...scope, ...found })) {
    if (item.erased) continue;
    if (item.body.kind !== "amend" && !corrected.has(item.id)) {
      yield { root: item, body: item.body };
      continue;
    }
    const stands = await standingOf(rooms, item);
    if (stands.isGone) continue;
    if (stands.root.id === item.id) yield stands;
    // An amendment is found as itself by whoever asks for amendments; else the item that it says anew stands for it.
    else if (kinds.includes("amend") && isCurrent(stands, item)) yield { root: item, body: item.body };
  }
}
