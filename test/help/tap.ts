// A listening wire: passes TCP connections on to a port and keeps every byte that crosses, both ways.

import { createConnection, createServer, type Socket } from "node:net";

export type Tap = AsyncDisposable & {
  readonly port: number;
  /** Everything so far, both directions, in the order seen. */
  readonly captured: () => Uint8Array;
};

/** Bounded: a test that moves more than this through a tap fails. */
const CAPTURE_BYTES_MAX = 128 * 1024 * 1024;

export async function openTap(target: number): Promise<Tap> {
  const chunks: Uint8Array[] = [];
  const sockets = new Set<Socket>();
  let size = 0;
  const keep = (chunk: Uint8Array): void => {
    size += chunk.length;
    if (size > CAPTURE_BYTES_MAX) throw new Error("the tap is full");
    chunks.push(chunk);
  };
  const server = createServer((near) => {
    const far = createConnection({ port: target, host: "127.0.0.1" });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on("data", keep).pipe(to);
      from
        .on("error", () => to.destroy())
        .on("close", () => {
          sockets.delete(from);
          to.destroy();
        });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("no port");
  return {
    port: bound.port,
    captured: () => Buffer.concat(chunks),
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
