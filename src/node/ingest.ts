// The only way in: whatever came by push, sync or gossip is verified, judged, opened, committed and rung here, in that
// order. Nothing that fails a check changes anything.

import { setImmediate as nextTurn } from "node:timers/promises";
import { asTocsinError, errorRow, TocsinError, verdictOf } from "../base/errors.ts";
import { evaluate } from "../circle/evaluate.ts";
import { dominates } from "../circle/graph.ts";
import { accept, emptyLane, type Lane } from "../feed/lane.ts";
import type { Arrival, ArrivalPath } from "../net/net.ts";
import type { PostBody } from "../record/body.ts";
import type { CircleId, MemberId, RecordId } from "../record/ids.ts";
import { decodePost } from "../record/parse-body.ts";
import type { SignedRecord, VerifiedRecord } from "../record/record.ts";
import { verifyRecord } from "../record/verify.ts";
import { decodeEnvelope } from "../record/wire.ts";
import { openPost } from "../seal/seal.ts";
import type { Kept, Opened } from "../store/store.ts";
import { limits } from "../base/limits.ts";
import { type CircleState, withRecord } from "./circle-state.ts";
import { secretOf, takeEpoch } from "./epochs.ts";
import { circleNamed, type LiveCircle, type Rooms } from "./rooms.ts";

/** Records verified before other work gets its turn: 32 of them take about 8 ms. */
const BREATH_RECORDS = 32;

/**
 * Takes envelopes of one circle in the order received. Resolves, with one outcome each, once everything kept is durable.
 * Throws only what is our own failure (DISK_FULL, STORE_FAILED); nothing of the batch is kept then.
 */
export async function ingest(rooms: Rooms, from: { readonly member: MemberId; readonly path: ArrivalPath }, parcel: { readonly circle: CircleId; readonly envelopes: readonly Uint8Array[] }): Promise<readonly Arrival[]> {
  return rooms.turns.take(parcel.circle, async () => {
    const live = circleNamed(rooms, parcel.circle);
    const outcomes: Arrival[] = [];
    const kept: Kept[] = [];
    const epochs: VerifiedRecord[] = [];
    let { state } = live;
    for (const [index, bytes] of parcel.envelopes.entries()) {
      if (index % BREATH_RECORDS === BREATH_RECORDS - 1) await nextTurn();
      const judged = await judge(rooms, state, bytes);
      outcomes.push(judged.arrival);
      if (judged.arrival.kind === "refused") logRefusal(rooms, from, judged.arrival);
      if (!judged.next) continue;
      const { record, lane } = judged.next;
      state = withRecord(state, record, lane);
      const epoch = state.epochs.get(record.id);
      if (epoch && (await takeEpoch(rooms, epoch, record.wraps))) epochs.push(record);
      kept.push({ record, receivedAt: rooms.clock.now(), content: contentOf(rooms, record) });
    }
    if (kept.length === 0) return outcomes;
    const items = await rooms.store.commit({ circle: parcel.circle, records: kept });
    live.state = state;
    await openSealed(rooms, live, epochs.map((record) => record.id));
    if (kept.some(({ record }) => record.header.kind !== "post")) rooms.contactsChanged();
    if (items.length > 0) rooms.items.ring();
    return outcomes;
  });
}

type Judged = { readonly arrival: Arrival; readonly next?: { readonly record: VerifiedRecord; readonly lane: Lane } };

async function judge(rooms: Rooms, state: CircleState, bytes: Uint8Array): Promise<Judged> {
  try {
    const record = decodeEnvelope(bytes);
    const { header } = record;
    // R4: a record speaks in the circle that it names.
    if (header.circle !== state.id) throw new TocsinError("RECORD_CIRCLE_WRONG", "a record of another circle");
    const lane = state.lanes.get(header.lane) ?? emptyLane(header.lane, header.author);
    const place = accept(lane, record);
    if (place.kind === "gap") return { arrival: { kind: "gap" } };
    if (place.kind === "held" && (await rooms.store.envelope(record.id))) return { arrival: { kind: "duplicate" } };
    if (place.kind === "held") {
      // R7: two records of one author at one place are a fork; the first one held stands. It is the author's only if it verifies.
      verifyRecord(record);
      throw new TocsinError("RECORD_FORKED", `author ${header.author.slice(0, 8)} made two records at one place`);
    }
    if (header.rosterHeads.some((head) => !state.graph.ops.has(head))) return { arrival: { kind: "gap" } };
    // Whether the named author may speak is asked first: a flood of unknown keys must not cost their admission each.
    const refused = refuseAuthor(state, record, lane);
    if (refused) throw refused;
    const verified = verifyRecord(record);
    if (place.kind === "broken") throw new TocsinError("RECORD_MALFORMED", `record ${record.id.slice(0, 8)}: ${place.reason}`);
    return { arrival: { kind: "kept" }, next: { record: verified, lane } };
  } catch (cause) {
    const error = asTocsinError(cause);
    // What is not a peer's fault is ours, and fails the batch as a whole.
    if (errorRow(error.code).exit === 74 || error.code === "INTERNAL") throw error;
    const verdict = verdictOf(error) === "reject" ? "reject" : "ignore";
    return { arrival: { kind: "refused", verdict, reason: error.code } };
  }
}

