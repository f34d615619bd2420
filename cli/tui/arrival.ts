// What comes from the daemon: a whole snapshot, items that arrive, one item as it is now. Pure.

import type { ItemDocument, StatusDocument } from "../../src/api/documents.ts";
import { answered } from "./answered.ts";
import { pinned } from "./alerts.ts";
import { calls } from "./calls.ts";
import { detailId } from "./chosen.ts";
import { type Effect, type ScreenEvent, type Snapshot, type Stepped, still } from "./events.ts";
import { ALERTS_MAX, cursorOrder, HISTORY_MAX, listed, LOADED_MAX, type Screen } from "./screen.ts";
import { fetchView } from "./views/views.ts";

const SHOWN_AT_ONCE_MAX = 8;

/** An item as it is now: in the detail, where it is open, and in every list that has it. */
export function shown(screen: Screen, { item }: ScreenEvent & { kind: "shown" }): Stepped {
  const put = (list: readonly ItemDocument[]): readonly ItemDocument[] =>
    list.some(({ id }) => id === item.id) ? list.map((one) => (one.id === item.id ? { ...one, ...item } : one)) : list;
  const next = { ...screen, asks: put(screen.asks), incidents: put(screen.incidents) };
  return still(item.id === detailId(screen) ? { ...next, detail: item } : next);
}

/** Takes in a whole snapshot: at the start, after a reconnect and when another circle is opened. */
export function restart(screen: Screen, snapshot: Snapshot, now: number): Stepped {
  const other = snapshot.circle !== screen.circle;
  const next: Screen = {
    ...screen,
    ...statusOf(snapshot.status),
    now,
    lostAt: undefined,
    notice: screen.lostAt === undefined ? screen.notice : undefined,
    peers: snapshot.peers,
    circle: snapshot.circle,
    circleAt: placeOf(snapshot.status.circles, snapshot.circle),
    items: merge([], snapshot.items, LOADED_MAX),
    unread: new Set(snapshot.unread),
    newest: snapshot.newest,
    ...{ older: snapshot.older ?? null, isAskingOlder: false },
    notify: snapshot.notify,
    ...(other ? { selected: screen.wanted, top: 0, unreadOnly: false } : {}),
    wanted: undefined,
  };
  const alerts = merge([], snapshot.alerts, ALERTS_MAX);
  const asks = merge([], snapshot.asks ?? [], ALERTS_MAX);
  const incidents = merge([], snapshot.incidents ?? [], ALERTS_MAX);
  const full = { ...next, alerts, asks, incidents };
  return {
    screen: full,
    effects: [
      ...rings(full, calls(next, screen.alerts, alerts)),
      ...showAgain(other ? next : screen),
      ...fetchView(next),
    ],
  };
}

export function arrive(screen: Screen, arrived: readonly ItemDocument[]): Stepped {
  const here = arrived.filter(({ circle, kind }) => circle.id === screen.circle && kind !== "ack");
  const known = new Set(screen.items.map(({ id }) => id));
  const items = merge(screen.items, here, LOADED_MAX).map((item) => answered(item, arrived));
  const kept = new Set(items.map(({ id }) => id));
  const fresh = here.filter(({ id, mine }) => !mine && !known.has(id)).map(({ id }) => id);
  const across = (list: readonly ItemDocument[], wanted: ItemDocument["kind"]): readonly ItemDocument[] =>
    merge(
      list,
      arrived.filter(({ kind }) => kind === wanted),
      ALERTS_MAX,
    ).map((item) => answered(item, arrived));
  const alerts = across(screen.alerts, "alert");
  const asks = across(screen.asks, "ask");
  const incidents = across(screen.incidents, "incident");
  const others = arrived.filter(({ id, kind }) => kind !== "alert" && !known.has(id));
  const next: Screen = {
    ...screen,
    items,
    alerts,
    asks,
    incidents,
    unread: new Set([...screen.unread, ...fresh].filter((id) => kept.has(id))),
    newest: arrived.map(({ cursor }) => cursor).reduce(later, screen.newest),
  };
  // Who scrolled down keeps the same items in view; whoever is at the top sees what comes.
  const anchor = screen.top === 0 ? undefined : listed(screen)[screen.top]?.id;
  const top =
    anchor === undefined
      ? 0
      : Math.max(
          0,
          listed(next).findIndex(({ id }) => id === anchor),
        );
  const open = detailId(screen);
  // What others say about an ask or an incident is counted by the daemon, which knows who may.
  const counted = new Set([...asks, ...incidents].map(({ id }) => id));
  const about = new Set(arrived.map(({ re }) => re ?? ""));
  if (open !== undefined && arrived.some(({ id }) => id === open)) about.add(open);
  const again = [...about].filter((id) => id === open || counted.has(id));
  const asked = again.slice(0, SHOWN_AT_ONCE_MAX).map((id) => ({ kind: "show", id }) as const);
  const full = { ...next, top, history: lengthened(screen, here) };
  return {
    screen: full,
    effects: [
      { kind: "refresh" },
      ...rings(full, calls(next, screen.alerts, [...alerts, ...others])),
      ...asked,
      ...fetchView(full),
    ],
  };
}

/** `items` with `added` in place of their older versions, newest first, at most `max`. */
export function merge(
  items: readonly ItemDocument[],
  added: readonly ItemDocument[],
  max: number,
): readonly ItemDocument[] {
  const byId = new Map([...items, ...added].map((item) => [item.id, item]));
  return [...byId.values()].toSorted(newestFirst).slice(0, max);
}

function later(left: string, right: string): string {
  return cursorOrder(left, right) < 0 ? right : left;
}

function newestFirst(left: ItemDocument, right: ItemDocument): number {
  return right.at.localeCompare(left.at) || cursorOrder(right.cursor, left.cursor);
}

function lengthened({ history, circle }: Screen, here: readonly ItemDocument[]): Screen["history"] {
  if (history?.circle !== circle || here.length === 0) return history;
  return { ...history, items: merge(history.items, here, HISTORY_MAX) };
}

/** The bell, and the desktop told without a word of what was said: whoever looks over a shoulder reads it too. */
export function rings(screen: Screen, isCalled: boolean): Effect[] {
  if (!isCalled) return [];
  const waiting = pinned(screen);
  const names = [...new Set(waiting.map(({ circle }) => circle.name))];
  const need = `${waiting.length} ${waiting.length === 1 ? "alert needs" : "alerts need"} your ack`;
  const text = waiting.length === 0 ? "tocsin: news" : `tocsin: ${need} (${names.slice(0, 3).join(", ")})`;
  return [{ kind: "bell" }, { kind: "desktop", text }];
}

export function showAgain(screen: Screen): Effect[] {
  const id = detailId(screen);
  return id === undefined ? [] : [{ kind: "show", id }];
}

export function statusOf(
  status: StatusDocument,
): Pick<
  Screen,
  "org" | "seat" | "circles" | "peersUp" | "outbox" | "undelivered" | "connected" | "since" | "spool" | "clockSkewMs"
> {
  const { org, seat, circles, peers, outbox, undelivered, connected, since, spool, clockSkewMs } = status;
  return { org, seat, circles, peersUp: peers, outbox, undelivered, connected, since, spool, clockSkewMs };
}

export function placeOf(circles: Screen["circles"], circle: string): number {
  return Math.max(
    0,
    circles.findIndex(({ id }) => id === circle),
  );
}
