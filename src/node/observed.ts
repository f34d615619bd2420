// What this node saw of its members, counted for whoever watches it: what became of what they sent, and how far their clocks are
// from ours. No row names anybody.

import type { Clock } from "../base/clock.ts";
import type { Arrival, ArrivalPath } from "../net/net.ts";
import type { MemberId } from "../record/ids.ts";

/** How often what came in by one path since the start, and how long it took, in seconds. */
export type Intake = { readonly batches: number; readonly records: number; readonly seconds: number };

export type Observed = {
  readonly arrived: (path: ArrivalPath, arrivals: readonly Arrival[], tookMs: number) => void;
  /** A member pushed a record of its own that it dated so. */
  readonly dated: (member: MemberId, at: number) => void;
  readonly intake: () => ReadonlyMap<ArrivalPath, Intake>;
  /** Refused records by the code of their refusal; at most one row a code. */
  readonly refused: () => ReadonlyMap<string, number>;
  readonly gaps: () => number;
  /**
   * How far our clock is ahead of the median of the members that were heard in the last day, in ms; below zero where it is behind,
   * undefined where nobody was heard. One that lies moves the median past its neighbour and no further.
   */
  readonly clockSkewMs: () => number | undefined;
};

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Nothing seen yet. */
export function makeObserved(clock: Clock): Observed {
  const intake = new Map<ArrivalPath, Intake>();
  const refused = new Map<string, number>();
  let gaps = 0;
  /** By how much each member's clock is ahead of ours. At most one row a member. */
  const ahead = new Map<MemberId, { readonly ms: number; readonly heardMs: number }>();

  return {
    arrived: (path, arrivals, tookMs) => {
      const before = intake.get(path) ?? { batches: 0, records: 0, seconds: 0 };
      intake.set(path, {
        batches: before.batches + 1,
        records: before.records + arrivals.length,
        seconds: before.seconds + tookMs / 1_000,
      });
      for (const arrival of arrivals) {
        if (arrival.kind === "gap") gaps += 1;
        if (arrival.kind === "refused") refused.set(arrival.reason, (refused.get(arrival.reason) ?? 0) + 1);
      }
    },
    dated: (member, at) => {
      const nowMs = clock.monotonic();
      const ms = at - clock.now();
      const before = ahead.get(member);
      // What was pushed late looks like a clock that is behind: the best of an hour counts.
      if (!before || ms > before.ms || nowMs - before.heardMs > HOUR_MS) ahead.set(member, { ms, heardMs: nowMs });
    },
    intake: () => intake,
    refused: () => refused,
    gaps: () => gaps,
    clockSkewMs: () => {
      const fresh = [...ahead.values()].filter(({ heardMs }) => clock.monotonic() - heardMs < DAY_MS);
      const sorted = fresh.map(({ ms }) => ms).sort((left, right) => left - right);
      const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
      if (low === undefined || high === undefined) return undefined;
      // Of two that disagree, the one that is nearer to us.
      return -(Math.abs(low) < Math.abs(high) ? low : high);
    },
  };
}
