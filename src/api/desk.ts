// What the daemon puts behind the local API: one function a method, and one that opens a feed. Types only.

import type { Log } from "../base/events.ts";
import type { Caller } from "../seat/seat.ts";
import type { Gate } from "./gate.ts";
import type { ChangeDocument, ItemDocument } from "./documents.ts";
import type { Method, Methods } from "./methods.ts";

/** Aborts when the client is gone, when the server stops, or when the subscription that got this signal ends. */
export type Session = { readonly signal: AbortSignal; readonly caller: Caller };

export type RoutedMethod = Exclude<Method, "hello" | "subscribe" | "unsubscribe">;

/** What the daemon does for each method; `params` are unchecked JSON. Throws TocsinError; anything else is our bug. */
export type Routes = {
  readonly [M in RoutedMethod]: (params: unknown, session: Session) => Promise<Methods[M]["result"]>;
};

export type FeedEvent =
  | { readonly kind: "item"; readonly item: ItemDocument }
  /** Who is in changed, or what that is decided by. */
  | { readonly kind: "membership"; readonly change: ChangeDocument }
  /** Something on the screen may have changed; `events` coalesces these. */
  | { readonly kind: "changed" };

/**
 * Opens the events after a cursor; `cursor` is where it starts. They are pulled one at a time as the client reads
 * them, so the iterable must read from the store or hold a bounded queue. It ends when the signal aborts.
 */
export type Subscribe = (
  params: unknown,
  session: Session,
) => Promise<{ readonly cursor: string; readonly events: AsyncIterable<FeedEvent> }>;

/** What every client of a server shares. */
export type Desk = {
  readonly routes: Routes;
  readonly subscribe: Subscribe;
  readonly version: string;
  /** Who a client is by the token that it shows. Asked again for every request: a token may be revoked. Throws TOKEN_REFUSED. */
  readonly callerBy: (token: string | undefined) => Caller;
  readonly gate: Gate;
  /** The org that the daemon speaks for; may change once it is unlocked. */
  readonly org: () => string;
  readonly log: Log;
  /** How long a client may leave what we wrote unread before it is cut. */
  readonly stallMs: number;
};
