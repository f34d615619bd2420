// What hostile members do: their machines run the real rooms and hold valid keys, and their operators sign whatever they
// like. What others may keep of it is kept by themselves too, so that their lanes go on.

import { concat, fromHex, utf8 } from "../../src/base/bytes.ts";
import { encodeCbor } from "../../src/base/cbor.ts";
import { hkdfExpand } from "../../src/base/digest.ts";
import { limits } from "../../src/base/limits.ts";
import { encodeChange } from "../../src/circle/change-codec.ts";
import type { RosterChange } from "../../src/circle/change.ts";
import { type Prekey, signPrekey } from "../../src/circle/prekey.ts";
import { isSteward } from "../../src/circle/roster.ts";
import { rosterOf } from "../../src/node/circle-state.ts";
import { secretOf } from "../../src/node/epochs.ts";
import { ingest } from "../../src/node/ingest.ts";
import { openLane } from "../../src/node/new-lane.ts";
import { ownLane, type LiveCircle } from "../../src/node/rooms.ts";
import { idBytes, laneFor, type MemberId, type RecordId } from "../../src/record/ids.ts";
import { encodePost } from "../../src/record/parse-body.ts";
import type { SignedRecord } from "../../src/record/record.ts";
import type { Draft } from "../../src/record/sign.ts";
import { mintEpoch } from "../../src/seal/epoch.ts";
import { after, draftOf, forgeClear, forgePost, startOf } from "../help/forge.ts";
import { prekeysOf } from "../help/memory-rooms.ts";
import { sighting } from "./actions.ts";
import { count, enterPlace } from "./ledger.ts";
import { isIn, liveOf, type Machine, type Running } from "./machine.ts";
import { hurl } from "./network.ts";
import { enrols } from "./orgs.ts";
import { freshKeys, wrap } from "./seeded-hpke.ts";
import type { Action, World } from "./world.ts";

export const HOSTILE_ACTIONS: readonly Action[] = [
  row("plays steward", 5, playSteward),
  row("backdates", 6, backdate),
  row("backdates in another lane", 3, backdateElsewhere),
  row("goes on in another lane", 1, goOnElsewhere),
  row("mints for outsiders", 3, mintForOutsiders),
  row("mints on an old view", 4, mintOnOldView),
  row("leaves a member out", 3, leaveOneOut),
  row("wraps garbage", 2, wrapGarbage),
  row("says two things", 3, sayTwoThings),
  row("takes in a lane", 4, takeInSome),
  row("enrols in the past", 2, enrolInThePast),
  row("mints in another lane", 3, mintElsewhere),
  row("wraps to a prekey of its own", 3, wrapToItself),
  row("replays", 3, replay),
  row("flips bits", 3, flipBits),
  row("speaks after removal", 6, speakLate),
  row("forgets membership", 2, forgetMembership),
  row("takes a lane", 2, takeLane),
  row("signs for another", 2, signForAnother),
  row("marks red", 2, markRed),
  row("tells a prekey of another", 2, tellPrekeyOfAnother),
  row("floods", 1, flood),
];

/** It keeps a few free for when it comes back ... */
const LANES_FLOODED_MAX = 10;
/** ... or takes more than anybody keeps, so that each of the others keeps the first that it hears of. */
const LANES_BEYOND = 2 * limits.lanesPerMemberMax;

/** By then they have arrived, in fair weather. */
const FILLED_MS = 3_000;

/** A hostile machine that was let into the circle, with what its operator has at hand. */
type Villain = {
  readonly world: World;
  readonly machine: Machine;
  readonly running: Running;
  readonly live: LiveCircle;
  /** As the forging helpers of the tests know a node. */
  readonly party: Parameters<typeof draftOf>[0];
};

function row(name: string, weight: number, run: (villain: Villain) => Promise<string | undefined>): Action {
  return {
    name: `villain ${name}`,
    weight,
    run: async (world) => {
      // Not while its disk is about to fail: what it sent and forgot would be a fork.
      const able = world.machines.filter(
        ({ hostile, running, burnt }) => hostile && !burnt && running && !running.power.fault,
      );
      const machine = world.chance.pick(able);
      const live = machine && liveOf(world, machine);
      if (!machine?.running || !live || ownLane(machine.running.rooms, live).length === 0) return undefined;
      const { running } = machine;
      const clock = { ...running.rooms.clock, advance: () => undefined };
      const party = { name: machine.name, rooms: running.rooms, clock, neighbours: new Map(), events: [] };
      const done = await run({ world, machine, running, live, party });
      return done === undefined ? undefined : `${machine.name} ${name}: ${done}`;
    },
  };
}

