// The local API over a real unix socket: both ends of it, and clients that misbehave.

import type { Desk } from "../../src/api/desk.ts";
import { openToAll, owner } from "../help/callers.ts";
import { once } from "node:events";
import { chmod, mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { createConnection, createServer, type Socket } from "node:net";
import { dirname } from "node:path";
import { describe, expect, test } from "vitest";
import { connect } from "../../src/api/client.ts";
import { serveApi, type FeedEvent, type Routes } from "../../src/api/server.ts";
import { limits } from "../../src/base/limits.ts";
import { TocsinError } from "../../src/base/errors.ts";
import { fakeItem } from "../help/fake-daemon.ts";
import { errorOf, refusalOf } from "../help/refusal.ts";
import { tempDir } from "../help/temp-dir.ts";

type Door = AsyncDisposable & { readonly path: string; readonly aborted: string[]; readonly pulled: () => number };

/** A door whose only routes are those that the tests ask for; its feed is endless. */
async function openDoor(
  folder: string,
  options: { stallMs?: number; callerBy?: Desk["callerBy"] } = {},
): Promise<Door> {
  const path = `${folder}/run/daemon.sock`;
  const aborted: string[] = [];
  let pulled = 0;
  async function* endless(signal: AbortSignal): AsyncGenerator<FeedEvent> {
    const text = "x".repeat(4_000);
    try {
      while (!signal.aborted) yield { kind: "item", item: fakeItem(++pulled, { text }) };
    } finally {
      aborted.push("feed");
    }
  }
  const routes = {
    "org.show": async () => Promise.reject(new Error("a bug of ours")),
    "circle.list": async () => ({ schema: "tocsin.circles/1", circles: [] }),
    "circle.show": async () => {
      throw new TocsinError("CIRCLE_UNKNOWN", "no such circle", { details: { circle: "x" } });
    },
    "invite.list": async () => ({ schema: "tocsin.invites/1", invites: "x".repeat(limits.apiLineBytesMax) }),
    // Waits for as long as the client does.
    "join.preview": async (_params: unknown, { signal }: { signal: AbortSignal }) => {
      await once(signal, "abort");
      aborted.push("join");
      throw new TocsinError("CANCELLED", "given up");
    },
  } as unknown as Routes;
  const server = await serveApi({
    socketPath: path,
    routes,
    subscribe: async (_params, { signal }) => ({ cursor: "c000000", events: endless(signal) }),
    version: "1.2.3",
    org: () => "acme",
    log: () => undefined,
    ...openToAll,
    ...options,
  });
  return { path, aborted, pulled: () => pulled, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** A client that speaks as it likes: raw lines out, parsed lines in. */
async function rawClient(path: string): Promise<{ socket: Socket; heard: Record<string, unknown>[] }> {
  const socket = createConnection(path);
  const heard: Record<string, unknown>[] = [];
  let rest = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    heard.push(...lines.map((line) => JSON.parse(line) as Record<string, unknown>));
  });
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return { socket, heard };
}

const HELLO = `${JSON.stringify({ jsonrpc: "2.0", id: 0, method: "hello", params: { client: "raw", protocol: 1 } })}\n`;
const waitRequest = (id: number): string => `{"jsonrpc":"2.0","id":${id},"method":"join.preview","params":{}}\n`;
const me = { client: "test" };

describe("the door", () => {
  test("lets only its owner in, and leaves nothing behind", async () => {
    await using folder = await tempDir();
    {
      await using door = await openDoor(folder.path);
      expect((await stat(dirname(door.path))).mode & 0o777).toBe(0o700);
      expect((await stat(door.path)).mode & 0o777).toBe(0o600);
    }
    expect(await readdir(folder.at("run"))).toEqual([]);
  });

  test("is not opened in a folder that others may enter", async () => {
    await using folder = await tempDir();
    await mkdir(folder.at("run"));
    await chmod(folder.at("run"), 0o755);
    expect(await refusalOf(() => openDoor(folder.path))).toBe("CONFIG_INVALID");
  });

  test("a client does not speak to a socket that others may have put there", async () => {
    await using folder = await tempDir();
    await using door = await openDoor(folder.path);
    await chmod(folder.at("run"), 0o777);
    expect(await refusalOf(() => connect(door.path, me))).toBe("CONFIG_INVALID");
  });

  test("refuses a second daemon and leaves the first one alone", async () => {
    await using folder = await tempDir();
    await using door = await openDoor(folder.path);
    expect(await refusalOf(() => openDoor(folder.path))).toBe("DAEMON_RUNNING");
    const client = await connect(door.path, me);
    expect(await client.call("circle.list", {})).toMatchObject({ circles: [] });
    await client.close();
  });

  test("takes the place of the socket that a dead daemon left", async () => {
    await using folder = await tempDir();
    await mkdir(folder.at("run"), { mode: 0o700 });
    const dead = createServer().listen(folder.at("run/left"));
    await once(dead, "listening");
    const { link } = await import("node:fs/promises");
    await link(folder.at("run/left"), folder.at("run/daemon.sock"));
    dead.close();
    await using door = await openDoor(folder.path);
    await (await connect(door.path, me)).close();
  });

  test("does not remove a file that is no socket", async () => {
    await using folder = await tempDir();
    await mkdir(folder.at("run"), { mode: 0o700 });
    await writeFile(folder.at("run/daemon.sock"), "precious");
    expect(await refusalOf(() => openDoor(folder.path))).toBe("CONFIG_INVALID");
    expect((await stat(folder.at("run/daemon.sock"))).size).toBe(8);
  });

  test("a path longer than a socket's may be is a clear error", async () => {
    await using folder = await tempDir();
    const error = await errorOf(() => openDoor(folder.at("d".repeat(120))));
    expect(error).toMatchObject({ code: "CONFIG_INVALID", message: "socket path of more than 103 bytes" });
  });

  test("serves no more clients than its bound, and says so", async () => {
    await using folder = await tempDir();
    await using door = await openDoor(folder.path);
    const clients = await Promise.all(Array.from({ length: limits.apiClientsMax }, () => connect(door.path, me)));
    expect(await refusalOf(() => connect(door.path, me))).toBe("QUEUE_FULL");
    await clients[0]?.close();
    await expect.poll(() => refusalOf(async () => (await connect(door.path, me)).close())).toBeUndefined();
    await Promise.all(clients.map((client) => client.close()));
  });
});

describe("a client", () => {
  test("without a daemon is told so", async () => {
    await using folder = await tempDir();
    expect(await refusalOf(() => connect(folder.at("run/daemon.sock"), me))).toBe("DAEMON_NOT_RUNNING");
  });

  test("gets refusals as they were thrown, with their details", async () => {
    await using folder = await tempDir();
    await using door = await openDoor(folder.path);
    const client = await connect(door.path, me);
    const error = await errorOf(() => client.call("circle.show", { circle: "x" }));
    expect(error).toMatchObject({ code: "CIRCLE_UNKNOWN", message: "no such circle", details: { circle: "x" } });
    expect(await refusalOf(() => client.call("org.show", {}))).toBe("INTERNAL");
    expect(await refusalOf(() => client.call("peer.list", {}))).toBe("DAEMON_VERSION");
    expect(await refusalOf(() => client.call("invite.list", {}))).toBe("LIMIT_EXCEEDED");
    const ticket = "x".repeat(limits.apiLineBytesMax);
    expect(await refusalOf(() => client.call("join.accept", { ticket, timeoutMs: 1 }))).toBe("LIMIT_EXCEEDED");
    await client.close();
  });

  test("that gives up a call is told at once and can go on", async () => {
    await using folder = await tempDir();
    await using door = await openDoor(folder.path);
    const client = await connect(door.path, me);
    const stop = new AbortController();
    const waiting = client.call("join.preview", { ticket: "x", timeoutMs: 1 }, { signal: stop.signal });
    stop.abort();
    expect(await refusalOf(() => waiting)).toBe("CANCELLED");
    expect(await client.call("circle.list", {})).toMatchObject({ circles: [] });
    await client.close();
    await expect.poll(() => door.aborted).toEqual(["join"]);
  });

  test("whose daemon stops hears of it in its calls, its notifications and `closed`", async () => {
    await using folder = await tempDir();
    const door = await openDoor(folder.path);
    const client = await connect(door.path, me);
    const call = refusalOf(() => client.call("join.preview", { ticket: "x", timeoutMs: 1 }));
    await expect.poll(async () => (await client.call("circle.list", {})).circles).toEqual([]);
    await door[Symbol.asyncDispose]();
    expect(["CANCELLED", "DAEMON_NOT_RUNNING"]).toContain(await call);
    await client.closed;
    expect(await refusalOf(() => Array.fromAsync(client.notifications()))).toBe("DAEMON_NOT_RUNNING");
  });

  test("reads a feed at its own pace and leaves it", async () => {
    await using folder = await tempDir();
    await using door = await openDoor(folder.path);
    const client = await connect(door.path, me);
    const { subscription } = await client.call("subscribe", {});
    const numbers: string[] = [];
    for await (const { method, params } of client.notifications()) {
      if (method === "item") numbers.push(params.item.cursor);
      if (numbers.length === 1_000) break;
    }
    expect(numbers).toEqual(Array.from({ length: 1_000 }, (_, index) => fakeItem(index + 1).cursor));
    expect(await client.call("unsubscribe", { subscription })).toEqual({});
    expect(await refusalOf(() => client.call("unsubscribe", { subscription }))).toBe("NOT_FOUND");
    await expect.poll(() => door.aborted).toEqual(["feed"]);
    await client.close();
  });

  test("may open so many feeds and no more", async () => {
    await using folder = await tempDir();
    await using door = await openDoor(folder.path);
    const client = await connect(door.path, me);
    for (let count = 0; count < limits.apiSubscriptionsMax; count++) await client.call("subscribe", {});
    expect(await refusalOf(() => client.call("subscribe", {}))).toBe("LIMIT_EXCEEDED");
    await client.close();
  });
});

describe("a bad client", () => {
  test.each([
    ["{", -32_700, "INPUT_INVALID"],
    ["[]", -32_700, "INPUT_INVALID"],
    ["[".repeat(100_000), -32_700, "INPUT_INVALID"],
    ['{"id":1,"method":"status"}', -32_600, "INPUT_INVALID"],
    ['{"jsonrpc":"2.0","method":"status"}', -32_600, "INPUT_INVALID"],
    ['{"jsonrpc":"2.0","id":{},"method":"status"}', -32_600, "INPUT_INVALID"],
    ['{"jsonrpc":"2.0","id":1}', -32_600, "INPUT_INVALID"],
    ['{"jsonrpc":"2.0","id":1,"method":"__proto__"}', -32_601, "DAEMON_VERSION"],
    ['{"jsonrpc":"2.0","id":1,"method":"circle.list"}', -32_000, "DAEMON_VERSION"],
    ['{"jsonrpc":"2.0","id":1,"method":"hello","params":{"client":"x","protocol":9}}', -32_000, "DAEMON_VERSION"],
    ['{"jsonrpc":"2.0","id":1,"method":"hello","params":[]}', -32_000, "INPUT_INVALID"],
  ])("that sends %.60s is answered", async (line, code, reason) => {
    await using folder = await tempDir();
    await using door = await openDoor(folder.path);
    const { socket, heard } = await rawClient(door.path);
    socket.write(`${line}\n${HELLO}`);
    await expect.poll(() => heard.length).toBe(2);
    expect(heard[0]).toMatchObject({ error: { code, data: { reason } } });
    expect(heard[1]).toMatchObject({ id: 0, result: { version: "1.2.3", org: "acme" } });
    socket.destroy();
  });

  test("R76: a feed ends with the token that it was opened by, and nobody becomes the owner by greeting again", async () => {
    await using folder = await tempDir();
    let isRevoked = false;
    await using door = await openDoor(folder.path, {
      callerBy: () => {
        if (isRevoked) throw new TocsinError("TOKEN_REFUSED", "revoked");
        return owner;
      },
    });
    const client = await connect(door.path, { ...me, token: "TOCSINTOKEN1:X" });
    expect(await refusalOf(() => client.call("hello", { client: "x", protocol: 1 }))).toBe("DAEMON_VERSION");
    await client.call("subscribe", {});
    const feed = client.notifications()[Symbol.asyncIterator]();
    expect((await feed.next()).value).toMatchObject({ method: "item" });
    isRevoked = true;
    const rest = async (): Promise<void> => {
      while (!(await feed.next()).done) continue;
    };
    expect(await refusalOf(rest)).toBe("TOKEN_REFUSED");
    await client.close();
  });

  test("with a line over the bound is cut, and others notice nothing", async () => {
    await using folder = await tempDir();
    await using door = await openDoor(folder.path);
    const good = await connect(door.path, me);
    const { socket, heard } = await rawClient(door.path);
    socket.write("x".repeat(limits.apiLineBytesMax + 70_000));
    await expect.poll(() => socket.closed).toBe(true);
    expect(heard[0]).toMatchObject({ id: null, error: { data: { reason: "LIMIT_EXCEEDED" } } });
    expect(await good.call("circle.list", {})).toMatchObject({ circles: [] });
    await good.close();
  });

  test("that never reads is not fed without end, and is cut with its cursor", async () => {
    await using folder = await tempDir();
    await using door = await openDoor(folder.path, { stallMs: 150 });
    const { socket, heard } = await rawClient(door.path);
    socket.write(`${HELLO}{"jsonrpc":"2.0","id":1,"method":"subscribe","params":{}}\n`);
    await expect.poll(() => heard.length).toBeGreaterThan(2);
    socket.pause();
    await expect.poll(() => door.aborted).toEqual(["feed"]);
    // No more than what the two sockets buffer.
    expect(door.pulled()).toBeLessThan(5_000);
    socket.resume();
    const last = (): unknown => heard.at(-1)?.["error"];
    await expect
      .poll(last)
      .toMatchObject({ data: { reason: "QUEUE_FULL", cursor: expect.stringMatching(/^c\d+$/) as string } });
    socket.destroy();
  });

  test("that asks more than it may have in work is refused the rest, and let go of when it leaves", async () => {
    await using folder = await tempDir();
    await using door = await openDoor(folder.path);
    const { socket, heard } = await rawClient(door.path);
    socket.write(HELLO + Array.from({ length: limits.apiPendingMax }, (_, id) => waitRequest(id + 1)).join(""));
    socket.write('{"jsonrpc":"2.0","id":99,"method":"circle.list","params":{}}\n');
    const good = await connect(door.path, me);
    expect(await good.call("circle.list", {})).toMatchObject({ circles: [] });
    await expect.poll(() => heard.map(({ id }) => id)).toEqual([0, 99]);
    expect(heard[1]).toMatchObject({ error: { data: { reason: "QUEUE_FULL", retryable: true } } });
    await good.close();
    socket.destroy();
    await expect.poll(() => door.aborted.length).toBe(limits.apiPendingMax);
  });

  test("that ends its side first still gets the answer", async () => {
    await using folder = await tempDir();
    await using door = await openDoor(folder.path);
    const { socket, heard } = await rawClient(door.path);
    socket.end(`${HELLO}{"jsonrpc":"2.0","id":1,"method":"circle.list","params":{}}\n`);
    await once(socket, "close");
    expect(heard.map(({ id }) => id)).toEqual([0, 1]);
  });
});

test("a daemon that accepts but never answers is reported, not waited for without end", async () => {
  await using folder = await tempDir();
  await mkdir(folder.at("run"), { mode: 0o700 });
  const silent = createServer().listen(folder.at("run/daemon.sock"));
  await once(silent, "listening");
  const signal = AbortSignal.timeout(100);
  expect(await refusalOf(() => connect(folder.at("run/daemon.sock"), { ...me, signal }))).toBe("CANCELLED");
  silent.close();
  await rm(folder.at("run"), { recursive: true });
});
