// What people are told of what came, and what of an item that goes by. No word of the item itself, unless the rules say so.

import type { ItemDocument, ItemKind } from "../src/api/documents.ts";
import type { Arrival, Notice } from "../src/notify/notify.ts";
import { safeText } from "./safe-text.ts";

const WORDS: Readonly<Record<ItemKind, readonly [one: string, many: string]>> = {
  sighting: ["sighting", "sightings"],
  alert: ["alert", "alerts"],
  ask: ["ask", "asks"],
  answer: ["answer", "answers"],
  reply: ["reply", "replies"],
  ack: ["acknowledgement", "acknowledgements"],
  note: ["note", "notes"],
  incident: ["incident", "incidents"],
  update: ["update of an incident", "updates of incidents"],
  vuln: ["notice of a vulnerability", "notices of vulnerabilities"],
  msg: ["message", "messages"],
  amend: ["amendment", "amendments"],
  retract: ["withdrawal", "withdrawals"],
  nudge: ["reminder", "reminders"],
  widen: ["leave to carry on", "leaves to carry on"],
  sponsor: ["request to say something unattributed", "requests to say something unattributed"],
  unknown: ["item", "items"],
};
const LEADS: Readonly<Record<Notice["why"], string>> = {
  now: "",
  together: "meanwhile: ",
  digest: "digest: ",
  again: "nobody here acknowledged: ",
};

/** One line for people. */
export function noticeText({ why, counts, title }: Notice): string {
  const told = counts.map(({ kind, exercise, circle, count }) => {
    const what = `${count} ${WORDS[kind][count === 1 ? 0 : 1]} in ${safeText(circle)}`;
    return exercise ? `EXERCISE: ${what}` : what;
  });
  return `tocsin: ${LEADS[why]}${told.join(", ")}${title === null ? "" : `: ${safeText(title)}`}`;
}

/** What came, where it is news to people at `org`. */
export function arrivalOf(item: ItemDocument, org: string): Arrival | undefined {
  const { id, circle, kind, tlp, exercise, title, alert, mine, state } = item;
  if (mine || (state !== "current" && state !== "amended" && state !== "around-removal")) return undefined;
  const asked = alert !== undefined && (alert.who.length === 0 || alert.who.includes(org));
  return { id, circle, kind, tlp, exercise, title, asked };
}

/** The alert that an item settles for people at `org`: acknowledged there, or withdrawn by its author. */
export function settledBy({ kind, re, org: by, retract }: ItemDocument, org: string): string | undefined {
  const settles = kind === "ack" ? by === org : kind === "retract" && retract?.counts === true;
  return settles && re !== null ? re : undefined;
}
