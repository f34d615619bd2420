#!/usr/bin/env node
// The program `tocsin`. Makes sure of the runtime, then runs the command; nothing else may be imported statically here,
// because an older Node must be able to read this file and say what is wrong, and because every call pays for it.

const NODE_MIN = [24, 7] as const;

/** Whether a Node version such as `24.21.0` runs this program. */
function isEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1]);
}

/** The Node that a clone brings along as a development dependency, seen from `cli/` and from `dist/cli/`. */
async function ownNode(): Promise<string | undefined> {
  const { existsSync } = await import("node:fs");
  const { fileURLToPath } = await import("node:url");
  const places = ["../node_modules/node/bin/node", "../../node_modules/node/bin/node"];
  return places.map((place) => fileURLToPath(new URL(place, import.meta.url))).find((path) => existsSync(path));
}

async function runElsewhere(node: string): Promise<number> {
  const { spawn } = await import("node:child_process");
  const child = spawn(node, process.argv.slice(1), { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
  return await new Promise((resolve) => {
    child.on("exit", (code, signal) => resolve(code ?? (signal === "SIGINT" ? 130 : 143)));
    child.on("error", () => resolve(78));
  });
}

if (isEnough(process.versions.node)) {
  const { runProgram } = await import("./program.ts");
  process.exitCode = await runProgram(process.argv.slice(2), process.env);
} else {
  const node = await ownNode();
  if (node !== undefined) process.exitCode = await runElsewhere(node);
  else {
    process.stderr.write(
      `tocsin: error: Node ${NODE_MIN.join(".")} or newer is needed, this is ${process.versions.node}\n`,
    );
    process.exitCode = 78;
  }
}
