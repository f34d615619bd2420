// What this node writes in one turn: each record follows the one before, all of them are durable in one batch, and only then
// does memory follow and the network hear of it.

import type { Clearance } from "../audit/clearance.ts";
import { encodePost } from "../record/parse-body.ts";
import { type CircleId, orgId, type RecordId } from "../record/ids.ts";
import type { VerifiedRecord } from "../record/record.ts";
import { signClear } from "../record/sign.ts";
import { verifyRecord } from "../record/verify.ts";
import { encodeChange } from "../circle/change-codec.ts";
import { type Roster, sealedFor } from "../circle/roster.ts";
import { emptyLane, nextPlace } from "../feed/lane.ts";
import { forgetPrekeysOf } from "../seal/keyring.ts";
import { sealPost } from "../seal/seal.ts";
import type { CircleRow, Commit, Kept } from "../store/store.ts";
import { limits } from "../base/limits.ts";
import { TocsinError } from "../base/errors.ts";
import { headsFor } from "./authorship.ts";
import { type CircleState, rosterOf, withRecord } from "./circle-state.ts";
import { refuseUtterance } from "./consent.ts";
import { noteStored, refuseFull } from "./disk-quota.ts";
import { refuseReaders } from "./egress.ts";
import { currentEpoch, mint, secretOf } from "./epochs.ts";
import { commitErasing } from "./erasure.ts";
import { heardBy } from "./farewell.ts";
import { requireConfirmed, watchOf } from "./lanes.ts";
import { notePlace } from "./receipts.ts";
import type { LiveCircle, Rooms } from "./rooms.ts";
import { disclosureRows } from "./trail.ts";
import { refuseDoubt } from "./trust.ts";
import type { Statement, Utterance } from "./utterance.ts";

type BatchMark = { readonly records: number; readonly state: CircleState; readonly used: Map<string, number> };

/** What one of our own records says. */
type Said = Pick<Kept, "content" | "salt">;

/** Own records of one turn: each follows the one before; the circle's state is replaced once all of them are durable. */
export class OwnBatch {
  readonly records: VerifiedRecord[] = [];
  readonly kept: Kept[] = [];
  readonly clearances = new Map<RecordId, Clearance>();
  private usedHere = new Map<string, number>();
  private readonly rooms: Rooms;
  private readonly live: LiveCircle;
  private readonly row: CircleRow;
  state: CircleState;

  /** `row`: the circle's row from here on, with a lane of its own where the batch begins one. Throws LANE_UNCONFIRMED. */
  constructor(rooms: Rooms, live: LiveCircle, row: CircleRow = live.row) {
    if (row.lane === live.row.lane) requireConfirmed(rooms, live);
    this.rooms = rooms;
    this.live = live;
    this.row = row;
    this.state = live.state;
  }

  get circle(): CircleId {
    return this.live.row.id;
  }

  /** Where the batch stands, to come back to. */
  mark(): BatchMark {
    return { records: this.records.length, state: this.state, used: new Map(this.usedHere) };
  }

  /** Forgets what was added since. The secret of an epoch minted meanwhile stays in the keyring, where nothing names it. */
  returnTo({ records, state, used }: BatchMark): void {
    this.records.length = records;
    this.kept.length = records;
    this.state = state;
    this.usedHere = used;
  }

  async seal({ body, exercise, key, accept, clearance }: Utterance): Promise<RecordId> {
    const { rooms, live } = this;
    refuseFull(rooms, live);
    const refused =
      refuseUtterance(rooms, { ...live, state: this.state }, { body, exercise }) ??
      refuseDoubt(rooms, rosterOf(this.state), accept) ??
      refuseReaders(rooms, rosterOf(this.state), { body, ...(accept && { accept }) });
    if (refused) throw refused;
    this.joinHeads();
    const plaintext = encodePost(body);
    let epoch = currentEpoch(rooms, live, this.state);
    if (!epoch || (live.used.get(epoch.id) ?? 0) + (this.usedHere.get(epoch.id) ?? 0) >= limits.epochRecordsMax)
      epoch = await this.mint();
    const secret = secretOf(rooms, epoch.id);
    if (!secret) throw new TocsinError("INTERNAL", "the secret of a usable epoch is not held");
    const { record, salt } = sealPost({ ...this.draft(), kind: "post", epoch: epoch.id, exercise }, plaintext, {
      secret,
      key: rooms.me.key,
      random: rooms.random,
    });
    // Our own record passes the same gate as everybody else's.
    this.add(verifyRecord(record), { content: body, salt }, key);
    if (clearance) this.clearances.set(record.id, clearance);
    this.usedHere.set(epoch.id, (this.usedHere.get(epoch.id) ?? 0) + 1);
    return record.id;
  }

