// The Store in memory, for tests of everything above it: the same contract, by plain lists and searches.

import { extended, TRAIL_START, type TrailRow } from "../../src/audit/trail.ts";
import { assert } from "../../src/base/assert.ts";
import { toHex } from "../../src/base/bytes.ts";
import { limits } from "../../src/base/limits.ts";
import { indicatorsOf, referenceOf } from "../../src/record/body.ts";
import type { CircleId, LaneId, MemberId, RecordId } from "../../src/record/ids.ts";
import type { VerifiedRecord } from "../../src/record/record.ts";
import { emptied } from "../../src/record/emptied.ts";
import { decodeEnvelope, isPruned, prunedEnvelope } from "../../src/record/wire.ts";
import { makeItem } from "../../src/store/item-codec.ts";
import type {
  CircleRow,
  Commit,
  ErasedWhy,
  Erasure,
  FeedQuery,
  HeldDraft,
  Item,
  Kept,
  LaneRow,
  Opening,
  Store,
} from "../../src/store/store.ts";

type Entry = {
  record: VerifiedRecord;
  receivedAt: number;
  content: Kept["content"];
  salt: Uint8Array | undefined;
  /** Its place among the posts that were not opened on arrival, from 1. */
  unread: number | undefined;
  erased: ErasedWhy | undefined;
  /** Under a legal hold, what was there before. */
  whole: Opening | undefined;
};

type Circle = {
  row: CircleRow | undefined;
  readonly lanes: Map<LaneId, Entry[]>;
  /** In order of arrival. */
  readonly entries: Entry[];
  readonly held: Map<MemberId, Map<LaneId, number>>;
  readonly receipts: Map<string, Uint8Array>;
  readonly scripts: Map<string, { readonly id: RecordId; readonly at: number }>;
  drafts: readonly HeldDraft[];
  lastUnread: number;
};

