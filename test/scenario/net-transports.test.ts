// Every way in which a node may be dialled, on loopback: TCP and WebSocket, plain and under TLS, over IPv4 and IPv6, and
// through a proxy that knows CONNECT and nothing else.

import { createServer } from "node:http";
import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import type { NetOptions } from "../../src/net/net.ts";
import { useProxy } from "../../src/node/proxy.ts";
import { contactOf, toyCircle } from "../help/fake-host.ts";
import { type TestNode, introduce, isLinked, postAndPush, startTestNode } from "../help/nets.ts";
import { testTls } from "../help/tls-pair.ts";

const circle = toyCircle("inner");
const patient = { timeout: 20_000, interval: 20 };
const bothLinked = (left: TestNode, right: TestNode) => (): boolean => isLinked(left, right) && isLinked(right, left);
const trusted = getCACertificates("default");
afterEach(() => setDefaultCACertificates(trusted));

/** A node that listens so, and one that listens nowhere and has to dial it; each gets what the other posts. */
async function meet(options: Partial<NetOptions>): Promise<readonly string[]> {
  await using acme = await startTestNode("acme", options);
  await using borealis = await startTestNode("borealis", { listen: [] });
  introduce([acme, borealis]);
  await expect.poll(bothLinked(acme, borealis), patient).toBe(true);
  postAndPush(acme, circle, 20, 20_000);
  postAndPush(borealis, circle, 20, 20_000);
  await expect.poll(() => acme.host.total(circle) + borealis.host.total(circle), patient).toBe(80);
  return acme.net.addresses();
}

describe("a node is reached", () => {
  it.each([
    ["/ip4/127.0.0.1/tcp/0", /^\/ip4\/127\.0\.0\.1\/tcp\/\d+$/],
    ["/ip6/::1/tcp/0", /^\/ip6\/::1\/tcp\/\d+$/],
    ["/ip4/127.0.0.1/tcp/0/ws", /^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/ws$/],
    ["/ip6/::1/tcp/0/ws", /^\/ip6\/::1\/tcp\/\d+\/ws$/],
  ])("at %s", async (listen, told) => {
    expect(await meet({ listen: [listen] })).toEqual([expect.stringMatching(told)]);
  });

  it("at /tls/ws with a key and a certificate of its own, and not by whoever does not trust it", async () => {
    const listen = ["/ip4/127.0.0.1/tcp/0/tls/ws"];
    {
      await using acme = await startTestNode("acme", { listen, tls: testTls });
      await using borealis = await startTestNode("borealis", { listen: [] });
      introduce([acme, borealis]);
      await expect.poll(() => borealis.net.links()[0]?.lastError, patient).toBe("no answer from its WebSocket");
    }
    setDefaultCACertificates([...trusted, testTls.cert]);
    expect(await meet({ listen, tls: testTls })).toEqual([
      expect.stringMatching(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+\/tls\/ws$/),
    ]);
  });

  it("by a name that it announces, and is told to nobody by what it listens on", async () => {
    await using acme = await startTestNode("acme", { listen: ["/ip4/127.0.0.1/tcp/0"] });
    const port = acme.net.addresses()[0]?.split("/")[4] ?? "";
    await using borealis = await startTestNode("borealis", { announce: [`/dns4/localhost/tcp/${port}`] });
    expect(borealis.net.addresses()).toEqual([`/dns4/localhost/tcp/${port}`]);
    const addresses = [`/dns4/localhost/tcp/${port}`];
    for (const node of [acme, borealis]) node.host.joinCircle(circle);
    acme.net.setContacts([{ ...contactOf(borealis.host, borealis.net, [circle]), addresses: [] }]);
    borealis.net.setContacts([{ ...contactOf(acme.host, acme.net, [circle]), addresses }]);
    await expect.poll(bothLinked(acme, borealis), patient).toBe(true);
  });

  it.each(["/ws", "/tls/ws"])("at %s through a proxy that only knows CONNECT", async (transport) => {
    await using proxy = await connectProxy();
    const undo = useProxy(`http://127.0.0.1:${proxy.port}`);
    setDefaultCACertificates([...trusted, testTls.cert]);
    try {
      const [address = ""] = await meet({ listen: [`/ip4/127.0.0.1/tcp/0${transport}`], tls: testTls });
      expect(proxy.asked).toContain(`127.0.0.1:${address.split("/")[4]}`);
    } finally {
      undo();
    }
  });
});

/** Passes on what it is asked to CONNECT to, and refuses everything else. */
async function connectProxy(): Promise<{ port: number; asked: string[] } & AsyncDisposable> {
  const asked: string[] = [];
  const sockets = new Set<Duplex>();
  const server = createServer((_, response) => void response.writeHead(405).end());
  server.on("connect", ({ url = "" }, client, head) => {
    asked.push(url);
    const [host = "", port = ""] = url.split(":");
    const far = connect(Number(port), host, () => {
      client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      far.write(head);
      far.pipe(client).pipe(far);
    });
    for (const socket of [far, client]) {
      sockets.add(socket);
      socket.on("error", () => [far, client].forEach((one) => one.destroy()));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const bound = server.address();
  return {
    port: typeof bound === "object" && bound ? bound.port : 0,
    asked,
    [Symbol.asyncDispose]: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
}
