// What a sealed record says. Domain types, written by hand; `parse-body.ts` is the only way from unknown to them.

import { unreachable } from "../base/assert.ts";
import type { Pap, Tlp } from "./marking.ts";
import type { CircleId, OrgId, RecordId } from "./ids.ts";
import type { Indicator } from "./observable.ts";

export { type Indicator, INDICATOR_TYPES, type IndicatorType } from "./observable.ts";

/** When and how often something was seen; times in milliseconds since 1970. */
export type Seen = { readonly first?: number; readonly last?: number; readonly count?: number };

type Marked = {
  readonly tlp: Tlp;
  readonly pap?: Pap;
  /** Display name of the person or script that speaks for the org. */
  readonly seat: string;
  /** Posted by a script. */
  readonly auto?: boolean;
  /** After this moment (ms since 1970) the record is shown as expired. */
  readonly expires?: number;
  /** What its author asks of its readers beside the label; shown wherever the label is. */
  readonly caveat?: string;
  /** The orgs that it is for beside its author's, ascending: nobody else reads it. */
  readonly to?: readonly OrgId[];
  /** Said for another member, which is known again by the token of this digest. */
  readonly sponsored?: Uint8Array;
};

type Told = Marked & {
  readonly title?: string;
  readonly text?: string;
  readonly indicators: readonly Indicator[];
  /** ATT&CK ids, `T1110.003`, `TA0001`. */
  readonly techniques: readonly string[];
  readonly relayed?: Relayed;
};

/** Where the words of an item are from that was carried over from another circle, by the word of whoever carried it. */
export type Relayed = {
  /** When it was said there, ms since 1970. */
  readonly at: number;
  /** The org that said it, where that org lets itself be named. */
  readonly org?: string;
  /** The circle that it is from, where its rules let it be named. */
  readonly circle?: string;
};

/** ATT&CK: techniques with their parts, tactics, groups, software, mitigations, campaigns. */
export const ATTACK_ID = /^(?:T\d{4}(?:\.\d{3})?|TA\d{4}|[GSMC]\d{4})$/;

/** An indicator or behaviour seen; with `re`, "I saw it too". */
export type Sighting = Told & {
  readonly kind: "sighting";
  readonly re?: RecordId;
  readonly seen?: Seen;
  readonly confidence?: number;
  /** Where an imported sighting came from: the id of the object in its source. */
  readonly source?: string;
};

