// The screen as a person works with it: what is selected, read, acknowledged and pinned, without any terminal.

import { expect, test } from "vitest";
import type { Effect, ScreenEvent } from "../../../../cli/tui/events.ts";
import { step } from "../../../../cli/tui/model.ts";
import { board, pinned } from "../../../../cli/tui/alerts.ts";
import { ackTarget } from "../../../../cli/tui/chosen.ts";
import { listed, readCursor, type Screen } from "../../../../cli/tui/screen.ts";
import type { AlertDocument, ItemDocument } from "../../../../src/api/documents.ts";
import type { NotifySettings } from "../../../../src/notify/notify.ts";
import { alert, item, NOON, RETAIL, VENDORS } from "../../../help/fake-feed.ts";
import { afternoon, afternoonScreen, afternoonSnapshot, keys, play, run } from "../../../help/story.ts";

const selected = (screen: Screen): string | undefined => screen.selected?.slice(0, 8);

const kinds = (effects: readonly Effect[]): string[] => effects.map(({ kind }) => kind);
const acked = (id: string): ScreenEvent => ({
  kind: "sent",
  sending: { id, circle: RETAIL.id, draft: { kind: "ack", re: id }, sendAt: NOON, sent: true },
  at: new Date(NOON).toISOString(),
  result: {
    schema: "tocsin.result/1",
    id: "k-1",
    kind: "ack",
    circle: RETAIL.id,
    state: "queued",
    tlp: "amber",
    audience: [],
    withheld: [],
    delivered: { held: ["northwind"], of: 3 },
    acked: [],
    exercise: false,
  },
});

test("the newest item is selected and arrows, letters and halves of a page move it", () => {
  const screen = afternoonScreen(80, 24);
  expect(selected(screen)).toBe("a-3QX8ZZ");
  expect(selected(play(screen, keys(["j", "down"])))).toBe("s-7K2M9Q");
  expect(selected(play(screen, keys(["G"])))).toBe("s-CTRX24");
  expect(selected(play(screen, keys(["G", "k", "up", "g"])))).toBe("a-3QX8ZZ");
  expect(selected(play(screen, keys(["k"])))).toBe("a-3QX8ZZ");
  expect(selected(play(screen, keys(["ctrl-d"])))).not.toBe("a-3QX8ZZ");
});

test("what arrives at the top shows there while the selection stays on its item", () => {
  const screen = play(afternoonScreen(80, 24), [{ kind: "arrived", items: [item({ title: "new" })] }]);
  expect(listed(screen)[0]?.title).toBe("new");
  expect(selected(screen)).toBe("a-3QX8ZZ");
  expect(screen.top).toBe(0);
});

test("who reads further down keeps the same rows in view", () => {
  const many = Array.from({ length: 60 }, (_, index) => item({ title: `old ${index}` }, 60 + index));
  const down = play(afternoonScreen(80, 24, many), keys(["G"]));
  const first = listed(down)[down.top]?.id;
  const after = play(down, [{ kind: "arrived", items: [item({}), item({})] }]);
  expect(listed(after)[after.top]?.id).toBe(first);
  expect(after.top).toBe(down.top + 2);
});

test("the same item twice is one item, and it stays read", () => {
  const read = play(afternoonScreen(80, 24), keys(["M"]));
  const again = play(read, [{ kind: "arrived", items: afternoon().slice(3, 6) }]);
  expect(again.items).toHaveLength(7);
  expect(again.unread.size).toBe(0);
});

test("an alert rings once, however often it is told, and not when it is ours or acknowledged", () => {
  const quiet = afternoonScreen(80, 24, []);
  const urgent = alert({ title: "phish" });
  const first = run(quiet, [{ kind: "arrived", items: [urgent] }]);
  expect(kinds(first.effects).filter((kind) => kind === "bell")).toHaveLength(1);
  const replay = run(first.screen, [
    { kind: "arrived", items: [urgent] },
    { kind: "snapshot", snapshot: afternoonSnapshot([urgent]), now: NOON },
  ]);
  expect(kinds(replay.effects)).not.toContain("bell");
  const ours = run(quiet, [{ kind: "arrived", items: [alert({ mine: true, org: "acme-bank" })] }]);
  expect(kinds(ours.effects)).not.toContain("bell");
  expect(pinned(ours.screen)).toEqual([]);
});

