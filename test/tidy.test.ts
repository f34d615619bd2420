// The rules of the house, held by the whole tree; and each rule shown to see a tree that breaks it, because a gate that
// cannot fail guards nothing.

import { describe, expect, it } from "vitest";
import { collections } from "./tidy/collections.ts";
import * as papers from "./tidy/papers.ts";
import * as rules from "./tidy/rules.ts";
import { type File, readTree, type Rule } from "./tidy/tree.ts";

const root = new URL("..", import.meta.url).pathname;
const tree = readTree(root);
const file = (path: string, text: string): File => ({ path, text });
const code = (text: string, path = "src/node/post.ts"): readonly File[] => [
  file(path, `// What it is for.\n${text}\n`),
];

/** What the tree keeps, the rule, and trees that break it in one way each. */
const HOUSE: readonly (readonly [string, Rule, readonly (readonly File[])[]])[] = [
  [
    "a room sees only the floors below it",
    rules.floors,
    [
      code('import { openNode } from "../node/node.ts";', "src/record/wire.ts"),
      code('import type { Net } from "../net/net.ts";', "src/store/level.ts"),
      code('const { post } = await import("../src/node/post.ts");', "cli/main.ts"),
      code('import { createVault } from "../../keys/vault.ts";', "src/node/node.ts"),
    ],
  ],
  [
    "a library is known to its door only",
    rules.doors,
    [
      code('import { Level } from "level";', "src/node/node.ts"),
      code('import * as HPKE from "hpke";', "src/seal/epoch.ts"),
      code('import { something } from "an-unlisted-library";', "src/net/net.ts"),
      code('import { z } from "zod";', "src/seal/hpke.ts"),
    ],
  ],
  [
    "only the ways in and out write to the store",
    rules.commits,
    [code("await rooms.store.commit(change);", "src/api/server.ts")],
  ],
  [
    "nothing has a name that fits everything",
    rules.names,
    [
      code("", "src/node/helpers.ts"),
      code("", "cli/string-util.ts"),
      code("export type ConnectionManager = {};"),
      code("export interface IStore {}"),
    ],
  ],
  [
    "time, chance, the environment, the console and Buffer have one door each",
    rules.calls,
    ["Date.now()", "Math.random()", "process.env.HOME", 'console.log("x")', "Buffer.from(bytes)", "new Date()"].map(
      (call) => code(`const it = ${call};`),
    ),
  ],
  [
    "files and documents can be read in one go",
    rules.caps,
    [code("\n".repeat(300) + "end();"), [file("README.md", "line\n".repeat(201))]],
  ],
  ["every file says what it is for", rules.headers, [[file("keys/vault.ts", 'import { x } from "./x.ts";\n')]]],
  [
    "nothing switches the compiler off",
    rules.never,
    [
      "// @ts-ignore",
      "const it: any = 1;",
      "const it = held.get(id)!.value;",
      "export default it;",
      "export enum Kind {",
      "export class A extends B {",
    ].map((line) => code(line)),
  ],
  ["nothing is left for later", rules.unfinished, [code("// TODO: the rest")]],
  [
    "no test is left out and none sleeps",
    rules.honestTests,
    [
      'it.skip("x", () => {});',
      'describe.only("x", () => {});',
      "await new Promise((resolve) => setTimeout(resolve, 10));",
    ].map((line) => code(line, "test/unit/x.test.ts")),
  ],
  [
    "no path of anybody's machine stands in the tree",
    rules.machines,
    [code('const it = "/home/kim/tocsin";'), [file("README.md", "cd /root/x")]],
  ],
  ["every source is loaded by the program", rules.reachable, [code("", "src/node/dead.ts")]],
  [
    "each rule of the protocol is in one source, in a test and in the document",
    papers.protocolRules,
    [
      [
        file("docs/protocol.md", "- **R1.** A rule."),
        ...code("// R1: a rule"),
        ...code("// R2: one more", "src/node/ingest.ts"),
        test("R1"),
      ],
      [
        file("docs/protocol.md", "- **R1.** A rule."),
        ...code("// R1: a rule"),
        ...code("// (R1)", "src/node/ingest.ts"),
        test("R1"),
      ],
      [file("docs/protocol.md", "- **R1.** A rule."), ...code("// R1: a rule")],
      [file("docs/protocol.md", "- **R1.** A rule.\n- **R1.** Another."), ...code("// R1: a rule"), test("R1")],
      [
        file("docs/protocol.md", "- **R1.** A rule."),
        file("docs/protocol-posts.md", "- **R1.** Told twice."),
        ...code("// R1: a rule"),
        test("R1"),
      ],
      [file("docs/protocol-posts.md", "- **R1.** A rule that nothing keeps.")],
    ],
  ],
  [
    "every error code is told with its exit code, and no other",
    papers.errorCodes,
    [
      [errors("USAGE"), file("docs/errors.md", "")],
      [errors("USAGE"), file("docs/errors.md", "| `USAGE` | 65 | x\n")],
      [errors("USAGE"), file("docs/errors.md", "| `USAGE` | 64 | x\n| `OTHER` | 64 | x\n")],
    ],
  ],
  [
    "every limit is told",
    papers.limitNames,
    [[file("src/base/limits.ts", "  frameBytesMax: 1,\n"), file("docs/protocol.md", "")]],
  ],
  [
    "everything that grows while a node runs is told with its cap",
    collections,
    [
      code("export function makeBook(): void {\n  const pages = new Map<string, string>();\n}"),
      code("const seen = new Set<string>();"),
      code("  const session = {\n    told: new Map(),\n  };", "src/net/sessions.ts"),
      [file("docs/observing.md", "| `src/net/gone.ts` | `names` | one a member |")],
      [
        ...code("const seen = new Set<string>();", "src/net/seen.ts"),
        file("docs/observing.md", "| `src/net/seen.ts` | `seen` | `manyMax` |"),
      ],
    ],
  ],
  ["every tag is told", papers.tags, [[...code('utf8("tocsin/1 new");'), file("docs/protocol.md", "")]]],
  [
    "every direct dependency is told and used, and nothing else is imported",
    papers.dependencies,
    [[file("package.json", '{"devDependencies":{"left-pad":"1.0.0"}}'), file("docs/dependencies.md", "")]],
  ],
  [
    "every command is told",
    papers.commands,
    [[file("cli/command-table.ts", '    path: "daemon run",\n'), file("docs/cli.md", "")]],
  ],
  [
    "every test that the threat model names exists",
    papers.witnesses,
    [
      [
        file("docs/threat-model.md", '| x | [y](../test/unit/x.test.ts) "a stranger is refused" |'),
        file("test/unit/x.test.ts", 'test("a stranger is let in", () => {});'),
      ],
    ],
  ],
  [
    "every attack that the threat model names has its rule and its test",
    papers.attacks,
    [
      [...rule(1), attacked(29, "R1")],
      [...rule(1), attacked(30, "R2")],
      [...rule(1), attacked(30, "R1", "")],
    ],
  ],
  [
    "links lead somewhere and no document holds code that nobody compiles",
    papers.documents,
    [[file("docs/cli.md", "[x](../nowhere.md)")], [file("README.md", "```ts\nconst it = 1;\n```")]],
  ],
];

describe.each(HOUSE)("%s", (_, rule, broken) => {
  it("in this tree", () => {
    expect(rule(tree)).toEqual([]);
  });

  it.each(broken.map((sample, index) => [index + 1, sample] as const))(
    "way %i of breaking it is seen",
    (_way, sample) => {
      expect(rule(sample)).not.toEqual([]);
    },
  );
});

function rule(number: number): readonly File[] {
  return [file("docs/protocol.md", `- **R${number}.** A rule.`)];
}

/** A threat model with so many attacks against a rule. */
function attacked(count: number, against: string, witness = '[y](../test/unit/x.test.ts) "a stranger"'): File {
  const rows = `| Lie | ${against} | refused | ${witness} |\n`.repeat(count);
  return file("docs/threat-model.md", `## What a hostile member tries\n\n${rows}\n## End\n`);
}

function test(rule: string): File {
  return file("test/unit/x.test.ts", `// ${rule}\n`);
}

function errors(code: string): File {
  return file("src/base/errors.ts", `export const ERRORS = {\n  ${code}: { exit: 64 },\n} as const`);
}