export const SEVERITIES = ["extreme", "severe", "moderate", "minor", "unknown"] as const;
export const URGENCIES = ["immediate", "expected", "future", "past", "unknown"] as const;
export const CERTAINTIES = ["observed", "likely", "possible", "unlikely", "unknown"] as const;
/** Of CAP's five, those that an alert says itself: a drill is flagged in the signed header, and no draft is ever sent. */
export const ALERT_STATUSES = ["actual", "system", "test"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** A call to act (CAP 1.2 words), to be acknowledged. */
export type Alert = Told & {
  readonly kind: "alert";
  readonly severity: Severity;
  readonly urgency: (typeof URGENCIES)[number];
  readonly certainty: (typeof CERTAINTIES)[number];
  /** Absent: actual. */
  readonly status?: (typeof ALERT_STATUSES)[number];
  /** Acknowledge by this moment, ms since 1970. */
  readonly ackBy?: number;
  /** How many orgs should acknowledge; absent, with `who` too, means all. */
  readonly need?: number;
  /** The orgs that must acknowledge, ascending; then there is no `need`. */
  readonly who?: readonly OrgId[];
};

/** "Have you seen this?", to be answered by each member. */
export type Ask = Told & {
  readonly kind: "ask";
  /** Answers are wanted until this moment, ms since 1970; a later one counts all the same. */
  readonly closes?: number;
};

export const VERDICTS = ["yes", "no", "unsure"] as const;
export const FINDINGS = ["seen", "not-seen", "contained", "responding"] as const;

/** What one member found; the newest of its org counts. */
export type Answer = Marked & {
  readonly kind: "answer";
  readonly re: RecordId;
  readonly answer: (typeof VERDICTS)[number];
  /** `not-seen` only with no, the others never with it. */
  readonly state?: (typeof FINDINGS)[number];
  readonly text?: string;
  /** Where and over which time it was looked for. */
  readonly searched?: { readonly from?: number; readonly to?: number; readonly scope?: string };
};

export type Reply = Marked & { readonly kind: "reply"; readonly re: RecordId; readonly text: string };

export type Acknowledgement = Marked & { readonly kind: "ack"; readonly re: RecordId; readonly note?: string };

/** Something worth knowing, about an item or by itself. */
export type Note = Told & { readonly kind: "note"; readonly re?: RecordId };

export const INCIDENT_STATUSES = ["open", "contained", "closed"] as const;

/** Opens an incident, which updates, decisions and other records are collected under. */
export type Incident = Told & { readonly kind: "incident"; readonly title: string; readonly severity: Severity };

/** What became of an incident: any member may say so, and the last word on its status counts. */
export type Update = Marked & {
  readonly kind: "update";
  readonly re: RecordId;
  readonly text?: string;
  readonly status?: (typeof INCIDENT_STATUSES)[number];
  /** A decision that was taken. */
  readonly decision?: true;
  /** Records of the circle that belong to it. */
  readonly links?: readonly RecordId[];
};

export const EXPLOITED = ["known", "suspected", "none", "unknown"] as const;

/** Notice of a vulnerability; its CVE numbers are indicators. */
export type Vulnerability = Told & {
  readonly kind: "vuln";
  readonly product: string;
  readonly severity: Severity;
  /** Whether it is used by attackers. */
  readonly exploited: (typeof EXPLOITED)[number];
  /** Versions that have it, and those that have it no more, as the maker writes them. */
  readonly versions?: string;
  readonly fixed?: string;
};

/** A word to one or few; the circle that carries it is who reads it. */
export type Message = Marked & { readonly kind: "msg"; readonly re?: RecordId; readonly text: string };

/** What may be said anew. */
export type Amendable = Sighting | Alert | Ask | Answer | Reply | Note | Incident | Update | Vulnerability | Message;

/** Says an item of the author's org anew, as a whole: the body that stands in its place, of the same kind and marking. */
export type Amendment = Marked & {
  readonly kind: "amend";
  readonly re: RecordId;
  readonly now: Amendable;
  readonly why?: string;
};

/** Withdraws an item of the author's org. */
export type Retraction = Marked & { readonly kind: "retract"; readonly re: RecordId; readonly why?: string };

/** Reminds those who have not acknowledged an alert that they should. */
export type Nudge = Marked & { readonly kind: "nudge"; readonly re: RecordId };
/** The leave of its author's org to carry one item further than its marking lets it be carried. */
export type Permission = Marked & {
  readonly kind: "widen";
  readonly re: RecordId;
  /** As if it had been marked so. */
  readonly limit: Tlp;
  /** Whoever carries it may say whose words they are. */
  readonly credit?: true;
};

/** Asks the other org of a closed circle to say something in another circle without telling whose words they are. */
export type Errand = Marked & {
  readonly kind: "sponsor";
  readonly circle: CircleId;
  /** Known to these two alone; what is said carries its digest. */
  readonly token: Uint8Array;
  readonly say: Sayable;
};
export type Sayable = Amendable | Amendment | Retraction;

/** What a later version may say: kept as it came and shown as what it is, with its marking. */
export type Unknown = Marked & {
  readonly kind: "unknown";
  /** How its author called the kind. */
  readonly named: string;
  readonly re?: RecordId;
  readonly bytes: Uint8Array;
};

/** Everything that a sealed record may say. */
export type PostBody = Amendable | Acknowledgement | Amendment | Retraction | Nudge | Permission | Errand | Unknown;
export type PostKind = PostBody["kind"];

/** Every kind, in the order in which the store numbers them: only ever added to. */
export const POST_KINDS = [
  "sighting",
  "alert",
  "reply",
  "ack",
  "unknown",
  "ask",
  "answer",
  "note",
  "incident",
  "update",
  "vuln",
  "msg",
  "amend",
  "retract",
  "nudge",
  "widen",
  "sponsor",
] as const satisfies readonly PostKind[];

/** The words of a body, whatever its kind calls them. */
export type Words = {
  readonly title?: string;
  readonly text?: string;
  readonly indicators: readonly Indicator[];
  readonly techniques: readonly string[];
};

/** What a body says in words; an amendment says what stands now. */
export function wordsOf(body: PostBody): Words {
  switch (body.kind) {
    case "sighting":
    case "alert":
    case "ask":
    case "note":
    case "incident":
    case "vuln":
      return body;
    case "answer":
    case "reply":
    case "update":
    case "msg":
      return wordless(body.text);
    case "ack":
      return wordless(body.note);
    case "retract":
      return wordless(body.why);
    case "amend":
      return wordsOf(body.now);
    case "sponsor":
      // What it names counts where it is said.
      return { ...wordsOf(body.say), indicators: [] };
    case "nudge":
    case "widen":
    case "unknown":
      return wordless(undefined);
    default:
      return unreachable(body);
  }
}

function wordless(text: string | undefined): Words {
  return { ...(text === undefined ? {} : { text }), indicators: [], techniques: [] };
}

/** The indicators of a body, none where its kind has none. */
export function indicatorsOf(body: PostBody): readonly Indicator[] {
  return wordsOf(body).indicators;
}

/** The record that a body refers to, if any. */
export function referenceOf(body: PostBody): RecordId | undefined {
  return "re" in body ? body.re : undefined;
}

/** Whether the org of its author may amend or withdraw it: an acknowledgement is a fact, a correction is corrected by the next one, and what is not understood is left alone. */
export function isAmendable(body: PostBody): body is Amendable {
  switch (body.kind) {
    case "sighting":
    case "alert":
    case "ask":
    case "answer":
    case "reply":
    case "note":
    case "incident":
    case "update":
    case "vuln":
    case "msg":
      return true;
    case "ack":
    case "amend":
    case "retract":
    case "nudge":
    case "widen":
    case "sponsor":
    case "unknown":
      return false;
    default:
      return unreachable(body);
  }
}
