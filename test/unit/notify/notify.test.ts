// When people are told that something came: by rules, out of the quiet hours, in a digest, and never so fast that nobody reads it.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Arrival,
  newBook,
  note,
  type Notice,
  type NotifyBook,
  type NotifySettings,
  settled,
  tellingOf,
  tick,
} from "../../../src/notify/notify.ts";

const MINUTE_MS = 60_000;
const at = (iso: string): number => Date.parse(iso);
const settings: NotifySettings = { rules: [], zone: "Europe/Berlin", pierce: ["alert"], digest: [], words: false };
const came = (more: Partial<Arrival> = {}): Arrival => ({
  id: "a-1",
  ...{
    circle: { id: "ab", name: "retail" },
    kind: "alert",
    tlp: "amber",
    exercise: false,
    title: "patch now",
    asked: true,
  },
  ...more,
});

/** A person's terminal: what it was told, minute by minute. */
function terminal(
  rules: NotifySettings,
  start: number,
  perMinute = 10,
): {
  readonly hears: (arrival: Arrival, now: number) => readonly Notice[];
  readonly ticks: (now: number) => readonly Notice[];
  readonly settles: (alert: string) => void;
  readonly book: () => NotifyBook;
} {
  let book = newBook(rules, start);
  const keep = ({ book: next, notices }: ReturnType<typeof note>): readonly Notice[] => {
    book = next;
    return notices;
  };
  return {
    hears: (arrival, now) => keep(note(rules, book, arrival, { now, perMinute })),
    ticks: (now) => keep(tick(rules, book, { now, perMinute })),
    settles: (alert) => void (book = settled(book, alert)),
    book: () => book,
  };
}

const total = (notices: readonly Notice[]): number =>
  notices.flatMap(({ counts }) => counts).reduce((sum, { count }) => sum + count, 0);

describe("the rules", () => {
  test("are asked in order, by circle and kind; where none fits, calls are told now and the rest in the digest", () => {
    const rules: NotifySettings["rules"] = [
      { circles: ["board"], tell: "never" },
      { kinds: ["sighting"], circles: ["ab"], tell: "now" },
      { kinds: ["sighting", "ask"], tell: "digest" },
    ];
    const telling = (more: Partial<Arrival>): string => tellingOf({ rules }, came(more));
    expect(telling({ circle: { id: "cd", name: "board" } })).toBe("never");
    expect(telling({ kind: "sighting" })).toBe("now");
    expect(telling({ kind: "sighting", circle: { id: "ef", name: "else" } })).toBe("digest");
    expect(telling({ kind: "ask" })).toBe("digest");
    expect(telling({})).toBe("now");
    expect(telling({ asked: false })).toBe("digest");
    expect(tellingOf({ rules: [] }, came({ kind: "ask" }))).toBe("now");
    expect(tellingOf({ rules: [] }, came({ kind: "ack" }))).toBe("never");
    expect(tellingOf({ rules: [] }, came({ kind: "note" }))).toBe("digest");
  });

  test("tell no word of an item, but for the title of what is GREEN or CLEAR where they say so", () => {
    for (const words of [false, true])
      for (const tlp of ["clear", "green", "amber", "amber+strict", "red"] as const) {
        const [notice] = terminal({ ...settings, words }, 0).hears(came({ tlp }), 0);
        const isTold = words && (tlp === "green" || tlp === "clear");
        expect(notice).toEqual({
          ...{ why: "now", counts: [{ circle: "retail", kind: "alert", exercise: false, count: 1 }] },
          title: isTold ? "patch now" : null,
        });
      }
  });
});

