// Keys over all views: what they are about, what they send, what they ask of the daemon, and commands.

import { describe, expect, test } from "vitest";
import { subject } from "../../../../cli/tui/chosen.ts";
import { completed } from "../../../../cli/tui/completion.ts";
import { editOf } from "../../../../cli/tui/edit.ts";
import { clipboardSequence, desktopSequence } from "../../../../cli/tui/escapes.ts";
import type { Effect, ScreenEvent } from "../../../../cli/tui/events.ts";
import { wordsOf } from "../../../../cli/tui/forms/output.ts";
import type { Screen } from "../../../../cli/tui/screen.ts";
import { alert, item, NOON, RETAIL, VENDORS } from "../../../help/fake-feed.ts";
import { keys, play, run } from "../../../help/story.ts";
import { asks, circles, halfWords, outbox, typed, wholeScreen } from "../../../help/story-views.ts";

const whole = (): Screen => wholeScreen(80, 24);
const sent = (effects: readonly Effect[]): unknown[] =>
  effects.flatMap((effect) => (effect.kind === "send" ? [effect.sending.draft] : []));
const later: ScreenEvent = { kind: "tick", now: NOON + 3_000 };
const short = (screen: Screen): string | undefined => subject(screen)?.id.slice(0, 8);

test("an answer waits three seconds, can be changed and taken back", () => {
  const re = asks()[0]?.id;
  expect(sent(run(whole(), [...keys(["4", "+"]), later]).effects)).toEqual([{ kind: "answer", answer: "yes", re }]);
  expect(sent(run(whole(), [...keys(["4", "+", "-"]), later]).effects)).toEqual([{ kind: "answer", answer: "no", re }]);
  expect(sent(run(whole(), [...keys(["4", "~", "U"]), later]).effects)).toEqual([]);
});

test("only what can be answered, seen or acknowledged is", () => {
  const feed = whole();
  expect(play(feed, keys(["+"])).notice?.text).toContain("only an ask is answered");
  // The newest item of the afternoon is an alert of northwind's.
  expect(sent(run(feed, [...keys(["s"]), later]).effects)).toMatchObject([{ kind: "sighting" }]);
  const own = play(feed, keys(["j", "j", "j", "j"]));
  expect(subject(own)?.mine).toBe(true);
  expect(play(own, keys(["s"])).notice?.text).toContain("your own organisation said it");
  const seen = play(feed, keys(["j", "j"]));
  expect(play(seen, keys(["s"])).notice?.text).toContain("saw it already");
});

test("a note goes with the acknowledgement, and Esc sends nothing", () => {
  const noted = run(whole(), [...keys(["A"]), ...typed("blocked"), ...keys(["enter"]), later]);
  expect(sent(noted.effects)).toMatchObject([{ kind: "ack", text: "blocked" }]);
  expect(sent(run(whole(), [...keys(["A"]), ...typed("blocked"), ...keys(["esc"]), later]).effects)).toEqual([]);
});

test("letters that are typed into a question are no commands", () => {
  const { screen, effects } = run(whole(), [...keys(["/"]), ...typed("aqs+U1?")]);
  expect(effects).toEqual([]);
  expect(screen.view).toBe("feed");
  expect(run(screen, keys(["enter"])).effects).toEqual([{ kind: "search", words: "aqs+U1?" }]);
});

test("a hit is opened wherever it stands, asked for, acted on, and closed again", () => {
  const [hit] = [item({ id: "s-0LD0NE".padEnd(54, "0"), circle: VENDORS, org: "globex" }, 9_000)];
  const found = { words: "x", items: [hit], tookMs: 3 } as const;
  const open = run(whole(), [...keys(["5"]), { kind: "found", found }, ...keys(["enter"])]);
  expect(open.effects).toContainEqual({ kind: "show", id: hit?.id });
  expect(short(open.screen)).toBe("s-0LD0NE");
  const seen = run(open.screen, [...keys(["s"]), later]);
  expect(seen.effects).toMatchObject([{ kind: "send", sending: { circle: VENDORS.id, draft: { re: hit?.id } } }]);
  expect(play(open.screen, keys(["esc"]))).toMatchObject({ view: "search", overlays: [] });
});

test("a row stays chosen while others come", () => {
  const chosen = play(whole(), keys(["4", "j"]));
  const before = short(chosen);
  const newer = { ...asks()[0], id: "q-NEWNEW".padEnd(54, "0"), cursor: "90" } as ReturnType<typeof item>;
  const after = play(chosen, [{ kind: "arrived", items: [newer] }]);
  expect(after.asks).toHaveLength(3);
  expect(short(after)).toBe(before);
});

test("what is said to an ask makes the screen ask for its tally", () => {
  const re = asks()[0]?.id ?? "";
  const { effects } = run(play(whole(), keys(["4"])), [{ kind: "arrived", items: [item({ kind: "answer", re })] }]);
  expect(effects).toContainEqual({ kind: "show", id: re });
});

