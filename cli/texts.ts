// How items, members and times read for a person. Every string that a peer supplied passes `safeText` here, and
// indicators are defanged: nothing that is printed can be clicked or can act on the terminal.

import type {
  AlertDocument,
  CorroborationDocument,
  ItemDocument,
  LinkWord,
  ResultDocument,
  Trust,
} from "../src/api/documents.ts";
import type { HeldReason, LaneDocument } from "../src/api/lane-document.ts";
import type { BrokenRow, WaitingDocument } from "../src/api/outbox-document.ts";
import type { NeedRow } from "../src/api/seat-documents.ts";
import type { Indicator } from "../src/record/body.ts";
import { defang } from "../src/record/indicator.ts";
import { tlpLabel, type Tlp } from "../src/record/marking.ts";
import { correctionLines, kindLines, leadOf } from "./kind-words.ts";
import { safeLines, safeText } from "./safe-text.ts";

export { safeLines, safeText };

const HEADLINE_MAX = 160;

// FIRST, TLP 2.0 section 2.6: the nearest of the 256 colours, always beside the label itself.
const TLP_COLOUR: Readonly<Record<Tlp, number>> = { clear: 15, green: 46, amber: 214, "amber+strict": 214, red: 196 };

/** `TLP:AMBER`, coloured where the terminal may have colour. */
export function tlpText(tlp: Tlp, colour: boolean): string {
  const label = tlpLabel(tlp);
  return colour ? `\u001b[38;5;${TLP_COLOUR[tlp]}m${label}\u001b[0m` : label;
}

/** `2025-11-22 14:31Z`. */
export function timeText(rfc3339: string | null): string {
  return rfc3339 === null ? "-" : `${rfc3339.slice(0, 10)} ${rfc3339.slice(11, 16)}Z`;
}

/** An id cut to what a person types: `s-7K2M9Q`. */
export function shortId(id: string): string {
  return safeText(id.slice(0, 8));
}

const TRUST_MARK: Readonly<Record<Trust, string>> = {
  verified: "✓ verified",
  vouched: "✓ vouched",
  unverified: "? unverified",
  changed: "! KEY CHANGED",
  blocked: "✗ blocked",
};
export const trustText = (trust: Trust): string => TRUST_MARK[trust];
export const linkText = (link: LinkWord): string => (link === "self" ? "you" : link);

/** What a newcomer may read of the time before it came, as it follows "newcomers read". */
export function historyText(history: string): string {
  if (history === "none") return "nothing from before they joined";
  return history === "all" ? "everything from the beginning" : `what was posted since ${timeText(history)}`;
}

/** An indicator that cannot be clicked. */
export function indicatorText({ type, value }: { type: string; value: string }): string {
  // The daemon only answers with types of the table; a type of a newer one is defanged by the rules for text.
  return `${safeText(type)} ${safeText(defang({ type, value } as Indicator))}`;
}

/** The title of an item, or the first line of its text, or its first indicator. */
export function headline(item: ItemDocument): string {
  const said = item.title ?? item.text?.split("\n", 1)[0];
  const [first] = item.indicators;
  const lead = safeText(leadOf(item));
  const words = said ? safeText(cut(said)) : first ? indicatorText(first) : "";
  return [lead, words].filter((part) => part !== "").join(": ");
}

/** A text of one line may be as long as any: a list shows its beginning. */
function cut(text: string): string {
  const letters = Array.from(text.slice(0, 2 * HEADLINE_MAX));
  return letters.length > HEADLINE_MAX ? `${letters.slice(0, HEADLINE_MAX - 1).join("")}…` : text;
}

/** Who says it, and whether that is somebody whose keys were compared. */
function trustWord(item: ItemDocument): string {
  if (item.mine) return "(you)";
  return item.trust === "unverified" ? "? not verified" : trustText(item.trust);
}

/** The org and seat that say it, or whom they say it for. */
function authorText({ org, seat, sponsored }: ItemDocument): string {
  return sponsored ? `${safeText(org)}, on behalf of a member,` : `${safeText(org)}/${safeText(seat)}`;
}

