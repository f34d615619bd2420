// The JSON documents of the product (docs/cli.md): what the daemon answers, the CLI prints and scripts rely on.
// Types only, light to import. Within a version keys are only ever added. Times are RFC 3339 UTC with milliseconds.

import type { TrustWord } from "../circle/trust.ts";
import type { CopiesDocument, HoldDocument } from "./documents-custody.ts";
import type { Pap, Tlp } from "../record/marking.ts";
import type { CorrectionDocument, ItemKind, KindSections } from "./documents-kinds.ts";
import type { WaitingDocument } from "./outbox-document.ts";
import type { LaneDocument } from "./lane-document.ts";

export type * from "./documents-circle.ts";
export type * from "./documents-custody.ts";
export type * from "./documents-kinds.ts";
export type * from "./documents-result.ts";

export type Trust = TrustWord;
export type LinkWord = "direct" | "relayed" | "offline" | "self";

export type OrgDocument = {
  schema: "tocsin.org/1";
  org: string;
  seat: string;
  orgKey: string;
  memberKey: string;
  fingerprint: string;
  home: string;
};

export type PeerDocument = {
  org: string;
  orgKey: string;
  memberKey: string;
  fingerprint: string;
  trust: Trust;
  circles: string[];
  link: LinkWord;
  /** The org that carries the link, where it is relayed. */
  via: string | null;
  rttMs: number | null;
  lastSeen: string | null;
  queued: number;
  addresses: string[];
  /** Addresses that people agreed on, tried after those; known to this node alone. */
  paths: string[];
  /** Whether it carries connections for others. */
  relays: boolean;
  lastError: string | null;
  /** What a person here decided about the org; `trust` says whether it still holds. */
  vetting: { state: "verified" | "blocked"; how: "words" | "fingerprint"; at: string; seat: string } | null;
};
export type PathDocument = { schema: "tocsin.path/1"; peer: string; memberKey: string; paths: string[] };
/** How a peer is reached now; the times are null where nothing came back. */
export type PingDocument = {
  schema: "tocsin.ping/1";
  peer: string;
  memberKey: string;
  link: LinkWord;
  via: string | null;
  sent: number;
  received: number;
  minMs: number | null;
  avgMs: number | null;
  maxMs: number | null;
  lastSeen: string | null;
  lastError: string | null;
  /** When it is dialled next, where it is not linked. */
  nextTry: string | null;
};
export type PeersDocument = { schema: "tocsin.peers/1"; peers: PeerDocument[] };
export type PeerShowDocument = { schema: "tocsin.peer/1" } & PeerDocument & {
    fingerprintDigits: string;
    /** What members of our circles warned of. */
    warnings: { circle: string; by: string; at: string; reason: string }[];
  };

/** `verify`: `words` while the other half is awaited, `verified` when it was right. */
export type VerifyDocument = {
  schema: "tocsin.verify/1";
  peer: string;
  orgKey: string;
  state: "words" | "verified";
  /** The words to read aloud; empty unless the state is `words`. The first is number `from` of six, ... */
  say: string[];
  from: number | null;
  /** ... and the first to be heard is number `hearFrom`. */
  hearFrom: number | null;
  expires: string | null;
  trust: Trust;
};
export type FingerprintDocument = { org: string; orgKey: string; words: string; digits: string; trust: Trust };
export type FingerprintsDocument = {
  schema: "tocsin.fingerprints/1";
  peer: FingerprintDocument;
  you: FingerprintDocument;
};

export type IndicatorDocument = { type: string; value: string };

export type ItemDocument = {
  schema: "tocsin.item/1";
  cursor: string;
  id: string;
  kind: ItemKind;
  circle: { id: string; name: string };
  org: string;
  seat: string;
  /** Signature, place in the lane and commitment to what was said were checked by this node. True of every item shown. */
  verified: boolean;
  /** How far the author's org itself was verified by people. */
  trust: Trust;
  at: string;
  receivedAt: string;
  tlp: Tlp;
  pap: Pap | null;
  /** What its author asks beside the label. */
  caveat: string | null;
  /** The orgs that it is for beside its author's; null: whoever reads the circle. */
  to: string[] | null;
  /** Where it was carried over from, by the word of whoever carried it: null where that is not told. */
  relayed: { at: string; org: string | null; circle: string | null } | null;
  /** Only of what its author said for another member, which it does not name. */
  sponsored?: true;
  exercise: boolean;
  title: string | null;
  text: string | null;
  indicators: IndicatorDocument[];
  techniques: string[];
  seen: { first: string | null; last: string | null; count: number } | null;
  confidence: number | null;
  expires: string | null;
  re: string | null;
  /** `erased`: its body is not kept any more; only its head is. `contested`: from a lane whose author signed two records at one place; others may hold something else there. */
  state: "current" | "amended" | "retracted" | "erased" | "expired" | "around-removal" | "contested";
  auto: boolean;
  /** Whether the author's org is frozen now. */
  frozen: boolean;
  /** Whether our own org posted it. */
  mine: boolean;
  /** Orgs other than the author that posted a sighting about it ("saw it too"). */
  sawToo: string[];
  /** Only of a sighting, an alert or an ask that stands. */
  corroboration?: CorroborationDocument;
  /** Where `state` is "amended" or "retracted": of the one the words of now are shown, of the other none. */
  correction?: CorrectionDocument;
} & KindSections;
/**
 * queued: durable here. sent: handed to the org's link. held: durable there, decrypted: open there, read: shown to a person
 * there, each proven by a signed receipt. acked: acknowledged by a record.
 */
