// Opens a node: builds its rooms in order, starts its loops, and closes everything in reverse. The verbs are separate
// functions over Rooms.

import type { Clock } from "../base/clock.ts";
import { type Log, placeOf } from "../base/events.ts";
import { asTocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { Random } from "../base/random.ts";
import { parseCertificate, signingKeyFromSeed, storageCipher, type VaultContents } from "../../keys/index.ts";
import { joinCall } from "../net/join.ts";
import { startNet } from "../net/start.ts";
import type { Net, NetHost, NetOptions } from "../net/net.ts";
import { type CircleId, idBytes, memberId } from "../record/ids.ts";
import { hkdfExpand } from "../base/digest.ts";
import { openStore } from "../store/level.ts";
import { admit } from "./admit.ts";
import { makeBell } from "./bell.ts";
import { heedOffer, keepOffering, type Welcome } from "./closed-circle.ts";
import { isFull } from "./disk-quota.ts";
import { frontierOf, headsOf, knownOf } from "./frontier.ts";
import { contacts, knownTickets } from "./contacts.ts";
import { makeDelivery } from "./delivery.ts";
import { contested, differing } from "./forks.ts";
import { keepAsking } from "./history.ts";
import { keyringKey, lifelineKey } from "./home-keys.ts";
import { heardTold, receive } from "./intake.ts";
import { noteFetched } from "./catch-up.ts";
import { doubtLanes, heardFrom } from "./lanes.ts";
import { keepLanes } from "./lane-keeper.ts";
import { lifelinePlace, makeLifeline, readLifeline, restoreCircles } from "./lifeline.ts";
import { loadCircles } from "./load.ts";
import { keepNotices } from "./notices.ts";
import { hearReceipts } from "./receipt-intake.ts";
import { keepReceipts, newReceipts, noteSent, receiptsFor } from "./receipts.ts";
import { isDamage, keepRepair, mendStore, openOrReplaceKeyring } from "./repair.ts";
import { makeObserved } from "./observed.ts";
import { makeQuotas } from "./quotas.ts";
import { reseal } from "./reseal.ts";
import { type KeepDays, keepErasing } from "./retention.ts";
import type { Rooms } from "./rooms.ts";
import { serve } from "./serve.ts";
import { isIntact, markingOf } from "./start-mark.ts";
import { openPaths } from "./paths.ts";
import { newTrail } from "./trail.ts";
import { openTrust } from "./trust.ts";
import { makeTurns } from "./turns.ts";
import { keepLooking } from "./undelivered.ts";
import { answerVerification } from "./verification.ts";

/** What a node is to its network. */
export type NodeNetwork = Omit<NetOptions, "transportSeed" | "gossip">;

export type NodeOptions = NodeNetwork & {
  readonly identity: VaultContents;
  /** Folder of the store. */
  readonly storePath: string;
  /** File of the epoch secrets and private prekeys. */
  readonly keyringPath: string;
  /** Folder of the mark by which this home is told from a copy of it. */
  readonly startPath: string;
  /** Whether authors are told how far people here have read; true where it is left out. */
  readonly readReceipts?: boolean;
  /** Whose closed circles this node comes into by itself; left out: those of every member of its circles. */
  readonly direct?: Welcome;
  /** After how long people are told of posts that an org does not hold. */
  readonly undeliveredMs?: number;
  /** What one circle may take of the disk, in bytes of envelopes. */
  readonly quotaBytes?: number;
  /** For how many days bodies are kept, by marking; never longer than the circle has it. */
  readonly keepDays?: KeepDays;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
};

export type TocsinNode = AsyncDisposable & {
  readonly rooms: Rooms;
  /** Seed of the org key, where the vault still holds it. */
  readonly orgSeed: Uint8Array | undefined;
};

/**
 * A running node. A damaged store is repaired first. Throws STORE_LOCKED, STORE_CORRUPT where nothing of the store can be read,
 * LISTEN_FAILED; nothing stays open then.
 */
export async function openNode(options: NodeOptions): Promise<TocsinNode> {
  try {
    return await startNode(options);
  } catch (cause) {
    if (!isDamage(cause)) throw cause;
    const repair = await mendStore({ ...options, storageKey: options.identity.storageKey });
    const node = await startNode(options);
    await keepRepair(node.rooms.store, repair);
    return node;
  }
}

async function startNode(options: NodeOptions): Promise<TocsinNode> {
  const { identity, clock, random, log } = options;
  await using stack = new AsyncDisposableStack();
  const certificate = parseCertificate(identity.certificate);
  const key = signingKeyFromSeed(identity.memberSeed);
  const store = stack.use(
    await openStore(options.storePath, { cipher: storageCipher(identity.storageKey, random), clock }),
  );
  const keyring = await openOrReplaceKeyring(options.keyringPath, keyringKey(identity.storageKey), {
    clock,
    random,
    log,
  });
  const stop = new AbortController();
  const failed = (cause: unknown): void =>
    log("background-failed", { reason: asTocsinError(cause).code, at: placeOf(cause) });
  const turns = makeTurns();
  const changes = makeBell();
  let net: Net | undefined;
  const rooms: Rooms = {
    me: { org: identity.org, seat: identity.seat, id: memberId(certificate.memberKey), key, certificate },
    store,
    keyring,
    net: () => {
      if (!net) throw new Error("assertion failed: the network is used before it is started");
      return net;
    },
    clock,
    random,
    turns,
    items: makeBell(),
    erased: makeBell(),
    keepDays: options.keepDays ?? {},
    changes,
    circles: new Map(),
    bootstrap: new Map(),
    delivery: makeDelivery(store, clock, failed),
    receipts: newReceipts({ tellsRead: options.readReceipts ?? true }),
    trail: newTrail(),
    marked: markingOf(options.startPath, store, random),
    observed: makeObserved(clock),
    quotas: makeQuotas(clock, {
      cutOff: ({ member, records, until }) => {
        const forMs = until - clock.now();
        log("member-floods", { member: member.slice(0, 8), records, forMs });
        rooms.contactsChanged();
      },
      resumed: () => rooms.contactsChanged(),
      stop: stop.signal,
    }),
    quotaBytes: options.quotaBytes ?? limits.circleQuotaBytes,
    trust: await openTrust(store),
    paths: await openPaths(store),
    verifications: new Map(),
    contactsChanged: () => {
      net?.setContacts(contacts(rooms).filter(({ member }) => !rooms.quotas.isCutOff(member)));
      net?.setTickets(knownTickets(rooms));
      if (net) lifeline.renew();
      changes.ring();
    },
    log,
  };
  const place = lifelinePlace(options.storePath, lifelineKey(identity.storageKey));
  const lifeline = makeLifeline(rooms, place, random);
  stack.defer(lifeline.settled);
  // Waits for turns that are under way, so that the store is closed when nobody writes to it any more.
  stack.defer(async () => {
    await turns.idle();
    await rooms.delivery.flush();
  });
  const restored = await restoreCircles(store, await readLifeline(place, log));
  if (restored > 0) log("circles-restored", { circles: restored });
  // Before anything else is written: what a crash leaves must still be in doubt.
  // So must what a disk lost that had said it was durable: others may hold more of the lanes than this node.
  if (store.lostBatches > 0) log("store-behind", { batches: store.lostBatches });
  const isSound = store.lostBatches === 0 && restored === 0 && (await isIntact(options.startPath, store));
  if (!isSound) await doubtLanes(store);
  await rooms.marked().catch((cause: unknown) => {
    // A full disk keeps nobody from reading an intact home; what is written later is marked first.
    if (!isSound || asTocsinError(cause).code !== "DISK_FULL") throw cause;
    log("start-mark-kept", {});
  });
  await loadCircles(rooms);
  net = stack.use(
    await startNet(
      { ...networkOf(options), transportSeed: identity.transportSeed, gossip: true },
      hostOf(rooms, options.direct ?? "members", stop.signal),
      {
        clock,
        random,
        log,
      },
    ),
  );
  rooms.contactsChanged();
  const notices = keepNotices(rooms, stop.signal, failed);
  const asking = keepAsking(rooms, stop.signal, failed);
  const lanes = keepLanes(rooms, stop.signal);
  const offering = keepOffering(rooms, stop.signal, failed);
  const receipts = keepReceipts(rooms, stop.signal, failed);
  const looking = keepLooking(rooms, { undeliveredMs: options.undeliveredMs, signal: stop.signal }, failed);
  const erasing = keepErasing(rooms, stop.signal, failed);
  stack.defer(async () => {
    stop.abort();
    await Promise.all([notices, asking, lanes, offering, receipts, looking, erasing]);
  });
  const owned = stack.move();
  return { rooms, orgSeed: identity.orgSeed, [Symbol.asyncDispose]: async () => owned.disposeAsync() };
}

function networkOf({ listen, announce, relay = false, mdns = false, tls }: NodeOptions): NodeNetwork {
  return { listen, announce, relay, mdns, ...(tls && { tls }) };
}

/** What the network may ask of this node. */
function hostOf(rooms: Rooms, welcome: Welcome, stop: AbortSignal): NetHost {
  // What only members know, derived from the circle's id, which never travels outside of sealed links; derived once,
  // because the network asks for it all the time.
  const secrets = new Map<CircleId, Uint8Array>();
  const secretOf = (circle: CircleId): Uint8Array => {
    const secret = secrets.get(circle) ?? hkdfExpand(idBytes(circle), "tocsin/1 circle secret", 32);
    secrets.set(circle, secret);
    return secret;
  };
  return {
    circles: () =>
      [...rooms.circles.values()]
        .filter(({ row }) => row.state === "current")
        .map(({ row, state }) => ({
          id: row.id,
          secret: secretOf(row.id),
          gossip: state.roster?.policy.gossip ?? false,
        })),
    frontier: (circle, to) => {
      const live = rooms.circles.get(circle);
      return live ? frontierOf(live.state, to) : new Map();
    },
    wantedFrom: (circle) => {
      const live = rooms.circles.get(circle);
      return live ? (isFull(rooms, live) ? knownOf : frontierOf)(live.state) : new Map();
    },
    ingest: async (from, circle, envelopes, path) => {
      const arrivals = await receive(rooms, { member: from, path }, { circle, envelopes, stop });
      const kept = arrivals.filter((arrival) => arrival.kind === "kept" && !arrival.isHollow).length;
      const live = path === "sync" && kept > 0 ? rooms.circles.get(circle) : undefined;
      if (live) noteFetched(live, from, { kept, nowMs: rooms.clock.monotonic() });
      return arrivals;
    },
    serve: (to, circle, ranges) => serve(rooms, to, { circle, ranges }),
    heads: (circle, to) => {
      const live = rooms.circles.get(circle);
      return live ? headsOf(live.state, to) : new Map();
    },
    contested: (circle) => {
      const live = rooms.circles.get(circle);
      return live ? contested(live) : new Map();
    },
    held: async (by, circle, told) => {
      heardTold(rooms, by, circle, told.frontier);
      if (heardFrom(rooms, by, circle, told.frontier)) rooms.changes.ring();
      const live = rooms.circles.get(circle);
      return live ? differing(rooms, live, told) : new Map();
    },
    receipts: (to, circle, linked) => receiptsFor(rooms, circle, { to, linked }),
    heardReceipts: async (from, circle, receipts) => hearReceipts(rooms, from, { circle, receipts }),
    sent: (to, circle, envelopes) => noteSent(rooms, to, circle, envelopes),
    reseal: async (to, circle, question) => reseal(rooms, to, { circle, question }),
    join: async (ticket, message, handshake) => admit(rooms, ticket, { message, handshake }),
    verify: async (from, message) => answerVerification(rooms, from, message),
    offered: async (from, message) => heedOffer(rooms, from, { message, welcome, call: joinCall, signal: stop }),
    linksChanged: () => rooms.changes.ring(),
  };
}
