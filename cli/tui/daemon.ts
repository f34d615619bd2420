// The daemon as the screen sees it: snapshots, what arrives, and the calls that effects ask for. It turns documents
// into screen events and never draws; every document passes `safeDocument` first.

import { connect, type Client } from "../../src/api/client.ts";
import type { FeedDocument, ItemDocument, StatusDocument } from "../../src/api/documents.ts";
import type { Method, Methods } from "../../src/api/methods.ts";
import type { Clock } from "../../src/base/clock.ts";
import { TocsinError } from "../../src/base/errors.ts";
import { coalesced, type DaemonEffect, daemonEffects, failureOf, LISTED } from "./daemon-effects.ts";
import type { ScreenEvent, Snapshot } from "./events.ts";
import { safeDocument } from "./safe-document.ts";
import { ALERTS_MAX, FIRST_ITEMS, UNREAD_MAX } from "./screen.ts";

export type Daemon = {
  /** What the screen opens with. */
  readonly first: Snapshot;
  /** Tells what arrives, connecting again whenever the daemon went away, until the signal aborts. */
  readonly follow: () => Promise<void>;
  /** Carries out one effect; its outcome, good or bad, is dispatched. */
  readonly perform: (effect: DaemonEffect) => Promise<void>;
  readonly close: () => Promise<void>;
};

/** Items newest first, the cursor of the newest record when they were asked, and where the older ones start. */
type Newest = { readonly items: readonly ItemDocument[]; readonly cursor: string; readonly next: string | null };

type Options = {
  readonly socketPath: string;
  /** Name or id of the circle to open; absent: the first. */
  readonly circle?: string | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly dispatch: (event: ScreenEvent) => void;
};

const CLIENT = "screen";
const PAGE_ITEMS = 100;
const COALESCE_MS = 100;
const RETRY_MS = 1_000;

