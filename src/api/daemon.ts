// The daemon: one process that owns the keys and the store of a home, its node, and the local door to it.

import { toHex } from "../base/bytes.ts";
import { asTocsinError, TocsinError } from "../base/errors.ts";
import { systemClock } from "../base/clock.ts";
import { type Log, nameOf } from "../base/events.ts";
import { systemRandom } from "../base/random.ts";
import { fingerprint, openVault } from "../../keys/index.ts";
import { type NodeSettings, quotaBytes, readSettings, readTls, sponsorDelayMs, undeliveredMs } from "../node/config.ts";
import { type NodeNetwork, openNode, type TocsinNode } from "../node/node.ts";
import { useProxy } from "../node/proxy.ts";
import { type SeatKeys, seatKeys } from "../node/home-keys.ts";
import { type LocalRules, notifyRules, releaseRules } from "../node/local-rules.ts";
import { openReleases } from "../node/releases.ts";
import type { Rooms } from "../node/rooms.ts";
import { openSeats, type Seats } from "../node/seats.ts";
import type { ReleaseRule } from "../seat/release.ts";
import type { Routes } from "./desk.ts";
import { gateOf } from "./gate.ts";
import type { Staff } from "./held-posts.ts";
import { keepHooks } from "./hooks.ts";
import { openMetricsDoor } from "./metrics-door.ts";
import { parseRequest, requests } from "./requests.ts";
import { auditRoutes } from "./routes-audit.ts";
import { boardRoutes } from "./routes-board.ts";
import { bundleRoutes } from "./routes-bundle.ts";
import { circleRoutes } from "./routes-circle.ts";
import { custodyRoutes } from "./routes-custody.ts";
import { doctorRoutes } from "./routes-doctor.ts";
import { governingRoutes } from "./routes-governing.ts";
import { keyRoutes } from "./routes-keys.ts";
import { laneRoutes, withLanes } from "./routes-lane.ts";
import { notifyRoutes } from "./routes-notify.ts";
import { orgRoutes } from "./routes-org.ts";
import { peerRoutes } from "./routes-peer.ts";
import { postRoutes } from "./routes-post.ts";
import { outboxRoutes } from "./routes-outbox.ts";
import { readRoutes, subscribeTo } from "./routes-read.ts";
import { seatRoutes } from "./routes-seats.ts";
import { keepSpool, NO_SPOOL, type SpoolKeeper } from "./spool-keeper.ts";
import { presentStatus } from "./status.ts";
import { verifyRoutes } from "./routes-verify.ts";
import { type Scrubbing, scrubbingOf } from "./scrubbing.ts";
import { keepSponsoring } from "./sponsoring.ts";
import { serveApi } from "./server.ts";
import { VERSION } from "./version.ts";

/** Where a home keeps what; absolute paths. */
export type DaemonHome = {
  readonly data: string;
  readonly vault: string;
  readonly store: string;
  readonly keyring: string;
  readonly start: string;
  readonly settings: string;
  /** What waits to be posted, and the public key that it is sealed to. */
  readonly spool: string;
  readonly spoolKey: string;
  readonly socketPath: string;
};

export type Daemon = { readonly closed: Promise<void>; readonly stop: () => Promise<void> };

/**
 * Opens the vault, the node and the door, in this order; a failure closes again what was opened. Throws VAULT_PASSPHRASE_WRONG,
 * IDENTITY_MISSING, STORE_LOCKED, LISTEN_FAILED, DAEMON_RUNNING.
 */
export async function runDaemon(options: {
  readonly home: DaemonHome;
  readonly passphrase: string;
  readonly log: Log;
}): Promise<Daemon> {
  const { home, log } = options;
  await using stack = new AsyncDisposableStack();
  const identity = await openVault(home.vault, options.passphrase);
  const settings = await readSettings(home.settings);
  if (settings.proxy !== undefined) stack.defer(useProxy(settings.proxy));
  const node = stack.use(
    await openNode({
      identity,
      storePath: home.store,
      keyringPath: home.keyring,
      startPath: home.start,
      ...(await networkOf(home.settings, settings)),
      readReceipts: settings.readReceipts ?? true,
      ...(settings.direct && { direct: settings.direct }),
      undeliveredMs: undeliveredMs(settings),
      quotaBytes: quotaBytes(settings),
      ...(settings.keepDays && { keepDays: settings.keepDays }),
      clock: systemClock,
      random: systemRandom,
      log,
    }),
  );
  if (settings.metrics !== undefined) stack.use(await openMetricsDoor(node.rooms, settings.metrics));
  const { storageKey } = identity;
  const scrubbing = scrubbingOf(node.rooms, { scrub: settings.scrub, path: home.settings });
  // Settings that cannot be meant stop the start; without any there is nothing to be wrong.
  if (settings.scrub !== undefined) await scrubbing();
  const rules = { rules: releaseRules(settings.release), sponsorDelayMs: sponsorDelayMs(settings) };
  const staff = await openStaff(node.rooms, seatKeys(storageKey), rules);
  stack.use(keepSponsoring(node.rooms, staff, scrubbing));
  stack.use(keepHooks(node.rooms, settings.hooks ?? []));
  const routes = postRoutes(node.rooms, staff, scrubbing);
  const speaks = { callerBy: staff.seats.callerBy, gate: gateOf(node.rooms) };
  const spool = stack.use(await keepSpool(home, { storageKey, routes, ...speaks, clock: systemClock, log }));
  const { promise: closed, resolve, reject } = Promise.withResolvers<void>();
  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) return closed;
    stopping = true;
    // The door first, so that nothing new comes in; then the node.
    owned.disposeAsync().then(resolve, reject);
    return closed;
  };
  const { scriptSocket } = settings;
  stack.use(
    await openDoor(node, {
      ...{ home, log, staff, scrubbing, ...(scriptSocket !== undefined && { scriptSocket }) },
      ...{ spool: spool.status, rules: settings },
      stop: () => void stop().catch((cause: unknown) => log("stop-failed", { reason: nameOf(cause) })),
    }),
  );
  const owned = stack.move();
  log("daemon-ready", { version: VERSION, circles: node.rooms.circles.size });
  return { closed, stop };
}

