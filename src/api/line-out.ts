// The writing side of one client's socket: back-pressure, and an end for clients that do not read.

import type { Socket } from "node:net";
import { TocsinError } from "../base/errors.ts";
import { lineWriter } from "./lines.ts";
import { RPC_CODES, rpcErrorOf } from "./problem.ts";

export type RequestId = string | number | null;

export type LineOut = {
  /**
   * Writes a line once the client took what came before; false where it is gone. A client that takes nothing for the
   * time allowed is cut with QUEUE_FULL, which names `cursor` so that it can go on from there.
   */
  readonly send: (line: string, cursor?: string) => Promise<boolean>;
  /** Ends the conversation with a last word. */
  readonly cut: (error: TocsinError) => void;
  /** From then on the socket closes when the client has read the last word, or by itself a while later. */
  readonly isCut: () => boolean;
};

/** `cutOff` is called once where `cut` ends the conversation. */
export function lineOut(socket: Socket, stallMs: number, cutOff: (error: TocsinError) => void): LineOut {
  const writer = lineWriter(socket);
  let isCut = false;
  const cut = (error: TocsinError): void => {
    if (isCut || socket.writableEnded) return;
    isCut = true;
    socket.end(`${failureLine(null, error)}\n`);
    // Whoever never reads the last word either is dropped: what it left unread is memory of ours.
    setTimeout(() => socket.destroy(), stallMs).unref();
    writer.giveUp();
    // What it still sends is thrown away: a reset would destroy the last word on its way.
    socket.resume();
    cutOff(error);
  };
  return {
    cut,
    isCut: () => isCut,
    send: async (line, cursor) => {
      const slow = setTimeout(() => {
        cut(new TocsinError("QUEUE_FULL", "the client reads too slowly", { details: cursor ? { cursor } : {} }));
      }, stallMs);
      try {
        return await writer.write(line);
      } finally {
        clearTimeout(slow);
      }
    },
  };
}

/** The JSON-RPC answer for a request that failed; `id` is null where none could be read. */
export function failureLine(id: RequestId, error: TocsinError, code: number = RPC_CODES.refused): string {
  return JSON.stringify({ jsonrpc: "2.0", id, error: rpcErrorOf(error, code) });
}