/** One item on one line. */
export function itemLine(item: ItemDocument, colour: boolean): string {
  const needs = item.alert ? ` acked ${acksAsked(item.alert)}/${item.alert.need}` : "";
  const marks = [
    item.exercise ? "EXERCISE" : "",
    item.auto ? "[auto]" : "",
    item.sponsored ? "[for a member]" : "",
    item.frozen ? "FROZEN" : "",
    item.state === "current" ? "" : item.state,
  ];
  const told = item.corroboration;
  const seen =
    told && told.seen + told.denied > 1
      ? ` [${corroborationText(told)}]`
      : item.sawToo.length > 0
        ? ` ×${item.sawToo.length + 1}`
        : "";
  return [
    timeText(item.at),
    shortId(item.id),
    item.kind.toUpperCase().padEnd(8),
    tlpText(item.tlp, colour),
    `${safeText(item.circle.name)}/${safeText(item.org)} ${trustWord(item).split(" ", 1)[0]}`,
    ...marks.filter((mark) => mark !== ""),
    `${headline(item)}${seen}${needs}`,
  ].join("  ");
}

/** "4 of 7 members saw this, 9 times, from ... to ..., score 80". */
export function corroborationText(told: CorroborationDocument): string {
  const { seen, of, denied, first, last, count, score, state } = told;
  return [
    `${seen} of ${of} members saw this`,
    ...(denied === 0 ? [] : [`${denied} call it false`]),
    ...(count > seen ? [`${count} times`] : []),
    ...(first === null || last === null || first === last ? [] : [`from ${timeText(first)} to ${timeText(last)}`]),
    `score ${score}`,
    ...(state === "current" ? [] : [state]),
  ].join(", ");
}

/** How many acknowledgements came of those that were asked for. */
function acksAsked({ acks, who }: AlertDocument): number {
  return who.length === 0 ? acks.length : new Set(acks.map(({ org }) => org).filter((org) => who.includes(org))).size;
}

/** All of one item. */
export function itemLines(item: ItemDocument, colour: boolean): string[] {
  const lines = [
    `${tlpText(item.tlp, colour)}${item.pap === null ? "" : `  PAP:${item.pap.toUpperCase()}`}${item.exercise ? "  EXERCISE" : ""}`,
    ...(item.caveat === null ? [] : [`CAVEAT ${safeText(item.caveat)}`]),
    ...(item.to === null ? [] : [`only for ${item.to.map(safeText).join(", ")}`]),
    `${item.kind.toUpperCase()} ${safeText(item.id)}`,
    `from ${authorText(item)} ${trustWord(item)} in ${safeText(item.circle.name)}, ${timeText(item.at)}`,
    ...(item.relayed ? [`carried over from ${relayedText(item.relayed)}`] : []),
    ...(item.state === "current" ? [] : [`state ${item.state}`]),
    ...correctionLines(item).map(safeText),
    ...(item.frozen ? ["! its author is frozen by a member of the circle: see tocsin circle show"] : []),
    "",
    ...(item.title === null ? [] : [safeText(item.title)]),
    ...(item.text === null ? [] : safeLines(item.text)),
    ...item.indicators.map((indicator) => `  ${indicatorText(indicator)}`),
  ];
  const facts = [
    item.techniques.length > 0 ? `ATT&CK ${item.techniques.map(safeText).join(" ")}` : "",
    item.confidence === null ? "" : `confidence ${item.confidence}`,
    item.expires === null ? "" : `expires ${timeText(item.expires)}`,
    item.corroboration ? corroborationText(item.corroboration) : "",
    item.sawToo.length > 0 ? `saw it too: ${item.sawToo.map(safeText).join(", ")}` : "",
  ].filter((fact) => fact !== "");
  if (facts.length > 0) lines.push(facts.join("   "));
  if (item.alert) {
    const { severity, urgency, certainty, ackBy, need, acks } = item.alert;
    const asked = acksAsked(item.alert);
    lines.push(`${severity}, ${urgency}, ${certainty}; acknowledge by ${timeText(ackBy)}: ${asked} of ${need}`);
    for (const { org, seat, at, note } of acks) {
      lines.push(`  ✓ ${safeText(org)}/${safeText(seat)} ${timeText(at)}${note === null ? "" : ` ${safeText(note)}`}`);
    }
  }
  lines.push(...kindLines(item).map(safeText));
  return lines;
}

function relayedText({ at, org, circle }: NonNullable<ItemDocument["relayed"]>): string {
  const where = circle === null ? "another circle, which is not told" : safeText(circle);
  return `${where}, where ${org === null ? "a member" : safeText(org)} said it ${timeText(at)}`;
}

