// Splits what the terminal sends into single keys. Keys arrive merged (`Ctrl-U Enter` in one chunk), cut in two (an
// arrow over a slow line) or pasted; it must never turn pasted text into commands.

import { limits } from "../../src/base/limits.ts";
import { PASTE } from "./edit.ts";

/**
 * One key press: a printable character, or one of `enter esc tab backtab backspace delete up down left right home end
 * pageup pagedown`, or `ctrl-a` to `ctrl-z`. A paste is one key, `paste:` and what it holds.
 */
export type Key = string;

/** The keys of a chunk, and what may become a key together with the next chunk. */
export type Split = { readonly keys: readonly Key[]; readonly rest: string };

const ESC = "\u001B";
const PASTE_START = `${ESC}[200~`;
const PASTE_END = `${ESC}[201~`;
const CTRL_C = "\u0003";
const KEPT_MAX = 2 * limits.textCharsMax;

const sequencePattern = new RegExp(`${ESC}(?:\\[[0-?]*[ -/]*[@-~]|O[A-Za-z])`, "uy");
const unfinishedPattern = new RegExp(`^${ESC}(?:\\[[0-?]*[ -/]*|O)?$`, "u");

const SEQUENCES: Readonly<Record<string, Key>> = {
  "[A": "up",
  "[B": "down",
  "[C": "right",
  "[D": "left",
  "[H": "home",
  "[F": "end",
  "[Z": "backtab",
  "[1~": "home",
  "[3~": "delete",
  "[4~": "end",
  "[5~": "pageup",
  "[6~": "pagedown",
  "[7~": "home",
  "[8~": "end",
  OA: "up",
  OB: "down",
  OC: "right",
  OD: "left",
  OH: "home",
  OF: "end",
  OM: "enter",
};

/**
 * The keys in `text` (what was left over, then the new chunk). With `final`, when nothing followed for a while, a lone
 * Esc is a key; an unfinished paste still waits. Sequences that name no key of ours vanish.
 */
export function splitKeys(text: string, options: { final?: boolean } = {}): Split {
  const keys: Key[] = [];
  let at = 0;
  while (at < text.length) {
    if (text.startsWith(PASTE_START, at)) {
      const start = at + PASTE_START.length;
      const end = text.indexOf(PASTE_END, start);
      const pasted = text.slice(start, end === -1 ? undefined : end);
      if (pasted.includes(CTRL_C)) return { keys: [...keys, "ctrl-c"], rest: "" };
      // Of an unfinished paste no more is kept than a text may have, and what may be the start of its end.
      if (end === -1) {
        const kept =
          pasted.length <= KEPT_MAX ? pasted : pasted.slice(0, KEPT_MAX) + pasted.slice(1 - PASTE_END.length);
        return { keys, rest: PASTE_START + kept };
      }
      keys.push(PASTE + pasted);
      at = end + PASTE_END.length;
      continue;
    }
    if (text[at] === ESC) {
      if (options.final !== true && unfinishedPattern.test(text.slice(at))) return { keys, rest: text.slice(at) };
      sequencePattern.lastIndex = at;
      const sequence = sequencePattern.exec(text)?.[0];
      const key = sequence === undefined ? "esc" : SEQUENCES[sequence.slice(1)];
      if (key !== undefined) keys.push(key);
      at += sequence?.length ?? 1;
      continue;
    }
    const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
    const key = plainKey(character);
    if (key !== undefined) keys.push(key);
    at += character.length;
  }
  return { keys, rest: "" };
}

function plainKey(character: string): Key | undefined {
  switch (character) {
    case "\r":
    case "\n":
      return "enter";
    case "\t":
      return "tab";
    case "\b":
    case "\u007F":
      return "backspace";
    default: {
      const code = character.codePointAt(0) ?? 0;
      if (code >= 0x20) return character;
      return code >= 1 && code <= 26 ? `ctrl-${String.fromCodePoint(0x60 + code)}` : undefined;
    }
  }
}
