// The screen as a pure reducer: state and event in, state and effects out. Nothing here waits, draws or asks the time;
// effects are carried out at the rim (`run.tsx`).

import { unreachable } from "../../src/base/assert.ts";
import { arrive, merge, placeOf, restart, rings, showAgain, shown, statusOf } from "./arrival.ts";
import { callsAgain } from "./calls.ts";
import { detailId, itemsOf } from "./chosen.ts";
import { linesBelow } from "./detail-lines.ts";
import { type Effect, type ScreenEvent, type Stepped, still } from "./events.ts";
import { formEvent } from "./forms/form-events.ts";
import { pressKey } from "./keymap.ts";
import { feedPage, insideOf } from "./layout.ts";
import { markRead } from "./reading.ts";
import { listed, LOADED_MAX, type Screen } from "./screen.ts";
import { isSame, sendDue, taken } from "./sending.ts";
import { fetchView, rowsOf } from "./views/views.ts";
import { shortId } from "./words.ts";

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
    case "older": {
      if (event.circle !== screen.circle) return still(screen);
      const items = merge(screen.items, event.items, LOADED_MAX);
      return still({ ...screen, items, older: items.length < LOADED_MAX ? event.next : null, isAskingOlder: false });
    }
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

/** The first circle opens by itself, as soon as this node founded or joined one. */
function refreshed(screen: Screen): Stepped {
  const [first] = screen.circles;
  if (screen.circle !== "" || first === undefined) return still(screen);
  return { screen, effects: [{ kind: "load", circle: first.id }] };
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
  const needed = neededOlder(next, at, page);
  const longest = insideOf(next, "detail") ? linesBelow({ ...next, detailTop: 0 }) : next.detailTop;
  return {
    screen: {
      ...next,
      isAskingOlder: next.isAskingOlder || needed.length > 0,
      detailTop: turned ? 0 : Math.min(next.detailTop, longest),
      // Whoever leaves the circles without opening one is back at the open one.
      ...(left && effects.length === 0 ? { circleAt: placeOf(next.circles, next.circle) } : {}),
    },
    effects: [
      ...effects,
      ...needed,
      ...(wanted === undefined || wanted === detailId(before) ? [] : [{ kind: "show", id: wanted } as const]),
    ],
  };
}

/** Who comes near the end of what is here is brought more. */
function neededOlder(
  { view, circle, older, isAskingOlder, items, unreadOnly }: Screen,
  at: number,
  page: number,
): Effect[] {
  const isNear = view === "feed" && !unreadOnly && at + page >= items.length;
  return isNear && older !== null && !isAskingOlder ? [{ kind: "older", circle, before: older }] : [];
}

/** The row that a list has chosen: it stays with its item while others come and go. */
function rowAfter(before: Screen, screen: Screen): number {
  if (before.view !== screen.view || before.row !== screen.row) return screen.row;
  const id = itemsOf(before)[before.row]?.id;
  const at = id === undefined ? -1 : itemsOf(screen).findIndex((item) => item.id === id);
  return at === -1 ? screen.row : at;
}
