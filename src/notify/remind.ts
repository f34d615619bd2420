// Alerts that nobody here has acknowledged, told again and again: a call that was missed is still a call. Pure: what waits is a value,
// and time is an argument.

import { limits } from "../base/limits.ts";

/** An alert that asks our org; moments in ms since 1970. */
export type Waiting<Alert> = { readonly alert: Alert; readonly since: number; readonly toldAt: number };

/** By id, oldest first. */
export type Reminders<Alert> = ReadonlyMap<string, Waiting<Alert>>;

/** With an alert that was told just now; of too many the oldest is told no more. */
export function waitingToo<Alert>(
  waiting: Reminders<Alert>,
  id: string,
  { alert, now }: { readonly alert: Alert; readonly now: number },
): Reminders<Alert> {
  const all = [...without(waiting, id), [id, { alert, since: now, toldAt: now }] as const];
  return new Map(all.slice(-limits.remindersMax));
}

/** Without what was acknowledged here, or withdrawn. */
export function without<Alert>(waiting: Reminders<Alert>, id: string): Reminders<Alert> {
  return waiting.has(id) ? new Map([...waiting].filter(([one]) => one !== id)) : waiting;
}

/**
 * What is due to be told again, `everyMs` after it was told last, and what waits then. Alerts of which `isQuiet` keep their turn. After
 * `remindForMs` of calling in vain nobody is called any more.
 */
export function remind<Alert>(
  waiting: Reminders<Alert>,
  {
    now,
    everyMs,
    isQuiet,
  }: { readonly now: number; readonly everyMs: number; readonly isQuiet: (alert: Alert) => boolean },
): { readonly due: readonly Alert[]; readonly waiting: Reminders<Alert> } {
  const kept = [...waiting].filter(([, { since }]) => now - since < limits.remindForMs);
  const isDue = ({ alert, toldAt }: Waiting<Alert>): boolean => now - toldAt >= everyMs && !isQuiet(alert);
  const due = kept.filter(([, one]) => isDue(one)).map(([, { alert }]) => alert);
  if (due.length === 0 && kept.length === waiting.size) return { due, waiting };
  const next = kept.map(([id, one]) => [id, isDue(one) ? { ...one, toldAt: now } : one] as const);
  return { due, waiting: new Map(next) };
}