  declare(statement: Statement): void {
    // That a lane takes over from another one is said in its first record.
    if (statement.kind !== "lane-open") this.joinHeads();
    this.write(statement);
  }

  /** A record names so many heads at most: where members acted in more places than that, merges join them first. */
  private joinHeads(): void {
    const merge = encodeChange({ op: "merge" });
    // In a lane that nobody has taken in a merge does not count; then it names those heads that it must, and others merge.
    const speaks = (): boolean => this.state.roster?.members.get(this.rooms.me.id)?.lane === this.row.lane;
    while (this.state.graph.heads.length > limits.rosterHeadsMax && speaks())
      this.write({ kind: "roster", body: merge });
  }

  private write({ kind, body, wraps }: Statement): void {
    const record = signClear(
      { ...this.draft(), kind, epoch: undefined, exercise: false },
      { bytes: body, ...(wraps && { wraps }) },
      { key: this.rooms.me.key, random: this.rooms.random },
    );
    this.add(verifyRecord(record), { content: "control" });
  }

  /** Whether it changed for whom is sealed, and this node is still there to write to the others. */
  needsEpoch(): boolean {
    const { me, clock } = this.rooms;
    const [before, after] = [this.live.state.roster, this.state.roster];
    const audience = (roster: Roster): string =>
      [...sealedFor(roster, clock.now(), orgId(me.certificate.orgKey)).map(({ id }) => id), ...roster.rekeys].join();
    return after?.members.has(me.id) === true && (before && audience(before)) !== audience(after);
  }

  async mint(): Promise<NonNullable<ReturnType<CircleState["epochs"]["get"]>>> {
    this.joinHeads();
    const { record, state } = await mint(this.rooms, this.live, this.state);
    this.keep(record, { content: "control" });
    this.state = state;
    const epoch = state.epochs.get(record.id);
    if (!epoch) throw new TocsinError("INTERNAL", "a minted epoch is malformed");
    return epoch;
  }

  /** One synced batch; then memory follows, screens are told, and the network gets it. Whoever goes by it is told before its link is cut. */
  async commit(begun?: CircleRow, settled: Commit["settled"] = []): Promise<void> {
    const { rooms, live, records } = this;
    const [first] = records;
    if (!first) return;
    await rooms.marked();
    const [before, after] = [[...(live.state.roster?.members.keys() ?? [])], this.state.roster?.members];
    const gone = before.filter((member) => after?.has(member) !== true);
    const iGo = gone.includes(rooms.me.id);
    const row: CircleRow | undefined = iGo ? { ...live.row, state: "removed" } : begun;
    // R75: a disclosure and its row in the trail are one batch: neither is ever there without the other.
    const { rows: trail, written } = await disclosureRows(rooms, live, this);
    const change = { circle: live.row.id, records: this.kept, settled, trail, ...(row && { row }) };
    const items = await commitErasing(rooms, this.state, change);
    written();
    if (begun && !iGo) live.row = begun;
    live.state = this.state;
    watchOf(live).wrote = true;
    for (const { header } of records)
      if (header.epoch) live.used.set(header.epoch, (live.used.get(header.epoch) ?? 0) + 1);
    await noteStored(rooms, live);
    if (items.length > 0) rooms.items.ring();
    for (const record of records) notePlace(rooms, record);
    const envelopes = records.map((record) => ({ id: record.id, envelope: record.bytes }));
    if (gone.length === 0) rooms.contactsChanged();
    rooms.net().push(live.row.id, envelopes);
    if (gone.length === 0) return;
    await heardBy(rooms, iGo ? before : gone, first.header);
    if (row) live.row = row;
    if (iGo) await rooms.keyring.update((keyring) => forgetPrekeysOf(keyring, live.row.id));
    rooms.contactsChanged();
  }

  private draft(): { circle: CircleId; rosterHeads: CircleState["graph"]["heads"]; at: number } & ReturnType<
    typeof nextPlace
  > {
    const { live, rooms, state } = this;
    const lane = state.lanes.get(this.row.lane) ?? emptyLane(this.row.lane, rooms.me.id);
    const rosterHeads = headsFor(state.graph, lane);
    return { circle: live.row.id, ...nextPlace(lane), rosterHeads, at: rooms.clock.now() };
  }

  private add(record: VerifiedRecord, content: Said, key?: string): void {
    const lane = this.state.lanes.get(record.header.lane) ?? emptyLane(record.header.lane, record.header.author);
    this.keep(record, content, key);
    this.state = withRecord(this.state, record, lane);
  }

  private keep(record: VerifiedRecord, content: Said, key?: string): void {
    this.records.push(record);
    this.kept.push({
      record,
      receivedAt: this.rooms.clock.now(),
      ...content,
      ...(key === undefined ? {} : { idempotencyKey: key }),
    });
  }
}
