// The few escape sequences of the screen that Ink has no word for: a notice of the desktop and the clipboard. Pure.

import { toBase64, utf8 } from "../../src/base/bytes.ts";

/** What the environment says about the terminal. */
export type TerminalName = {
  readonly term: string;
  readonly program: string;
  /** Inside tmux or screen, which swallow what they do not know. */
  readonly isMultiplexed: boolean;
};

const OSC = "\u001B]";
const END = "\u0007";

/**
 * Shows `text` on the desktop where the terminal can: OSC 99 in kitty, OSC 9 in iTerm2 and Warp, OSC 777 in Ghostty, WezTerm, foot,
 * rxvt and the VTE terminals; "" elsewhere, because an unknown sequence may be printed.
 */
export function desktopSequence({ term, program, isMultiplexed }: TerminalName, text: string): string {
  const plain = text.replaceAll(/[^ -~]|;/gu, " ");
  if (isMultiplexed) return "";
  if (term.includes("kitty")) return `${OSC}99;;${plain}${END}`;
  if (/^(iTerm\.app|WarpTerminal)$/u.test(program)) return `${OSC}9;${plain}${END}`;
  if (/^(ghostty|WezTerm)$/iu.test(program) || /^(foot|rxvt|vte)/u.test(term)) {
    return `${OSC}777;notify;tocsin;${plain}${END}`;
  }
  return "";
}

/** Asks the terminal to put `text` on the clipboard (OSC 52). */
export function clipboardSequence(text: string): string {
  return `${OSC}52;c;${toBase64(utf8(text))}${END}`;
}