describe("quiet hours", () => {
  const night: NotifySettings = { ...settings, quiet: { from: "22:00", to: "07:00" } };

  test("keep an ask until they are over, let an alert through, and never a drill", () => {
    const evening = at("2026-11-23T22:30:00Z"); // 23:30 in Berlin
    const { hears, ticks } = terminal(night, evening);
    expect(hears(came(), evening)).toMatchObject([{ why: "now" }]);
    expect(hears(came({ kind: "ask" }), evening)).toEqual([]);
    expect(hears(came({ exercise: true }), evening)).toEqual([]);
    expect(ticks(at("2026-11-24T05:59:00Z"))).toEqual([]);
    expect(ticks(at("2026-11-24T06:00:00Z"))).toMatchObject([
      {
        why: "together",
        counts: [
          { kind: "ask", exercise: false, count: 1 },
          { kind: "alert", exercise: true, count: 1 },
        ],
      },
    ]);
    expect(ticks(at("2026-11-24T06:01:00Z"))).toEqual([]);
  });

  test("end by the clock on the wall in the nights that are an hour shorter and longer", () => {
    for (const [quietAt, overAt] of [
      ["2026-03-29T04:59:00Z", "2026-03-29T05:00:00Z"],
      ["2026-10-25T05:59:00Z", "2026-10-25T06:00:00Z"],
    ] as const) {
      const { hears, ticks } = terminal(night, at(quietAt) - 3_600_000);
      expect(hears(came({ kind: "msg" }), at(quietAt))).toEqual([]);
      expect(ticks(at(quietAt))).toEqual([]);
      expect(ticks(at(overAt))).toHaveLength(1);
    }
  });
});

describe("the digest", () => {
  const daily: NotifySettings = { ...settings, digest: ["02:30", "08:00"] };
  const every = (from: string, to: string): readonly number[] => {
    const count = (at(to) - at(from)) / MINUTE_MS;
    return Array.from({ length: count + 1 }, (_, n) => at(from) + n * MINUTE_MS);
  };

  test.each([
    [
      "on a day like any other",
      "2026-11-22T23:00:00Z",
      "2026-11-23T22:59:00Z",
      ["2026-11-23T01:30:00Z", "2026-11-23T07:00:00Z"],
    ],
    [
      "right after the gap where the hour is left out",
      "2026-03-28T23:00:00Z",
      "2026-03-29T21:59:00Z",
      ["2026-03-29T01:00:00Z", "2026-03-29T06:00:00Z"],
    ],
    [
      "once where the hour comes twice",
      "2026-10-24T22:00:00Z",
      "2026-10-25T22:59:00Z",
      ["2026-10-25T00:30:00Z", "2026-10-25T07:00:00Z"],
    ],
  ])("comes at its times, %s", (_what, from, to, expected) => {
    const { hears, ticks } = terminal(daily, at(from) - MINUTE_MS);
    const told = every(from, to).filter((now) => {
      hears(came({ kind: "note" }), now);
      return ticks(now).length > 0;
    });
    expect(told.map((ms) => new Date(ms).toISOString().replace(".000", ""))).toEqual(expected);
  });

  test("waits for the end of the quiet hours, and for the machine that slept over its time", () => {
    const { hears, ticks } = terminal({ ...daily, quiet: { from: "07:30", to: "09:00" } }, at("2026-11-23T06:00:00Z"));
    hears(came({ kind: "note" }), at("2026-11-23T06:10:00Z"));
    expect(ticks(at("2026-11-23T07:30:00Z"))).toEqual([]);
    expect(ticks(at("2026-11-23T08:00:00Z"))).toMatchObject([{ why: "digest", counts: [{ kind: "note", count: 1 }] }]);
    hears(came({ kind: "note" }), at("2026-11-23T12:00:00Z"));
    expect(ticks(at("2026-11-24T11:00:00Z"))).toHaveLength(1);
  });
});

test("of what is not left out everything is told once in the end, at most so many notices a minute, and no call in the quiet hours", () => {
  const kind = fc.constantFrom("alert", "ask", "note", "ack", "msg") as fc.Arbitrary<Arrival["kind"]>;
  const step = fc.record({ kind, exercise: fc.boolean(), waitMs: fc.integer({ min: 0, max: 40 * MINUTE_MS }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), (steps, perMinute) => {
      const rules: NotifySettings = { ...settings, quiet: { from: "22:00", to: "07:00" }, digest: ["12:00"] };
      let now = at("2026-10-24T18:00:00Z");
      const { hears, ticks, book } = terminal(rules, now, perMinute);
      let [wanted, told] = [0, 0];
      const minutes = new Map<number, number>();
      const take = (notices: readonly Notice[], arrival?: Arrival): void => {
        told += total(notices);
        const hour = Number(
          new Intl.DateTimeFormat("en-GB", { timeZone: rules.zone, hour: "2-digit", hourCycle: "h23" }).format(now),
        );
        const isNight = hour >= 22 || hour < 7;
        if (isNight)
          for (const { why } of notices)
            expect([why, arrival?.kind, arrival?.exercise]).toEqual(["now", "alert", false]);
        const calls = notices.filter(({ why }) => why !== "digest").length;
        const minute = Math.floor(now / MINUTE_MS);
        minutes.set(minute, (minutes.get(minute) ?? 0) + calls);
      };
      for (const { waitMs, ...more } of steps) {
        now += waitMs;
        take(ticks(now));
        const arrival = came(more);
        if (more.kind !== "ack") wanted += 1;
        take(hears(arrival, now), arrival);
      }
      for (let hours = 0; hours < 48; hours++) {
        now += 60 * MINUTE_MS;
        take(ticks(now));
      }
      expect(told).toBe(wanted);
      expect(book().digest.size + book().together.size).toBe(0);
      expect(Math.max(0, ...minutes.values())).toBeLessThanOrEqual(perMinute);
    }),
  );
});

