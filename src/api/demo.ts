// The demonstration: five fictional organisations as real nodes on loopback, with real keys, sockets and stores, and a
// story that they play once. Only documentation addresses (RFC 5737) and names (RFC 2606) occur in it.

import type { Log } from "../base/events.ts";
import { defaultPolicy } from "../circle/change.ts";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newIdentity, type VaultContents } from "../../keys/index.ts";
import { systemClock } from "../base/clock.ts";
import { TocsinError } from "../base/errors.ts";
import { systemRandom } from "../base/random.ts";
import { joinCall } from "../net/join.ts";
import { invite, found } from "../node/membership.ts";
import { join as joinCircle } from "../node/joining.ts";
import { openNode, type TocsinNode } from "../node/node.ts";
import type { LiveCircle } from "../node/rooms.ts";
import { seatKeys } from "../node/home-keys.ts";
import { type DaemonHome, openDoor, openStaff } from "./daemon.ts";

export const DEMO_ORGS = ["acme-bank", "northwind", "globex", "initech", "umbrella"] as const;
export type DemoOrg = (typeof DEMO_ORGS)[number];

/** Two-letter seats, so that a reader sees who speaks. */
const SEATS: Readonly<Record<DemoOrg, string>> = {
  "acme-bank": "kim",
  northwind: "sam",
  globex: "li",
  initech: "jo",
  umbrella: "ada",
};
const JOIN_MS = 30_000;

/** One organisation on the stage. Its files outlive its node, so that it can go away and come back. */
export type Actor = {
  readonly org: DemoOrg;
  readonly home: DaemonHome;
  readonly identity: VaultContents;
  /** Undefined while it is away. */
  node: TocsinNode | undefined;
  listen: readonly string[];
};

export type Stage = AsyncDisposable & {
  readonly actors: Readonly<Record<DemoOrg, Actor>>;
  /** Founds the circle as the first organisation and lets the others join by ticket. */
  readonly assemble: (name: string) => Promise<LiveCircle>;
  readonly enter: (actor: Actor) => Promise<void>;
  readonly leave: (actor: Actor) => Promise<void>;
  /** Opens the local door of an actor, for a screen. */
  readonly door: (actor: Actor) => Promise<AsyncDisposable>;
};

/** Sets the stage in a temporary folder that goes with it. */
export async function openStage(log: Log): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), "tocsin-demo-"));
  const actors = Object.fromEntries(DEMO_ORGS.map((org) => [org, makeActor(org, join(folder, org))])) as Record<
    DemoOrg,
    Actor
  >;
  const leave = async (actor: Actor): Promise<void> => {
    const { node } = actor;
    actor.node = undefined;
    await node?.[Symbol.asyncDispose]();
  };
  const stage: Stage = {
    actors,
    enter: async (actor) => {
      await mkdir(actor.home.data, { recursive: true, mode: 0o700 });
      const { identity, home, listen } = actor;
      const node = await openNode({
        identity,
        storePath: home.store,
        keyringPath: home.keyring,
        startPath: home.start,
        listen,
        announce: [],
        clock: systemClock,
        random: systemRandom,
        log,
      });
      actor.node = node;
      // The same port when it comes back, as a real node has.
      actor.listen = node.rooms.net().addresses();
    },
    leave,
    assemble: async (name) => assemble(stage, name),
    door: async (actor) => {
      const { rooms } = playing(actor);
      const staff = await openStaff(rooms, seatKeys(systemRandom(32)));
      return openDoor(playing(actor), { home: actor.home, log, staff, stop: () => undefined });
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(Object.values(actors).map(leave));
      await rm(folder, { recursive: true, force: true });
    },
  };
  try {
    await Promise.all(Object.values(actors).map(stage.enter));
  } catch (cause) {
    await stage[Symbol.asyncDispose]();
    throw cause;
  }
  return stage;
}

async function assemble(stage: Stage, name: string): Promise<LiveCircle> {
  const [first, ...others] = DEMO_ORGS;
  const { rooms } = playing(stage.actors[first]);
  const live = await found(rooms, name, { ...defaultPolicy, purpose: "demonstration", unverified: "read" });
  for (const org of others) {
    const { line } = await invite(rooms, live.row.id, { for: org, lifeMs: JOIN_MS });
    await joinCircle(playing(stage.actors[org]).rooms, line, { call: joinCall, signal: AbortSignal.timeout(JOIN_MS) });
  }
  return live;
}

/** The node of an actor that is on the stage. */
export function playing(actor: Actor): TocsinNode {
  if (!actor.node) throw new TocsinError("INTERNAL", `${actor.org} is not on the stage`);
  return actor.node;
}

function makeActor(org: DemoOrg, data: string): Actor {
  const identity = newIdentity({ org, seat: SEATS[org] }, { random: systemRandom, now: systemClock.now() });
  const home: DaemonHome = {
    data,
    vault: join(data, "vault"),
    store: join(data, "store"),
    keyring: join(data, "keyring"),
    start: join(data, "start"),
    settings: join(data, "node.json"),
    spool: join(data, "spool"),
    spoolKey: join(data, "spool.pub"),
    socketPath: join(data, "run", "daemon.sock"),
  };
  return { org, home, identity, node: undefined, listen: ["/ip4/127.0.0.1/tcp/0"] };
}
