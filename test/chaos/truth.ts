// What the stores say against what authors were told and what they tell of others. No counter of a node has a say here.

import type { LaneId, MemberId, RecordId } from "../../src/record/ids.ts";
import type { CircleId } from "../../src/record/ids.ts";
import type { NodeProcess, Readable } from "../help/node-process.ts";

/** What one node holds, and how much of its own lane it says that each member holds. */
export type Holding = {
  readonly member: MemberId;
  readonly lane: LaneId;
  readonly items: readonly Readable[];
  /** Posts that are stored and not opened. */
  readonly sealed: ReadonlySet<RecordId>;
  readonly saidToHold: ReadonlyMap<MemberId, number>;
};

export type Truth = {
  /** Pairs of a post and a node, its author included, that holds it opened, and those that do not. */
  readonly delivered: number;
  readonly lost: number;
  /** Of the lost ones, those that are stored and cannot be read. */
  readonly sealed: number;
  /** Posts that a store holds a second time, under the same id or another. */
  readonly duplicated: number;
  /** Posts that a member is said to hold by their author and does not hold, and those it holds unknown to the author. */
  readonly heldFalsely: number;
  readonly heldUnknown: number;
};

/** Reads the stores of nodes that run. */
export async function holdingsOf(
  circle: CircleId,
  nodes: readonly NodeProcess[],
  posted: readonly RecordId[],
): Promise<readonly Holding[]> {
  const members = await Promise.all(nodes.map((node) => node.call("me")));
  const holdings: Holding[] = [];
  for (const [n, node] of nodes.entries()) {
    const member = members[n];
    const lane = await node.call("ownLane", circle);
    // Before the store of anybody is read: what is said is true at the moment at which it is said.
    const saidToHold = new Map(await node.call("saidToHold", circle, lane, members));
    if (member !== undefined) holdings.push({ member, lane, items: [], sealed: new Set(), saidToHold });
  }
  const stores = nodes.map(async (node) => {
    const items = await node.call("readable", circle);
    const read = new Set(items.map(({ id }) => id));
    const unread = posted.filter((id) => !read.has(id));
    return { items, sealed: new Set(await node.call("stored", unread)) };
  });
  const found = await Promise.all(stores);
  return holdings.map((holding, n) => ({ ...holding, ...found[n] }));
}

/** Holds every store against the ids of all that authors were told is posted. */
export function judge(posted: readonly RecordId[], holdings: readonly Holding[]): Truth {
  const read = new Map(holdings.map(({ member, items }) => [member, new Set(items.map(({ id }) => id))]));
  const sealed = new Map(holdings.map((holding) => [holding.member, holding.sealed]));
  const truth = { delivered: 0, lost: 0, sealed: 0, duplicated: 0, heldFalsely: 0, heldUnknown: 0 };
  for (const { member, items } of holdings) {
    const missing = posted.filter((id) => read.get(member)?.has(id) !== true).length;
    truth.lost += missing;
    truth.sealed += sealed.get(member)?.size ?? 0;
    truth.delivered += posted.length - missing;
    truth.duplicated += items.length - new Set(items.map(({ author, number }) => `${author} ${number}`)).size;
  }
  for (const { member, lane, items, saidToHold } of holdings) {
    const own = items.filter((item) => item.author === member && item.lane === lane);
    for (const [reader, length] of saidToHold) {
      if (reader === member) continue;
      for (const { id, seq } of own) {
        const isThere = read.get(reader)?.has(id) === true || sealed.get(reader)?.has(id) === true;
        if (seq < length && !isThere) truth.heldFalsely += 1;
        if (seq >= length && isThere) truth.heldUnknown += 1;
      }
    }
  }
  return truth;
}
