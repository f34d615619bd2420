// An item on the screen after what arrived about it, before the daemon is asked again: who saw it too, who acknowledged, and
// whether its author said it anew or withdrew it. Pure.

import type { ItemDocument } from "../../src/api/documents.ts";

/** `item` after what others said about it. */
export function answered(item: ItemDocument, arrived: readonly ItemDocument[]): ItemDocument {
  const about = arrived.filter(({ re, id }) => re === item.id && id !== item.id);
  if (about.length === 0) return item;
  return about.reduce(corrected, heard(item, about));
}

/** `item` after a correction of it: withdrawn for good, or with the words of now. */
function corrected(item: ItemDocument, { kind, amend, retract, ...said }: ItemDocument): ItemDocument {
  const { id, org, seat, at, title, text, indicators, techniques } = said;
  const correction = { id, org, seat, at, why: kind === "amend" ? (amend?.why ?? null) : text };
  if (retract?.counts) {
    const { alert: _, ...rest } = item;
    return { ...rest, state: "retracted", correction, title: null, text: null, indicators: [], techniques: [] };
  }
  if (!amend?.counts || item.state === "retracted") return item;
  return { ...item, state: "amended", correction, title, text, indicators, techniques };
}

function heard(item: ItemDocument, about: readonly ItemDocument[]): ItemDocument {
  const saw = about.filter(({ kind, org }) => kind === "sighting" && org !== item.org).map(({ org }) => org);
  const next = { ...item, sawToo: [...new Set([...item.sawToo, ...saw])] };
  if (item.alert === undefined) return next;
  const acks = about
    .filter(({ kind }) => kind === "ack")
    .filter((ack) => !item.alert?.acks.some(({ org, seat }) => org === ack.org && seat === ack.seat))
    .map(({ org, seat, at, text }) => ({ org, seat, at, note: text }));
  return { ...next, alert: { ...item.alert, acks: [...item.alert.acks, ...acks] } };
}