/** Sends records to machines, over its own links or those of an accomplice. */
function sends({ world, machine }: Villain, to: readonly Machine[], records: readonly Uint8Array[]): void {
  const accomplices = world.machines.filter(({ hostile, running }) => hostile && running);
  for (const target of to) {
    const from = world.chance.pick(accomplices) ?? machine;
    if (target !== from) hurl(world, { from, to: target }, { circle: world.circle, envelopes: records });
  }
}

/** Everyone, or some of them. */
function some({ world, machine }: Villain): readonly Machine[] {
  const others = world.chance.shuffled(world.machines.filter((one) => one !== machine));
  return world.chance.maybe(0.6) ? others : others.slice(0, world.chance.int(1, others.length));
}

/** Keeps its own forged records, as far as its rooms take them, and sends them. */
async function utters(villain: Villain, ...records: readonly SignedRecord[]): Promise<void> {
  const { world, machine, running } = villain;
  const envelopes = records.map(({ bytes }) => bytes);
  for (const record of records) if (record.header.author === machine.id) enterPlace(world, record);
  const arrivals = await ingest(
    running.rooms,
    { member: machine.id, path: "push" },
    { circle: world.circle, envelopes },
  );
  count(world, "forged", arrivals.filter(({ kind }) => kind === "kept").length);
  sends(villain, some(villain), envelopes);
}

/** The next record of its lane, twisted; it has seen what its lane has seen where it is out already. */
function draft({ party, world, live, running }: Villain, kind: Draft["kind"], twist: Partial<Draft> = {}): Draft {
  const lane = ownLane(running.rooms, live);
  const isIn = live.state.roster?.members.has(party.rooms.me.id) === true;
  const seen = lane.head !== undefined && live.state.graph.ops.has(lane.head) ? [lane.head] : lane.seen;
  return draftOf(party, world.circle, kind, { ...(isIn ? {} : { rosterHeads: seen }), ...twist });
}

function someMember({ world, live, machine }: Villain): MemberId | undefined {
  const ids = [...(live.state.roster?.members.keys() ?? [])].filter((id) => id !== machine.id);
  return world.chance.pick(ids);
}

/** Any change of membership, whether it is entitled or not. */
function someChange(villain: Villain): RosterChange | undefined {
  const { world, live } = villain;
  const target = someMember(villain);
  // Nobody comes in who does not sign for it itself.
  const outside = world.machines.filter(({ id, hostile }) => hostile && live.state.roster?.members.has(id) !== true);
  const outsider = world.chance.pick(outside);
  const changes: RosterChange[] = [];
  if (target) changes.push({ op: "remove", member: target, cuts: [] }, { op: "promote", member: target });
  if (outsider) {
    const { publicKey } = freshKeys();
    const prekey = signPrekey(world.circle, outsider.me.key, { suite: 1, publicKey });
    const lane = laneFor(outsider.id, villain.running.rooms.random);
    changes.push({ op: "add", member: { certificate: outsider.me.certificate, prekey }, lane, ticket: undefined });
  }
  return world.chance.pick(changes);
}

async function playSteward(villain: Villain): Promise<string | undefined> {
  const change = someChange(villain);
  if (!change) return undefined;
  await utters(villain, forgeClear(villain.party, draft(villain, "roster"), encodeChange(change)));
  return change.op;
}

/** Acts on a view from before its removal, or from before it last looked. */
async function backdate(villain: Villain): Promise<string | undefined> {
  const { live, running } = villain;
  const lane = ownLane(running.rooms, live);
  const seen = lane.head !== undefined && live.state.graph.ops.has(lane.head) ? [lane.head] : lane.seen;
  const change = someChange(villain);
  if (!change || seen.join() === live.state.graph.heads.join()) return undefined;
  const at = villain.world.time.now() - villain.world.chance.int(1, 100) * 60_000;
  await utters(
    villain,
    forgeClear(villain.party, draft(villain, "roster", { rosterHeads: seen, at }), encodeChange(change)),
  );
  return change.op;
}

