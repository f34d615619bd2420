// A node without cryptography: lanes in memory and toy envelopes that say in clear where they belong.
// It keeps the host's promises (in order, no gaps, durable before answered) and can be told to be slow or to refuse.

import { concat, equalBytes, fromHex, toHex, u32, fromUtf8, utf8 } from "../../src/base/bytes.ts";
import { sha256 } from "../../src/base/digest.ts";
import { TocsinError } from "../../src/base/errors.ts";
import type { Arrival, ArrivalPath, Contact, JoinHandshake, NetHost } from "../../src/net/net.ts";
import {
  type CircleId,
  type LaneId,
  type MemberId,
  type RecordId,
  type TicketId,
  circleId,
  laneId,
  memberId,
  recordId,
} from "../../src/record/ids.ts";
import type { Contest } from "../../src/net/net.ts";
import { type Frontier, HEAD_DIGITS } from "../../src/record/record.ts";

const LANE_BYTES = 16;
const HEAD_BYTES = LANE_BYTES + 4;

export type ToyRecord = { readonly id: RecordId; readonly envelope: Uint8Array };

/** An envelope that names its lane and place; the rest is filling. */
export function toyRecord(lane: LaneId, seq: number, bytes = 200): ToyRecord {
  const filling = new Uint8Array(Math.max(0, bytes - HEAD_BYTES)).fill(seq % 251);
  const envelope = concat(fromHex(lane) ?? new Uint8Array(LANE_BYTES), u32(seq), filling);
  return { id: recordId(sha256(envelope)), envelope };
}

/** Ids that are the same in every run. */
export const toyCircle = (name: string): CircleId => circleId(sha256(utf8(`circle ${name}`)));
export const toyMember = (name: string): MemberId => memberId(sha256(utf8(`member ${name}`)));
/** A lane is in one circle only; without one named it is the one that nearly every test is about. */
export const toyLane = (name: string, circle = toyCircle("inner")): LaneId =>
  laneId(sha256(utf8(`lane ${name} of ${circle}`)).subarray(0, LANE_BYTES));

export type FakeHost = NetHost & {
  readonly name: string;
  readonly member: MemberId;
  /** Circles that this node is in; the secret is the same for all members. */
  readonly joinCircle: (circle: CircleId) => void;
  /** Appends to our own lane; the caller pushes what it gets. */
  readonly post: (circle: CircleId, count?: number, bytes?: number) => readonly ToyRecord[];
  readonly length: (circle: CircleId, lane: LaneId) => number;
  readonly total: (circle: CircleId) => number;
  /** What a member said it holds of a lane. */
  readonly heldBy: (member: MemberId, circle: CircleId, lane: LaneId) => number;
  /** How envelopes arrived, in order. */
  readonly arrivals: readonly {
    readonly from: MemberId;
    readonly path: ArrivalPath;
    readonly outcome: Arrival["kind"];
  }[];
  /** Answers instead of keeping, where it returns something. */
  refuse: ((from: MemberId, lane: LaneId, seq: number) => Arrival | undefined) | undefined;
  /** Awaited before every batch is stored. */
  beforeIngest: (() => Promise<void>) | undefined;
  onAsk: ((to: MemberId, circle: CircleId, question: Uint8Array) => Promise<Uint8Array>) | undefined;
  onJoin: ((ticket: TicketId, message: Uint8Array, handshake: JoinHandshake) => Promise<Uint8Array>) | undefined;
  onVerify: ((from: MemberId, message: Uint8Array) => Promise<Uint8Array>) | undefined;
  onOffer: ((from: MemberId, message: Uint8Array) => Promise<Uint8Array>) | undefined;
  linkChanges: number;
  /** Receipts that everybody is to have, those that came, and what links took. */
  receiptsToGive: readonly Uint8Array[];
  readonly receiptsHeard: { readonly from: MemberId; readonly text: string }[];
  readonly handed: { readonly to: MemberId; readonly envelope: Uint8Array }[];
  /** Lanes that it says are forked. */
  contests: ReadonlyMap<LaneId, Contest>;
};

const headOf = (envelope: Uint8Array = new Uint8Array(0)): string => toHex(sha256(envelope)).slice(0, HEAD_DIGITS);

