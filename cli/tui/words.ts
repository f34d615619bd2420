// How facts are worded on the screen: times, kinds, marks, indicators. Text of other people was made safe when it came
// in (`safe-document.ts`); here it is only made harmless to click.

import type { IndicatorDocument, ItemDocument, ItemKind, PeerDocument } from "../../src/api/documents.ts";
import { INDICATOR_TYPES } from "../../src/record/body.ts";
import { defang } from "../../src/record/indicator.ts";
import type { Tlp } from "../../src/record/marking.ts";
import { leadOf } from "../kind-words.ts";
import type { Screen } from "./screen.ts";

const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;

/** A time as five cells: `14:31` within a day of `now`, else `19Nov`; UTC. */
export function shortTime(time: string, now: number): string {
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) return "--:--";
  if (Math.abs(now - at.getTime()) < DAY) return at.toISOString().slice(11, 16);
  return `${at.toISOString().slice(8, 10)}${month(at)}`;
}

/** A time in a sentence: `14:31 UTC` within a day of `now`, else `19 Nov 2026 14:31 UTC`. */
export function longTime(time: string, now: number): string {
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) return "at an unknown time";
  const clock = `${at.toISOString().slice(11, 16)} UTC`;
  if (Math.abs(now - at.getTime()) < DAY) return clock;
  return `${at.toISOString().slice(8, 10)} ${month(at)} ${at.getUTCFullYear()} ${clock}`;
}

/** A span of milliseconds: `27m`, `1h58`, `3d`; what is over carries a minus. */
export function span(ms: number): string {
  const sign = ms < 0 ? "-" : "";
  const minutes = Math.floor(Math.abs(ms) / MINUTE);
  if (minutes < 60) return `${sign}${minutes}m`;
  if (minutes < 1_440) return `${sign}${Math.floor(minutes / 60)}h${String(minutes % 60).padStart(2, "0")}`;
  return `${sign}${Math.floor(minutes / 1_440)}d`;
}

/** The time left to acknowledge an alert, "" where it names none. */
export function timeLeft(item: ItemDocument, now: number): string {
  const due = Date.parse(item.alert?.ackBy ?? "");
  return Number.isNaN(due) ? "" : span(due - now);
}

const KIND_WORDS: Readonly<Record<ItemKind, string>> = {
  sighting: "SIGHT",
  alert: "ALERT",
  ask: "ASK",
  answer: "ANSW",
  reply: "REPLY",
  ack: "ACK",
  note: "NOTE",
  incident: "INCID",
  update: "UPDAT",
  vuln: "VULN",
  msg: "MSG",
  amend: "AMEND",
  widen: "WIDEN",
  retract: "VOID",
  nudge: "NUDGE",
  sponsor: "SPONS",
  unknown: "OTHER",
};

/** The kind in five letters at most; what its author withdrew is `VOID`. */
export function kindWord(item: ItemDocument): string {
  return item.state === "retracted" ? "VOID" : KIND_WORDS[item.kind];
}

/** The org of an item, our own as `you`. */
export function orgWord(item: ItemDocument): string {
  return item.mine ? "you" : item.org;
}

/** `✓` verified by voice, `?` not, `!` where the key changed or the item was written around a removal or on a forked lane. */
export function trustMark(screen: Screen, item: ItemDocument): string {
  if (item.mine) return " ";
  const trust = screen.peers.find(({ org }) => org === item.org)?.trust;
  if (trust === "blocked" || item.trust === "blocked") return "✗";
  if (trust === "changed" || item.trust === "changed" || ["around-removal", "contested"].includes(item.state))
    return "!";
  return item.trust === "verified" ? "✓" : "?";
}

/** How a peer is reached: `●` direct, `◐` relayed, `○` offline, `✗` blocked. */
export function linkMark(peer: PeerDocument): string {
  if (peer.trust === "blocked" || peer.trust === "changed") return "✗";
  return { direct: "●", self: "●", relayed: "◐", offline: "○" }[peer.link];
}

/** What is known of the way to a peer: its round trip, or how long it is gone. */
export function reachWord(peer: PeerDocument, now: number): string {
  if (peer.trust === "changed") return "KEY!";
  if (peer.link !== "offline") return peer.rttMs === null ? "" : `${Math.round(peer.rttMs)}ms`;
  return peer.lastSeen === null ? "never" : span(Math.max(0, now - Date.parse(peer.lastSeen)));
}

/** `s-7K2M9Q` of a full printed id. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}

/** What a list shows of an item: its title, else its first line of text, else its first indicator. */
export function headline(item: ItemDocument): string {
  const [first] = item.indicators;
  const lead = leadOf(item);
  const nothing = item.state === "retracted" ? "(withdrawn)" : lead === "" ? "(no text)" : "";
  const said = item.title ?? item.text?.split("\n", 1)[0] ?? (first ? indicatorWord(first) : nothing);
  const state = item.state === "current" || item.state === "retracted" ? "" : `(${item.state}) `;
  const marks = `${item.exercise ? "[EXERCISE] " : ""}${item.frozen ? "[FROZEN] " : ""}${state}`;
  return `${marks}${coldText(item, [lead, said].filter((part) => part !== "").join(" "))}`;
}

/** The value of an indicator, written so that nothing turns it into a link. */
export function indicatorWord({ type, value }: IndicatorDocument): string {
  return defang({ type: INDICATOR_TYPES.find((known) => known === type) ?? "other", value });
}

/** Free text with the item's own indicators, addresses and links defanged. */
export function coldText(item: ItemDocument, text: string): string {
  const own = item.indicators
    .slice(0, 32)
    .reduce((told, indicator) => told.replaceAll(indicator.value, indicatorWord(indicator)), text);
  return own
    .replaceAll(/\bhttp(s?):\/\//giu, "hxxp$1://")
    .replaceAll(/\b\d{1,3}(?:\.\d{1,3}){3}\b/gu, (address) => address.replaceAll(".", "[.]"));
}

/** What each label allows, as FIRST words it. */
export const TLP_MEANING: Readonly<Record<Tlp, string>> = {
  red: "the named recipients only",
  "amber+strict": "your organisation only, need-to-know",
  amber: "your organisation and its clients, need-to-know",
  green: "your community, not in public",
  clear: "may be published",
};

const month = (at: Date): string =>
  ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][at.getUTCMonth()] ?? "";
