// The state of the screen as one value, and the questions that its views and its keys ask of it. Pure: no clock, no
// terminal, no daemon.

import type {
  CirclesDocument,
  ItemDocument,
  PeerDocument,
  ShowDocument,
  StatusDocument,
} from "../../src/api/documents.ts";
import type { DraftParams } from "../../src/api/methods.ts";
import type { OutboxDocument } from "../../src/api/outbox-document.ts";
import type { NotifySettings } from "../../src/notify/notify.ts";
import type { CommandWords } from "./completion.ts";
import { type Look, USUAL_LOOK } from "./look.ts";
import type { Compose, Overlay } from "./overlay.ts";

export type Pane = "circles" | "feed" | "detail";
/** What fills the screen: the panes of the feed, or one list or picture over the whole width. */
export type View = "feed" | "acks" | "circles" | "asks" | "search" | "timeline" | "held" | "incidents";
export type CircleRow = StatusDocument["circles"][number];

/** One word about an item that waits for `sendAt` (ms since 1970), so that `U` can take it back. */
export type Sending = {
  /** The item that it is about. */
  readonly id: string;
  readonly circle: string;
  readonly draft: DraftParams & { readonly kind: "ack" | "sighting" | "answer" };
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
  readonly look: Look;
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
  /** Whether anybody is linked, and since when that is so. */
  readonly connected: boolean;
  readonly since: string;
  readonly spool: Pick<StatusDocument["spool"], "failed">;
  readonly clockSkewMs: number | null;
  /** By which rules it rings; undefined: for alerts that wait for us. */
  readonly notify: NotifySettings | undefined;
  /** Of `circle`, newest first, without acknowledgements; at most `LOADED_MAX`. */
  readonly items: readonly ItemDocument[];
  /** Of every circle, our own too; at most `ALERTS_MAX` of each. */
  readonly alerts: readonly ItemDocument[];
  readonly asks: readonly ItemDocument[];
  readonly incidents: readonly ItemDocument[];
  readonly unread: ReadonlySet<string>;
  /** Cursor of the newest record of any kind and circle, "" where there is none. */
  readonly newest: string;
  /** Where the items of the circle that are older than these start, null where there are none or no more are kept here. */
  readonly older: string | null;
  /** They were asked for. */
  readonly isAskingOlder: boolean;
  readonly unreadOnly: boolean;
  readonly view: View;
  /** Which row of the view is chosen. */
  readonly row: number;
  /** What stands over the view, the newest last: it takes the keys. */
  readonly overlays: readonly Overlay[];
  /** Every circle with its members, once they were asked for. */
  readonly members: CirclesDocument["circles"];
  readonly found: Found | undefined;
  readonly history: History | undefined;
  /** Which span of time the timeline shows; undefined: the usual one. */
  readonly spanAt: number | undefined;
  readonly outboxList: OutboxDocument | undefined;
  /** What was begun to be written and is not sent. */
  readonly draft: Compose | undefined;
  /** What `:` may run; none where no command is run from here. */
  readonly commands: readonly CommandWords[];
  /** What was run from here, the last one first. */
  readonly typedCommands: readonly string[];
  /** One pane alone, without its box, so that a mouse selects its words only. */
  readonly zoomed: boolean;
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
};

/** What a search of the local store found. */
export type Found = { readonly words: string; readonly items: readonly ItemDocument[]; readonly tookMs: number };
/** What a circle said since `since` (ms); `cut`: it said more than is kept here. */
export type History = {
  readonly circle: string;
  readonly since: number;
  readonly items: readonly ItemDocument[];
  readonly cut: boolean;
};

/** What a screen opens with: whoever goes further back is brought more, up to what it keeps of a circle. */
export const FIRST_ITEMS = 100;
export const UNREAD_MAX = 500;
export const LOADED_MAX = 5_000;
export const ALERTS_MAX = 100;
export const HISTORY_MAX = 2_000;
export const MIN_COLUMNS = 60;
export const MIN_ROWS = 18;
/** From this many columns on the detail stands beside the feed. */
export const TWO_PANES = 100;
export const THREE_PANES = 116;

/** A screen before anything was loaded. */
export function emptyScreen(
  start: Pick<Screen, "columns" | "rows" | "now"> & Partial<Pick<Screen, "banner" | "readOnly" | "commands" | "look">>,
): Screen {
  return {
    banner: "",
    look: USUAL_LOOK,
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
    ...{ connected: true, since: "", spool: { failed: 0 }, clockSkewMs: null },
    notify: undefined,
    items: [],
    alerts: [],
    asks: [],
    incidents: [],
    unread: new Set(),
    newest: "",
    ...{ older: null, isAskingOlder: false },
    unreadOnly: false,
    view: "feed",
    row: 0,
    overlays: [],
    members: [],
    found: undefined,
    history: undefined,
    spanAt: undefined,
    outboxList: undefined,
    draft: undefined,
    commands: [],
    typedCommands: [],
    zoomed: false,
    wanted: undefined,
    focus: "feed",
    selected: undefined,
    top: 0,
    detail: undefined,
    detailTop: 0,
    circleAt: 0,
    sending: [],
    notice: undefined,
    ...start,
  };
}

/** The items that the feed lists: all, or the unread and the selected one. */
export function listed(screen: Screen): readonly ItemDocument[] {
  if (!screen.unreadOnly) return screen.items;
  return screen.items.filter(({ id }) => screen.unread.has(id) || id === screen.selected);
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
  if (screen.unread.size >= UNREAD_MAX) return undefined;
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
