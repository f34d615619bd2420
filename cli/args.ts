// Reads a command line strictly by the declaration of its command: what is not declared is refused, never guessed, so
// that a mistyped `--tlp` cannot become a post with the default marking. No dependency: every call pays for this file.

import { TocsinError } from "../src/base/errors.ts";

/** One flag of a command and how its value is read; `T` is what the command receives. */
export type Flag<T = unknown> = {
  readonly kind: "toggle" | "one" | "many";
  readonly about: string;
  /** What stands for the value in the help; empty for a toggle. */
  readonly value: string;
  /** One letter. */
  readonly short?: string;
  /** Throws TocsinError for a value that cannot be meant. */
  readonly read: (text: string) => T;
};

export type Flags = Readonly<Record<string, Flag>>;

/** What a command receives: a boolean, a value or undefined, or a list, by the kind of flag. */
export type OptionsOf<F extends Flags> = { readonly [Name in keyof F]: F[Name] extends Flag<infer T> ? T : never };

/** `--name`: true where it is given. */
export function toggle(about: string, short?: string): Flag<boolean> {
  return { kind: "toggle", about, value: "", read: () => true, ...(short ? { short } : {}) };
}

/** `--name VALUE`, at most once. */
export function one<T>(value: string, about: string, read: (text: string) => T): Flag<T | undefined> {
  return { kind: "one", about, value, read };
}

/** `--name VALUE`, any number of times. */
export function many<T>(value: string, about: string, read: (text: string) => T): Flag<readonly T[]>;
export function many<T>(value: string, about: string, read: (text: string) => T): Flag {
  return { kind: "many", about, value, read };
}

/** The same flag with a letter of its own. */
export function lettered<T>(short: string, flag: Flag<T>): Flag<T> {
  return { ...flag, short };
}

/** `operands` as declared: `ID`, `[TEXT]`, `ID...`, in this order. */
export type Grammar<F extends Flags> = {
  readonly flags: F;
  readonly operands: readonly string[];
  /** A word like `-org:hooli` is an operand. */
  readonly dashWords?: boolean;
};

/** Throws USAGE, with a suggestion where a flag is only mistyped. */
export function readArgs<F extends Flags>(
  argv: readonly string[],
  grammar: Grammar<F>,
): { options: OptionsOf<F>; operands: string[] } {
  const given = new Map<string, unknown>();
  const operands: string[] = [];
  const rest = [...argv];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "--") operands.push(...rest.splice(0));
    else if (isOperand(word, grammar)) operands.push(word);
    else takeFlag(word, rest, { grammar, given });
  }
  checkCount(operands, grammar.operands);
  const options: Record<string, unknown> = {};
  for (const [name, flag] of Object.entries(grammar.flags)) {
    options[name] = given.get(name) ?? (flag.kind === "toggle" ? false : flag.kind === "many" ? [] : undefined);
  }
  // Each value came out of `read` of the flag with this name.
  return { options: options as OptionsOf<F>, operands };
}

function isOperand(word: string, grammar: Grammar<Flags>): boolean {
  if (word === "-" || !word.startsWith("-")) return true;
  return grammar.dashWords === true && word.length > 2 && !word.startsWith("--");
}

function takeFlag(word: string, rest: string[], into: { grammar: Grammar<Flags>; given: Map<string, unknown> }): void {
  const [, spelled = word, joined] = /^(--[^=]+)=(.*)$/s.exec(word) ?? [];
  const [name, flag] = flagNamed(spelled, into.grammar.flags);
  if (flag.kind === "toggle") {
    if (joined !== undefined) throw usage(`option ${spelled} takes no value`);
    into.given.set(name, true);
    return;
  }
  const text = joined ?? rest.shift();
  if (text === undefined) throw usage(`option ${spelled} needs a value: ${flag.value}`);
  // A value may begin with a hyphen (`-2h`), but a flag in its place is a forgotten value.
  if (joined === undefined && text.startsWith("--")) throw usage(`option ${spelled} needs a value: ${flag.value}`);
  const before = into.given.get(name);
  if (flag.kind === "one") {
    if (before !== undefined) throw usage(`option ${spelled} is given twice`);
    into.given.set(name, flag.read(text));
  } else {
    into.given.set(name, [...(Array.isArray(before) ? before : []), flag.read(text)]);
  }
}

function flagNamed(spelled: string, flags: Flags): [string, Flag] {
  for (const entry of Object.entries(flags)) {
    if (spelled === `--${entry[0]}` || (entry[1].short !== undefined && spelled === `-${entry[1].short}`)) return entry;
  }
  throw unknownWord(
    `unknown option ${spelled.slice(0, 40)}`,
    spelled,
    Object.keys(flags).map((name) => `--${name}`),
  );
}

function checkCount(operands: readonly string[], declared: readonly string[]): void {
  const missing = declared[operands.length];
  if (missing !== undefined && !missing.startsWith("[")) throw usage(`${missing.replace("...", "")} is missing`);
  const open = declared.at(-1)?.includes("...") === true;
  if (!open && operands.length > declared.length) {
    throw usage(`one word too many: ${JSON.stringify(operands[declared.length]?.slice(0, 40))}`);
  }
}

/** USAGE for a word that is none of `known`, naming the nearest. */
export function unknownWord(message: string, word: string, known: readonly string[]): TocsinError {
  let nearest: string | undefined;
  let least = Math.min(3, Math.ceil(word.length / 2));
  for (const candidate of known) {
    const distance = editDistance(word.slice(0, 40), candidate);
    if (distance < least) [nearest, least] = [candidate, distance];
  }
  return new TocsinError("USAGE", message, nearest === undefined ? {} : { hint: `did you mean ${nearest}?` });
}

export function usage(message: string): TocsinError {
  return new TocsinError("USAGE", message);
}

/** Insertions, deletions, replacements and swaps of neighbours between two short words. */
function editDistance(left: string, right: string): number {
  let older: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const same = left[row - 1] === right[column - 1];
      const swapped = row > 1 && left[row - 2] === right[column - 1] && left[row - 1] === right[column - 2];
      current[column] = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + (same ? 0 : 1),
        swapped && column > 1 ? (older[column - 2] ?? 0) + 1 : Infinity,
      );
    }
    [older, previous] = [previous, current];
  }
  return previous[right.length] ?? 0;
}