/** How many lanes it has begun. */
function lanesOf({ live, machine }: Villain): number {
  return [...live.state.lanes.values()].filter(({ author }) => author === machine.id).length;
}

/** Acts on a view of long ago, in a lane that has seen nothing yet. */
async function backdateElsewhere(villain: Villain): Promise<string | undefined> {
  const { live, party, running, world } = villain;
  const past = world.chance.pick([...live.state.graph.ops.keys()]);
  const change = someChange(villain);
  if (!change || past === undefined || lanesOf(villain) >= LANES_FLOODED_MAX) return undefined;
  const place = startOf(party, laneFor(party.rooms.me.id, running.rooms.random));
  const twist = { ...place, rosterHeads: [past] };
  await utters(villain, forgeClear(party, draft(villain, "roster", twist), encodeChange(change)));
  return change.op;
}

/** Leaves its lane for a new one, as a restored home does: what it says there counts once it was taken in. */
async function goOnElsewhere(villain: Villain): Promise<string | undefined> {
  const { live, running, world } = villain;
  if (lanesOf(villain) >= LANES_FLOODED_MAX || live.state.roster?.members.has(running.rooms.me.id) !== true)
    return undefined;
  await running.rooms.turns.take(world.circle, async () => openLane(running.rooms, live, "accepted"));
  return live.row.lane.slice(0, 8);
}

async function mintsFor(
  villain: Villain,
  prekeys: readonly Prekey[],
  twist: { readonly spoil?: boolean; readonly draft?: Partial<Draft> } = {},
): Promise<SignedRecord> {
  const { world, machine, running, live, party } = villain;
  const deepest = Math.max(0, ...[...live.state.epochs.values()].map(({ depth }) => depth));
  const depth = Math.min(limits.epochDepthMax, deepest + world.chance.int(1, 5));
  const parts = { circle: world.circle, minter: machine.id, suite: 1, depth, prekeys, parentSecrets: [] } as const;
  const minted = await mintEpoch({ ...parts, fresh: running.rooms.random(32) });
  const wraps = twist.spoil ? await wrapsOfAnother(villain, prekeys, minted.secret) : minted.wraps;
  const record = forgeClear(party, draft(villain, "epoch", twist.draft), minted.body, wraps);
  if (twist.spoil) world.ledger.poisoned.add(record.id);
  await running.rooms.keyring.update((keyring) => ({
    ...keyring,
    epochs: new Map(keyring.epochs).set(record.id, {
      ...{ circle: world.circle, id: record.id, secret: minted.secret, firstSeenAt: running.rooms.clock.now() },
      supersededAt: undefined,
    }),
  }));
  await utters(villain, record);
  return record;
}

/** Wraps of which some hold another secret, and look in everything else like those of the promised one. */
async function wrapsOfAnother(
  { world, machine, running }: Villain,
  prekeys: readonly Prekey[],
  promised: Uint8Array,
): Promise<readonly Uint8Array[]> {
  const other = running.rooms.random(32);
  const share = world.chance.maybe(0.3) ? 1 : 0.4;
  const commitment = hkdfExpand(promised, "tocsin/1 key commitment", 32);
  const info = concat(utf8("tocsin/1 wrap"), idBytes(world.circle), idBytes(machine.id));
  const sorted = [...prekeys].sort((left, right) => (left.member < right.member ? -1 : 1));
  return Promise.all(
    sorted.map(async ({ id, member, publicKey }) => {
      const aad = concat(idBytes(member), fromHex(id) ?? new Uint8Array(0), commitment);
      const within = member !== machine.id && world.chance.maybe(share) ? other : promised;
      return (await wrap(1, publicKey, within, { info, aad })) ?? new Uint8Array(0);
    }),
  );
}

/** Mints for today's members on the view that its lane had last, from before some of them came or went. */
async function mintOnOldView(villain: Villain): Promise<string | undefined> {
  const { live, running, party, world } = villain;
  const { seen } = ownLane(running.rooms, live);
  if (seen.length === 0 || seen.join() === live.state.graph.heads.join()) return undefined;
  const record = await mintsFor(villain, prekeysOf(party, world.circle), { draft: { rosterHeads: seen } });
  return record.id.slice(0, 8);
}