export type DeliveryState = "queued" | "sent" | "held" | "decrypted" | "read" | "acked";
export type ShowDocument = Omit<ItemDocument, "schema"> & {
  schema: "tocsin.item/1";
  thread: ItemDocument[];
  /** Who keeps it under a legal hold. */
  holds: HoldDocument[];
  /** Of an own item that was withdrawn or said anew. */
  copies?: CopiesDocument;
  /** The thread is longer than one answer: its oldest items are the ones here. */
  threadCut: boolean;
  delivery: { org: string; state: DeliveryState; at: string | null }[];
  audience: string[];
  /** The org whose words they are, where this one is it or said them for it. */
  sponsoredFor?: string;
};
/** `cursor`: where `tail --since` goes on. `next`: the cursor for `--before` of the page after this one, null at the end. */
export type FeedDocument = { schema: "tocsin.feed/1"; items: ItemDocument[]; cursor: string; next: string | null };

/** How many of the orgs of a circle saw it, call it false, since when and how often; the score falls with time, 0 to 100. */
export type CorroborationDocument = {
  seen: number;
  of: number;
  denied: number;
  first: string | null;
  last: string | null;
  count: number;
  score: number;
  state: "current" | "decayed" | "expired";
};
export type CheckHit = { id: string; circle: string; org: string; at: string; tlp: Tlp; frozen: boolean };
export type CheckDocument = {
  schema: "tocsin.check/1";
  hits: {
    type: string;
    value: string;
    items: CheckHit[];
    /** By circle; a drill is in none. */
    corroboration: ({ circle: string } & CorroborationDocument)[];
  }[];
  misses: { type: string; value: string }[];
  /** What is no indicator: asked about nothing. */
  rejected: { value: string; message: string }[];
};

export type StatusDocument = {
  schema: "tocsin.status/1";
  org: string;
  seat: string;
  daemon: { pid: number; version: string; uptimeMs: number; locked: boolean };
  listen: string[];
  circles: {
    id: string;
    name: string;
    members: number;
    items: number;
    unread: number;
    needAck: number;
    /** The drill that runs, and how many alerts of drills wait for us: none of these is in `needAck`. */
    exercise: { running: string | null; needAck: number };
    /** Records that some member is known to hold and this node does not. */
    behind: number;
    /** While such records come in: how many are held, of how many, how fast, and from which orgs. */
    catchUp: { have: number; of: number; perSecond: number; from: string[] } | null;
    state: "current" | "removed" | "pending";
    /** Until when our own org is frozen here. */
    frozenUntil: string | null;
    /** Changes of membership that no person has seen yet, and the newest of them in words. */
    changes: { unseen: number; last: string | null };
    /** Whether the rules wait to be accepted here. */
    rulesToAccept: boolean;
    /** Orgs that signed two records at one place. */
    forked: string[];
    /** Bytes of its envelopes, how many it may have, and how many posts of others are not kept for want of room. */
    disk: { bytes: number; quota: number; state: "ok" | "near" | "full"; hollow: number };
  }[];
  /** Whether anybody is linked, and since when that is so. */
  connected: boolean;
  since: string;
  peers: { up: number; total: number };
  /** `release`: posts of scripts that somebody has to look at. */
  outbox: { queued: number; held: number; failed: number; release: number };
  /** What was spooled while no daemon ran: files that wait, those put aside, and the codes of what keeps or refused them. */
  spool: { waiting: number; failed: number; reasons: string[]; keyChanged: boolean };
  /** Own posts that an org should hold by now and has not proved to. */
  undelivered: WaitingDocument[];
  lanes: LaneDocument[];
  disk: { bytes: number };
  /** The last repair of a damaged store: how much of it was lost, and what members gave back is not counted. */
  repair: { at: string; records: number; lost: number; circlesLost: number; aside: string } | null;
  /** How far our clock is ahead of the median of the members that were heard in the last day. */
  clockSkewMs: number | null;
  /** Members that are not linked because they sent more than their quota: so many records in a minute. */
  flooding: { org: string; member: string; records: number; until: string }[];
  net: {
    pushSent: number;
    pushReceived: number;
    syncServed: number;
    syncReceived: number;
    gossipPublished: number;
    gossipReceived: number;
    duplicates: number;
    bytesSent: number;
    bytesReceived: number;
    strangersRefused: number;
  };
};

export type ErrorDocument = {
  schema: "tocsin.error/1";
  code: string;
  exit: number;
  message: string;
  hint: string | null;
  retryable: boolean;
  reason: string;
  [detail: string]: unknown;
};
