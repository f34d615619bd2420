// Nodes without network, disk or waiting: real rooms on the in-memory store. Envelopes pass between them only where a
// test hands them over, so that any order, loss and repetition can be told.

import { issueCertificate, signingKeyFromSeed } from "../../keys/index.ts";
import type { Clock } from "../../src/base/clock.ts";
import { TocsinError } from "../../src/base/errors.ts";
import { limits } from "../../src/base/limits.ts";
import type { Random } from "../../src/base/random.ts";
import { defaultPolicy, type Policy } from "../../src/circle/change.ts";
import { encodeChange } from "../../src/circle/change-codec.ts";
import type { Prekey } from "../../src/circle/prekey.ts";
import { signEnrol } from "../../src/circle/statement.ts";
import { missing } from "../../src/feed/frontier.ts";
import { lackingOf } from "../../src/net/lacking.ts";
import type { Arrival, Net } from "../../src/net/net.ts";
import { makeBell } from "../../src/node/bell.ts";
import { prekeyOf } from "../../src/node/circle-state.ts";
import { isFull } from "../../src/node/disk-quota.ts";
import { frontierOf, headsOf, knownOf } from "../../src/node/frontier.ts";
import { makeDelivery } from "../../src/node/delivery.ts";
import { contested, differing } from "../../src/node/forks.ts";
import { ingest } from "../../src/node/ingest.ts";
import type { KeyringFile } from "../../src/node/keyring-file.ts";
import { found, openCircle } from "../../src/node/membership.ts";
import { freshPrekey } from "../../src/node/prekeys.ts";
import { declare, post } from "../../src/node/post.ts";
import { circleNamed, type LiveCircle, type Rooms } from "../../src/node/rooms.ts";
import { reseal } from "../../src/node/reseal.ts";
import { serve } from "../../src/node/serve.ts";
import { newPaths } from "../../src/node/paths.ts";
import { newReceipts } from "../../src/node/receipts.ts";
import { newTrail } from "../../src/node/trail.ts";
import { newTrust } from "../../src/node/trust.ts";
import { makeObserved } from "../../src/node/observed.ts";
import { makeQuotas } from "../../src/node/quotas.ts";
import { makeTurns } from "../../src/node/turns.ts";
import type { KeepDays } from "../../src/node/retention.ts";
import type { PostBody } from "../../src/record/body.ts";
import { type CircleId, idBytes, type MemberId, memberId, transportId } from "../../src/record/ids.ts";
import type { LaneRange } from "../../src/record/record.ts";
import { signClear } from "../../src/record/sign.ts";
import { emptyKeyring, forgetExpired, type Keyring } from "../../src/seal/keyring.ts";
import type { Item, Store } from "../../src/store/store.ts";
import { memoryStore } from "./memory-store.ts";
import { MORNING } from "./records.ts";
import { seededRandom } from "./seeded-random.ts";

const YEAR_MS = 365 * 24 * 3_600_000;

export const closePolicy: Policy = {
  ...{ ...defaultPolicy, maxTlp: "amber", suite: 1, purpose: "tests", gossip: false, refound: 0 },
};

/** Time that passes only where a test says so. */
export type HeldClock = Clock & { readonly advance: (ms: number) => void };

export function heldClock(start = MORNING): HeldClock {
  let now = start;
  return {
    now: () => now,
    monotonic: () => now,
    wait: async (_ms, signal) => signal?.throwIfAborted(),
    advance: (ms) => {
      now += ms;
    },
  };
}

/** How a linked member answers a question for posts that the asker cannot open. */
export type Answerer = (circle: CircleId, question: Uint8Array) => Promise<Uint8Array>;

/** A node of one organisation. */
export type Party = {
  readonly name: string;
  readonly rooms: Rooms;
  readonly clock: HeldClock;
  /** The members that it is linked with, and how each answers questions. */
  readonly neighbours: Map<MemberId, Answerer>;
  /** What it logged. */
  readonly events: readonly { readonly event: string; readonly fields: Readonly<Record<string, unknown>> }[];
};

