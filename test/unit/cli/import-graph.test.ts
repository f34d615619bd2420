// What a command loads: every call pays for it, so only the screen, the demonstration and the daemon may be heavy.
// Follows static and dynamic imports through the sources.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const tables = new Set(
  ["cli/audit-table.ts", "cli/command-table.ts", "cli/operate-table.ts", "cli/org-table.ts"].map((path) =>
    join(root, path),
  ),
);
const importing =
  /(?:^|\n)\s*(?:import|export)\s+(?!type\b)[^;]*?from\s*"([^"]+)"|(?:^|[^.\w])import\(\s*"([^"]+)"\s*\)|(?:^|\n)import\s+"([^"]+)"/g;

/**
 * Files and packages that can be reached from `entry`; the lazy edges of the tables are the commands themselves, and those to the
 * spool and to the home as `doctor` looks at it are taken only where no daemon answers.
 */
function reachedFrom(...entries: string[]): Set<string> {
  const reached = new Set<string>();
  const open = [...entries];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    if (!file.startsWith(root)) continue;
    for (const match of readFileSync(file, "utf8").matchAll(importing)) {
      const specifier = match[1] ?? match[2] ?? match[3] ?? "";
      if (tables.has(file) && match[2] !== undefined) continue;
      if (/\/(spool|examine-home)\.ts$/.test(match[2] ?? "")) continue;
      // Only for a body that may be too large for a record.
      if (file.endsWith("/api/spooled.ts") && match[2] === "../record/parse-body.ts") continue;
      open.push(specifier.startsWith(".") ? resolve(dirname(file), specifier) : specifier);
    }
  }
  return reached;
}

function packagesFrom(command: string): string[] {
  return packagesOf(reachedFrom(join(root, "cli/main.ts"), join(root, "cli/commands", `${command}.ts`)));
}

function packagesOf(reached: ReadonlySet<string>): string[] {
  return [...reached].filter((name) => !name.startsWith(root) && !name.startsWith("node:")).sort();
}

const HEAVY = /^(ink|react|libp2p|level|hpke|@libp2p\/.*|@chainsafe\/.*)$/;
const commands = readdirSync(join(root, "cli/commands")).map((name) => name.replace(/\.ts$/, ""));
const mayBeHeavy = new Set(["ui", "demo", "daemon-run"]);

describe("the import graph", () => {
  test.each(commands.filter((name) => !mayBeHeavy.has(name)))("%s loads neither screen, network nor store", (name) => {
    expect(packagesFrom(name).filter((specifier) => HEAVY.test(specifier))).toEqual([]);
  });

  test.each(["post", "feed", "check", "tail", "status", "peer", "circle", "invite", "join"])(
    "%s loads no package at all",
    (name) => {
      expect(packagesFrom(name)).toEqual([]);
    },
  );

  test("the spool loads the cryptography of a seal and nothing else: neither zod nor CBOR", () => {
    expect(packagesOf(reachedFrom(join(root, "cli/spool.ts")))).toEqual(["@scure/base", "hpke"]);
  });

  test("the test itself can fail: the screen and the daemon are seen to be heavy", () => {
    expect(packagesFrom("ui")).toContain("ink");
    expect(packagesFrom("daemon-run")).toContain("libp2p");
    expect(packagesFrom("import")).toContain("zod");
  });
});