/** Connects and loads. Throws DAEMON_NOT_RUNNING where nobody answers, CIRCLE_UNKNOWN for a circle that is not ours. */
export async function attachDaemon({ socketPath, circle, clock, signal, dispatch }: Options): Promise<Daemon> {
  let client = await connect(socketPath, { client: CLIENT, signal });
  let cursor: string | undefined;
  let open = circle;

  async function ask<M extends Method>(
    method: M,
    params: Methods[M]["params"],
    stopped?: AbortSignal,
  ): Promise<Methods[M]["result"]> {
    const until = stopped ? AbortSignal.any([signal, stopped]) : signal;
    return safeDocument(await client.call(method, params, { signal: until }));
  }

  /** Subscribes before it asks, so that nothing falls between; what comes twice is merged by id. */
  async function begin(): Promise<Snapshot> {
    const subscribed = await ask("subscribe", cursor === undefined ? {} : { after: cursor });
    cursor ??= subscribed.cursor;
    return snapshot();
  }

  async function snapshot(): Promise<Snapshot> {
    const [status, { peers }, notify] = await Promise.all([
      ask("status", {}),
      ask("peer.list", {}),
      ask("notify.rules", {}),
    ]);
    const id = chosenCircle(status, open);
    if (id === "") return { status, peers, circle: "", items: [], alerts: [], unread: [], newest: "", notify };
    const [all, unread, alerts, asks, incidents] = await Promise.all([
      newestItems({ circle: id, kinds: [...LISTED] }, FIRST_ITEMS),
      newestItems({ circle: id, kinds: [...LISTED], unread: true }, UNREAD_MAX),
      newestItems({ kinds: ["alert"] }, ALERTS_MAX),
      newestItems({ kinds: ["ask"] }, ALERTS_MAX),
      newestItems({ kinds: ["incident"] }, ALERTS_MAX),
    ]);
    return {
      status,
      peers,
      circle: id,
      items: [...all.items, ...unread.items],
      alerts: alerts.items,
      asks: asks.items,
      incidents: incidents.items,
      unread: unread.items.filter(({ mine }) => !mine).map((item) => item.id),
      newest: all.cursor,
      older: all.next,
      notify,
    };
  }

  /** The newest items of a query, in pages that fit one line of the API. */
  async function newestItems(
    { before: from, ...query }: Omit<Methods["feed"]["params"], "limit">,
    max: number,
  ): Promise<Newest> {
    const items: ItemDocument[] = [];
    let cursor = "";
    let before: string | null | undefined = from;
    while (before !== null && items.length < max) {
      const limit = Math.min(PAGE_ITEMS, max - items.length);
      const answer: FeedDocument = await ask("feed", { ...query, limit, ...(before === undefined ? {} : { before }) });
      items.push(...answer.items);
      if (cursor === "") ({ cursor } = answer);
      before = answer.next;
    }
    return { items, cursor, next: before ?? null };
  }

  /** Notifications in batches of `COALESCE_MS`; ends only by throwing. */
  async function pump(source: Client): Promise<void> {
    let batch: ItemDocument[] = [];
    let due = false;
    const flush = (): void => {
      due = false;
      const items = batch;
      batch = [];
      dispatch(items.length === 0 ? { kind: "changed" } : { kind: "arrived", items });
    };
    for await (const notification of source.notifications()) {
      if (notification.method === "item") {
        const item = safeDocument(notification.params.item);
        cursor = item.cursor;
        batch.push(item);
      }
      if (batch.length >= UNREAD_MAX) flush();
      if (due) continue;
      due = true;
      void clock.wait(COALESCE_MS).then(() => (due && !signal.aborted ? flush() : undefined));
    }
  }

  async function reconnect(): Promise<Snapshot> {
    for (;;) {
      try {
        await clock.wait(RETRY_MS, signal);
        client = await connect(socketPath, { client: CLIENT, signal });
        return await begin();
      } catch (cause) {
        if (signal.aborted) throw cause;
        // Another version, or a circle that is gone: waiting will not help.
        if (cause instanceof TocsinError && ["DAEMON_VERSION", "CIRCLE_UNKNOWN"].includes(cause.code)) throw cause;
        await client.close();
      }
    }
  }

  async function follow(): Promise<void> {
    try {
      for (;;) {
        await pump(client).catch((cause: unknown) => {
          // A lost connection and a reader that was too slow both mend by connecting again from the cursor.
          if (!(cause instanceof TocsinError)) throw cause;
        });
        if (signal.aborted) return;
        dispatch({ kind: "lost", now: clock.now() });
        await client.close();
        dispatch({ kind: "snapshot", snapshot: await reconnect(), now: clock.now() });
      }
    } catch (cause) {
      if (!signal.aborted) throw cause;
    }
  }

  const refresh = coalesced(async () => {
    const [status, { peers }] = await Promise.all([ask("status", {}), ask("peer.list", {})]);
    dispatch({ kind: "refreshed", status, peers });
  }, clock);

  const carryOut = daemonEffects({
    ask,
    dispatch,
    clock,
    load: async (wanted) => {
      open = wanted;
      const loaded = await snapshot();
      if (open === wanted) dispatch({ kind: "snapshot", snapshot: loaded, now: clock.now() });
    },
    refresh,
    newest: newestItems,
  });

  async function perform(effect: DaemonEffect): Promise<void> {
    try {
      await carryOut(effect);
    } catch (cause) {
      if (signal.aborted) return;
      if (!(cause instanceof TocsinError)) throw cause;
      dispatch(failureOf(effect, cause));
    }
  }

  try {
    return { first: await begin(), follow, perform, close: () => client.close() };
  } catch (cause) {
    await client.close();
    throw cause;
  }
}

function chosenCircle(status: StatusDocument, wanted: string | undefined): string {
  const found = status.circles.find(({ id, name }) => wanted === undefined || id === wanted || name === wanted);
  if (found === undefined && wanted !== undefined) throw new TocsinError("CIRCLE_UNKNOWN", `no circle ${wanted}`);
  return found?.id ?? "";
}
