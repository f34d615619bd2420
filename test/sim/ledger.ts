// What the onlooker of a run knows, and no node: every record that was ever durable anywhere, what honest authors were
// told was posted and for whom, and every secret that each machine ever held.

import type { LaneId, MemberId, RecordId } from "../../src/record/ids.ts";
import type { SignedRecord, VerifiedRecord } from "../../src/record/record.ts";
import type { HeldPrekey } from "../../src/seal/keyring.ts";
import type { Write } from "./disk.ts";
import type { Machine } from "./machine.ts";
import { Violation, type World } from "./world.ts";

/** A post that its author was told is posted. */
export type Said = {
  readonly by: Machine;
  /** Who was a member where its author stood, and by which change. */
  readonly audience: ReadonlyMap<MemberId, RecordId>;
  readonly record: VerifiedRecord;
};

/** Every key that a machine ever held. */
export type Bag = {
  readonly epochs: Map<RecordId, { readonly secret: Uint8Array; readonly since: number }>;
  readonly prekeys: Map<string, HeldPrekey>;
};

export type Ledger = {
  /** Which record stands at "author lane seq". */
  readonly places: Map<string, RecordId>;
  /** How long each lane of an honest author ever was. */
  readonly tops: Map<LaneId, number>;
  readonly records: Map<RecordId, VerifiedRecord>;
  /** Those of them that another machine than their author's holds. */
  readonly heard: Set<RecordId>;
  readonly said: Map<RecordId, Said>;
  readonly bags: Map<Machine, Bag>;
  /** Lanes whose author made two records at one place, or may have. */
  readonly forked: Set<LaneId>;
  /** Machines that ever took themselves for removed, and so threw their keys away; it may have been by a change that counts no more. */
  readonly parted: Set<Machine>;
  /** Epochs that a hostile minter wrapped wrongly for somebody. */
  readonly poisoned: Set<RecordId>;
  /** Posts that reached a machine when it knew that their author is out, by which removal: "machine record". */
  readonly late: Map<string, RecordId>;
  /** What happened how often, for the end of a run. */
  readonly counts: Map<string, number>;
};

export function emptyLedger(): Ledger {
  return {
    places: new Map(),
    tops: new Map(),
    records: new Map(),
    heard: new Set(),
    said: new Map(),
    bags: new Map(),
    forked: new Set(),
    parted: new Set(),
    poisoned: new Set(),
    late: new Map(),
    counts: new Map(),
  };
}

export function count(world: World, name: string, by = 1): void {
  const { counts } = world.ledger;
  counts.set(name, (counts.get(name) ?? 0) + by);
}

/** A machine wrote something durably. Throws where that breaks a promise at once. */
export function enter(world: World, machine: Machine, write: Write): void {
  const { ledger } = world;
  for (const { record } of write.kind === "commit" ? write.change.records : []) {
    if (record.header.author !== machine.id) ledger.heard.add(record.id);
    enterRecord(world, record);
  }
  if (write.kind === "commit" && write.change.row?.state === "removed") ledger.parted.add(machine);
  if (write.kind !== "keyring") return;
  const bag = ledger.bags.get(machine) ?? { epochs: new Map(), prekeys: new Map() };
  ledger.bags.set(machine, bag);
  const now = world.time.now() + machine.skewMs;
  for (const [id, { secret }] of write.value.epochs)
    if (!bag.epochs.has(id)) bag.epochs.set(id, { secret, since: now });
  for (const [id, prekey] of write.value.prekeys) if (!bag.prekeys.has(id)) bag.prekeys.set(id, prekey);
}

function enterRecord(world: World, record: VerifiedRecord): void {
  const { records } = world.ledger;
  if (records.has(record.id)) return;
  records.set(record.id, record);
  enterPlace(world, record);
}

/** An author signed a record for a place of its lane. Two at one place are a fork: of a hostile author it is remembered. */
export function enterPlace(world: World, { id, header }: SignedRecord): void {
  const { forked, places, tops } = world.ledger;
  const { author, lane, seq } = header;
  const by = world.machines.find((machine) => machine.id === author);
  if (!by) return;
  const place = `${author} ${lane} ${seq}`;
  const before = places.get(place);
  if (before !== undefined && before !== id) {
    if (!by.hostile) throw new Violation("no fork", `${by.name} made two records at ${lane.slice(0, 8)} ${seq}`);
    forked.add(lane);
  }
  places.set(place, id);
  if (!by.hostile) tops.set(lane, Math.max(seq + 1, tops.get(lane) ?? 0));
}

/** A machine lost what it wrote. What nobody else has heard of never was. */
export function strike(world: World, machine: Machine, lost: readonly Write[]): void {
  const { heard, places, records, said, tops } = world.ledger;
  for (const { id, header } of lost.flatMap((write) =>
    write.kind === "commit" ? write.change.records.map(({ record }) => record) : [],
  )) {
    if (header.author !== machine.id || heard.has(id)) continue;
    places.delete(`${header.author} ${header.lane} ${header.seq}`);
    tops.set(header.lane, Math.min(header.seq, tops.get(header.lane) ?? 0));
    records.delete(id);
    said.delete(id);
  }
}