/** What became of something just posted. */
export function resultLine(result: ResultDocument, colour: boolean): string {
  const { delivered, acked } = result;
  const held = delivered.held.length;
  const tlp = result.tlp === null ? "" : ` · ${tlpText(result.tlp, colour)}`;
  // Whoever means it must see at once where it went out as a drill.
  const drill = result.exercise ? " · EXERCISE, not real" : "";
  const where = `${safeText(result.circle)}${tlp}${drill}`;
  if (result.state === "held") {
    // Whoever raises an alarm must not believe for a moment that it was heard.
    const warning = result.kind === "alert" ? "! ALERT NOT SENT YET" : "· held, not sent yet";
    return `${warning} · ${where} · ${result.held ? heldText(result.held) : ""}`;
  }
  if (result.rejected) {
    const { by, reason } = result.rejected;
    return `✗ ${safeText(result.id)} was rejected by ${safeText(by)} and is not sent: ${safeText(reason)}`;
  }
  if (result.spooled)
    return `· spooled, NOT SENT YET · ${where === "" ? "" : `${where} · `}${safeText(result.spooled.message)}`;
  if (result.state === "duplicate") return `✓ ${shortId(result.id)} was posted before to ${where}`;
  if (result.asked) {
    const { sponsor, circle } = result.asked;
    return `✓ ${shortId(result.id)} asks ${safeText(sponsor)} to say it in ${safeText(circle)}${tlp}${drill}; it is not said there before they agree`;
  }
  if (delivered.of === 0) return `✓ ${shortId(result.id)} posted to ${where} · nobody else is in this circle yet`;
  const fate = held === 0 ? `queued for ${delivered.of}` : `delivered ${held}/${delivered.of}`;
  const acks = acked.length === 0 ? "" : ` · acked by ${acked.map(safeText).join(", ")}`;
  return `✓ ${shortId(result.id)} posted to ${where} · ${fate}${acks}`;
}

/** Why something waits. */
function heldText({ reason, heard, needed }: HeldReason): string {
  const words: Readonly<Record<HeldReason["reason"], string>> = {
    asking: "members are being asked where this node stopped",
    behind: "members hold newer records of this node; they are being fetched",
    unconfirmed: `this home may be an old copy: ${heard} of ${needed} members confirmed where it stopped`,
    shared: "a copy of this node writes as well",
    queued: "others are held before it",
    release: `it has ${heard} of ${needed} approvals, see tocsin outbox list`,
  };
  return words[reason];
}

/** A lane, and what waits for it. */
export function laneLines(document: LaneDocument): string[] {
  const { circle, lane, length, state, held, drafts, missingKeys, takenIn } = document;
  return [
    `${safeText(circle)}  lane ${safeText(lane.slice(0, 8))}, ${length} records, ${state}`,
    ...(held ? [`  ${heldText(held)}`] : []),
    ...(drafts > 0 ? [`  ${drafts} posts are held and not sent yet`] : []),
    ...(missingKeys > 0 ? [`  the keyring lacks ${missingKeys} keys: what is sealed under them stays closed`] : []),
    ...(takenIn ? [] : ["  no other org has taken it in yet: it carries posts, and no changes of membership"]),
  ];
}

/** What people are told who did not ask. */
export function undeliveredText({ circle, org, posts, since }: WaitingDocument): string {
  const what = posts === 1 ? "a post" : `${posts} posts`;
  return `! ${safeText(org)} has not received ${what} to ${safeText(circle)}, the oldest of ${timeText(since)}: see tocsin outbox list`;
}

/** What a rule asks for before a post leaves, and who can still give it. */
export function needText({ approvals, have, may }: NeedRow): string {
  const lacks = have.length >= approvals ? "" : `; may approve: ${may.map(safeText).join(", ") || "nobody"}`;
  return `${have.length} of ${approvals} approvals${lacks}`;
}

/** What left without approval. */
export function unapprovedText({ held, circle, by, at, reason }: BrokenRow): string {
  return `! ${safeText(by)} sent ${held} to ${safeText(circle)} without approval, ${timeText(at)}: ${safeText(reason)}`;
}

/** Rows of cells as aligned columns, the header first. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
