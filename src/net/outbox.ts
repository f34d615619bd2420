// What waits to be sent to one peer on its push stream. Bounded: a reader that falls behind loses its place in the
// queue, not our memory, and fetches what it missed by sync once it has caught its breath.

import { limits } from "../base/limits.ts";
import type { CircleId } from "../record/ids.ts";
import { createWake } from "./wake.ts";
import type { Message } from "./wire.ts";

const ENVELOPES_PER_MESSAGE_MAX = 256;
const MESSAGE_COST_BYTES = 64;
const PINGS_MAX = 8;

/** What to send next: a message, or word that our frontier or the receipts of a circle are to be told. */
export type Outgoing =
  | Extract<Message, { kind: "records" | "ping" }>
  | { readonly kind: "tell"; readonly circle: CircleId }
  | { readonly kind: "tellReceipts"; readonly circle: CircleId };

export type Outbox = {
  /** A push stream was opened: from now on records are taken; what a former one had not delivered is forgotten. */
  readonly open: () => void;
  /** The push stream is gone. */
  readonly shut: () => void;
  /** Takes records for the peer, or, where it is too far behind, makes sure that it will be told to fetch them. */
  readonly offer: (circle: CircleId, envelopes: readonly Uint8Array[]) => boolean;
  /** Our frontier of the circle is to be told, after what is queued. */
  readonly tell: (circle: CircleId) => void;
  /** Receipts of the circle are to be told, after what is queued. */
  readonly tellReceipts: (circle: CircleId) => void;
  readonly ping: (token: number) => void;
  /** The next thing to send; waits for one. Rejects when the signal aborts. */
  readonly next: (signal: AbortSignal) => Promise<Outgoing>;
  /** What is queued and what is not acknowledged, in bytes. */
  readonly bytes: () => number;
  /** The peer has dealt with so many `records` messages. */
  readonly acknowledged: (batches: number) => void;
};

/** An empty, shut outbox. */
export function createOutbox(): Outbox {
  let isOpen = false;
  let queue: { readonly circle: CircleId; readonly envelope: Uint8Array }[] = [];
  let unacked: number[] = []; // cost of each message that was sent and not yet acknowledged
  let cost = 0; // of the queue and of what is unacknowledged
  const behind = new Set<CircleId>();
  const toTell = new Set<CircleId>();
  let pings: number[] = [];
  const toReceipt = new Set<CircleId>();
  const waiter = createWake();

  const clear = (): void => {
    queue = [];
    unacked = [];
    cost = 0;
    behind.clear();
    toTell.clear();
    pings = [];
    toReceipt.clear();
  };

  const catchBreath = (): void => {
    for (const circle of behind) toTell.add(circle);
    behind.clear();
    waiter.wake();
  };

  /** As many queued envelopes of one circle as fit into one message. */
  const batch = (circle: CircleId): Outgoing => {
    let bytes = 0;
    let count = 0;
    for (const entry of queue) {
      const fits = count === 0 || bytes + entry.envelope.length <= limits.sendBatchBytes;
      if (entry.circle !== circle || !fits || count === ENVELOPES_PER_MESSAGE_MAX) break;
      bytes += entry.envelope.length;
      count += 1;
    }
    const envelopes = queue.splice(0, count).map(({ envelope }) => envelope);
    unacked.push(bytes + count * MESSAGE_COST_BYTES);
    return { kind: "records", circle, envelopes };
  };

  const take = (): Outgoing | undefined => {
    const token = pings.shift();
    if (token !== undefined) return { kind: "ping", token };
    const [first] = queue;
    if (first) return batch(first.circle);
    // After the records, so that the reader does not fetch what is already on its way.
    for (const [kind, waiting] of [
      ["tellReceipts", toReceipt],
      ["tell", toTell],
    ] as const) {
      const [circle] = waiting;
      if (circle === undefined) continue;
      waiting.delete(circle);
      return { kind, circle };
    }
    return undefined;
  };

  return {
    open: () => {
      clear();
      isOpen = true;
    },
    shut: () => {
      clear();
      isOpen = false;
    },
    offer: (circle, envelopes) => {
      if (!isOpen) return false;
      const size = envelopes.reduce((sum, envelope) => sum + envelope.length + MESSAGE_COST_BYTES, 0);
      // One refusal refuses the circle until the reader is idle again: later records would only make gaps.
      if (behind.has(circle) || cost + size > limits.pushUnackedBytesMax) {
        behind.add(circle);
        if (cost === 0) catchBreath();
        return false;
      }
      cost += size;
      for (const envelope of envelopes) queue.push({ circle, envelope });
      waiter.wake();
      return true;
    },
    tell: (circle) => {
      if (!isOpen) return;
      toTell.add(circle);
      waiter.wake();
    },
    tellReceipts: (circle) => {
      if (!isOpen) return;
      toReceipt.add(circle);
      waiter.wake();
    },
    ping: (token) => {
      if (!isOpen || pings.length >= PINGS_MAX) return;
      pings.push(token);
      waiter.wake();
    },
    next: async (signal) => {
      for (;;) {
        signal.throwIfAborted();
        const outgoing = take();
        if (outgoing) return outgoing;
        await waiter.wait(signal);
      }
    },
    bytes: () => cost,
    acknowledged: (batches) => {
      for (const done of unacked.splice(0, batches)) cost -= done;
      if (cost === 0) catchBreath();
    },
  };
}
