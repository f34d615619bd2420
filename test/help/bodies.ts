// One body of each kind with the least that it may say, and one with all: for the vectors, and for tests that must know every kind.

import type { Amendment, Indicator, PostBody, PostKind } from "../../src/record/body.ts";
import { encodeCbor } from "../../src/base/cbor.ts";
import { circleId, orgId, recordId } from "../../src/record/ids.ts";
import { MORNING } from "./records.ts";

const HOUR = 3_600_000;
const re = recordId(new Uint8Array(32).fill(0xa1));
const links = [0xb1, 0xb2].map((byte) => recordId(new Uint8Array(32).fill(byte)));
const who = [0xc1, 0xc2].map((byte) => orgId(new Uint8Array(32).fill(byte)));
const least = { tlp: "green", seat: "kim" } as const;
const most = { tlp: "amber+strict", pap: "amber", seat: "kim", auto: true, expires: MORNING + 90 * 24 * HOUR } as const;
const bare = { ...least, indicators: [], techniques: [] } as const;
const told = {
  ...most,
  title: "VPN portal password spray",
  text: "One try per user per hour.\n\n**Targets** finance first: Grüße, 北京.",
  indicators: [
    { type: "ip", value: "203.0.113.24" },
    { type: "cve", value: "CVE-2026-12345" },
  ],
  techniques: ["T1110.003", "TA0006"],
} as const;

/** Of what was carried over from another circle. */
const from = { relayed: { at: MORNING, org: "borealis", circle: "retail-eu" } } as const;

/** What stands in the place of the sighting below. */
const now = { kind: "sighting", ...told, title: "VPN portal password spray, range corrected" } as const;

const errand = { circle: circleId(new Uint8Array(32).fill(0xd1)), token: new Uint8Array(32).fill(0xe1) } as const;

/** A body that only a later version would write. */
const later = {
  ...{ kind: "poll", tlp: "green", seat: "kim" },
  ...{ choices: ["now", "later"], re: new Uint8Array(32).fill(0xa1) },
} as const;

/** By kind: the least, then the most. */
export const BODIES: { readonly [K in PostKind]: readonly [PostBody, PostBody] } = {
  sighting: [
    { kind: "sighting", ...bare },
    {
      ...{ kind: "sighting", ...told, re, confidence: 80, source: "indicator--1" },
      seen: { first: MORNING - HOUR, last: MORNING, count: 12 },
    },
  ],
  alert: [
    { kind: "alert", ...bare, severity: "unknown", urgency: "unknown", certainty: "unknown" },
    {
      ...{ kind: "alert", ...told, severity: "extreme", urgency: "immediate", certainty: "observed" },
      ...{ status: "test", ackBy: MORNING + HOUR, who },
    },
  ],
  ask: [
    { kind: "ask", ...bare },
    { kind: "ask", ...told, closes: MORNING + 4 * HOUR },
  ],
  answer: [
    { kind: "answer", ...least, re, answer: "unsure" },
    {
      ...{ kind: "answer", ...most, re, answer: "no", state: "not-seen", text: "nothing in the proxy logs" },
      searched: { from: MORNING - 720 * HOUR, to: MORNING, scope: "proxy logs, both sites" },
    },
  ],
  reply: [
    { kind: "reply", ...least, re, text: "" },
    { kind: "reply", ...most, re, text: "blocked at the edge" },
  ],
  ack: [
    { kind: "ack", ...least, re },
    { kind: "ack", ...most, re, note: "on it" },
  ],
  note: [
    { kind: "note", ...bare },
    { kind: "note", ...told, re, ...from, caveat: "not to the press", to: who },
  ],
  incident: [
    { kind: "incident", ...bare, title: "OAuth phish", severity: "unknown" },
    { kind: "incident", ...told, severity: "severe" },
  ],
  update: [
    { kind: "update", ...least, re },
    { kind: "update", ...most, re, text: "tenant-wide revocation", status: "contained", decision: true, links },
  ],
  vuln: [
    { kind: "vuln", ...bare, product: "PrintHub", severity: "unknown", exploited: "unknown" },
    {
      ...{ kind: "vuln", ...told, product: "PrintHub", severity: "severe", exploited: "known" },
      ...{ versions: "8.0 to 8.3", fixed: "8.4" },
    },
  ],
  msg: [
    { kind: "msg", ...least, text: "call me" },
    { kind: "msg", ...most, re, text: "call me about this" },
  ],
  amend: [
    { kind: "amend", ...least, re, now: { kind: "reply", ...least, re, text: "blocked" } },
    { kind: "amend", ...most, re, now, why: "the range was wrong" },
  ],
  nudge: [
    { kind: "nudge", ...least, re },
    { kind: "nudge", ...most, re },
  ],
  retract: [
    { kind: "retract", ...least, re },
    { kind: "retract", ...most, re, why: "it was our red team" },
  ],
  widen: [
    { kind: "widen", ...least, re, limit: "clear" },
    { kind: "widen", ...most, re, limit: "green", credit: true },
  ],
  sponsor: [
    { kind: "sponsor", ...least, ...errand, say: { kind: "retract", ...least, seat: "", re } },
    { kind: "sponsor", ...most, ...errand, say: { kind: "sighting", ...told, seat: "" } },
  ],
  unknown: [
    { kind: "unknown", named: "poll", ...least, bytes: encodeCbor({ kind: "poll", ...least }) },
    { kind: "unknown", named: "poll", ...least, re, bytes: encodeCbor(later) },
  ],
};

