// One key that says one word about an item: it acknowledges an alert, saw it too, answers an ask. Each waits three seconds, in
// which `U` takes it back. Pure.

import type { ItemDocument } from "../../src/api/documents.ts";
import type { DraftParams } from "../../src/api/methods.ts";
import { type Effect, ifItMay, type ScreenEvent, type Stepped, still, told } from "./events.ts";
import { ackTarget, subject } from "./chosen.ts";
import { type Screen, type Sending, type View } from "./screen.ts";
import { shortId } from "./words.ts";

/** How long a key that sends can be taken back. */
export const UNDO_MS = 3_000;

const WHY_NO_ACK: Partial<Readonly<Record<View, string>>> = {
  acks: "this alert does not wait for you",
};

/** What is on its way, in a word or two. */
export function sendingWord({ draft }: Sending): string {
  if (draft.kind === "ack") return "acknowledgement";
  return draft.kind === "answer" ? `answer ${draft.answer}` : "saw it too";
}

export function acknowledge(screen: Screen): Stepped {
  return ifItMay(screen, () => {
    const item = ackTarget(screen);
    if (!item) return told(screen, WHY_NO_ACK[screen.view] ?? "no alert waits for an acknowledgement");
    return queue(screen, item, { kind: "ack" });
  });
}

export function sawToo(screen: Screen): Stepped {
  return ifItMay(screen, () => {
    const item = subject(screen);
    const isSeen = item && ["sighting", "alert", "ask"].includes(item.kind) && item.state !== "retracted";
    if (!isSeen) return told(screen, "a sighting, an alert or an ask can be seen by you too");
    if (item.mine) return told(screen, "your own organisation said it");
    if (item.sawToo.includes(screen.org)) return told(screen, "your organisation saw it already");
    return queue(screen, item, { kind: "sighting" });
  });
}

/** `yes`, `no` or `unsure` to the chosen ask. */
export function answer(word: "yes" | "no" | "unsure"): (screen: Screen) => Stepped {
  return (screen) =>
    ifItMay(screen, () => {
      const item = subject(screen);
      if (item?.kind !== "ask" || item.state === "retracted") return told(screen, "only an ask is answered");
      if (item.mine) return told(screen, "your own organisation asks this");
      return queue(screen, item, { kind: "answer", answer: word });
    });
}

export function takeBack(screen: Screen): Stepped {
  const last = screen.sending.findLast(({ sent }) => !sent);
  if (last === undefined) return told(screen, "nothing is left to take back");
  return told(
    { ...screen, sending: screen.sending.filter((one) => one !== last) },
    `${shortId(last.id)}: ${sendingWord(last)} taken back, nothing was sent`,
  );
}

/** Quitting sends at once what still waited for its three seconds. */
export function leave(screen: Screen): Stepped {
  const last: Effect[] = screen.sending
    .filter(({ sent }) => !sent && screen.lostAt === undefined)
    .map((sending) => ({ kind: "send", sending }));
  return { screen, effects: [...last, { kind: "quit" }] };
}

/** What is due is handed to the daemon. */
export function sendDue(screen: Screen, now: number): Stepped {
  const due = screen.sending.filter(({ sent, sendAt }) => !sent && sendAt <= now && screen.lostAt === undefined);
  const sending = screen.sending.map((one) => (due.includes(one) ? { ...one, sent: true } : one));
  return { screen: { ...screen, sending }, effects: due.map((one) => ({ kind: "send", sending: one })) };
}

/** The screen after the daemon took one in: its item as it is now, before it is asked again. */
export function taken(screen: Screen, { sending, result, at }: ScreenEvent & { kind: "sent" }): Screen {
  const rest = screen.sending.filter((one) => !isSame(one, sending));
  if (result.state === "held") {
    return { ...screen, sending: rest, notice: { text: "! not sent yet: tocsin status says why", tone: "warn" } };
  }
  const { held, of } = result.delivered;
  const what = { ack: "acknowledged", sighting: "seen by you too", answer: `answered ${sending.draft.answer}` };
  const text = `✓ ${shortId(sending.id)} ${what[sending.draft.kind]} · held by ${held.length} of ${of}`;
  const mark = (item: ItemDocument): ItemDocument =>
    item.id === sending.id ? marked(screen, item, sending, at) : item;
  return {
    ...screen,
    items: screen.items.map(mark),
    alerts: screen.alerts.map(mark),
    sending: rest,
    notice: { text, tone: "plain" },
  };
}

function marked({ org, seat }: Screen, item: ItemDocument, { draft }: Sending, at: string): ItemDocument {
  if (draft.kind !== "ack" || item.alert === undefined || item.alert.acks.some((ack) => ack.org === org)) return item;
  const acks = [...item.alert.acks, { org, seat, at, note: draft.text ?? null }];
  return { ...item, alert: { ...item.alert, acks } };
}

/** Whether both say the same kind of word about the same item. */
export function isSame(one: Sending, other: Sending): boolean {
  return one.id === other.id && one.draft.kind === other.draft.kind;
}

/** Puts a word about an item on its way; an earlier one of its kind that has not left is replaced. */
export function queue(
  screen: Screen,
  item: Pick<ItemDocument, "id" | "circle">,
  said: Omit<DraftParams, "kind" | "re"> & { readonly kind: Sending["draft"]["kind"] },
): Stepped {
  const draft = { ...said, re: item.id };
  const one = { id: item.id, circle: item.circle.id, draft, sendAt: screen.now + UNDO_MS, sent: false };
  if (screen.sending.some((other) => other.sent && isSame(other, one))) return told(screen, "it is being sent");
  return still({ ...screen, sending: [...screen.sending.filter((other) => !isSame(other, one)), one] });
}
