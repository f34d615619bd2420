// A daemon without a node: the real local API over answers made up in memory, so that every command can be tried as the
// child process that it is. What it was asked is kept for the test to look at.

import { openToAll } from "./callers.ts";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type {
  ChangeDocument,
  CircleDocument,
  ItemDocument,
  PeerDocument,
  PolicyDocument,
  ResultDocument,
  VerifyDocument,
} from "../../src/api/documents.ts";
import type { DraftParams, Methods } from "../../src/api/methods.ts";
import { serveApi, type FeedEvent, type Routes } from "../../src/api/server.ts";
import { toRfc3339 } from "../../src/base/clock.ts";
import { TocsinError } from "../../src/base/errors.ts";

const NOW = toRfc3339(Date.UTC(2025, 10, 22, 14, 31));

export type FakeDaemon = AsyncDisposable & {
  /** TOCSIN_HOME for those who want to reach it. */
  readonly home: string;
  readonly asked: { method: string; params: unknown }[];
  readonly items: ItemDocument[];
  /** Wakes the subscriptions. */
  readonly ring: () => void;
};

/** An item of northwind's; the defaults are those of a plain sighting. */
export function fakeItem(number: number, fields: Partial<ItemDocument> = {}): ItemDocument {
  return {
    schema: "tocsin.item/1",
    cursor: `c${String(number).padStart(6, "0")}`,
    id: `s-${String(number).padStart(52, "0")}`,
    kind: "sighting",
    circle: { id: "ab".repeat(32), name: "retail-eu" },
    org: "northwind",
    seat: "sam",
    verified: true,
    trust: "verified",
    at: NOW,
    receivedAt: NOW,
    tlp: "amber",
    pap: null,
    ...{ caveat: null, to: null, relayed: null },
    exercise: false,
    title: null,
    text: `sighting ${number}`,
    indicators: [{ type: "ip", value: "203.0.113.24" }],
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
    ...fields,
  };
}

const peer: PeerDocument = {
  org: "northwind",
  orgKey: "cd".repeat(32),
  memberKey: "ef".repeat(32),
  fingerprint: "orbit velvet canyon",
  trust: "unverified",
  circles: ["retail-eu"],
  link: "direct",
  ...{ via: null, paths: [], relays: false },
  rttMs: 41,
  lastSeen: NOW,
  queued: 0,
  addresses: ["/ip4/203.0.113.7/tcp/7443"],
  lastError: null,
  vetting: null,
};

const verified: VerifyDocument = {
  ...{ schema: "tocsin.verify/1", peer: peer.org, orgKey: peer.orgKey, state: "verified", trust: "verified" },
  ...{ say: [], from: null, hearFrom: null, expires: null },
};
const printed = { org: peer.org, orgKey: peer.orgKey, words: peer.fingerprint, digits: "0", trust: peer.trust };

const waiting = { circle: "retail-eu", org: "umbrella", posts: 3, since: "2025-11-22T10:30:00.000Z" };
const circle: CircleDocument = {
  schema: "tocsin.circle/1",
  id: "ab".repeat(32),
  name: "retail-eu",
  steward: "acme-bank",
  state: "current",
  policy: {
    ...{
      maxTlp: "red",
      defaultTlp: null,
      unverified: "withhold",
      keep: "90d",
      history: "none",
      suite: 2,
      purpose: "",
      gossip: true,
    },
    ...{ invite: "stewards", vouches: 0, refound: 3, export: "members", exercise: false },
  },
  members: [{ ...peer, steward: false, you: false, frozen: null }],
  epoch: { id: "01".repeat(16), depth: 1, suite: 2, since: NOW },
  rosterHeads: [],
  forks: [],
  pending: [],
  votes: [],
};

const rules: PolicyDocument = {
  schema: "tocsin.policy/1",
  circle: { id: circle.id, name: circle.name },
  ...{ version: 2, by: "northwind", at: NOW, policy: circle.policy, accepted: ["northwind"], waiting: ["acme-bank"] },
  ...{ acceptedHere: false, changed: [{ rule: "maxTlp", was: "red", now: "amber" }] },
};

const change: ChangeDocument = {
  schema: "tocsin.change/1",
  circle: { id: circle.id, name: circle.name },
  ...{ id: "0a".repeat(32), at: NOW, by: "northwind", op: "remove", what: "removed globex", whom: "globex" },
  ...{
    authority: "steward since the founding",
    concurrent: [],
    counts: false,
    why: "its author was removed meanwhile",
  },
};

