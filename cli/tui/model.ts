// The screen as a pure reducer: state and event in, state and effects out. Nothing here waits, draws or asks the time;
// effects are carried out at the rim (`run.tsx`).

import type { ItemDocument, StatusDocument } from "../../src/api/documents.ts";
import { unreachable } from "../../src/base/assert.ts";
import { answered } from "./answered.ts";
import { calls, callsAgain } from "./calls.ts";
import { linesBelow } from "./detail-lines.ts";
import { type Effect, type ScreenEvent, type Snapshot, type Stepped, still } from "./events.ts";
import { pressKey } from "./keymap.ts";
import { feedPage, insideOf } from "./layout.ts";
import { formEvent } from "./forms/form-events.ts";
import { markRead } from "./reading.ts";
import { pinned } from "./alerts.ts";
import { detailId, itemsOf } from "./chosen.ts";
import { ALERTS_MAX, cursorOrder, HISTORY_MAX, ITEMS_MAX, listed, type Screen } from "./screen.ts";
import { isSame, sendDue, taken } from "./sending.ts";
import { fetchView, rowsOf } from "./views/views.ts";
import { shortId } from "./words.ts";

const SHOWN_AT_ONCE_MAX = 8;

/** The screen after `event`. The same object comes back where nothing changed. */
export function step(screen: Screen, event: ScreenEvent): Stepped {
  const next = respond(screen, event);
  return next.screen === screen ? next : settle(screen, next);
}

function respond(screen: Screen, event: ScreenEvent): Stepped {
  switch (event.kind) {
    case "snapshot":
      return restart(screen, event.snapshot, event.now);
    case "arrived":
      return arrive(screen, event.items);
    case "changed":
      return { screen, effects: [{ kind: "refresh" }, ...showAgain(screen), ...fetchView(screen)] };
    case "refreshed":
      return refreshed({ ...screen, ...statusOf(event.status), peers: event.peers });
    case "shown":
      return shown(screen, event);
    case "key":
      return pressKey({ ...screen, now: event.now, notice: undefined }, event.key);
    case "resize":
      return still({ ...screen, columns: event.columns, rows: event.rows });
    case "tick":
      return tick(screen, event.now);
    case "lost":
      return still({ ...screen, lostAt: event.now, now: event.now });
    case "sent":
      return sent(screen, event);
    case "members":
      return still({ ...screen, members: event.circles });
    case "held":
      return still({ ...screen, outboxList: event.outbox });
    case "history":
      return still({ ...screen, history: event.history });
    case "found":
      return still({ ...screen, found: event.found, row: 0 });
    case "nudged": {
      const { id, waiting } = event;
      return still({ ...screen, notice: { text: `✓ ${shortId(id)}: reminded ${waiting.join(", ")}`, tone: "plain" } });
    }
    case "failed": {
      const { sending, message } = event;
      return still({
        ...screen,
        sending: screen.sending.filter((one) => !sending || !isSame(one, sending)),
        notice: { text: `✗ ${message}`, tone: "warn" },
      });
    }
    case "rehearsed":
    case "unposted":
    case "posted":
    case "wrote":
    case "printed":
    case "ended":
    case "verifying":
    case "unverified":
    case "previewed":
    case "joined":
    case "unjoined":
      return formEvent(screen, event);
    default:
      return unreachable(event);
  }
}

/** An item as it is now: in the detail, where it is open, and in every list that has it. */
function shown(screen: Screen, { item }: ScreenEvent & { kind: "shown" }): Stepped {
  const put = (list: readonly ItemDocument[]): readonly ItemDocument[] =>
    list.some(({ id }) => id === item.id) ? list.map((one) => (one.id === item.id ? { ...one, ...item } : one)) : list;
  const next = { ...screen, asks: put(screen.asks), incidents: put(screen.incidents) };
  return still(item.id === detailId(screen) ? { ...next, detail: item } : next);
}

