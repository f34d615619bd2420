// How late the event loop is: what a post, a heartbeat or a key press waits for whatever else this process does.

import { monitorEventLoopDelay } from "node:perf_hooks";

export type EventLoopDelay = Disposable & {
  /** What was measured since it was last read, in ms. */
  readonly read: () => { readonly p50Ms: number; readonly p99Ms: number; readonly maxMs: number };
};

const RESOLUTION_MS = 20;

/** Measures until it is disposed of. */
export function watchEventLoop(): EventLoopDelay {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  // The measure counts its own period; what is beyond it is delay.
  const late = (ns: number): number => Math.max(0, ns / 1e6 - RESOLUTION_MS);
  return {
    read: () => {
      const read =
        delays.count === 0
          ? { p50Ms: 0, p99Ms: 0, maxMs: 0 }
          : { p50Ms: late(delays.percentile(50)), p99Ms: late(delays.percentile(99)), maxMs: late(delays.max) };
      delays.reset();
      return read;
    },
    [Symbol.dispose]: () => void delays.disable(),
  };
}
