// Routes that read: feed, one item, search, check, status, and what a screen follows live.

import { toRfc3339 } from "../base/clock.ts";
import { asTocsinError, TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { utf8 } from "../base/bytes.ts";
import { printId } from "../record/ids.ts";
import type { Indicator } from "../record/body.ts";
import { parseIndicator } from "../record/indicator.ts";
import type { FeedQuery, Item } from "../store/store.ts";
import { firstOf } from "../node/bell.ts";
import { standing } from "../circle/correction.ts";
import { orgOf } from "../node/circle-state.ts";
import { markRead, readMark } from "../node/reading.ts";
import { errandOf } from "../node/sponsor.ts";
import { receiptsDue } from "../node/receipts.ts";
import type { LiveCircle, Rooms } from "../node/rooms.ts";
import type { ItemStanding } from "../node/standing.ts";
import type { FeedEvent, Routes, Subscribe } from "./desk.ts";
import type { CheckDocument, CheckHit, FeedDocument } from "./documents.ts";
import { changesSince, headsOf, presentChange } from "./changes.ts";
import { corroborationsOf, namedBy } from "./corroboration.ts";
import { audienceOf, deliveryOf } from "./delivery.ts";
import { findCircle, findItem } from "./lookup.ts";
import { isContested, isForDrills, isFrozen, presentItem } from "./present.ts";
import { searchIn } from "./search.ts";
import { parseRequest, requests } from "./requests.ts";
import { presentCopies, presentHoldsOf } from "./routes-custody.ts";

const THREAD_MAX = 1_000;
/** Newest items that an indicator's hit names. */
const HITS_MAX = 20;
/** Of the items in one answer; the line that carries it has room for more. */
const ANSWER_BYTES_MAX = limits.apiLineBytesMax / 2;
const PAGE = 100;
/** How many items are presented at once. */
const TOGETHER = 16;
/** So many posts are looked through in the order of arrival, for those that are unread. */
const ARRIVED_MAX = 2_000;
const CHANGES_EVERY_MS = 100;

export function readRoutes(rooms: Rooms): Pick<Routes, "feed" | "show" | "search" | "check" | "read.mark"> {
  return {
    feed: async (params) => {
      const request = parseRequest(requests.feed, params);
      const live = request.circle === undefined ? undefined : findCircle(rooms, request.circle);
      const before = request.before === undefined ? undefined : await itemAt(rooms, request.before);
      const query: FeedQuery = {
        ...(live ? { circle: live.row.id } : {}),
        ...(request.kinds ? { kinds: request.kinds } : {}),
        ...(request.since === undefined ? {} : { since: Date.parse(request.since) }),
        ...(before ? { before: { at: before.at, cursor: before.cursor } } : {}),
        limit: Number.MAX_SAFE_INTEGER,
      };
      const marks = new Map<string, number>();
      if (request.unread)
        for (const one of rooms.circles.values()) marks.set(one.row.id, await readMark(rooms, one.row.id));
      const found = (await newlyArrived(rooms, query, marks)) ?? rooms.store.feed(query);
      return collect(rooms, found, request.limit, (item) => {
        if (request.exercise !== undefined && item.exercise !== request.exercise) return false;
        if (request.tlp !== undefined && item.body.tlp !== request.tlp) return false;
        if (request.from !== undefined && !isFrom(rooms, item, request.from)) return false;
        return !request.unread || (item.author !== rooms.me.id && item.cursor > (marks.get(item.circle) ?? 0));
      });
    },
    show: async (params) => {
      const item = await findItem(rooms, parseRequest(requests.id, params).id);
      const answers = await rooms.store.thread(item.id, THREAD_MAX);
      const { items: thread, next } = await collect(rooms, fromList(answers), THREAD_MAX, () => true);
      const { by } = standing(rooms.circles.get(item.circle)?.state.roster, item, answers);
      const copies = by && presentCopies(rooms, item, by);
      const errand = await errandOf(rooms, item);
      const live = errand && rooms.circles.get(errand.circle);
      const sponsoredFor = live && orgOf(live.state, errand.author);
      return {
        ...(await presentItem(rooms, item)),
        ...{ thread, holds: presentHoldsOf(rooms, item), ...(copies && { copies }) },
        ...(sponsoredFor !== undefined && { sponsoredFor }),
        threadCut: next !== null,
        delivery: deliveryOf(rooms, item, answers),
        audience: audienceOf(rooms, item).map(({ org }) => org),
      };
    },
    search: async (params) => {
      const request = parseRequest(requests.search, params);
      const live = request.circle === undefined ? undefined : findCircle(rooms, request.circle);
      return collect(rooms, searchIn(rooms, live?.row.id, request.words), request.limit, () => true);
    },
    check: async (params) => {
      const request = parseRequest(requests.check, params);
      const live = request.circle === undefined ? undefined : findCircle(rooms, request.circle);
      const hits = [];
      const misses = [];
      const rejected: CheckDocument["rejected"] = [];
      for (const text of request.indicators) {
        const indicator = parsed(text, rejected);
        if (!indicator) continue;
        const found = (await namedBy(rooms, indicator))
          .filter(({ root }) => (!live || root.circle === live.row.id) && !isContested(rooms, root))
          .filter(({ root }) => root.exercise === (request.exercise ?? isForDrills(rooms.circles.get(root.circle))));
        const { type, value } = indicator;
        if (found.length === 0) misses.push({ type, value });
        else {
          const corroboration = [...corroborationsOf(rooms, indicator, found)].map(([id, one]) => ({
            ...{ circle: rooms.circles.get(id)?.row.name ?? "", ...one },
          }));
          const items = found.slice(0, HITS_MAX).map((one) => presentHit(rooms, one));
          hits.push({ type, value, items, corroboration });
        }
      }
      return { schema: "tocsin.check/1", hits, misses, rejected };
    },
    "read.mark": async (params) => {
      const { circle, cursor } = parseRequest(requests.readMark, params);
      const live = findCircle(rooms, circle);
      if (await markRead(rooms, live.row.id, Number(cursor))) receiptsDue(rooms, live.row.id);
      return {};
    },
  };
}

/** One bad line of a long list must not keep the answer on the others back. */
function parsed(text: string, rejected: CheckDocument["rejected"]): Indicator | undefined {
  try {
    return parseIndicator(text);
  } catch (cause) {
    rejected.push({ value: text, message: asTocsinError(cause).message });
    return undefined;
  }
}

function presentHit(rooms: Rooms, { root: item, body }: ItemStanding): CheckHit {
  const circle = rooms.circles.get(item.circle)?.row.name ?? "";
  return {
    id: printId(item.body.kind, item.id),
    circle,
    org: orgOfItem(rooms, item),
    at: toRfc3339(item.at),
    tlp: body.tlp,
    frozen: isFrozen(rooms, item),
  };
}

/** Items after a cursor as they arrive, and word that something else changed. Reads the store at the reader's pace. */
export function subscribeTo(rooms: Rooms): Subscribe {
  return async (params, { signal }) => {
    const request = parseRequest(requests.subscribe, params);
    const live = request.circle === undefined ? undefined : findCircle(rooms, request.circle);
    const after =
      request.after === undefined || request.after === "" ? await rooms.store.lastCursor() : Number(request.after);
    if (after > (await rooms.store.lastCursor()))
      throw new TocsinError("INPUT_INVALID", `cursor ${after} is of another home: this node is not there yet`, {
        hint: "start again with --since 0",
      });
    const wanted = (item: Item): boolean =>
      (!live || item.circle === live.row.id) && (!request.kinds || request.kinds.includes(item.body.kind));
    // Whoever asks for some kinds of items asks for these alone.
    const followed = (): readonly LiveCircle[] => (request.kinds ? [] : live ? [live] : [...rooms.circles.values()]);
    return { cursor: String(after), events: follow(rooms, after, { wanted, followed, signal }) };
  };
}

async function* follow(
  rooms: Rooms,
  after: number,
  options: {
    readonly wanted: (item: Item) => boolean;
    /** The circles whose changes of membership are told. */
    readonly followed: () => readonly LiveCircle[];
    readonly signal: AbortSignal;
  },
): AsyncGenerator<FeedEvent> {
  const { wanted, followed, signal } = options;
  let cursor = after;
  let seenChanges = rooms.changes.count();
  let heads = headsOf(rooms);
  while (!signal.aborted) {
    const seenItems = rooms.items.count();
    const items = await rooms.store.after(cursor, PAGE);
    for (const item of items) {
      cursor = item.cursor;
      if (wanted(item)) yield { kind: "item", item: await presentItem(rooms, item) };
    }
    if (items.length > 0) continue;
    const newItem = async (ended: AbortSignal): Promise<void> => rooms.items.after(seenItems, ended);
    try {
      if (rooms.changes.count() > seenChanges) {
        seenChanges = rooms.changes.count();
        const [before, now] = [heads, headsOf(rooms)];
        heads = now;
        for (const live of followed()) {
          const since = before.get(live);
          // A circle of which nothing was known is told of by its log.
          if (!since || since.length === 0) continue;
          for (const entry of changesSince(live, since))
            yield { kind: "membership", change: presentChange(live, entry) };
        }
        yield { kind: "changed" };
        // At most ten a second; an item still comes at once.
        await firstOf(signal, newItem, async (ended) => rooms.clock.wait(CHANGES_EVERY_MS, ended));
      } else await firstOf(signal, newItem, async (ended) => rooms.changes.after(seenChanges, ended));
    } catch (cause) {
      if (!signal.aborted) throw cause;
    }
  }
}

/** A page of what is wanted: `limit` items at most, and fewer where they would not fit one line of the API. */
async function collect(
  rooms: Rooms,
  items: AsyncIterable<Item>,
  limit: number,
  wanted: (item: Item) => boolean,
): Promise<FeedDocument> {
  const page: FeedDocument = {
    schema: "tocsin.feed/1",
    items: [],
    cursor: String(await rooms.store.lastCursor()),
    next: null,
  };
  let bytes = 0;
  for await (const group of grouped(items, wanted)) {
    // Each is a few reads of the store that wait for the disk: they wait together.
    for (const document of await Promise.all(group.map(async (item) => presentItem(rooms, item)))) {
      const last = page.items.at(-1);
      bytes += utf8(JSON.stringify(document)).length;
      if (last && (page.items.length >= limit || bytes > ANSWER_BYTES_MAX)) return { ...page, next: last.cursor };
      page.items.push(document);
    }
  }
  return page;
}

/** Those that are wanted, in order, a few at a time. */
async function* grouped(items: AsyncIterable<Item>, wanted: (item: Item) => boolean): AsyncGenerator<readonly Item[]> {
  let group: Item[] = [];
  for await (const item of items) {
    if (!wanted(item)) continue;
    group.push(item);
    if (group.length < TOGETHER) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

/**
 * What arrived since everything before it was read, in the order of the feed; undefined where that is not asked for or is much. Who has
 * read nearly all of a long log must not wait until the whole of it was looked through.
 */
async function newlyArrived(
  { store }: Rooms,
  { circle, kinds, since, before }: FeedQuery,
  marks: ReadonlyMap<string, number>,
): Promise<AsyncIterable<Item> | undefined> {
  const from = Math.min(...[...marks].filter(([id]) => circle === undefined || id === circle).map(([, mark]) => mark));
  if (from === Infinity || (await store.lastCursor()) - from > ARRIVED_MAX) return undefined;
  const isOlder = (item: Item, than: NonNullable<FeedQuery["before"]>): boolean =>
    item.at < than.at || (item.at === than.at && item.cursor < than.cursor);
  const arrived = (await store.after(from, ARRIVED_MAX))
    .filter((item) => circle === undefined || item.circle === circle)
    .filter((item) => !kinds || kinds.includes(item.body.kind))
    .filter((item) => (since === undefined || item.at >= since) && (!before || isOlder(item, before)))
    .toSorted((left, right) => right.at - left.at || right.cursor - left.cursor);
  return fromList(arrived);
}

async function* fromList(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}

async function itemAt(rooms: Rooms, cursor: string): Promise<Item> {
  const [item] = /^\d{1,15}$/.test(cursor) ? await rooms.store.after(Number(cursor) - 1, 1) : [];
  if (!item) throw new TocsinError("NOT_FOUND", "there is no item at this cursor");
  return item;
}

function isFrom(rooms: Rooms, item: Item, named: string): boolean {
  return orgOfItem(rooms, item) === named || (named.length >= 6 && item.author.startsWith(named.toLowerCase()));
}

function orgOfItem(rooms: Rooms, item: Item): string {
  const live = rooms.circles.get(item.circle);
  return live ? orgOf(live.state, item.author) : item.author.slice(0, 8);
}
