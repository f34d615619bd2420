// The network of a run: each message may be late, lost, doubled, overtaken or cut off, one way or both. It asks the rooms
// what the real network asks, and takes nothing from whoever is no contact of the receiver.

import { signingKeyFromSeed } from "../../keys/index.ts";
import { equalBytes } from "../../src/base/bytes.ts";
import { asTocsinError, TocsinError } from "../../src/base/errors.ts";
import { limits } from "../../src/base/limits.ts";
import { responderHash } from "../../src/circle/ticket.ts";
import { lackingOf } from "../../src/net/lacking.ts";
import type { ArrivalPath, JoinCall } from "../../src/net/net.ts";
import { admit } from "../../src/node/admit.ts";
import { frontierOf, headsOf } from "../../src/node/frontier.ts";
import { contested, differing } from "../../src/node/forks.ts";
import { heardFrom } from "../../src/node/lanes.ts";
import { ingest } from "../../src/node/ingest.ts";
import { takeInLanes, waitingLanes } from "../../src/node/take-in.ts";
import { serve } from "../../src/node/serve.ts";
import { type CircleId, ticketId } from "../../src/record/ids.ts";
import type { Frontier, LaneRange } from "../../src/record/record.ts";
import { decodeEnvelope } from "../../src/record/wire.ts";
import { count } from "./ledger.ts";
import { attempt, liveOf, type Machine } from "./machine.ts";
import { note, Violation, type World } from "./world.ts";

export type Sky = {
  /** One way, uniformly between the two. */
  delayMs: readonly [number, number];
  /** Chance that a message is lost, and that it arrives twice. */
  loss: number;
  duplication: number;
  /** Which side of a partition each machine is on; absent where there is none. */
  sides: ReadonlyMap<Machine, number> | undefined;
  /** Ways that are cut in one direction: "from>to". */
  readonly cuts: Set<string>;
};

export function clearSky(): Sky {
  return { delayMs: [1, 40], loss: 0, duplication: 0, sides: undefined, cuts: new Set() };
}

type Ends = { readonly from: Machine; readonly to: Machine };
type Parcel = { readonly circle: CircleId; readonly envelopes: readonly Uint8Array[] };

/** Whether a message gets from one machine to the other now. */
export function reaches({ sky }: World, { from, to }: Ends): boolean {
  if (sky.cuts.has(`${from.name}>${to.name}`)) return false;
  return !sky.sides || sky.sides.get(from) === sky.sides.get(to);
}

function send(world: World, { from, to }: Ends, name: string, arrive: () => Promise<void>): void {
  const { sky, chance } = world;
  const copies = chance.maybe(sky.loss) ? 0 : chance.maybe(sky.duplication) ? 2 : 1;
  for (let copy = 0; copy < copies; copy++) {
    const [least, most] = sky.delayMs;
    world.time.after(least + chance.next() * (most - least), `${from.name}>${to.name} ${name}`, async () => {
      if (to.running && reaches(world, { from, to })) await arrive();
    });
  }
}

/** Offers records to every contact of the circle, as the rooms ask for. */
export function push(world: World, from: Machine, parcel: Parcel): void {
  const { running } = from;
  if (!running || running.power.off) return;
  for (const { transport, circles } of running.contacts.values()) {
    const to = world.machines.find((machine) => machine.transport === transport);
    if (to && circles.includes(parcel.circle)) hurl(world, { from, to }, parcel);
  }
}

/** Sends anything to anybody; whether it is taken is up to the receiver. */
export function hurl(world: World, ends: Ends, parcel: Parcel): void {
  send(world, ends, "push", async () => receive(world, ends, { ...parcel, path: "push" }));
}

function accepts({ from, to }: Ends, circle: CircleId): boolean {
  return to.running?.contacts.get(from.transport)?.circles.includes(circle) === true;
}

