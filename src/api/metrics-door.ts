// The door for Prometheus, where the settings name one: HTTP on a loopback address, one page, nothing that changes anything.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { Rooms } from "../node/rooms.ts";
import { watchEventLoop } from "./loop-delay.ts";
import { METRICS_TYPE, presentMetrics } from "./metrics.ts";

const PATH = "/metrics";
const REQUEST_MS = 5_000;

export type MetricsDoor = AsyncDisposable & { readonly port: number };

/**
 * Serves the metrics of a node at `HOST:PORT`, as the settings have it: a loopback address, port 0 for any. Throws LISTEN_FAILED. A page
 * in a browser that gave our address another name is refused by the Host that it asks for.
 */
export async function openMetricsDoor(rooms: Rooms, address: string): Promise<MetricsDoor> {
  const { host, port } = splitAddress(address);
  await using stack = new AsyncDisposableStack();
  const delay = stack.use(watchEventLoop());
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const isOurs =
      URL.parse(`http://${request.headers.host ?? ""}`)?.hostname === URL.parse(`http://${address}`)?.hostname;
    if (!isOurs || request.url !== PATH) return void response.writeHead(404).end();
    if (request.method !== "GET") return void response.writeHead(405).end();
    const text = await presentMetrics(rooms, delay);
    response.writeHead(200, { "content-type": METRICS_TYPE, "cache-control": "no-store" }).end(text);
  };
  const server = createServer(
    { requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS, maxHeaderSize: 8 * 1024 },
    (request, response) => {
      // Whoever asked is told that there is nothing; a node that cannot count itself goes on.
      answer(request, response).catch(() => response.destroy());
    },
  );
  server.maxConnections = limits.metricsClientsMax;
  const { promise: listening, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", (cause) =>
    reject(
      new TocsinError("LISTEN_FAILED", "could not listen for metrics", {
        cause,
        hint: "choose another port for metrics in node.json",
      }),
    ),
  );
  server.listen({ host, port, exclusive: true }, resolve);
  await listening;
  stack.defer(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });
  const bound = server.address() as AddressInfo;
  const owned = stack.move();
  return { port: bound.port, [Symbol.asyncDispose]: async () => owned.disposeAsync() };
}

function splitAddress(address: string): { readonly host: string; readonly port: number } {
  const end = address.lastIndexOf(":");
  return { host: address.slice(0, end).replace(/^\[|\]$/g, ""), port: Number(address.slice(end + 1)) };
}
