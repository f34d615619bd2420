// What is kept on this machine: the contract of the store. `level.ts` implements it on LevelDB, and the tests'
// in-memory store implements it too; one contract suite holds both to these sentences.
// The store never interprets what a record says and never decides whether it may be kept.

import type { TrailEnd, TrailRow } from "../audit/trail.ts";
import type { OwnKind } from "./keyspace.ts";
import type { Indicator, PostBody, PostKind } from "../record/body.ts";
import type { CircleId, LaneId, MemberId, RecordId } from "../record/ids.ts";
import type { Risk } from "../record/risk.ts";
import type { Frontier, LaneRange, VerifiedRecord } from "../record/record.ts";

/** A circle that this node is or was in. */
export type CircleRow = {
  readonly id: CircleId;
  readonly name: string;
  /** This node's own lane in the circle. */
  readonly lane: LaneId;
  /** `removed`: kept readable, no longer synced. */
  readonly state: "current" | "removed";
  readonly joinedAt: number;
};

/** A lane and how much of it is held: `length` records, the last of them `head`. */
export type LaneRow = {
  readonly lane: LaneId;
  readonly author: MemberId;
  readonly length: number;
  readonly head: RecordId;
};

/** A post that this node could open. */
export type Item = {
  /** Place in order of arrival on this node, from 1; strictly increasing over all circles. */
  readonly cursor: number;
  readonly id: RecordId;
  readonly circle: CircleId;
  readonly author: MemberId;
  readonly lane: LaneId;
  readonly seq: number;
  /** By the author's clock; one that runs ahead by more than `limits.clockSkewMaxMs` is replaced by `receivedAt`. */
  readonly at: number;
  readonly receivedAt: number;
  readonly exercise: boolean;
  /** The epoch it was sealed under: its recipients are the audience. */
  readonly epoch: RecordId;
  /** Of a post whose body was erased what `emptied` leaves. */
  readonly body: PostBody;
  readonly erased?: ErasedWhy;
};

/** Why a body was erased: its org withdrew it, or the time for which it is kept is over. */
export type ErasedWhy = "retracted" | "expired";

/** That a body is to be erased, and how. */
export type Erasure = {
  readonly why: ErasedWhy;
  /** Under a legal hold: the body stays on the disk, and is given to nobody until it is erased for good. */
  readonly withheld?: boolean;
};
export type Erasing = Erasure & { readonly id: RecordId };

/** One verified record to be kept, with what was learnt by opening it. */
export type Kept = {
  readonly record: VerifiedRecord;
  readonly receivedAt: number;
  /**
   * A post: its body, "sealed" where the key is not held (yet), "malformed" where it holds no known body, "hollow" where it is
   * kept without its payload: header and signature alone.
   */
  readonly content: PostBody | "sealed" | "malformed" | "hollow" | "control";
  /** A post: its body is not kept, whatever the content is. */
  readonly erased?: Erasure;
  /** The salt of an opened post; one that is kept without it cannot be re-sealed for others. */
  readonly salt?: Uint8Array;
  /** Makes a script's repeat find this record again; hashed before it is stored. */
  readonly idempotencyKey?: string;
};

/** A record kept "sealed" earlier that can be opened now, or one kept "malformed" that counts now. */
export type Opened = {
  readonly record: VerifiedRecord;
  readonly receivedAt: number;
  readonly content: PostBody | "malformed";
  readonly erased?: Erasure;
  readonly salt?: Uint8Array;
};

/** All that proves what a post says to whoever holds the record sealed. */
export type Opening = { readonly envelope: Uint8Array; readonly salt: Uint8Array; readonly body: PostBody };

/** A post kept sealed; `number` is its place in order of arrival among those that were not opened on arrival, from 1. */
export type SealedRow = { readonly number: number; readonly envelope: Uint8Array; readonly receivedAt: number };

/** A post that is not open: its place, when it came, and whether its body was erased. */
export type Unopened = Pick<Item, "id" | "lane" | "seq" | "receivedAt"> & {
  readonly erased: boolean;
  readonly hollow: boolean;
};

