// What a membership record says. The change alone decides nothing: `evaluate.ts` does.

import { encodeCbor } from "../base/cbor.ts";
import { sha256 } from "../base/digest.ts";
import { concat, utf8 } from "../base/bytes.ts";
import type { MemberCertificate } from "../../keys/index.ts";
import {
  type CircleId,
  circleId,
  type LaneId,
  type MemberId,
  type OrgId,
  type RecordId,
  type TicketId,
} from "../record/ids.ts";
import type { Tlp } from "../record/marking.ts";
import type { ForkProof, SignedHeader } from "./fork.ts";
import type { RosterOp } from "./graph.ts";
import type { Prekey } from "./prekey.ts";

/** The rules of a circle, set by its stewards and accepted by each member on joining and on every change. */
export type Policy = {
  /** The strictest marking that may be posted. */
  readonly maxTlp: Tlp;
  /** The marking of a post that names none; absent: AMBER+STRICT, or the above where that is wider. */
  readonly defaultTlp?: Tlp;
  /** Who is sent what is marked AMBER+STRICT or RED: `read`: whoever was admitted. Absent or `withhold`: who the author's people verified. */
  readonly unverified?: "read" | "withhold";
  /** How long items are kept, days. */
  readonly keepDays: number;
  /** What a newcomer may read of the time before it came; a number: what was posted at or after it, ms since 1970. */
  readonly history: "none" | "all" | number;
  /** 2: X-Wing, hybrid post-quantum. 1: X25519. It stays what it was at the beginning. */
  readonly suite: 1 | 2;
  readonly purpose: string;
  /** Whether the circle's records also travel by gossip, which shows topics to co-members of other circles. */
  readonly gossip: boolean;
  /** Who may admit. */
  readonly invite: "stewards" | "members";
  /** How many orgs must want an admission, the admitting one counted; 0 and 1: it alone. */
  readonly vouches: number;
  /** How many orgs together may make a member steward where the stewards are gone; 0: no number of them. */
  readonly refound: number;
  /** Who may export what is posted. */
  readonly export: "members" | "stewards" | "nobody";
  /** Whether everything in this circle is a drill. */
  readonly exercise: boolean;
  /** Org keys of those that may ever be in, sorted, the founder's among them; left out: anybody. It stays what it was at the beginning. */
  readonly only?: readonly Uint8Array[];
};

/** The rules of a circle whose founder says nothing else. */
export const defaultPolicy: Policy = {
  ...{ maxTlp: "red", keepDays: 90, history: "none", suite: 2, purpose: "", gossip: true },
  ...{ invite: "stewards", vouches: 0, refound: 3, export: "members", exercise: false },
};

/** A member as it comes in: who it is, and the key that epochs are wrapped to. */
export type Admission = { readonly certificate: MemberCertificate; readonly prekey: Prekey };

/** How much of a removed member's lane still counts. */
export type LaneCut = { readonly lane: LaneId; readonly length: number };

/** A membership record that a proof of a fork carries along, so that whoever holds the other side can place it; without its wraps. */
export type Carried = { readonly op: RosterOp; readonly bytes: Uint8Array };

export type RosterChange =
  | {
      readonly op: "genesis";
      readonly name: string;
      readonly nonce: Uint8Array;
      readonly policy: Policy;
      readonly founder: Admission;
    }
  /** The newcomer speaks in that lane. */
  | { readonly op: "add"; readonly member: Admission; readonly lane: LaneId; readonly ticket: TicketId | undefined }
  /** Takes in a further lane of a node of another org, by its first record: from then on that node speaks there alone. */
  | { readonly op: "lane"; readonly opening: SignedHeader }
  /** Takes out the org of a member, with all its nodes. A vote where the org is a steward's. */
  | { readonly op: "remove"; readonly member: MemberId; readonly cuts: readonly LaneCut[] }
  /** Makes a node a steward. A vote where its author is none itself. */
  | { readonly op: "promote"; readonly member: MemberId }
  /** Ends a stewardship; of another: a vote. */
  | { readonly op: "demote"; readonly member: MemberId }
  /** The author's node goes. */
  | { readonly op: "leave" }
  /** Other rules, instead of those that `base` set. */
  | { readonly op: "policy"; readonly base: RecordId; readonly policy: Policy }
  /** The author's org wants this org in the circle. */
  | { readonly op: "vouch"; readonly org: OrgId }
  /** Another node of an org that is in, on the word of its org key; instead of those that it replaces. */
  | {
      readonly op: "enrol";
      readonly member: Admission;
      readonly replaces: readonly MemberId[];
      readonly cuts: readonly LaneCut[];
      readonly consent: Uint8Array;
    }
  /** An org withdraws nodes of its own for ever, on the word of its org key. */
  | {
      readonly op: "retire";
      readonly org: OrgId;
      readonly members: readonly MemberId[];
      readonly cuts: readonly LaneCut[];
      readonly consent: Uint8Array;
    }
  /** Nobody seals for this org until then. */
  | { readonly op: "freeze"; readonly member: MemberId; readonly until: number; readonly reason: string }
  | { readonly op: "lift"; readonly freeze: RecordId }
  /** A steward prolongs a freeze. */
  | { readonly op: "confirm"; readonly freeze: RecordId; readonly until: number }
  /** Proves that an author made two records at one place, and carries the membership changes of both sides. */
  | {
      readonly op: "fork";
      readonly proof: ForkProof;
      /** The membership records of the lane that it carries, causes first ... */
      readonly carried: readonly RecordId[];
      /** ... and themselves; none where the proof is itself carried by another one, which brings them. */
      readonly records: readonly Carried[];
    }
  /** Joins heads that are more than a record may name; changes nothing. */
  | { readonly op: "merge" };

const CIRCLE_TAG = utf8("tocsin/1 circle");

/**
 * The id of the circle that a genesis body founds. The founder's prekey names the circle, so the id is made of the parts
 * that exist before it: name, nonce, policy and the founder's certificate.
 */
export function circleOf(genesis: {
  name: string;
  nonce: Uint8Array;
  policy: Policy;
  certificate: MemberCertificate;
}): CircleId {
  const { name, nonce, policy, certificate } = genesis;
  return circleId(sha256(concat(CIRCLE_TAG, encodeCbor([name, nonce, policy, certificate.bytes]))));
}
