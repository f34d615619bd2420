// What every key does, one table per pane. Pure: a key turns a screen into the next one and its effects.

import { feedPage, insideOf } from "./layout.ts";
import type { Key } from "./keys.ts";
import type { Effect, Stepped } from "./model.ts";
import { ackTarget, board, listed, readCursor, type Pane, type Screen, type View } from "./screen.ts";
import { shortId } from "./words.ts";

type Action = (screen: Screen) => Stepped;
type Keymap = Readonly<Record<Key, Action>>;

/** How long a key that sends can be taken back. */
export const UNDO_MS = 3_000;

const FEED: Keymap = {
  ...scrolling(moveSelection),
  g: moveSelection(-Infinity),
  home: moveSelection(-Infinity),
  G: moveSelection(Infinity),
  end: moveSelection(Infinity),
  enter: openDetail,
  right: openDetail,
  q: quit,
};

const DETAIL: Keymap = {
  ...scrolling(moveDetail),
  g: moveDetail(-Infinity),
  home: moveDetail(-Infinity),
  G: moveDetail(Infinity),
  end: moveDetail(Infinity),
  esc: focusOn("feed"),
  left: focusOn("feed"),
  q: focusOn("feed"),
};

const CIRCLES: Keymap = {
  ...scrolling(moveCircle),
  enter: (screen) => enterCircle({ ...screen, focus: "feed" }, screen.circleAt),
  esc: focusOn("feed"),
  right: focusOn("feed"),
  q: quit,
};

const BOARD: Keymap = {
  ...scrolling(moveBoard),
  g: moveBoard(-Infinity),
  home: moveBoard(-Infinity),
  G: moveBoard(Infinity),
  end: moveBoard(Infinity),
  enter: openAlert,
  w: nudge,
  esc: show("feed"),
  q: show("feed"),
};

/** What keys do whatever fills the screen. */
const ALWAYS: Keymap = {
  "ctrl-c": (screen) => leave(screen),
  "ctrl-l": (screen) => ({ screen, effects: [{ kind: "redraw" }] }),
  "?": (screen) => still({ ...screen, help: true }),
  "1": show("feed"),
  "2": show("acks"),
  a: acknowledge,
  U: takeBack,
};

const ANYWHERE: Keymap = {
  ...ALWAYS,
  tab: turnPane(1),
  backtab: turnPane(-1),
  "[": (screen) => enterCircle(screen, screen.circleAt - 1),
  "]": (screen) => enterCircle(screen, screen.circleAt + 1),
  n: nextUnread(1),
  N: nextUnread(-1),
  u: (screen) => still({ ...screen, unreadOnly: !screen.unreadOnly, focus: "feed", top: 0 }),
  M: (screen) => markRead(screen, new Set()),
};

const HELP: Keymap = { "?": closeHelp, esc: closeHelp, q: closeHelp, enter: closeHelp };

const BY_PANE: Readonly<Record<Pane, Keymap>> = { feed: FEED, detail: DETAIL, circles: CIRCLES };

/** The screen after a key press; a key without meaning changes nothing. */
export function pressKey(screen: Screen, key: Key): Stepped {
  const always = key === "ctrl-c" || key === "ctrl-l" ? ANYWHERE[key] : undefined;
  const here = screen.view === "acks" ? (BOARD[key] ?? ALWAYS[key]) : (BY_PANE[screen.focus][key] ?? ANYWHERE[key]);
  const action = always ?? (screen.help ? HELP[key] : here);
  return action ? action(screen) : still(screen);
}

function scrolling(by: (rows: number) => Action): Keymap {
  const half =
    (sign: number): Action =>
    (screen) =>
      by(sign * Math.max(1, Math.floor(feedPage(screen) / 2)))(screen);
  const page =
    (sign: number): Action =>
    (screen) =>
      by(sign * feedPage(screen))(screen);
  return {
    j: by(1),
    down: by(1),
    k: by(-1),
    up: by(-1),
    "ctrl-d": half(1),
    "ctrl-u": half(-1),
    pagedown: page(1),
    pageup: page(-1),
  };
}

function moveSelection(by: number): Action {
  return (screen) => {
    const items = listed(screen);
    const at = items.findIndex(({ id }) => id === screen.selected);
    return still({ ...screen, selected: items[clamp(at + by, items.length)]?.id });
  };
}

function moveDetail(by: number): Action {
  // The lower end is known only to the layout of the text; `settle` brings it back.
  return (screen) => still({ ...screen, detailTop: Math.min(1e6, Math.max(0, screen.detailTop + by)) });
}

function moveCircle(by: number): Action {
  return (screen) => still({ ...screen, circleAt: clamp(screen.circleAt + by, screen.circles.length) });
}

function moveBoard(by: number): Action {
  return (screen) => still({ ...screen, boardAt: clamp(screen.boardAt + by, board(screen).length) });
}

function show(view: View): Action {
  return (screen) => still({ ...screen, view, help: false, boardAt: view === screen.view ? screen.boardAt : 0 });
}

/** Goes to the chosen alert in the feed of its circle, which is loaded first where it is another one. */
function openAlert(screen: Screen): Stepped {
  const chosen = board(screen)[screen.boardAt];
  if (!chosen) return still(screen);
  const feed: Screen = { ...screen, view: "feed", unreadOnly: false, focus: "feed", wanted: chosen.id };
  if (chosen.circle.id !== screen.circle)
    return { screen: feed, effects: [{ kind: "load", circle: chosen.circle.id }] };
  return openDetail({ ...feed, selected: chosen.id, wanted: undefined });
}

