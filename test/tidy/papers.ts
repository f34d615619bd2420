// The documents against the code: what one says and the other does not is a fault of one of them.

import { dirname, join } from "node:path/posix";
import { type File, importsOf, type Rule, SOURCES, textOf, type Tree } from "./tree.ts";

/** The document of the protocol, with the parts of it that are told apart. */
const PROTOCOL = /^docs\/protocol(-[a-z]+)?\.md$/;
const ATTACKS_MIN = 30;
const TESTS = /^test\/(?!tidy).*\.tsx?$/;

/** Each rule of the protocol stands in exactly one source and in at least one test; no source names a rule that is not told. */
export const protocolRules: Rule = (tree) => {
  const told = matchesIn(tree, PROTOCOL, /^- \*\*(R\d+)\.\*\*/gm);
  const holders = (rule: string, where: RegExp): readonly string[] =>
    tree.filter((file) => where.test(file.path) && rulesIn(file).includes(rule)).map(({ path }) => path);
  const known = new Set(tree.filter(({ path }) => SOURCES.test(path)).flatMap(rulesIn));
  return [
    ...told
      // A number is a name for good: rules stand where they belong, not in the order in which they came.
      .filter((rule, index) => told.indexOf(rule) !== index)
      .map((rule) => `docs/protocol.md: ${rule} is told twice`),
    ...[...known].filter((rule) => !told.includes(rule)).map((rule) => `docs/protocol.md: does not tell ${rule}`),
    ...told.flatMap((rule) => {
      const sources = holders(rule, SOURCES);
      if (sources.length !== 1) return [`${rule}: in ${sources.length} sources: ${sources.join(", ")}`];
      return holders(rule, TESTS).length === 0 ? [`${rule}: no test names it`] : [];
    }),
  ];
};

