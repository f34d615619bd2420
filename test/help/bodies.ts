// A body of each kind, with a text wherever one can stand.

import type { Indicator, PostBody } from "../../src/record/body.ts";
import type { RecordId } from "../../src/record/ids.ts";

/** A sighting with a text, and with indicators. */
export function sightingOf(text: string, indicators: readonly Indicator[] = []): PostBody {
  return { kind: "sighting", tlp: "amber", seat: "desk", text, indicators, techniques: [] };
}

/** Every kind with `text` in every field that takes any, one body a field; each with the name of that field. */
export function withTextEverywhere(text: string): readonly (readonly [string, PostBody])[] {
  const re = "00".repeat(32) as RecordId;
  const marked = { tlp: "amber", seat: "desk" } as const;
  const told = { ...marked, indicators: [], techniques: [] } as const;
  const named = { indicators: [{ type: "other", value: text }] } as const;
  const alert = { kind: "alert", severity: "severe", urgency: "immediate", certainty: "likely" } as const;
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
  ];
}
