// What the stores say against what authors were told and what they tell of others. No counter of a node has a say here.

import type { CircleId, LaneId, MemberId, RecordId } from "../../src/record/ids.ts";
import type { NodeProcess, Proven, Readable } from "../help/node-process.ts";

/** What one node holds, and what it shows of its own lane at each member. */
export type Holding = {
  readonly member: MemberId;
  readonly lane: LaneId;
  readonly items: readonly Readable[];
  /** Posts that are stored and not opened. */
  readonly sealed: ReadonlySet<RecordId>;
  readonly shown: ReadonlyMap<MemberId, Proven>;
};

export type Truth = {
  /** Pairs of a post and a node, its author included, that holds it opened, and those that do not. */
  readonly delivered: number;
  readonly lost: number;
  /** Of the lost ones, those that are stored and cannot be read. */
  readonly sealed: number;
  /** Posts that a store holds a second time, under the same id or another. */
  readonly duplicated: number;
  /** Posts that their author shows as held, or as open, at a member where they are not. */
  readonly shownFalsely: number;
  /** Posts that are open at a member and not shown as that by their author (yet). */
  readonly notShown: number;
};

/** Reads the stores of nodes that run. */
export async function holdingsOf(
  circle: CircleId,
  nodes: readonly NodeProcess[],
  posted: readonly RecordId[],
): Promise<readonly Holding[]> {
  // What is shown comes first: it is true at the moment at which it is shown.
  const bare = await Promise.all(
    nodes.map(async (node) => ({
      member: await node.call("me"),
      lane: await node.call("ownLane", circle),
      items: [],
      sealed: new Set<RecordId>(),
      shown: new Map<MemberId, Proven>(),
    })),
  );
  const holdings = await withShown(circle, nodes, bare);
  const stores = nodes.map(async (node) => {
    const items = await node.call("readable", circle);
    const read = new Set(items.map(({ id }) => id));
    const unread = posted.filter((id) => !read.has(id));
    return { items, sealed: new Set(await node.call("stored", unread)) };
  });
  const found = await Promise.all(stores);
  return holdings.map((holding, n) => ({ ...holding, ...found[n] }));
}

/** The same with what the nodes show now. */
export async function withShown(
  circle: CircleId,
  nodes: readonly NodeProcess[],
  holdings: readonly Holding[],
): Promise<readonly Holding[]> {
  const members = holdings.map(({ member }) => member);
  return Promise.all(
    holdings.map(async (holding, n) => {
      const shown = (await nodes[n]?.call("receipts", circle, holding.lane, members)) ?? [];
      return { ...holding, shown: new Map(shown) };
    }),
  );
}

/** Holds every store against the ids of all that authors were told is posted. */
export function judge(posted: readonly RecordId[], holdings: readonly Holding[]): Truth {
  const read = new Map(holdings.map(({ member, items }) => [member, new Set(items.map(({ id }) => id))]));
  const sealed = new Map(holdings.map((holding) => [holding.member, holding.sealed]));
  const truth = { delivered: 0, lost: 0, sealed: 0, duplicated: 0, shownFalsely: 0, notShown: 0 };
  for (const { member, items } of holdings) {
    const missing = posted.filter((id) => read.get(member)?.has(id) !== true).length;
    truth.lost += missing;
    truth.sealed += sealed.get(member)?.size ?? 0;
    truth.delivered += posted.length - missing;
    truth.duplicated += items.length - new Set(items.map(({ author, number }) => `${author} ${number}`)).size;
  }
  for (const { member, lane, items, shown } of holdings) {
    const own = items.filter((item) => item.author === member && item.lane === lane);
    for (const reader of read.keys()) {
      if (reader === member) continue;
      const proven = shown.get(reader) ?? { held: 0, unopened: [] };
      for (const { id, seq } of own) {
        const isOpen = read.get(reader)?.has(id) === true;
        const isHeld = isOpen || sealed.get(reader)?.has(id) === true;
        const showsHeld = seq < proven.held;
        const showsOpen = showsHeld && !proven.unopened.some(([from, to]) => seq >= from && seq < to);
        if ((showsHeld && !isHeld) || (showsOpen && !isOpen)) truth.shownFalsely += 1;
        if (isOpen && !showsOpen) truth.notShown += 1;
      }
    }
  }
  return truth;
}
