// What a typed line means on the linear screen: words in, sentences and effects out. What sends asks first. Pure.

import type { ItemDocument } from "../../../src/api/documents.ts";
import { board, pinned } from "../alerts.ts";
import type { Effect } from "../events.ts";
import type { Screen, Sending } from "../screen.ts";
import { circleSentences, itemSentence, named, peerSentences } from "./sentences.ts";

/** A question that waits for yes or no, and what yes does. */
export type Question = { readonly sentence: string; readonly yes: Effect };
export type Answered = {
  readonly say: readonly string[];
  readonly effects?: readonly Effect[];
  readonly question?: Question | undefined;
  readonly quit?: true;
};

const HELP: readonly string[] = [
  "read ID: all of an item.",
  "ack, or ack ID, with a note behind it: acknowledge an alert.",
  "saw ID: your organisation saw it too.",
  "answer ID yes, no or unsure: answer an ask.",
  "reply ID and a text: answer in words.",
  "unread, alerts, asks, circles, peers: what there is.",
  "circle NAME: open another circle.",
  "search and words: look through what is stored here.",
  "quit: leave. Delivery goes on.",
];
const WORDS = [
  "help",
  "read",
  "ack",
  "saw",
  "answer",
  "reply",
  "unread",
  "alerts",
  "asks",
  "circles",
  "circle",
  "peers",
  "search",
  "quit",
];
const LISTED = 20;

/** The answer to a line. `question`: the one that waits. */
export function answerTo(screen: Screen, line: string, question: Question | undefined): Answered {
  const text = line.trim();
  if (question) {
    if (/^y(es)?$/iu.test(text)) return { say: ["Sending."], effects: [question.yes] };
    return { say: ["Nothing was sent."] };
  }
  const [word = "", ...rest] = text.split(/\s+/u);
  const [id = ""] = rest;
  switch (word.toLowerCase()) {
    case "":
      return { say: [] };
    case "help":
      return { say: HELP };
    case "quit":
      return { say: ["Good bye."], quit: true };
    case "circles":
      return { say: circleSentences(screen) };
    case "peers":
      return { say: peerSentences(screen) };
    case "alerts":
      return list(screen, board(screen), "No alert waits for anybody.");
    case "asks":
      return list(screen, screen.asks, "Nobody asks anything.");
    case "unread":
      return list(
        screen,
        screen.items.filter((item) => screen.unread.has(item.id)),
        "Nothing is unread in this circle.",
      );
    case "circle":
      return openCircle(screen, rest.join(" "));
    case "search":
      if (rest.length === 0) return { say: ["Say what to search for: search and words."] };
      return { say: [], effects: [{ kind: "search", words: rest.join(" ") }] };
    case "read":
      return onItem(screen, id, (item) => ({ say: [], effects: [{ kind: "show", id: item.id }] }));
    case "ack":
      return acknowledge(screen, rest);
    case "saw":
      return onItem(screen, id, (item) => sends(screen, item, { kind: "sighting" }, "Say that your organisation saw"));
    case "answer":
      return answerAsk(screen, id, rest[1]?.toLowerCase());
    case "reply":
      return onItem(screen, id, (item) => reply(screen, item, rest.slice(1).join(" ")));
    default:
      return { say: [`There is no command ${word.slice(0, 40)}. ${nearest(word)}Type help for the commands.`] };
  }
}

function list(screen: Screen, items: readonly ItemDocument[], none: string): Answered {
  if (items.length === 0) return { say: [none] };
  const more = items.length > LISTED ? [`And ${items.length - LISTED} more.`] : [];
  return { say: [...items.slice(0, LISTED).map((item) => itemSentence(screen, item)), ...more] };
}

function openCircle({ circles }: Screen, name: string): Answered {
  const found = circles.find((circle) => circle.name.toLowerCase() === name.toLowerCase());
  if (!found) return { say: [`There is no circle ${name.slice(0, 64)} here. Type circles for those that there are.`] };
  return { say: [], effects: [{ kind: "load", circle: found.id }] };
}

/** The one item whose id begins so, of all that are known here. */
function onItem(screen: Screen, id: string, act: (item: ItemDocument) => Answered): Answered {
  if (id === "") return { say: ["Name an item by its id, for example read s-7K2M9Q."] };
  const { items, alerts, asks, incidents, found } = screen;
  const all = [items, alerts, asks, incidents, found?.items ?? []].flat();
  const hits = new Map(
    all.filter((item) => item.id.toLowerCase().startsWith(id.toLowerCase())).map((item) => [item.id, item]),
  );
  const [item] = hits.values();
  if (!item) return { say: [`No item here begins with ${id.slice(0, 60)}.`] };
  return hits.size > 1 ? { say: [`${hits.size} items begin with ${id}: name more of its id.`] } : act(item);
}

function acknowledge(screen: Screen, [first = "", ...rest]: readonly string[]): Answered {
  const [oldest] = pinned(screen);
  if (first === "") {
    if (!oldest) return { say: ["No alert waits for your acknowledgement."] };
    return sends(screen, oldest, { kind: "ack" }, "Send the acknowledgement of");
  }
  const note = rest.join(" ");
  return onItem(screen, first, (item) =>
    item.kind === "alert"
      ? sends(screen, item, { kind: "ack", ...(note === "" ? {} : { text: note }) }, "Send the acknowledgement of")
      : { say: ["Only an alert is acknowledged."] },
  );
}

function answerAsk(screen: Screen, id: string, word: string | undefined): Answered {
  if (word !== "yes" && word !== "no" && word !== "unsure") {
    return { say: ["Say answer, the id of the ask, and yes, no or unsure."] };
  }
  return onItem(screen, id, (item) =>
    item.kind === "ask"
      ? sends(screen, item, { kind: "answer", answer: word }, `Answer ${word} to`)
      : { say: ["Only an ask is answered."] },
  );
}

function reply(screen: Screen, item: ItemDocument, text: string): Answered {
  if (text === "") return { say: ["Say reply, the id, and a text."] };
  const yes: Effect = {
    kind: "post",
    params: { circle: item.circle.id, draft: { kind: "reply", re: item.id, text } },
  };
  return asks(screen, `Send the reply "${text}" to ${named(item)}, to circle ${item.circle.name}?`, yes);
}

function sends(screen: Screen, item: ItemDocument, said: Omit<Sending["draft"], "re">, what: string): Answered {
  const draft = { ...said, re: item.id };
  const sending = { id: item.id, circle: item.circle.id, draft, sendAt: screen.now, sent: true };
  return asks(screen, `${what} ${named(item)}, to circle ${item.circle.name}?`, { kind: "send", sending });
}

function asks({ readOnly, lostAt }: Screen, sentence: string, yes: Effect): Answered {
  if (readOnly) return { say: ["This screen is read-only: nothing was sent."] };
  if (lostAt !== undefined) return { say: ["The daemon is gone: nothing was sent."] };
  return { say: [`${sentence} Yes or no.`], question: { sentence, yes } };
}

/** A command that begins as the word does. */
function nearest(word: string): string {
  const found = WORDS.find((one) => one.startsWith(word.slice(0, 2).toLowerCase()));
  return found ? `Did you mean ${found}? ` : "";
}