test("it rings by the rules of the node: in the quiet hours for what pierces them, otherwise for what they call for", () => {
  const screen = afternoonScreen(80, 24, []);
  const rings = (rules: Partial<NotifySettings>, one: ItemDocument): boolean => {
    if (!screen.notify) throw new Error("the snapshot has rules");
    const ruled = { ...screen, notify: { ...screen.notify, ...rules } };
    return kinds(run(ruled, [{ kind: "arrived", items: [one] }]).effects).includes("bell");
  };
  const noon = { quiet: { from: "14:00", to: "15:00" } } as const;
  const urgent = alert({ title: "phish" });
  const question = item({ kind: "ask" });
  expect([rings({}, urgent), rings({}, question), rings({}, item({}))]).toEqual([true, true, false]);
  expect([rings(noon, urgent), rings(noon, { ...urgent, exercise: true }), rings(noon, question)]).toEqual([
    true,
    false,
    false,
  ]);
  expect(rings({ ...noon, pierce: [] }, urgent)).toBe(false);
  expect(rings({ rules: [{ kinds: ["alert"], tell: "never" }] }, urgent)).toBe(false);
  expect(rings({ rules: [{ kinds: ["sighting"], tell: "now" }] }, item({}))).toBe(true);
});

test("it rings again for an alert that waits for us, each time the rules say, for a day, until it is acknowledged", () => {
  const start = afternoonScreen(80, 24, []);
  if (!start.notify) throw new Error("the snapshot has rules");
  const minute = 60_000;
  const came = alert({ title: "phish", receivedAt: new Date(NOON).toISOString() });
  const asking = (more: Partial<AlertDocument>): ItemDocument => {
    if (!came.alert) throw new Error("it is an alert");
    return { ...came, alert: { ...came.alert, ...more } };
  };
  const rung = (screen: Screen, minutes: number): readonly number[] => {
    let now = screen;
    return Array.from({ length: minutes }, (_, n) => n + 1).filter((n) => {
      const after = run(now, [{ kind: "tick", now: NOON + n * minute }]);
      now = after.screen;
      return kinds(after.effects).includes("bell");
    });
  };
  const waits = (rules: Partial<NotifySettings>, one: ItemDocument): Screen =>
    run({ ...start, notify: { ...start.notify, ...rules } as NotifySettings }, [{ kind: "arrived", items: [one] }])
      .screen;
  const again = { againMs: 15 * minute };
  expect(rung(waits(again, came), 50)).toEqual([15, 30, 45]);
  expect(rung(waits(again, came), 2 * 24 * 60)).toHaveLength(95);
  expect(rung(waits({}, came), 50)).toEqual([]);
  expect(rung(waits(again, asking({ who: ["somebody else"] })), 50)).toEqual([]);
  const done = waits(again, came);
  const acks = [{ org: done.org, seat: "kim", at: came.at, note: null }];
  expect(rung(waits(again, asking({ acks })), 50)).toEqual([]);
});

test("an acknowledgement waits three seconds, leaves once, and unpins its alert", () => {
  const waiting = run(afternoonScreen(80, 24), keys(["a", "a"]));
  expect(kinds(waiting.effects)).not.toContain("send");
  // The second press was for the other alert only once the first one is on its way: the selected one is taken.
  expect(waiting.screen.sending).toHaveLength(1);
  const early = run(waiting.screen, [{ kind: "tick", now: NOON + 2_900 }]);
  expect(kinds(early.effects)).toEqual([]);
  const sent = run(early.screen, [
    { kind: "tick", now: NOON + 3_000 },
    { kind: "tick", now: NOON + 4_000 },
  ]);
  const id = waiting.screen.sending[0]?.id ?? "";
  expect(sent.effects).toMatchObject([
    { kind: "send", sending: { id, circle: RETAIL.id, draft: { kind: "ack", re: id } } },
  ]);
  const done = play(sent.screen, [acked(id)]);
  expect(pinned(done).map((one) => one.id)).not.toContain(id);
  expect(done.unread.has(id)).toBe(false);
  expect(done.notice?.text).toContain("acknowledged · held by 1 of 3");
  expect(selected({ ...done, selected: ackTarget(done)?.id })).toBe("a-91MDZZ");
});

