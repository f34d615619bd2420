// Time as a value. The only file that asks the system what time it is.

import { setTimeout as delay } from "node:timers/promises";

export type Clock = {
  /** Milliseconds since 1970-01-01T00:00Z. */
  readonly now: () => number;
  /** Milliseconds of a clock that never goes back; only differences mean anything. */
  readonly monotonic: () => number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. Never keeps the process alive. */
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>;
};

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  wait: async (ms, signal) => {
    await delay(ms, undefined, { ref: false, ...(signal ? { signal } : {}) });
  },
};

/** RFC 3339 in UTC with milliseconds, as every JSON document carries time. */
export function toRfc3339(ms: number): string {
  return new Date(ms).toISOString();
}
