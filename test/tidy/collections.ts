// What grows while a node runs: every collection that outlives the call that made it has a row with its cap in docs/observing.md.

import { bare, type File, type Rule, SOURCES, textOf } from "./tree.ts";

/** Functions whose locals live on in what they answer. */
const OWNER =
  /^(?:export )?(?:async )?function (?:make|new|create|start|supervise|serve|open|keep|converse|subscriptionsOf|hostOf)\w*[(<]/;
const LOCAL = /^ {2}(?:const|let) (\w+)(?:: [^=]+)? = (?:new (?:Map|Set)\b|\[\];)/;
/** Fields of what is made once a session, a circle or a node. */
const FIELD = /^ {2,6}(?:\.\.\.\{ )?(\w+): new (?:Map|Set)\(\)/;
const FIELD_OWNERS =
  /^src\/(net\/(sessions|start)|node\/(node|receipts|quotas|lanes|membership|circle-state|disk-quota))\.ts$/;
/** What a module keeps; a WeakMap forgets by itself, and a constant does not grow. */
const MODULE = /^const (\w+)(?:: (?!ReadonlySet)[^=]+)? = new (?:Map|Set)(?:<[^>]*>+)?\(\)/;

export const collections: Rule = (tree) => {
  const rows = [
    ...textOf(tree, "docs/observing.md").matchAll(/^\| `([\w./-]+)` \| ((?:`\w+`(?:, )?)+) \| (.+) \|$/gm),
  ].map(([, path = "", names = "", cap = ""]) => ({ path, names: names.match(/\w+/g) ?? [], cap }));
  const told = new Set(rows.flatMap(({ path, names }) => names.map((name) => `${path}: ${name}`)));
  const found = new Set(
    bare(tree)
      .filter(({ path }) => SOURCES.test(path) && /^(keys|src\/(net|node|api|store|spool))\//.test(path))
      .flatMap(collectionsOf),
  );
  const limits = textOf(tree, "src/base/limits.ts");
  return [
    ...[...found].filter((one) => !told.has(one)).map((one) => `docs/observing.md: does not tell what caps ${one}`),
    ...[...told].filter((one) => !found.has(one)).map((one) => `docs/observing.md: there is no collection ${one}`),
    ...rows.flatMap(({ path, cap }) =>
      [...cap.matchAll(/`(\w+)`/g)]
        .filter(([, limit = ""]) => !limits.includes(`  ${limit}: `))
        .map(([, limit]) => `docs/observing.md: ${path} is capped by ${limit}, which is no limit`),
    ),
  ];
};

function collectionsOf({ path, text }: File): readonly string[] {
  const names: string[] = [];
  let isOwner = false;
  for (const line of text.split("\n")) {
    if (OWNER.test(line)) isOwner = true;
    else if (line.startsWith("}")) isOwner = false;
    const local = isOwner ? LOCAL.exec(line)?.[1] : undefined;
    const field = FIELD_OWNERS.test(path)
      ? [...line.matchAll(/(\w+): new (?:Map|Set)\(\)/g)].map(([, name = ""]) => name)
      : [];
    const kept = MODULE.exec(line)?.[1];
    names.push(...[local, kept].filter((name) => name !== undefined), ...(FIELD.test(line) ? field : []));
  }
  return names.map((name) => `${path}: ${name}`);
}