async function receive(
  world: World,
  { from, to }: Ends,
  { circle, envelopes, path }: Parcel & { readonly path: ArrivalPath },
): Promise<void> {
  if (!accepts({ from, to }, circle)) return;
  await attempt(world, to, async ({ rooms }) => {
    foresee(world, to, envelopes);
    const arrivals = await ingest(rooms, { member: from.id, path }, { circle, envelopes });
    const kinds = arrivals.map((arrival) => (arrival.kind === "refused" ? arrival.reason : arrival.kind));
    note(world, `${to.name} < ${from.name} ${path}: ${kinds.join(" ")}`);
    for (const [index, arrival] of arrivals.entries()) {
      count(world, arrival.kind);
      const bytes = envelopes[index];
      if (arrival.kind === "refused" && bytes) expectBlame(world, { from, to }, { bytes, reason: arrival.reason });
    }
    // What a peer cannot fill, such as what follows a fork, is not asked of it again at once.
    if (kinds.includes("gap") && (path === "push" || kinds.includes("kept")))
      ask(world, { from: to, to: from }, circle);
    else if (kinds.includes("kept")) tell(world, { from: to, to: from }, circle);
  });
}

/** Remembers which posts a machine meets when it knows that their author is out: it must never show them. */
function foresee(world: World, to: Machine, envelopes: readonly Uint8Array[]): void {
  const { roster, lanes } = liveOf(world, to)?.state ?? {};
  for (const bytes of envelopes) {
    try {
      const { id, header } = decodeEnvelope(bytes);
      const removal = roster?.removed.get(header.author);
      // What it holds already it may have shown before it knew.
      const from = Math.max(removal?.cuts.get(header.lane) ?? 0, lanes?.get(header.lane)?.length ?? 0);
      if (removal && !roster?.members.has(header.author) && header.seq >= from)
        world.ledger.late.set(`${to.name} ${id}`, removal.op);
    } catch {
      // What does not decode shows nothing.
    }
  }
}

/** What an honest author said is never refused, whoever brings it, unless it was tampered with. */
function expectBlame(
  world: World,
  { from, to }: Ends,
  { bytes, reason }: { readonly bytes: Uint8Array; readonly reason: string },
): void {
  let honest: Machine | undefined;
  try {
    const { id, header } = decodeEnvelope(bytes);
    const known = world.ledger.records.get(id);
    if (!known || !equalBytes(known.bytes, bytes) || header.circle !== world.circle) return;
    honest = world.machines.find((machine) => machine.id === header.author && !machine.hostile);
  } catch {
    return;
  }
  if (honest)
    throw new Violation("nothing honest is refused", `${to.name} refused ${honest.name} from ${from.name}: ${reason}`);
}

function frontier(world: World, machine: Machine): Frontier {
  const live = liveOf(world, machine);
  return live ? frontierOf(live.state) : new Map();
}

/** Tells what a machine holds: the acknowledgement. */
function tell(world: World, ends: Ends, circle: CircleId): void {
  const held = frontier(world, ends.from);
  send(world, ends, "held", async () => learn(ends, circle, held));
}

async function learn({ from, to }: Ends, circle: CircleId, held: Frontier): Promise<void> {
  const rooms = to.running?.rooms;
  if (rooms && accepts({ from, to }, circle) && heardFrom(rooms, from.id, circle, held)) rooms.changes.ring();
}

/** Asks for what the asked one holds beyond the asker. */
export function ask(world: World, { from, to }: Ends, circle: CircleId): void {
  const held = frontier(world, from);
  send(world, { from, to }, "ask", async () => {
    await learn({ from, to }, circle, held);
    for (const envelopes of await pagesFor(world, { from, to }, { circle, held }))
      send(world, { from: to, to: from }, "page", async () =>
        receive(world, { from: to, to: from }, { circle, envelopes, path: "sync" }),
      );
  });
}

const PAGES_MAX = 3;

