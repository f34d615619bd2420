// A text while it is typed: the text and the place of the cursor, for one line and for many. Pure; every move is by whole
// characters as a person sees them.

import type { Key } from "./keys.ts";

export type Edit = {
  readonly text: string;
  /** Index of the cursor in UTF-16 units, always between two whole characters. */
  readonly at: number;
};

export type EditOptions = {
  /** In UTF-16 units; what would be longer is not taken in. */
  readonly max: number;
  /** Whether it may have line breaks; else they become spaces. */
  readonly lines?: boolean;
};

export const PASTE = "paste:";
const segmenter = new Intl.Segmenter();

/** A text with the cursor behind it. */
export function editOf(text = ""): Edit {
  return { text, at: text.length };
}

/** The text after a key, or undefined for a key that edits nothing. */
export function edited(edit: Edit, key: Key, options: EditOptions): Edit | undefined {
  const { text, at } = edit;
  const before = text.slice(0, at);
  const after = text.slice(at);
  if (key.startsWith(PASTE)) return inserted(edit, key.slice(PASTE.length), options);
  switch (key) {
    case "left":
      return { text, at: at - lastCharacter(before).length };
    case "right":
      return { text, at: at + firstCharacter(after).length };
    case "home":
    case "ctrl-a":
      return { text, at: before.lastIndexOf("\n") + 1 };
    case "end":
    case "ctrl-e":
      return { text, at: lineEnd(text, at) };
    case "backspace": {
      const kept = before.slice(0, before.length - lastCharacter(before).length);
      return { text: kept + after, at: kept.length };
    }
    case "delete":
      return { text: before + after.slice(firstCharacter(after).length), at };
    case "ctrl-w": {
      const kept = before.replace(/\S+\s*$/u, "");
      return { text: kept + after, at: kept.length };
    }
    case "ctrl-u": {
      const kept = before.slice(0, before.lastIndexOf("\n") + 1);
      return { text: kept + after, at: kept.length };
    }
    case "ctrl-k":
      return { text: before + text.slice(lineEnd(text, at)), at };
    case "enter":
      return options.lines === true ? inserted(edit, "\n", options) : undefined;
    case "up":
    case "down":
      return options.lines === true ? turned(edit, key === "up" ? -1 : 1) : undefined;
    default:
      return isCharacter(key) ? inserted(edit, key, options) : undefined;
  }
}

/** What was pasted or typed, without characters that act on a terminal; tabs are spaces. */
function inserted({ text, at }: Edit, added: string, { max, lines = false }: EditOptions): Edit {
  const plain = added
    .replaceAll(/\r\n?/gu, "\n")
    .replaceAll("\t", "  ")
    // oxlint-disable-next-line no-control-regex
    .replaceAll(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F]/gu, "");
  const told = lines ? plain : plain.replaceAll("\n", " ");
  const room = max - text.length;
  const taken = told.length <= room ? told : wholeStart(told, room);
  return { text: text.slice(0, at) + taken + text.slice(at), at: at + taken.length };
}

/** The same column one line further up or down, as far as that line goes. */
function turned({ text, at }: Edit, by: 1 | -1): Edit {
  const lines = text.split("\n");
  const row = text.slice(0, at).split("\n").length - 1;
  const column = at - starting(lines, row);
  const target = lines[row + by];
  if (target === undefined) return { text, at: by === -1 ? 0 : text.length };
  return { text, at: starting(lines, row + by) + wholeStart(target, column).length };
}

function starting(lines: readonly string[], row: number): number {
  return lines.slice(0, row).reduce((sum, line) => sum + line.length + 1, 0);
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end === -1 ? text.length : end;
}

/** The longest start of whole characters of at most `units`. */
function wholeStart(text: string, units: number): string {
  let taken = 0;
  for (const { segment } of segmenter.segment(text)) {
    if (taken + segment.length > units) break;
    taken += segment.length;
  }
  return text.slice(0, taken);
}

function firstCharacter(text: string): string {
  return segmenter.segment(text)[Symbol.iterator]().next().value?.segment ?? "";
}

function lastCharacter(text: string): string {
  // A character of many parts is short: only the end of a long text is looked at.
  const end = text.slice(-64);
  return Array.from(segmenter.segment(end)).at(-1)?.segment ?? "";
}

/** Named keys have more than one character of ASCII letters. */
function isCharacter(key: Key): boolean {
  return Array.from(key).length === 1;
}