/** Takes in a whole snapshot: at the start, after a reconnect and when another circle is opened. */
function restart(screen: Screen, snapshot: Snapshot, now: number): Stepped {
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
    items: merge([], snapshot.items, ITEMS_MAX),
    unread: new Set(snapshot.unread),
    newest: snapshot.newest,
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

/** The first circle opens by itself, as soon as this node founded or joined one. */
function refreshed(screen: Screen): Stepped {
  const [first] = screen.circles;
  if (screen.circle !== "" || first === undefined) return still(screen);
  return { screen, effects: [{ kind: "load", circle: first.id }] };
}

function arrive(screen: Screen, arrived: readonly ItemDocument[]): Stepped {
  const here = arrived.filter(({ circle, kind }) => circle.id === screen.circle && kind !== "ack");
  const known = new Set(screen.items.map(({ id }) => id));
  const items = merge(screen.items, here, ITEMS_MAX).map((item) => answered(item, arrived));
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

/** What waited for its three seconds is handed to the daemon; the minute moves the times on the screen. */
function tick(screen: Screen, now: number): Stepped {
  const waiting = screen.sending.some(({ sent: left }) => !left);
  if (!waiting && Math.floor(now / 60_000) === Math.floor(screen.now / 60_000)) return still(screen);
  const due = sendDue(screen, now);
  const next = { ...due.screen, now };
  return { screen: next, effects: [...due.effects, ...rings(next, callsAgain(screen, now))] };
}

function sent(screen: Screen, event: ScreenEvent & { kind: "sent" }): Stepped {
  const next = taken(screen, event);
  if (event.result.state === "held") return still(next);
  // Who answers has read.
  const read = markRead(next, new Set([...screen.unread].filter((id) => id !== event.sending.id)));
  const again = event.sending.draft.kind === "answer" ? [{ kind: "show", id: event.sending.id } as const] : [];
  return { screen: read.screen, effects: [...read.effects, { kind: "refresh" }, ...showAgain(read.screen), ...again] };
}

/** Keeps what must always hold: something is selected, it is in view, and the detail is the one of the selection. */
function settle(before: Screen, { screen, effects }: Stepped): Stepped {
  const items = listed(screen);
  const row = Math.max(0, Math.min(rowAfter(before, screen), rowsOf(screen) - 1));
  const at = Math.max(
    0,
    items.findIndex(({ id }) => id === screen.selected),
  );
  const page = feedPage(screen);
  const lowest = Math.max(0, items.length - page);
  const next: Screen = {
    ...screen,
    row,
    selected: items[at]?.id,
    top: Math.max(0, at - page + 1, Math.min(screen.top, at, lowest)),
  };
  const left = before.focus === "circles" && next.focus !== "circles";
  const wanted = detailId(next);
  const turned = next.selected !== before.selected;
  const longest = insideOf(next, "detail") ? linesBelow({ ...next, detailTop: 0 }) : next.detailTop;
  return {
    screen: {
      ...next,
      detailTop: turned ? 0 : Math.min(next.detailTop, longest),
      // Whoever leaves the circles without opening one is back at the open one.
      ...(left && effects.length === 0 ? { circleAt: placeOf(next.circles, next.circle) } : {}),
    },
    effects: wanted === undefined || wanted === detailId(before) ? effects : [...effects, { kind: "show", id: wanted }],
  };
}

/** The row that a list has chosen: it stays with its item while others come and go. */
function rowAfter(before: Screen, screen: Screen): number {
  if (before.view !== screen.view || before.row !== screen.row) return screen.row;
  const id = itemsOf(before)[before.row]?.id;
  const at = id === undefined ? -1 : itemsOf(screen).findIndex((item) => item.id === id);
  return at === -1 ? screen.row : at;
}

/** `items` with `added` in place of their older versions, newest first, at most `max`. */
function merge(items: readonly ItemDocument[], added: readonly ItemDocument[], max: number): readonly ItemDocument[] {
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
function rings(screen: Screen, isCalled: boolean): Effect[] {
  if (!isCalled) return [];
  const waiting = pinned(screen);
  const names = [...new Set(waiting.map(({ circle }) => circle.name))];
  const need = `${waiting.length} ${waiting.length === 1 ? "alert needs" : "alerts need"} your ack`;
  const text = waiting.length === 0 ? "tocsin: news" : `tocsin: ${need} (${names.slice(0, 3).join(", ")})`;
  return [{ kind: "bell" }, { kind: "desktop", text }];
}

function showAgain(screen: Screen): Effect[] {
  const id = detailId(screen);
  return id === undefined ? [] : [{ kind: "show", id }];
}

function statusOf(
  status: StatusDocument,
): Pick<
  Screen,
  "org" | "seat" | "circles" | "peersUp" | "outbox" | "undelivered" | "connected" | "since" | "spool" | "clockSkewMs"
> {
  const { org, seat, circles, peers, outbox, undelivered, connected, since, spool, clockSkewMs } = status;
  return { org, seat, circles, peersUp: peers, outbox, undelivered, connected, since, spool, clockSkewMs };
}

function placeOf(circles: Screen["circles"], circle: string): number {
  return Math.max(
    0,
    circles.findIndex(({ id }) => id === circle),
  );
}