test("`U` takes an acknowledgement back until it has left", () => {
  const back = run(afternoonScreen(80, 24), [...keys(["a", "U"]), { kind: "tick", now: NOON + 9_000 }]);
  expect(kinds(back.effects)).not.toContain("send");
  expect(back.screen.sending).toEqual([]);
  const late = run(afternoonScreen(80, 24), [
    ...keys(["a"]),
    { kind: "tick", now: NOON + 3_000 },
    ...keys(["U"], NOON + 3_100),
  ]);
  expect(late.screen.notice?.text).toContain("nothing is left to take back");
});

test("quitting sends at once what still waited, and a second press sends nothing twice", () => {
  const { effects } = run(afternoonScreen(80, 24), keys(["a", "q"]));
  expect(kinds(effects)).toEqual(["send", "quit"]);
});

test("a refused acknowledgement is told and can be tried again", () => {
  const sent = play(afternoonScreen(80, 24), [...keys(["a"]), { kind: "tick", now: NOON + 3_000 }]);
  const [sending] = sent.sending;
  if (!sending) throw new Error("it is on its way");
  const { id } = sending;
  const failed = play(sent, [{ kind: "failed", sending, message: "not acknowledged: queue is full" }]);
  expect(failed.notice).toEqual({ text: "✗ not acknowledged: queue is full", tone: "warn" });
  expect(ackTarget(failed)?.id).toBe(id);
});

test("a read-only screen and one without a daemon send nothing", () => {
  const wallboard = run({ ...afternoonScreen(80, 24), readOnly: true }, keys(["a", "M", "enter"]));
  expect(kinds(wallboard.effects).filter((kind) => kind === "send" || kind === "read")).toEqual([]);
  const lost = play(afternoonScreen(80, 24), [{ kind: "lost", now: NOON }, ...keys(["a"])]);
  expect(lost.sending).toEqual([]);
});

test("an acknowledgement by another seat of ours unpins the alert, one of another org counts", () => {
  const urgent = afternoon().find(({ id }) => id.startsWith("a-3QX8ZZ"));
  const answer = (org: string): ScreenEvent => ({
    kind: "arrived",
    items: [item({ kind: "ack", org, re: urgent?.id ?? "", mine: org === "acme-bank" })],
  });
  const theirs = play(afternoonScreen(80, 24), [answer("globex")]);
  expect(theirs.items[0]?.alert?.acks.map(({ org }) => org)).toEqual(["globex"]);
  expect(pinned(theirs)).toHaveLength(2);
  const ours = play(theirs, [answer("acme-bank")]);
  expect(pinned(ours)).toHaveLength(1);
  expect(ours.items.some(({ kind }) => kind === "ack")).toBe(false);
});

test("opening marks one item read; the cursor never passes an unread one", () => {
  const screen = afternoonScreen(80, 24);
  expect(readCursor(screen)).toBe("4");
  const newest = run(screen, keys(["enter"]));
  expect(newest.screen.unread.size).toBe(2);
  // The newest was opened, the two before it were not: nothing more may be marked.
  expect(newest.effects.find(({ kind }) => kind === "read")).toEqual({ kind: "read", circle: RETAIL.id, cursor: "4" });
  const all = run(screen, keys(["M"]));
  expect(all.effects).toContainEqual({ kind: "read", circle: RETAIL.id, cursor: "8" });
});

test("n finds the next unread item, then the next circle that has one", () => {
  const screen = afternoonScreen(80, 24);
  expect(selected(play(screen, keys(["n"])))).toBe("r-R3P1YX");
  expect(selected(play(screen, keys(["n", "n", "N"])))).toBe("r-R3P1YX");
  const { effects } = run(screen, keys(["n", "n", "n"]));
  expect(effects).toContainEqual({ kind: "load", circle: VENDORS.id });
});

test("the first circle opens by itself", () => {
  const none = { ...afternoonScreen(80, 24), circles: [], circle: "", items: [] };
  const { status, peers } = afternoonSnapshot();
  expect(run(none, [{ kind: "refreshed", status, peers: [...peers] }]).effects).toEqual([
    { kind: "load", circle: RETAIL.id },
  ]);
});

