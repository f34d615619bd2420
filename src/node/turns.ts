// One circle, one thing at a time: whatever reads a circle's state in order to change it takes a turn.

export type Turns = {
  /** Runs `work` after all earlier work of the same name has settled, and answers what it answers. */
  readonly take: <T>(name: string, work: () => Promise<T>) => Promise<T>;
  /** Whether work of this name waits for work that is under way. */
  readonly isAwaited: (name: string) => boolean;
  /** Resolves when all work taken so far has settled. */
  readonly idle: () => Promise<void>;
};

export function makeTurns(): Turns {
  const last = new Map<string, Promise<unknown>>();
  const count = new Map<string, number>();
  return {
    take: async (name, work) => {
      const before = last.get(name) ?? Promise.resolve();
      // The failure of one turn is its caller's; the next turn starts all the same.
      const mine = before.then(work, work);
      last.set(name, mine);
      count.set(name, (count.get(name) ?? 0) + 1);
      try {
        return await mine;
      } finally {
        const left = (count.get(name) ?? 1) - 1;
        if (left > 0) count.set(name, left);
        else count.delete(name);
        if (last.get(name) === mine) last.delete(name);
      }
    },
    isAwaited: (name) => (count.get(name) ?? 0) > 1,
    idle: async () => {
      await Promise.allSettled(last.values());
    },
  };
}