async function mintForOutsiders(villain: Villain): Promise<string | undefined> {
  const { world, live, party } = villain;
  const outsider = world.chance.pick(
    world.machines.filter(({ hostile, id }) => hostile && live.state.roster?.members.has(id) !== true),
  );
  if (!outsider?.running || outsider.running.power.fault) return undefined;
  const keys = freshKeys();
  const prekey = signPrekey(world.circle, outsider.me.key, { suite: 1, publicKey: keys.publicKey });
  await outsider.running.rooms.keyring.update((keyring) => ({
    ...keyring,
    prekeys: new Map(keyring.prekeys).set(prekey.id, {
      ...{ circle: world.circle, id: prekey.id, suite: 1, keys, madeAt: world.time.now(), supersededAt: undefined },
    }),
  }));
  await mintsFor(villain, [...prekeysOf(party, world.circle), prekey]);
  return outsider.name;
}

async function leaveOneOut(villain: Villain): Promise<string | undefined> {
  const target = someMember(villain);
  if (!target) return undefined;
  const prekeys = prekeysOf(villain.party, villain.world.circle);
  await mintsFor(
    villain,
    prekeys.filter(({ member }) => member !== target),
  );
  return target.slice(0, 8);
}

async function wrapGarbage(villain: Villain): Promise<string | undefined> {
  await mintsFor(villain, prekeysOf(villain.party, villain.world.circle), { spoil: true });
  return "an epoch";
}

/** Two freezes of one org, which any member may say; one is longer. */
function freezesOf({ live, machine, running }: Villain): readonly RosterChange[] {
  const member = [...(live.state.roster?.members.keys() ?? [])].find((id) => id !== machine.id) ?? machine.id;
  const now = running.rooms.clock.now();
  return [1, 2].map((hours) => ({ op: "freeze", member, until: now + hours * 3_600_000, reason: "a test" }));
}

/** Two notices or changes at one place of its lane, each to one half; then it says nothing more, because nobody could tell what follows. */
async function sayTwoThings(villain: Villain): Promise<string | undefined> {
  const { world, live, machine, party } = villain;
  world.ledger.forked.add(live.row.lane);
  machine.burnt = true;
  const changes = [someChange(villain), someChange(villain)].flatMap((change) => change ?? []);
  const isEntitled = isSteward(rosterOf(live.state), machine.id);
  const asChanges = changes.length === 2 && world.chance.maybe(0.6);
  const place = draft(villain, asChanges ? "roster" : "address");
  const bodies = asChanges
    ? (isEntitled ? changes : freezesOf(villain)).map(encodeChange)
    : ["/ip4/192.0.2.1/tcp/1", "/ip4/192.0.2.2/tcp/1"].map((address) => encodeCbor([address]));
  const [left, right] = bodies.map((body) => forgeClear(party, place, body));
  if (!left || !right) return undefined;
  const others = world.chance.shuffled(world.machines.filter((one) => one !== machine));
  const half = Math.ceil(others.length / 2);
  sends(villain, others.slice(0, half), [left.bytes]);
  sends(villain, others.slice(half), [right.bytes]);
  return "to two halves";
}

/** Takes in a lane of whomever, of now or as its own lane has seen the circle last. */
async function takeInSome(villain: Villain): Promise<string | undefined> {
  const { world, live, party, running } = villain;
  const openings = [...world.ledger.records.values()].filter(
    ({ id, header }) =>
      header.seq === 0 && (header.kind === "lane-open" || live.state.graph.ops.get(id)?.change.op === "enrol"),
  );
  const opening = world.chance.pick(openings);
  if (!opening) return undefined;
  const { id, header, headerBytes, signature } = opening;
  const lane = ownLane(running.rooms, live);
  const seen = lane.head !== undefined && live.state.graph.ops.has(lane.head) ? [lane.head] : lane.seen;
  const twist = world.chance.maybe(0.6) ? { rosterHeads: seen } : {};
  const change: RosterChange = { op: "lane", opening: { id, header, headerBytes, signature } };
  await utters(villain, forgeClear(party, draft(villain, "roster", twist), encodeChange(change)));
  return header.lane.slice(0, 8);
}

