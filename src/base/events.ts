// What the log may say: a closed table of events, each with its level and fields, and of every field what may stand in it. Nothing
// that a person wrote and no name, address or key fits any of them, so that no line can leak what nobody meant to log.

export type Level = "debug" | "info" | "warn" | "error";

/** What may stand in a field. */
const KINDS = {
  /** The start of an id: eight characters tell members of a circle apart and nothing else. */
  id: (value: unknown) => typeof value === "string" && /^[0-9A-Za-z]{1,8}$/.test(value),
  count: (value: unknown) => typeof value === "number" && Number.isFinite(value),
  flag: (value: unknown) => typeof value === "boolean",
  /** Code of an error of ours, or the name of one of the runtime's, or a word of a small set. */
  code: (value: unknown) => typeof value === "string" && /^[A-Za-z][A-Za-z_-]{0,47}$/.test(value),
  /** One of our own sentences, written out in the source. */
  words: (value: unknown) => typeof value === "string" && /^[a-z]{1,24}(:?,? \(?[a-z'-]{1,24}\)?){0,15}$/i.test(value),
  /** File and line of our own code, without its folder. */
  place: (value: unknown) => typeof value === "string" && /^[a-z0-9-]{1,40}\.[jt]sx?:\d{1,5}$/.test(value),
  /** A protocol of ours, or what one of our tasks is called. */
  task: (value: unknown) => typeof value === "string" && /^([a-z]{1,16}|\/tocsin\/[a-z]{1,16}\/\d)$/.test(value),
  /** A version of ours, after the name of the program where it is one. */
  version: (value: unknown) => typeof value === "string" && /^(tocsin )?\d{1,4}\.\d{1,4}\.\d{1,4}$/.test(value),
} as const;

type Kind = keyof typeof KINDS;
type Fact = string | number | boolean;
type Row = { readonly level: Level; readonly fields: Readonly<Record<string, Kind>> };

export const EVENTS = {
  // The daemon and its door.
  "daemon-ready": { level: "info", fields: { version: "version", circles: "count" } },
  "stop-failed": { level: "error", fields: { reason: "code" } },
  "background-failed": { level: "error", fields: { reason: "code", at: "place" } },
  "task-failed": { level: "error", fields: { what: "task", reason: "code", at: "place" } },
  "runtime-warning": { level: "warn", fields: { name: "code" } },
  "client-connected": { level: "debug", fields: { client: "version" } },
  "request-failed": { level: "error", fields: { reason: "code", at: "place" } },
  "demo-scene-failed": { level: "error", fields: { scene: "count", reason: "code" } },
  "lines-left-out": { level: "warn", fields: { of: "code", count: "count" } },
  // Links.
  connected: { level: "info", fields: {} },
  disconnected: { level: "warn", fields: {} },
  "link-up": { level: "info", fields: { peer: "id", circles: "count", relayed: "flag" } },
  "link-down": { level: "info", fields: { peer: "id", why: "words" } },
  "dial-failed": { level: "debug", fields: { peer: "id", reason: "words" } },
  "push-broke": { level: "info", fields: { peer: "id", reason: "code" } },
  "pull-failed": { level: "info", fields: { peer: "id", reason: "code" } },
  "stream-broke": { level: "info", fields: { protocol: "task", peer: "id", reason: "code" } },
  "relay-up": { level: "info", fields: { peer: "id" } },
  "relay-refused": { level: "info", fields: { peer: "id", reason: "code" } },
  "gossip-dead": { level: "warn", fields: { peer: "id" } },
  "join-refused": { level: "info", fields: { ticket: "id", code: "code" } },
  "talk-refused": { level: "info", fields: { peer: "id", code: "code", about: "code" } },
  "place-offered": { level: "info", fields: { circle: "id", peer: "id" } },
  "place-refused": { level: "info", fields: { circle: "id", peer: "id", reason: "code" } },
  "place-taken": { level: "info", fields: { circle: "id", peer: "id" } },
  "place-failed": { level: "info", fields: { peer: "id", reason: "code" } },
  "verify-unanswered": { level: "info", fields: { peer: "id", reason: "code" } },
  // What members do.
  "member-floods": { level: "warn", fields: { member: "id", records: "count", forMs: "count" } },
  "peer-at-fault": { level: "warn", fields: { peer: "id", path: "code", reason: "code" } },
  "record-refused": { level: "info", fields: { from: "id", path: "code", reason: "code", verdict: "code" } },
  "body-refused": { level: "warn", fields: { record: "id", author: "id", reason: "code" } },
  "receipt-refused": { level: "info", fields: { from: "id", reason: "code" } },
  undelivered: { level: "warn", fields: { circle: "id", org: "id", posts: "count", hours: "count" } },
  "epoch-complained": { level: "warn", fields: { epoch: "id", by: "id", minter: "id" } },
  "epoch-not-opened": { level: "warn", fields: { epoch: "id", minter: "id" } },
  "fork-proven": { level: "warn", fields: { author: "id", lane: "id", place: "count", carried: "count" } },
  "lane-opened": { level: "info", fields: { author: "id" } },
  "lane-taken-in": { level: "info", fields: { circle: "id", author: "id", lane: "id" } },
  "org-enrolled": { level: "info", fields: { member: "id", transport: "id" } },
  "history-given": { level: "info", fields: { from: "id", posts: "count" } },
  "history-refused": { level: "info", fields: { from: "id", reason: "code" } },
  "warning-not-told": { level: "warn", fields: { circle: "id" } },
  // This node's own lane, posts and keys.
  "lane-confirmed": { level: "info", fields: { circle: "id", length: "count" } },
  "lane-held": { level: "warn", fields: { circle: "id", reason: "code" } },
  "lane-left": { level: "warn", fields: { circle: "id", lane: "id", why: "code" } },
  "own-lane-forked": { level: "warn", fields: { circle: "id", lane: "id" } },
  "own-records-adopted": { level: "info", fields: { circle: "id", records: "count" } },
  "draft-refused": { level: "warn", fields: { circle: "id", reason: "code" } },
  "start-mark-kept": { level: "warn", fields: {} },
  "release-failed": { level: "warn", fields: { reason: "code" } },
  "sponsor-asked": { level: "info", fields: { circle: "id", record: "id" } },
  "sponsor-refused": { level: "info", fields: { record: "id", reason: "code" } },
  "sponsor-stopped": { level: "error", fields: { reason: "code" } },
  "hook-failed": { level: "warn", fields: { hook: "count", reason: "words", exit: "count" } },
  "hook-left-out": { level: "warn", fields: { hook: "count" } },
  "hooks-stopped": { level: "error", fields: { reason: "code" } },
  "glass-broken": { level: "warn", fields: { circle: "id" } },
  "keyring-behind": { level: "warn", fields: { circle: "id", missing: "count" } },
  "spool-failed": { level: "error", fields: { reason: "code" } },
  "spool-stopped": { level: "error", fields: { reason: "code" } },
  "spool-key-changed": { level: "warn", fields: {} },
  "quota-near": { level: "warn", fields: { circle: "id", bytes: "count" } },
  "quota-full": { level: "error", fields: { circle: "id", bytes: "count" } },
  "bodies-expired": { level: "info", fields: { circle: "id", records: "count" } },
  // What a disk lost.
  "store-repaired": { level: "error", fields: { records: "count", lost: "count", circlesLost: "count" } },
  "store-behind": { level: "error", fields: { batches: "count" } },
  "lane-shortened": { level: "error", fields: { circle: "id", lane: "id", had: "count", kept: "count" } },
  "keyring-replaced": { level: "error", fields: {} },
  "circles-restored": { level: "warn", fields: { circles: "count" } },
  "lifeline-damaged": { level: "warn", fields: {} },
  "lifeline-failed": { level: "error", fields: { reason: "code" } },
} as const satisfies Record<string, Row>;

export type EventName = keyof typeof EVENTS;
export type Fields<E extends EventName> = {
  readonly [F in keyof (typeof EVENTS)[E]["fields"]]: (typeof EVENTS)[E]["fields"][F] extends "count"
    ? number
    : (typeof EVENTS)[E]["fields"][F] extends "flag"
      ? boolean
      : string;
};

/** Takes note of an event. The compiler holds callers to the table; `lineOf` holds what they put into it. */
export type Log = <E extends EventName>(event: E, fields: Fields<E>) => void;

export const LEVELS: readonly Level[] = ["debug", "info", "warn", "error"];

/** Whether `level` is at least as grave as `least`. */
export function isAtLeast(level: Level, least: Level): boolean {
  return LEVELS.indexOf(level) >= LEVELS.indexOf(least);
}

/** What a log line holds: fields that the table does not know are left out, a value that does not fit is a question mark. */
export function factsOf(event: EventName, fields: Readonly<Record<string, unknown>>): Record<string, Fact> {
  const row: Row = EVENTS[event];
  const facts: Record<string, Fact> = {};
  for (const [name, kind] of Object.entries(row.fields)) {
    const value = fields[name];
    if (value !== undefined) facts[name] = KINDS[kind](value) ? (value as Fact) : "?";
  }
  return facts;
}

/** Where our own code failed: the innermost line of its stack that is ours. */
export function placeOf(cause: unknown): string {
  const stack = cause instanceof Error ? (cause.stack ?? "") : "";
  return /^\s+at .*\/(?:src|cli|keys)\/(?:\w+\/)*([a-z0-9-]+\.[jt]sx?:\d+)/m.exec(stack)?.[1] ?? "unknown.ts:0";
}

/** The name of what failed, without its message, which may quote anything. */
export function nameOf(cause: unknown): string {
  if (!(cause instanceof Error)) return "unknown";
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : cause.name;
  return KINDS.code(code) ? code : "unknown";
}
