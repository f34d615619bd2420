// A question of one line at the lower edge: a command, a search, the note of an acknowledgement, a reason. Pure.

import { limits } from "../../../src/base/limits.ts";
import { completed } from "../completion.ts";
import { type Edit, edited, editOf } from "../edit.ts";
import { ifItMay, type Stepped, still, told } from "../events.ts";
import type { Key } from "../keys.ts";
import { instead, type Line, type LinePurpose, over, uncovered } from "../overlay.ts";
import { ackTarget } from "../chosen.ts";
import { type Screen } from "../screen.ts";
import { queue } from "../sending.ts";
import { openJoin } from "./join.ts";
import { runCommand, wordsOf } from "./output.ts";
import { sendAnyway } from "./review.ts";

const COMMAND_CHARS_MAX = 4_000;
const RECALLED_MAX = 50;

/** Asks, with an answer begun. */
export function openLine(screen: Screen, purpose: LinePurpose, text = ""): Stepped {
  const open = (): Stepped => still(over(screen, { kind: "line", purpose, edit: editOf(text) }));
  return purpose.kind === "search" ? open() : ifItMay(screen, open);
}

/** Asks for the words that go with an acknowledgement. */
export function acknowledgeWith(screen: Screen): Stepped {
  const item = ackTarget(screen);
  if (!item) return told(screen, "no alert waits for an acknowledgement");
  return openLine(screen, { kind: "note", id: item.id, circle: item.circle.id });
}

/** The answer as it is shown: of a secret only how long it is. */
export function shownAnswer({ purpose, edit }: Line): Edit {
  if (purpose.kind !== "ticket") return edit;
  return { text: "•".repeat(edit.text.length), at: edit.at };
}

/** What stands before the answer. */
export function questionOf({ purpose }: Line): string {
  return {
    command: ":",
    search: "/",
    ticket: "ticket (not shown): ",
    note: "note: ",
    reason: "why send it as it is? ",
  }[purpose.kind];
}

export function pressLine(screen: Screen, line: Line, key: Key): Stepped {
  if (key === "esc") return still(uncovered(screen));
  if (key === "enter") return answered(uncovered(screen), line);
  if (key === "tab" && line.purpose.kind === "command") return still(instead(screen, completed(screen, line)));
  if ((key === "up" || key === "down") && line.purpose.kind === "command") return still(recall(screen, line, key));
  if (key === "backspace" && line.edit.text === "") return still(uncovered(screen));
  const edit = edited(line.edit, key, { max: maxOf(line) });
  return edit ? still(instead(screen, { kind: "line", purpose: line.purpose, edit })) : still(screen);
}

/** The commands of before, the last one first; past the newest the line is empty again. */
function recall(screen: Screen, line: Line, key: "up" | "down"): Screen {
  const { typedCommands } = screen;
  const at = Math.min(typedCommands.length - 1, (line.recalled ?? -1) + (key === "up" ? 1 : -1));
  const text = typedCommands[at] ?? "";
  return instead(screen, {
    kind: "line",
    purpose: line.purpose,
    edit: editOf(text),
    ...(at < 0 ? {} : { recalled: at }),
  });
}

function maxOf({ purpose }: Line): number {
  if (purpose.kind === "note") return limits.textCharsMax;
  return purpose.kind === "reason" ? limits.scrubReasonCharsMax : COMMAND_CHARS_MAX;
}

function answered(screen: Screen, { purpose, edit }: Line): Stepped {
  const text = edit.text.trim();
  switch (purpose.kind) {
    case "command":
      return command(screen, text);
    case "search":
      if (text === "") return still(screen);
      return {
        screen: { ...screen, view: "search", overlays: [], row: 0 },
        effects: [{ kind: "search", words: text }],
      };
    case "ticket":
      return text === "" ? still(screen) : openJoin(screen, text);
    case "note": {
      const item = { id: purpose.id, circle: { id: purpose.circle, name: "" } };
      return ifItMay(screen, () => queue(screen, item, { kind: "ack", ...(text === "" ? {} : { text }) }));
    }
    case "reason":
      return text === "" ? told(screen, "nothing was sent: it needs a reason") : sendAnyway(screen, text);
  }
}

function command(screen: Screen, text: string): Stepped {
  if (text === "" || text === "q") return still(screen);
  const words = wordsOf(text);
  const typedCommands = [text, ...screen.typedCommands.filter((one) => one !== text)].slice(0, RECALLED_MAX);
  return words
    ? runCommand({ ...screen, typedCommands }, words)
    : told(screen, "a quote is not closed: nothing was run");
}
