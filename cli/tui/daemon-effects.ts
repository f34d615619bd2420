// The calls of the daemon that keys ask for: each becomes one event, good or bad.

import type { ItemDocument, ItemKind } from "../../src/api/documents.ts";
import type { Method, Methods } from "../../src/api/methods.ts";
import { toRfc3339, type Clock } from "../../src/base/clock.ts";
import { TocsinError } from "../../src/base/errors.ts";
import { limits } from "../../src/base/limits.ts";
import { POST_KINDS } from "../../src/record/body.ts";
import { safeText } from "../safe-text.ts";
import type { Effect, ScreenEvent } from "./events.ts";
import { wordsOf } from "./forms/output.ts";
import { rehearse } from "./rehearse.ts";
import { HISTORY_MAX } from "./screen.ts";

const KINDS = [
  ...(["load", "refresh", "show", "send", "nudge", "read", "members", "held", "history", "search", "older"] as const),
  ...(["rehearse", "post", "verify", "heard", "unverify", "preview", "join"] as const),
] as const;
export type DaemonEffect = Extract<Effect, { kind: (typeof KINDS)[number] }>;

export function isDaemonEffect(effect: Effect): effect is DaemonEffect {
  return KINDS.some((kind) => kind === effect.kind);
}

export type Ask = <M extends Method>(
  method: M,
  params: Methods[M]["params"],
  signal?: AbortSignal,
) => Promise<Methods[M]["result"]>;

type Door = {
  readonly ask: Ask;
  readonly dispatch: (event: ScreenEvent) => void;
  readonly clock: Clock;
  readonly load: (circle: string) => Promise<void>;
  readonly refresh: () => Promise<void>;
  readonly newest: (
    query: Omit<Methods["feed"]["params"], "limit">,
    max: number,
  ) => Promise<{ readonly items: readonly ItemDocument[]; readonly next: string | null }>;
};

const FOUND_MAX = 200;
const REFRESH_MS = 500;
/** How many older items are brought at once. */
const OLDER_ITEMS = 200;
/** The kinds that the feed lists. */
export const LISTED: readonly ItemKind[] = POST_KINDS.filter((kind) => kind !== "ack");
const JOINING = { timeoutMs: limits.joinTimeoutMs };

/** Carries out effects. Throws what the daemon refuses; `failureOf` says which event that is. */
export function daemonEffects(door: Door): (effect: DaemonEffect) => Promise<void> {
  const { ask, dispatch, clock } = door;
  const once = { members: coalesced(members, clock), held: coalesced(held, clock) };
  let verifying = new AbortController();

  async function members(): Promise<void> {
    dispatch({ kind: "members", circles: (await ask("circle.list", {})).circles });
  }

  async function held(): Promise<void> {
    dispatch({ kind: "held", outbox: await ask("outbox.list", {}) });
  }

  return async (effect) => {
    switch (effect.kind) {
      case "load":
        return door.load(effect.circle);
      case "refresh":
        return door.refresh();
      case "show":
        return dispatch({ kind: "shown", item: await ask("show", { id: effect.id }) });
      case "send": {
        const { sending } = effect;
        const { id, circle, draft, sendAt } = sending;
        // The key makes a repeat after a lost answer the same word; an answer may be given anew.
        const key = draft.kind === "ack" ? `ack-${id}` : `${draft.kind}-${id}-${sendAt}`;
        const result = await ask("post", { circle, draft, key });
        return dispatch({ kind: "sent", sending, result, at: toRfc3339(clock.now()) });
      }
      case "nudge": {
        const { waiting } = await ask("nudge", { id: effect.id });
        return dispatch({ kind: "nudged", id: effect.id, waiting });
      }
      case "read":
        await ask("read.mark", { circle: effect.circle, cursor: effect.cursor });
        return;
      case "members":
        return once.members();
      case "held":
        return once.held();
      case "history": {
        const { circle, since } = effect;
        const { items } = await door.newest({ circle, since: toRfc3339(since) }, HISTORY_MAX);
        return dispatch({ kind: "history", history: { circle, since, items, cut: items.length >= HISTORY_MAX } });
      }
      case "older": {
        const { circle, before } = effect;
        const { items, next } = await door.newest({ circle, kinds: [...LISTED], before }, OLDER_ITEMS);
        return dispatch({ kind: "older", circle, items, next });
      }
      case "search": {
        const started = clock.now();
        const words = [...(wordsOf(effect.words) ?? effect.words.split(" "))];
        const { items } = await ask("search", { words, limit: FOUND_MAX });
        return dispatch({ kind: "found", found: { words: effect.words, items, tookMs: clock.now() - started } });
      }
      case "rehearse":
        return dispatch({ kind: "rehearsed", rehearsal: await rehearse(ask, effect) });
      case "post": {
        const { params, direct } = effect;
        const circle = direct === undefined ? params.circle : (await ask("circle.direct", { peers: direct })).id;
        return dispatch({ kind: "posted", result: await ask("post", { ...params, ...(circle ? { circle } : {}) }) });
      }
      case "preview":
        return dispatch({
          kind: "previewed",
          preview: await ask("join.preview", { ticket: effect.ticket, ...JOINING }),
        });
      case "join":
        return dispatch({ kind: "joined", joined: await ask("join.accept", { ticket: effect.ticket, ...JOINING }) });
      case "verify": {
        verifying = new AbortController();
        const asked = { peer: effect.peer, timeoutMs: limits.verifyMs };
        return dispatch({ kind: "verifying", document: await ask("verify.begin", asked, verifying.signal) });
      }
      case "heard": {
        const { peer, words } = effect;
        const said = words === undefined ? { differ: true } : { words };
        return dispatch({ kind: "verifying", document: await ask("verify.heard", { peer, ...said }) });
      }
      case "unverify":
        verifying.abort(new TocsinError("CANCELLED", "the verification was put off"));
    }
  };
}

/** What is told about an effect that the daemon refused. */
export function failureOf(effect: DaemonEffect, cause: TocsinError): ScreenEvent {
  const message = safeText(cause.hint === undefined ? cause.message : `${cause.message} (${cause.hint})`);
  if (effect.kind === "send") {
    return { kind: "failed", message: `not sent: ${safeText(cause.message)}`, sending: effect.sending };
  }
  if (effect.kind === "rehearse" || effect.kind === "post") return { kind: "unposted", message };
  if (effect.kind === "preview" || effect.kind === "join") return { kind: "unjoined", message };
  if (effect.kind === "verify" || effect.kind === "heard") {
    return { kind: "unverified", message, again: cause.code === "INPUT_INVALID" };
  }
  return { kind: "failed", message: safeText(cause.message) };
}

/** One at a time, at most one more after it, and no more than one in `everyMs`: whoever asks meanwhile is served by the next. */
export function coalesced(work: () => Promise<void>, clock: Clock, everyMs = REFRESH_MS): () => Promise<void> {
  let running: { again: boolean } | undefined;
  return async () => {
    if (running) {
      running.again = true;
      return;
    }
    const mine = { again: true };
    running = mine;
    try {
      while (mine.again) {
        mine.again = false;
        await work();
        await clock.wait(everyMs);
      }
    } finally {
      running = undefined;
    }
  };
}