/** The keys follow from the name, so the same name is the same member in every test. */
export function party(
  name: string,
  options: {
    /** The org that it is a further node of. */
    readonly of?: string;
    readonly store?: Store;
    readonly clock?: HeldClock;
    readonly random?: Random;
    readonly keepDays?: KeepDays;
    readonly quotaBytes?: number;
  } = {},
): Party {
  const { store = memoryStore(), clock = heldClock(), random = seededRandom(`rooms of ${name}`) } = options;
  const keys = seededRandom(`keys of ${name}`);
  const own = [keys(32), keys(32), keys(32)];
  const orgName = options.of ?? name;
  const [org, key, transport] = [seededRandom(`keys of ${orgName}`)(32), ...own.slice(1)].map(signingKeyFromSeed);
  if (!org || !key || !transport) throw new Error("three keys");
  const certificate = issueCertificate(
    { org, transport },
    {
      ...{ org: orgName, memberKey: key.publicKey },
      ...{ notBefore: MORNING - YEAR_MS, notAfter: MORNING + YEAR_MS },
    },
  );
  const events: { event: string; fields: Readonly<Record<string, unknown>> }[] = [];
  const neighbours = new Map<MemberId, Answerer>();
  const net = silentNet(transport.publicKey, neighbours);
  const rooms: Rooms = {
    me: { org: orgName, seat: "kim", id: memberId(key.publicKey), key, certificate },
    ...{ store, clock, random, keyring: memoryKeyring(clock), net: () => net, turns: makeTurns() },
    ...{
      items: makeBell(),
      changes: makeBell(),
      erased: makeBell(),
      keepDays: options.keepDays ?? {},
      circles: new Map(),
      bootstrap: new Map(),
    },
    ...{
      delivery: makeDelivery(store, clock, () => undefined),
      trust: newTrust(store),
      paths: newPaths(store),
      verifications: new Map(),
    },
    receipts: newReceipts(),
    trail: newTrail(),
    marked: async () => undefined,
    observed: makeObserved(clock),
    quotaBytes: options.quotaBytes ?? limits.circleQuotaBytes,
    quotas: makeQuotas(clock, { cutOff: () => undefined, resumed: () => undefined, stop: AbortSignal.abort() }),
    contactsChanged: () => undefined,
    log: (event, fields) => void events.push({ event, fields }),
  };
  return { name, rooms, clock, neighbours, events };
}

function memoryKeyring(clock: Clock): KeyringFile {
  let value: Keyring = emptyKeyring;
  return {
    value: () => value,
    update: async (step) => {
      value = forgetExpired(step(value), clock.now());
    },
  };
}