/** A node of its org comes in as of long ago, now and then in its own place. */
async function enrolInThePast(villain: Villain): Promise<string | undefined> {
  const { world, live, machine } = villain;
  const past = world.chance.pick([...live.state.graph.ops.keys()]);
  const at = world.chance.pick(world.machines.filter((one) => !one.hostile && isIn(world, one)));
  if (past === undefined || !at || !machine.org.startsWith("evil")) return undefined;
  return enrols(world, machine, { at, replaces: world.chance.maybe(0.5) ? [machine] : [], heads: [past] });
}

/** An epoch in a lane of its own that is one too many for some, who have heard of as many others as they keep. */
async function mintElsewhere(villain: Villain): Promise<string | undefined> {
  const { party, running, world, machine } = villain;
  if (lanesOf(villain) >= limits.lanesPerMemberMax) return undefined;
  const elsewhere = (): ReturnType<typeof startOf> => startOf(party, laneFor(machine.id, running.rooms.random));
  const others = world.chance.shuffled(world.machines.filter((one) => one !== machine));
  const fillers = Array.from({ length: limits.lanesPerMemberMax }, () =>
    forgeClear(party, draft(villain, "address", elsewhere()), encodeCbor([])),
  );
  sends(
    villain,
    others.slice(0, Math.ceil(others.length / 2)),
    fillers.map(({ bytes }) => bytes),
  );
  await world.time.runUntil(world.time.now() + FILLED_MS);
  if (!machine.running || machine.running !== running) return "to nobody";
  const place = elsewhere();
  const record = await mintsFor(villain, prekeysOf(party, world.circle), { draft: place });
  return record.id.slice(0, 8);
}

/** An epoch for all members, of which one is named with a prekey that it never told. */
async function wrapToItself(villain: Villain): Promise<string | undefined> {
  const target = someMember(villain);
  if (!target) return undefined;
  const { publicKey } = freshKeys();
  const own = signPrekey(villain.world.circle, villain.party.rooms.me.key, { suite: 1, publicKey });
  const prekeys = prekeysOf(villain.party, villain.world.circle);
  await mintsFor(
    villain,
    prekeys.map((prekey) => (prekey.member === target ? { ...own, member: target } : prekey)),
  );
  return target.slice(0, 8);
}

async function replay(villain: Villain): Promise<string | undefined> {
  const { world } = villain;
  const all = [...world.ledger.records.values()].map(({ bytes }) => bytes);
  sends(villain, some(villain), world.chance.shuffled(all).slice(0, world.chance.int(1, 20)));
  return "old records in any order";
}

async function flipBits(villain: Villain): Promise<string | undefined> {
  const { world } = villain;
  const { chance } = world;
  const all = [...world.ledger.records.values()];
  const harmed = Array.from({ length: chance.int(1, 6) }, () => {
    const bytes = chance.pick(all)?.bytes.slice() ?? new Uint8Array(1);
    const at = chance.int(0, bytes.length - 1);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << chance.int(0, 7));
    return chance.maybe(0.2) ? bytes.slice(0, chance.int(0, bytes.length)) : bytes;
  });
  sends(villain, some(villain), harmed);
  return `${harmed.length} records`;
}

function aSecret({
  world,
  running,
  live,
}: Villain): { readonly epoch: RecordId; readonly secret: Uint8Array } | undefined {
  const epoch = world.chance.pick([...live.state.epochs.keys()]);
  const secret = epoch && secretOf(running.rooms, epoch);
  return epoch && secret ? { epoch, secret } : undefined;
}

