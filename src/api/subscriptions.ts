// The subscriptions of one client: each feed is pulled from the daemon no faster than the client reads it.

import { asTocsinError, TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { FeedEvent, Session, Subscribe } from "./desk.ts";
import type { LineOut } from "./line-out.ts";
import type { Methods, Notification } from "./methods.ts";

/** What is asked for, by whom; `admit` throws once the client may not have it any more. */
type Asked = { readonly params: unknown; readonly admit: () => Promise<unknown>; readonly caller: Session["caller"] };

export type Subscriptions = {
  /** Opens a feed. Nothing of it is sent before `start` is called. Throws LIMIT_EXCEEDED and what `subscribe` throws. */
  readonly open: (asked: Asked) => Promise<{ result: Methods["subscribe"]["result"]; start: () => void }>;
  /** Ends a feed. Throws NOT_FOUND. */
  readonly end: (subscription: unknown) => void;
};

/** `gone` ends them all. */
export function subscriptionsOf(subscribe: Subscribe, out: LineOut, gone: AbortSignal): Subscriptions {
  const open = new Map<number, AbortController>();
  let last = 0;

  const pump = async (
    subscription: number,
    { events, cursor: start }: Awaited<ReturnType<Subscribe>>,
    admit: Asked["admit"],
  ): Promise<void> => {
    let cursor = start;
    try {
      for await (const event of events) {
        if (!open.has(subscription)) return;
        await admit();
        if (!(await out.send(lineOf(subscription, event), cursor))) return;
        if (event.kind === "item") cursor = event.item.cursor;
      }
    } catch (cause) {
      if (!open.has(subscription) || gone.aborted) return;
      const error = asTocsinError(cause);
      out.cut(new TocsinError(error.code, error.message, { cause, details: { ...error.details, cursor } }));
    } finally {
      open.delete(subscription);
    }
  };

  return {
    open: async ({ params, admit, caller }) => {
      if (open.size >= limits.apiSubscriptionsMax) {
        throw new TocsinError("LIMIT_EXCEEDED", `more than ${limits.apiSubscriptionsMax} subscriptions`);
      }
      const subscription = ++last;
      const own = new AbortController();
      open.set(subscription, own);
      try {
        const feed = await subscribe(params, { signal: AbortSignal.any([own.signal, gone]), caller });
        const result = { subscription, cursor: feed.cursor };
        return { result, start: () => void pump(subscription, feed, admit) };
      } catch (cause) {
        open.delete(subscription);
        throw cause;
      }
    },
    end: (subscription) => {
      const own = typeof subscription === "number" ? open.get(subscription) : undefined;
      if (typeof subscription !== "number" || !own) throw new TocsinError("NOT_FOUND", "no such subscription");
      open.delete(subscription);
      own.abort();
    },
  };
}

function lineOf(subscription: number, event: FeedEvent): string {
  const notification: Notification =
    event.kind === "item"
      ? { method: "item", params: { subscription, item: event.item } }
      : event.kind === "membership"
        ? { method: "membership", params: { subscription, change: event.change } }
        : { method: "changed", params: { subscription } };
  return JSON.stringify({ jsonrpc: "2.0", ...notification });
}
