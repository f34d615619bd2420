// The local API: JSON-RPC 2.0, one message a line, over the daemon's unix socket. One entry per method, its parameters
// and its result; server and client are both typed by this table. Types only, light to import.

import type { Pap, Tlp } from "../record/marking.ts";
import type { Risk } from "../record/risk.ts";
import type {
  ChangeDocument,
  CheckDocument,
  CircleDocument,
  CirclesDocument,
  FingerprintsDocument,
  FeedDocument,
  ImportLineDocument,
  InviteDocument,
  InvitesDocument,
  ItemDocument,
  ItemKind,
  JoinDocument,
  JoinPreviewDocument,
  LogDocument,
  NewsDocument,
  OrgDocument,
  PathDocument,
  PeersDocument,
  PeerShowDocument,
  PingDocument,
  PolicyDocument,
  RekeyDocument,
  RemovalDocument,
  ResultDocument,
  ShowDocument,
  StatusDocument,
  VerifyDocument,
} from "./documents.ts";
import type { InsideDocument } from "./doctor-document.ts";
import type { BundleReadDocument, BundleWrittenDocument } from "./bundle-document.ts";
import type { RecordMethods } from "./methods-records.ts";
import type { OutboxDocument } from "./outbox-document.ts";
import type { ScrubDocument } from "./scrub-document.ts";
import type { SeatMethods } from "./seat-methods.ts";
import type { LaneDocument } from "./lane-document.ts";
import type { EnrolDocument, OrgCirclesDocument, RetireDocument } from "./enrol-documents.ts";

/** Protocol number of this table; a client of another number is refused with DAEMON_VERSION. */
export const API_PROTOCOL = 1;

/** What a person or script wants to say; the daemon normalises and checks every field. Times are RFC 3339. */
export type DraftParams = {
  kind: Exclude<ItemKind, "unknown" | "sponsor">;
  tlp?: Tlp;
  pap?: Pap;
  caveat?: string;
  /** The orgs that it is for, by name or key: posted only where exactly these would read it. TLP:RED needs it. */
  to?: string[];
  title?: string;
  /** Of an acknowledgement its note, of a retraction the reason. */
  text?: string;
  /** `type:value`, or a bare value whose type is recognised; defanged forms are accepted. */
  indicators?: string[];
  techniques?: string[];
  seen?: { first?: string; last?: string; count?: number };
  confidence?: number;
  expires?: string;
  /** The item that this one answers; full or short id. */
  re?: string;
  severity?: string;
  urgency?: string;
  certainty?: string;
  ackBy?: string;
  need?: number;
  /** Orgs that must acknowledge, by name or key. */
  who?: string[];
  /** Of an alert `system` or `test`, of an incident's update `open`, `contained` or `closed`. */
  status?: string;
  closes?: string;
  answer?: string;
  /** What was found: `seen`, `not-seen`, `contained` or `responding`. */
  state?: string;
  searched?: { from?: string; to?: string; scope?: string };
  decision?: boolean;
  /** Items of the circle that belong to the incident; ids. */
  links?: string[];
  product?: string;
  exploited?: string;
  versions?: string;
  fixed?: string;
  /** Of an amendment: why. What it leaves out stays as it was. */
  why?: string;
  /** Of a permission: as if the item had been marked so, and whether its author may be named. */
  limit?: Tlp;
  credit?: boolean;
  source?: string;
  exercise?: boolean;
  auto?: boolean;
};

/** Rules of a circle; what is left out stays as it is, or is the default of a new circle. */
export type RulesParams = {
  maxTlp?: Tlp;
  defaultTlp?: Tlp;
  unverified?: "read" | "withhold";
  purpose?: string;
  keepDays?: number;
  gossip?: boolean;
  /** "none", "all" or an RFC 3339 time. */
  history?: string;
  invite?: "stewards" | "members";
  vouches?: number;
  refound?: number;
  export?: "members" | "stewards" | "nobody";
  exercise?: boolean;
};

/** What is done about findings of the review: taken out, or sent all the same. */
export type ScrubParams = { decision: "apply" } | { decision: "keep"; reason: string };

/** What to wait for before answering; `count` absent means every member but the author. */
export type WaitParams = { for: "delivered" | "decrypted" | "read" | "acked"; count?: number; timeoutMs: number };

