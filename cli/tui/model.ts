// The screen as a pure reducer: state and event in, state and effects out. Nothing here waits, draws or asks the time;
// effects are carried out at the rim (`run.tsx`).

import type {
  ItemDocument,
  PeersDocument,
  ResultDocument,
  ShowDocument,
  StatusDocument,
} from "../../src/api/documents.ts";
import { unreachable } from "../../src/base/assert.ts";
import type { NotifySettings } from "../../src/notify/notify.ts";
import { answered } from "./answered.ts";
import { calls, callsAgain } from "./calls.ts";
import { feedPage, insideOf } from "./layout.ts";
import { linesBelow } from "./detail-lines.ts";
import { markRead, pressKey } from "./keymap.ts";
import type { Key } from "./keys.ts";
import { ALERTS_MAX, board, cursorOrder, detailId, ITEMS_MAX, listed, type Screen } from "./screen.ts";
import { shortId } from "./words.ts";

/** Everything that a screen of one circle shows, asked at once. */
export type Snapshot = {
  readonly status: StatusDocument;
  readonly peers: PeersDocument["peers"];
  readonly circle: string;
  readonly items: readonly ItemDocument[];
  /** Of every circle. */
  readonly alerts: readonly ItemDocument[];
  readonly unread: readonly string[];
  /** Cursor of the newest record of any kind and circle. */
  readonly newest: string;
  readonly notify?: NotifySettings;
};

/** What can happen to a screen; `now` is in milliseconds since 1970. */
export type ScreenEvent =
  | { readonly kind: "snapshot"; readonly snapshot: Snapshot; readonly now: number }
  | { readonly kind: "arrived"; readonly items: readonly ItemDocument[] }
  | { readonly kind: "changed" }
  | { readonly kind: "refreshed"; readonly status: StatusDocument; readonly peers: PeersDocument["peers"] }
  | { readonly kind: "nudged"; readonly id: string; readonly waiting: readonly string[] }
  | { readonly kind: "shown"; readonly item: ShowDocument }
  | { readonly kind: "key"; readonly key: Key; readonly now: number }
  | { readonly kind: "resize"; readonly columns: number; readonly rows: number }
  | { readonly kind: "tick"; readonly now: number }
  | { readonly kind: "lost"; readonly now: number }
  | { readonly kind: "acked"; readonly id: string; readonly result: ResultDocument; readonly at: string }
  | { readonly kind: "failed"; readonly message: string; readonly ack?: string };

/** What the rim has to do. */
export type Effect =
  | { readonly kind: "load"; readonly circle: string }
  | { readonly kind: "refresh" }
  | { readonly kind: "show"; readonly id: string }
  | { readonly kind: "ack"; readonly id: string; readonly circle: string }
  | { readonly kind: "nudge"; readonly id: string }
  | { readonly kind: "read"; readonly circle: string; readonly cursor: string }
  | { readonly kind: "bell" }
  | { readonly kind: "redraw" }
  | { readonly kind: "quit" };

export type Stepped = { readonly screen: Screen; readonly effects: readonly Effect[] };

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
      return { screen, effects: [{ kind: "refresh" }, ...showAgain(screen)] };
    case "refreshed":
      return refreshed({ ...screen, ...statusOf(event.status), peers: event.peers });
    case "shown":
      return event.item.id === detailId(screen) ? quiet({ ...screen, detail: event.item }) : quiet(screen);
    case "key":
      return pressKey({ ...screen, now: event.now, notice: undefined }, event.key);
    case "resize":
      return quiet({ ...screen, columns: event.columns, rows: event.rows });
    case "tick":
      return tick(screen, event.now);
    case "lost":
      return quiet({ ...screen, lostAt: event.now, now: event.now });
    case "acked":
      return acknowledged(screen, event);
    case "nudged": {
      const { id, waiting } = event;
      return quiet({ ...screen, notice: { text: `✓ ${shortId(id)}: reminded ${waiting.join(", ")}`, tone: "plain" } });
    }
    case "failed":
      return quiet({
        ...screen,
        sending: screen.sending.filter(({ id }) => id !== event.ack),
        notice: { text: `✗ ${event.message}`, tone: "warn" },
      });
    default:
      return unreachable(event);
  }
}

