// The text of the project as the tidy rules see it. It never reads what git would not keep.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path/posix";

/** One text file; `path` is relative to the root of the project. */
export type File = { readonly path: string; readonly text: string };
export type Tree = readonly File[];
/** What breaks a rule, as "path: what"; nothing where it is kept. */
export type Rule = (tree: Tree) => readonly string[];

export const SOURCES = /^(src|keys|cli)\/.*\.tsx?$/;
export const CODE = /^(src|keys|cli|test|bench)\/.*\.tsx?$/;
/** The rules and their bad samples name what they look for. */
export const SELF = /^test\/tidy/;

const LEFT_OUT = new Set([".git", "node_modules", "dist", "coverage", "package-lock.json"]);

/** Every text file under a folder. */
export function readTree(root: string, folder = ""): Tree {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter(({ name }) => !LEFT_OUT.has(name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? readTree(root, path) : [{ path, text: readFileSync(join(root, path), "utf8") }];
    });
}

/** The text of one file, empty where there is none. */
export function textOf(tree: Tree, path: string): string {
  return tree.find((file) => file.path === path)?.text ?? "";
}

/** Lines that match, each with the path of its file. */
export function linesOf(tree: Tree, where: RegExp, what: RegExp): readonly { path: string; line: string }[] {
  return tree
    .filter(({ path }) => where.test(path) && !SELF.test(path))
    .flatMap(({ path, text }) => text.split("\n").map((line) => ({ path, line: line.trim() })))
    .filter(({ line }) => what.test(line));
}

/** The tree with neither comments nor strings in its code: what is left is what runs. */
export function bare(tree: Tree): Tree {
  return tree
    .filter(({ path }) => CODE.test(path))
    .map(({ path, text }) => ({ path, text: text.split("\n").map(bareLine).join("\n") }));
}

function bareLine(line: string): string {
  return line.replace(/^\s*(\/?\*|\/\/).*|\s\/\/ .*$/, "").replaceAll(/"[^"]*"/g, '""');
}

/** Every import of the sources, static or not: of a file by its path, of a package by its name. */
export function importsOf(tree: Tree): readonly { from: string; to: string; isFile: boolean }[] {
  return tree
    .filter(({ path }) => SOURCES.test(path))
    .flatMap(({ path, text }) =>
      [...text.matchAll(/(?:\bfrom |^import |\bimport\()\s*"([^"\s]+)"/gm)].map(([, name = ""]) =>
        name.startsWith(".")
          ? { from: path, to: normalize(join(dirname(path), name)), isFile: true }
          : { from: path, to: name, isFile: false },
      ),
    );
}

/** The room of a source: `src/<room>`, `keys`, `cli` or `cli/tui`. */
export function roomOf(path: string): string {
  return /^(src\/\w+|cli\/tui|keys|cli)\//.exec(path)?.[1] ?? path;
}