/** A post under any epoch that it holds, as if it were still in. */
async function speakLate(villain: Villain): Promise<string | undefined> {
  const held = aSecret(villain);
  if (!held) return undefined;
  const { epoch, secret } = held;
  const body = encodePost(sighting("late"));
  // Now and then it leans on all that an accomplice knows, its own removal among it.
  const { world, machine } = villain;
  const others = world.machines.flatMap((one) => liveOf(world, one)?.state ?? []);
  const knows = others.filter(({ roster }) => roster?.members.has(machine.id) === false);
  const heads = world.chance.maybe(0.6) ? world.chance.pick(knows)?.graph.heads : undefined;
  // Its own rooms may not know what it leans on, and go on from another place: nothing more is said in that lane.
  if (heads && heads.length > 0) {
    machine.burnt = true;
    world.ledger.forked.add(villain.live.row.lane);
  }
  const twist = { epoch, ...(heads && heads.length > 0 ? { rosterHeads: heads } : {}) };
  await utters(villain, forgePost(villain.party, draft(villain, "post", twist), body, secret));
  return epoch.slice(0, 8);
}

async function forgetMembership(villain: Villain): Promise<string | undefined> {
  const { live, party, world } = villain;
  const old = world.chance.pick([...live.state.graph.ops.keys()]);
  if (!old || live.state.graph.heads.includes(old)) return undefined;
  const record = forgeClear(party, draft(villain, "address", { rosterHeads: [old] }), encodeCbor([]));
  await utters(villain, record);
  return old.slice(0, 8);
}

/** Goes on with the lane of another, or begins a lane that proves another author. */
async function takeLane(villain: Villain): Promise<string | undefined> {
  const { live, party, running, world } = villain;
  const target = world.chance.pick([...live.state.lanes.values()].filter(({ author }) => author !== party.rooms.me.id));
  if (!target) return undefined;
  const goesOn = { lane: target.id, seq: target.length, prev: target.head };
  const begins = startOf(party, laneFor(target.author, running.rooms.random));
  const place = world.chance.maybe(0.5) ? goesOn : begins;
  await utters(villain, forgeClear(party, draft(villain, "address", place), encodeCbor([])));
  return target.id.slice(0, 8);
}

async function signForAnother(villain: Villain): Promise<string | undefined> {
  const { live, party, world } = villain;
  const target = world.chance.pick([...live.state.lanes.values()].filter(({ author }) => author !== party.rooms.me.id));
  if (!target) return undefined;
  const place = { lane: target.id, author: target.author, seq: target.length, prev: target.head };
  await utters(villain, forgeClear(party, draft(villain, "address", place), encodeCbor([])));
  return target.author.slice(0, 8);
}

async function markRed(villain: Villain): Promise<string | undefined> {
  const held = aSecret(villain);
  if (!held) return undefined;
  const body = encodePost({ ...sighting("red"), tlp: "red" });
  await utters(villain, forgePost(villain.party, draft(villain, "post", { epoch: held.epoch }), body, held.secret));
  return "a post";
}

async function tellPrekeyOfAnother(villain: Villain): Promise<string | undefined> {
  const { party, world } = villain;
  const target = world.chance.pick(world.machines.filter(({ hostile }) => !hostile));
  if (!target) return undefined;
  const keys = freshKeys();
  const own = signPrekey(world.circle, party.rooms.me.key, { suite: 1, publicKey: keys.publicKey });
  // The statement names the other member, the signature is its own.
  const bytes = own.bytes.slice();
  const [from, to] = [party.rooms.me.key.publicKey, target.me.key.publicKey];
  const at = bytes.findIndex((_, index) => from.every((byte, offset) => bytes[index + offset] === byte));
  bytes.set(to, at);
  await utters(villain, forgeClear(party, draft(villain, "prekey"), bytes));
  return target.name;
}

/** Many records, and as many lanes as anybody may have or more; bounded, so that a run ends. */
async function flood(villain: Villain): Promise<string | undefined> {
  const { party, running, world } = villain;
  const notice = encodeCbor([]);
  const records: SignedRecord[] = [];
  for (let next = draft(villain, "address"); records.length < 20;) {
    const record = forgeClear(party, next, notice);
    records.push(record);
    next = { ...next, ...after(record) };
  }
  const most = world.chance.maybe(0.3) ? LANES_BEYOND : LANES_FLOODED_MAX;
  for (let lanes = world.chance.int(0, Math.max(0, most - lanesOf(villain))); lanes > 0; lanes--) {
    const place = startOf(party, laneFor(party.rooms.me.id, running.rooms.random));
    records.push(forgeClear(party, draft(villain, "address", place), notice));
  }
  await utters(villain, ...records);
  return `${records.length} records`;
}
