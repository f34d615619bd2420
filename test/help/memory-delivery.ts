// How the simulated network carries records between two of its nodes: push in order, tell, and pull page by page.

import { equalBytes } from "../../src/base/bytes.ts";
import { TocsinError } from "../../src/base/errors.ts";
import { limits } from "../../src/base/limits.ts";
import type { Contact, NetCounters, NetHost } from "../../src/net/net.ts";
import type { CircleId, MemberId, TicketId, TransportId } from "../../src/record/ids.ts";
import { lackingOf } from "../../src/net/lacking.ts";
import type { LaneRange } from "../../src/record/record.ts";

export type Weather = {
  /** One way, uniformly between the two. */
  readonly delayMs: readonly [number, number];
  /** Chance that a batch or a page is lost; later anti-entropy repairs it. */
  readonly loss: number;
  /** Chance that a pushed batch arrives twice. */
  readonly duplication: number;
};

export type MemoryNode = {
  readonly id: TransportId;
  readonly address: string;
  readonly host: NetHost;
  readonly contacts: Map<TransportId, Contact>;
  readonly tickets: Set<TicketId>;
  /** Linked peers, and the last batch on its way to each: a stream keeps its order. */
  readonly links: Map<TransportId, { toldMs: number; tail: Promise<void> }>;
  readonly pulling: Set<CircleId>;
  /** Circles whose frontier moved since it was last told. */
  readonly moved: Set<CircleId>;
  /** Lanes of which a peer seems to hold another side, and what of its sides was fetched already; by peer and lane. */
  readonly doubts: Map<string, number>;
  readonly sides: Map<string, { readonly from: number; readonly to: number }>;
  readonly seenAt: Map<TransportId, number>;
  readonly counters: { -readonly [K in keyof NetCounters]: number };
};

export type Wire = {
  /** Resolves after the delay, or rejects with PEER_UNREACHABLE where the weather takes it. */
  readonly travel: () => Promise<void>;
  /** Answers false to a failure of `travel`, and throws where it was none of the weather's. */
  readonly lost: (cause: unknown) => false;
  readonly copies: () => number;
  readonly now: () => number;
};

/** Whether records of the circle may cross: linked, granted by both, and of the same secret. */
export function shares(left: MemoryNode, right: MemoryNode, circle: CircleId): boolean {
  if (!left.links.has(right.id) || !right.links.has(left.id)) return false;
  if (!left.contacts.get(right.id)?.circles.includes(circle)) return false;
  if (!right.contacts.get(left.id)?.circles.includes(circle)) return false;
  const secretOf = ({ host }: MemoryNode): Uint8Array | undefined =>
    host.circles().find(({ id }) => id === circle)?.secret;
  const [ours, theirs] = [secretOf(left), secretOf(right)];
  return ours !== undefined && theirs !== undefined && equalBytes(ours, theirs);
}

/** A batch as pushed: delivered, repaired where there is a gap, acknowledged. */
export async function carry(
  wire: Wire,
  ends: { readonly from: MemoryNode; readonly to: MemoryNode },
  batch: { readonly circle: CircleId; readonly envelopes: readonly Uint8Array[] },
): Promise<void> {
  const { from, to } = ends;
  const { circle } = batch;
  for (let copy = wire.copies(); copy > 0; copy--) {
    await wire.travel();
    if ((await deliver(wire, ends, { ...batch, path: "push" })).gap) await pull(wire, ends, circle);
  }
  const member = from.contacts.get(to.id)?.member;
  if (member && shares(from, to, circle)) await hear(from, { of: to, member }, circle);
}

/** `by` takes in what another node holds. */
async function hear(
  by: MemoryNode,
  { of, member }: { readonly of: MemoryNode; readonly member: MemberId },
  circle: CircleId,
): Promise<void> {
  const reader = of.contacts.get(by.id)?.member ?? member;
  const told = { frontier: of.host.frontier(circle, reader), heads: of.host.heads(circle, reader) };
  for (const [lane, place] of await by.host.held(member, circle, told)) by.doubts.set(`${of.id} ${lane}`, place);
}

/** `to` learns what `from` holds, and fetches what it lacks. */
export async function tell(
  wire: Wire,
  ends: { readonly from: MemoryNode; readonly to: MemoryNode },
  circle: CircleId,
): Promise<void> {
  const { from, to } = ends;
  try {
    await wire.travel();
  } catch (cause) {
    from.moved.add(circle); // told again at the next look
    throw cause;
  }
  const member = to.contacts.get(from.id)?.member;
  if (!member || !shares(from, to, circle)) return;
  await hear(to, { of: from, member }, circle);
  await pull(wire, ends, circle);
  await giveReceipts(wire, ends, circle);
}