function nudge(screen: Screen): Stepped {
  const chosen = board(screen)[screen.boardAt];
  if (!chosen) return told(screen, "no alert waits for anybody");
  if (screen.readOnly) return told(screen, "this screen is read-only: nothing was sent");
  if (screen.lostAt !== undefined) return told(screen, "the daemon is gone: nothing was sent");
  return { screen, effects: [{ kind: "nudge", id: chosen.id }] };
}

function focusOn(pane: Pane): Action {
  return (screen) => still({ ...screen, focus: pane });
}

function turnPane(by: number): Action {
  const order: readonly Pane[] = ["circles", "feed", "detail"];
  return (screen) => {
    const at = (order.indexOf(screen.focus) + by + order.length) % order.length;
    return still({ ...screen, focus: order[at] ?? "feed" });
  };
}

/** Opening an item is what makes it read; passing over it with the cursor does not. */
function openDetail(screen: Screen): Stepped {
  if (screen.selected === undefined) return still(screen);
  const opened: Screen = { ...screen, focus: insideOf({ ...screen, focus: "detail" }, "detail") ? "detail" : "feed" };
  return markRead(opened, new Set([...screen.unread].filter((id) => id !== screen.selected)));
}

/** The screen with these items unread; the daemon is told how far everything is read. */
export function markRead(screen: Screen, unread: ReadonlySet<string>): Stepped {
  const before = readCursor(screen);
  const next: Screen = { ...screen, unread };
  const cursor = readCursor(next);
  if (screen.readOnly || cursor === undefined || (cursor === before && unread.size === screen.unread.size)) {
    return still(next);
  }
  return { screen: next, effects: [{ kind: "read", circle: screen.circle, cursor }] };
}

function enterCircle(screen: Screen, at: number): Stepped {
  const circleAt = (at + screen.circles.length) % Math.max(1, screen.circles.length);
  const circle = screen.circles[circleAt];
  if (circle === undefined || circle.id === screen.circle) return still({ ...screen, circleAt });
  return { screen: { ...screen, circleAt }, effects: [{ kind: "load", circle: circle.id }] };
}

/** The next unread item down (or up) the list, else the next circle that has one. */
function nextUnread(by: 1 | -1): Action {
  return (screen) => {
    const items = listed(screen);
    const at = items.findIndex(({ id }) => id === screen.selected);
    const ahead = by === 1 ? items.slice(at + 1) : items.slice(0, Math.max(0, at)).toReversed();
    const found = ahead.find(({ id }) => screen.unread.has(id));
    if (found) return still({ ...screen, selected: found.id });
    const { circles, circleAt } = screen;
    const others = circles.map((_, index) => (circleAt + by * (index + 1) + circles.length) % circles.length);
    const next = others.find((index) => circles[index]?.id !== screen.circle && (circles[index]?.unread ?? 0) > 0);
    return next === undefined ? told(screen, "nothing else is unread") : enterCircle(screen, next);
  };
}

const WHY_NO_ACK: Readonly<Record<View, string>> = {
  feed: "no alert waits for an acknowledgement",
  acks: "this alert does not wait for you",
};

function acknowledge(screen: Screen): Stepped {
  if (screen.readOnly) return told(screen, "this screen is read-only: nothing was sent");
  if (screen.lostAt !== undefined) return told(screen, "the daemon is gone: nothing was sent");
  const item = ackTarget(screen);
  if (item === undefined) return told(screen, WHY_NO_ACK[screen.view]);
  const one = { id: item.id, circle: item.circle.id, sendAt: screen.now + UNDO_MS, sent: false };
  return still({ ...screen, sending: [...screen.sending, one] });
}

function takeBack(screen: Screen): Stepped {
  const last = screen.sending.findLast(({ sent }) => !sent);
  if (last === undefined) return told(screen, "nothing is left to take back");
  return told(
    { ...screen, sending: screen.sending.filter((one) => one !== last) },
    `${shortId(last.id)}: acknowledgement taken back, nothing was sent`,
  );
}

function quit(screen: Screen): Stepped {
  const stuck = screen.lostAt !== undefined && screen.sending.some(({ sent }) => !sent);
  return stuck ? told(screen, "an acknowledgement has not left: Ctrl-C quits and drops it") : leave(screen);
}

/** Quitting sends at once what still waited for its three seconds. */
function leave(screen: Screen): Stepped {
  const last: Effect[] = screen.sending
    .filter(({ sent }) => !sent && screen.lostAt === undefined)
    .map(({ id, circle }) => ({ kind: "ack", id, circle }));
  return { screen, effects: [...last, { kind: "quit" }] };
}

function closeHelp(screen: Screen): Stepped {
  return still({ ...screen, help: false });
}

function told(screen: Screen, text: string): Stepped {
  return still({ ...screen, notice: { text: `! ${text}`, tone: "warn" } });
}

function still(screen: Screen): Stepped {
  return { screen, effects: [] };
}

const clamp = (at: number, length: number): number => Math.max(0, Math.min(at, length - 1));
