// What the parts of the network share: who our contacts are, and one session for each of them that is linked now.
// Plain data; every change of a session's life happens in `sessions.ts`.

import type { Connection } from "@libp2p/interface";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/events.ts";
import type { Random } from "../base/random.ts";
import type { CircleId, LaneId, MemberId, TransportId } from "../record/ids.ts";
import type { Frontier } from "../record/record.ts";
import type { FrameStream, Meter } from "./frames.ts";
import type { Contact, NetCounters, NetHost } from "./net.ts";
import type { Outbox } from "./outbox.ts";
import { LANES_MAX } from "./wire.ts";

/** How far each lane is held, as it is learnt. */
export type Lengths = Map<LaneId, number>;

/** One linked contact, from the hello to the end of the connection that it came over. */
export type Session = {
  readonly peer: TransportId;
  readonly member: MemberId;
  readonly connection: Connection;
  /** Circles whose secret the peer proved on this connection. */
  readonly proven: Set<CircleId>;
  /** What the peer said it holds durably. */
  readonly theirs: Map<CircleId, Lengths>;
  /** What we told the peer that we hold. */
  readonly told: Map<CircleId, Lengths>;
  /** Lanes whose last pull from here brought nothing, so that the same range is not asked for again and again. */
  readonly stuck: Map<LaneId, { readonly from: number; readonly untilMs: number }>;
  /** Lanes of which the peer seems to hold another side, each with a place where it differs from ours; ... */
  readonly doubts: Map<LaneId, number>;
  /** ... and what of its sides was fetched already. */
  readonly sides: Map<LaneId, { readonly from: number; readonly to: number }>;
  readonly outbox: Outbox;
  /** Receipts that the peer knows, by the arrays that hold them. */
  receipts: WeakSet<Uint8Array>;
  /** Inbound streams, cut with the session. */
  readonly inbound: Set<FrameStream>;
  readonly ended: AbortController;
  /** All times are monotonic: when the session began, ... */
  readonly startedMs: number;
  /** ... the last byte came, the last heartbeat was sent, the last hello began, ... */
  heardMs: number;
  askedMs: number;
  helloMs: number;
  /** ... our whole frontiers were last told, and until when nothing is pulled from here. */
  toldAllMs: number;
  noPullUntilMs: number;
  /** How often in a row a pull from here broke before it brought anything, and whether the next one has to wait. */
  pullsBroken: number;
  isLeftAlone: boolean;
  /** Until when the questions that it asked so far use up its allowance. */
  askedUntilMs: number;
  rttMs: number | undefined;
  /** Who waits for the answer to a ping of its own, by its token. */
  readonly pings: Map<number, () => void>;
};

export type Mesh = {
  readonly self: TransportId;
  readonly host: NetHost;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly contacts: Map<TransportId, Contact>;
  readonly sessions: Map<TransportId, Session>;
  readonly counters: { -readonly [K in keyof NetCounters]: number };
  /** Aborts when the network closes. */
  readonly closed: AbortSignal;
  /** Circles whose frontier moved since their members were last told. */
  readonly moved: Set<CircleId>;
  /** Circles that a peer proved on a link that was up before: what it told of them meanwhile is looked at again. */
  readonly met: Set<CircleId>;
  /** Lets a task run on its own, to be awaited when the network closes; its failure is logged. */
  readonly run: (what: string, task: () => Promise<void>) => void;
};

/** Whether records of the circle may cross this link: both have the other in their rosters, and the secret is proven. */
export function shares(mesh: Mesh, session: Session, circle: CircleId): boolean {
  return session.proven.has(circle) && grants(mesh, session, circle);
}

/** Whether our roster of the circle has the peer. */
export function grants(mesh: Mesh, { peer }: Session, circle: CircleId): boolean {
  return mesh.contacts.get(peer)?.circles.includes(circle) === true;
}

/** Whether a contact is in the circle, and not only contested in it. */
export function isIn(contact: Contact, circle: CircleId): boolean {
  return contact.circles.includes(circle) && contact.contested?.includes(circle) !== true;
}

/** The circles that may cross this link. */
export function sharedCircles(mesh: Mesh, session: Session): readonly CircleId[] {
  return (mesh.contacts.get(session.peer)?.circles ?? []).filter((circle) => session.proven.has(circle));
}

/** Our own circles that the peer should share, with their secrets. */
export function grantedCircles(mesh: Mesh, peer: TransportId): readonly { id: CircleId; secret: Uint8Array }[] {
  const granted = mesh.contacts.get(peer)?.circles ?? [];
  return mesh.host.circles().filter(({ id }) => granted.includes(id));
}

/** Counts traffic, and remembers that the connection is alive, if it is the one that its peer's session uses. */
export function meterOf(mesh: Mesh, peer: TransportId | undefined, connection: Connection): Meter {
  return {
    sent: (bytes) => void (mesh.counters.bytesSent += bytes),
    received: (bytes) => {
      mesh.counters.bytesReceived += bytes;
      const session = peer && mesh.sessions.get(peer);
      if (session?.connection === connection) session.heardMs = mesh.clock.monotonic();
    },
  };
}

/** The part of `ours` that goes beyond what was told; it counts as told from now on. */
export function tellNews(told: Lengths, ours: Frontier): Frontier {
  const news = new Map<LaneId, number>();
  for (const [lane, length] of ours) {
    if (length <= (told.get(lane) ?? 0)) continue;
    told.set(lane, length);
    news.set(lane, length);
  }
  return news;
}

/** Remembers what the peer holds of a circle: never less than it said before, and of no more lanes than there can be. */
export function learn(session: Session, circle: CircleId, frontier: Frontier): void {
  const known = lengthsOf(session.theirs, circle);
  for (const [lane, length] of frontier) {
    if (length > (known.get(lane) ?? 0) && (known.has(lane) || known.size < LANES_MAX)) known.set(lane, length);
  }
}

/** The lengths of a circle, made where there are none. */
export function lengthsOf(of: Map<CircleId, Lengths>, circle: CircleId): Lengths {
  const known = of.get(circle) ?? new Map<LaneId, number>();
  of.set(circle, known);
  return known;
}