export type Methods = RecordMethods &
  SeatMethods & {
    hello: {
      /** `token`: the text of a token, of whose seat the client speaks; left out: of the owner's. */
      params: { client: string; protocol: number; token?: string };
      result: { version: string; protocol: number; pid: number; org: string };
    };
    "daemon.stop": { params: Record<string, never>; result: { stopping: true } };
    status: { params: Record<string, never>; result: StatusDocument };
    /** Looks at the stored lanes, the newest records of each or all of them. */
    doctor: { params: { deep: boolean }; result: InsideDocument };
    "org.show": { params: Record<string, never>; result: OrgDocument };

    /** Circles in which a member at `at` (multiaddrs) knows this org. `orgSeed`: hexadecimal, where the vault does not hold it. */
    "org.circles": { params: { at: string[]; orgSeed?: string; timeoutMs: number }; result: OrgCirclesDocument };
    /** Enters those circles; `replace`: in the place of all other nodes of the org. */
    "org.enrol": {
      params: { at: string[]; orgSeed?: string; timeoutMs: number; replace: boolean };
      result: EnrolDocument;
    };
    /** Withdraws a node (start of its member key), or all. */
    "org.retire": { params: { node?: string; orgSeed?: string }; result: RetireDocument };

    /** The closed circle of exactly these orgs and this one; made where there is none, unless it is a dry run. */
    "circle.direct": { params: { peers: readonly string[]; dryRun?: boolean }; result: CircleDocument };
    "circle.create": {
      params: { name: string; suite?: 1 | 2 } & RulesParams;
      result: CircleDocument;
    };
    "circle.list": { params: Record<string, never>; result: CirclesDocument };
    "circle.show": { params: { circle: string }; result: CircleDocument };
    "circle.remove": { params: { circle: string; peer: string }; result: RemovalDocument };
    /** `accept` "steward-alive": votes although a steward was about lately. */
    "circle.promote": {
      params: { circle: string; peer: string; accept?: Risk[] };
      result: CircleDocument;
    };
    "circle.demote": { params: { circle: string; peer: string }; result: CircleDocument };
    "circle.leave": { params: { circle: string }; result: CircleDocument };
    "circle.freeze": {
      params: { circle: string; peer: string; forMs?: number; reason?: string };
      result: CircleDocument;
    };
    "circle.unfreeze": { params: { circle: string; peer: string }; result: CircleDocument };
    "circle.confirm": { params: { circle: string; peer: string; forMs?: number }; result: CircleDocument };
    "circle.policy": { params: { circle: string }; result: PolicyDocument };
    "circle.setPolicy": { params: { circle: string; rules: RulesParams }; result: PolicyDocument };
    /** Accepts the rules in force; answers what was different from those accepted before. */
    "circle.accept": { params: { circle: string }; result: PolicyDocument };
    /** The changes of membership, `limit` of them from number `from` on. */
    "circle.log": { params: { circle: string; from?: number; limit: number }; result: LogDocument };
    /** Changes of membership that no person here has seen. */
    "circle.news": { params: Record<string, never>; result: NewsDocument };
    /** A person has seen every change of membership in the circle. */
    "circle.seen": { params: { circle: string }; result: Record<string, never> };
    "circle.rekey": { params: { circle: string; compromised?: boolean }; result: RekeyDocument };
    /** This node's own lane; `accept` leaves one that is held for a new one, and sends what waits. */
    "circle.lane": { params: { circle: string; accept?: Risk[] }; result: LaneDocument };

    /** Own posts that are not where they are meant to be. */
    "outbox.list": { params: Record<string, never>; result: OutboxDocument };

    "invite.create": { params: { circle?: string; for: string; expiresMs?: number }; result: InviteDocument };
    "invite.list": { params: { circle?: string }; result: InvitesDocument };
    "invite.revoke": { params: { id: string }; result: InvitesDocument };
    "join.preview": { params: { ticket: string; timeoutMs: number }; result: JoinPreviewDocument };
    "join.accept": { params: { ticket: string; timeoutMs: number }; result: JoinDocument };

    "peer.list": { params: Record<string, never>; result: PeersDocument };
    "peer.show": { params: { peer: string }; result: PeerShowDocument };
    "peer.ping": { params: { peer: string; count: number }; result: PingDocument };
    /** Keeps addresses that people agreed on, none: forgets them; answers what is kept. */
    "peer.path": { params: { peer: string; addresses?: string[] }; result: PathDocument };
    "peer.vouch": { params: { circle?: string; peer: string }; result: CircleDocument };

    /** Begins anew; answers once the other side has asked too, or TIMEOUT. The words are read aloud. */
    "verify.begin": { params: { peer: string; timeoutMs: number }; result: VerifyDocument };
    /** The one guess: the words that were heard, or that they differ. */
    "verify.heard": { params: { peer: string; words?: string; differ?: boolean }; result: VerifyDocument };
    "verify.show": { params: { peer: string }; result: FingerprintsDocument };
    "verify.fingerprint": { params: { peer: string; fingerprint: string }; result: VerifyDocument };

    /** `circle` absent: the only circle, or the one of `re`. `key` makes a repeat answer the first id. */
    post: {
      params: {
        circle?: string;
        draft: DraftParams;
        /** When it was said, where that was earlier: a drill that ran then makes it a drill. */
        saidAt?: string;
        key?: string;
        dryRun?: boolean;
        wait?: WaitParams;
        /** Dangers taken by name. */
        accept?: Risk[];
        /** Left out, a post with findings is refused: SCRUB_FINDINGS. */
        scrub?: ScrubParams;
        /** The member that is asked to say it without telling whose words they are. */
        via?: string;
      };
      result: ResultDocument;
    };
    /** What the review finds in a draft, and what it would leave of it. Posts nothing. */
    scrub: { params: { circle?: string; draft: DraftParams; via?: string }; result: ScrubDocument };
    /** One batch of an import, answered in order. A bad record is rejected alone; the others are posted. */
    import: {
      params: {
        circle?: string;
        records: { line?: number; object?: string; key?: string; draft: DraftParams }[];
        dryRun?: boolean;
        saidAt?: string;
        accept?: Risk[];
        scrub?: ScrubParams;
      };
      result: { results: ImportLineDocument[] };
    };

    /** Writes what is held of a circle, or of all, to a new file at an absolute path; `for`: what that peer is not known to hold. */
    "bundle.write": { params: { file: string; circle?: string; for?: string }; result: BundleWrittenDocument };
    "bundle.read": { params: { file: string }; result: BundleReadDocument };

    feed: {
      params: {
        circle?: string;
        kinds?: ItemKind[];
        tlp?: Tlp;
        from?: string;
        since?: string;
        unread?: boolean;
        /** Only drills, or none. */
        exercise?: boolean;
        before?: string;
        limit: number;
      };
      result: FeedDocument;
    };
    show: { params: { id: string }; result: ShowDocument };
    /** Words of a query: `ip:… domain:… hash:… kind:… from:… tlp:… since:… -exclude` or plain text. */
    search: { params: { circle?: string; words: string[]; limit: number }; result: FeedDocument };
    /** `exercise`: what drills said; left out: in a circle that is for drills alone. */
    check: { params: { indicators: string[]; circle?: string; exercise?: boolean }; result: CheckDocument };
    /** Everything up to this cursor in the circle was read by a person. */
    "read.mark": { params: { circle: string; cursor: string }; result: Record<string, never> };

    /** Items in order of arrival after a cursor ("" from now on), as `item` notifications, until unsubscribed. */
    subscribe: {
      params: { circle?: string; kinds?: ItemKind[]; after?: string };
      result: { subscription: number; cursor: string };
    };
    unsubscribe: { params: { subscription: number }; result: Record<string, never> };
  };

export type Method = keyof Methods;

/** What the daemon sends without being asked, to those who subscribed. */
export type Notification =
  | { method: "item"; params: { subscription: number; item: ItemDocument } }
  /** Who is in, or what that is decided by, changed. */
  | { method: "membership"; params: { subscription: number; change: ChangeDocument } }
  /** Links, membership or delivery changed: ask again for what is on the screen. Coalesced to 10 a second. */
  | { method: "changed"; params: { subscription: number } };

/** A JSON-RPC error: `data` is the `tocsin.error/1` document without its schema. */
export type RpcError = {
  code: number;
  message: string;
  data: {
    code: string;
    exit: number;
    hint: string | null;
    retryable: boolean;
    reason: string;
    [detail: string]: unknown;
  };
};
