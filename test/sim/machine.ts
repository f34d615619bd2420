// A machine of a run: an organisation's node with the real rooms, on a disk, a clock and a network of the world. It is
// switched on and off; what it knows then is what its disk kept.

import { issueCertificate, type SigningKey, signingKeyFromSeed } from "../../keys/index.ts";
import { asTocsinError, type ErrorCode, TocsinError } from "../../src/base/errors.ts";
import type { Contact } from "../../src/net/net.ts";
import { askAround, type Desks } from "../../src/node/history.ts";
import { acceptRules } from "../../src/node/governing.ts";
import { tendLane } from "../../src/node/lane-keeper.ts";
import { takeInLanes, waitingLanes } from "../../src/node/take-in.ts";
import { standingOf } from "../../src/node/lanes.ts";
import { refreshNotices } from "../../src/node/membership.ts";
import { type LiveCircle, ownLane, type Me, type Rooms } from "../../src/node/rooms.ts";
import { type MemberId, memberId, type TicketId, type TransportId, transportId } from "../../src/record/ids.ts";
import { seededRandom } from "../help/seeded-random.ts";
import type { Power, Write } from "./disk.ts";
import { note, START, Violation, type World } from "./world.ts";

const YEAR_MS = 365 * 24 * 3_600_000;

export type Machine = {
  readonly name: string;
  readonly id: MemberId;
  readonly transport: TransportId;
  readonly address: string;
  readonly me: Me;
  /** Its org, which may have several machines; the first has its name. */
  readonly org: string;
  readonly orgSeed: Uint8Array;
  readonly orgKey: SigningKey;
  /** Whoever has its keys does not keep to the rules: its org, or a thief. */
  hostile: boolean;
  readonly disk: Write[];
  /** How many writes its last run had made. */
  written: number;
  skewMs: number;
  boots: number;
  /** It runs from an old backup: what it wrote since may be gone. */
  restored: boolean;
  /** It forked its lane and says nothing more. */
  burnt: boolean;
  running: Running | undefined;
};

/** A machine that is switched on. */
export type Running = {
  readonly rooms: Rooms;
  readonly power: Power;
  readonly stop: AbortController;
  readonly contacts: Map<TransportId, Contact>;
  readonly tickets: Set<TicketId>;
  /** How far others were asked for what it cannot open. */
  readonly desks: Desks;
};

type Identity = Pick<Machine, "me" | "transport" | "orgSeed" | "orgKey">;
const identities = new Map<string, Identity>();

/** A new machine, switched off. The keys follow from the names. */
export function machineNamed(
  world: World,
  name: string,
  { hostile, org = name }: { readonly hostile: boolean; readonly org?: string },
): Machine {
  const identity = identities.get(`${org} ${name}`) ?? identityOf(name, org);
  identities.set(`${org} ${name}`, identity);
  const number = world.machines.length + 1;
  const machine: Machine = {
    ...{ name, id: identity.me.id, ...identity, org, hostile, disk: [], written: 0 },
    address: `/ip4/10.0.${number >> 8}.${number & 255}/tcp/7443`,
    ...{ skewMs: 0, boots: 0, restored: false, burnt: false, running: undefined },
  };
  world.machines.push(machine);
  return machine;
}

function identityOf(name: string, org: string): Identity {
  const [orgSeed, keys] = [seededRandom(`org key of ${org}`)(32), seededRandom(`keys of ${name}`)];
  const [orgKey, key, transport] = [orgSeed, keys(32), keys(32)].map(signingKeyFromSeed);
  if (!orgKey || !key || !transport) throw new Error("three keys");
  const inForce = { notBefore: START - YEAR_MS, notAfter: START + YEAR_MS };
  const certificate = issueCertificate({ org: orgKey, transport }, { org, memberKey: key.publicKey, ...inForce });
  const me: Me = { org, seat: "kim", id: memberId(key.publicKey), key, certificate };
  return { me, transport: transportId(transport.publicKey), orgSeed, orgKey };
}

