// What a member asked for, in causal order: a record is sent after everything its header leans on, so that the reader can
// accept each one as it comes, from any lane and from an empty store.

import type { CircleId, LaneId, MemberId } from "../record/ids.ts";
import type { Frontier, LaneRange, SignedRecord } from "../record/record.ts";
import { decodeEnvelope } from "../record/wire.ts";
import { isDisputed } from "../circle/roster.ts";
import type { CircleState } from "./circle-state.ts";
import { frontierOf } from "./frontier.ts";
import { notePlace } from "./receipts.ts";
import type { Rooms } from "./rooms.ts";

/**
 * Envelopes of the ranges, as far as they are held and still count. Nothing for whoever is not a member, and of
 * membership alone for a steward whose removal may be contested. Reads the store as
 * the caller consumes; the circle may grow meanwhile.
 */
export async function* serve(
  rooms: Rooms,
  to: MemberId,
  wanted: { readonly circle: CircleId; readonly ranges: readonly LaneRange[] },
): AsyncGenerator<Uint8Array> {
  const live = rooms.circles.get(wanted.circle);
  const { roster } = live?.state ?? {};
  if (!live || !roster || !(roster.members.has(to) || isDisputed(roster, to, rooms.clock.now()))) return;
  const whole = frontierOf(live.state);
  const frontier = roster.members.has(to) ? whole : membershipOf(live.state, whole);
  const readers = new Map<LaneId, Reader>();
  for (const { lane, from, to: end } of wanted.ranges) {
    const held = Math.min(end, frontier.get(lane) ?? 0);
    if (held > from && !readers.has(lane))
      readers.set(lane, await openReader(rooms, wanted.circle, { lane, from, to: held }));
  }
  try {
    for (let moved = true; moved && readers.size > 0;) {
      moved = false;
      for (const [lane, reader] of readers) {
        while (reader.front && !blocked(live.state, reader.front, readers)) {
          moved = true;
          notePlace(rooms, reader.front);
          yield reader.front.bytes;
          await reader.advance();
        }
        if (!reader.front) readers.delete(lane);
      }
    }
  } finally {
    for (const reader of readers.values()) await reader.close();
  }
}

/** How much of each lane it takes to know every change of membership: what whoever is out is told, until nobody can contest that. */
function membershipOf({ graph }: CircleState, whole: Frontier): Frontier {
  const ends = new Map<LaneId, number>();
  for (const { lane, seq } of graph.ops.values())
    ends.set(lane, Math.min(whole.get(lane) ?? 0, Math.max(seq + 1, ends.get(lane) ?? 0)));
  return ends;
}

type Reader = {
  /** The next record to send, undefined at the end. */
  front: SignedRecord | undefined;
  readonly advance: () => Promise<void>;
  readonly close: () => Promise<void>;
};

async function openReader(rooms: Rooms, circle: CircleId, range: LaneRange): Promise<Reader> {
  const rows = rooms.store.range(circle, range)[Symbol.asyncIterator]();
  const reader: Reader = {
    front: undefined,
    advance: async () => {
      const next = await rows.next();
      reader.front = next.done === true ? undefined : decodeEnvelope(next.value);
    },
    close: async () => {
      await rows.return?.();
    },
  };
  await reader.advance();
  return reader;
}

/** Whether a record leans on one that is still to be sent: a membership head it has seen, or its epoch. */
function blocked({ graph, epochs }: CircleState, record: SignedRecord, readers: ReadonlyMap<LaneId, Reader>): boolean {
  const { rosterHeads, epoch, lane } = record.header;
  const leansOn = epoch === undefined ? rosterHeads : [...rosterHeads, epoch];
  return leansOn.some((id) => {
    // What only a proof of a fork brought here comes with that proof.
    const place = graph.ops.get(graph.index.broughtBy.get(id) ?? id) ?? epochs.get(id);
    if (!place || place.lane === lane) return false;
    const front = readers.get(place.lane)?.front;
    return front !== undefined && front.header.seq <= place.seq;
  });
}
