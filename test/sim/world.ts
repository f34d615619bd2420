// The world of a run: virtual time, what is yet to happen, the machines, and the trace of what did happen. Nothing here
// waits for real time: an event runs to its end before the next one begins.

import { setImmediate as settled } from "node:timers/promises";
import { toHex, utf8 } from "../../src/base/bytes.ts";
import { sha256 } from "../../src/base/digest.ts";
import type { CircleId } from "../../src/record/ids.ts";
import type { Chance } from "./chance.ts";
import type { Ledger } from "./ledger.ts";
import type { Machine } from "./machine.ts";
import type { Sky } from "./network.ts";

/** A promise of the protocol that a run saw broken. */
export class Violation extends Error {
  override readonly name = "Violation";
  readonly invariant: string;

  constructor(invariant: string, what: string) {
    super(what);
    this.invariant = invariant;
  }
}

export type World = {
  readonly seed: number;
  readonly chance: Chance;
  readonly time: Timeline;
  readonly trace: Trace;
  readonly sky: Sky;
  readonly machines: Machine[];
  readonly ledger: Ledger;
  /** The circle of the run, once it is founded. */
  circle: CircleId;
};

/** What may happen in a run. */
export type Action = {
  readonly name: string;
  readonly weight: number;
  /** Answers what was done, for the trace. */
  readonly run: (world: World) => Promise<string | undefined> | string | undefined;
};

export type Timeline = {
  /** Virtual milliseconds since 1970. */
  readonly now: () => number;
  /** Lets something happen after `delayMs`; in order of the calls where it is the same moment. */
  readonly after: (delayMs: number, name: string, run: () => Promise<void> | void) => void;
  /** Runs what is due until then, one event at a time, each with everything that follows from it at once. */
  readonly runUntil: (moment: number) => Promise<void>;
  /** Runs until nothing is left to happen. */
  readonly runOut: () => Promise<void>;
};

type Event = {
  readonly at: number;
  readonly order: number;
  readonly name: string;
  readonly run: () => Promise<void> | void;
};

/** Time from `start`. `between` looks at the world after every event, and may throw. */
export function timelineFrom(start: number, between: () => void): Timeline {
  let now = start;
  let calls = 0;
  const events: Event[] = [];
  const step = async (event: Event): Promise<void> => {
    now = Math.max(now, event.at);
    await event.run();
    await settled();
    between();
  };
  const takeBefore = (moment: number): Event | undefined => {
    const first = events[0];
    return first && first.at <= moment ? events.shift() : undefined;
  };
  return {
    now: () => now,
    after: (delayMs, name, run) => {
      const event = { at: now + Math.max(0, Math.round(delayMs)), order: calls++, name, run };
      let [low, high] = [0, events.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((events[middle]?.at ?? 0) <= event.at) low = middle + 1;
        else high = middle;
      }
      events.splice(low, 0, event);
    },
    runUntil: async (moment) => {
      for (let event = takeBefore(moment); event; event = takeBefore(moment)) await step(event);
      now = Math.max(now, moment);
      between();
    },
    runOut: async () => {
      for (let event = takeBefore(Infinity); event; event = takeBefore(Infinity)) await step(event);
    },
  };
}

export type Trace = {
  readonly note: (line: string) => void;
  readonly lines: readonly string[];
  /** Two runs that did the same have the same. */
  readonly hash: () => string;
};

export function emptyTrace(): Trace {
  const lines: string[] = [];
  return {
    lines,
    note: (line) => void lines.push(line),
    hash: () => toHex(sha256(utf8(lines.join("\n")))),
  };
}

/** Writes down what happened, with the virtual time since the start of the run in seconds. */
export function note(world: World, line: string): void {
  world.trace.note(`${((world.time.now() - START) / 1_000).toFixed(3)} ${line}`);
}

/** When every run begins. */
export const START = Date.UTC(2025, 2, 3, 8);
