// Lanes of which this node has seen two sides: what it holds against them, what it still has to see of the other side, and
// the proof that it brings (docs/protocol.md section 10). All of it is kept in memory: the next link finds it again.

import { limits } from "../base/limits.ts";
import { asTocsinError } from "../base/errors.ts";
import type { Carried, RosterChange } from "../circle/change.ts";
import { decodeChange, encodeChange, wrapsOf } from "../circle/change-codec.ts";
import { refusalOf } from "../circle/evaluate.ts";
import { type ForkProof, proofOf, type SignedHeader } from "../circle/fork.ts";
import { type Graph, parentsOf, withOp } from "../circle/graph.ts";
import type { Contest } from "../net/net.ts";
import type { Lane } from "../feed/lane.ts";
import { type CircleId, type LaneId, type RecordId } from "../record/ids.ts";
import type { Frontier, Heads, VerifiedRecord } from "../record/record.ts";
import { clearBody } from "../record/verify.ts";
import { decodeEnvelope, encodeBare } from "../record/wire.ts";
import type { CircleState } from "./circle-state.ts";
import { forked, mayWrite } from "./lanes.ts";
import { declare } from "./post.ts";
import type { LiveCircle, Rooms } from "./rooms.ts";

/** What is held against one lane. */
export type Sides = {
  /** From where on other sides are fetched: where they part, or before it while that is being looked for. */
  readonly from: number;
  /** The lowest place that is known to be taken twice. */
  readonly proof: ForkProof | undefined;
};

/** Owned by the turn of its circle. */
export type Forks = {
  readonly lanes: Map<LaneId, Sides>;
  /** Membership records of forked lanes that this node cannot place by itself. */
  readonly records: Map<RecordId, Carried>;
  /** Changes that records of others lean on and that are not placed. */
  readonly wanted: Set<RecordId>;
  /** Which record stands at places that members told of lately: all of them tell of the same few. */
  readonly places: Map<string, RecordId>;
};

/** Of each: whoever floods a lane that is forked drives out nothing that is asked for. */
const KEPT_MAX = 1_024;
/** How far the first step back goes; each further one doubles it. */
const STEP_BACK = 16;

export function noForks(): Forks {
  return { lanes: new Map(), records: new Map(), wanted: new Set(), places: new Map() };
}

/**
 * R56: from the place on where it was forked a lane takes no more, and what is held there is contested: labelled, and counted in no
 * lookup. Whether a place is such a one.
 */
export function isClosed({ roster }: Pick<CircleState, "roster">, place: { lane: LaneId; seq: number }): boolean {
  const closed = roster?.closed.get(place.lane);
  return closed !== undefined && place.seq >= closed.seq;
}

/** Whether anything of this circle is forked, as far as this node knows. */
export function hasForks({ forks, state }: Pick<LiveCircle, "forks" | "state">): boolean {
  return forks.lanes.size > 0 || (state.roster?.closed.size ?? 0) > 0;
}

/**
 * Remembers a verified record of another side of a lane. `own` is the record that is held at its place, if one is: the two of
 * them are the proof.
 */
export function noteSide(
  forks: Forks,
  lane: Lane,
  { record, own }: { readonly record: VerifiedRecord; readonly own: SignedHeader | undefined },
): void {
  const { seq, prev } = record.header;
  const known = forks.lanes.get(lane.id);
  const found = own && proofOf(own, record);
  const proof = found && !(known?.proof && known.proof.seq <= seq) ? found : known?.proof;
  // The sides part here where both follow the same record; else further back, unless that was found already.
  const parts = own !== undefined && own.header.prev === prev;
  const back = parts ? seq : Math.max(0, seq - Math.max(STEP_BACK, lane.length - seq));
  const from = known && seq > known.from ? known.from : Math.min(back, known?.from ?? back);
  forks.lanes.set(lane.id, { from, proof });
  noteRecord(forks, record);
}