/** Takes in a whole snapshot: at the start, after a reconnect and when another circle is opened. */
function restart(screen: Screen, snapshot: Snapshot, now: number): Stepped {
  const other = snapshot.circle !== screen.circle;
  const next: Screen = {
    ...screen,
    ...statusOf(snapshot.status),
    now,
    lostAt: undefined,
    notice: undefined,
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
  return {
    screen: { ...next, alerts },
    effects: [...rings(calls(next, screen.alerts, alerts)), ...showAgain(other ? next : screen)],
  };
}

/** The first circle opens by itself, as soon as this node founded or joined one. */
function refreshed(screen: Screen): Stepped {
  const [first] = screen.circles;
  if (screen.circle !== "" || first === undefined) return quiet(screen);
  return { screen, effects: [{ kind: "load", circle: first.id }] };
}

function arrive(screen: Screen, arrived: readonly ItemDocument[]): Stepped {
  const here = arrived.filter(({ circle, kind }) => circle.id === screen.circle && kind !== "ack");
  const known = new Set(screen.items.map(({ id }) => id));
  const items = merge(screen.items, here, ITEMS_MAX).map((item) => answered(item, arrived));
  const kept = new Set(items.map(({ id }) => id));
  const fresh = here.filter(({ id, mine }) => !mine && !known.has(id)).map(({ id }) => id);
  const asking = arrived.filter(({ kind }) => kind === "alert");
  const alerts = merge(screen.alerts, asking, ALERTS_MAX).map((item) => answered(item, arrived));
  const others = arrived.filter(({ id, kind }) => kind !== "alert" && !known.has(id));
  const next: Screen = {
    ...screen,
    items,
    alerts,
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
  const about = arrived.some(({ id, re }) => open !== undefined && (id === open || re === open));
  return {
    screen: { ...next, top },
    effects: [
      { kind: "refresh" },
      ...rings(calls(next, screen.alerts, [...alerts, ...others])),
      ...(about ? showAgain(screen) : []),
    ],
  };
}

/** Acknowledgements whose three seconds are over are handed to the daemon; the minute moves the times on the screen. */
function tick(screen: Screen, now: number): Stepped {
  const due = screen.sending.filter(({ sent, sendAt }) => !sent && sendAt <= now && screen.lostAt === undefined);
  const waiting = screen.sending.some(({ sent }) => !sent);
  if (!waiting && Math.floor(now / 60_000) === Math.floor(screen.now / 60_000)) return quiet(screen);
  return {
    screen: {
      ...screen,
      now,
      sending: screen.sending.map((one) => (due.includes(one) ? { ...one, sent: true } : one)),
    },
    effects: [
      ...due.map(({ id, circle }) => ({ kind: "ack", id, circle }) as const),
      ...rings(callsAgain(screen, now)),
    ],
  };
}

function acknowledged(screen: Screen, event: ScreenEvent & { kind: "acked" }): Stepped {
  const { org, seat } = screen;
  const mark = (item: ItemDocument): ItemDocument => {
    if (item.id !== event.id || item.alert === undefined || item.alert.acks.some((ack) => ack.org === org)) return item;
    const acks = [...item.alert.acks, { org, seat, at: event.at, note: null }];
    return { ...item, alert: { ...item.alert, acks } };
  };
  if (event.result.state === "held") {
    const notice = { text: "! not sent yet: tocsin status says why", tone: "warn" } as const;
    return { screen: { ...screen, sending: screen.sending.filter(({ id }) => id !== event.id), notice }, effects: [] };
  }
  const { held, of } = event.result.delivered;
  // Who acknowledges has read.
  const read = markRead(screen, new Set([...screen.unread].filter((id) => id !== event.id)));
  const next: Screen = {
    ...read.screen,
    items: screen.items.map(mark),
    alerts: screen.alerts.map(mark),
    sending: screen.sending.filter(({ id }) => id !== event.id),
    notice: { text: `✓ ${shortId(event.id)} acknowledged · held by ${held.length} of ${of}`, tone: "plain" },
  };
  return { screen: next, effects: [...read.effects, { kind: "refresh" }, ...showAgain(next)] };
}

/** Keeps what must always hold: something is selected, it is in view, and the detail is the one of the selection. */
function settle(before: Screen, { screen, effects }: Stepped): Stepped {
  const items = listed(screen);
  const boardAt = Math.max(0, Math.min(screen.boardAt, board(screen).length - 1));
  const at = Math.max(
    0,
    items.findIndex(({ id }) => id === screen.selected),
  );
  const page = feedPage(screen);
  const lowest = Math.max(0, items.length - page);
  const next: Screen = {
    ...screen,
    boardAt,
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

function rings(isCalled: boolean): Effect[] {
  return isCalled ? [{ kind: "bell" }] : [];
}

function showAgain(screen: Screen): Effect[] {
  const id = detailId(screen);
  return id === undefined ? [] : [{ kind: "show", id }];
}

function statusOf(
  status: StatusDocument,
): Pick<Screen, "org" | "seat" | "circles" | "peersUp" | "outbox" | "undelivered"> {
  const { org, seat, circles, peers, outbox, undelivered } = status;
  return { org, seat, circles, peersUp: peers, outbox, undelivered };
}

function placeOf(circles: Screen["circles"], circle: string): number {
  return Math.max(
    0,
    circles.findIndex(({ id }) => id === circle),
  );
}

function quiet(screen: Screen): Stepped {
  return { screen, effects: [] };
}
