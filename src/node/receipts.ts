// Receipts: what this node owes the authors of the lanes that it holds, and what members proved to it. One signature for each
// lane that moved, at most every `limits.receiptEveryMs`, however many records it moved by.

import { limits } from "../base/limits.ts";
import { addPlace, type Ranges, removePlace } from "../feed/places.ts";
import type { CircleId, LaneId, MemberId } from "../record/ids.ts";
import type { SignedRecord } from "../record/record.ts";
import { fewRanges, parseReceipt, type Receipt, type SignedReceipt, signReceipt } from "../record/receipt.ts";
import type { Kept } from "../store/store.ts";
import { type Bell, makeBell } from "./bell.ts";
import { noteHollow } from "./disk-quota.ts";
import { wholeOf } from "./frontier.ts";
import { type Unshown, unshownFrom } from "./reading.ts";
import type { LiveCircle, Rooms } from "./rooms.ts";
import type { Backlog } from "./undelivered.ts";

/** What is known of one circle. */
export type CircleReceipts = {
  /** This node's own, by lane of another member. */
  readonly own: Map<LaneId, SignedReceipt>;
  /** What members gave: about our lanes, and about those of others to pass on. */
  readonly given: Map<MemberId, Map<LaneId, SignedReceipt>>;
  /** Posts that are not open here. */
  readonly unopened: Map<LaneId, Ranges>;
  readonly unshown: Unshown;
  /** The last run of own records that was handed to the link of a member since the start. */
  readonly sent: Map<MemberId, Map<LaneId, [from: number, to: number]>>;
  /** Came and is not judged yet. */
  readonly heard: { readonly from: MemberId; readonly bytes: Uint8Array }[];
};

export type ReceiptBook = {
  readonly circles: Map<CircleId, CircleReceipts>;
  /** Circles of which something moved that this node's receipts do not tell yet. */
  readonly due: Set<CircleId>;
  readonly dueBell: Bell;
  /** Whether this node tells how far its people have read. */
  readonly tellsRead: boolean;
  /** Own posts that wait for too long, as they were found last. */
  late: readonly Backlog[];
  /** Where own records stand, by the bytes that the network is handed. */
  readonly places: WeakMap<Uint8Array, SignedRecord["header"]>;
};

/** In a circle where a node has few links, receipts may need more than one member between; it passes on what it was given. */
const FEW_LINKS = 8;

export function newReceipts(options: { readonly tellsRead: boolean } = { tellsRead: true }): ReceiptBook {
  return { circles: new Map(), due: new Set(), dueBell: makeBell(), places: new WeakMap(), late: [], ...options };
}

export function receiptsOf({ receipts }: Pick<Rooms, "receipts">, circle: CircleId): CircleReceipts {
  const known = receipts.circles.get(circle);
  if (known) return known;
  const made: CircleReceipts = {
    ...{
      own: new Map(),
      given: new Map(),
      unopened: new Map(),
      unshown: { until: 0, rows: [] },
      sent: new Map(),
      heard: [],
    },
  };
  receipts.circles.set(circle, made);
  return made;
}

/** What the store has of a circle. Own receipts are made again: what they say is found in the store, as are the places that are hollow. */
export async function loadReceipts(rooms: Rooms, { row, disk }: LiveCircle): Promise<void> {
  const circle = row.id;
  const { given, unopened } = receiptsOf(rooms, circle);
  for await (const bytes of rooms.store.receipts(circle)) keepReceipt(given, parseReceipt(bytes));
  for await (const { lane, seq, hollow } of rooms.store.unopened(circle)) {
    if (hollow) noteHollow(disk, { lane, seq });
    else addPlace(rangesOf(unopened, lane), seq);
  }
  receiptsDue(rooms, circle);
}

/** Something that receipts tell of has moved. */
export function receiptsDue({ receipts }: Rooms, circle: CircleId): void {
  receipts.due.add(circle);
  receipts.dueBell.ring();
}

/** What became of records, when they were kept or opened later. To be called at once when that is durable. */
export function noteContents(rooms: Rooms, circle: CircleId, rows: readonly Pick<Kept, "record" | "content">[]): void {
  const { unopened } = receiptsOf(rooms, circle);
  for (const { record, content } of rows) {
    const { lane, seq } = record.header;
    if (content === "sealed" || content === "malformed") addPlace(rangesOf(unopened, lane), seq);
    else if (content !== "control" && content !== "hollow") removePlace(rangesOf(unopened, lane), seq);
  }
  receiptsDue(rooms, circle);
}

/** Signs what moved since the last receipts of a circle, and has the network tell it. */
export async function signReceipts(rooms: Rooms, circle: CircleId): Promise<void> {
  const live = rooms.circles.get(circle);
  const { roster, lanes } = live?.state ?? {};
  if (!live || !lanes || roster?.members.has(rooms.me.id) !== true) return;
  const book = receiptsOf(rooms, circle);
  // Lengths and what is not open among them first: what is shown is asked of the store, which may run ahead by then.
  const moved = [...lanes.values()].flatMap((one) => {
    const { id: lane, author } = one;
    const { length: held, head } = wholeOf(live.state, one);
    if (author === rooms.me.id || head === undefined || !roster.members.has(author)) return [];
    // Posts may be open or sealed behind one that is hollow, of which nothing is claimed.
    const before = (book.unopened.get(lane) ?? []).filter(([from]) => from < held);
    const unopened = fewRanges(before.map(([from, to]) => [from, Math.min(to, held)]));
    return [{ lane, held, head, unopened }];
  });
  const unshown = rooms.receipts.tellsRead ? await unshownFrom(rooms, circle, book.unshown) : undefined;
  for (const { lane, held, head, unopened } of moved) {
    const read = unshown ? Math.min(held, unshown.get(lane) ?? held) : 0;
    const before = book.own.get(lane)?.receipt;
    if (before && before.held === held && before.read === read && sameRanges(before.unopened, unopened)) continue;
    // A clock that is set back must not make the later receipt look like the earlier one.
    const at = Math.max(rooms.clock.now(), (before?.at ?? 0) + 1);
    const receipt: Receipt = { circle, member: rooms.me.id, lane, held, head, unopened, read, at };
    book.own.set(lane, signReceipt(receipt, rooms.me.key));
  }
  rooms.net().tellReceipts(circle);
}