/** What is said but not posted yet, in the order of saying. Every draft has a key: by it what became of it is found. */
export type Draft = {
  readonly body: PostBody;
  readonly exercise: boolean;
  readonly key: string;
  /** Dangers that its writer took by name. */
  readonly accept: readonly Risk[];
  /** What was done before it was let out, for the trail. */
  readonly clearance?: Uint8Array;
};

/** A draft as it waits. */
export type HeldDraft = Draft & {
  /** Place in the order of saying, strictly increasing within its circle. */
  readonly number: number;
  /** Why it will never be posted as it is: an error code. */
  readonly refused?: string;
};

/** A member's receipt for a lane, as it came. */
export type KeptReceipt = { readonly member: MemberId; readonly lane: LaneId; readonly bytes: Uint8Array };

/** Everything that one step changes; all of it is durable, or none of it happened. */
export type Commit = {
  readonly circle: CircleId;
  /** In lane order: each one is the next of its lane. */
  readonly records: readonly Kept[];
  readonly opened?: readonly Opened[];
  /** Posts kept hollow earlier that came whole by now; one that is not kept hollow is left as it is. */
  readonly filled?: readonly Kept[];
  /** Posts held before that lose their body with all that opens or finds it; header and signature stay. */
  readonly erased?: readonly Erasing[];
  /** What members told us they hold of lanes: never lowered. */
  readonly held?: readonly { readonly member: MemberId; readonly frontier: Frontier }[];
  /** Each takes the place of an earlier one of its member and lane. */
  readonly receipts?: readonly KeptReceipt[];
  readonly row?: CircleRow;
  /** Drafts to hold, after those that are held. */
  readonly drafts?: readonly Draft[];
  /** Rows for the end of the trail of disclosures, in order, with what they tell of. */
  readonly trail?: readonly Uint8Array[];
  /** Held drafts that are done with, by number: posted in this commit, or `refused` and kept as such. */
  readonly settled?: readonly { readonly number: number; readonly refused?: string }[];
};

export type { OwnKind } from "./keyspace.ts";
export type OwnRow = { readonly name: Uint8Array; readonly value: Uint8Array | undefined };

export type FeedQuery = {
  readonly circle?: CircleId;
  readonly kinds?: readonly PostKind[];
  /** Items at or after this moment (`at`, ms). */
  readonly since?: number;
  /** Items at or before this moment. */
  readonly until?: number;
  /** Page on: only items older than this one in feed order. */
  readonly before?: { readonly at: number; readonly cursor: number };
  readonly limit: number;
};

/** A store as it was opened. */
export type OpenedStore = Store & {
  /** Commits that were durable once and are lost: the disk broke its word. Other nodes may hold what was told of them. */
  readonly lostBatches: number;
};

export interface Store extends AsyncDisposable {
  /** One synchronous (fsynced) batch. Resolves with the items made, in order, once they are durable. */
  commit(change: Commit): Promise<readonly Item[]>;

  circles(): Promise<readonly CircleRow[]>;
  lanes(circle: CircleId): Promise<readonly LaneRow[]>;
  /** Control records (every kind but `post`) of a circle, in order of arrival: what its state is rebuilt from. */
  control(circle: CircleId): AsyncIterable<Uint8Array>;
  /** Bytes of the envelopes that are kept of a circle. */
  bytes(circle: CircleId): Promise<number>;
  /** The envelope of a record, or undefined; that of a post that is hollow or whose body was erased has no payload, here as everywhere. */
  envelope(id: RecordId): Promise<Uint8Array | undefined>;
  /** Envelopes of a lane in order of seq, read as the caller consumes them. */
  range(circle: CircleId, range: LaneRange): AsyncIterable<Uint8Array>;
  /** Envelopes of posts kept sealed under an epoch, each with the time of its receipt. */
  sealedUnder(
    circle: CircleId,
    epoch: RecordId,
  ): AsyncIterable<{ readonly envelope: Uint8Array; readonly receivedAt: number }>;
  /** Posts of a circle kept sealed whose number is greater than `after`, in order of arrival, read as the caller consumes them. */
  sealed(circle: CircleId, after: number): AsyncIterable<SealedRow>;
  /** Places of the posts of a circle that are not open here, be it that they are sealed, malformed or hollow, in no order. */
  unopened(circle: CircleId): AsyncIterable<Unopened>;
  /** How many posts are kept sealed, without a key. */
  sealedCount(circle: CircleId): Promise<number>;

