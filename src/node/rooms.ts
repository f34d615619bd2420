// What the verbs of the node work with: its identity, its rooms, and the circles it is in.

import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/events.ts";
import { TocsinError } from "../base/errors.ts";
import type { Random } from "../base/random.ts";
import type { Policy } from "../circle/change.ts";
import type { MemberCertificate, SigningKey } from "../../keys/index.ts";
import type { Net } from "../net/net.ts";
import type { CircleId, LaneId, MemberId, RecordId } from "../record/ids.ts";
import type { CircleRow, Store } from "../store/store.ts";
import { emptyLane, type Lane } from "../feed/lane.ts";
import type { Told } from "../feed/standing.ts";
import type { Bell } from "./bell.ts";
import type { BootstrapContact } from "./contacts.ts";
import type { Member } from "../circle/roster.ts";
import type { CircleState } from "./circle-state.ts";
import type { CircleDisk } from "./disk-quota.ts";
import type { Delivery } from "./delivery.ts";
import type { WaitingPosts } from "./utterance.ts";
import type { ReceiptBook } from "./receipts.ts";
import type { Forks } from "./forks.ts";
import type { KeyringFile } from "./keyring-file.ts";
import type { Observed } from "./observed.ts";
import type { Fetched } from "./catch-up.ts";
import type { Paths } from "./paths.ts";
import type { Quotas } from "./quotas.ts";
import type { KeepDays } from "./retention.ts";
import type { TrailBook } from "./trail.ts";
import type { TrustRows } from "./trust.ts";
import type { Turns } from "./turns.ts";
import type { Verifications } from "./verification.ts";

/** Who this node is. */
export type Me = {
  readonly org: string;
  readonly seat: string;
  readonly id: MemberId;
  readonly key: SigningKey;
  readonly certificate: MemberCertificate;
};

/** A circle as it stands now. Only the turn of its circle replaces `state`, and only after the commit is durable. */
export type LiveCircle = {
  row: CircleRow;
  state: CircleState;
  /** Records that this node sealed under each epoch, to retire one that is worn out. */
  readonly used: Map<RecordId, number>;
  /** Posts that wait for the circle's turn. */
  readonly waiting: WaitingPosts[];
  /** The rules that this node was shown when it joined: by joining it accepted these and no others. */
  shown?: Policy | undefined;
  /** What speaks for going on in the own lane, and against it. */
  watch: LaneWatch;
  /** The lane that this member was admitted with once more, until that admission counts. */
  coming?: LaneId | undefined;
  /** How many posts are held until the lane is confirmed. */
  drafts: number;
  /** Lanes of which two sides were seen. */
  readonly forks: Forks;
  /** What members sent lately of what this node lacked. */
  readonly fetched: Map<MemberId, Fetched>;
  /** What it takes of the disk. */
  readonly disk: CircleDisk;
};

/** What this node learnt since its start about the end of its own lane. */
export type LaneWatch = {
  readonly lane: LaneId;
  /** The home may be an old copy, see `laneStanding`; and whether the store has it written down. */
  doubted: boolean;
  doubtStored: boolean;
  /** Whether members had their moment to speak before this node writes; until when they have it (monotonic, ms). */
  asked: boolean;
  readonly askUntilMs: number;
  readonly told: Map<MemberId, Told>;
  /** This node wrote to the lane since its start. */
  wrote: boolean;
  /** Somebody else with this node's key did, too. */
  shared: boolean;
};

export type Rooms = {
  readonly me: Me;
  readonly store: Store;
  readonly keyring: KeyringFile;
  readonly net: () => Net;
  readonly clock: Clock;
  readonly random: Random;
  readonly turns: Turns;
  /** Rings when an item was stored. */
  readonly items: Bell;
  /** Rings when bodies were erased that the files of the store may still hold. */
  readonly erased: Bell;
  /** For how long bodies are kept here, by marking, where that is shorter than the circle has it. */
  readonly keepDays: KeepDays;
  /** Rings when links, membership or delivery changed. */
  readonly changes: Bell;
  readonly circles: Map<CircleId, LiveCircle>;
  /** Whom to dial in circles whose roster is not fetched yet. */
  readonly bootstrap: Map<CircleId, readonly BootstrapContact[]>;
  readonly delivery: Delivery;
  /** What members proved to hold, and what this node has yet to tell. */
  readonly receipts: ReceiptBook;
  /** Resolves once this home has a mark of this start: before, nothing is added to its lanes. Throws DISK_FULL. */
  readonly marked: () => Promise<void>;
  /** What of the trail of disclosures this run has written. */
  readonly trail: TrailBook;
  /** What is counted of what they sent. */
  readonly observed: Observed;
  /** What members may send, and who is cut off because it sent more. */
  readonly quotas: Quotas;
  /** What one circle may take of the disk, in bytes of envelopes. */
  readonly quotaBytes: number;
  /** What people here decided about peers. */
  readonly trust: TrustRows;
  /** Ways to peers that people agreed on. */
  readonly paths: Paths;
  /** Exchanges of safety words that wait for the other side or for a person, by org key in hex. */
  readonly verifications: Verifications;
  /** Membership, addresses or tickets changed: tell the network who may connect. */
  readonly contactsChanged: () => void;
  readonly log: Log;
};

/** A circle of this node. Throws CIRCLE_UNKNOWN. */
export function circleNamed(rooms: Rooms, id: CircleId): LiveCircle {
  const live = rooms.circles.get(id);
  if (!live) throw new TocsinError("CIRCLE_UNKNOWN", "this node is in no such circle");
  return live;
}

/** A member of any circle of this node. */
export function memberHere(rooms: Rooms, id: MemberId): Member | undefined {
  for (const { row, state } of rooms.circles.values()) {
    const member = row.state === "current" ? state.roster?.members.get(id) : undefined;
    if (member) return member;
  }
  return undefined;
}

/** This node's own lane in a circle. */
export function ownLane(rooms: Rooms, live: LiveCircle): Lane {
  return laneOf(live, live.row.lane, rooms.me.id);
}

/** A lane of a circle, empty where nothing of it is held. */
export function laneOf(live: LiveCircle, id: LaneId, author: MemberId): Lane {
  return live.state.lanes.get(id) ?? emptyLane(id, author);
}