/** An empty store that forgets everything with its process. */
export function memoryStore(): Store {
  const circles = new Map<CircleId, Circle>();
  const records = new Map<RecordId, Entry>();
  const items: Item[] = [];
  const settings = new Map<string, Uint8Array>();
  const peers = new Map<string, Uint8Array>();
  const own = new Map<string, Uint8Array>();
  const rows: TrailRow[] = [];
  let end = TRAIL_START;
  let closed = false;

  function open(): void {
    assert(!closed, "the store is closed");
  }

  function admit(entry: Entry): void {
    const { record, receivedAt, content, erased } = entry;
    if (typeof content === "string") return;
    items.push(makeItem(record, { cursor: items.length + 1, receivedAt, body: content, ...(erased && { erased }) }));
  }

  /** Takes the body from an entry. */
  function erase(entry: Entry, { why, withheld = false }: Erasure): void {
    const { record, content, salt } = entry;
    if (content === "hollow" || (entry.erased && !(entry.whole && !withheld))) return;
    if (typeof content === "string" && withheld) return;
    if (withheld && salt && typeof content === "object") entry.whole = { envelope: record.bytes, salt, body: content };
    else entry.whole = undefined;
    entry.erased = why;
    entry.salt = undefined;
    entry.content = typeof content === "string" ? "malformed" : emptied(content);
    entry.record = decodeEnvelope(prunedEnvelope(record)) as VerifiedRecord;
    const at = items.findIndex(({ id }) => id === record.id);
    const item = items[at];
    if (item && typeof entry.content === "object") items[at] = { ...item, body: entry.content, erased: why };
  }

  function check(circle: Circle | undefined, change: Commit): void {
    const heads = new Map<LaneId, { readonly seq: number; readonly id: RecordId | undefined }>();
    for (const { record, content } of change.records) {
      const { header, id } = record;
      const held = circle?.lanes.get(header.lane);
      const head = heads.get(header.lane) ?? { seq: held?.length ?? 0, id: held?.at(-1)?.record.id };
      assert(header.circle === change.circle, "a commit keeps records of one circle");
      assert(header.seq === head.seq && header.prev === head.id, "a record is the next of its lane");
      assert((content === "control") === (header.kind !== "post"), "every record but a post is a control record");
      heads.set(header.lane, { seq: header.seq + 1, id });
    }
  }

  async function commit(change: Commit): Promise<readonly Item[]> {
    open();
    check(circles.get(change.circle), change);
    const circle: Circle = circles.get(change.circle) ?? {
      row: undefined,
      lanes: new Map(),
      entries: [],
      held: new Map(),
      receipts: new Map(),
      scripts: new Map(),
      drafts: [],
      lastUnread: 0,
    };
    circles.set(change.circle, circle);
    circle.row = change.row ?? circle.row;
    const before = items.length;
    for (const { record, receivedAt, content, salt, erased, idempotencyKey } of change.records) {
      const unread = isUnread(content) ? ++circle.lastUnread : undefined;
      const entry: Entry = {
        record: content === "hollow" ? hollow(record) : record,
        receivedAt,
        content,
        salt,
        unread,
        ...{ erased: undefined, whole: undefined },
      };
      if (erased) erase(entry, erased);
      circle.entries.push(entry);
      records.set(record.id, entry);
      circle.lanes.set(record.header.lane, [...(circle.lanes.get(record.header.lane) ?? []), entry]);
      admit(entry);
      if (idempotencyKey !== undefined) circle.scripts.set(idempotencyKey, { id: record.id, at: receivedAt });
    }
    for (const { record, receivedAt, content, salt, erased } of change.opened ?? []) {
      const entry = records.get(record.id);
      if (entry?.content !== "sealed" && entry?.content !== "malformed") continue;
      entry.content = content;
      entry.salt = salt;
      if (erased) erase(entry, erased);
      admit({ ...entry, receivedAt });
    }
    for (const { record, receivedAt, content, salt, erased } of change.filled ?? []) {
      const entry = records.get(record.id);
      if (entry?.content !== "hollow") continue;
      Object.assign(entry, { record, receivedAt, content, salt });
      entry.unread = isUnread(content) ? ++circle.lastUnread : undefined;
      if (erased) erase(entry, erased);
      admit(entry);
    }
    for (const erasing of change.erased ?? []) {
      const entry = records.get(erasing.id);
      if (entry && entry.content !== "control") erase(entry, erasing);
    }
    for (const { member, frontier } of change.held ?? []) {
      const lanes = circle.held.get(member) ?? new Map<LaneId, number>();
      for (const [lane, length] of frontier) if (length > 0) lanes.set(lane, Math.max(length, lanes.get(lane) ?? 0));
      if (lanes.size > 0) circle.held.set(member, lanes);
    }
    for (const { member, lane, bytes } of change.receipts ?? []) circle.receipts.set(`${member} ${lane}`, bytes);
    const settled = new Map((change.settled ?? []).map((one) => [one.number, one]));
    circle.drafts = circle.drafts.flatMap((held) => {
      const refused = settled.get(held.number)?.refused;
      if (!settled.has(held.number)) return [held];
      return refused === undefined ? [] : [{ ...held, refused }];
    });
    for (const draft of change.drafts ?? [])
      circle.drafts = [...circle.drafts, { ...draft, number: (circle.drafts.at(-1)?.number ?? 0) + 1 }];
    for (const entry of change.trail ?? []) {
      end = extended(end, entry);
      rows.push({ number: end.length, entry, link: end.link });
    }
    return items.slice(before);
  }

  function laneRow([lane, entries]: readonly [LaneId, readonly Entry[]]): readonly LaneRow[] {
    const last = entries.at(-1)?.record;
    return last ? [{ lane, author: last.header.author, length: entries.length, head: last.id }] : [];
  }

  const sealedIn = (circle: CircleId): Entry[] =>
    circles.get(circle)?.entries.filter(({ content }) => content === "sealed") ?? [];
  const itemOf = (id: RecordId): Item | undefined => items.find((item) => item.id === id);

  function thread(root: RecordId, limit: number): readonly Item[] {
    const circle = itemOf(root)?.circle;
    const found: Item[] = [];
    const questions = [root];
    for (const question of questions) {
      for (const item of items) {
        if (referenceOf(item.body) !== question || found.length >= limit) continue;
        if (item.circle !== (circle ?? found[0]?.circle ?? item.circle)) continue;
        found.push(item);
        questions.push(item.id);
      }
    }
    return found.sort((left, right) => left.at - right.at || left.cursor - right.cursor);
  }

  function rootOf(id: RecordId): RecordId {
    const item = itemOf(id);
    const above = item && referenceOf(item.body);
    const parent = above === undefined ? undefined : itemOf(above);
    return parent && parent.circle === item?.circle ? rootOf(parent.id) : id;
  }

  return {
    commit,
    circles: async () => [...circles.values()].flatMap(({ row }) => (row ? [row] : [])),
    lanes: async (circle) => [...(circles.get(circle)?.lanes ?? [])].flatMap(laneRow),
    control: async function* (circle) {
      const entries = [...(circles.get(circle)?.entries ?? [])];
      for (const { record, content } of entries) if (content === "control") yield record.bytes;
    },
    bytes: async (circle) =>
      (circles.get(circle)?.entries ?? []).reduce((bytes, { record }) => bytes + record.bytes.length, 0),
    envelope: async (id) => records.get(id)?.record.bytes,
    range: async function* (circle, { lane, from, to }) {
      const entries = circles.get(circle)?.lanes.get(lane) ?? [];
      for (const { record } of entries.slice(from, Math.max(from, to))) yield record.bytes;
    },
    sealedUnder: async function* (circle, epoch) {
      for (const { record, receivedAt } of sealedIn(circle)) {
        if (record.header.epoch === epoch && !isPruned(record)) yield { envelope: record.bytes, receivedAt };
      }
    },
    sealed: async function* (circle, after) {
      const sealed = sealedIn(circle).sort((left, right) => (left.unread ?? 0) - (right.unread ?? 0));
      for (const { record, receivedAt, unread = 0 } of sealed)
        if (unread > after) yield { number: unread, envelope: record.bytes, receivedAt };
    },
    sealedCount: async (circle) => sealedIn(circle).length,
    opening: async (id) => {
      const { record, content, salt, erased } = records.get(id) ?? {};
      if (!record || !salt || erased || typeof content !== "object") return undefined;
      return { envelope: record.bytes, salt, body: content };
    },
    item: async (id) => itemOf(id),
    resolve: async (from, to, limit) => {
      const ids = items.map(({ id }) => id).filter((id) => id >= from && id <= to);
      return ids.sort().slice(0, limit);
    },
    feed: async function* (query) {
      yield* items
        .filter((item) => asked(item, query))
        .sort(newestFirst)
        .slice(0, query.limit);
    },
    thread: async (root, limit) => thread(root, limit),
    rootOf: async (id) => rootOf(id),
    byIndicator: async ({ type, value }, limit) =>
      items
        .filter(({ body }) =>
          indicatorsOf(body).some((indicator) => indicator.type === type && indicator.value === value),
        )
        .reverse()
        .slice(0, limit),
    after: async (cursor, limit) => items.filter((item) => item.cursor > cursor).slice(0, limit),
    lastCursor: async () => items.length,
    itemCount: async (circle) => items.filter((item) => item.circle === circle).length,
    byIdempotencyKey: async (circle, key, now) => {
      const script = circles.get(circle)?.scripts.get(key);
      return script && now - script.at <= limits.idempotencyKeepMs ? script.id : undefined;
    },
    unopened: async function* (circle) {
      const entries = circles.get(circle)?.entries ?? [];
      for (const { content, record, receivedAt, erased } of entries) {
        if (!isUnread(content)) continue;
        const { id, header } = record;
        const place = { id, lane: header.lane, seq: header.seq, receivedAt };
        yield { ...place, erased: erased !== undefined, hollow: content === "hollow" };
      }
    },
    receipts: async function* (circle) {
      yield* [...(circles.get(circle)?.receipts.values() ?? [])];
    },
    held: async (circle) =>
      new Map([...(circles.get(circle)?.held ?? [])].map(([member, lanes]) => [member, new Map(lanes)])),
    trail: async function* (after) {
      yield* rows.slice(after);
    },
    trailEnd: async () => end,
    drafts: async (circle) => circles.get(circle)?.drafts ?? [],
    setting: async (name) => settings.get(name),
    putSetting: async (name, value) => {
      open();
      assert(value.length <= limits.settingBytesMax, "a setting is small");
      settings.set(name, value.slice());
    },
    peers: async function* () {
      yield* peers.values();
    },
    putPeer: async (name, value) => {
      open();
      assert(value.length <= limits.peerRowBytesMax, "the row of a peer is small");
      peers.set(toHex(name), value.slice());
    },
    withheld: async (id) => records.get(id)?.whole,
    purge: async () => undefined,
    own: async function* (kind) {
      yield* [...own].flatMap(([key, value]) => (key.startsWith(`${kind} `) ? [value] : []));
    },
    ownRow: async (kind, name) => own.get(`${kind} ${toHex(name)}`),
    putOwn: async (kind, rows) => {
      open();
      for (const { name, value } of rows) {
        assert((value?.length ?? 0) <= limits.ownRowBytesMax, "a row of the node's own is small");
        if (value) own.set(`${kind} ${toHex(name)}`, value.slice());
        else own.delete(`${kind} ${toHex(name)}`);
      }
    },
    size: async () => [...records.values()].reduce((bytes, { record }) => bytes + record.bytes.length, 0),
    [Symbol.asyncDispose]: async () => {
      closed = true;
    },
  };
}

function isUnread(content: Kept["content"]): boolean {
  return content === "sealed" || content === "malformed" || content === "hollow";
}

/** The record as it is kept without its payload. */
function hollow(record: VerifiedRecord): VerifiedRecord {
  return { ...record, payload: new Uint8Array(0), bytes: prunedEnvelope(record) };
}

function newestFirst(left: Item, right: Item): number {
  return right.at - left.at || right.cursor - left.cursor;
}

function asked(item: Item, { circle, kinds, since, until, before }: FeedQuery): boolean {
  return (
    (circle === undefined || item.circle === circle) &&
    (kinds === undefined || kinds.includes(item.body.kind)) &&
    (since === undefined || item.at >= since) &&
    (until === undefined || item.at <= until) &&
    (before === undefined || item.at < before.at || (item.at === before.at && item.cursor < before.cursor))
  );
}
