// Who is known to hold what. Learnt from acknowledgements and frontiers of peers, which always tell it again, so it is
// kept in memory and written behind: a crash forgets nothing that the next link-up does not bring back.

import type { Clock } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import { joined } from "../feed/frontier.ts";
import type { CircleId, LaneId, MemberId } from "../record/ids.ts";
import type { Frontier } from "../record/record.ts";
import type { Store } from "../store/store.ts";

export type Delivery = {
  /** A member said what it holds durably. Answers whether that is news. */
  readonly learn: (circle: CircleId, member: MemberId, frontier: Frontier) => boolean;
  /** Whether a member is known to hold the record at a place of a lane. */
  readonly holds: (
    circle: CircleId,
    member: MemberId,
    place: { readonly lane: LaneId; readonly seq: number },
  ) => boolean;
  /** How much of a lane a member is known to hold. */
  readonly held: (circle: CircleId, member: MemberId, lane: LaneId) => number;
  /** The most that anybody is known to hold of each lane. */
  readonly best: (circle: CircleId) => Frontier;
  readonly load: (circle: CircleId) => Promise<void>;
  /** Writes what is not written yet. */
  readonly flush: () => Promise<void>;
};

/** Nobody leans on what is written: after a crash members are asked for more than is missing, and tell again what they hold. */
const WRITE_EVERY_MS = 60_000;
/** Lanes that one member may speak of: those of the largest circle. */
const LANES_MAX = limits.membersMax * limits.lanesPerMemberMax;

export function makeDelivery(store: Store, clock: Clock, failed: (cause: unknown) => void): Delivery {
  const known = new Map<CircleId, Map<MemberId, Map<LaneId, number>>>();
  /** What was said since it was written last. */
  const dirty = new Map<CircleId, Map<MemberId, Map<LaneId, number>>>();
  let writing: Promise<void> | undefined;

  const flush = async (): Promise<void> => {
    for (const [circle, members] of [...dirty]) {
      dirty.delete(circle);
      const held = [...members].map(([member, frontier]) => ({ member, frontier }));
      await store.commit({ circle, records: [], held });
    }
  };
  const writeSoon = (): void => {
    writing ??= clock
      .wait(WRITE_EVERY_MS)
      .then(flush)
      .catch(failed)
      .finally(() => {
        writing = undefined;
      });
  };

  const held: Delivery["held"] = (circle, member, lane) => known.get(circle)?.get(member)?.get(lane) ?? 0;
  return {
    learn: (circle, member, frontier) => {
      const members = known.get(circle) ?? new Map<MemberId, Map<LaneId, number>>();
      known.set(circle, members);
      const claims = members.get(member) ?? new Map<LaneId, number>();
      members.set(member, claims);
      const unwritten = dirty.get(circle) ?? new Map<MemberId, Map<LaneId, number>>();
      const news = unwritten.get(member) ?? new Map<LaneId, number>();
      let isNews = false;
      for (const [lane, length] of frontier) {
        // A member may claim anything of any lane: what it says of more lanes than there can be is not remembered.
        if (length <= (claims.get(lane) ?? 0) || (!claims.has(lane) && claims.size >= LANES_MAX)) continue;
        claims.set(lane, length);
        news.set(lane, length);
        isNews = true;
      }
      if (!isNews) return false;
      dirty.set(circle, unwritten.set(member, news));
      writeSoon();
      return true;
    },
    holds: (circle, member, { lane, seq }) => held(circle, member, lane) > seq,
    held,
    best: (circle) => [...(known.get(circle)?.values() ?? [])].reduce(joined, new Map()),
    load: async (circle) => {
      const held = await store.held(circle);
      known.set(circle, new Map([...held].map(([member, frontier]) => [member, new Map(frontier)])));
    },
    flush,
  };
}