test("an ask that came together with its answer is asked for: it was told before the answer was there", () => {
  const ask = { ...asks()[0], id: "q-BATCHD".padEnd(54, "0"), cursor: "91" } as ReturnType<typeof item>;
  const { effects } = run(whole(), [{ kind: "arrived", items: [ask, item({ kind: "answer", re: ask.id })] }]);
  expect(effects).toContainEqual({ kind: "show", id: ask.id });
});

test("an alert rings and tells the desktop where, but never what", () => {
  const { effects } = run(whole(), [{ kind: "arrived", items: [alert({ title: "the secret title" })] }]);
  const told = effects.filter(({ kind }) => kind === "bell" || kind === "desktop");
  expect(told).toEqual([
    { kind: "bell" },
    { kind: "desktop", text: "tocsin: 3 alerts need your ack (retail-eu, vendors-ir)" },
  ]);
});

describe("members", () => {
  const here = (): Screen => play(whole(), [...keys(["3"]), { kind: "members", circles: circles() }]);

  test("what opening asks for, and what changes, asks again", () => {
    expect(run(whole(), keys(["3"])).effects).toEqual([{ kind: "members" }]);
    expect(run(here(), [{ kind: "changed" }]).effects).toContainEqual({ kind: "members" });
  });

  test("rare changes are commands that a person sees before they run", () => {
    const removing = run(here(), keys(["j", "x"]));
    expect(removing.effects).toEqual([]);
    expect(removing.screen.overlays.at(-1)).toMatchObject({
      kind: "line",
      edit: { text: "circle remove retail-eu northwind" },
    });
    expect(run(removing.screen, keys(["enter"])).effects).toEqual([
      { kind: "command", words: ["circle", "remove", "retail-eu", "northwind"] },
    ]);
    expect(play(here(), keys(["i"])).overlays.at(-1)).toMatchObject({
      edit: { text: "invite create --circle retail-eu --for " },
    });
    expect(play(here(), keys(["x"])).notice?.text).toContain("your own organisation");
  });

  test("the words that are heard are one guess; a mistyped one is none", () => {
    const begun = run(here(), keys(["j", "j", "j", "j", "v"]));
    expect(begun.effects).toEqual([{ kind: "verify", peer: "hooli" }]);
    const words = play(begun.screen, [{ kind: "verifying", document: halfWords() }, ...typed("bishop hazel oak")]);
    const heard = run(words, keys(["enter"]));
    expect(heard.effects).toEqual([{ kind: "heard", peer: "hooli", words: "bishop hazel oak" }]);
    const mistyped = play(heard.screen, [{ kind: "unverified", message: "oak is no word of the list", again: true }]);
    expect(mistyped.overlays.at(-1)).toMatchObject({ over: false, heard: { text: "bishop hazel oak" } });
    const differ = play(heard.screen, [{ kind: "unverified", message: "the words differ", again: false }]);
    expect(run(differ, keys(["enter", "x"])).effects).toEqual([]);
    expect(run(begun.screen, keys(["esc"])).effects).toEqual([{ kind: "unverify" }]);
  });
});

test("a held post is approved and rejected by commands with its id", () => {
  const held = play(whole(), [...keys(["7"]), { kind: "held", outbox: outbox() }]);
  expect(play(held, keys(["enter"])).overlays.at(-1)).toMatchObject({ edit: { text: "outbox release h-1A2B3C " } });
  expect(play(held, keys(["j", "x"])).overlays.at(-1)).toMatchObject({ edit: { text: "outbox reject h-4D5E6F " } });
});

test("the timeline asks for what its span needs, once", () => {
  const opened = run(whole(), keys(["6"]));
  const [first] = opened.effects;
  expect(first).toMatchObject({ kind: "history", circle: RETAIL.id });
  const since = first?.kind === "history" ? first.since : 0;
  const loaded = play(opened.screen, [
    { kind: "history", history: { circle: RETAIL.id, since, items: [], cut: false } },
  ]);
  expect(run(loaded, keys(["+"])).effects).toEqual([]);
  expect(run(loaded, keys(["-"])).effects).toMatchObject([{ kind: "history" }]);
});