test("brackets and the circles pane switch circles, and a stale answer changes nothing else", () => {
  const screen = afternoonScreen(80, 24);
  expect(run(screen, keys(["]"])).effects).toEqual([{ kind: "load", circle: VENDORS.id }]);
  expect(run(screen, keys(["backtab", "j", "enter"])).effects).toEqual([{ kind: "load", circle: VENDORS.id }]);
  const there = play(screen, [
    ...keys(["G", "]"]),
    {
      kind: "snapshot",
      now: NOON,
      snapshot: { ...afternoonSnapshot(), circle: VENDORS.id, items: [item({ circle: VENDORS })] },
    },
  ]);
  expect(there.circle).toBe(VENDORS.id);
  expect(there.top).toBe(0);
  expect(there.items).toHaveLength(1);
});

test("where the detail stands beside the feed it follows the selection, otherwise it is asked when opened", () => {
  expect(kinds(run(afternoonScreen(120, 36), keys(["j"])).effects)).toEqual(["show"]);
  expect(kinds(run(afternoonScreen(80, 24), keys(["j"])).effects)).toEqual([]);
  expect(kinds(run(afternoonScreen(80, 24), keys(["enter"])).effects)).toContain("show");
});

test("a reply to the open item is fetched, an unrelated item is not", () => {
  const open = play(afternoonScreen(80, 24), keys(["enter"]));
  const id = open.selected ?? "";
  expect(kinds(run(open, [{ kind: "arrived", items: [item({ kind: "reply", re: id })] }]).effects)).toContain("show");
  expect(kinds(run(open, [{ kind: "arrived", items: [item()] }]).effects)).toEqual(["refresh"]);
});

test("the detail scrolls no further than its end", () => {
  const long = item({ title: "long", text: Array.from({ length: 40 }, (_, line) => `line ${line}`).join("\n") });
  const open = play(afternoonScreen(80, 24, [long]), keys(["enter", "G"]));
  expect(open.detailTop).toBeGreaterThan(10);
  expect(play(open, keys(["j", "pagedown"])).detailTop).toBe(open.detailTop);
  expect(play(open, keys(["esc", "enter", "k"])).detailTop).toBe(open.detailTop - 1);
});

test("a tick that changes nothing gives back the same screen", () => {
  const screen = afternoonScreen(80, 24);
  expect(step(screen, { kind: "tick", now: NOON + 1_000 }).screen).toBe(screen);
  expect(step(screen, { kind: "tick", now: NOON + 60_000 }).screen.now).toBe(NOON + 60_000);
});

test("when the daemon returns the place in the feed is kept and the warning is gone", () => {
  const away = play(afternoonScreen(80, 24), [...keys(["j", "j"]), { kind: "lost", now: NOON }]);
  const back = play(away, [{ kind: "snapshot", snapshot: afternoonSnapshot(), now: NOON + 5_000 }]);
  expect(back.lostAt).toBeUndefined();
  expect(selected(back)).toBe("s-7K2M9Q");
});

test("help takes every key but the ones that close it and Ctrl-C", () => {
  const help = play(afternoonScreen(80, 24), keys(["?", "a", "j", "u"]));
  expect(help.overlays).toMatchObject([{ kind: "help" }]);
  expect(help.sending).toEqual([]);
  expect(play(help, keys(["q"])).overlays).toEqual([]);
  expect(kinds(run(help, keys(["ctrl-c"])).effects)).toEqual(["quit"]);
});

