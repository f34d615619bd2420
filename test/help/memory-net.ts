// A network in memory that keeps the contract of `src/net/net.ts` between hosts of one process. Delay, loss, duplication
// and partitions come from its hub, time and chance from the clock and the random given, so that a whole circle runs
// from one seed.

import { generateKeyPairFromSeed } from "@libp2p/crypto/keys";
import { equalBytes } from "../../src/base/bytes.ts";
import type { Clock } from "../../src/base/clock.ts";
import { sha256 } from "../../src/base/digest.ts";
import { TocsinError, asTocsinError } from "../../src/base/errors.ts";
import { limits } from "../../src/base/limits.ts";
import type { Random } from "../../src/base/random.ts";
import type { Contact, JoinCall, Net, NetHost, NetOptions } from "../../src/net/net.ts";
import {
  type CircleId,
  type MemberId,
  type TransportId,
  idBytes,
  ticketId,
  transportId,
} from "../../src/record/ids.ts";
import {
  type MemoryNode,
  type Weather,
  type Wire,
  carry,
  giveReceipts,
  pull,
  shares,
  tell,
} from "./memory-delivery.ts";

const TICK_MS = 500;

export type MemoryHub = AsyncDisposable & {
  readonly start: (options: NetOptions, host: NetHost) => Promise<Net>;
  readonly join: JoinCall;
  /** From now on only nodes of the same group reach each other; nodes of no group reach nobody. */
  readonly partition: (groups: readonly (readonly TransportId[])[]) => void;
  readonly heal: () => void;
  readonly setWeather: (weather: Partial<Weather>) => void;
};

type Sky = {
  readonly clock: Clock;
  readonly random: Random;
  readonly wire: Wire;
  readonly nodes: Map<TransportId, MemoryNode>;
  readonly reachable: (left: TransportId, right: TransportId) => boolean;
  /** Lets a task run on its own; what the weather takes is lost, any other failure is the test's. */
  readonly run: (task: () => Promise<void>) => void;
};

/** A hub without nodes; fine weather unless told otherwise. */
export function createMemoryHub(parts: {
  readonly clock: Clock;
  readonly random: Random;
  readonly weather?: Partial<Weather>;
}): MemoryHub {
  const { clock, random } = parts;
  const closing = new AbortController();
  let weather: Weather = { delayMs: [0, 2], loss: 0, duplication: 0, ...parts.weather };
  let groups: readonly (readonly TransportId[])[] | undefined;
  const chance = (): number => random(4).reduce((sum, byte) => sum * 256 + byte, 0) / 2 ** 32;
  const sky: Sky = {
    clock,
    random,
    nodes: new Map(),
    reachable: (left, right) => !groups || groups.some((group) => group.includes(left) && group.includes(right)),
    wire: {
      now: clock.now,
      lost: (cause) => {
        if (closing.signal.aborted) throw cause;
        return false;
      },
      copies: () => (chance() < weather.duplication ? 2 : 1),
      travel: async () => {
        const [least, most] = weather.delayMs;
        await clock.wait(least + chance() * (most - least), closing.signal);
        if (chance() < weather.loss) throw new TocsinError("PEER_UNREACHABLE", "lost on the way");
      },
    },
    run: (task) => {
      void task().catch((cause: unknown) => {
        const expected = cause instanceof TocsinError && cause.code === "PEER_UNREACHABLE";
        if (!expected && !closing.signal.aborted) throw cause;
      });
    },
  };

  sky.run(async () => {
    while (!closing.signal.aborted) {
      await clock.wait(TICK_MS, closing.signal);
      reviewAll(sky);
    }
  });

  return {
    start: async ({ transportSeed }, host) => {
      const id = transportId(await publicKeyOf(transportSeed));
      const node: MemoryNode = {
        id,
        address: `/memory/${id}`,
        host,
        contacts: new Map(),
        tickets: new Set(),
        links: new Map(),
        pulling: new Set(),
        moved: new Set(),
        doubts: new Map(),
        sides: new Map(),
        seenAt: new Map(),
        counters: { ...noCounts },
      };
      sky.nodes.set(id, node);
      return netOf(sky, node);
    },
    join: (call) => join(sky, call),
    partition: (apart) => {
      groups = apart;
      reviewAll(sky);
    },
    heal: () => {
      groups = undefined;
      reviewAll(sky);
    },
    setWeather: (change) => void (weather = { ...weather, ...change }),
    [Symbol.asyncDispose]: async () => closing.abort(new Error("the hub is closed")),
  };
}

