// Wakes whoever waits for something to happen here. It carries no data: who is woken reads the store from its own
// cursor, so that nothing can be missed, reordered or piled up.

export type Bell = {
  /** How often it rang. */
  readonly count: () => number;
  readonly ring: () => void;
  /** Resolves once the bell rang more than `seen` times; rejects with the signal's reason when it aborts first. */
  readonly after: (seen: number, signal?: AbortSignal) => Promise<void>;
};

export function makeBell(): Bell {
  let count = 0;
  const waiting = new Set<() => void>();
  return {
    count: () => count,
    ring: () => {
      count += 1;
      for (const wake of [...waiting]) wake();
    },
    after: async (seen, signal) => {
      signal?.throwIfAborted();
      if (count > seen) return;
      await new Promise<void>((resolve, reject) => {
        const done = (): void => {
          waiting.delete(wake);
          signal?.removeEventListener("abort", abort);
        };
        const wake = (): void => {
          done();
          resolve();
        };
        const abort = (): void => {
          done();
          reject(signal?.reason as Error);
        };
        waiting.add(wake);
        signal?.addEventListener("abort", abort, { once: true });
      });
    },
  };
}

/** Resolves or rejects as the first of `waits` does; the others are ended and waited for, so that no waiter is left behind. */
export async function firstOf(
  signal: AbortSignal,
  ...waits: readonly ((signal: AbortSignal) => Promise<void>)[]
): Promise<void> {
  const done = new AbortController();
  const either = AbortSignal.any([signal, done.signal]);
  const running = waits.map(async (wait) => wait(either));
  try {
    await Promise.race(running);
  } finally {
    done.abort();
    await Promise.allSettled(running);
  }
}
