// The state of the screen as one value, and the questions that its views and its keys ask of it. Pure: no clock, no
// terminal, no daemon.

import type {
  AlertDocument,
  ItemDocument,
  PeerDocument,
  ShowDocument,
  StatusDocument,
} from "../../src/api/documents.ts";
import type { NotifySettings } from "../../src/notify/notify.ts";

export type Pane = "circles" | "feed" | "detail";
/** What fills the screen: the panes of the feed, or the board of the alerts that wait for somebody. */
export type View = "feed" | "acks";
export type CircleRow = StatusDocument["circles"][number];

/** An acknowledgement that waits for `sendAt` (ms since 1970), so that `U` can take it back. */
export type Sending = {
  readonly id: string;
  readonly circle: string;
  readonly sendAt: number;
  /** Handed to the daemon: too late to take back. */
  readonly sent: boolean;
};

export type Screen = {
  readonly columns: number;
  readonly rows: number;
  /** Milliseconds since 1970, of the last tick. */
  readonly now: number;
  readonly banner: string;
  readonly readOnly: boolean;
  /** Since when (ms) the daemon is gone, or undefined while it answers. */
  readonly lostAt: number | undefined;
  readonly org: string;
  readonly seat: string;
  readonly circles: readonly CircleRow[];
  /** Id of the circle on the screen, "" where there is none. */
  readonly circle: string;
  readonly peers: readonly PeerDocument[];
  readonly peersUp: StatusDocument["peers"];
  readonly outbox: StatusDocument["outbox"];
  readonly undelivered: StatusDocument["undelivered"];
  /** By which rules it rings; undefined: for alerts that wait for us. */
  readonly notify: NotifySettings | undefined;
  /** Of `circle`, newest first, without acknowledgements; at most `ITEMS_MAX`. */
  readonly items: readonly ItemDocument[];
  /** Of every circle, our own too; at most `ALERTS_MAX`. */
  readonly alerts: readonly ItemDocument[];
  readonly unread: ReadonlySet<string>;
  /** Cursor of the newest record of any kind and circle, "" where there is none. */
  readonly newest: string;
  readonly unreadOnly: boolean;
  readonly view: View;
  /** Which alert of the board is chosen. */
  readonly boardAt: number;
  /** The item to select once its circle is loaded. */
  readonly wanted: string | undefined;
  readonly focus: Pane;
  readonly selected: string | undefined;
  /** Index of the first visible item. */
  readonly top: number;
  readonly detail: ShowDocument | undefined;
  readonly detailTop: number;
  readonly circleAt: number;
  readonly sending: readonly Sending[];
  readonly notice: { readonly text: string; readonly tone: "plain" | "warn" } | undefined;
  readonly help: boolean;
};

export const ITEMS_MAX = 500;
export const ALERTS_MAX = 100;
export const MIN_COLUMNS = 60;
export const MIN_ROWS = 18;
/** From this many columns on the detail stands beside the feed. */
export const TWO_PANES = 100;
export const THREE_PANES = 116;

/** A screen before anything was loaded. */
export function emptyScreen(
  start: Pick<Screen, "columns" | "rows" | "now"> & Partial<Pick<Screen, "banner" | "readOnly">>,
): Screen {
  return {
    banner: "",
    readOnly: false,
    lostAt: undefined,
    org: "",
    seat: "",
    circles: [],
    circle: "",
    peers: [],
    peersUp: { up: 0, total: 0 },
    outbox: { queued: 0, held: 0, failed: 0, release: 0 },
    undelivered: [],
    notify: undefined,
    items: [],
    alerts: [],
    unread: new Set(),
    newest: "",
    unreadOnly: false,
    view: "feed",
    boardAt: 0,
    wanted: undefined,
    focus: "feed",
    selected: undefined,
    top: 0,
    detail: undefined,
    detailTop: 0,
    circleAt: 0,
    sending: [],
    notice: undefined,
    help: false,
    ...start,
  };
}

/** The items that the feed lists: all, or the unread and the selected one. */
export function listed(screen: Screen): readonly ItemDocument[] {
  if (!screen.unreadOnly) return screen.items;
  return screen.items.filter(({ id }) => screen.unread.has(id) || id === screen.selected);
}

/** Whether `item` waits for an acknowledgement of our org. */
export function waitsForUs(screen: Screen, item: ItemDocument): boolean {
  const { alert, mine, state } = item;
  if (!alert || mine || (state !== "current" && state !== "amended")) return false;
  const isAsked = alert.who.length === 0 || alert.who.includes(screen.org);
  return isAsked && alert.acks.every(({ org }) => org !== screen.org);
}