/** Whether the author was entitled to speak, judged in the record's own causal past and against removals known here. */
function refuseAuthor(state: CircleState, record: SignedRecord, lane: Lane): TocsinError | undefined {
  const { author, kind, rosterHeads, seq } = record.header;
  const name = author.slice(0, 8);
  if (rosterHeads.length === 0) {
    // Only the genesis follows nothing; whether it is the circle's own is decided when it is folded in.
    const opens = kind === "roster" && state.graph.ops.size === 0 && seq === 0;
    return opens ? undefined : new TocsinError("RECORD_MALFORMED", "a record that has seen no membership");
  }
  // R8: an author never un-sees membership that its lane has named.
  if (!dominates(state.graph, rosterHeads, lane.seen)) return new TocsinError("RECORD_MALFORMED", "a record that forgets membership it had seen");
  // R10: it was a member in its own view.
  const view = evaluate(state.graph, rosterHeads, state.memo);
  const admitted = view.members.get(author);
  if (!admitted) return new TocsinError("RECORD_AUTHOR_UNKNOWN", `author ${name} is no member`);
  // R19: what a removed member sent around its removal does not count, unless it was admitted again and had seen that.
  const removal = state.roster?.removed.get(author);
  const again = state.roster?.members.get(author)?.addedBy;
  if (removal && seq >= (removal.cuts.get(lane.id) ?? 0) && admitted.addedBy !== again) {
    return new TocsinError("RECORD_AUTHOR_REMOVED", `author ${name} was removed from the circle`);
  }
  const lanes = [...state.lanes.values()].filter((other) => other.author === author);
  if (lane.length === 0 && lanes.length >= limits.lanesPerMemberMax) return new TocsinError("LIMIT_EXCEEDED", `author ${name} has too many lanes`);
  return undefined;
}

/** What a record says, as far as this node can tell. A body that does not open or parse leaves its place in the lane. */
function contentOf(rooms: Rooms, record: VerifiedRecord): Kept["content"] {
  const { epoch } = record.header;
  if (!epoch) return "control";
  const secret = secretOf(rooms, epoch);
  return secret ? openContent(rooms, record, secret) : "sealed";
}

function openContent(rooms: Rooms, record: VerifiedRecord, secret: Uint8Array): PostBody | "malformed" {
  try {
    return decodePost(openPost(record, secret));
  } catch (cause) {
    rooms.log("body-refused", { record: record.id.slice(0, 8), author: record.header.author.slice(0, 8), reason: asTocsinError(cause).code });
    return "malformed";
  }
}

/** Opens what was kept sealed for want of the epochs that are held now, in batches. Inside the circle's turn. */
export async function openSealed(rooms: Rooms, live: LiveCircle, epochs: readonly RecordId[]): Promise<void> {
  for (const epoch of epochs) {
    const secret = secretOf(rooms, epoch);
    if (!secret) continue;
    const sealed: { envelope: Uint8Array; receivedAt: number }[] = [];
    for await (const row of rooms.store.sealedUnder(live.row.id, epoch)) {
      sealed.push(row);
      if (sealed.length >= limits.syncPageRecords) await commitOpened(rooms, live, sealed.splice(0), secret);
    }
    if (sealed.length > 0) await commitOpened(rooms, live, sealed, secret);
  }
}

async function commitOpened(rooms: Rooms, live: LiveCircle, rows: readonly { envelope: Uint8Array; receivedAt: number }[], secret: Uint8Array): Promise<void> {
  const opened: Opened[] = rows.map(({ envelope, receivedAt }) => {
    // It was verified when it was stored; verifying again costs little and keeps one maker of trust.
    const record = verifyRecord(decodeEnvelope(envelope));
    return { record, receivedAt, content: openContent(rooms, record, secret) };
  });
  await rooms.store.commit({ circle: live.row.id, records: [], opened });
  rooms.items.ring();
}

function logRefusal(rooms: Rooms, from: { readonly member: MemberId; readonly path: ArrivalPath }, arrival: Extract<Arrival, { kind: "refused" }>): void {
  rooms.log("record-refused", { from: from.member.slice(0, 8), path: from.path, reason: arrival.reason, verdict: arrival.verdict });
}
