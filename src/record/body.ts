// What a sealed record says. Domain types, written by hand; `parse-body.ts` is the only way from unknown to them.

import type { Pap, Tlp } from "./marking.ts";
import type { RecordId } from "./ids.ts";

/** Types of observable that tocsin compares; the value is always in its normal form (`indicator.ts`). */
export const INDICATOR_TYPES = [
  "ip",
  "cidr",
  "domain",
  "url",
  "email",
  "md5",
  "sha1",
  "sha256",
  "sha512",
  "filename",
  "mutex",
  "registry",
  "asn",
  "cve",
  "process",
  "account",
  "certificate",
  "other",
] as const;
export type IndicatorType = (typeof INDICATOR_TYPES)[number];

/** A typed, normalised observable value. */
export type Indicator = { readonly type: IndicatorType; readonly value: string };

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
};

type Told = Marked & {
  readonly title?: string;
  readonly text?: string;
  readonly indicators: readonly Indicator[];
  /** ATT&CK technique ids, `T1110.003`. */
  readonly techniques: readonly string[];
};

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

/** A call to act (CAP 1.2 words), to be acknowledged. */
export type Alert = Told & {
  readonly kind: "alert";
  readonly severity: (typeof SEVERITIES)[number];
  readonly urgency: (typeof URGENCIES)[number];
  readonly certainty: (typeof CERTAINTIES)[number];
  /** Acknowledge by this moment, ms since 1970. */
  readonly ackBy?: number;
  /** How many members should acknowledge; absent means all. */
  readonly need?: number;
};

export type Reply = Marked & { readonly kind: "reply"; readonly re: RecordId; readonly text: string };

export type Acknowledgement = Marked & { readonly kind: "ack"; readonly re: RecordId; readonly note?: string };

/** Everything that a sealed record may say. */
export type PostBody = Sighting | Alert | Reply | Acknowledgement;
export type PostKind = PostBody["kind"];

/** The indicators of a body, none where its kind has none. */
export function indicatorsOf(body: PostBody): readonly Indicator[] {
  return body.kind === "sighting" || body.kind === "alert" ? body.indicators : [];
}

/** The record that a body refers to, if any. */
export function referenceOf(body: PostBody): RecordId | undefined {
  return body.kind === "alert" ? undefined : body.re;
}
