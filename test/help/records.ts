// Records for tests that care about their order and their bytes but not about keys: well-formed envelopes with
// random signatures and payloads. Nothing here passes verification; the cast says so.

import { randomBytes } from "node:crypto";
import { plain } from "../../src/base/bytes.ts";
import { sha256 } from "../../src/base/digest.ts";
import type { PostBody, Sighting } from "../../src/record/body.ts";
import {
  type CircleId,
  circleId,
  laneId,
  type LaneId,
  memberId,
  type MemberId,
  type RecordId,
  recordId,
} from "../../src/record/ids.ts";
import type { RecordKind, VerifiedRecord } from "../../src/record/record.ts";
import { decodeEnvelope, encodeContext, encodeEnvelope, encodeHeader, hashPayload } from "../../src/record/wire.ts";
import type { Kept } from "../../src/store/store.ts";

const fresh = (length: number): Uint8Array => plain(randomBytes(length));

export const someCircle = (): CircleId => circleId(fresh(32));
export const someMember = (): MemberId => memberId(fresh(32));
export const someLane = (): LaneId => laneId(fresh(16));
export const someRecordId = (): RecordId => recordId(fresh(32));

/** A moment in 2025 that tests count from. */
export const MORNING = Date.UTC(2025, 2, 3, 8);

/** How the next record differs from an ordinary one. */
export type Wish = {
  readonly kind?: RecordKind;
  readonly at?: number;
  readonly epoch?: RecordId;
  readonly exercise?: boolean;
  readonly payloadBytes?: number;
};

/** An author's log in a circle that grows by one record with every call. */
export type Pen = {
  readonly circle: CircleId;
  readonly lane: LaneId;
  readonly author: MemberId;
  readonly epoch: RecordId;
  readonly next: (wish?: Wish) => VerifiedRecord;
  /** The next record, opened to this body. */
  readonly says: (body: PostBody, wish?: Wish) => Kept;
  /** The next record, not to be opened. */
  readonly mumbles: (wish?: Wish) => Kept;
  /** The next record, of a kind that is not sealed. */
  readonly rules: (wish?: Wish) => Kept;
};

/** A new author in a circle. */
export function penIn(circle: CircleId, author: MemberId = someMember()): Pen {
  const lane = someLane();
  const epoch = someRecordId();
  let seq = 0;
  let prev: RecordId | undefined;
  const next = (wish: Wish = {}): VerifiedRecord => {
    const kind = wish.kind ?? "post";
    const payload = fresh(wish.payloadBytes ?? 272);
    const sealed = kind === "post";
    const context = encodeContext({
      circle,
      kind,
      author,
      lane,
      seq,
      prev,
      rosterHeads: [someRecordId()],
      epoch: sealed ? (wish.epoch ?? epoch) : undefined,
      exercise: wish.exercise ?? false,
      at: wish.at ?? MORNING + seq * 1_000,
      commitment: fresh(32),
    });
    const headerBytes = encodeHeader(context, fresh(sealed ? 24 : 0), hashPayload(payload, []));
    const record = decodeEnvelope(encodeEnvelope({ headerBytes, signature: fresh(64), payload, wraps: [] }));
    seq += 1;
    prev = record.id;
    return record as VerifiedRecord;
  };
  const keep = (content: Kept["content"], wish?: Wish): Kept => {
    const record = next(wish);
    return { record, receivedAt: record.header.at + 250, content };
  };
  return {
    circle,
    lane,
    author,
    epoch,
    next,
    says: (body, wish) => keep(body, wish),
    mumbles: (wish) => keep("sealed", wish),
    rules: (wish) => keep("control", { kind: "roster", ...wish }),
  };
}

/** A sighting of addresses. */
export function sightingOf(...addresses: readonly string[]): Sighting {
  return {
    kind: "sighting",
    tlp: "amber",
    seat: "SOC",
    indicators: addresses.map((value) => ({ type: "ip", value })),
    techniques: [],
  };
}

/** A sighting whose fields take about 600 bytes as JSON, like those that sensors send; no two are alike. */
export function typicalSighting(number: number): Sighting {
  const noise = sha256(Uint8Array.of(number & 255, (number >> 8) & 255, (number >> 16) & 255));
  const hex = Buffer.from(noise).toString("hex");
  return {
    kind: "sighting",
    tlp: "amber",
    seat: "Northwind SOC",
    title: "Password spraying against the VPN portal",
    text:
      `Seen from one address with rotating user agents, tooling as in case ${hex.slice(0, 12)}; about ${(number * 37) % 997} ` +
      "attempts an hour and two accounts locked. We block it at the edge and ask whether others see the same.",
    indicators: [
      { type: "ip", value: `198.51.${(number >> 8) & 255}.${number & 255}` },
      { type: "domain", value: `login-${hex.slice(12, 20)}.example.net` },
      { type: "sha256", value: hex },
    ],
    techniques: ["T1110.003"],
    seen: { first: MORNING, last: MORNING + number * 60_000, count: number + 1 },
    confidence: 80,
  };
}
