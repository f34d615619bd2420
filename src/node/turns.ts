// One circle, one thing at a time: whatever reads a circle's state in order to change it takes a turn.

/** How a turn is waited for: what is small goes before what is not, a few in a row at most. */
export type Size = "small" | "large";

export type Turns = {
  /** Runs `work` when earlier work of the same name has settled, and answers what it answers. */
  readonly take: <T>(name: string, work: () => Promise<T>, size?: Size) => Promise<T>;
  /** Whether work of this name, of that size where one is named, waits for work that is under way. */
  readonly isAwaited: (name: string, size?: Size) => boolean;
  /** Resolves when all work taken so far has settled. */
  readonly idle: () => Promise<void>;
};

/** What waits for a turn, in order of its coming; `row`: small ones that went before large ones since a large one had its turn. */
type Queue = { readonly small: (() => void)[]; readonly large: (() => void)[]; row: number };

const SMALL_RECORDS = 4;

/** Of work on so many records: an alert is small, a page of a backlog is not. */
export const sizeOf = (records: number): Size => (records <= SMALL_RECORDS ? "small" : "large");

/** So many small ones in a row: however many come, what is large gets on. */
const ROW_MAX = 4;

export function makeTurns(): Turns {
  const queues = new Map<string, Queue>(); // names that work is under way for
  const working = new Set<Promise<unknown>>();

  /** Hands the turn to whoever is next, before anybody else can take it. */
  const pass = (name: string, queue: Queue): void => {
    const { small, large } = queue;
    const isSmall = small.length > 0 && (large.length === 0 || queue.row < ROW_MAX);
    const next = (isSmall ? small : large).shift();
    queue.row = isSmall && large.length > 0 ? queue.row + 1 : 0;
    if (next) next();
    else queues.delete(name);
  };

  const inTurn = async <T>(name: string, work: () => Promise<T>, size: Size): Promise<T> => {
    const queue = queues.get(name);
    if (queue) await new Promise<void>((resolve) => queue[size].push(resolve));
    const mine = queue ?? { small: [], large: [], row: 0 };
    if (!queue) queues.set(name, mine);
    try {
      return await work();
    } finally {
      pass(name, mine);
    }
  };

  return {
    take: async (name, work, size = "large") => {
      const mine = inTurn(name, work, size);
      working.add(mine);
      try {
        return await mine;
      } finally {
        working.delete(mine);
      }
    },
    isAwaited: (name, size) => {
      const { small = [], large = [] } = queues.get(name) ?? {};
      return small.length > 0 || (size !== "small" && large.length > 0);
    },
    idle: async () => {
      await Promise.allSettled(working);
    },
  };
}
