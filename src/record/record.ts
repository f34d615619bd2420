// One signed, hash-linked statement on a lane: its header, and the three stages of trust.
// Only `verify.ts` makes a VerifiedRecord, so that storing an unverified one does not compile.

import type { Brand } from "../base/brand.ts";
import type { CircleId, LaneId, MemberId, RecordId } from "./ids.ts";

/** What a header says its record is; the number is its wire form. */
export const RECORD_KINDS = [
  "roster",
  "prekey",
  "epoch",
  "post",
  "address",
  "invite",
  "warning",
  "complaint",
  "lane-open",
  "consent",
  "hold",
  "exercise",
] as const;
export type RecordKind = (typeof RECORD_KINDS)[number];

/** The signed header, readable without any key (docs/protocol.md section 3). */
export type Header = {
  readonly circle: CircleId;
  readonly kind: RecordKind;
  readonly author: MemberId;
  readonly lane: LaneId;
  /** Place in the lane, from 0, without gaps. */
  readonly seq: number;
  /** The record before this one in the lane; absent at seq 0. */
  readonly prev: RecordId | undefined;
  /** Heads of the membership graph that the author had seen. */
  readonly rosterHeads: readonly RecordId[];
  /** The epoch that the payload is sealed under; absent where the payload is clear. */
  readonly epoch: RecordId | undefined;
  /** A drill, never to be mistaken for the real thing. */
  readonly exercise: boolean;
  /** The author's clock, ms since 1970. It orders nothing and authorises nothing. */
  readonly at: number;
  /** SHA-256(tag, salt, plaintext): hides and binds what was said. */
  readonly commitment: Uint8Array;
  /** XChaCha20 nonce, 24 bytes; empty where the payload is clear. */
  readonly nonce: Uint8Array;
  /** SHA-256 of the payload as it travels. */
  readonly payloadHash: Uint8Array;
};

/** A record as it travels; shape checked, nothing proven yet. */
export type SignedRecord = {
  readonly id: RecordId;
  readonly header: Header;
  readonly headerBytes: Uint8Array;
  /** The part of the header that is bound into the seal as associated data. */
  readonly sealedContext: Uint8Array;
  readonly signature: Uint8Array;
  readonly payload: Uint8Array;
  /** HPKE wraps of an epoch; records that a proof of a fork carries; empty for everything else. */
  readonly wraps: readonly Uint8Array[];
  /** The whole envelope as received. */
  readonly bytes: Uint8Array;
};

/** A record whose signature, payload hash and wraps root were checked. */
export type VerifiedRecord = Brand<SignedRecord, "VerifiedRecord">;

/** How far each lane is held, without gaps: the number of records from seq 0. */
export type Frontier = ReadonlyMap<LaneId, number>;

/** The beginning of the id of each lane's last record, in hexadecimal: enough to tell two sides of a fork apart. */
export type Heads = ReadonlyMap<LaneId, string>;
export const HEAD_DIGITS = 16;

/** Records `from` (inclusive) to `to` (exclusive) of a lane. */
export type LaneRange = { readonly lane: LaneId; readonly from: number; readonly to: number };