function silentNet(transportKey: Uint8Array, neighbours: ReadonlyMap<MemberId, Answerer>): Net {
  const zero = { pushSent: 0, pushReceived: 0, syncServed: 0, syncReceived: 0, gossipPublished: 0, gossipReceived: 0 };
  return {
    transport: transportId(transportKey),
    addresses: () => ["/ip4/127.0.0.1/tcp/7443"],
    relays: false,
    ping: () => Promise.reject(new TocsinError("PEER_UNREACHABLE", "the peer is not linked")),
    standing: () => ({ connected: false, sinceMs: 0 }),
    setContacts: () => undefined,
    setTickets: () => undefined,
    push: () => undefined,
    catchUp: () => undefined,
    tellReceipts: () => undefined,
    verify: async () => {
      throw new TocsinError("PEER_UNREACHABLE", "nobody is linked here");
    },
    offer: async () => {
      throw new TocsinError("PEER_UNREACHABLE", "nobody is linked here");
    },
    ask: async (member, circle, question) => {
      const answer = neighbours.get(member);
      if (!answer) throw new TocsinError("PEER_UNREACHABLE", "the member is not linked");
      return answer(circle, question);
    },
    links: () =>
      [...neighbours.keys()].map((member) => ({
        ...{ member, transport: transportId(idBytes(member)), state: "linked" as const },
      })),
    counters: () => ({ ...zero, duplicates: 0, bytesSent: 0, bytesReceived: 0, strangersRefused: 0 }),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** From now on `asker` is linked with `giver`, which answers its questions. */
export function links(asker: Party, giver: Party): void {
  const to = asker.rooms.me.id;
  asker.neighbours.set(giver.rooms.me.id, async (circle, question) => reseal(giver.rooms, to, { circle, question }));
}

/** Whom a node is linked with. */
export function linkedOf(rooms: Rooms): ReadonlySet<MemberId> {
  return new Set(
    rooms
      .net()
      .links()
      .flatMap(({ state, member }) => (state === "linked" ? [member] : [])),
  );
}

/** A circle of parties, founded by the first; all of them hold everything. */
export async function circleOfParties(parties: readonly Party[], policy = closePolicy): Promise<CircleId> {
  const [founder, ...others] = parties;
  if (!founder) throw new Error("a circle needs a founder");
  const { row } = await found(founder.rooms, "retail-eu", policy);
  for (const other of others) await admits(founder, other, row.id);
  for (const other of others) await sync(founder, other, row.id);
  return row.id;
}

/** `steward` adds `joiner`, with the epoch that includes it; the joiner holds nothing of the circle yet. */
export async function admits(steward: Party, joiner: Party, circle: CircleId): Promise<void> {
  const { policy } = liveOf(steward, circle).state.roster ?? {};
  const prekey = await freshPrekey(joiner.rooms, circle, policy?.suite ?? 1);
  const before = joiner.rooms.circles.get(circle);
  const live = openCircle(joiner.rooms, { id: circle, name: "retail-eu", joinedAt: joiner.clock.now() });
  if (before) before.row = live.row;
  else joiner.rooms.circles.set(circle, live);
  const change = {
    op: "add",
    member: { certificate: joiner.rooms.me.certificate, prekey },
    lane: live.row.lane,
    ticket: undefined,
  } as const;
  await declare(steward.rooms, liveOf(steward, circle), [{ kind: "roster", body: encodeChange(change) }]);
}

/** A further node of an org enrols itself at a node that is in; it holds nothing of the circle yet. */
export async function enrols(node: Party, at: Party, circle: CircleId): Promise<void> {
  const { me, clock, random } = node.rooms;
  const { graph, roster } = liveOf(at, circle).state;
  const live = openCircle(node.rooms, { id: circle, name: "retail-eu", joinedAt: clock.now() });
  node.rooms.circles.set(circle, live);
  const member = {
    certificate: me.certificate,
    prekey: await freshPrekey(node.rooms, circle, roster?.policy.suite ?? 1),
  };
  const orgKey = signingKeyFromSeed(seededRandom(`keys of ${me.org}`)(32));
  const consent = signEnrol({ circle, certificate: me.certificate, replaces: [] }, orgKey);
  const place = { author: me.id, lane: live.row.lane, seq: 0, prev: undefined };
  const draft = { circle, kind: "roster", ...place, rosterHeads: graph.heads, epoch: undefined } as const;
  const body = encodeChange({ op: "enrol", member, replaces: [], cuts: [], consent });
  const record = signClear({ ...draft, exercise: false, at: clock.now() }, { bytes: body }, { key: me.key, random });
  await hands(at, node, { circle, envelopes: [record.bytes] });
}

export function liveOf(node: Party, circle: CircleId): LiveCircle {
  return circleNamed(node.rooms, circle);
}

/** Everything that `from` would serve `to` now, in that order. */
export async function offered(from: Party, to: Party, circle: CircleId): Promise<readonly Uint8Array[]> {
  return Array.fromAsync(serve(from.rooms, to.rooms.me.id, { circle, ranges: await asked(from, to, circle) }));
}

/** What `to` would ask of `from`, as the network does: what it lacks, and of forked lanes the other side where it is wanted. */
async function asked(from: Party, to: Party, circle: CircleId): Promise<readonly LaneRange[]> {
  const [ours, theirs] = [liveOf(to, circle), liveOf(from, circle)];
  const frontier = frontierOf(theirs.state);
  const doubts = await differing(to.rooms, ours, { frontier, heads: headsOf(theirs.state) });
  const known = contested(ours);
  const held = (isFull(to.rooms, ours) ? knownOf : frontierOf)(ours.state);
  return [...frontier].flatMap(([lane, length]) => {
    const [contest, doubt] = [known.get(lane), doubts.get(lane)];
    const both = doubt === undefined ? contest : { from: Math.min(doubt, contest?.from ?? doubt), otherSides: true };
    const range = lackingOf({ ours: held.get(lane) ?? 0, to: length }, both, undefined);
    return range ? [{ lane, ...range }] : [];
  });
}

/** Everything that a node holds of a circle, in an order in which it can be taken. */
export async function allOf(node: Party, circle: CircleId): Promise<readonly Uint8Array[]> {
  const ranges = missing(new Map(), frontierOf(liveOf(node, circle).state));
  return Array.fromAsync(serve(node.rooms, node.rooms.me.id, { circle, ranges }));
}

/** Hands envelopes of a circle over to a node, as a sync does. */
export async function hands(
  to: Party,
  from: Party,
  parcel: { readonly circle: CircleId; readonly envelopes: readonly Uint8Array[] },
): Promise<readonly Arrival[]> {
  return ingest(to.rooms, { member: from.rooms.me.id, path: "sync" }, parcel);
}

/** `to` fetches what it lacks of `from`. */
export async function sync(from: Party, to: Party, circle: CircleId): Promise<readonly Arrival[]> {
  const arrivals = await hands(to, from, { circle, envelopes: await offered(from, to, circle) });
  // As the acknowledgement of a link does.
  from.rooms.delivery.learn(circle, to.rooms.me.id, frontierOf(liveOf(to, circle).state));
  return arrivals;
}

export async function says(node: Party, circle: CircleId, ...texts: readonly string[]): Promise<readonly Item[]> {
  const posted = await post(
    node.rooms,
    circle,
    texts.map((text) => ({ body: words(text), exercise: false })),
  );
  const items = await Promise.all(posted.map(async ({ id }) => node.rooms.store.item(id)));
  return items.filter((item) => item !== undefined);
}

export function words(text: string): PostBody {
  return { kind: "sighting", tlp: "amber", seat: "kim", text, indicators: [], techniques: [] };
}

/** Texts of the items a node holds, sorted. */
export async function hears(node: Party, circle: CircleId): Promise<readonly string[]> {
  const items = await Array.fromAsync(node.rooms.store.feed({ circle, limit: 10_000 }));
  return items.map(({ body }) => ("text" in body ? (body.text ?? "") : "")).sort();
}

/** What an epoch would be wrapped to now, by the roster's order. */
export function prekeysOf(node: Party, circle: CircleId): readonly Prekey[] {
  const { state } = liveOf(node, circle);
  return [...(state.roster?.members.values() ?? [])].map((member) => prekeyOf(state, member));
}

/** What all nodes that hold the same records must agree on. */
export function picture(node: Party, circle: CircleId): Readonly<Record<string, unknown>> {
  const { graph, roster, lanes, epochs } = liveOf(node, circle).state;
  return {
    heads: graph.heads,
    members: [...(roster?.members.values() ?? [])].map(({ id, seniority }) => `${id} ${seniority}`).sort(),
    removed: [...(roster?.removed.keys() ?? [])],
    void: [...(roster?.void.keys() ?? [])].sort(),
    rekeys: roster?.rekeys,
    lanes: [...lanes.values()].map(({ id, length, head }) => `${id} ${length} ${head}`).sort(),
    epochs: [...epochs.keys()].sort(),
  };
}
