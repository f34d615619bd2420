// How records travel: the contract between the network and the node. `libp2p.ts` implements Net with real sockets,
// and the simulated network of the tests implements it too; one contract suite holds both to these sentences.
// The network never opens an envelope and never decides what is stored: it asks its host.

import type { CircleId, LaneId, MemberId, RecordId, TicketId, TransportId } from "../record/ids.ts";
import type { Frontier, Heads, LaneRange } from "../record/record.ts";

/** A node that may connect: from the rosters of our circles. */
export type Contact = {
  readonly transport: TransportId;
  readonly member: MemberId;
  /** Multiaddrs without the /p2p part, best first, at most `limits.addressesPerMemberMax`. */
  readonly addresses: readonly string[];
  /** Whether it carries connections for those who share a circle with it. */
  readonly relay?: boolean;
  /** The circles shared with it, as our rosters have it. */
  readonly circles: readonly CircleId[];
  /** Those of them that it is out of, and of which it is told no more than it asks for. */
  readonly contested?: readonly CircleId[];
};

/** What became of one envelope that the network handed to the node. */
export type Arrival =
  /** `isHollow`: without its payload, for want of room. */
  | { readonly kind: "kept"; readonly isHollow?: true }
  | { readonly kind: "duplicate" }
  /** Records before it are missing: ask the sender for them. */
  | { readonly kind: "gap" }
  /** `verdict` reject: provably the sender's fault. ignore: proves nothing. */
  | { readonly kind: "refused"; readonly verdict: "ignore" | "reject"; readonly reason: string };

/** A lane that is forked: from where on its sides differ, and whether the other sides are asked for. */
export type Contest = { readonly from: number; readonly otherSides: boolean };

export type ArrivalPath = "push" | "sync" | "gossip" | "bundle";

/** What a joiner is shown before it decides; encoded by the node, opaque to the network. */
export type JoinMessage = Uint8Array;

/** What the node offers to its network. Every call may come at any time and from any peer. */
export type NetHost = {
  /**
   * Our own circles, with a secret that only members know (32 bytes), by which peers prove what they share.
   * `gossip: false` keeps the circle off the second path, for whoever must not be seen to share it.
   */
  readonly circles: () => readonly { readonly id: CircleId; readonly secret: Uint8Array; readonly gossip?: boolean }[];
  /** What a member is told that we hold of a circle: counts of records from the start of each lane. */
  readonly frontier: (circle: CircleId, to: MemberId) => Frontier;
  /** The last record of each of these lanes, for peers to notice a fork by. */
  readonly heads: (circle: CircleId, to: MemberId) => Heads;
  /** From where on more of each lane is fetched. */
  readonly wantedFrom: (circle: CircleId) => Frontier;
  /** Lanes that are forked, as far as we know, and what is fetched of them. */
  readonly contested: (circle: CircleId) => ReadonlyMap<LaneId, Contest>;
  /**
   * Untrusted envelopes from a peer, in the order received. Resolves, with one outcome each, once what is to be kept
   * is durable: only then may the network acknowledge it or pass it on. The network waits for it before it reads on.
   */
  readonly ingest: (
    from: MemberId,
    circle: CircleId,
    envelopes: readonly Uint8Array[],
    path: ArrivalPath,
  ) => Promise<readonly Arrival[]>;
  /** Envelopes that a member asked for, in lane order, read as the network consumes them; none it may not have. */
  readonly serve: (to: MemberId, circle: CircleId, ranges: readonly LaneRange[]) => AsyncIterable<Uint8Array>;
  /**
   * A member says what it holds durably. Never lowers what it said before. Answers the lanes of which it seems to hold another
   * side than we, each with a place where the two differ: from there on its side is fetched.
   */
  readonly held: (
    by: MemberId,
    circle: CircleId,
    told: { readonly frontier: Frontier; readonly heads: Heads },
  ) => Promise<ReadonlyMap<LaneId, number>>;
  /** Receipts that a linked member of the circle is to have, all of them each time; opaque to the network. `linked`: all who are. */
  readonly receipts: (to: MemberId, circle: CircleId, linked: ReadonlySet<MemberId>) => readonly Uint8Array[];
  /** A linked member told receipts. Resolves once those that count are durable. */
  readonly heardReceipts: (from: MemberId, circle: CircleId, receipts: readonly Uint8Array[]) => Promise<void>;
  /** The link of a member took these envelopes of ours, the same byte arrays that were pushed or served. */
  readonly sent: (to: MemberId, circle: CircleId, envelopes: readonly Uint8Array[]) => void;
  /**
   * A member asks for posts that it holds and cannot open. Answers with what it may have, sealed for it; both are opaque to
   * the network. Throws TocsinError where it may have nothing: the stream is cut then.
   */
  readonly reseal: (to: MemberId, circle: CircleId, question: Uint8Array) => Promise<Uint8Array>;
  /**
   * A caller proved by its handshake that it holds the one-time key of this open ticket. Answers its message; the
   * stream is closed after the reply. Throws TocsinError where the ticket may no longer be used; its code is told.
   */
  readonly join: (ticket: TicketId, message: JoinMessage, handshake: JoinHandshake) => Promise<JoinMessage>;
  /**
   * A linked member asks for safety words, or goes on with them. Answers its message; throws TocsinError where it may not
   * ask, and its code is told.
   */
  readonly verify: (from: MemberId, message: Uint8Array) => Promise<Uint8Array>;
  /** A linked member offers a place in a closed circle. Answers that it is taken; throws as `verify` does where it is not. */
  readonly offered: (from: MemberId, message: Uint8Array) => Promise<Uint8Array>;
  /** A link came up, went down or failed: wake whoever shows it. */
  readonly linksChanged: () => void;
};