async function pagesFor(
  world: World,
  { from, to }: Ends,
  { circle, held }: { readonly circle: CircleId; readonly held: Frontier },
): Promise<readonly (readonly Uint8Array[])[]> {
  if (!accepts({ from, to }, circle)) return [];
  const ranges = await wantedOf(world, { from, to }, held);
  if (ranges.length === 0) return [];
  const pages = await attempt(world, to, async ({ rooms }) => {
    const found: Uint8Array[][] = [[]];
    for await (const envelope of serve(rooms, from.id, { circle, ranges })) {
      if ((found.at(-1)?.length ?? 0) >= limits.syncPageRecords) found.push([]);
      if (found.length > PAGES_MAX) break;
      found.at(-1)?.push(envelope);
    }
    return found.slice(0, PAGES_MAX).filter((page) => page.length > 0);
  });
  return pages ?? [];
}

/** What an asker that holds so much wants of another: what it lacks, and of forked lanes the other side where that is waited for. */
async function wantedOf(world: World, { from, to }: Ends, held: Frontier): Promise<readonly LaneRange[]> {
  const [ours, theirs] = [liveOf(world, from), liveOf(world, to)];
  if (!ours || !theirs) return [];
  const told = { frontier: frontierOf(theirs.state), heads: headsOf(theirs.state) };
  const doubts = await attempt(world, from, async ({ rooms }) => differing(rooms, ours, told));
  const known = contested(ours);
  return [...told.frontier].flatMap(([lane, length]) => {
    const [contest, doubt] = [known.get(lane), doubts?.get(lane)];
    const both = doubt === undefined ? contest : { from: Math.min(doubt, contest?.from ?? doubt), otherSides: true };
    const range = lackingOf({ ours: held.get(lane) ?? 0, to: length }, both, undefined);
    return range ? [{ lane, ...range }] : [];
  });
}

/** One machine fetches all it can of the other at once, without weather. Answers whether anything came. */
export async function fetchAll(world: World, { from, to }: Ends): Promise<boolean> {
  const { circle } = world;
  if (!from.running || !to.running || !accepts({ from: to, to: from }, circle)) return false;
  let moved = false;
  for (;;) {
    const held = frontier(world, to);
    await learn({ from: to, to: from }, circle, held);
    const pages = await pagesFor(world, { from: to, to: from }, { circle, held });
    for (const envelopes of pages) await receive(world, { from, to }, { circle, envelopes, path: "sync" });
    if (pages.length === 0 || [...frontier(world, to)].join() === [...held].join()) return moved;
    moved = true;
  }
}

/** How a machine reaches the responders of its ticket. Now and then the answer is lost after the joiner was let in. */
export function joinCallOf(world: World, joiner: Machine): JoinCall {
  return async ({ ticketSeed, responderHash: hash, addresses, respond }) => {
    const node = world.machines.find(({ transport, address }) =>
      hash ? equalBytes(responderHash(transport), hash) : addresses.includes(address),
    );
    const ticket = ticketId(signingKeyFromSeed(ticketSeed).publicKey);
    const lost = new TocsinError("PEER_UNREACHABLE", "nobody answers");
    if (!node?.running || !joiner.running) throw lost;
    if (!reaches(world, { from: joiner, to: node }) || !reaches(world, { from: node, to: joiner })) throw lost;
    if (!node.running.tickets.has(ticket)) throw new TocsinError("JOIN_REFUSED", "the inviter closed the connection");
    const handshake = { responder: node.transport, challenge: node.running.rooms.random(32) };
    const { rooms, power } = node.running;
    try {
      const reply = await admit(rooms, ticket, { message: respond(handshake), handshake });
      // Where it is abreast of the others it takes a node that enrolled in at once.
      const live = liveOf(world, node);
      if (!hash && live && world.chance.maybe(0.7)) await takeInLanes(rooms, world.circle, waitingLanes(rooms, live));
      if (world.chance.maybe(world.sky.loss)) throw lost;
      return { reply, handshake };
    } catch (cause) {
      if (cause === lost || power.off) throw lost;
      const remote = asTocsinError(cause).code;
      if (remote === "INTERNAL") throw cause;
      throw new TocsinError("JOIN_REFUSED", "the inviter refused the join", { cause, details: { remote } });
    }
  };
}
