// How far lanes are held, and what one side lacks of another. Pure arithmetic on counts.

import type { LaneId } from "../record/ids.ts";
import type { Frontier, LaneRange } from "../record/record.ts";

/** What `theirs` holds beyond `ours`, lane by lane. */
export function missing(ours: Frontier, theirs: Frontier): readonly LaneRange[] {
  const ranges: LaneRange[] = [];
  for (const [lane, to] of theirs) {
    const from = ours.get(lane) ?? 0;
    if (to > from) ranges.push({ lane, from, to });
  }
  return ranges;
}

/** The higher count of each lane. */
export function joined(left: Frontier, right: Frontier): Frontier {
  const merged = new Map<LaneId, number>(left);
  for (const [lane, length] of right) merged.set(lane, Math.max(length, merged.get(lane) ?? 0));
  return merged;
}

/** Number of records that `ranges` span. */
export function spanned(ranges: readonly LaneRange[]): number {
  return ranges.reduce((sum, { from, to }) => sum + to - from, 0);
}