/** One message to a linked node, and its answer. */
async function talk(
  sky: Sky,
  { from, to }: { readonly from: MemoryNode; readonly to: TransportId },
  answer: (host: NetHost, member: MemberId) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const other = sky.nodes.get(to);
  const member = other?.contacts.get(from.id)?.member;
  if (!other || !member || !from.links.has(to)) throw new TocsinError("PEER_UNREACHABLE", "the peer is not linked");
  await sky.wire.travel();
  try {
    return await answer(other.host, member);
  } catch (cause) {
    const remote = asTocsinError(cause).code;
    throw new TocsinError("PEER_REFUSED", "the peer refused", { cause, details: { remote } });
  }
}

function netOf(sky: Sky, node: MemoryNode): Net {
  return {
    transport: node.id,
    addresses: () => [node.address],
    relays: false,
    ping: async (peer) => {
      if (!node.links.has(peer)) throw new TocsinError("PEER_UNREACHABLE", "the peer is not linked");
      const startedMs = sky.clock.monotonic();
      await sky.wire.travel();
      await sky.wire.travel();
      return sky.clock.monotonic() - startedMs;
    },
    standing: () => ({ connected: node.links.size > 0, sinceMs: 0 }),
    setContacts: (contacts) => {
      node.contacts.clear();
      for (const contact of contacts) if (contact.transport !== node.id) node.contacts.set(contact.transport, contact);
      reviewAll(sky);
      // A circle that is new to a link begins at once, and what was refused before may be welcome now.
      for (const [id, { circles }] of node.contacts) {
        const other = sky.nodes.get(id);
        if (other) tellBoth(sky, [node, other], circles);
      }
    },
    setTickets: (tickets) => {
      node.tickets.clear();
      for (const ticket of tickets) node.tickets.add(ticket);
    },
    push: (circle, records) => {
      node.moved.add(circle);
      const envelopes = records.map(({ envelope }) => envelope);
      for (const to of linkedWith(sky, node, circle)) {
        const link = node.links.get(to.id);
        if (!link) continue;
        const batch = link.tail.then(() => carry(sky.wire, { from: node, to }, { circle, envelopes }));
        link.tail = batch.catch(() => undefined); // a lost batch does not hold up the next
        sky.run(() => batch);
      }
    },
    tellReceipts: (circle) => {
      for (const to of linkedWith(sky, node, circle)) sky.run(() => giveReceipts(sky.wire, { from: node, to }, circle));
    },
    catchUp: (circle) => {
      for (const from of linkedWith(sky, node, circle)) sky.run(() => pull(sky.wire, { from, to: node }, circle));
    },
    verify: async (peer, message) =>
      talk(sky, { from: node, to: peer }, async (host, member) => host.verify(member, message)),
    offer: async (peer, message) =>
      talk(sky, { from: node, to: peer }, async (host, member) => host.offered(member, message)),
    ask: async (member, circle, question, signal) => {
      signal.throwIfAborted();
      const to = linkedWith(sky, node, circle).find(({ id }) => node.contacts.get(id)?.member === member);
      const self = to?.contacts.get(node.id)?.member;
      if (!to || !self) throw new TocsinError("PEER_UNREACHABLE", "the member is not linked");
      await sky.wire.travel();
      const answer = await to.host.reseal(self, circle, question);
      await sky.wire.travel();
      return answer;
    },
    links: () =>
      Array.from(node.contacts.values(), ({ transport, member }) => {
        const lastSeenAt = node.seenAt.get(transport);
        const state = node.links.has(transport) ? ("linked" as const) : ("idle" as const);
        return { transport, member, state, ...(lastSeenAt === undefined ? {} : { lastSeenAt }) };
      }),
    counters: () => ({ ...node.counters }),
    [Symbol.asyncDispose]: async () => {
      for (const id of node.links.keys()) cut(sky, node, id);
      sky.nodes.delete(node.id);
    },
  };
}

/** Makes and cuts links as contacts and partitions have it, and tells what moved. */
function reviewAll(sky: Sky): void {
  for (const node of sky.nodes.values()) {
    for (const id of node.links.keys()) if (!node.contacts.has(id)) cut(sky, node, id);
    for (const contact of node.contacts.values()) reviewLink(sky, node, contact);
    for (const circle of node.moved) {
      for (const to of linkedWith(sky, node, circle)) sky.run(() => tell(sky.wire, { from: node, to }, circle));
    }
    node.moved.clear();
  }
}

