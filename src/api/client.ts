// The client of the local API: typed calls and notifications over the daemon's unix socket. A door of its own, light to
// import (every command pays for it); it must never import zod, the store or the network.

import { createConnection, type Socket } from "node:net";
import { TocsinError } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import { lineWriter, linesOf } from "./lines.ts";
import { errorFrom } from "./problem.ts";
import { checkSocketFolder } from "./socket-path.ts";
import { API_PROTOCOL, type Method, type Methods, type Notification, type RpcError } from "./methods.ts";

export type Client = {
  /**
   * One request and its answer. Throws the TocsinError that the daemon answered, DAEMON_NOT_RUNNING where the
   * connection ends first, LIMIT_EXCEEDED for a request over one line, and CANCELLED (or the TocsinError that is the
   * signal's reason) on abort: the daemon may still complete an aborted call.
   */
  readonly call: <M extends Method>(
    method: M,
    params: Methods[M]["params"],
    options?: { signal?: AbortSignal },
  ) => Promise<Methods[M]["result"]>;
  /**
   * What the daemon sends to our subscriptions, in order, for one reader. Ends after `close`; throws
   * DAEMON_NOT_RUNNING where the connection was lost and QUEUE_FULL (`details.cursor`) where we read too slowly.
   */
  readonly notifications: () => AsyncIterable<Notification>;
  /** Ends the connection; pending calls are rejected with CANCELLED. */
  readonly close: () => Promise<void>;
  /** Resolves when the connection is gone for whatever reason; never rejects. */
  readonly closed: Promise<void>;
};

type Pending = { readonly resolve: (result: unknown) => void; readonly reject: (cause: TocsinError) => void };
type Incoming = { id?: number | null; result?: unknown; error?: RpcError; method?: string; params?: unknown };

/**
 * Connects and says hello as `client` (name and version, for the log). Throws DAEMON_NOT_RUNNING where nobody answers
 * within `limits.apiHelloTimeoutMs`, DAEMON_VERSION for a daemon of another protocol, CONFIG_INVALID where somebody
 * else may have put the socket there.
 */
export async function connect(
  socketPath: string,
  options: { client: string; token?: string; signal?: AbortSignal },
): Promise<Client> {
  const { token } = options;
  checkSocketFolder(socketPath, { foreign: token !== undefined });
  const hello = AbortSignal.timeout(limits.apiHelloTimeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, hello]) : hello;
  const socket = await dial(socketPath, signal);
  const client = clientOver(socket);
  try {
    await client.call(
      "hello",
      { client: options.client, protocol: API_PROTOCOL, ...(token === undefined ? {} : { token }) },
      { signal },
    );
  } catch (cause) {
    await client.close();
    if (hello.aborted) throw new TocsinError("DAEMON_NOT_RUNNING", "the daemon does not answer", { cause });
    throw cause;
  }
  return client;
}

async function dial(socketPath: string, signal: AbortSignal): Promise<Socket> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = createConnection(socketPath, resolve);
  socket.once("error", reject);
  const abort = (): void => reject(stopped(signal));
  signal.addEventListener("abort", abort);
  try {
    await promise;
  } catch (cause) {
    socket.destroy();
    if (cause instanceof TocsinError) throw cause;
    throw new TocsinError("DAEMON_NOT_RUNNING", "the daemon is not running", { cause });
  } finally {
    signal.removeEventListener("abort", abort);
    socket.off("error", reject);
  }
  return socket;
}

function clientOver(socket: Socket): Client {
  const writer = lineWriter(socket);
  const pending = new Map<number, Pending>();
  const queue: Notification[] = [];
  const end: { closing: boolean; failure?: TocsinError } = { closing: false };
  const wake: { reader?: () => void; taker?: () => void } = {};
  let lastId = 0;

  const receive = (message: Incoming): void => {
    if (message.method !== undefined) {
      // The daemon and this client are one build: the table of methods is the only check.
      queue.push(message as Notification);
      wake.taker?.();
    } else if (typeof message.id === "number") {
      const waiting = pending.get(message.id);
      pending.delete(message.id);
      if (message.error) waiting?.reject(refusal(message.error));
      else waiting?.resolve(message.result);
    } else if (message.error) {
      throw refusal(message.error);
    }
  };

  const read = async (): Promise<void> => {
    for await (const line of linesOf(socket)) {
      receive(parse(line));
      // A reader that is behind stalls the daemon, except while it waits for an answer from there.
      while (!end.closing && queue.length >= limits.apiNotificationsMax && pending.size === 0) {
        await new Promise<void>((resolve) => (wake.reader = resolve));
      }
      if (queue.length >= 4 * limits.apiNotificationsMax) {
        throw new TocsinError("QUEUE_FULL", "notifications arrive faster than they are read");
      }
    }
    throw new TocsinError("DAEMON_NOT_RUNNING", "the daemon closed the connection");
  };

  const finish = (cause: unknown): void => {
    if (!end.closing) end.failure = cause instanceof TocsinError ? cause : lost(cause);
    end.closing = true;
    socket.destroy();
    const why = end.failure ?? new TocsinError("CANCELLED", "the connection was closed");
    for (const waiting of pending.values()) waiting.reject(why);
    pending.clear();
    wake.taker?.();
  };
  // A reset is reported by the loop below; without a listener it would end the process.
  socket.on("error", () => undefined);
  const closed = read().catch(finish);

  return {
    closed,
    call: async (method, params, { signal } = {}) => {
      if (signal?.aborted) throw stopped(signal);
      if (end.closing) throw end.failure ?? new TocsinError("CANCELLED", "the connection was closed");
      const id = ++lastId;
      const line = JSON.stringify({ jsonrpc: "2.0", id, method, params });
      if (line.length >= limits.apiLineBytesMax) {
        throw new TocsinError("LIMIT_EXCEEDED", `request of more than ${limits.apiLineBytesMax} bytes`);
      }
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      pending.set(id, { resolve, reject });
      wake.reader?.();
      const abort = (): void => {
        pending.delete(id);
        if (signal) reject(stopped(signal));
      };
      signal?.addEventListener("abort", abort);
      try {
        await Promise.race([writer.write(line), promise]);
        return (await promise) as Methods[typeof method]["result"];
      } finally {
        signal?.removeEventListener("abort", abort);
      }
    },
    notifications: async function* () {
      while (true) {
        for (let next = queue.shift(); next; next = queue.shift()) {
          wake.reader?.();
          yield next;
        }
        if (end.failure) throw end.failure;
        if (end.closing) return;
        await new Promise<void>((resolve) => (wake.taker = resolve));
      }
    },
    close: async () => {
      end.closing = true;
      socket.destroy();
      wake.reader?.();
      wake.taker?.();
      await closed;
    },
  };
}

function parse(line: string): Incoming {
  try {
    return JSON.parse(line) as Incoming;
  } catch (cause) {
    throw new TocsinError("DAEMON_VERSION", "the daemon answered something else than JSON", { cause });
  }
}

function refusal({ message, data }: RpcError): TocsinError {
  return errorFrom({ ...data, message });
}

function lost(cause: unknown): TocsinError {
  return new TocsinError("DAEMON_NOT_RUNNING", "the connection to the daemon was lost", { cause });
}

function stopped(signal: AbortSignal): TocsinError {
  if (signal.reason instanceof TocsinError) return signal.reason;
  return new TocsinError("CANCELLED", "the call was cancelled", { cause: signal.reason });
}