/** What may be refused in a run without anything being wrong. */
const EXPECTED: ReadonlySet<ErrorCode> = new Set([
  ...(["POST_REFUSED", "STEWARD_NEEDED", "MEMBER_REMOVED", "LIMIT_EXCEEDED", "CIRCLE_UNKNOWN", "DISK_FULL"] as const),
  ...(["JOIN_REFUSED", "PEER_UNREACHABLE", "TICKET_USED", "TICKET_REVOKED", "TICKET_EXPIRED"] as const),
  ...([
    "TICKET_INVALID",
    "CIRCLE_EXISTS",
    "TIMEOUT",
    "NOT_FOUND",
    "LANES_EXCEEDED",
    "LANE_UNCONFIRMED",
    "POLICY_UNACCEPTED",
  ] as const),
]);

/**
 * Lets a machine do something. Answers undefined where it lost its power on the way, or was refused what may be refused; any
 * other failure is a violation.
 */
export async function attempt<T>(
  world: World,
  machine: Machine,
  work: (running: Running) => Promise<T>,
): Promise<T | undefined> {
  const { running } = machine;
  if (!running) return undefined;
  try {
    return await work(running);
  } catch (cause) {
    if (cause instanceof Violation) throw cause;
    if (running.power.off) return undefined;
    const { code, message } = asTocsinError(cause);
    if (!(cause instanceof TocsinError) || !EXPECTED.has(code))
      throw new Violation("no crash", `${machine.name}: ${code} ${message}`);
    note(world, `${machine.name} is refused: ${code}`);
    return undefined;
  }
}

/** The circle as a machine holds it. */
export function liveOf(world: World, machine: Machine): LiveCircle | undefined {
  return machine.running?.rooms.circles.get(world.circle);
}

/** Whether a machine takes itself for a member. */
export function isIn(world: World, machine: Machine): boolean {
  const live = liveOf(world, machine);
  return live?.row.state === "current" && live.state.roster?.members.has(machine.id) === true;
}

/**
 * Whether a machine may write to its lane: it says so itself, and one that runs from a backup has back what others hold of it.
 * Those who hold more may all be out of reach, so here the onlooker tells it.
 */
export function maySpeak(world: World, machine: Machine): boolean {
  const live = liveOf(world, machine);
  if (!live || !machine.running || machine.burnt || !isIn(world, machine)) return false;
  return standingOf(machine.running.rooms, live).kind === "confirmed" && isWhole(world, machine);
}

/** Whether a machine that runs from a backup has back what others hold of its lane. */
function isWhole(world: World, machine: Machine): boolean {
  const live = liveOf(world, machine);
  if (!live || !machine.running || !machine.restored) return true;
  const own = [...world.ledger.records.values()].filter(({ header }) => header.author === machine.id);
  const last = own.at(-1)?.header.lane ?? live.row.lane;
  return last === live.row.lane && ownLane(machine.running.rooms, live).length >= (world.ledger.tops.get(last) ?? 0);
}

/** What a node does for itself from time to time: its notices are told anew, and what its time is up for is forgotten. */
export async function housekeep(world: World, machine: Machine): Promise<void> {
  await attempt(world, machine, async ({ rooms }) => {
    if (liveOf(world, machine) && isWhole(world, machine)) await tendLane(rooms, world.circle);
    const live = liveOf(world, machine);
    if (live && maySpeak(world, machine)) await takeInLanes(rooms, world.circle, waitingLanes(rooms, live));
    if (maySpeak(world, machine)) {
      await acceptRules(rooms, world.circle);
      await refreshNotices(rooms, world.circle);
    }
    await rooms.keyring.update((keyring) => keyring);
  });
}

/** Asks whoever it may talk to for what it holds sealed. */
export async function askForThePast(world: World, machine: Machine): Promise<void> {
  const live = liveOf(world, machine);
  if (!live) return;
  await attempt(world, machine, async ({ rooms, contacts, desks, stop }) => {
    const links = [...contacts.values()].map(({ member, transport }) => ({
      member,
      transport,
      state: "linked" as const,
    }));
    const net = { ...rooms.net(), links: () => links };
    await askAround({ ...rooms, net: () => net }, live, { desks, signal: stop.signal });
  });
}
