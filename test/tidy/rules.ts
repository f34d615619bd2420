// The rules of the house as functions over the text of the tree. Regular expressions only: what the compiler and the
// linter find is left to them, but for what a comment could switch off.

import { CALLS, COMMITTERS, DOORS, FLOORS, LINES_MAX, PROGRAMS } from "./layout.ts";
import { bare, CODE, importsOf, linesOf, roomOf, type Rule, SOURCES } from "./tree.ts";

const BANNED_WORDS = "util|helper|manager|service|handler|impl|data|info|misc|common|core";
const BANNED_FILE = new RegExp(`(^|[/-])(${BANNED_WORDS})s?[.-][^/]*$`);
const BANNED_TYPE =
  /\b(?:type|interface|class) (?:I[A-Z][a-z]\w*|\w*(?:Util|Helper|Manager|Service|Handler|Impl|Info|Misc|Common))\b/;
const NEVER =
  /@ts-(ignore|nocheck|expect-error)|: any\b|\bas any\b|<any>|\bany\[\]|[\w\])]!(?=[.;,)\]])|\bexport default\b|^(export )?(const )?enum \w|^(export )?namespace \w|\bclass \w+ extends (?!Error\b)/;
const UNFINISHED = /\b(TODO|FIXME|XXX)\b/;
const SKIPPED = /\b(it|test|describe)\.(skip|only|todo|fails)\b|\b(xit|xdescribe)\(/;
const SLEEP = /\bsetTimeout\((resolve|ok|done)\b|\bsleep\(/;
/** It reads slowly on purpose: there the wait is the behaviour under test, not the hope that something is over. */
const SLOW_READER = "test/scenario/net-traps.test.ts";
const MACHINE = /(^|[\s"'`(=])\/(work|root|Users|home\/\w+)\//;

/** A room imports from the floors below it only. */
export const floors: Rule = (tree) =>
  importsOf(tree)
    .filter(({ from, to, isFile }) => {
      const [here, there] = [roomOf(from), roomOf(to)];
      const allowed = FLOORS[here]
        ?.split(" ")
        .some((entry) => (entry.endsWith("/") ? to.startsWith(entry) : to === entry));
      return isFile && here !== there && allowed !== true;
    })
    .map(({ from, to }) => `${from}: imports ${to}, which is on no floor below`);

/** A library is known to its door only, so that it can be replaced by rewriting that. */
export const doors: Rule = (tree) =>
  importsOf(tree)
    .filter(({ from, to, isFile }) => {
      const door = DOORS.find(([name]) => (/[:/]$/.test(name) ? to.startsWith(name) : to === name));
      return !isFile && door?.[1].test(from) !== true;
    })
    .map(({ from, to }) => `${from}: imports ${to} past its door`);

/** Only what verified a record, or made it, stores it. */
export const commits: Rule = (tree) =>
  linesOf(bare(tree), SOURCES, /\bstore\.commit\(/)
    .filter(({ path }) => !COMMITTERS.test(path))
    .map(({ path }) => `${path}: writes to the store`);

/** No name that fits everything. */
export const names: Rule = (tree) => [
  ...tree.filter(({ path }) => SOURCES.test(path) && BANNED_FILE.test(path)).map(({ path }) => `${path}: says nothing`),
  ...linesOf(bare(tree), SOURCES, BANNED_TYPE).map(({ path, line }) => `${path}: ${line}`),
];

/** Time, randomness, environment, console and Buffer each have one door. */
export const calls: Rule = (tree) =>
  CALLS.flatMap(([call, where]) =>
    linesOf(bare(tree), SOURCES, call)
      .filter(({ path }) => !where.test(path))
      .map(({ path, line }) => `${path}: ${line}`),
  );

/** Files, and documents, that can be read in one go. */
export const caps: Rule = (tree) =>
  tree.flatMap(({ path, text }) => {
    const max = LINES_MAX.find(([files]) => files.test(path))?.[1] ?? Infinity;
    const count = text.trimEnd().split("\n").length;
    return count > max ? [`${path}: ${count} lines, at most ${max}`] : [];
  });

/** Every file of code begins by saying what it is for. */
export const headers: Rule = (tree) =>
  tree
    .filter(({ path, text }) => CODE.test(path) && !/^(#!.*\n)?\/\/ \S/.test(text))
    .map(({ path }) => `${path}: does not say what it is for`);

/** Nothing that switches the compiler off, and no default export, enum, namespace or inheritance. */
export const never: Rule = (tree) => [
  ...linesOf(bare(tree), SOURCES, NEVER).map(({ path, line }) => `${path}: ${line}`),
  ...linesOf(tree, SOURCES, /@ts-(ignore|nocheck|expect-error)/).map(({ path, line }) => `${path}: ${line}`),
];

/** Nothing is left for later. */
export const unfinished: Rule = (tree) => linesOf(tree, /./, UNFINISHED).map(({ path, line }) => `${path}: ${line}`);

/** No test is left out, and none sleeps. */
export const honestTests: Rule = (tree) =>
  [...linesOf(tree, /^test\//, SKIPPED), ...linesOf(tree, /^test\//, SLEEP)]
    .filter(({ path, line }) => path !== SLOW_READER || SKIPPED.test(line))
    .map(({ path, line }) => `${path}: ${line}`);

/** No path of anybody's machine. */
export const machines: Rule = (tree) => linesOf(tree, /./, MACHINE).map(({ path, line }) => `${path}: ${line}`);

/** Every source is reached from the program by imports; what is not is dead. */
export const reachable: Rule = (tree) => {
  const edges = importsOf(tree);
  const reached = new Set<string>(PROGRAMS);
  for (const path of reached) for (const { from, to } of edges) if (from === path) reached.add(to);
  return tree
    .filter(({ path }) => SOURCES.test(path) && !reached.has(path))
    .map(({ path }) => `${path}: is never loaded`);
};
