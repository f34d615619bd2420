// Switching machines on and off. What a machine knows when it comes on is what its disk kept.

import { TocsinError } from "../../src/base/errors.ts";
import type { Clock } from "../../src/base/clock.ts";
import { limits } from "../../src/base/limits.ts";
import type { Net } from "../../src/net/net.ts";
import { makeBell } from "../../src/node/bell.ts";
import { contacts, knownTickets } from "../../src/node/contacts.ts";
import { makeDelivery } from "../../src/node/delivery.ts";
import { doubtLanes } from "../../src/node/lanes.ts";
import { loadCircles } from "../../src/node/load.ts";
import { newPaths } from "../../src/node/paths.ts";
import { reseal } from "../../src/node/reseal.ts";
import { newReceipts } from "../../src/node/receipts.ts";
import { newTrail } from "../../src/node/trail.ts";
import { newTrust } from "../../src/node/trust.ts";
import { makeObserved } from "../../src/node/observed.ts";
import { makeQuotas } from "../../src/node/quotas.ts";
import { makeTurns } from "../../src/node/turns.ts";
import { seededRandom } from "../help/seeded-random.ts";
import { mount, type Power } from "./disk.ts";
import { enter } from "./ledger.ts";
import type { Machine, Running } from "./machine.ts";
import { push, reaches } from "./network.ts";
import { note, Violation, type World } from "./world.ts";

/** Switches a machine on, with what its disk kept. */
export async function boot(world: World, machine: Machine): Promise<void> {
  const power: Power = { off: false, fault: undefined };
  const clock = clockOf(world, machine, power);
  const { store, keyring } = await mount(machine.disk, power, {
    clock,
    wrote: (write) => {
      machine.written = machine.disk.length;
      enter(world, machine, write);
    },
  });
  const failed = (cause: unknown): void => {
    const full = cause instanceof TocsinError && cause.code === "DISK_FULL";
    if (!power.off && !full) throw new Violation("no crash", `${machine.name} in the background: ${String(cause)}`);
  };
  const [net, random] = [netOf(world, machine), seededRandom(`${world.seed} ${machine.name} ${machine.boots++}`)];
  const running: Running = {
    ...{ power, stop: new AbortController(), contacts: new Map(), tickets: new Set(), desks: new Map() },
    rooms: {
      ...{ me: machine.me, store, clock, random, keyring, net: () => net, turns: makeTurns() },
      ...{
        items: makeBell(),
        changes: makeBell(),
        erased: makeBell(),
        keepDays: {},
        circles: new Map(),
        bootstrap: new Map(),
      },
      ...{
        delivery: makeDelivery(store, clock, failed),
        trust: newTrust(store),
        trail: newTrail(),
        marked: async () => undefined,
        paths: newPaths(store),
        verifications: new Map(),
      },
      receipts: newReceipts(),
      observed: makeObserved(clock),
      quotaBytes: limits.circleQuotaBytes,
      quotas: makeQuotas(clock, { cutOff: () => undefined, resumed: () => undefined, stop: AbortSignal.abort() }),
      contactsChanged: () => meet(running),
      log: () => undefined,
    },
  };
  // As a node does that finds its home to be another one than it left.
  if (machine.disk.length < machine.written) await doubtLanes(store);
  machine.written = machine.disk.length;
  await loadCircles(running.rooms);
  machine.running = running;
  meet(running);
  note(world, `${machine.name} is on, ${machine.disk.length} writes`);
}

/** Who may connect from now on. */
function meet({ rooms, contacts: known, tickets }: Running): void {
  known.clear();
  for (const contact of contacts(rooms)) known.set(contact.transport, contact);
  tickets.clear();
  for (const ticket of knownTickets(rooms)) tickets.add(ticket);
  rooms.changes.ring();
}

function clockOf(world: World, machine: Machine, power: Power): Clock {
  return {
    now: () => world.time.now() + machine.skewMs,
    monotonic: world.time.now,
    wait: async (ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
        world.time.after(ms, `${machine.name} timer`, () => {
          if (!power.off) resolve();
        });
      }),
  };
}

function netOf(world: World, machine: Machine): Net {
  const zero = { pushSent: 0, pushReceived: 0, syncServed: 0, syncReceived: 0, gossipPublished: 0, gossipReceived: 0 };
  return {
    transport: machine.transport,
    addresses: () => [machine.address],
    relays: false,
    ping: () => Promise.reject(new TocsinError("PEER_UNREACHABLE", "nobody is linked")),
    standing: () => ({ connected: false, sinceMs: 0 }),
    setContacts: () => undefined,
    setTickets: () => undefined,
    push: (circle, records) => push(world, machine, { circle, envelopes: records.map(({ envelope }) => envelope) }),
    catchUp: () => undefined,
    tellReceipts: () => undefined,
    // Nobody waits for a farewell to be heard: the world has no real time to wait in.
    links: () => [],
    verify: async () => {
      throw new TocsinError("PEER_UNREACHABLE", "nobody verifies anybody here");
    },
    offer: async () => {
      throw new TocsinError("PEER_UNREACHABLE", "nobody offers anything here");
    },
    ask: async (member, circle, question) => {
      const other = world.machines.find(({ id }) => id === member);
      const isLinked =
        other && reaches(world, { from: machine, to: other }) && reaches(world, { from: other, to: machine });
      if (!isLinked || !other.running) throw new TocsinError("PEER_UNREACHABLE", "the member is not linked");
      return reseal(other.running.rooms, machine.id, { circle, question });
    },
    counters: () => ({ ...zero, duplicates: 0, bytesSent: 0, bytesReceived: 0, strangersRefused: 0 }),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** Takes the power from a machine, whatever it is doing. */
export function switchOff(world: World, machine: Machine): void {
  const { running } = machine;
  if (!running) return;
  running.power.off = true;
  running.stop.abort(new Error("switched off"));
  machine.running = undefined;
  note(world, `${machine.name} is off, ${machine.disk.length} writes`);
}
