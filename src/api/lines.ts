// JSON-RPC framing shared by both ends of the local API: one JSON text a line, no line longer than the bound.
// Light to import; it must never interpret a message.

import type { Socket } from "node:net";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";

/**
 * The non-empty lines that arrive at `socket` until its other end closes; the socket is read no faster than they are
 * consumed. Throws LIMIT_EXCEEDED at a line over `limits.apiLineBytesMax`, and what the socket fails with.
 */
export async function* linesOf(socket: Socket): AsyncGenerator<string, void, void> {
  socket.setEncoding("utf8");
  let parts: string[] = [];
  let length = 0;
  for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<string>) {
    let start = 0;
    for (let end = chunk.indexOf("\n"); end !== -1; end = chunk.indexOf("\n", start)) {
      parts.push(chunk.slice(start, end));
      const line = parts.join("").trim();
      parts = [];
      length = 0;
      start = end + 1;
      if (line !== "") yield line;
    }
    if (start === chunk.length) continue;
    parts.push(chunk.slice(start));
    length += chunk.length - start;
    // Characters are at most bytes, so memory stays bounded whatever the text.
    if (length > limits.apiLineBytesMax) {
      throw new TocsinError("LIMIT_EXCEEDED", `line of more than ${limits.apiLineBytesMax} bytes`);
    }
  }
}

export type LineWriter = {
  /** Writes one message and waits until the socket takes more; `false` where it is closed or given up. */
  readonly write: (line: string) => Promise<boolean>;
  /** Nobody waits for the socket any more. */
  readonly giveUp: () => void;
};

/** The only writer of lines to `socket`: all who wait for it wait together. */
export function lineWriter(socket: Socket): LineWriter {
  let waiting: { readonly promise: Promise<boolean>; readonly resolve: (taken: boolean) => void } | undefined;
  const settle = (taken: boolean): void => {
    waiting?.resolve(taken);
    waiting = undefined;
  };
  socket.on("drain", () => settle(true)).on("close", () => settle(false));
  return {
    giveUp: () => settle(false),
    write: (line) => {
      if (socket.destroyed || socket.writableEnded) return Promise.resolve(false);
      if (socket.write(`${line}\n`)) return Promise.resolve(true);
      waiting ??= Promise.withResolvers<boolean>();
      return waiting.promise;
    },
  };
}
