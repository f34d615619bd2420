// One circle, one thing at a time: whatever reads a circle's state in order to change it takes a turn.

export type Turns = {
  /** Runs `work` after all earlier work of the same name has settled, and answers what it answers. */
  readonly take: <T>(name: string, work: () => Promise<T>) => Promise<T>;
  /** Resolves when all work taken so far has settled. */
  readonly idle: () => Promise<void>;
};

export function makeTurns(): Turns {
  const last = new Map<string, Promise<unknown>>();
  return {
    take: async (name, work) => {
      const before = last.get(name) ?? Promise.resolve();
      // The failure of one turn is its caller's; the next turn starts all the same.
      const mine = before.then(work, work);
      last.set(name, mine);
      try {
        return await mine;
      } finally {
        if (last.get(name) === mine) last.delete(name);
      }
    },
    idle: async () => {
      await Promise.allSettled(last.values());
    },
  };
}
