// Writing from the screen: nothing leaves without its review, what is found in a text is offered, what is begun is kept.

import { expect, test } from "vitest";
import type { ScreenEvent } from "../../../../cli/tui/events.ts";
import { indicatorsIn } from "../../../../cli/tui/found.ts";
import type { Screen } from "../../../../cli/tui/screen.ts";
import { NOON, RETAIL } from "../../../help/fake-feed.ts";
import { keys, play, run } from "../../../help/story.ts";
import { rehearsal, typed, wholeScreen } from "../../../help/story-views.ts";

const open = (): Screen => play(wholeScreen(80, 24), keys(["c"]));
const top = (screen: Screen) => screen.overlays.at(-1);
const refusal = rehearsal();

test("an alert is asked about with its words, its deadline and what was found in it", () => {
  const { effects } = run(open(), [
    ...keys(["ctrl-k"]),
    ...typed("Consent phish"),
    ...keys(["enter"]),
    ...typed("C2 203.0.113[.]24, victim dana@acme.example on 10.0.4.7"),
    ...keys(["ctrl-s"]),
  ]);
  expect(effects).toEqual([
    {
      kind: "rehearse",
      params: {
        circle: RETAIL.id,
        draft: {
          kind: "alert",
          title: "Consent phish",
          text: "C2 203.0.113[.]24, victim dana@acme.example on 10.0.4.7",
          indicators: ["ip:203.0.113.24"],
          ackBy: new Date(NOON + 30 * 60_000).toISOString(),
        },
      },
    },
  ]);
});

test.each([
  ["beacon to evil.example, 198.51.100.7.", ["domain:evil.example", "ip:198.51.100.7"], []],
  ["from 192.168.3.4 and fe80::1", [], ["ip:192.168.3.4", "ip:fe80::1"]],
  ["written as ip:10.1.2.3 it is meant", ["ip:10.1.2.3"], []],
  ["mail kim@acme.example", [], ["email:kim@acme.example"]],
  ["see (hxxps://evil[.]example/x) and CVE-2026-1234", ["url:https://evil.example/x", "cve:CVE-2026-1234"], []],
  ["no indicator in here, e.g. none", [], []],
])("%j is found to hold %j, and offers %j", (text, usual, offered) => {
  const found = indicatorsIn(text);
  expect(found.filter((one) => one.usual).map(({ key }) => key)).toEqual(usual);
  expect(found.filter((one) => !one.usual).map(({ key }) => key)).toEqual(offered);
});

test("what is found is turned round by the space bar, both ways", () => {
  const sent = (events: readonly ScreenEvent[]): unknown => {
    const { effects } = run(open(), [
      ...typed("203.0.113.24 dana@acme.example"),
      ...keys(["enter", "tab"]),
      ...events,
      ...keys(["ctrl-s"]),
    ]);
    const [asked] = effects;
    return asked?.kind === "rehearse" ? asked.params.draft.indicators : undefined;
  };
  expect(sent([])).toEqual(["ip:203.0.113.24"]);
  expect(sent(keys([" "]))).toBeUndefined();
  expect(sent(keys(["right", " "]))).toEqual(["ip:203.0.113.24", "email:dana@acme.example"]);
  expect(sent(keys(["right", " ", " "]))).toEqual(["ip:203.0.113.24"]);
});

test("a page that says nothing is not asked about, and an empty one is not kept", () => {
  const empty = run(open(), keys(["ctrl-s"]));
  expect(empty.effects).toEqual([]);
  expect(top(empty.screen)).toMatchObject({ problem: "it says nothing yet: a title or a text" });
  expect(run(empty.screen, keys(["esc"])).screen.draft).toBeUndefined();
});

test("what is begun is kept: by Esc, against q, until Ctrl-X", () => {
  const begun = play(open(), [...typed("begun"), ...keys(["esc"])]);
  expect(begun.overlays).toEqual([]);
  const stays = run(begun, keys(["q"]));
  expect(stays.effects).toEqual([]);
  expect(stays.screen.notice?.text).toContain("a draft is not sent");
  expect(run(begun, keys(["ctrl-c"])).effects).toEqual([{ kind: "quit" }]);
  const again = play(begun, keys(["c"]));
  expect(top(again)).toMatchObject({ kind: "compose", title: { text: "begun" } });
  expect(play(again, keys(["ctrl-x"]))).toMatchObject({ draft: undefined, overlays: [] });
});

