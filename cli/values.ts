// How the values of flags are written: durations, times, markings, what to wait for. Each reader throws USAGE for a
// text that cannot be meant; it never falls back to a default.

import { systemClock, toRfc3339 } from "../src/base/clock.ts";
import type { WaitParams } from "../src/api/methods.ts";
import type { ItemKind } from "../src/api/documents.ts";
import { ALERT_STATUSES, CERTAINTIES, POST_KINDS, SEVERITIES, URGENCIES } from "../src/record/body.ts";
import { PAP_LEVELS, parsePap, parseTlp, TLP_LEVELS, type Pap, type Tlp } from "../src/record/marking.ts";
import { usage } from "./args.ts";

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const DURATION_MAX_MS = 3_650 * 86_400_000;
const RFC_3339 = /^\d{4}-\d{2}-\d{2}([Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?([Zz]|[+-]\d{2}:\d{2}))?$/;

/** `30s`, `30m`, `24h`, `7d` in milliseconds. */
export function readDuration(text: string): number {
  const [, count, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const ms = Number(count) * (UNIT_MS[unit ?? ""] ?? Number.NaN);
  if (ms <= DURATION_MAX_MS) return ms;
  throw usage(`${quoted(text)} is no duration; write 30s, 30m, 24h or 7d`);
}

/** An RFC 3339 time, or a duration before now (`-2h`, `2h`); answers RFC 3339 in UTC. */
export function readPast(text: string): string {
  return readTime(text, -1);
}

/** An RFC 3339 time, or a duration from now (`2h`, `+2h`); answers RFC 3339 in UTC. */
export function readFuture(text: string): string {
  return readTime(text, 1);
}

function readTime(text: string, direction: 1 | -1): string {
  const at = momentOf(text, direction);
  // A minute for the seconds that a script needs between its clock and ours.
  const wrong = direction * (at - systemClock.now()) < -60_000;
  if (wrong) throw usage(`${quoted(text)} is in the ${direction === 1 ? "past" : "future"}`);
  return toRfc3339(at);
}

function momentOf(text: string, direction: 1 | -1): number {
  const relative = text.replace(direction === 1 ? /^\+/ : /^-/, "");
  if (/^\d+[smhd]$/.test(relative)) return systemClock.now() + direction * readDuration(relative);
  const ms = RFC_3339.test(text) ? Date.parse(text.replace(" ", "T")) : Number.NaN;
  if (!Number.isNaN(ms)) return ms;
  const example = direction === 1 ? "7d" : "-2h";
  throw usage(`${quoted(text)} is no time; write 2025-11-22T14:30:00Z or ${example}`);
}

export function readTlp(text: string): Tlp {
  return parseTlp(text) ?? refuse(text, "TLP level", TLP_LEVELS);
}

export function readPap(text: string): Pap {
  return parsePap(text) ?? refuse(text, "PAP level", PAP_LEVELS);
}

/** `sight` is what screens show for a sighting. */
export function readKind(text: string): ItemKind {
  return readChoice("kind", POST_KINDS)(text === "sight" ? "sighting" : text);
}

export const readSeverity = readChoice("severity", SEVERITIES);
export const readUrgency = readChoice("urgency", URGENCIES);
export const readStatus = readChoice("status", ALERT_STATUSES);
export const readCertainty = readChoice("certainty", CERTAINTIES);

/** A reader of one of a few words. */
export function readChoice<T extends string>(what: string, words: readonly T[]): (text: string) => T {
  return (text) => words.find((word) => word === text.toLowerCase()) ?? refuse(text, what, words);
}

/** A reader of a whole number within bounds. */
export function readNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw usage(`${quoted(text)} is no number from ${least} to ${most}`);
  };
}

/** `low`, `medium`, `high` as the middle of their range in STIX 2.1 appendix A, or 0 to 100. */
export function readConfidence(text: string): number {
  const words: Readonly<Record<string, number>> = { none: 0, low: 15, med: 50, medium: 50, high: 85 };
  return words[text.toLowerCase()] ?? readNumber(0, 100)(text);
}

/** `all` or a number of members; all is undefined, as in DraftParams. */
export function readNeed(text: string): { readonly need?: number } {
  return text === "all" ? {} : { need: readNumber(1, 1_000)(text) };
}

/** `none`, `all` or `since:` and a time (RFC 3339, or `-7d`), which is answered as RFC 3339. */
export function readHistory(text: string): string {
  if (text === "none" || text === "all") return text;
  if (text.startsWith("since:")) return readPast(text.slice("since:".length));
  throw usage(`${quoted(text)} is no history; write none, all, since:2025-11-22 or since:-7d`);
}

/** `queued`, or `delivered`, `held` (the same), `decrypted`, `read` or `acked` with or without `:N`; undefined where there is nothing to wait for. */
export function readWait(text: string): Omit<WaitParams, "timeoutMs"> | undefined {
  if (text === "queued") return undefined;
  const [, typed, count] = /^([a-z]+)(?::(\d{1,4}))?$/.exec(text) ?? [];
  const word = typed === "held" ? "delivered" : typed;
  if (word !== "delivered" && word !== "decrypted" && word !== "read" && word !== "acked") {
    throw usage(
      `${quoted(text)} cannot be waited for; write queued, delivered, decrypted, read or acked, or delivered:N`,
    );
  }
  return { for: word, ...(count === undefined ? {} : { count: readNumber(1, 1_000)(count) }) };
}

/** `20x` or `20`. */
export function readSpeed(text: string): number {
  return readNumber(1, 1_000)(text.replace(/x$/, ""));
}

/** Any text but an empty one. */
/** Where a node listens: a multiaddr, or HOST:PORT written as one. */
export function readAddress(text: string): string {
  if (text.startsWith("/")) return text;
  const [, six = "", name = "", port = ""] = /^(?:\[([0-9a-fA-F:]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(text) ?? [];
  if (Number(port) < 1 || Number(port) > 65_535) throw usage(`${quoted(text)} is no address; write HOST:PORT`);
  if (six !== "") return `/ip6/${six}/tcp/${port}`;
  return `/${/^[\d.]+$/.test(name) ? "ip4" : "dns"}/${name}/tcp/${port}`;
}

export function readText(text: string): string {
  if (text.trim() !== "") return text;
  throw usage("an empty value is given");
}

function refuse(text: string, what: string, words: readonly string[]): never {
  throw usage(`${quoted(text)} is no ${what}; write one of ${words.join(", ")}`);
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 40));
}