test("the board lists who is waited for, acknowledges what is chosen there and nothing else, and reminds the others", () => {
  const own = alert({ mine: true, org: "acme-bank", title: "ours" });
  if (!own.alert) throw new Error("it is an alert");
  const acks = [{ org: "globex", seat: "li", at: own.at, note: null }];
  const done = alert({ id: "a-DONE00", title: "enough", mine: true, alert: { ...own.alert, need: 1, acks } });
  const start = afternoonScreen(80, 24, [...afternoon(), own, done]);
  const open = run(start, keys(["2"])).screen;
  expect(open.view).toBe("acks");
  const shown = board(open);
  expect(shown.map(({ title }) => title)).not.toContain("enough");
  expect(shown.some(({ mine }) => mine)).toBe(true);
  const at = shown.findIndex(({ mine }) => mine);
  const onOwn = run(open, keys(["g", ...Array<string>(at).fill("j")])).screen;
  expect(onOwn.row).toBe(at);
  // Our own alert is not ours to acknowledge, though others wait in the pins above.
  const refused = run(onOwn, keys(["a"]));
  expect([refused.screen.sending, refused.screen.notice?.text]).toEqual([[], "! this alert does not wait for you"]);
  expect(run(onOwn, keys(["w"])).effects).toEqual([{ kind: "nudge", id: own.id }]);
  const told = run(onOwn, [{ kind: "nudged", id: own.id, waiting: ["globex", "initech"] }]).screen;
  expect(told.notice?.text).toBe(`✓ ${own.id.slice(0, 8)}: reminded globex, initech`);
  const asked = shown.findIndex(({ mine }) => !mine);
  const first = run(open, keys(["g", ...Array<string>(asked).fill("j"), "a"])).screen;
  expect(first.sending.map(({ id }) => id)).toEqual([shown[asked]?.id]);
  expect(run({ ...onOwn, readOnly: true }, keys(["w"])).effects).toEqual([]);
  expect(run({ ...onOwn, lostAt: NOON }, keys(["w"])).effects).toEqual([]);
  // Keys of the feed do nothing here, and Esc goes back.
  expect(run(open, keys(["M", "u", "n", "tab"])).effects).toEqual([]);
  expect(run(open, keys(["esc"])).screen.view).toBe("feed");
});

test("Enter on the board goes to the alert in its circle, which is loaded first where it is another one", () => {
  const here = run(afternoonScreen(80, 24), keys(["2"])).screen;
  const at = (screen: Screen, circle: string): Screen => ({
    ...screen,
    row: board(screen).findIndex((one) => one.circle.id === circle),
  });
  const same = run(at(here, RETAIL.id), keys(["enter"])).screen;
  expect([same.view, same.focus, same.selected]).toEqual([
    "feed",
    "detail",
    board(here).find((one) => one.circle.id === RETAIL.id)?.id,
  ]);
  const other = run(at(here, VENDORS.id), keys(["enter"]));
  expect(other.effects).toContainEqual({ kind: "load", circle: VENDORS.id });
  const wanted = board(here).find((one) => one.circle.id === VENDORS.id);
  const loaded = {
    ...afternoonSnapshot(),
    circle: VENDORS.id,
    items: wanted ? [item({ id: "n-OTHER0", circle: VENDORS }), wanted] : [],
  };
  const there = run(other.screen, [{ kind: "snapshot", snapshot: loaded, now: NOON }]).screen;
  expect([there.circle, there.selected, there.wanted]).toEqual([VENDORS.id, wanted?.id, undefined]);
});

test("who comes near the end of what is here is brought older items, once at a time, to their end", () => {
  const many = Array.from({ length: 60 }, (_, index) => item({ title: `old ${index}` }, 60 + index));
  const snapshot = { ...afternoonSnapshot(many), older: "7" };
  const start = run(afternoonScreen(80, 24), [{ kind: "snapshot", snapshot, now: NOON }]);
  expect(kinds(start.effects)).not.toContain("older");
  const end = run(start.screen, keys(["G"]));
  expect(end.effects).toContainEqual({ kind: "older", circle: RETAIL.id, before: "7" });
  expect(kinds(run(end.screen, keys(["k", "j"])).effects)).not.toContain("older");
  const more = Array.from({ length: 10 }, (_, index) => item({ title: `older ${index}` }, 600 + index));
  const brought = play(end.screen, [{ kind: "older", circle: RETAIL.id, items: more, next: null }]);
  expect(brought.items).toHaveLength(70);
  expect(selected(brought)).toBe(selected(end.screen));
  expect(listed(play(brought, keys(["G"]))).at(-1)?.title).toBe("older 9");
  expect(kinds(run(brought, keys(["G"])).effects)).not.toContain("older");
  // What another circle has is nothing of this one.
  expect(play(end.screen, [{ kind: "older", circle: VENDORS.id, items: more, next: null }]).items).toHaveLength(60);
});