test("a review with findings is not sent before somebody decided, and Enter then sends what was rehearsed", () => {
  const asked = play(open(), [...typed("x"), ...keys(["ctrl-s"])]);
  const review = play(asked, [{ kind: "rehearsed", rehearsal: refusal }]);
  const early = run(review, keys(["enter"]));
  expect(early.effects).toEqual([]);
  expect(early.screen.notice?.text).toContain("decide about what was found");

  const applied = run(review, keys(["a"]));
  const params = { ...refusal.params, scrub: { decision: "apply" } } as const;
  expect(applied.effects).toEqual([{ kind: "rehearse", params }]);
  // A second key while the daemon is asked does nothing.
  expect(run(applied.screen, keys(["enter", "a"])).effects).toEqual([]);
  const decided = play(applied.screen, [{ kind: "rehearsed", rehearsal: { ...refusal, params } }]);
  expect(run(decided, keys(["enter"])).effects).toEqual([{ kind: "post", params }]);
});

test("to keep what was found takes a reason, and Esc at the question sends nothing", () => {
  const review = play(open(), [...typed("x"), ...keys(["ctrl-s"]), { kind: "rehearsed", rehearsal: refusal }]);
  const none = run(review, keys(["K", "enter"]));
  expect(none.effects).toEqual([]);
  expect(none.screen.notice?.text).toContain("it needs a reason");
  expect(run(review, keys(["K", "esc"])).effects).toEqual([]);
  const kept = run(review, [...keys(["K"]), ...typed("it is the victim"), ...keys(["enter"])]);
  expect(kept.effects).toEqual([
    { kind: "rehearse", params: { ...refusal.params, scrub: { decision: "keep", reason: "it is the victim" } } },
  ]);
});

test("what would be refused is not sent, and a refusal of the daemon leaves the words where they are", () => {
  const reason = { code: "policy", exit: 77, reason: "TLP_TOO_WIDE", message: "at most GREEN here", hint: null };
  const clean = { ...refusal.scrub, held: false };
  const refused = { ...refusal, scrub: clean, result: { ...refusal.result, refused: reason } };
  const asked = play(open(), [...typed("words"), ...keys(["ctrl-s"])]);
  const review = play(asked, [{ kind: "rehearsed", rehearsal: refused }]);
  expect(run(review, keys(["enter"])).effects).toEqual([]);
  const failed = play(asked, [{ kind: "unposted", message: "disk full" }]);
  expect(top(failed)).toMatchObject({
    kind: "compose",
    problem: "disk full",
    waiting: false,
    title: { text: "words" },
  });
  expect(top(play(failed, typed("!")))).toMatchObject({ title: { text: "words!" }, problem: undefined });
});

test("an answer that comes after Esc opens nothing", () => {
  const gone = play(open(), [...typed("x"), ...keys(["ctrl-s", "esc"])]);
  expect(play(gone, [{ kind: "rehearsed", rehearsal: refusal }]).overlays).toEqual([]);
});

test("sent, page and review are gone and nothing is left to be sent", () => {
  const clean = { ...refusal, scrub: { ...refusal.scrub, held: false, findings: [] } };
  const review = play(open(), [...typed("x"), ...keys(["ctrl-s"]), { kind: "rehearsed", rehearsal: clean }]);
  const result = { ...refusal.result, id: "a-7K2M9Q", delivered: { held: ["globex"], of: 2 } };
  const sent = play(review, [...keys(["enter"]), { kind: "posted", result }]);
  expect(sent).toMatchObject({ overlays: [], draft: undefined });
  expect(sent.notice?.text).toBe("✓ a-7K2M9Q alert sent · held by 1 of 2");
});

test("a reply goes to the circle of what it answers, with no label of its own", () => {
  const page = play(wholeScreen(80, 24), keys(["j", "j", "r"]));
  const { effects } = run(page, [...typed("same here"), ...keys(["ctrl-s"])]);
  expect(effects).toMatchObject([
    { kind: "rehearse", params: { circle: RETAIL.id, draft: { kind: "reply", text: "same here", re: page.selected } } },
  ]);
  expect(effects[0]).not.toHaveProperty("params.draft.tlp");
});

test("a label and its readers are sent as they were chosen", () => {
  const { effects } = run(open(), [
    ...typed("named"),
    ...keys(["backtab", "backtab", "left", "tab"]),
    ...typed("globex, northwind"),
    ...keys(["ctrl-s"]),
  ]);
  expect(effects).toMatchObject([{ params: { draft: { tlp: "red", to: ["globex", "northwind"] } } }]);
});

test("the editor gets the text, and what it gives back stands in its place", () => {
  const page = play(open(), [...keys(["tab"]), ...typed("begun")]);
  expect(run(page, keys(["ctrl-e"])).effects).toEqual([{ kind: "editor", text: "begun" }]);
  expect(top(play(page, [{ kind: "wrote", text: "begun\nand done\n" }]))).toMatchObject({
    body: { text: "begun\nand done" },
  });
});

test("a read-only screen writes nothing", () => {
  for (const key of ["c", "r", ":", "J", "A"]) {
    const { screen, effects } = run({ ...wholeScreen(80, 24), readOnly: true }, keys([key]));
    expect(effects).toEqual([]);
    expect(screen.overlays).toEqual([]);
    expect(screen.notice?.text).toContain("read-only");
  }
});