/** What both ends of a join know of their connection, to bind signatures to it. */
export type JoinHandshake = {
  /** Transport key of the node that answers. */
  readonly responder: TransportId;
  /** 32 fresh random bytes that the responder chose for this stream. */
  readonly challenge: Uint8Array;
};

/** One link, or the want of one, as people are shown it. */
export type Link = {
  readonly transport: TransportId;
  readonly member: MemberId;
  readonly state: "linked" | "dialling" | "refused" | "idle";
  /** The node that carries the link, where it is not direct. */
  readonly via?: TransportId;
  readonly rttMs?: number;
  /** When the last byte came from it, ms since 1970. */
  readonly lastSeenAt?: number;
  /** Bytes that wait to be sent to it, or to be acknowledged by it. */
  readonly queuedBytes?: number;
  /** Why the last attempt failed, in words. */
  readonly lastError?: string;
  readonly nextDialAt?: number;
};

/** Whether anybody is linked, and since when that is so, ms since 1970. */
export type Standing = { readonly connected: boolean; readonly sinceMs: number };

/** Counts since start; acceptance tests and `status` read them. */
export type NetCounters = {
  readonly pushSent: number;
  readonly pushReceived: number;
  readonly syncServed: number;
  readonly syncReceived: number;
  readonly gossipPublished: number;
  readonly gossipReceived: number;
  /** Envelopes that came although they were held. */
  readonly duplicates: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** Connections refused because the peer is in no roster and holds no open ticket. */
  readonly strangersRefused: number;
};

export interface Net extends AsyncDisposable {
  readonly transport: TransportId;
  /** The multiaddrs that others may dial, without the /p2p part. */
  addresses(): readonly string[];
  /** Whether this node carries connections for the members of its circles. */
  readonly relays: boolean;
  /**
   * Who may connect from now on; everyone else is refused and, if linked, cut. Dialling to newcomers starts at once and
   * never gives up. Also called when a circle's membership or secret changed.
   */
  setContacts(contacts: readonly Contact[]): void;
  /** Open tickets and keys of orgs: whoever proves the key may connect, to join or to enrol a node, and for nothing else. */
  setTickets(tickets: readonly TicketId[]): void;
  /**
   * Records of ours that are durable here: offered to every linked member of the circle now. Returns at once; what is
   * not acknowledged is caught up later.
   */
  push(circle: CircleId, records: readonly { readonly id: RecordId; readonly envelope: Uint8Array }[]): void;
  /** Receipts of the circle are new: each linked member is told those that it was not told yet. Returns at once. */
  tellReceipts(circle: CircleId): void;
  /** Asks every linked member of the circle for what we lack, soon, and once more for what was refused before. */
  catchUp(circle: CircleId): void;
  /**
   * One message about safety words to a peer, and its answer. Throws PEER_UNREACHABLE where it is not linked, TIMEOUT, or
   * PEER_REFUSED with the code of its refusal in `details.remote`.
   */
  verify(peer: TransportId, message: Uint8Array): Promise<Uint8Array>;
  /** Offers a peer a place in a closed circle; its answer, or what `verify` throws. */
  offer(peer: TransportId, message: Uint8Array): Promise<Uint8Array>;
  /**
   * Asks a linked member of the circle for posts that we hold and cannot open; see `NetHost.reseal`. Rejects where the member
   * is not linked, is of an older release, refuses, or says nothing for ten seconds.
   */
  ask(member: MemberId, circle: CircleId, question: Uint8Array, signal: AbortSignal): Promise<Uint8Array>;
  /** Asks a linked peer for a sign of life: milliseconds there and back. Throws PEER_UNREACHABLE where there is no link, or TIMEOUT. */
  ping(peer: TransportId, signal: AbortSignal): Promise<number>;
  standing(): Standing;
  links(): readonly Link[];
  counters(): NetCounters;
}

/**
 * The joiner's side: one exchange over a connection of its own, whose identity is the ticket's one-time key.
 * `respond` makes the message to send from the handshake. Throws PEER_UNREACHABLE, TICKET_WRONG_PEER, TIMEOUT or the
 * inviter's refusal (its code in `details.remote`).
 */
export type JoinCall = (options: {
  /** 32-byte seed of the one-time Ed25519 key. */
  readonly ticketSeed: Uint8Array;
  readonly addresses: readonly string[];
  /** First 16 bytes of SHA-256 of the inviter's transport key: no other node is spoken to. Absent: whoever answers, and its key is told. */
  readonly responderHash?: Uint8Array;
  readonly respond: (handshake: JoinHandshake) => JoinMessage;
  readonly signal: AbortSignal;
}) => Promise<{ readonly reply: JoinMessage; readonly handshake: JoinHandshake }>;

export type NetOptions = {
  /** 32-byte seed of our transport key. */
  readonly transportSeed: Uint8Array;
  /** Multiaddrs to listen on, e.g. /ip4/0.0.0.0/tcp/7443. */
  readonly listen: readonly string[];
  /** Multiaddrs to tell others instead of the ones listened on. */
  readonly announce: readonly string[];
  /** Whether the second path is on. */
  readonly gossip: boolean;
  /** Whether connections are carried for the members of our circles. */
  readonly relay?: boolean;
  /** Whether contacts are looked for on the local network. */
  readonly mdns?: boolean;
  /** Private key and certificates, PEM, for addresses that are listened on with `/tls/ws`. */
  readonly tls?: { readonly key: string; readonly cert: string };
};
