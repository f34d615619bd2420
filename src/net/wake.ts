// Waiting for something to happen in this process, without a queue of its own: who is woken looks for itself.

export type Wake = {
  /** Wakes whoever waits now. */
  readonly wake: () => void;
  /** Resolves at the next wake, or when the signal aborts; the caller checks which. One waits at a time. */
  readonly wait: (signal: AbortSignal | undefined) => Promise<void>;
};

/** A place to wait at; it holds no timer and nothing else to dispose of. */
export function createWake(): Wake {
  let woken: (() => void) | undefined;
  return {
    wake: () => woken?.(),
    wait: async (signal) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      woken = resolve;
      const onAbort = (): void => resolve();
      signal?.addEventListener("abort", onAbort, { once: true });
      await promise;
      signal?.removeEventListener("abort", onAbort);
    },
  };
}
