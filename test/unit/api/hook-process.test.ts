// A hook's program as a real process: what it is told, what it is not, and that it ends.

import { readFile, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { isRunning } from "../../../cli/process-state.ts";
import { runHook } from "../../../src/api/hook-process.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { tempDir } from "../../help/temp-dir.ts";

const NEVER = new AbortController().signal;
const clock = systemClock;

test("reads its line, sees no environment of ours, and no shell sees its arguments", async () => {
  await using folder = await tempDir();
  const [script, out] = [folder.at("hook.mjs"), folder.at("out.json")];
  await writeFile(
    script,
    `import { readFileSync, writeFileSync } from "node:fs";
     const input = readFileSync(0, "utf8");
     console.log("x".repeat(1_000_000));
     writeFileSync(${JSON.stringify(out)}, JSON.stringify({ input, env: process.env, argv: process.argv.slice(2), cwd: process.cwd() }));`,
  );
  const argv = [process.execPath, script, "$(touch /tmp/never)", "a; b", "*"];
  process.env["TOCSIN_PASSPHRASE_OF_NOBODY"] = "secret";
  try {
    expect(await runHook(argv, "a line", { clock, signal: NEVER })).toEqual({ how: "done" });
  } finally {
    delete process.env["TOCSIN_PASSPHRASE_OF_NOBODY"];
  }
  const told = JSON.parse(await readFile(out, "utf8")) as { env: Record<string, string> };
  expect(told).toMatchObject({ input: "a line\n", argv: argv.slice(2), cwd: "/" });
  expect(Object.keys(told.env).sort()).toEqual(["LANG", "PATH"]);
});

test("that is missing, fails, dies or reads nothing is told of and harms nobody", async () => {
  const big = "x".repeat(4_000_000);
  const run = async (...argv: readonly string[]): ReturnType<typeof runHook> =>
    runHook(argv, big, { clock, signal: NEVER });
  expect(await run("/nowhere/at-all")).toEqual({ how: "not started" });
  expect(await run(process.execPath, "-e", "process.exit(3)")).toEqual({ how: "exit", code: 3 });
  expect(await run(process.execPath, "-e", "process.kill(process.pid, 'SIGKILL')")).toEqual({ how: "killed" });
  expect(await run(process.execPath, "-e", "")).toEqual({ how: "done" });
});

test.each(["its time is over", "the daemon stops"])(
  "is ended with what it started when %s, also where it will not",
  async (why) => {
    await using folder = await tempDir();
    const out = folder.at("pids");
    const stubborn = `process.on("SIGTERM", () => {}); setInterval(() => {}, 1000);`;
    const script = `import { spawn } from "node:child_process"; import { renameSync, writeFileSync } from "node:fs";
    const child = spawn(process.execPath, ["-e", ${JSON.stringify(stubborn)}]);
    ${stubborn}
    writeFileSync(${JSON.stringify(`${out}.new`)}, process.pid + " " + child.pid);
    renameSync(${JSON.stringify(`${out}.new`)}, ${JSON.stringify(out)});`;
    const stop = new AbortController();
    const late = why === "its time is over";
    const argv = [process.execPath, "--input-type=module", "-e", script];
    const ended = runHook(argv, "", { clock, signal: stop.signal, ...(late && { timeoutMs: 3_000 }) });
    const pids = async (): Promise<readonly number[]> =>
      (await readFile(out, "utf8").catch(() => "")).split(" ").map(Number);
    await expect.poll(async () => (await pids()).length, { timeout: 10_000 }).toBe(2);
    if (!late) stop.abort();
    expect(await ended).toEqual({ how: late ? "took too long" : "killed" });
    for (const pid of await pids()) await expect.poll(() => isRunning(pid), { timeout: 5_000 }).toBe(false);
  },
  30_000,
);
