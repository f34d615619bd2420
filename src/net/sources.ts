// Which lanes are pulled from which member. A lane is pulled from one at a time, so that two never send the same records; of a
// long catch-up several members send different lanes side by side; a long lane never keeps a short one waiting.

import { limits } from "../base/limits.ts";
import type { CircleId, LaneId } from "../record/ids.ts";
import type { LaneRange } from "../record/record.ts";
import { lackingOf } from "./lacking.ts";
import { type Mesh, type Session, shares } from "./mesh.ts";
import type { Contest } from "./net.ts";
import { LANES_MAX } from "./wire.ts";

/** A catch-up shorter than this comes from one member, in the order in which its records lean on each other. */
const SHARE_RECORDS_MIN = 16 * limits.syncPageRecords;

/** What is under way. */
export type Busy = {
  /** Up to where each lane is being pulled; one that got there is free, however long the rest of its pull takes. */
  readonly lanes: Map<LaneId, number>;
  /** Who is being pulled from. */
  readonly sending: Set<Session>;
  /** How often all was to be asked for again: what a pull learnt before that says nothing any more. */
  retries: number;
};

type Offer = { readonly session: Session; readonly ranges: readonly LaneRange[]; readonly records: number };

/** Forgets which lanes of the circle brought nothing. */
export function unstick(session: Session, circle: CircleId): void {
  for (const lane of session.theirs.get(circle)?.keys() ?? []) session.stuck.delete(lane);
}

/** Whom to pull from, and what; `left` is set where other members are left something to send meanwhile. */
export type Source = { readonly session: Session; readonly ranges: readonly LaneRange[]; readonly left: boolean };

/**
 * The linked member, other than `except`, with the most records that we lack and that nobody is sending; whoever sends
 * nothing yet comes first, and whose pulls break last. Of a long catch-up it is asked for its share: as many lanes, the shortest first, as others cannot take.
 */
export function bestSource(
  mesh: Mesh,
  circle: CircleId,
  without: { readonly busy: Busy; readonly except?: Session | undefined },
): Source | undefined {
  const { busy, except } = without;
  const found: Offer[] = [];
  for (const session of mesh.sessions.values()) {
    const isLetBe = session.isLeftAlone || session.noPullUntilMs > mesh.clock.monotonic();
    if (session === except || !shares(mesh, session, circle) || isLetBe) continue;
    const ranges = lacking(mesh, session, circle).filter(({ lane, from }) => from >= (busy.lanes.get(lane) ?? 0));
    const records = ranges.reduce((sum, { from, to }) => sum + to - from, 0);
    if (records > 0) found.push({ session, ranges, records });
  }
  found.sort(
    (left, right) =>
      left.session.pullsBroken - right.session.pullsBroken ||
      Number(busy.sending.has(left.session)) - Number(busy.sending.has(right.session)) ||
      right.records - left.records,
  );
  const [best, ...others] = found;
  return (
    best &&
    shareOf(
      best,
      others.filter(({ session }) => !busy.sending.has(session) && session.pullsBroken === 0),
    )
  );
}

/** What a source is asked for where `others` could send as well and do not. */
function shareOf({ session, ranges, records }: Offer, others: readonly Offer[]): Source {
  const share = Math.max(SHARE_RECORDS_MIN, records / (others.length + 1));
  const theirs = new Set(others.flatMap((other) => other.ranges.map(({ lane }) => lane)));
  let asked = 0;
  const mine = ranges.filter(({ lane, from, to }) => {
    const isMine = asked === 0 || asked + to - from <= share || !theirs.has(lane);
    if (isMine) asked += to - from;
    return isMine;
  });
  return { session, ranges: mine, left: mine.length < ranges.length };
}

/** Marks what a source is about to send; the answer takes the mark away. */
export function begin(busy: Busy, { session, ranges }: Source): () => void {
  for (const { lane, to } of ranges) busy.lanes.set(lane, to);
  busy.sending.add(session);
  return () => {
    for (const { lane, to } of ranges) if (busy.lanes.get(lane) === to) busy.lanes.delete(lane);
    busy.sending.delete(session);
  };
}

/** What the peer holds beyond us, the shortest range first, without those that it failed to give lately. */
function lacking(mesh: Mesh, session: Session, circle: CircleId): readonly LaneRange[] {
  const ours = mesh.host.wantedFrom(circle);
  const contested = mesh.host.contested(circle);
  const nowMs = mesh.clock.monotonic();
  const ranges: LaneRange[] = [];
  for (const [lane, to] of session.theirs.get(circle) ?? []) {
    const held = ours.get(lane) ?? 0;
    const range = lackingOf({ ours: held, to }, contestOf(session, lane, contested), session.sides.get(lane));
    if (!range) continue;
    const { from } = range;
    const stuck = session.stuck.get(lane);
    const again = !stuck || stuck.from < from || stuck.untilMs <= nowMs;
    if (again && ranges.length < LANES_MAX) ranges.push({ lane, ...range });
  }
  return ranges.sort((left, right) => left.to - left.from - (right.to - right.from));
}

/** What is known of a lane's sides by anybody, or suspected of this peer alone. */
export function contestOf(
  session: Session,
  lane: LaneId,
  contested: ReadonlyMap<LaneId, Contest>,
): Contest | undefined {
  const known = contested.get(lane);
  const doubt = session.doubts.get(lane);
  if (doubt === undefined) return known;
  return { from: Math.min(doubt, known?.from ?? doubt), otherSides: true };
}
