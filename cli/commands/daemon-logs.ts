// `daemon logs`: what the daemon logged, from its files, whether it runs or not.

import { createReadStream, existsSync } from "node:fs";
import { open, stat, type FileHandle } from "node:fs/promises";
import { createInterface } from "node:readline";
import { asidePath } from "../../src/api/log-file.ts";
import { isAtLeast, type Level, LEVELS } from "../../src/base/events.ts";
import { TocsinError } from "../../src/base/errors.ts";
import { limits } from "../../src/base/limits.ts";
import type { Input } from "../command.ts";
import { pause } from "../daemon-start.ts";
import type { daemonLogsFlags } from "../flags.ts";
import type { Invocation } from "../invocation.ts";
import { safeText } from "../safe-text.ts";

const POLL_MS = 200;
const CHUNK_BYTES = 64 * 1024;

/** One line of the log: `fields` as docs/operating.md has them. */
type Entry = { schema: "tocsin.logline/1"; time: string; level: Level; event: string; fields: Record<string, unknown> };

/** Oldest first. With --follow it goes on until it is interrupted or --timeout ends it. Throws NOT_FOUND where nothing was ever logged. */
export async function logs(call: Invocation, { options }: Input<typeof daemonLogsFlags>): Promise<void> {
  const { level = "info", since = "", follow } = options;
  const path = call.home.log;
  const print = (line: string): void => {
    const entry = entryOf(line);
    // What the runtime said before it died has no form; it is left out of nothing.
    if (!entry) return call.out.row({ schema: "tocsin.logline/1", text: line }, () => [safeText(line)]);
    if (isAtLeast(entry.level, level) && entry.time >= since) call.out.row(entry, () => [textOf(entry)]);
  };
  if (!existsSync(path) && !follow)
    throw new TocsinError("NOT_FOUND", "no daemon of this home has logged anything yet");
  for (let number = limits.logFilesMax - 1; number > 0; number--) await printFile(asidePath(path, number), print);
  if (follow) await followFile(call, path, print);
  else await printFile(path, print);
}

async function printFile(path: string, print: (line: string) => void): Promise<void> {
  if (!existsSync(path)) return;
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) print(line);
}

/** Prints a file from its start and what is added to it, and goes on with the next one when it is put aside. */
async function followFile(call: Invocation, path: string, print: (line: string) => void): Promise<void> {
  let file: FileHandle | undefined;
  let rest = "";
  const readOn = async (from: FileHandle): Promise<void> => {
    const decoder = new TextDecoder();
    const chunk = new Uint8Array(CHUNK_BYTES);
    for (;;) {
      const { bytesRead } = await from.read(chunk);
      if (bytesRead === 0) return;
      const lines = (rest + decoder.decode(chunk.subarray(0, bytesRead), { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) print(line);
    }
  };
  try {
    while (call.signal?.aborted !== true) {
      file ??= await open(path).catch(() => undefined);
      if (file) {
        const now = await stat(path).catch(() => undefined);
        await readOn(file);
        if (now?.ino !== (await file.stat()).ino) {
          await file.close();
          file = undefined;
          continue;
        }
      }
      await pause(POLL_MS);
    }
  } finally {
    await file?.close();
  }
}

function entryOf(line: string): Entry | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== "object" || value === null) return undefined;
    const { time, level, event, ...fields } = value as Record<string, unknown>;
    const known = LEVELS.find((one) => one === level);
    if (typeof time !== "string" || typeof event !== "string" || !known) return undefined;
    return { schema: "tocsin.logline/1", time, level: known, event, fields };
  } catch {
    return undefined;
  }
}

function textOf({ time, level, event, fields }: Entry): string {
  const facts = Object.entries(fields).map(([name, value]) => `${name}=${String(value)}`);
  return safeText([time, level.padEnd(5), event.padEnd(20), ...facts].join("  "));
}