/** `to` is given the receipts that it is to have. */
export async function giveReceipts(
  wire: Wire,
  ends: { readonly from: MemoryNode; readonly to: MemoryNode },
  circle: CircleId,
): Promise<void> {
  const { from, to } = ends;
  const [asked, by] = [from.contacts.get(to.id)?.member, to.contacts.get(from.id)?.member];
  if (!asked || !by || !shares(from, to, circle)) return;
  const linked = [...from.links.keys()].flatMap((peer) => from.contacts.get(peer)?.member ?? []);
  const receipts = from.host.receipts(asked, circle, new Set(linked));
  if (receipts.length === 0) return;
  await wire.travel();
  if (shares(from, to, circle)) await to.host.heardReceipts(by, circle, receipts);
}

/** Fetches what `from` holds beyond `to`, until nothing more is kept. One pull of a circle at a time. */
export async function pull(
  wire: Wire,
  ends: { readonly from: MemoryNode; readonly to: MemoryNode },
  circle: CircleId,
): Promise<void> {
  const { from, to } = ends;
  if (to.pulling.has(circle)) return;
  to.pulling.add(circle);
  try {
    for (let kept = 1; kept > 0;) {
      kept = 0;
      const ranges = lacking(from, to, circle);
      const member = from.contacts.get(to.id)?.member;
      if (ranges.length === 0 || !member || !shares(from, to, circle)) return;
      for await (const envelopes of pages(from.host.serve(member, circle, ranges))) {
        // A stream loses nothing: what the weather takes is sent again, later.
        while (!(await wire.travel().then(() => true, wire.lost)));
        kept += (await deliver(wire, ends, { circle, envelopes, path: "sync" })).kept;
      }
      // Where other sides were fetched, what that brought to light may ask for more.
      kept += sidesSeen(to, from, ranges);
    }
  } finally {
    to.pulling.delete(circle);
  }
}

function lacking(from: MemoryNode, to: MemoryNode, circle: CircleId): readonly Range[] {
  const ours = to.host.wantedFrom(circle);
  const reader = from.contacts.get(to.id)?.member;
  const contested = to.host.contested(circle);
  if (!reader) return [];
  return Array.from(from.host.frontier(circle, reader)).flatMap(([lane, length]) => {
    const key = `${from.id} ${lane}`;
    const [known, doubt] = [contested.get(lane), to.doubts.get(key)];
    const contest = doubt === undefined ? known : { from: Math.min(doubt, known?.from ?? doubt), otherSides: true };
    const range = lackingOf({ ours: ours.get(lane) ?? 0, to: length }, contest, to.sides.get(key));
    return range ? [{ lane, ...range, isContested: contest !== undefined }] : [];
  });
}

type Range = LaneRange & { readonly isContested: boolean };

/** Notes which other sides were fetched; how many. */
function sidesSeen(to: MemoryNode, from: MemoryNode, ranges: readonly Range[]): number {
  const sides = ranges.filter((range) => range.isContested);
  for (const range of sides) {
    const key = `${from.id} ${range.lane}`;
    const seen = to.sides.get(key);
    to.sides.set(key, { from: Math.min(range.from, seen?.from ?? range.from), to: range.to });
    to.doubts.delete(key);
  }
  return sides.length;
}

async function* pages(envelopes: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Uint8Array[]> {
  let page: Uint8Array[] = [];
  for await (const envelope of envelopes) {
    page.push(envelope);
    if (page.length < limits.syncPageRecords) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

async function deliver(
  wire: Wire,
  ends: { readonly from: MemoryNode; readonly to: MemoryNode },
  sent: { readonly circle: CircleId; readonly envelopes: readonly Uint8Array[]; readonly path: "push" | "sync" },
): Promise<{ readonly kept: number; readonly gap: boolean }> {
  const { from, to } = ends;
  const member = to.contacts.get(from.id)?.member;
  if (!member || !shares(from, to, sent.circle)) throw new TocsinError("PEER_UNREACHABLE", "no link any more");
  const asker = from.contacts.get(to.id)?.member;
  if (asker) from.host.sent(asker, sent.circle, sent.envelopes);
  const outcomes = await to.host.ingest(member, sent.circle, sent.envelopes, sent.path);
  const count = (kind: string): number => outcomes.filter((outcome) => outcome.kind === kind).length;
  const bytes = sent.envelopes.reduce((sum, envelope) => sum + envelope.length, 0);
  to.counters[sent.path === "push" ? "pushReceived" : "syncReceived"] += outcomes.length;
  from.counters[sent.path === "push" ? "pushSent" : "syncServed"] += outcomes.length;
  to.counters.duplicates += count("duplicate");
  to.counters.bytesReceived += bytes;
  from.counters.bytesSent += bytes;
  to.seenAt.set(from.id, wire.now());
  if (count("kept") > 0) to.moved.add(sent.circle);
  return { kept: count("kept"), gap: count("gap") > 0 };
}
