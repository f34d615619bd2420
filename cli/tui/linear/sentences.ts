// What the linear screen says: whole sentences, one a line, absolute times with their zone, no sign that reads badly. Pure.

import type { ItemDocument, ShowDocument } from "../../../src/api/documents.ts";
import type { Tlp } from "../../../src/record/marking.ts";
import { kindLines } from "../../kind-words.ts";
import { acksGiven, acksNeeded, pinned, waitsForUs } from "../alerts.ts";
import { type Screen, unreadTotal } from "../screen.ts";
import { coldText, headline, indicatorWord, orgWord } from "../words.ts";

const TRUST = {
  verified: "verified",
  vouched: "vouched for",
  unverified: "not verified",
  changed: "whose key changed",
  blocked: "blocked",
} as const;
const KINDS: Partial<Readonly<Record<ItemDocument["kind"], string>>> = {
  vuln: "Vulnerability notice",
  msg: "Message",
  ack: "Acknowledgement",
  amend: "Correction",
  retract: "Withdrawal",
  nudge: "Reminder",
  widen: "Permission",
  sponsor: "Request to say something",
  unknown: "Item of a kind that this version does not know",
};

/** `T L P amber strict`, letter by letter, as it is read aloud. */
export function spokenTlp(tlp: Tlp): string {
  return `T L P ${tlp.replace("+", " ")}`;
}

/** `14:31 UTC on 22 November 2026`. */
export function spokenTime(rfc3339: string): string {
  const at = new Date(rfc3339);
  if (Number.isNaN(at.getTime())) return "an unknown time";
  const day = at.toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
  return `${at.toISOString().slice(11, 16)} UTC on ${day}`;
}

/** One item in one sentence. */
export function itemSentence(screen: Screen, item: ItemDocument): string {
  const facts = [
    `${kindOf(item)} ${item.id.slice(0, 8)} from ${who(item)}`,
    spokenTlp(item.tlp),
    `in circle ${item.circle.name}`,
    `at ${spokenTime(item.at)}`,
    ...(item.exercise ? ["EXERCISE, not real"] : []),
    ...(item.state === "current" ? [] : [item.state]),
    ...(waitsForUs(screen, item) ? [needs(item)] : []),
  ];
  const said = plain(headline(item));
  return `${facts.join(", ")}: ${said}${/[.!?]$/u.test(said) ? "" : "."}`;
}

function kindOf({ kind }: ItemDocument): string {
  return KINDS[kind] ?? kind.charAt(0).toUpperCase() + kind.slice(1);
}

function who(item: ItemDocument): string {
  return item.mine ? "your own organisation" : `${item.org}, ${TRUST[item.trust]}`;
}

function needs({ alert }: ItemDocument): string {
  const by = alert?.ackBy == null ? "" : ` by ${spokenTime(alert.ackBy)}`;
  return `needs your acknowledgement${by}`;
}

/** A whole item, its marking first and last. */
export function readSentences(screen: Screen, item: ItemDocument & Partial<ShowDocument>): string[] {
  const { alert, thread = [], delivery = [] } = item;
  const reached = delivery.filter(({ state }) => state !== "queued" && state !== "sent");
  return [
    `Marked ${spokenTlp(item.tlp)}.`,
    itemSentence(screen, item),
    ...textSentences(item),
    ...(item.indicators.length === 0 ? [] : [`${count(item.indicators.length, "indicator")}:`]),
    ...item.indicators.map((indicator) => `${indicator.type}: ${indicatorWord(indicator)}`),
    ...kindLines(item).map((line) => coldText(item, line)),
    ...(alert ? [`Acknowledged by ${acksGiven(alert)} of ${acksNeeded(screen, item)}.`] : []),
    ...(alert?.acks ?? []).map(({ org, seat, at, note }) => {
      return `${org}, ${seat}, acknowledged at ${spokenTime(at)}${note === null ? "" : `: ${note}`}.`;
    }),
    ...thread.filter(({ id, kind }) => id !== item.id && kind !== "ack").map((one) => itemSentence(screen, one)),
    ...(delivery.length === 0 ? [] : [`Reached ${reached.length} of ${delivery.length} members.`]),
    `End of item, marked ${spokenTlp(item.tlp)}.`,
  ];
}

/** Each line is marked as its author's: a bare one could pass for a sentence of ours. */
function textSentences(item: ItemDocument): string[] {
  const lines = item.text === null ? [] : coldText(item, item.text).split("\n");
  return lines.filter((line) => line.trim() !== "").map((line) => `It says: ${line}`);
}

/** What whoever begins is told. */
export function openingSentences(screen: Screen): string[] {
  const { org, seat, circles, circle, peersUp, items } = screen;
  const name = circles.find(({ id }) => id === circle)?.name;
  const waiting = pinned(screen);
  return [
    `This is tocsin for ${org}, ${seat}.`,
    circles.length === 0
      ? "You are in no circle yet."
      : `You are in ${count(circles.length, "circle")}; ${name ?? ""} is open.`,
    `${peersUp.up} of ${count(peersUp.total, "member")} can be reached; ${count(unreadTotal(screen), "item")} unread.`,
    ...waiting.map((item) => itemSentence(screen, item)),
    ...items
      .slice(0, 10)
      .toReversed()
      .filter((item) => !waiting.includes(item))
      .map((item) => itemSentence(screen, item)),
    "Type help for the commands.",
  ];
}

export function circleSentences({ circles, circle }: Screen): string[] {
  if (circles.length === 0) return ["You are in no circle yet."];
  return circles.map(({ id, name, members, unread, needAck, exercise }) => {
    const alerts = needAck === 0 ? "" : `, ${count(needAck, "alert")} to acknowledge`;
    const drill = exercise.running === null ? "" : `, exercise ${exercise.running} is running`;
    return `Circle ${name}${id === circle ? ", open" : ""}: ${count(members, "member")}, ${unread} unread${alerts}${drill}.`;
  });
}

export function peerSentences({ peers }: Screen): string[] {
  if (peers.length === 0) return ["There is no other member yet."];
  return peers.map(({ org, trust, link, via, lastSeen }) => {
    const seen = lastSeen === null ? "never seen" : `last seen at ${spokenTime(lastSeen)}`;
    const way =
      link === "relayed"
        ? `reached through ${via ?? "another member"}`
        : link === "offline"
          ? `offline, ${seen}`
          : "reached";
    return `${org}, ${TRUST[trust]}, ${way}.`;
  });
}

/** How an item is named in a question. */
export function named(item: ItemDocument): string {
  return `${item.kind} ${item.id.slice(0, 8)} of ${orgWord(item)}, ${plain(headline(item))}`;
}

export function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? "" : "s"}`;
}

/** Without the signs that a list has and a voice stumbles over. */
function plain(text: string): string {
  return text.replaceAll("…", " and so on").replaceAll("×", " times ");
}
