// What every key does: first what stands over the view takes it, then the view, then what holds everywhere. Pure: a key turns a
// screen into the next one and its effects.

import { copyIndicators } from "./copy.ts";
import { type Action, clamp, type Keymap, type Stepped, still, told } from "./events.ts";
import { openCompose, openReply } from "./forms/compose.ts";
import { openHelp } from "./forms/help.ts";
import { acknowledgeWith, openLine } from "./forms/line.ts";
import { pressOverlay } from "./forms/overlays.ts";
import type { Key } from "./keys.ts";
import { feedPage } from "./layout.ts";
import { enterCircle, markRead, moveSelection, nextUnread, openDetail } from "./reading.ts";
import type { Pane, Screen, View } from "./screen.ts";
import { acknowledge, answer, leave, sawToo, takeBack } from "./sending.ts";
import { fetchView, rowsOf, TABS, viewOf } from "./views/views.ts";

const FEED: Keymap = {
  ...scrolling(moveSelection),
  enter: openDetail,
  right: openDetail,
  esc: (screen) => still({ ...screen, zoomed: false }),
  q: quit,
};

const DETAIL: Keymap = {
  ...scrolling(moveDetail),
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

/** What keys do in the views that are not the feed, unless the view has a use of its own for them. */
const LIST: Keymap = {
  ...scrolling(moveRow),
  esc: show("feed"),
  q: show("feed"),
};

/** What keys do whatever fills the screen. */
const ALWAYS: Keymap = {
  ...Object.fromEntries(TABS.map(({ view }, at) => [String(at + 1), show(view)])),
  "?": openHelp,
  ":": (screen) => openLine(screen, { kind: "command" }),
  "/": (screen) => openLine(screen, { kind: "search" }),
  a: acknowledge,
  A: acknowledgeWith,
  s: sawToo,
  "+": answer("yes"),
  "-": answer("no"),
  "~": answer("unsure"),
  c: openCompose,
  J: (screen) => openLine(screen, { kind: "ticket" }),
  r: openReply,
  y: copyIndicators("defanged"),
  Y: copyIndicators("raw"),
  U: takeBack,
};

const IN_FEED: Keymap = {
  tab: turnPane(1),
  backtab: turnPane(-1),
  "[": (screen) => enterCircle(screen, screen.circleAt - 1),
  "]": (screen) => enterCircle(screen, screen.circleAt + 1),
  n: nextUnread(1),
  N: nextUnread(-1),
  u: (screen) => still({ ...screen, unreadOnly: !screen.unreadOnly, focus: "feed", top: 0 }),
  z: (screen) => still({ ...screen, zoomed: !screen.zoomed }),
  M: (screen) => markRead(screen, new Set()),
};

const BY_PANE: Readonly<Record<Pane, Keymap>> = { feed: FEED, detail: DETAIL, circles: CIRCLES };

/** The screen after a key press; a key without meaning changes nothing. */
export function pressKey(screen: Screen, key: Key): Stepped {
  if (key === "ctrl-c") return leave(screen);
  if (key === "ctrl-l") return { screen, effects: [{ kind: "redraw" }] };
  if (key === "ctrl-z") return { screen, effects: [{ kind: "suspend" }] };
  const over = screen.overlays.at(-1);
  const taken = over && pressOverlay(screen, over, key);
  if (taken) return taken;
  const view = viewOf(screen);
  const own = over ? undefined : view ? (view.keys[key] ?? LIST[key]) : (BY_PANE[screen.focus][key] ?? IN_FEED[key]);
  const action = own ?? ALWAYS[key];
  return action ? action(screen) : still(screen);
}

function scrolling(by: (rows: number) => Action): Keymap {
  const page =
    (share: number): Action =>
    (screen) =>
      by(Math.sign(share) * Math.max(1, Math.floor(feedPage(screen) * Math.abs(share))))(screen);
  return {
    ...{ j: by(1), down: by(1), k: by(-1), up: by(-1) },
    ...{ g: by(-Infinity), home: by(-Infinity), G: by(Infinity), end: by(Infinity) },
    "ctrl-d": page(0.5),
    "ctrl-u": page(-0.5),
    pagedown: page(1),
    pageup: page(-1),
  };
}

function moveDetail(by: number): Action {
  // The lower end is known only to the layout of the text; `settle` brings it back.
  return (screen) => still({ ...screen, detailTop: Math.min(1e6, Math.max(0, screen.detailTop + by)) });
}

function moveCircle(by: number): Action {
  return (screen) => still({ ...screen, circleAt: clamp(screen.circleAt + by, screen.circles.length) });
}

function moveRow(by: number): Action {
  return (screen) => still({ ...screen, row: clamp(screen.row + by, rowsOf(screen)) });
}

function show(view: View): Action {
  return (screen) => {
    if (view === screen.view) return still({ ...screen, overlays: [] });
    const next: Screen = { ...screen, view, overlays: [], zoomed: false, row: 0 };
    const row = view === "timeline" ? rowsOf(next) - 1 : 0;
    return { screen: { ...next, row }, effects: fetchView(next) };
  };
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

function quit(screen: Screen): Stepped {
  const stuck = screen.lostAt !== undefined && screen.sending.some(({ sent }) => !sent);
  if (stuck) return told(screen, "an acknowledgement has not left: Ctrl-C quits and drops it");
  if (screen.draft) return told(screen, "a draft is not sent: c opens it, Ctrl-C quits and drops it");
  return leave(screen);
}