/** The alerts that stay pinned: those that wait for us, the first due first. */
export function pinned(screen: Screen): readonly ItemDocument[] {
  return screen.alerts
    .filter((item) => waitsForUs(screen, item))
    .toSorted((left, right) => dueOrder(left).localeCompare(dueOrder(right)) || right.at.localeCompare(left.at));
}

/** The alerts that wait for somebody, the first due first. */
export function board(screen: Screen): readonly ItemDocument[] {
  const isOpen = (item: ItemDocument): boolean =>
    item.alert !== undefined &&
    (item.state === "current" || item.state === "amended") &&
    (waitsForUs(screen, item) || acksGiven(item.alert) < acksNeeded(screen, item));
  return screen.alerts
    .filter(isOpen)
    .toSorted((left, right) => dueOrder(left).localeCompare(dueOrder(right)) || right.at.localeCompare(left.at));
}

/** Whether an alert of the board is past its deadline. */
export function isOverdue({ alert }: ItemDocument, now: number): boolean {
  return alert?.ackBy != null && Date.parse(alert.ackBy) < now;
}

/** Orgs that are asked and have not acknowledged, ours first as `YOU`. */
export function missing(screen: Screen, item: ItemDocument): readonly string[] {
  const { who = [], acks = [] } = item.alert ?? {};
  const members = screen.peers.filter(({ circles }) => circles.includes(item.circle.name)).map(({ org }) => org);
  const given = new Set([item.org, ...acks.map(({ org }) => org)]);
  const others = (who.length > 0 ? who : members).filter((org) => org !== screen.org && !given.has(org));
  return [...(waitsForUs(screen, item) ? ["YOU"] : []), ...new Set(others)];
}

/** What `a` would acknowledge now: the chosen alert where it waits for us, else, in the feed, the first pinned one. */
export function ackTarget(screen: Screen): ItemDocument | undefined {
  const free = (item: ItemDocument): boolean => !screen.sending.some(({ id }) => id === item.id);
  if (screen.view === "acks") {
    const chosen = board(screen)[screen.boardAt];
    return chosen && waitsForUs(screen, chosen) && free(chosen) ? chosen : undefined;
  }
  const selected = screen.items.find(({ id }) => id === screen.selected);
  if (selected && waitsForUs(screen, selected)) return free(selected) ? selected : undefined;
  return pinned(screen).find(free);
}

/** How many orgs acknowledged of those that were asked. */
export function acksGiven({ acks, who }: AlertDocument): number {
  return new Set(acks.map(({ org }) => org).filter((org) => who.length === 0 || who.includes(org))).size;
}

/** How many acknowledgements an alert asks for. */
export function acksNeeded(screen: Screen, item: ItemDocument): number {
  if (typeof item.alert?.need === "number") return item.alert.need;
  return Math.max(0, (screen.circles.find(({ id }) => id === item.circle.id)?.members ?? 1) - 1);
}

/** Unread items of all circles; in the open one only those on this screen are known by name. */
export function unreadTotal(screen: Screen): number {
  const open = screen.unread.size;
  return screen.circles.reduce((sum, circle) => sum + (circle.id === screen.circle ? open : circle.unread), 0);
}

/**
 * The cursor up to which the open circle is read, or undefined where nothing is. Marking is by cursor only, so an item
 * that was skipped holds it back.
 */
export function readCursor(screen: Screen): string | undefined {
  if (screen.unread.size >= ITEMS_MAX) return undefined;
  const byArrival = screen.items.toSorted((left, right) => cursorOrder(left.cursor, right.cursor));
  const firstUnread = byArrival.findIndex(({ id }) => screen.unread.has(id));
  if (firstUnread >= 0) return byArrival[firstUnread - 1]?.cursor;
  return screen.newest === "" ? undefined : screen.newest;
}

/** The index from which on every listed item is read, where unread ones stand above it. */
export function boundary(screen: Screen, items: readonly ItemDocument[]): number | undefined {
  const last = items.findLastIndex(({ id }) => screen.unread.has(id));
  return last === -1 || last === items.length - 1 ? undefined : last + 1;
}

/** Cursors are decimal numbers of any length. */
export function cursorOrder(left: string, right: string): number {
  return left.length - right.length || left.localeCompare(right);
}

const dueOrder = (item: ItemDocument): string => item.alert?.ackBy ?? "9999";

/** The item whose detail is on the screen (or would be, where there is room for it), if any. */
export function detailId(screen: Screen): string | undefined {
  return screen.focus === "detail" || screen.columns >= TWO_PANES ? screen.selected : undefined;
}