/** A sighting with a text, and with indicators. */
export function sightingOf(text: string, indicators: readonly Indicator[] = []): PostBody {
  return { kind: "sighting", tlp: "amber", seat: "desk", text, indicators, techniques: [] };
}

function amending(text: string): Amendment {
  const marked = { tlp: "amber", seat: "desk" } as const;
  return { ...marked, kind: "amend", re, now: { ...marked, kind: "reply", re, text } };
}

/** Every kind with `text` in every field that takes any, one body a field; each with the name of that field. */
export function withTextEverywhere(text: string): readonly (readonly [string, PostBody])[] {
  const marked = { tlp: "amber", seat: "desk" } as const;
  const told = { ...marked, indicators: [], techniques: [] } as const;
  const named = { indicators: [{ type: "other", value: text }] } as const;
  const alert = { kind: "alert", severity: "severe", urgency: "immediate", certainty: "likely" } as const;
  const vuln = { kind: "vuln", product: "x", severity: "severe", exploited: "known" } as const;
  return [
    ["title", { kind: "sighting", ...told, title: text }],
    ["text", { kind: "sighting", ...told, text }],
    ["source", { kind: "sighting", ...told, text: "x", source: text }],
    ["seat", { kind: "sighting", ...told, text: "x", seat: text }],
    ["indicators.0", { kind: "sighting", ...told, ...named }],
    ["title", { ...told, ...alert, title: text }],
    ["text", { ...told, ...alert, text }],
    ["seat", { ...told, ...alert, text: "x", seat: text }],
    ["indicators.0", { ...told, ...alert, text: "x", ...named }],
    ["text", { ...marked, kind: "reply", re, text }],
    ["seat", { ...marked, kind: "reply", re, text: "x", seat: text }],
    ["note", { ...marked, kind: "ack", re, note: text }],
    ["seat", { ...marked, kind: "ack", re, seat: text }],
    ["text", { kind: "ask", ...told, text }],
    ["title", { kind: "ask", ...told, title: text }],
    ["text", { ...marked, kind: "answer", re, answer: "no", text }],
    ["searched.scope", { ...marked, kind: "answer", re, answer: "no", searched: { scope: text } }],
    ["text", { kind: "note", ...told, text }],
    ["indicators.0", { kind: "note", ...told, ...named }],
    ["title", { kind: "incident", ...told, title: text, severity: "severe" }],
    ["text", { kind: "incident", ...told, title: "x", text, severity: "severe" }],
    ["text", { ...marked, kind: "update", re, text }],
    ["product", { ...told, ...vuln, product: text }],
    ["versions", { ...told, ...vuln, versions: text }],
    ["fixed", { ...told, ...vuln, fixed: text }],
    ["indicators.0", { ...told, ...vuln, ...named }],
    ["text", { ...marked, kind: "msg", text }],
    ["why", { ...marked, kind: "retract", re, why: text }],
    ["why", { ...marked, kind: "amend", re, now: { ...marked, kind: "reply", re, text: "x" }, why: text }],
    ["now.text", amending(text)],
    ["now.seat", { ...marked, kind: "amend", re, now: { ...marked, kind: "reply", re, text: "x", seat: text } }],
    ["say.text", { ...marked, kind: "sponsor", ...errand, say: { ...marked, kind: "reply", re, text } }],
    ["say.why", { ...marked, kind: "sponsor", ...errand, say: { ...marked, kind: "retract", re, why: text } }],
    ["say.now.text", { ...marked, kind: "sponsor", ...errand, say: amending(text) }],
    ["say.indicators.0", { ...marked, kind: "sponsor", ...errand, say: { kind: "sighting", ...told, ...named } }],
    ["now.indicators.0", { ...marked, kind: "amend", re, now: { kind: "sighting", ...told, ...named } }],
  ];
}
