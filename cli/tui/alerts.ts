// The questions that alerts raise: whether they wait for us, for whom else, how many acknowledgements they have. Pure.

import type { AlertDocument, ItemDocument } from "../../src/api/documents.ts";
import type { Screen } from "./screen.ts";

/** Whether `item` waits for an acknowledgement of our org. */
export function waitsForUs(screen: Screen, item: ItemDocument): boolean {
  const { alert, mine, state } = item;
  if (!alert || mine || (state !== "current" && state !== "amended")) return false;
  const isAsked = alert.who.length === 0 || alert.who.includes(screen.org);
  return isAsked && alert.acks.every(({ org }) => org !== screen.org);
}

/** The alerts that stay pinned: those that wait for us, the first due first. */
export function pinned(screen: Screen): readonly ItemDocument[] {
  return screen.alerts
    .filter((item) => waitsForUs(screen, item))
    .toSorted((left, right) => dueOrder(left).localeCompare(dueOrder(right)) || right.at.localeCompare(left.at));
}

/** The alerts that wait for somebody, the first due first. */
export function board(screen: Screen): readonly ItemDocument[] {
  const isOpen = (item: ItemDocument): boolean =>
    item.alert !== undefined &&
    (item.state === "current" || item.state === "amended") &&
    (waitsForUs(screen, item) || acksGiven(item.alert) < acksNeeded(screen, item));
  return screen.alerts
    .filter(isOpen)
    .toSorted((left, right) => dueOrder(left).localeCompare(dueOrder(right)) || right.at.localeCompare(left.at));
}

/** Whether an alert of the board is past its deadline. */
export function isOverdue({ alert }: ItemDocument, now: number): boolean {
  return alert?.ackBy != null && Date.parse(alert.ackBy) < now;
}

/** Orgs that are asked and have not acknowledged, ours first as `YOU`. */
export function missing(screen: Screen, item: ItemDocument): readonly string[] {
  const { who = [], acks = [] } = item.alert ?? {};
  const members = screen.peers.filter(({ circles }) => circles.includes(item.circle.name)).map(({ org }) => org);
  const given = new Set([item.org, ...acks.map(({ org }) => org)]);
  const others = (who.length > 0 ? who : members).filter((org) => org !== screen.org && !given.has(org));
  return [...(waitsForUs(screen, item) ? ["YOU"] : []), ...new Set(others)];
}

/** How many orgs acknowledged of those that were asked. */
export function acksGiven({ acks, who }: AlertDocument): number {
  return new Set(acks.map(({ org }) => org).filter((org) => who.length === 0 || who.includes(org))).size;
}

/** How many acknowledgements an alert asks for. */
export function acksNeeded(screen: Screen, item: ItemDocument): number {
  if (typeof item.alert?.need === "number") return item.alert.need;
  return Math.max(0, (screen.circles.find(({ id }) => id === item.circle.id)?.members ?? 1) - 1);
}

const dueOrder = (item: ItemDocument): string => item.alert?.ackBy ?? "9999";
