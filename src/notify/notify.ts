// When people are told that something came: at once, together with the rest at a time of day, or not at all; and what waits until the
// quiet hours are over. Pure: what was told is a value, and time is an argument.

import type { PostKind } from "../record/body.ts";
import type { Tlp } from "../record/marking.ts";
import { remind, type Reminders, waitingToo, without } from "./remind.ts";
import { isBetween, type TimeOfDay, wallClock } from "./wall-clock.ts";

export const TELLINGS = ["now", "digest", "never"] as const;
export type Telling = (typeof TELLINGS)[number];

/** The first rule that fits is asked, and where none does the defaults: alerts, asks, words to you and reminders now, the rest in the digest. */
export type NotifyRule = {
  /** Names, or ids in hexadecimal; absent: every circle. */
  readonly circles?: readonly string[];
  /** Absent: every kind. */
  readonly kinds?: readonly PostKind[];
  readonly tell: Telling;
};

export type NotifySettings = {
  readonly rules: readonly NotifyRule[];
  /** Where the times of day are meant, as `Europe/Berlin`. */
  readonly zone: string;
  readonly quiet?: { readonly from: TimeOfDay; readonly to: TimeOfDay };
  /** Kinds that are told in the quiet hours too; a drill never is. */
  readonly pierce: readonly PostKind[];
  /** When the rest is told; none: never. */
  readonly digest: readonly TimeOfDay[];
  /** Whether the title of what is GREEN or CLEAR is told. */
  readonly words: boolean;
  /** How often an alert that was told at once, and asks our org, is told again until somebody here acknowledged it, ms; absent: never. */
  readonly againMs?: number;
};

/** What came, as far as this goes. */
export type Arrival = {
  readonly id: string;
  readonly circle: { readonly id: string; readonly name: string };
  readonly kind: PostKind;
  readonly tlp: Tlp;
  readonly exercise: boolean;
  readonly title: string | null;
  /** Of an alert: whether our org is asked to acknowledge it. */
  readonly asked: boolean;
};

/** So many of a kind in a circle. */
export type Count = Pick<Arrival, "kind" | "exercise"> & { readonly circle: string; readonly count: number };

/**
 * `now`: at once; `together`: what came in the quiet hours, or too fast to be told one by one; `digest`: the rest; `again`: alerts that nobody
 * here has acknowledged.
 */
export type Notice = {
  readonly why: "now" | "together" | "digest" | "again";
  readonly counts: readonly Count[];
  readonly title: string | null;
};

/** What is still to be told. */
export type NotifyBook = {
  /** By circle, kind and whether it is a drill. */
  readonly together: ReadonlyMap<string, Count>;
  readonly digest: ReadonlyMap<string, Count>;
  /** Up to which reading of the wall clock digests were told; it never goes back. */
  readonly wall: string;
  /** A digest that is due once the quiet hours are over. */
  readonly isDue: boolean;
  /** The minute in which notices were told last, and how many. */
  readonly minute: number;
  readonly told: number;
  readonly waiting: Reminders<Arrival>;
};

export type Noted = { readonly book: NotifyBook; readonly notices: readonly Notice[] };

const AT_ONCE: ReadonlySet<PostKind> = new Set(["alert", "ask", "msg", "nudge", "sponsor"]);
const SILENT: ReadonlySet<PostKind> = new Set(["ack", "unknown"]);
const MINUTE_MS = 60_000;

export function newBook(settings: NotifySettings, now: number): NotifyBook {
  return {
    together: new Map(),
    digest: new Map(),
    wall: wallClock(settings.zone, now),
    isDue: false,
    minute: 0,
    told: 0,
    waiting: new Map(),
  };
}

/** When something is told, the quiet hours left aside. */
export function tellingOf({ rules }: Pick<NotifySettings, "rules">, arrival: Arrival): Telling {
  const { circle, kind, asked } = arrival;
  const rule = rules.find(
    ({ circles, kinds }) =>
      (circles?.some((named) => named === circle.name || named === circle.id) ?? true) &&
      (kinds?.includes(kind) ?? true),
  );
  if (rule) return rule.tell;
  if (SILENT.has(kind)) return "never";
  // An alert that asks others only is news to us, and no call.
  return AT_ONCE.has(kind) && (kind !== "alert" || asked) ? "now" : "digest";
}

/** Whether something is kept until the quiet hours are over. */
export function isQuietFor(
  settings: NotifySettings,
  arrival: Pick<Arrival, "kind" | "exercise">,
  now: number,
): boolean {
  const pierces = settings.pierce.includes(arrival.kind) && !arrival.exercise;
  return !pierces && isQuiet(settings, now);
}