describe("commands", () => {
  test.each([
    ["post 'two words' --tlp amber", ["post", "two words", "--tlp", "amber"]],
    [`note "a \\"quoted\\" word" ''`, ["note", 'a "quoted" word', ""]],
    ["a\\ b  c", ["a b", "c"]],
    ["post 'open", undefined],
  ])("%j is read as %j", (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });

  const line = (text: string) => ({ kind: "line", purpose: { kind: "command" }, edit: editOf(text) }) as const;
  const tab = (text: string, times = 1): string => {
    let now: Parameters<typeof completed>[1] = line(text);
    for (let at = 0; at < times; at++) now = completed(whole(), now);
    return now.edit.text;
  };
  test.each([
    ["cir", 1, "circle "],
    ["circle ", 1, "circle list"],
    ["circle ", 2, "circle remove"],
    ["circle ", 3, "circle list"],
    ["invite create --f", 1, "invite create --for "],
    ["circle remove ven", 1, "circle remove vendors-ir "],
    ["peer show glo", 1, "peer show globex "],
    ["nothing fits", 1, "nothing fits"],
  ])("Tab on %j, %i times, gives %j", (text, times, after) => {
    expect(tab(text, times)).toBe(after);
  });

  test("what a command prints comes as it is printed, and Esc ends one that runs on", () => {
    const running = run(whole(), [...keys([":"]), ...typed("peer show globex"), ...keys(["enter"])]);
    expect(running.effects).toEqual([{ kind: "command", words: ["peer", "show", "globex"] }]);
    const printed = play(running.screen, [
      { kind: "printed", lines: ["one"] },
      { kind: "printed", lines: ["two"] },
    ]);
    expect(printed.overlays.at(-1)).toMatchObject({ lines: ["one", "two"], code: undefined });
    expect(run(printed, keys(["esc"])).effects).toEqual([{ kind: "stop" }]);
    const ended = play(printed, [{ kind: "ended", code: 0 }]);
    expect(run(ended, keys(["esc"])).effects).toEqual([]);
  });

  test("what was run is recalled by the arrows, and its output copied whole", () => {
    const ran = play(whole(), [
      ...[...keys([":"]), ...typed("ping globex"), ...keys(["enter", "esc"])],
      ...[...keys([":"]), ...typed("circle list"), ...keys(["enter"])],
      { kind: "printed", lines: ["TICKET-1", "for hooli"] },
      { kind: "ended", code: 0 },
    ]);
    expect(run(ran, keys(["y"])).effects).toEqual([{ kind: "copy", text: "TICKET-1\nfor hooli" }]);
    const recalled = (...presses: string[]): unknown => play(ran, keys(["esc", ":", ...presses])).overlays.at(-1);
    expect(recalled("up")).toMatchObject({ edit: { text: "circle list" } });
    expect(recalled("up", "up", "up")).toMatchObject({ edit: { text: "ping globex" } });
    expect(recalled("up", "up", "down")).toMatchObject({ edit: { text: "circle list" } });
    expect(recalled("up", "down")).toMatchObject({ edit: { text: "" } });
  });

  test("one that needs the terminal itself is not run, and none where none can be", () => {
    expect(run(whole(), [...keys([":"]), ...typed("ui"), ...keys(["enter"])]).effects).toEqual([]);
    expect(
      play({ ...whole(), commands: [] }, [...keys([":"]), ...typed("ping x"), ...keys(["enter"])]).notice?.text,
    ).toContain("not run");
  });
});

test("indicators are copied harmless or raw, and the terminal is asked by its own sequence", () => {
  const chosen = play(whole(), keys(["j", "j"]));
  const copied = (key: string): string => {
    const [effect] = run(chosen, keys([key])).effects;
    return effect?.kind === "copy" ? effect.text : "";
  };
  expect(copied("y").split("\n").slice(0, 2)).toEqual(["203[.]0[.]113[.]24", "login-vpn[.]example"]);
  expect(copied("Y").split("\n").slice(0, 2)).toEqual(["203.0.113.24", "login-vpn.example"]);
  expect(clipboardSequence("ü")).toBe("\u001B]52;c;w7w=\u0007");
});

test.each([
  [{ term: "xterm-kitty", program: "", isMultiplexed: false }, "\u001B]99;;tocsin: 1 alert\u0007"],
  [{ term: "xterm-256color", program: "iTerm.app", isMultiplexed: false }, "\u001B]9;tocsin: 1 alert\u0007"],
  [
    { term: "xterm-256color", program: "WezTerm", isMultiplexed: false },
    "\u001B]777;notify;tocsin;tocsin: 1 alert\u0007",
  ],
  [{ term: "foot", program: "", isMultiplexed: false }, "\u001B]777;notify;tocsin;tocsin: 1 alert\u0007"],
  [{ term: "xterm-256color", program: "", isMultiplexed: false }, ""],
  [{ term: "xterm-kitty", program: "", isMultiplexed: true }, ""],
])("the desktop of %j is told by %j", (terminal, sequence) => {
  expect(desktopSequence(terminal, "tocsin: 1 alert")).toBe(sequence);
  // Whatever a name of a circle holds cannot end the sequence and begin another.
  const hostile = desktopSequence(terminal, "a\u0007b;\u001B]c");
  expect(hostile.slice(1, -1)).not.toContain("\u001B");
  expect(hostile.slice(1, -1)).not.toContain("\u0007");
  expect(hostile).not.toContain("b;");
});