/** Remembers a membership record that only a proof can place, and what it carries itself. */
export function noteRecord(forks: Forks, record: VerifiedRecord): void {
  const { kind, author, lane, seq, at, rosterHeads, circle } = record.header;
  if (kind !== "roster") return;
  try {
    const change = decodeChange(clearBody(record), circle, record.wraps);
    const op = { id: record.id, author, lane, seq, at, parents: rosterHeads, change };
    // As another proof would carry it.
    const bare = change.op === "fork" ? { ...op, change: { ...change, records: [] } } : op;
    for (const carried of change.op === "fork" ? change.records : []) keep(forks, carried);
    keep(forks, { op: bare, bytes: encodeBare(record) });
  } catch (cause) {
    // A malformed change counts for nobody, so nobody leans on it.
    if (asTocsinError(cause).code === "INTERNAL") throw cause;
  }
}

function keep({ records, wanted }: Forks, carried: Carried): void {
  records.set(carried.op.id, carried);
  if (records.size <= KEPT_MAX) return;
  const idle = [...records.keys()].find((id) => !wanted.has(id)) ?? carried.op.id;
  records.delete(idle);
}

/** Remembers which changes a record leans on that are not placed here. */
export function noteWanted({ wanted }: Forks, graph: Graph, heads: readonly RecordId[]): void {
  for (const head of heads) if (!graph.ops.has(head) && wanted.size < KEPT_MAX) wanted.add(head);
}

/** What is fetched of lanes that are forked: of the other sides only what somebody waits for. */
export function contested({ forks, state }: Pick<LiveCircle, "forks" | "state">): ReadonlyMap<LaneId, Contest> {
  const found = new Map<LaneId, Contest>();
  const closed = state.roster?.closed;
  const isWaiting = [...forks.wanted].some((id) => !state.graph.ops.has(id));
  for (const [lane, { seq }] of closed ?? []) found.set(lane, { from: seq, otherSides: isWaiting });
  for (const [lane, { from }] of forks.lanes) {
    const known = closed?.get(lane);
    const looking = known === undefined || from < known.seq;
    found.set(lane, { from: Math.min(from, known?.seq ?? from), otherSides: looking || isWaiting });
  }
  return found;
}

/** Lanes of which a peer holds another record than this node at the last place that it tells of, each with that place. */
export async function differing(
  rooms: Rooms,
  live: LiveCircle,
  told: { readonly frontier: Frontier; readonly heads: Heads },
): Promise<ReadonlyMap<LaneId, number>> {
  const found = new Map<LaneId, number>();
  const { lanes } = live.state;
  for (const [id, head] of told.heads) {
    const place = (told.frontier.get(id) ?? 0) - 1;
    const lane = lanes.get(id);
    if (!lane || place < 0 || place >= lane.length || isClosed(live.state, { lane: id, seq: place })) continue;
    const own = await idAt(rooms, live, { lane: id, seq: place });
    if (own !== undefined && !own.startsWith(head)) found.set(id, place);
  }
  return found;
}

/** The id of the record at a place of a lane; undefined where none is held there. What is held at a place never changes. */
export async function idAt(
  rooms: Rooms,
  { row, state, forks: { places } }: LiveCircle,
  { lane, seq }: { readonly lane: LaneId; readonly seq: number },
): Promise<RecordId | undefined> {
  const { length = 0, head } = state.lanes.get(lane) ?? {};
  if (seq >= length - 1) return seq === length - 1 ? head : undefined;
  const key = `${lane} ${seq}`;
  const known = places.get(key) ?? (await recordAt(rooms, row.id, { lane, seq }))?.id;
  if (places.size >= KEPT_MAX) places.clear();
  if (known !== undefined) places.set(key, known);
  return known;
}

/** The stored record at a place of a lane. */
export async function recordAt(
  rooms: Rooms,
  circle: CircleId,
  { lane, seq }: { readonly lane: LaneId; readonly seq: number },
): Promise<ReturnType<typeof decodeEnvelope> | undefined> {
  for await (const envelope of rooms.store.range(circle, { lane, from: seq, to: seq + 1 }))
    return decodeEnvelope(envelope);
  return undefined;
}

