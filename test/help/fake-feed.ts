// A stand-in for the daemon with a scripted feed: the methods that a screen calls, over a real unix socket, in memory.
// It keeps no promise of the real one but the shape of its documents.

import { ITEM_LETTER } from "../../src/record/ids.ts";
import { createServer, type Server, type Socket } from "node:net";
import type { ItemDocument, PeerDocument, ShowDocument, StatusDocument } from "../../src/api/documents.ts";
import type { Method, Methods, Notification } from "../../src/api/methods.ts";
import { toRfc3339 } from "../../src/base/clock.ts";
import { limits } from "../../src/base/limits.ts";

export const RETAIL = { id: "c1".repeat(32), name: "retail-eu" };
export const VENDORS = { id: "c2".repeat(32), name: "vendors-ir" };
/** The moment of the script: 22 November 2026, 14:32 UTC. */
export const NOON = Date.UTC(2026, 10, 22, 14, 32);

let made = 0;

/** An item of northwind in retail-eu, `minutes` before `NOON`, with what `given` says about it. */
export function item(given: Partial<ItemDocument> = {}, minutes = 0): ItemDocument {
  made += 1;
  const kind = given.kind ?? "sighting";
  const at = toRfc3339(NOON - minutes * 60_000);
  return {
    schema: "tocsin.item/1",
    cursor: String(made),
    id: `${ITEM_LETTER[kind]}-${String(made).padStart(6, "0")}${"Z".repeat(46)}`,
    kind,
    circle: RETAIL,
    org: "northwind",
    seat: "sam",
    verified: true,
    trust: "verified",
    at,
    receivedAt: at,
    tlp: "amber",
    pap: null,
    ...{ caveat: null, to: null, relayed: null },
    exercise: false,
    title: null,
    text: null,
    indicators: [],
    techniques: [],
    seen: null,
    confidence: null,
    expires: null,
    re: null,
    state: "current",
    auto: false,
    frozen: false,
    mine: false,
    sawToo: [],
    ...given,
  };
}

/** An alert that asks all for an acknowledgement within half an hour of `NOON`. */
export function alert(given: Partial<ItemDocument> = {}, minutes = 0): ItemDocument {
  const ackBy = toRfc3339(NOON + 27 * 60_000);
  const asked = {
    severity: "severe",
    urgency: "immediate",
    certainty: "likely",
    ackBy,
    need: "all",
    status: "actual",
    who: [],
    acks: [],
  } as const;
  return item({ kind: "alert", tlp: "amber+strict", alert: { ...asked, acks: [] }, ...given }, minutes);
}

/** A peer that stands in a direct link of 41 ms. */
export function peer(org: string, given: Partial<PeerDocument> = {}): PeerDocument {
  return {
    org,
    orgKey: "",
    memberKey: "",
    fingerprint: "",
    trust: "verified",
    circles: [RETAIL.name],
    link: "direct",
    ...{ via: null, paths: [], relays: false },
    rttMs: 41,
    lastSeen: toRfc3339(NOON),
    queued: 0,
    addresses: [],
    lastError: null,
    vetting: null,
    ...given,
  };
}

export type FakeFeed = AsyncDisposable & {
  readonly items: ItemDocument[];
  readonly peers: PeerDocument[];
  readonly calls: { readonly method: Method; readonly params: unknown }[];
  /** Adds items and tells every subscriber. */
  readonly arrive: (...items: ItemDocument[]) => void;
  readonly changed: () => void;
  /** Ends every connection and stops to listen, as a daemon does that died; `start` is its return. */
  readonly stop: () => Promise<void>;
  readonly start: () => Promise<void>;
};

