// What Tab offers in a command: commands, their flags, then names of circles and members. Pure.

import { editOf } from "./edit.ts";
import type { Line } from "./overlay.ts";
import type { Screen } from "./screen.ts";

/** A command as the screen knows it. */
export type CommandWords = { readonly path: string; readonly flags: readonly string[] };

/** The line with the next word that fits in place of the one that was begun; the same line where none fits. */
export function completed(screen: Screen, line: Line): Line {
  const { offered } = line;
  if (offered) {
    const at = (offered.at + 1) % offered.words.length;
    return { ...line, edit: editOf(offered.stem + (offered.words[at] ?? "")), offered: { ...offered, at } };
  }
  const before = line.edit.text.slice(0, line.edit.at);
  const begun = /\S*$/u.exec(before)?.[0] ?? "";
  const stem = before.slice(0, before.length - begun.length);
  const words = wordsFor(screen, stem.trim().split(/\s+/u).join(" "), begun);
  const [first] = words;
  if (first === undefined) return line;
  if (words.length === 1) return { ...line, edit: editOf(`${stem}${first} `) };
  return { ...line, edit: editOf(stem + first), offered: { stem, words, at: 0 } };
}

function wordsFor(screen: Screen, stem: string, begun: string): readonly string[] {
  const { commands, circles, peers } = screen;
  const fits = (word: string): boolean => word.startsWith(begun);
  const command = commands.find(({ path }) => stem === path || stem.startsWith(`${path} `));
  if (command) {
    if (begun.startsWith("-")) return command.flags.filter(fits);
    return [...new Set([...circles.map(({ name }) => name), ...peers.map(({ org }) => org)])].filter(fits);
  }
  const lead = stem === "" ? "" : `${stem} `;
  const next = commands
    .filter(({ path }) => path.startsWith(lead))
    .map(({ path }) => path.slice(lead.length).split(" ")[0] ?? "");
  return [...new Set(next)].filter((word) => word !== "" && fits(word)).toSorted();
}
