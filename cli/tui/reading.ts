// How a person comes to an item and what is read by that: opening, the next unread one, other circles. Pure.

import type { ItemDocument } from "../../src/api/documents.ts";
import { type Action, clamp, type Stepped, still, told } from "./events.ts";
import { insideOf } from "./layout.ts";
import { listed, readCursor, type Screen } from "./screen.ts";

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

/** Opening an item is what makes it read; passing over it with the cursor does not. */
export function openDetail(screen: Screen): Stepped {
  if (screen.selected === undefined) return still(screen);
  const opened: Screen = { ...screen, focus: insideOf({ ...screen, focus: "detail" }, "detail") ? "detail" : "feed" };
  return markRead(opened, new Set([...screen.unread].filter((id) => id !== screen.selected)));
}

/** Opens an item over the view that lists it, of whatever circle and age it is. */
export function openOver(screen: Screen, item: ItemDocument | undefined): Stepped {
  if (!item) return still(screen);
  const opened: Screen = { ...screen, overlays: [...screen.overlays, { kind: "item", id: item.id }], detailTop: 0 };
  return markRead(opened, new Set([...screen.unread].filter((id) => id !== item.id)));
}

/** Goes to an item in the feed of its circle, which is loaded first where it is another one. */
export function goTo(screen: Screen, item: ItemDocument): Stepped {
  const feed: Screen = { ...screen, view: "feed", overlays: [], unreadOnly: false, focus: "feed", wanted: item.id };
  if (item.circle.id !== screen.circle) return { screen: feed, effects: [{ kind: "load", circle: item.circle.id }] };
  return openDetail({ ...feed, selected: item.id, wanted: undefined });
}

export function enterCircle(screen: Screen, at: number): Stepped {
  const circleAt = (at + screen.circles.length) % Math.max(1, screen.circles.length);
  const circle = screen.circles[circleAt];
  if (circle === undefined || circle.id === screen.circle) return still({ ...screen, circleAt });
  return { screen: { ...screen, circleAt }, effects: [{ kind: "load", circle: circle.id }] };
}

/** The next unread item down (or up) the list, else the next circle that has one. */
export function nextUnread(by: 1 | -1): Action {
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

export function moveSelection(by: number): Action {
  return (screen) => {
    const items = listed(screen);
    const at = items.findIndex(({ id }) => id === screen.selected);
    return still({ ...screen, selected: items[clamp(at + by, items.length)]?.id });
  };
}
