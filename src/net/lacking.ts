// What is fetched of a lane from a peer: arithmetic on counts, where it is forked and where it is not.

import type { Contest } from "./net.ts";

/**
 * What is fetched of one lane from a peer that holds `to` records, or undefined: what it has beyond ours; of a forked lane
 * nothing from the fork on, or, where other sides are asked for, what was not yet fetched of this peer's one (`seen`).
 */
export function lackingOf(
  { ours, to }: { readonly ours: number; readonly to: number },
  contest: Contest | undefined,
  seen: { readonly from: number; readonly to: number } | undefined,
): { readonly from: number; readonly to: number } | undefined {
  if (!contest) return to > ours ? { from: ours, to } : undefined;
  const { from: parts, otherSides } = contest;
  const end = otherSides ? to : Math.min(to, parts);
  const start = seen && seen.from <= parts ? Math.max(parts, seen.to) : parts;
  const from = ours < parts ? ours : start;
  return end > from ? { from, to: end } : undefined;
}