  /** What an opened post was kept with, or undefined where it is none or its salt was not kept. */
  opening(id: RecordId): Promise<Opening | undefined>;
  item(id: RecordId): Promise<Item | undefined>;
  /** Ids of items between two ids, both inclusive, at most `limit`. */
  resolve(from: RecordId, to: RecordId, limit: number): Promise<readonly RecordId[]>;
  /** Newest first by the author's clock, then by arrival. */
  feed(query: FeedQuery): AsyncIterable<Item>;
  /**
   * Every item that refers (`re`) to this one or to one that does, oldest first, at most `limit`.
   * Items may arrive before what they answer: the index is by the id referred to, so order never matters.
   * The root itself is not among them, and no item of another circle is.
   */
  thread(root: RecordId, limit: number): Promise<readonly Item[]>;
  /** The topmost held item of the thread, following `re` upwards within one circle; `id` itself where none is above. */
  rootOf(id: RecordId): Promise<RecordId>;
  /** Items that name exactly this indicator, newest arrival first, at most `limit`. */
  byIndicator(indicator: Indicator, limit: number): Promise<readonly Item[]>;
  /** Items in order of arrival after a cursor. */
  after(cursor: number, limit: number): Promise<readonly Item[]>;
  /** The cursor of the newest item, 0 where there is none. */
  lastCursor(): Promise<number>;
  itemCount(circle: CircleId): Promise<number>;
  /** The record that a script's key made, if it is not older than `limits.idempotencyKeepMs`. */
  byIdempotencyKey(circle: CircleId, key: string, now: number): Promise<RecordId | undefined>;
  /** How far each member is known to hold each lane. */
  held(circle: CircleId): Promise<ReadonlyMap<MemberId, Frontier>>;

  /** The receipts of a circle, as they came, in no order. */
  receipts(circle: CircleId): AsyncIterable<Uint8Array>;

  /** Rows of the trail of disclosures whose number is greater than `after`, in order, read as the caller consumes them. */
  trail(after: number): AsyncIterable<TrailRow>;
  trailEnd(): Promise<TrailEnd>;

  /** What waits to be posted in a circle, oldest first. */
  drafts(circle: CircleId): Promise<readonly HeldDraft[]>;

  /** Small settings of this node, such as how far a circle was read; each at most 1 KiB. */
  setting(name: string): Promise<Uint8Array | undefined>;
  putSetting(name: string, value: Uint8Array): Promise<void>;

  /** What people here decided about peers: one row for each name that was put, in no order. */
  peers(): AsyncIterable<Uint8Array>;
  /** Replaces the row of a peer; at most `limits.peerRowBytesMax`. */
  putPeer(name: Uint8Array, value: Uint8Array): Promise<void>;

  /** A body that is withheld under a legal hold, as it was said. */
  withheld(id: RecordId): Promise<Opening | undefined>;
  /**
   * Has what was erased leave the files, too. Each erasure is looked after until this was called with `isLast`, at a time when nothing
   * reads what was there.
   */
  purge(isLast: boolean): Promise<void>;
  /** What this node keeps for itself, one row for each name that was put, in no order. */
  own(kind: OwnKind): AsyncIterable<Uint8Array>;
  ownRow(kind: OwnKind, name: Uint8Array): Promise<Uint8Array | undefined>;
  /** Replaces such rows in one batch, those without a value are taken away; each at most `limits.ownRowBytesMax`. */
  putOwn(kind: OwnKind, rows: readonly OwnRow[]): Promise<void>;

  /** Bytes on disk. */
  size(): Promise<number>;
}
