// The rim of the linear screen, for whoever hears it: lines in, sentences out, nothing drawn and nothing drawn over. It follows the
// daemon as the other screen does, with the same state.

import { createInterface } from "node:readline";
import type { ShowDocument } from "../../../src/api/documents.ts";
import { systemClock, type Clock } from "../../../src/base/clock.ts";
import { limits } from "../../../src/base/limits.ts";
import { attachDaemon } from "../daemon.ts";
import { isDaemonEffect } from "../daemon-effects.ts";
import type { Effect, ScreenEvent } from "../events.ts";
import { step } from "../model.ts";
import { markRead } from "../reading.ts";
import { emptyScreen } from "../screen.ts";
import { answerTo, type Question } from "./commands.ts";
import { count, itemSentence, openingSentences, readSentences, spokenTime } from "./sentences.ts";

export type LinearOptions = {
  readonly socketPath: string;
  readonly circle?: string | undefined;
  readonly readOnly: boolean;
  readonly input: NodeJS.ReadableStream;
  readonly write: (text: string) => void;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock;
};

const LAST_SEND_MS = 2_000;
const HITS_SAID = 20;

/** Runs until `quit`, the end of the input or the signal. Throws DAEMON_NOT_RUNNING and CIRCLE_UNKNOWN before it says anything. */
export async function runLinear({
  write,
  input,
  readOnly,
  clock = systemClock,
  ...options
}: LinearOptions): Promise<void> {
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const end = Promise.withResolvers<void>();
  // Narrow, and with the feed in focus: nothing is asked for that is not read aloud.
  let screen = emptyScreen({ columns: 80, rows: 24, now: clock.now(), readOnly });
  let question: Question | undefined;
  let reading: string | undefined;
  const told = new Set<string>();
  const sending = new Set<Promise<void>>();
  const say = (lines: readonly string[]): void => write(lines.map((line) => `${line}\n`).join(""));

  const daemon = await attachDaemon({ ...options, clock, signal, dispatch });

  function dispatch(event: ScreenEvent): void {
    if (signal.aborted) return;
    try {
      const before = screen;
      const next = step(screen, event);
      screen = next.screen;
      say(heard(event, before.lostAt !== undefined));
      next.effects.forEach(perform);
    } catch (cause) {
      end.reject(cause);
    }
  }

  function perform(effect: Effect): void {
    if (effect.kind === "bell") write("\u0007");
    if (!isDaemonEffect(effect)) return;
    const done = daemon.perform(effect);
    if (effect.kind === "send" || effect.kind === "post") sending.add(done);
    done.catch(end.reject).finally(() => sending.delete(done));
  }

  /** What an event is worth saying. */
  function heard(event: ScreenEvent, wasLost: boolean): string[] {
    const { kind } = event;
    if (kind === "snapshot") return opened(wasLost);
    if (kind === "shown") return event.item.id === reading ? readAloud(event.item) : [];
    if (kind === "unposted") return [`Nothing was sent: ${event.message}.`];
    if (kind === "failed") return [`That failed: ${event.message}.`];
    if (kind === "lost") {
      return [
        `The daemon stopped at ${spokenTime(new Date(event.now).toISOString())}. What was said is what is known.`,
      ];
    }
    if (kind === "found") {
      const { items } = event.found;
      return [`${count(items.length, "hit")}.`, ...items.slice(0, HITS_SAID).map((item) => itemSentence(screen, item))];
    }
    if (kind === "arrived") {
      const fresh = event.items.filter(({ id, kind: what, mine }) => what !== "ack" && !mine && !told.has(id));
      for (const { id } of event.items) told.add(id);
      return fresh.map((item) => itemSentence(screen, item));
    }
    if (kind !== "sent" && kind !== "posted") return [];
    const { state, delivered } = event.result;
    if (state === "held") return ["It is not sent yet: tocsin status says why."];
    return [`Sent. ${delivered.held.length} of ${count(delivered.of, "member")} hold it already.`];
  }

  function opened(wasLost: boolean): string[] {
    const fresh = screen.items.filter(({ id }) => !told.has(id));
    for (const { id } of [...screen.items, ...screen.alerts]) told.add(id);
    if (!wasLost) return openingSentences(screen);
    return ["The daemon is back.", ...fresh.toReversed().map((item) => itemSentence(screen, item))];
  }

  /** What is read aloud is read. */
  function readAloud(item: ShowDocument): string[] {
    reading = undefined;
    const read = markRead(screen, new Set([...screen.unread].filter((id) => id !== item.id)));
    screen = read.screen;
    read.effects.forEach(perform);
    return readSentences(screen, item);
  }

  const lines = createInterface({ input, terminal: false });
  lines.on("line", (line) => {
    const answered = answerTo({ ...screen, now: clock.now() }, line.slice(0, limits.textCharsMax), question);
    question = answered.question;
    say(answered.say);
    for (const effect of answered.effects ?? []) {
      if (effect.kind === "show") reading = effect.id;
      perform(effect);
    }
    if (answered.quit) end.resolve();
  });
  lines.on("close", () => end.resolve());
  options.signal?.addEventListener("abort", () => end.resolve());
  try {
    dispatch({ kind: "snapshot", snapshot: daemon.first, now: clock.now() });
    daemon.follow().catch(end.reject);
    await end.promise;
    await Promise.race([Promise.allSettled(sending), clock.wait(LAST_SEND_MS)]);
  } finally {
    stop.abort();
    lines.close();
    await daemon.close();
  }
}
