// The one door through which the daemon's documents reach the screen: every string in them may come from a peer.

import { safeLines, safeText } from "../safe-text.ts";

/** `document` with every string made safe for a terminal; only `text` and `note` keep their line breaks. */
export function safeDocument<T>(document: T): T {
  return safeValue("", document) as T;
}

function safeValue(name: string, value: unknown): unknown {
  if (typeof value === "string") {
    return name === "text" || name === "note" ? safeLines(value).join("\n") : safeText(value);
  }
  if (Array.isArray(value)) return value.map((one) => safeValue(name, one));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, safeValue(key, inner)]));
}
