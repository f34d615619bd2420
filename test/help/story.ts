// One busy afternoon in retail-eu as a screen, with names, ids and times that never change: for pictures of the screen.

import type { ItemDocument } from "../../src/api/documents.ts";
import { emptyScreen, type Screen } from "../../cli/tui/screen.ts";
import type { Effect, ScreenEvent, Snapshot } from "../../cli/tui/events.ts";
import { step } from "../../cli/tui/model.ts";
import { alert, item, NOON, peer, RETAIL, statusOf, VENDORS } from "./fake-feed.ts";

const ID_FILL = "0".repeat(46);
const id = (short: string, cursor: number): Pick<ItemDocument, "id" | "cursor"> => ({
  id: short + ID_FILL,
  cursor: String(cursor),
});

const MALWARE = { type: "sha256", value: "9f2c".padEnd(60, "0") + "e1a7" };

/** The feed of the afternoon, oldest first. */
export function afternoon(): ItemDocument[] {
  return [
    item(
      {
        ...id("s-CTRX24", 1),
        org: "umbrella",
        tlp: "green",
        title: "Citrix scan burst",
        sawToo: ["acme-bank", "globex", "hooli"],
      },
      225,
    ),
    item({ ...id("s-2HF0WD", 2), org: "initech", tlp: "green", state: "retracted", title: "was our red team" }, 94),
    item(
      {
        ...id("s-EDR088", 3),
        org: "acme-bank",
        seat: "edr",
        mine: true,
        auto: true,
        tlp: "green",
        title: "EDR: rundll32 beacon to 198.51.100.7",
      },
      81,
    ),
    item(
      {
        ...id("s-TYP0SQ", 4),
        org: "umbrella",
        tlp: "clear",
        exercise: true,
        title: "Typosquat registered",
        indicators: [{ type: "domain", value: "acme-b4nk.example" }],
      },
      40,
    ),
    item(
      {
        ...id("s-7K2M9Q", 5),
        org: "globex",
        seat: "li",
        title: "VPN portal password spray from rented VPS",
        text: 'One try per user per hour, UA "okhttp/4.9". Targets finance mailboxes first. MFA held.\nBlock http://login-vpn.example/ at the edge.',
        indicators: [{ type: "ip", value: "203.0.113.24" }, { type: "domain", value: "login-vpn.example" }, MALWARE],
        techniques: ["T1110.003"],
        confidence: 80,
        expires: "2026-12-22T00:00:00.000Z",
        sawToo: ["acme-bank", "initech"],
      },
      14,
    ),
    item(
      {
        ...id("r-R3P1YX", 6),
        kind: "reply",
        org: "globex",
        seat: "li",
        re: `s-7K2M9Q${ID_FILL}`,
        text: "C2 moved to 203.0.113.31",
      },
      2,
    ),
    alert({ ...id("a-3QX8ZZ", 7), title: 'OAuth consent phish "DocuShare Sync"', text: "Revoke tenant-wide." }, 1),
    alert(
      { ...id("a-91MDZZ", 8), circle: VENDORS, org: "パナ銀行", tlp: "amber", title: "VPN zero-day 🚨 patch out" },
      3,
    ),
  ];
}

/** What the daemon answers for retail-eu. */
export function afternoonSnapshot(items: ItemDocument[] = afternoon()): Snapshot {
  const peers = [
    peer("northwind"),
    peer("globex", { rttMs: 88 }),
    peer("initech", { trust: "vouched", link: "relayed", rttMs: 210 }),
    peer("umbrella", { link: "offline", rttMs: null, lastSeen: "2026-11-20T14:00:00.000Z" }),
    peer("hooli", { trust: "unverified", rttMs: null }),
    peer("wayne", { trust: "changed", link: "offline", rttMs: null }),
  ];
  return {
    status: statusOf(items, peers),
    peers,
    circle: RETAIL.id,
    newest: items.at(-1)?.cursor ?? "",
    notify: { rules: [], zone: "UTC", pierce: ["alert"], digest: [], words: false },
    items: items.filter(({ circle }) => circle.id === RETAIL.id),
    alerts: items.filter(({ kind }) => kind === "alert"),
    unread: items.filter(({ circle, cursor }) => circle.id === RETAIL.id && Number(cursor) >= 5).map((one) => one.id),
  };
}

/** The screen of the afternoon at this size. */
export function afternoonScreen(columns: number, rows: number, items?: ItemDocument[]): Screen {
  const empty = emptyScreen({ columns, rows, now: NOON });
  return play(empty, [{ kind: "snapshot", snapshot: afternoonSnapshot(items), now: NOON }]);
}

/** The screen after these events. */
export function play(screen: Screen, events: readonly ScreenEvent[]): Screen {
  return events.reduce((before, event) => step(before, event).screen, screen);
}

/** The screen after these events, and all that the rim would have to do. */
export function run(screen: Screen, events: readonly ScreenEvent[]): { screen: Screen; effects: Effect[] } {
  const effects: Effect[] = [];
  for (const event of events) {
    const next = step(screen, event);
    screen = next.screen;
    effects.push(...next.effects);
  }
  return { screen, effects };
}

/** Key presses as events, all at `now`. */
export function keys(presses: readonly string[], now: number = NOON): ScreenEvent[] {
  return presses.map((key) => ({ kind: "key", key, now }));
}
