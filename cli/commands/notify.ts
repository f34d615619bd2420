// `notify`: tells people that something came, by the rules of the node, until it is interrupted. It goes on where the daemon was restarted.

import type { Client } from "../../src/api/client.ts";
import type { NoticeDocument, NotifyRulesDocument } from "../../src/api/notice-document.ts";
import { systemClock, toRfc3339 } from "../../src/base/clock.ts";
import { TocsinError } from "../../src/base/errors.ts";
import { limits } from "../../src/base/limits.ts";
import { newBook, note, type Noted, type NotifyBook, type Pace, settled, tick } from "../../src/notify/notify.ts";
import type { Input } from "../command.ts";
import type { circleFlag } from "../flags.ts";
import { connectOnly, isLost, withDaemon, type Invocation } from "../invocation.ts";
import { arrivalOf, noticeText, settledBy } from "../notice-words.ts";
import { present } from "../present.ts";

const TICK_MS = 10_000;
const RETRY_MS = 1_000;
const BELL = "\u0007";

export async function notify(call: Invocation, { options }: Input<typeof circleFlag>): Promise<void> {
  const clock = systemClock;
  const { signal } = call;
  let rules: NotifyRulesDocument | undefined;
  let book: NotifyBook | undefined;
  let cursor: string | undefined;

  const pace = (): Pace => ({ now: clock.now(), perMinute: limits.noticesPerMinute });
  const tell = (noted: Noted): void => {
    ({ book } = noted);
    for (const { why, counts, title } of noted.notices) {
      const document: NoticeDocument = {
        schema: "tocsin.notice/1",
        at: toRfc3339(clock.now()),
        why,
        counts: [...counts],
        title,
      };
      // A digest disturbs nobody.
      const bell = call.out.terminal && why !== "digest" ? BELL : "";
      call.out.row(document, () => [`${bell}${noticeText(document)}`]);
    }
  };

  const follow = async (client: Client): Promise<void> => {
    rules = await client.call("notify.rules", {}, call);
    const isFirst = book === undefined;
    book ??= newBook(rules, clock.now());
    ({ cursor } = await client.call("subscribe", present({ circle: options.circle, after: cursor }), call));
    const { quiet, zone } = rules;
    const hours = quiet ? `; quiet from ${quiet.from} to ${quiet.to}, ${zone}` : "";
    if (isFirst) call.out.note(`tells what comes from now on${hours}`);
    const close = (): void => void client.close();
    signal?.addEventListener("abort", close);
    for await (const { method, params } of client.notifications()) {
      if (method !== "item") continue;
      ({ cursor } = params.item);
      const over = settledBy(params.item, rules.org);
      if (over !== undefined) book = settled(book, over);
      const arrival = arrivalOf(params.item, rules.org);
      if (arrival) tell(note(rules, book, arrival, pace()));
    }
    signal?.throwIfAborted();
  };

  // While the daemon is away nothing else keeps the process.
  const ticks = setInterval(() => {
    if (rules && book) tell(tick(rules, book, pace()));
  }, TICK_MS);
  try {
    await withDaemon(call, follow).catch((cause: unknown) => passing(cause));
    for (;;) {
      signal?.throwIfAborted();
      await clock.wait(RETRY_MS, signal);
      const client = await connectOnly(call).catch((cause: unknown) => passing(cause));
      try {
        if (client) await follow(client).catch((cause: unknown) => passing(cause));
      } finally {
        await client?.close();
      }
    }
  } finally {
    clearInterval(ticks);
  }

  /** What mends by connecting again: a daemon that is not there now, and a reader that was too slow. */
  function passing(cause: unknown): undefined {
    signal?.throwIfAborted();
    if (rules && (isLost(cause) || (cause instanceof TocsinError && cause.code === "QUEUE_FULL"))) return undefined;
    throw cause;
  }
}