/** Tells what moved, at once where it was quiet, until the signal aborts. */
export async function keepReceipts(rooms: Rooms, signal: AbortSignal, failed: (cause: unknown) => void): Promise<void> {
  const { due, dueBell } = rooms.receipts;
  while (!signal.aborted) {
    const seen = dueBell.count();
    const circles = [...due];
    due.clear();
    try {
      for (const circle of circles) await signReceipts(rooms, circle);
      await rooms.clock.wait(limits.receiptEveryMs * Math.max(1, rooms.net().links().length / FEW_LINKS), signal);
      await dueBell.after(seen, signal);
    } catch (cause) {
      if (!signal.aborted) failed(cause);
    }
  }
}

/** The receipts that a member is to have: for its own lanes, and for those of authors whom this node does not reach. `linked`: whom it does. */
export function receiptsFor(
  rooms: Rooms,
  circle: CircleId,
  { to, linked }: { readonly to: MemberId; readonly linked: ReadonlySet<MemberId> },
): readonly Uint8Array[] {
  const { lanes, roster } = rooms.circles.get(circle)?.state ?? {};
  if (!lanes || !roster?.members.has(to)) return [];
  const { own, given } = receiptsOf(rooms, circle);
  const givers = [...given].flatMap(([member, byLane]) =>
    member === to || !roster.members.has(member) ? [] : [byLane],
  );
  // By lanes and not by receipts: there are as many receipts as members times lanes, and most of them are for others.
  const found: Uint8Array[] = [];
  const passed: Uint8Array[] = [];
  for (const { id, author } of lanes.values()) {
    if (author === rooms.me.id || (author !== to && linked.has(author))) continue;
    const mine = own.get(id);
    if (mine) found.push(mine.bytes);
    if (author !== to && linked.size > FEW_LINKS) continue;
    for (const byLane of givers) {
      const one = byLane.get(id);
      if (one) passed.push(one.bytes);
    }
  }
  return [...found, ...passed];
}

/** All that is known of a circle, this node's own first. */
export function allReceipts(rooms: Rooms, circle: CircleId): readonly Uint8Array[] {
  const { own, given } = receiptsOf(rooms, circle);
  return [own, ...given.values()].flatMap((byLane) => [...byLane.values()].map(({ bytes }) => bytes));
}

/** The newest receipt of a member for a lane. */
export function receiptOf(
  rooms: Pick<Rooms, "receipts">,
  circle: CircleId,
  of: { readonly member: MemberId; readonly lane: LaneId },
): Receipt | undefined {
  return rooms.receipts.circles.get(circle)?.given.get(of.member)?.get(of.lane)?.receipt;
}

/** Takes a receipt where it is newer than what is known: it tells of more records, or later of as many. */
export function keepReceipt(given: CircleReceipts["given"], signed: SignedReceipt): boolean {
  const { member, lane } = signed.receipt;
  const byLane = given.get(member) ?? new Map<LaneId, SignedReceipt>();
  if (!isNewer(signed.receipt, byLane.get(lane)?.receipt)) return false;
  given.set(member, byLane.set(lane, signed));
  return true;
}

export function isNewer(receipt: Receipt, known: Receipt | undefined): boolean {
  if (!known || receipt.held !== known.held) return receipt.held > (known?.held ?? 0);
  return receipt.at > known.at;
}

/** Own records that the network will be handed: by their bytes it is known later which of them a link took. */
export function notePlace({ receipts, me }: Rooms, { header, bytes }: Pick<SignedRecord, "header" | "bytes">): void {
  if (header.author === me.id) receipts.places.set(bytes, header);
}

/** A link took envelopes for a member. */
export function noteSent(rooms: Rooms, to: MemberId, circle: CircleId, envelopes: readonly Uint8Array[]): void {
  for (const envelope of envelopes) {
    const place = rooms.receipts.places.get(envelope);
    if (!place) continue;
    const { sent } = receiptsOf(rooms, circle);
    const byLane = sent.get(to) ?? new Map<LaneId, [number, number]>();
    sent.set(to, byLane);
    const run = byLane.get(place.lane);
    if (run?.[1] === place.seq) run[1] = place.seq + 1;
    else if (!run || place.seq < run[0] || place.seq > run[1]) byLane.set(place.lane, [place.seq, place.seq + 1]);
  }
}

/** Whether a link of a member took the own record at a place since the start. */
export function wasSent(
  rooms: Pick<Rooms, "receipts">,
  circle: CircleId,
  of: { readonly member: MemberId; readonly lane: LaneId; readonly seq: number },
): boolean {
  const run = rooms.receipts.circles.get(circle)?.sent.get(of.member)?.get(of.lane);
  return run !== undefined && of.seq >= run[0] && of.seq < run[1];
}

function rangesOf(unopened: CircleReceipts["unopened"], lane: LaneId): Ranges {
  const known = unopened.get(lane) ?? [];
  unopened.set(lane, known);
  return known;
}

function sameRanges(left: Receipt["unopened"], right: Receipt["unopened"]): boolean {
  return left.length === right.length && left.every(([from, to], at) => from === right[at]?.[0] && to === right[at][1]);
}