/**
 * Brings what this node holds against lanes to the circle: a proof that closes each, and with it the changes of the other side
 * that others lean on. Nothing is said twice, and nothing by whoever is no member. Inside the circle's turn.
 */
export async function proveForks(rooms: Rooms, live: LiveCircle): Promise<void> {
  const { forks } = live;
  for (const id of forks.wanted) if (live.state.graph.ops.has(id)) forks.wanted.delete(id);
  if (!hasForks(live) || !live.state.roster?.members.has(rooms.me.id) || live.row.state !== "current") return;
  const own = live.row.lane;
  // This node made two records at one place itself, as a copied home may: it goes on with another lane, and proves it there.
  if (forks.lanes.get(own)?.proof || live.state.roster.closed.has(own)) forked(rooms, live, own);
  // What it says in a lane that nobody has taken in yet does not count: others prove it, or this node later.
  if (!mayWrite(rooms, live) || live.state.roster.members.get(rooms.me.id)?.lane !== live.row.lane) return;
  let said = false;
  for (const lane of new Set([...live.state.roster.closed.keys(), ...forks.lanes.keys()]))
    said = (await proveLane(rooms, live, lane)) || said;
  for (const id of forks.records.keys()) if (live.state.graph.ops.has(id)) forks.records.delete(id);
  // What was refused for want of these changes may be welcome now.
  if (said) rooms.net().catchUp(live.row.id);
}

async function proveLane(rooms: Rooms, live: LiveCircle, lane: LaneId): Promise<boolean> {
  let said = false;
  for (;;) {
    const closed = live.state.roster?.closed.get(lane);
    const own = live.forks.lanes.get(lane)?.proof;
    const isNew = own !== undefined && !(closed && closed.seq <= own.seq);
    const before = closed && live.state.graph.ops.get(closed.op)?.change;
    const proof = isNew ? own : before?.op === "fork" ? before.proof : undefined;
    if (!proof) return said;
    const records = carriedFor(live, proof, isNew);
    if (!isNew && records.length === 0) break;
    const change: RosterChange = { op: "fork", proof, carried: records.map(({ op }) => op.id), records };
    await declare(rooms, live, [{ kind: "roster", body: encodeChange(change), wraps: wrapsOf(change) }]);
    const { author, seq } = proof;
    const orgs = { author: author.slice(0, 8), lane: lane.slice(0, 8), place: seq, carried: records.length };
    rooms.log("fork-proven", orgs);
    said = true;
    // A proof that does not count closes nothing; it is not brought again and again.
    if (!live.state.roster?.closed.has(lane) || records.some(({ op }) => !live.state.graph.ops.has(op.id))) break;
  }
  const { from } = live.forks.lanes.get(lane) ?? {};
  const closed = live.state.roster?.closed.get(lane);
  // Settled as far as it is known; where the sides part further back, that is still looked for.
  if (closed && from !== undefined && from >= closed.seq) live.forks.lanes.delete(lane);
  return said;
}

/** What a proof carries: at first whatever can be placed, then what others wait for; each after what it leans on. */
function carriedFor({ forks, state }: LiveCircle, proof: ForkProof, isFirst: boolean): readonly Carried[] {
  const chosen: Carried[] = [];
  let grown = state.graph;
  let bytes = 0;
  const place = (id: RecordId): boolean => {
    if (grown.ops.has(id)) return true;
    const one = forks.records.get(id);
    if (!one || one.op.lane !== proof.lane || one.op.seq < proof.seq || one.op.parents.length === 0) return false;
    if (!parentsOf(one.op).every(place) || chosen.length >= limits.forkRecordsMax) return false;
    if (bytes + one.bytes.length > limits.wrapsBytesMax) return false;
    if (refusalOf(grown, one.op, state.memo) !== undefined) {
      forks.records.delete(id);
      return false;
    }
    bytes += one.bytes.length;
    chosen.push(one);
    grown = withOp(grown, one.op);
    return true;
  };
  const ids = isFirst ? [...forks.wanted, ...forks.records.keys()] : [...forks.wanted];
  for (const id of ids) place(id);
  return chosen;
}
