// One client of the local API: reads its requests and answers every one, in work at the same time up to a bound.
// Whatever a client sends or fails to read, it must only ever hurt itself.

import type { Socket } from "node:net";
import { asTocsinError, TocsinError } from "../base/errors.ts";
import { nameOf, placeOf } from "../base/events.ts";
import { limits } from "../base/limits.ts";
import type { Caller } from "../seat/seat.ts";
import type { Desk, RoutedMethod, Routes } from "./desk.ts";
import { failureLine, lineOut, type RequestId } from "./line-out.ts";
import { linesOf } from "./lines.ts";
import { API_PROTOCOL } from "./methods.ts";
import { RPC_CODES } from "./problem.ts";
import { subscriptionsOf } from "./subscriptions.ts";

type Reply = { readonly result: unknown; readonly start?: () => void };

/** Serves one client until it leaves, is cut, or `stop` aborts; requests in work are answered first. Never rejects. */
export async function converse(socket: Socket, desk: Desk, stop: AbortSignal): Promise<void> {
  const gone = new AbortController();
  const out = lineOut(socket, desk.stallMs, (error) => gone.abort(error));
  const subscriptions = subscriptionsOf(desk.subscribe, out, gone.signal);
  const inWork = new Set<Promise<void>>();
  let greeted = false;
  let token: string | undefined;
  const who = (): Caller => desk.callerBy(token);

  const hello = ({ protocol, client, token: shown }: Record<string, unknown>): Reply => {
    if (protocol !== API_PROTOCOL) {
      throw new TocsinError("DAEMON_VERSION", `the daemon speaks protocol ${API_PROTOCOL}`);
    }
    // Who greets again without its token must not become the owner.
    if (greeted) throw new TocsinError("DAEMON_VERSION", "hello is said once");
    token = shown === undefined ? undefined : tokenText(shown);
    who();
    greeted = true;
    desk.log("client-connected", { client: typeof client === "string" ? client.slice(0, limits.nameCharsMax) : "" });
    return { result: { version: desk.version, protocol: API_PROTOCOL, pid: process.pid, org: desk.org() } };
  };

  const reply = async (method: keyof typeof own | RoutedMethod, params: unknown): Promise<Reply> => {
    if (method === "hello") return hello(fieldsOf(params));
    if (!greeted) throw new TocsinError("DAEMON_VERSION", "the first request must be hello");
    if (method === "subscribe") {
      const admit = async (): Promise<unknown> => desk.gate("subscribe", params, who());
      return await subscriptions.open({ params: await admit(), admit, caller: who() });
    }
    if (method === "unsubscribe") {
      subscriptions.end(fieldsOf(params)["subscription"]);
      return { result: {} };
    }
    const caller = who();
    const admitted = await desk.gate(method, params, caller);
    return { result: await desk.routes[method](admitted, { signal: gone.signal, caller }) };
  };

  const answer = async (line: string, busy: boolean): Promise<void> => {
    let id: RequestId = null;
    // The code of a failure tells how far the request came.
    let code: number = RPC_CODES.parse;
    try {
      const request = fieldsOf(parseJson(line));
      code = RPC_CODES.request;
      id = idOf(request);
      const method = methodOf(request);
      code = RPC_CODES.method;
      if (!isKnown(desk.routes, method)) throw new TocsinError("DAEMON_VERSION", "the daemon has no such method");
      code = RPC_CODES.refused;
      if (busy) throw new TocsinError("QUEUE_FULL", `more than ${limits.apiPendingMax} requests in work`);
      const { result, start } = await reply(method, request["params"] ?? {});
      const text = JSON.stringify({ jsonrpc: "2.0", id, result });
      if (text.length >= limits.apiLineBytesMax) {
        throw new TocsinError("LIMIT_EXCEEDED", `answer of more than ${limits.apiLineBytesMax} bytes`);
      }
      if (await out.send(text)) start?.();
    } catch (cause) {
      const error = asTocsinError(cause);
      if (error.code === "INTERNAL")
        desk.log("request-failed", { reason: nameOf(error.cause ?? error), at: placeOf(error.cause ?? error) });
      await out.send(failureLine(id, error, code));
    }
  };

  const read = async (): Promise<void> => {
    for await (const line of linesOf(socket)) {
      // Refused rather than left unread: whoever is gone must be noticed.
      const busy = inWork.size >= limits.apiPendingMax;
      const work: Promise<void> = answer(line, busy).finally(() => inWork.delete(work));
      if (busy) await work;
      else inWork.add(work);
    }
  };

  // A reset ends the loop below; without a listener it would end the process.
  socket.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  const stopped = aborted(stop);
  await Promise.race([read().catch((cause: unknown) => out.cut(asTocsinError(cause))), stopped.promise]);
  stopped.forget();
  gone.abort(new TocsinError("CANCELLED", "the client is gone or the daemon stops"));
  await Promise.all(inWork);
  if (out.isCut()) await closed;
  else socket.destroySoon();
}

const TOKEN_CHARS_MAX = 256;
const own = { hello: true, subscribe: true, unsubscribe: true };

function isKnown(routes: Routes, method: string): method is keyof typeof own | RoutedMethod {
  return Object.hasOwn(own, method) || Object.hasOwn(routes, method);
}

function tokenText(shown: unknown): string {
  if (typeof shown === "string" && shown.length <= TOKEN_CHARS_MAX) return shown;
  throw new TocsinError("TOKEN_REFUSED", "that is no token");
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new TocsinError("INPUT_INVALID", "the line is not JSON", { cause });
  }
}

function fieldsOf(value: unknown): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw new TocsinError("INPUT_INVALID", "a JSON object is expected");
}

function idOf({ jsonrpc, id }: Record<string, unknown>): string | number {
  if (jsonrpc !== "2.0") throw new TocsinError("INPUT_INVALID", 'the request does not say "jsonrpc":"2.0"');
  if (typeof id === "number" || (typeof id === "string" && id.length <= limits.nameCharsMax)) return id;
  throw new TocsinError("INPUT_INVALID", "the request has no id");
}

function methodOf({ method }: Record<string, unknown>): string {
  if (typeof method === "string") return method;
  throw new TocsinError("INPUT_INVALID", "the request has no method");
}

function aborted(signal: AbortSignal): { promise: Promise<void>; forget: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const listener = (): void => resolve();
  if (signal.aborted) resolve();
  signal.addEventListener("abort", listener);
  return { promise, forget: () => signal.removeEventListener("abort", listener) };
}