/** Every error code has its row in docs/errors.md, with the exit code that the table gives it. */
export const errorCodes: Rule = (tree) => {
  const text = textOf(tree, "src/base/errors.ts");
  const shared = new Map(
    [...text.matchAll(/^const (\w+) = \{.*\bexit: (\d+)/gm)].map(([, name = "", exit]) => [name, exit]),
  );
  const table = /export const ERRORS = \{([\s\S]*?)\n\} as const/.exec(text)?.[1] ?? "";
  const codes = table.split(/^ {2}(?=[A-Z_]+: \{)/m).flatMap((row) => {
    const code = /^[A-Z_]+/.exec(row)?.[0];
    const exit = /\bexit: (\d+)/.exec(row)?.[1] ?? shared.get(/\.\.\.(\w+)/.exec(row)?.[1] ?? "");
    return code === undefined ? [] : [`${code}, exit ${exit}`];
  });
  const rows = [...textOf(tree, "docs/errors.md").matchAll(/^\| `([A-Z_]+)` \| (\d+) \|/gm)];
  return difference(
    codes,
    rows.map(([, code, exit]) => `${code}, exit ${exit}`),
    "docs/errors.md",
  );
};

/** Every limit is told. */
export const limitNames: Rule = (tree) => {
  const names = matches(tree, "src/base/limits.ts", /^ {2}(\w+): /gm);
  return difference(names, matchesIn(tree, PROTOCOL, /^\| `(\w+)` \|/gm), "docs/protocol.md");
};

/** Every domain-separation tag is told. */
export const tags: Rule = (tree) => {
  const used = tree
    .filter(({ path }) => SOURCES.test(path))
    .flatMap(({ text }) => [...text.matchAll(/"(tocsin\/1 [^"]+)"/g)].map(([, tag = ""]) => tag));
  return difference([...new Set(used)], matchesIn(tree, PROTOCOL, /^\| `(tocsin\/1 [^`]+)` \|/gm), "docs/protocol.md");
};

/** Every direct dependency has its line, is imported, and everything imported is a direct one. */
export const dependencies: Rule = (tree) => {
  type Listed = { readonly [field in "dependencies" | "devDependencies"]?: Readonly<Record<string, string>> };
  const listed = JSON.parse(textOf(tree, "package.json") || "{}") as Listed;
  const runtime = Object.keys(listed.dependencies ?? {});
  const told = matches(tree, "docs/dependencies.md", /^\| `([^`]+)` \|/gm);
  const imported = importsOf(tree).filter(({ to, isFile }) => !isFile && !to.startsWith("node:"));
  const packages = new Set(imported.map(({ to }) => /^(@[^/]+\/)?[^/]+/.exec(to)?.[0] ?? to));
  return [
    ...difference([...runtime, ...Object.keys(listed.devDependencies ?? {})], told, "docs/dependencies.md"),
    ...difference([...packages], runtime, "package.json"),
  ];
};

/** Every command has its row in docs/cli.md. */
export const commands: Rule = (tree) => {
  const tables = tree.filter(({ path }) => /^cli\/\w+-table\.ts$/.test(path));
  const paths = tables.flatMap(({ path }) => matches(tree, path, /^ {4}path: "([^"]+)"/gm));
  return difference(paths, matches(tree, "docs/cli.md", /^\| `tocsin ([a-z -]+?)(?= [A-Z[<-]|`)/gm), "docs/cli.md");
};

/** Links lead somewhere, and no document holds TypeScript, which nobody would compile. */
export const documents: Rule = (tree) => {
  const pages = tree.filter(({ path }) => path.endsWith(".md"));
  const links = pages.flatMap(({ path, text }) =>
    [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g)].map(([, link = ""]) => ({
      path,
      to: join(dirname(path), link).replace(/\/$/, ""),
    })),
  );
  const dead = links.filter(({ to }) => !tree.some(({ path }) => path === to || path.startsWith(`${to}/`)));
  const fences = pages.filter(({ text }) => /^```(ts|tsx|typescript)\b/m.test(text));
  return [
    ...dead.map(({ path, to }) => `${path}: ${to} does not exist`),
    ...fences.map(({ path }) => `${path}: TypeScript that nobody compiles`),
  ];
};

/** A test that the threat model calls as a witness exists, in the file that it names. */
export const witnesses: Rule = (tree) =>
  [...textOf(tree, "docs/threat-model.md").matchAll(/\]\(\.\.\/(test\/[^)]+)\) "([^"]+)"/g)]
    .filter(([, path = "", name = ""]) => !textOf(tree, path).includes(`"${name}"`))
    .map(([, path = "", name = ""]) => `docs/threat-model.md: ${path} has no test "${name}"`);

/** Every attack that is told names a rule of the protocol and a test, and there are thirty or more. */
export const attacks: Rule = (tree) => {
  const told = matchesIn(tree, PROTOCOL, /^- \*\*(R\d+)\.\*\*/gm);
  const table = /^## What a hostile member tries$([\s\S]*?)^## /m.exec(textOf(tree, "docs/threat-model.md"))?.[1] ?? "";
  const rows = table.split("\n").filter((line) => /^\| (?!Attack \|)/.test(line));
  const faults = rows.filter((row) => {
    const [, rules = "", , test = ""] = row.split(" | ");
    const named = rules.split(", ");
    return !named.every((rule) => told.includes(rule)) || !/\]\(\.\.\/test\/[^)]+\) "[^"]+"/.test(test);
  });
  return [
    ...faults.map((row) => `docs/threat-model.md: names no rule or no test: ${row.slice(0, 60)}`),
    ...(rows.length < ATTACKS_MIN
      ? [`docs/threat-model.md: tells ${rows.length} attacks, at least ${ATTACKS_MIN}`]
      : []),
  ];
};

function rulesIn({ text }: File): readonly string[] {
  return text.match(/\bR\d{1,2}\b/g) ?? [];
}

function matches(tree: Tree, path: string, what: RegExp): readonly string[] {
  return [...textOf(tree, path).matchAll(what)].map(([, found = ""]) => found);
}

function matchesIn(tree: Tree, where: RegExp, what: RegExp): readonly string[] {
  return tree.filter(({ path }) => where.test(path)).flatMap(({ path }) => matches(tree, path, what));
}

function difference(wanted: readonly string[], told: readonly string[], where: string): readonly string[] {
  return [
    ...wanted.filter((name) => !told.includes(name)).map((name) => `${where}: does not tell of ${name}`),
    ...told
      .filter((name, index) => !wanted.includes(name) || told.indexOf(name) !== index)
      .map((name) => `${where}: ${name} is unknown or told twice`),
  ];
}
