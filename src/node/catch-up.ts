// How a catch-up is going: what each member sent of what this node lacked, lately. It is told to people and decides nothing.

import type { MemberId } from "../record/ids.ts";
import type { LiveCircle } from "./rooms.ts";

/** Whoever sent nothing for so long sends no more. */
const QUIET_MS = 5_000;

/** What one member sent without a longer pause: so many records kept between two moments (monotonic, ms). */
export type Fetched = { readonly records: number; readonly sinceMs: number; readonly lastMs: number };

/** Notes that a member sent records that were kept, by catch-up. */
export function noteFetched(
  { fetched }: LiveCircle,
  from: MemberId,
  { kept, nowMs }: { kept: number; nowMs: number },
): void {
  const before = fetched.get(from);
  const goesOn = before !== undefined && nowMs - before.lastMs <= QUIET_MS;
  const { records, sinceMs } = goesOn ? before : { records: 0, sinceMs: nowMs };
  fetched.set(from, { records: records + kept, sinceMs, lastMs: nowMs });
}

/** Who sends at the moment, and how many records a second all of them do together; undefined where nobody does. */
export function fetchingFrom(
  { fetched }: LiveCircle,
  nowMs: number,
): { readonly from: readonly MemberId[]; readonly perSecond: number } | undefined {
  const lively = [...fetched].filter(([, { lastMs }]) => nowMs - lastMs <= QUIET_MS);
  if (lively.length === 0) return undefined;
  // Of the first page alone nobody can tell a rate: a second is the least that it is spread over.
  const rate = ({ records, sinceMs }: Fetched): number => (records * 1_000) / Math.max(1_000, nowMs - sinceMs);
  const perSecond = lively.reduce((sum, [, one]) => sum + rate(one), 0);
  return { from: lively.map(([member]) => member), perSecond: Math.round(perSecond) };
}