export function fakeHost(name: string): FakeHost {
  const secrets = new Map<CircleId, Uint8Array>();
  const lanes = new Map<CircleId, Map<LaneId, Uint8Array[]>>();
  const held = new Map<string, number>();
  const arrivals: { from: MemberId; path: ArrivalPath; outcome: Arrival["kind"] }[] = [];
  const laneOf = (circle: CircleId, lane: LaneId): Uint8Array[] => {
    const circleLanes = lanes.get(circle) ?? new Map<LaneId, Uint8Array[]>();
    lanes.set(circle, circleLanes);
    const records = circleLanes.get(lane) ?? [];
    circleLanes.set(lane, records);
    return records;
  };

  const take = (from: MemberId, circle: CircleId, envelope: Uint8Array): Arrival => {
    if (envelope.length < HEAD_BYTES) return { kind: "refused", verdict: "reject", reason: "RECORD_MALFORMED" };
    const lane = laneId(envelope.subarray(0, LANE_BYTES));
    const seq = new DataView(envelope.buffer, envelope.byteOffset + LANE_BYTES).getUint32(0);
    const refusal = host.refuse?.(from, lane, seq);
    if (refusal) return refusal;
    const records = laneOf(circle, lane);
    const present = records[seq];
    if (present) {
      return equalBytes(present, envelope)
        ? { kind: "duplicate" }
        : { kind: "refused", verdict: "ignore", reason: "RECORD_FORKED" };
    }
    if (seq > records.length) return { kind: "gap" };
    records.push(envelope);
    return { kind: "kept" };
  };

  const host: FakeHost = {
    name,
    member: toyMember(name),
    refuse: undefined,
    beforeIngest: undefined,
    onJoin: undefined,
    onVerify: undefined,
    onOffer: undefined,
    onAsk: undefined,
    linkChanges: 0,
    receiptsToGive: [],
    receiptsHeard: [],
    handed: [],
    contests: new Map(),
    arrivals,
    joinCircle: (circle) => void secrets.set(circle, sha256(utf8("secret of "), utf8(circle))),
    post: (circle, count = 1, bytes = 200) => {
      const own = toyLane(name, circle);
      const records = laneOf(circle, own);
      return Array.from({ length: count }, () => {
        const record = toyRecord(own, records.length, bytes);
        records.push(record.envelope);
        return record;
      });
    },
    length: (circle, lane) => lanes.get(circle)?.get(lane)?.length ?? 0,
    total: (circle) => Array.from(lanes.get(circle)?.values() ?? []).reduce((sum, lane) => sum + lane.length, 0),
    heldBy: (member, circle, lane) => held.get(`${member} ${circle} ${lane}`) ?? 0,

    circles: () => Array.from(secrets, ([id, secret]) => ({ id, secret })),
    frontier: (circle): Frontier =>
      new Map(Array.from(lanes.get(circle) ?? [], ([lane, records]) => [lane, records.length])),
    heads: (circle) =>
      new Map(Array.from(lanes.get(circle) ?? [], ([lane, records]) => [lane, headOf(records.at(-1))])),
    wantedFrom: (circle) => host.frontier(circle, host.member),
    contested: () => host.contests,
    ingest: async (from, circle, envelopes, path) => {
      await host.beforeIngest?.();
      const outcomes = envelopes.map((envelope) => take(from, circle, envelope));
      for (const outcome of outcomes) arrivals.push({ from, path, outcome: outcome.kind });
      return outcomes;
    },
    serve: async function* (_to, circle, ranges) {
      for (const { lane, from, to } of ranges) yield* (lanes.get(circle)?.get(lane) ?? []).slice(from, to);
    },
    held: async (by, circle, { frontier, heads }) => {
      for (const [lane, length] of frontier) {
        const key = `${by} ${circle} ${lane}`;
        held.set(key, Math.max(length, held.get(key) ?? 0));
      }
      const differs = ([lane, length]: [LaneId, number]): boolean => {
        const own = lanes.get(circle)?.get(lane)?.[length - 1];
        return own !== undefined && headOf(own) !== heads.get(lane);
      };
      return new Map([...frontier].filter(differs).map(([lane, length]) => [lane, length - 1]));
    },
    receipts: () => host.receiptsToGive,
    heardReceipts: async (from, _circle, receipts) => {
      for (const bytes of receipts) host.receiptsHeard.push({ from, text: fromUtf8(bytes) ?? "" });
    },
    sent: (to, _circle, envelopes) => {
      for (const envelope of envelopes) host.handed.push({ to, envelope });
    },
    reseal: async (to, circle, question) => {
      if (!host.onAsk) throw new TocsinError("PEER_REFUSED", "nothing is given here");
      return await host.onAsk(to, circle, question);
    },
    join: async (ticket, message, handshake) => {
      if (!host.onJoin) throw new TocsinError("TICKET_REVOKED", `ticket ${toHex(sha256(utf8(ticket))).slice(0, 8)}`);
      return await host.onJoin(ticket, message, handshake);
    },
    verify: async (from, message) => {
      if (!host.onVerify) throw new TocsinError("MEMBER_UNKNOWN", "nobody verifies here");
      return await host.onVerify(from, message);
    },
    offered: async (from, message) => {
      if (!host.onOffer) throw new TocsinError("POST_REFUSED", "nobody takes a place here");
      return await host.onOffer(from, message);
    },
    linksChanged: () => void (host.linkChanges += 1),
  };
  return host;
}

/** A contact as the other nodes' rosters would have it. */
export function contactOf(
  host: FakeHost,
  net: { readonly transport: Contact["transport"]; addresses(): readonly string[] },
  circles: readonly CircleId[],
): Contact {
  return { transport: net.transport, member: host.member, addresses: net.addresses(), circles };
}