/** What the settings at a path say of the network. */
async function networkOf(path: string, settings: NodeSettings): Promise<NodeNetwork> {
  const { listen, announce, relay = false, mdns = false, ...files } = settings;
  const tls = await readTls(path, files.tls);
  return { listen, announce, relay, mdns, ...(tls && { tls }) };
}

/** The local API of a node at its home's socket. */
export async function openDoor(
  node: TocsinNode,
  options: {
    readonly home: DaemonHome;
    readonly log: Log;
    readonly staff: Staff;
    /** A second socket, of which every client shows a token. */
    readonly scriptSocket?: string;
    readonly spool?: SpoolKeeper["status"];
    readonly scrubbing?: Scrubbing;
    /** What the settings ask of the people and programs of this org. */
    readonly rules?: LocalRules;
    readonly stop: () => void;
  },
): Promise<AsyncDisposable> {
  const { rooms } = node;
  const { staff, rules = {} } = options;
  const startedAt = rooms.clock.monotonic();
  const scrubbing = options.scrubbing ?? scrubbingOf(rooms, { path: options.home.settings });
  const routes: Routes = {
    "daemon.stop": async () => {
      options.stop();
      return { stopping: true };
    },
    status: async (params) => {
      parseRequest(requests.none, params);
      const spool = (await options.spool?.()) ?? NO_SPOOL;
      const uptimeMs = Math.round(rooms.clock.monotonic() - startedAt);
      const bare = await presentStatus(rooms, { pid: process.pid, version: VERSION, uptimeMs, locked: false });
      const told = await withLanes(rooms, bare);
      return { ...told, outbox: { ...told.outbox, release: staff.releases.count() }, spool };
    },
    "org.show": async (params) => {
      parseRequest(requests.none, params);
      return presentOrg(rooms, options.home.data);
    },
    ...auditRoutes(rooms),
    ...boardRoutes(rooms, staff),
    ...bundleRoutes(rooms),
    ...circleRoutes(rooms),
    ...custodyRoutes(rooms),
    ...doctorRoutes(rooms, staff.seats, rules),
    ...keyRoutes(rooms),
    ...laneRoutes(rooms),
    ...notifyRoutes(rooms, notifyRules(rules.notify)),
    ...outboxRoutes(rooms, staff),
    ...seatRoutes(rooms, staff.seats),
    ...orgRoutes(rooms, node.orgSeed),
    ...peerRoutes(rooms),
    ...governingRoutes(rooms, staff),
    ...postRoutes(rooms, staff, scrubbing),
    ...readRoutes(rooms),
    ...verifyRoutes(rooms),
  };
  const { callerBy } = staff.seats;
  const desk = {
    ...{ routes, subscribe: subscribeTo(rooms), version: VERSION, org: () => rooms.me.org, log: options.log },
    ...{ callerBy, gate: gateOf(rooms) },
  };
  await using stack = new AsyncDisposableStack();
  stack.use(await serveApi({ ...desk, socketPath: options.home.socketPath }));
  const { scriptSocket } = options;
  if (scriptSocket !== undefined)
    stack.use(await serveApi({ ...desk, socketPath: scriptSocket, callerBy: tokenOnly(callerBy), forGroup: true }));
  const doors = stack.move();
  return { [Symbol.asyncDispose]: async () => doors.disposeAsync() };
}

/** Nobody is the owner here. */
function tokenOnly(callerBy: Seats["callerBy"]): Seats["callerBy"] {
  return (token) => {
    if (token === undefined) throw new TocsinError("TOKEN_REFUSED", "this socket needs a token");
    return callerBy(token);
  };
}

/** The seats of a node and what waits to be released; what was approved before a stop is posted meanwhile. */
export async function openStaff(
  rooms: Rooms,
  keys: SeatKeys,
  {
    rules = [],
    sponsorDelayMs: delay,
  }: { readonly rules?: readonly ReleaseRule[]; readonly sponsorDelayMs?: number } = {},
): Promise<Staff> {
  const { store, clock, random } = rooms;
  const seats = await openSeats({ store, clock, random, owner: rooms.me.seat }, keys);
  const releases = await openReleases(rooms, { seats, rules, ...(delay !== undefined && { sponsorDelayMs: delay }) });
  void releases.resume().catch((cause: unknown) => rooms.log("release-failed", { reason: asTocsinError(cause).code }));
  return { seats, releases };
}

function presentOrg(rooms: Rooms, home: string): Awaited<ReturnType<Routes["org.show"]>> {
  const { org, seat, id, certificate } = rooms.me;
  const words = fingerprint(certificate.orgKey).words.join(" ");
  return {
    schema: "tocsin.org/1",
    org,
    seat,
    orgKey: toHex(certificate.orgKey),
    memberKey: id,
    fingerprint: words,
    home,
  };
}