function reviewLink(sky: Sky, node: MemoryNode, contact: Contact): void {
  const other = sky.nodes.get(contact.transport);
  const link = node.links.get(contact.transport);
  const dials = other !== undefined && contact.addresses.includes(other.address);
  const back = other?.contacts.get(node.id);
  const up = back !== undefined && sky.reachable(node.id, contact.transport);
  if (link && !up) cut(sky, node, contact.transport);
  else if (!link && dials && !back && sky.reachable(node.id, contact.transport)) other.counters.strangersRefused += 1;
  else if (!link && other && up && (dials || back.addresses.includes(node.address))) connect(sky, node, other);
  else if (link && other && sky.clock.monotonic() - link.toldMs >= limits.syncIntervalMs) {
    link.toldMs = sky.clock.monotonic();
    tellBoth(sky, [node, other], contact.circles);
  }
}

function connect(sky: Sky, left: MemoryNode, right: MemoryNode): void {
  for (const [node, to] of [[left, right] as const, [right, left] as const]) {
    node.links.set(to.id, { toldMs: sky.clock.monotonic(), tail: Promise.resolve() });
    node.seenAt.set(to.id, sky.clock.now());
    node.host.linksChanged();
  }
  tellBoth(sky, [left, right], left.contacts.get(right.id)?.circles ?? []);
}

function cut(sky: Sky, node: MemoryNode, id: TransportId): void {
  const other = sky.nodes.get(id);
  if (node.links.delete(id)) node.host.linksChanged();
  if (other?.links.delete(node.id)) other.host.linksChanged();
}

function tellBoth(sky: Sky, [left, right]: readonly [MemoryNode, MemoryNode], circles: readonly CircleId[]): void {
  for (const circle of circles) {
    if (!shares(left, right, circle)) continue;
    sky.run(() => tell(sky.wire, { from: left, to: right }, circle));
    sky.run(() => tell(sky.wire, { from: right, to: left }, circle));
  }
}

function linkedWith(sky: Sky, node: MemoryNode, circle: CircleId): readonly MemoryNode[] {
  const linked = Array.from(node.links.keys(), (id) => sky.nodes.get(id)).filter((other) => other !== undefined);
  return linked.filter((other) => shares(node, other, circle));
}

async function join(sky: Sky, call: Parameters<JoinCall>[0]): ReturnType<JoinCall> {
  const { ticketSeed, addresses, responderHash, respond, signal } = call;
  const ticket = ticketId(await publicKeyOf(ticketSeed));
  const node = Array.from(sky.nodes.values()).find(({ address }) => addresses.includes(address));
  if (!node) throw new TocsinError("PEER_UNREACHABLE", "the inviter cannot be reached");
  if (responderHash && !equalBytes(sha256(idBytes(node.id)).subarray(0, 16), responderHash)) {
    throw new TocsinError("TICKET_WRONG_PEER", "another node answers at the inviter's address");
  }
  if (!node.tickets.has(ticket)) {
    node.counters.strangersRefused += 1;
    throw new TocsinError("JOIN_REFUSED", "the inviter closed the connection");
  }
  const handshake = { responder: node.id, challenge: sky.random(32) };
  const late = Promise.withResolvers<never>();
  const onAbort = (): void => late.reject(new TocsinError("TIMEOUT", "the inviter did not answer in time"));
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return {
      reply: await Promise.race([node.host.join(ticket, respond(handshake), handshake), late.promise]),
      handshake,
    };
  } catch (cause) {
    if (signal.aborted) throw cause;
    const remote = asTocsinError(cause).code;
    throw new TocsinError("JOIN_REFUSED", "the inviter refused the join", { cause, details: { remote } });
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

/** The raw public half of an Ed25519 seed. */
async function publicKeyOf(seed: Uint8Array): Promise<Uint8Array> {
  return (await generateKeyPairFromSeed("Ed25519", seed)).publicKey.raw;
}

const noCounts = {
  pushSent: 0,
  pushReceived: 0,
  syncServed: 0,
  syncReceived: 0,
  gossipPublished: 0,
  gossipReceived: 0,
  duplicates: 0,
  bytesSent: 0,
  bytesReceived: 0,
  strangersRefused: 0,
};
