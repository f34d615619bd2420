// Text that comes from a file or from standard input, read whole and bounded.

import { TocsinError } from "../src/base/errors.ts";
import { limits } from "../src/base/limits.ts";
import { usage } from "./args.ts";
import type { Invocation } from "./invocation.ts";

/** Everything in `file` (`-`: standard input) as text. Throws INPUT_MISSING, LIMIT_EXCEEDED, INPUT_INVALID (no UTF-8). */
export async function readInput(file: string, bytesMax: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of await openInput(file)) {
    length += chunk.length;
    if (length > bytesMax) throw new TocsinError("LIMIT_EXCEEDED", `input of more than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(whole);
  } catch (cause) {
    throw new TocsinError("INPUT_INVALID", "the input is not UTF-8 text", { cause });
  }
}

/** The bytes of `file` (`-`: standard input) as they come. Throws INPUT_MISSING. */
export async function openInput(file: string): Promise<AsyncIterable<Uint8Array>> {
  if (file === "-") return process.stdin;
  const { open } = await import("node:fs/promises");
  try {
    const handle = await open(file);
    if ((await handle.stat()).isDirectory()) {
      await handle.close();
      throw new Error("a folder");
    }
    return handle.createReadStream();
  } catch (cause) {
    throw new TocsinError("INPUT_MISSING", `${file} cannot be read`, { cause });
  }
}

/** The lines of a text in bytes; of a line over `charsMax` only one character more than that is kept. */
export async function* boundedLines(chunks: AsyncIterable<Uint8Array>, charsMax: number): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let line = "";
  for await (const chunk of chunks) {
    const parts = decoder.decode(chunk, { stream: true }).split("\n");
    const last = parts.pop() ?? "";
    for (const part of parts) {
      yield (line + part).replace(/\r$/, "");
      line = "";
    }
    if (line.length <= charsMax) line = (line + last).slice(0, charsMax + 1);
  }
  line += decoder.decode();
  if (line !== "") yield line;
}

/** The first line of `file` (`-`: standard input), without its end: a passphrase or a ticket. */
export async function readFirstLine(file: string): Promise<string> {
  const text = await readInput(file, limits.apiLineBytesMax);
  return text.split(/\r?\n/, 1)[0] ?? "";
}

/**
 * The text of a post: the operand (`-`: standard input), --body-file, else, where a text is `needed`, what a person
 * writes in the editor. Throws USAGE where nobody can be asked.
 */
export async function bodyText(
  call: Invocation,
  given: { operand: string | undefined; file: string | undefined; needed: boolean },
): Promise<string | undefined> {
  const { operand, file, needed } = given;
  if (operand !== undefined && file !== undefined) throw usage("TEXT and --body-file are both given");
  const source = operand === "-" ? operand : file;
  const text =
    source !== undefined
      ? // A character has at most four bytes; what is too long is refused by the daemon with the exact bound.
        (await readInput(source, 8 * limits.textCharsMax)).trimEnd()
      : (operand ?? (needed ? await written(call) : undefined));
  if (text === undefined || text.trim() !== "") return text;
  throw usage("the text is empty");
}

async function written(call: Invocation): Promise<string> {
  if (!call.mayAsk) throw usage("TEXT is missing");
  const { askEditor } = await import("./prompt.ts");
  return (await askEditor(call.env)).trimEnd();
}
