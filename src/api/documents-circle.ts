// The JSON documents about circles: who is in, by which rules, how that changed, and how one comes in and goes out. Part of
// `documents.ts`, which everyone imports.

import type { Tlp } from "../record/marking.ts";
import type { LinkWord, Trust } from "./documents.ts";
import type { BrokenRow, WaitingDocument } from "./outbox-document.ts";

export type MemberDocument = {
  org: string;
  orgKey: string;
  memberKey: string;
  steward: boolean;
  you: boolean;
  trust: Trust;
  link: LinkWord;
  lastSeen: string | null;
  queued: number;
  /** Nobody seals for its org until then. */
  frozen: FreezeDocument | null;
};
export type FreezeDocument = { until: string; by: string; confirmedBy: string | null; reason: string };

export type CirclePolicyDocument = {
  maxTlp: Tlp;
  /** Null: AMBER+STRICT, or `maxTlp` where that is wider. */
  defaultTlp: Tlp | null;
  /** Who is sent what is marked AMBER+STRICT or RED beside the verified. */
  unverified: "read" | "withhold";
  keep: string;
  /** `none`, `all`, or the time from which on, RFC 3339. */
  history: string;
  suite: 1 | 2;
  purpose: string;
  gossip: boolean;
  invite: "stewards" | "members";
  vouches: number;
  refound: number;
  export: "members" | "stewards" | "nobody";
  exercise: boolean;
  /** Org keys of those that may ever be in; left out: anybody. */
  only?: string[];
};

export type CircleDocument = {
  schema: "tocsin.circle/1";
  id: string;
  name: string;
  /** Org of the founder's seat at the head of the stewards. */
  steward: string;
  /** "pending": this node is not in yet, the admission waits for the word of others or the circle is being fetched. */
  state: "current" | "removed" | "pending";
  policy: CirclePolicyDocument;
  members: MemberDocument[];
  epoch: { id: string; depth: number; suite: 1 | 2; since: string } | null;
  rosterHeads: string[];
  /** Lanes whose author signed two records at one place, and who proved it. */
  forks: { org: string; memberKey: string; lane: string; place: number; provenBy: string }[];
  /** Orgs whose admission waits for the word of others. */
  pending: PendingDocument[];
  /** What was asked and is not decided yet. */
  votes: VoteDocument[];
};
export type PendingDocument = {
  org: string;
  orgKey: string;
  fingerprint: string;
  by: string;
  vouches: string[];
  missing: number;
};
export type VoteDocument = { op: "remove" | "promote" | "demote"; org: string; by: string[]; needs: number };
/** One rule of a circle that two versions say differently, in the words of `circle policy`. */
export type RuleDocument = { rule: string; was: string; now: string };
/** `circle policy`, `circle accept`. */
export type PolicyDocument = {
  schema: "tocsin.policy/1";
  circle: { id: string; name: string };
  version: number;
  by: string;
  at: string;
  policy: CirclePolicyDocument;
  accepted: string[];
  waiting: string[];
  /** Whether our own org accepted them. */
  acceptedHere: boolean;
  /** What is different from the rules that our own org accepted last. */
  changed: RuleDocument[];
};

/** One change of membership, as `circle log` and `tail` tell it. */
export type ChangeDocument = {
  schema: "tocsin.change/1";
  circle: { id: string; name: string };
  id: string;
  /** The author's clock. */
  at: string;
  by: string;
  op: string;
  /** What it said, after the author's name. */
  what: string;
  whom: string | null;
  authority: string;
  concurrent: string[];
  counts: boolean;
  /** Why it does not count. */
  why: string | null;
};
/** `next`: where the page after this one starts, null at the end. */
export type LogDocument = {
  schema: "tocsin.log/1";
  circle: { id: string; name: string };
  changes: ChangeDocument[];
  next: number | null;
};
/** The newest changes of each circle that no person here has seen. */
export type NewsDocument = {
  schema: "tocsin.news/1";
  circles: { id: string; name: string; unseen: number; last: string | null; rulesToAccept: boolean }[];
  /** Own posts that an org should hold by now and has not proved to. */
  undelivered: WaitingDocument[];
  /** Own posts that left lately without the approvals that the rules of this node ask for. */
  unapproved: BrokenRow[];
};

export type CirclesDocument = { schema: "tocsin.circles/1"; circles: CircleDocument[] };

/** `circle remove`. */
export type RemovalDocument = {
  schema: "tocsin.removal/1";
  circle: string;
  org: string;
  memberKey: string;
  /** "voted": the word of another steward is needed as well. */
  state: "removed" | "voted";
  votes: { by: string[]; needs: number };
  /** The epoch without it; null where another steward must say so first. */
  epoch: string | null;
  recipients: string[];
  /** Who is known to hold the new epoch, and who is not. */
  delivered: { held: string[]; waiting: string[] };
  /** Items that it can read: of those held here, the ones sealed for it; and how many of these came after its removal. */
  readable: { items: number; since: number };
};

/** Who has the new keys, and whether this node's earlier prekeys were declared stolen. */
export type RekeyDocument = { schema: "tocsin.rekey/1"; compromised: boolean } & Keys;
type Keys = { circle: string; epoch: string; recipients: string[] };

export type InviteDocument = {
  schema: "tocsin.invite/1";
  id: string;
  ticket: string;
  circle: string;
  for: string;
  expires: string;
};
export type InviteRow = {
  id: string;
  circle: string;
  for: string;
  by: string;
  created: string;
  expires: string;
  state: "open" | "used" | "expired" | "revoked";
  usedBy: string | null;
};
export type InvitesDocument = { schema: "tocsin.invites/1"; invites: InviteRow[] };

/** What a joiner sees before accepting. */
export type JoinPreviewDocument = {
  schema: "tocsin.joinpreview/1";
  circle: { id: string; name: string };
  inviter: string;
  inviterFingerprint: string;
  policy: CirclePolicyDocument;
  members: string[];
  expires: string;
};
export type JoinDocument = {
  schema: "tocsin.join/1";
  circle: { id: string; name: string };
  inviter: string;
  /** "pending": so many more members must vouch first. */
  state: "joined" | "pending";
  missing: number;
  /** False where the circle has other rules than the inviter showed. */
  rulesAccepted: boolean;
  tookMs: number;
};