/** Serves `items` on `socketPath`. An acknowledgement that is posted arrives as an item of our own org. */
export async function fakeFeed(socketPath: string, items: ItemDocument[]): Promise<FakeFeed> {
  const peers = [peer("northwind"), peer("globex"), peer("umbrella", { link: "offline", rttMs: null })];
  const calls: FakeFeed["calls"] = [];
  const sockets = new Set<Socket>();
  let server: Server | undefined;

  const notify = (notification: Notification): void => {
    for (const socket of sockets) socket.write(`${JSON.stringify({ jsonrpc: "2.0", ...notification })}\n`);
  };
  const arrive = (...arrived: ItemDocument[]): void => {
    items.push(...arrived);
    for (const one of arrived) notify({ method: "item", params: { subscription: 1, item: one } });
  };

  const methods: { readonly [M in Method]?: (params: Methods[M]["params"]) => Methods[M]["result"] } = {
    hello: () => ({ version: "0.0.0", protocol: 1, pid: process.pid, org: "acme-bank" }),
    status: () => statusOf(items, peers),
    "peer.list": () => ({ schema: "tocsin.peers/1", peers }),
    "notify.rules": () => ({
      ...{ schema: "tocsin.notifyRules/1", org: "acme-bank", rules: [], zone: "UTC", pierce: ["alert"], digest: [] },
      words: false,
    }),
    subscribe: () => ({ subscription: 1, cursor: items.at(-1)?.cursor ?? "0" }),
    feed: ({ circle, kinds, before, limit }) => {
      const older =
        before === undefined
          ? items
          : items.slice(
              0,
              items.findIndex(({ cursor }) => cursor === before),
            );
      const found = older
        .filter(({ kind, ...one }) => (!circle || one.circle.id === circle) && (!kinds || kinds.includes(kind)))
        .toReversed();
      const page = found.slice(0, limit);
      const next = found.length > limit ? (page.at(-1)?.cursor ?? null) : null;
      return { schema: "tocsin.feed/1", items: page, cursor: items.at(-1)?.cursor ?? "0", next };
    },
    show: ({ id }) => showOf(items, id),
    "read.mark": () => ({}),
    post: ({ circle = RETAIL.id, draft }) => {
      const ours = item({ kind: draft.kind, org: "acme-bank", seat: "kim", mine: true, re: draft.re ?? null });
      arrive(ours);
      return {
        schema: "tocsin.result/1",
        id: ours.id,
        kind: draft.kind,
        circle,
        state: "queued",
        tlp: "amber",
        audience: [],
        withheld: [],
        delivered: { held: ["northwind"], of: 3 },
        acked: [],
        exercise: false,
      };
    },
  };

  const answer = (line: string): string => {
    const { id, method, params } = JSON.parse(line) as { id: number; method: Method; params: never };
    calls.push({ method, params });
    const result = methods[method]?.(params);
    if (result !== undefined) return JSON.stringify({ jsonrpc: "2.0", id, result });
    const data = { code: "not_found", exit: 65, hint: null, retryable: false, reason: "NOT_FOUND" };
    return JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32_000, message: `no method ${method}`, data } });
  };

  const start = async (): Promise<void> => {
    server = createServer((socket) => {
      sockets.add(socket);
      let text = "";
      socket.setEncoding("utf8").on("data", (chunk: string) => {
        const lines = (text + chunk).split("\n");
        text = (lines.pop() ?? "").slice(-limits.apiLineBytesMax);
        for (const line of lines) socket.write(`${answer(line)}\n`);
      });
      socket.on("error", () => socket.destroy()).on("close", () => sockets.delete(socket));
    });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once("error", reject).listen(socketPath, resolve);
    await promise;
  };
  const stop = async (): Promise<void> => {
    const closing = server;
    server = undefined;
    for (const socket of sockets) socket.destroy();
    if (closing) await new Promise<void>((resolve) => closing.close(() => resolve()));
  };

  await start();
  const changed = (): void => notify({ method: "changed", params: { subscription: 1 } });
  return { items, peers, calls, arrive, changed, stop, start, [Symbol.asyncDispose]: stop };
}

/** The status of acme-bank, seat kim, over these items and peers. */
export function statusOf(items: readonly ItemDocument[], peers: readonly PeerDocument[]): StatusDocument {
  const row = (circle: typeof RETAIL, members: number): StatusDocument["circles"][number] => {
    const own = items.filter((one) => one.circle.id === circle.id);
    const asking = own.filter(
      ({ alert: asked, mine }) => asked && !mine && !asked.acks.some(({ org }) => org === "acme-bank"),
    );
    const calm = {
      state: "current",
      frozenUntil: null,
      changes: { unseen: 0, last: null },
      rulesToAccept: false,
      disk: { bytes: 4_096, quota: 2 ** 31, state: "ok", hollow: 0 },
    } as const;
    return {
      ...circle,
      members,
      items: own.length,
      unread: own.length,
      needAck: asking.length,
      exercise: { running: null, needAck: 0 },
      behind: 0,
      catchUp: null,
      forked: [],
      ...calm,
    };
  };
  const nothing = {
    pushSent: 0,
    pushReceived: 0,
    syncServed: 0,
    syncReceived: 0,
    gossipPublished: 0,
    gossipReceived: 0,
  };
  return {
    schema: "tocsin.status/1",
    org: "acme-bank",
    seat: "kim",
    daemon: { pid: 1, version: "0.0.0", uptimeMs: 1, locked: false },
    listen: [],
    ...{ connected: true, since: toRfc3339(NOON) },
    circles: [row(RETAIL, 4), row(VENDORS, 3)],
    peers: { up: peers.filter(({ link }) => link !== "offline").length, total: peers.length },
    outbox: { queued: 0, held: 0, failed: 0, release: 0 },
    spool: { waiting: 0, failed: 0, reasons: [], keyChanged: false },
    undelivered: [],
    lanes: [],
    disk: { bytes: 0 },
    repair: null,
    clockSkewMs: null,
    flooding: [],
    net: { ...nothing, duplicates: 0, bytesSent: 0, bytesReceived: 0, strangersRefused: 0 },
  };
}

function showOf(items: readonly ItemDocument[], id: string): ShowDocument {
  const found = items.find((one) => one.id === id) ?? item({ id });
  const thread = items.filter(({ re }) => re === id);
  const delivery = [
    { org: "northwind", state: "acked", at: toRfc3339(NOON) },
    { org: "globex", state: "held", at: toRfc3339(NOON) },
    { org: "umbrella", state: "queued", at: null },
  ] as const;
  return {
    ...found,
    thread,
    holds: [],
    threadCut: false,
    delivery: [...delivery],
    audience: delivery.map(({ org }) => org),
  };
}