/** Serves `<home>/run/daemon.sock`. */
export async function fakeDaemon(home: string): Promise<FakeDaemon> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  const asked: FakeDaemon["asked"] = [];
  const items: ItemDocument[] = [];
  const waiting = new Set<() => void>();
  const answers = answersOf(items);
  const routes = Object.fromEntries(
    Object.entries(answers).map(([method, answer]) => [
      method,
      async (params: unknown, session: { signal: AbortSignal }) => {
        asked.push({ method, params });
        return await answer(params as never, session);
      },
    ]),
  ) as unknown as Routes;
  const server = await serveApi({
    socketPath: join(home, "run", "daemon.sock"),
    routes,
    subscribe: async (params, { signal }) => {
      asked.push({ method: "subscribe", params });
      const { after = "" } = params as Methods["subscribe"]["params"];
      return { cursor: after, events: eventsAfter(items, after, { waiting, signal }) };
    },
    version: "0.0.0",
    org: () => "acme-bank",
    log: () => undefined,
    ...openToAll,
  });
  return {
    home,
    asked,
    items,
    ring: () => waiting.forEach((wake) => wake()),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function* eventsAfter(
  items: readonly ItemDocument[],
  after: string,
  { waiting, signal }: { waiting: Set<() => void>; signal: AbortSignal },
): AsyncGenerator<FeedEvent> {
  let cursor = after;
  while (!signal.aborted) {
    const next = items.find((item) => item.cursor > cursor);
    if (next) {
      cursor = next.cursor;
      yield { kind: "item", item: next };
      continue;
    }
    await new Promise<void>((resolve) => {
      waiting.add(resolve);
      signal.addEventListener("abort", () => resolve());
    });
    waiting.clear();
  }
}

async function none(): Promise<never> {
  throw new TocsinError("CIRCLE_UNKNOWN", "this node is in no such circle");
}

type Answers = {
  [M in keyof Routes]: (
    params: Methods[M]["params"],
    session: { signal: AbortSignal },
  ) => Promise<Methods[M]["result"]>;
};

const holds: Methods["hold.list"]["result"] = {
  schema: "tocsin.holds/1",
  circles: [{ ...circle, holds: [{ org: "northwind", of: null, since: NOW, reason: "case 7", mine: false }] }],
};
const drill: Methods["exercise.show"]["result"] = {
  ...{ schema: "tocsin.exercise/1", circle: circle.name },
  running: { name: "spring drill", by: "northwind", since: NOW, until: NOW },
};

function answersOf(items: ItemDocument[]): Answers {
  const result = (draft: DraftParams): ResultDocument => ({
    schema: "tocsin.result/1",
    id: `s-${String(items.length).padStart(52, "0")}`,
    kind: draft.kind,
    circle: "retail-eu",
    state: "queued",
    tlp: draft.tlp ?? "amber",
    audience: ["acme-bank", "northwind"],
    withheld: [],
    delivered: { held: [], of: 1 },
    acked: [],
    exercise: draft.exercise ?? false,
  });
  return {
    "daemon.stop": async () => ({ stopping: true }),
    ...{
      "outbox.release": none,
      "outbox.breakGlass": none,
      "outbox.reject": none,
      "seat.list": none,
      "seat.add": none,
      "seat.set": none,
    },
    ...{ "seat.remove": none, "token.add": none, "token.list": none, "token.revoke": none },
    "notify.rules": async () => ({
      ...{ schema: "tocsin.notifyRules/1", org: "acme", rules: [], zone: "UTC", pierce: ["alert"], digest: [] },
      words: false,
    }),
    acks: async () => ({ schema: "tocsin.acks/1", alerts: [] }),
    nudge: async ({ id }) => ({ schema: "tocsin.nudge/1", id: "g-1", alert: id, waiting: ["northwind"] }),
    "audit.list": async () => ({ schema: "tocsin.audit/1", rows: [], length: 0, next: null }),
    "audit.export": async () => ({ schema: "tocsin.auditExport/1", rows: [], next: null }),
    "audit.head": async () => ({ schema: "tocsin.auditHead/1", anchor: "", certificate: "" }),
    "audit.verify": async () => ({
      ...{ schema: "tocsin.auditVerify/1", sound: true, rows: 0, disclosures: 0, signed: 0, link: "", org: null },
      faults: [],
    }),
    "audit.bundle": async () => {
      throw new TocsinError("NOT_FOUND", "there is no item here");
    },
    scrub: async () => ({ schema: "tocsin.scrub/1", held: false, findings: [], changes: [], more: 0 }),
    "circle.direct": async () => Promise.reject(new TocsinError("CIRCLE_UNKNOWN", "no closed circles here")),
    "bundle.write": async ({ file }) => ({ schema: "tocsin.bundle/1", file, bytes: 0, circles: [] }),
    "bundle.read": async ({ file }) => ({
      ...{ schema: "tocsin.bundleRead/1", file, torn: false, forOthers: 0, circles: [] },
    }),
    "org.circles": async () => ({
      ...{ schema: "tocsin.orgcircles/1", responder: "northwind", responderFingerprint: "", circles: [] },
    }),
    "org.enrol": async () => ({ schema: "tocsin.enrol/1", responder: "northwind", circles: [], tookMs: 1 }),
    "org.retire": async () => ({ schema: "tocsin.retire/1", org: "acme-bank", nodes: [], circles: [], ended: false }),
    doctor: async () => ({
      ...{ schema: "tocsin.inside/1", lanes: { count: 0, records: 0, broken: [] } },
      ...{ missingKeys: 0, namedInVain: [], notAfter: "2027-06-01T09:00:00.000Z" },
    }),
    status: async () => ({
      schema: "tocsin.status/1",
      org: "acme-bank",
      seat: "kim",
      daemon: { pid: process.pid, version: "0.0.0", uptimeMs: 61_000, locked: false },
      listen: ["/ip4/127.0.0.1/tcp/7443"],
      ...{ connected: true, since: "2026-06-01T09:00:00.000Z" },
      circles: [
        {
          ...{
            id: circle.id,
            name: circle.name,
            members: 2,
            items: items.length,
            unread: 1,
            needAck: 0,
            exercise: { running: null, needAck: 0 },
            behind: 0,
            catchUp: null,
            forked: [],
          },
          ...{ state: "current", frozenUntil: null, changes: { unseen: 0, last: null }, rulesToAccept: false },
          disk: { bytes: 4_096, quota: 2 ** 31, state: "ok", hollow: 0 },
        },
      ],
      peers: { up: 1, total: 1 },
      outbox: { queued: 0, held: 0, failed: 0, release: 0 },
      spool: { waiting: 0, failed: 0, reasons: [], keyChanged: false },
      undelivered: [],
      lanes: [],
      disk: { bytes: 1_048_576 },
      repair: null,
      clockSkewMs: null,
      flooding: [],
      net: {
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
      },
    }),
    "org.show": none,
    "circle.create": async ({ name }) => ({ ...circle, name }),
    "circle.list": async () => ({ schema: "tocsin.circles/1", circles: [circle] }),
    "circle.show": async ({ circle: name }) => (name === circle.name ? circle : await none()),
    "circle.remove": async ({ peer: org }) => ({
      schema: "tocsin.removal/1",
      circle: circle.name,
      org,
      memberKey: peer.memberKey,
      ...{ state: "removed", votes: { by: [], needs: 1 } },
      epoch: "02".repeat(16),
      recipients: ["acme-bank"],
      ...{ delivered: { held: [], waiting: [] }, readable: { items: 3, since: 1 } },
    }),
    "circle.promote": async () => circle,
    "circle.rekey": async ({ compromised = false }) => ({
      schema: "tocsin.rekey/1",
      circle: circle.name,
      epoch: "02".repeat(16),
      recipients: ["acme-bank"],
      compromised,
    }),
    "circle.lane": async () => ({
      ...{ schema: "tocsin.lane/1", circle: circle.name, lane: "01".repeat(16), length: 7, state: "confirmed" },
      ...{ held: null, drafts: 0, missingKeys: 0, takenIn: true },
    }),
    "circle.demote": async () => circle,
    "circle.leave": async () => ({ ...circle, state: "removed" }),
    "circle.freeze": async () => circle,
    "circle.unfreeze": async () => circle,
    "circle.confirm": async () => circle,
    "circle.policy": async () => rules,
    "circle.setPolicy": async () => rules,
    "circle.accept": async () => rules,
    "circle.log": async () => ({
      schema: "tocsin.log/1",
      circle: { id: circle.id, name: circle.name },
      changes: [change],
      next: null,
    }),
    "circle.news": async () => ({
      schema: "tocsin.news/1",
      circles: [{ id: circle.id, name: circle.name, unseen: 1, last: "northwind removed globex", rulesToAccept: true }],
      undelivered: [waiting],
      unapproved: [],
    }),
    "hold.set": async () => holds,
    "hold.release": async () => holds,
    "hold.list": async () => holds,
    "hold.show": async ({ id }) => ({
      ...{ schema: "tocsin.withheld/1", id, circle: circle.name, org: "northwind", at: NOW },
      ...{ body: "", salt: "", envelope: "", title: null, text: "withdrawn words", indicators: [] },
    }),
    "exercise.start": async () => drill,
    "exercise.stop": async () => ({ ...drill, running: null }),
    "exercise.show": async () => drill,
    "outbox.list": async () => ({
      schema: "tocsin.outbox/1",
      queued: [{ ...waiting, late: true, link: "offline", lastError: null }],
      held: [{ circle: circle.name, kind: "sighting", title: "VPN spray" }],
      release: [],
      unapproved: [],
      failed: [],
    }),
    "circle.seen": async () => ({}),
    "peer.vouch": async () => circle,
    "peer.ping": async ({ count }) => ({
      ...{ schema: "tocsin.ping/1", peer: peer.org, memberKey: peer.memberKey, link: "relayed", via: "hooli" },
      ...{
        sent: count,
        received: count,
        minMs: 40,
        avgMs: 41.5,
        maxMs: 43,
        lastSeen: null,
        lastError: null,
        nextTry: null,
      },
    }),
    "peer.path": async ({ addresses = [] }) => ({
      ...{ schema: "tocsin.path/1", peer: peer.org, memberKey: peer.memberKey, paths: addresses },
    }),
    "invite.create": async ({ for: invited }) => ({
      schema: "tocsin.invite/1",
      id: "t-1",
      ticket: "TOCSIN1:ABC",
      circle: circle.name,
      for: invited,
      expires: NOW,
    }),
    "invite.list": async () => ({ schema: "tocsin.invites/1", invites: [] }),
    "invite.revoke": async () => ({ schema: "tocsin.invites/1", invites: [] }),
    "join.preview": none,
    "join.accept": async ({ ticket }) => {
      if (!ticket.startsWith("TOCSIN1:"))
        throw new TocsinError("TICKET_INVALID", "that is no ticket", { details: { step: "read" } });
      return {
        schema: "tocsin.join/1",
        circle: { id: circle.id, name: circle.name },
        inviter: "acme-bank",
        ...{ state: "joined", missing: 0, rulesAccepted: true },
        tookMs: 41,
      };
    },
    "peer.list": async () => ({ schema: "tocsin.peers/1", peers: [peer] }),
    "verify.begin": async () => ({
      ...verified,
      state: "words",
      say: ["orbit", "velvet", "canyon"],
      from: 1,
      hearFrom: 4,
    }),
    "verify.heard": async () => verified,
    "verify.fingerprint": async () => verified,
    "verify.show": async () => ({ schema: "tocsin.fingerprints/1", peer: printed, you: printed }),
    "peer.show": async () => ({ schema: "tocsin.peer/1", ...peer, warnings: [], fingerprintDigits: "12345 67890" }),
    post: async ({ draft, circle: name, wait }) => {
      if (name !== undefined && name !== circle.name) return await none();
      if (draft.tlp === "red") throw new TocsinError("TLP_REFUSED", "TLP:RED is above what the circle allows");
      if (draft.indicators?.includes("ip:999.1.1.1"))
        throw new TocsinError("INDICATOR_INVALID", "ip:999.1.1.1 is no address");
      items.push(fakeItem(items.length + 1, { kind: draft.kind, text: draft.text ?? null }));
      const { id } = result(draft);
      if (wait) throw new TocsinError("TIMEOUT", "0 of 1 in time", { details: { id } });
      return result(draft);
    },
    relay: none,
    import: async ({ records }) => ({
      results: records.map(({ draft, key, ...place }) => {
        const bad = draft.indicators?.includes("bad") === true;
        const error = bad ? { code: "bad_input", message: "bad is no indicator" } : null;
        return {
          schema: "tocsin.result/1",
          ...place,
          key: key ?? null,
          id: bad ? null : "s-1",
          state: bad ? "rejected" : "queued",
          error,
        };
      }),
    }),
    feed: async ({ limit }) => ({
      schema: "tocsin.feed/1",
      items: items.slice(-limit),
      cursor: items.at(-1)?.cursor ?? "",
      next: null,
    }),
    show: async ({ id }) => {
      const item = items.find((candidate) => candidate.id.startsWith(id));
      if (!item) throw new TocsinError("NOT_FOUND", "no such item");
      return {
        ...item,
        thread: [],
        threadCut: false,
        holds: [],
        delivery: [{ org: "northwind", state: "held", at: NOW }],
        audience: ["acme-bank", "northwind"],
      };
    },
    search: async ({ words }) => ({
      schema: "tocsin.feed/1",
      items: words.includes("-org:hooli") ? items : [],
      cursor: "",
      next: null,
    }),
    check: async ({ indicators }) => ({
      schema: "tocsin.check/1",
      hits: indicators
        .filter((value) => value.includes("203.0.113.24"))
        .map((value) => ({
          type: "ip",
          value,
          items: [{ id: "s-1", circle: circle.name, org: "northwind", at: NOW, tlp: "amber", frozen: false }],
          corroboration: [],
        })),
      misses: indicators.filter((value) => !value.includes("203.0.113.24")).map((value) => ({ type: "ip", value })),
      rejected: [],
    }),
    "read.mark": async () => ({}),
  };
}