/** `now`: ms since 1970. `perMinute`: so many notices a minute at most; what is more is told together. */
export type Pace = { readonly now: number; readonly perMinute: number };

/** Takes note of what came. */
export function note(settings: NotifySettings, before: NotifyBook, arrival: Arrival, { now, perMinute }: Pace): Noted {
  const telling = tellingOf(settings, arrival);
  if (telling === "never") return { book: before, notices: [] };
  if (telling === "digest") return { book: { ...before, digest: counted(before.digest, arrival) }, notices: [] };
  const isCall = arrival.kind === "alert" && arrival.asked;
  const waiting = isCall ? waitingToo(before.waiting, arrival.id, { alert: arrival, now }) : before.waiting;
  const book = { ...before, waiting };
  const told = toldIn(book, now);
  if (told >= perMinute || isQuietFor(settings, arrival, now))
    return { book: { ...book, together: counted(book.together, arrival) }, notices: [] };
  const isPublic = arrival.tlp === "green" || arrival.tlp === "clear";
  const title = settings.words && isPublic ? arrival.title : null;
  const notice: Notice = { why: "now", counts: [...counted(new Map(), arrival).values()], title };
  return { book: { ...book, minute: minuteOf(now), told: told + 1 }, notices: [notice] };
}

/** Takes note that somebody here acknowledged an alert, or that it was withdrawn. */
export function settled(book: NotifyBook, alert: string): NotifyBook {
  return { ...book, waiting: without(book.waiting, alert) };
}

/** What is due by now: to be asked every minute or so. */
export function tick(settings: NotifySettings, before: NotifyBook, { now, perMinute }: Pace): Noted {
  const wall = wallClock(settings.zone, now);
  const isDue = before.isDue || isDigestDue(settings.digest, before.wall, wall);
  // Where an autumn night shows an hour again, what was told in it is not told again.
  let book: NotifyBook = { ...before, wall: wall > before.wall ? wall : before.wall, isDue };
  const notices: Notice[] = [];
  const { againMs: everyMs } = settings;
  if (everyMs !== undefined && toldIn(book, now) < perMinute) {
    const isKept = (alert: Arrival): boolean => isQuietFor(settings, alert, now);
    const { due, waiting } = remind(book.waiting, { now, everyMs, isQuiet: isKept });
    const counts = due.reduce<ReadonlyMap<string, Count>>(counted, new Map());
    if (due.length > 0) notices.push({ why: "again", counts: [...counts.values()], title: null });
    book = { ...book, waiting, ...(due.length > 0 && { minute: minuteOf(now), told: toldIn(book, now) + 1 }) };
  }
  if (isQuiet(settings, now)) return { book, notices };
  const told = toldIn(book, now);
  if (book.together.size > 0 && told < perMinute) {
    notices.push({ why: "together", counts: [...book.together.values()], title: null });
    book = { ...book, together: new Map(), minute: minuteOf(now), told: told + 1 };
  }
  if (isDue && book.digest.size > 0) notices.push({ why: "digest", counts: [...book.digest.values()], title: null });
  return { book: isDue ? { ...book, digest: new Map(), isDue: false } : book, notices };
}

function minuteOf(now: number): number {
  return Math.floor(now / MINUTE_MS);
}

/** How many notices were told in the minute of `now`. */
function toldIn({ minute, told }: NotifyBook, now: number): number {
  return minute === minuteOf(now) ? told : 0;
}

function isQuiet({ quiet, zone }: NotifySettings, now: number): boolean {
  return quiet !== undefined && isBetween(wallClock(zone, now).slice(-5), quiet);
}

/** Whether a time of the digest came after `last` and up to `now`, on the day of either; both are readings of the wall clock. */
function isDigestDue(times: readonly TimeOfDay[], last: string, now: string): boolean {
  return [last, now].some((wall) => times.some((time) => isAfter(`${wall.slice(0, 10)} ${time}`, { last, now })));
}

function isAfter(at: string, { last, now }: { readonly last: string; readonly now: string }): boolean {
  return last < at && at <= now;
}

function counted(counts: ReadonlyMap<string, Count>, { circle, kind, exercise }: Arrival): ReadonlyMap<string, Count> {
  const key = `${circle.id} ${kind} ${exercise ? "drill" : ""}`;
  const count = (counts.get(key)?.count ?? 0) + 1;
  return new Map([...counts, [key, { circle: circle.name, kind, exercise, count }]]);
}