describe("an alert that nobody here acknowledges", () => {
  const again: NotifySettings = { ...settings, againMs: 15 * MINUTE_MS };
  const start = at("2026-11-23T10:00:00Z");
  const minutes = (from: number, count: number): readonly number[] =>
    Array.from({ length: count }, (_, n) => from + (n + 1) * MINUTE_MS);

  test("is told again at its time until somebody does, and with others that wait in one", () => {
    const { hears, ticks, settles } = terminal(again, start);
    hears(came(), start);
    const told = (from: number, count: number): readonly (readonly [number, number])[] =>
      minutes(from, count).flatMap((now) =>
        ticks(now).map(
          ({ why, counts: [first] }) => [why === "again" ? (now - start) / MINUTE_MS : -1, first?.count ?? 0] as const,
        ),
      );
    expect(told(start, 31)).toEqual([
      [15, 1],
      [30, 1],
    ]);
    hears(came({ id: "a-2" }), start + 31 * MINUTE_MS);
    expect(told(start + 31 * MINUTE_MS, 30)).toEqual([
      [45, 1],
      [46, 1],
      [60, 1],
      [61, 1],
    ]);
    settles("a-1");
    settles("a-9");
    expect(told(start + 61 * MINUTE_MS, 15)).toEqual([[76, 1]]);
    settles("a-2");
    expect(told(start + 76 * MINUTE_MS, 60)).toEqual([]);
  });

  test("is told for a day and no longer, and never where the rules say so, or where it asks others, or was no call", () => {
    const day = 24 * 60;
    const count = (rules: NotifySettings, arrival: Arrival): number => {
      const { hears, ticks } = terminal(rules, start);
      hears(arrival, start);
      return minutes(start, 2 * day).filter((now) => ticks(now).some(({ why }) => why === "again")).length;
    };
    expect(count(again, came())).toBe(day / 15 - 1);
    expect(count(settings, came())).toBe(0);
    for (const other of [came({ asked: false }), came({ kind: "ask" }), came({ kind: "nudge" })])
      expect(count(again, other)).toBe(0);
    expect(count({ ...again, rules: [{ tell: "digest" }] }, came())).toBe(0);
  });

  test("wakes people in the quiet hours where it pierces them, and a drill waits for their end", () => {
    const night: NotifySettings = { ...again, quiet: { from: "22:00", to: "07:00" } };
    const evening = at("2026-11-23T20:50:00Z"); // 21:50 in Berlin
    for (const [arrival, first] of [
      [came(), "2026-11-23T21:05:00.000Z"],
      [came({ exercise: true }), "2026-11-24T06:00:00.000Z"],
    ] as const) {
      const { hears, ticks } = terminal(night, evening);
      hears(arrival, evening);
      const told = minutes(evening, 600).find((now) => ticks(now).some(({ why }) => why === "again"));
      expect(new Date(told ?? 0).toISOString()).toBe(first);
    }
  });

  test("is one of a bounded number: of too many the oldest is told no more", () => {
    const { hears, book } = terminal(again, start);
    for (let n = 0; n < 100; n++) hears(came({ id: `a-${n}` }), start);
    expect(book().waiting.size).toBe(64);
    expect([...book().waiting.keys()][0]).toBe("a-36");
  });
});
