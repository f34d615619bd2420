// Joining over a one-time connection: the ticket's key opens the door to one exchange and to nothing else.

import { describe, expect, it } from "vitest";
import { concat, fromUtf8, toHex, utf8 } from "../../src/base/bytes.ts";
import { sha256 } from "../../src/base/digest.ts";
import { TocsinError } from "../../src/base/errors.ts";
import { joinCall } from "../../src/net/join.ts";
import { startNode } from "../../src/net/libp2p.ts";
import { dialTargets, keyOf, peerIdOf } from "../../src/net/addresses.ts";
import { type TicketId, ticketId } from "../../src/record/ids.ts";
import { fromHex } from "../../src/base/bytes.ts";
import { type TestNode, LOOPBACK, seedOf, startTestNode } from "../help/nets.ts";

const ticketSeed = seedOf("ticket");
const soon = (): AbortSignal => AbortSignal.timeout(10_000);
const hashOf = (node: TestNode): Uint8Array => sha256(fromHex(node.net.transport) ?? utf8("")).subarray(0, 16);

/** The public half of a one-time key, as an inviter keeps it. */
async function ticketOf(seed: Uint8Array): Promise<TicketId> {
  const node = await startNode({ seed, listen: [], announce: [], gater: {}, services: {} });
  const key = keyOf(node.peerId);
  await node.stop();
  return ticketId(key ?? utf8(""));
}

describe("a joiner with a ticket", () => {
  it("is answered, and both ends know the same handshake", async () => {
    await using acme = await startTestNode("acme");
    const ticket = await ticketOf(ticketSeed);
    acme.host.onJoin = async (used, message, handshake) => {
      expect(used).toBe(ticket);
      return concat(utf8("welcome "), message, utf8(` ${toHex(handshake.challenge)} ${handshake.responder}`));
    };
    acme.net.setTickets([ticket]);
    const { reply, handshake } = await joinCall({
      ticketSeed,
      addresses: acme.net.addresses(),
      responderHash: hashOf(acme),
      respond: ({ responder }) => utf8(`to ${responder.slice(0, 8)}`),
      signal: soon(),
    });
    expect(handshake.responder).toBe(acme.net.transport);
    const expected = `welcome to ${acme.net.transport.slice(0, 8)} ${toHex(handshake.challenge)} ${acme.net.transport}`;
    expect(fromUtf8(reply)).toBe(expected);
  });

  it("is told the code when the inviter refuses", async () => {
    await using acme = await startTestNode("acme");
    acme.host.onJoin = async () => {
      throw new TocsinError("TICKET_USED", "used before");
    };
    acme.net.setTickets([await ticketOf(ticketSeed)]);
    await expect(call(acme)).rejects.toMatchObject({ code: "JOIN_REFUSED", details: { remote: "TICKET_USED" } });
  });

  it("is cut off without a word when the ticket is not open", async () => {
    await using acme = await startTestNode("acme");
    await expect(call(acme)).rejects.toMatchObject({ code: "JOIN_REFUSED" });
    expect(acme.net.counters().strangersRefused).toBe(1);
  });

  it("speaks to no node but the inviter", async () => {
    await using acme = await startTestNode("acme");
    await using mallory = await startTestNode("mallory");
    mallory.net.setTickets([await ticketOf(ticketSeed)]);
    await expect(call(acme, mallory.net.addresses())).rejects.toMatchObject({ code: "TICKET_WRONG_PEER" });
  });

  it("tries the next address when the first one is dead", async () => {
    await using acme = await startTestNode("acme");
    acme.host.onJoin = async () => utf8("welcome");
    acme.net.setTickets([await ticketOf(ticketSeed)]);
    const { reply } = await call(acme, ["/ip4/127.0.0.1/tcp/1", "no address", ...acme.net.addresses()]);
    expect(fromUtf8(reply)).toBe("welcome");
  });

  it("learns that nobody answers", async () => {
    await using acme = await startTestNode("acme");
    await expect(call(acme, ["/ip4/127.0.0.1/tcp/1"])).rejects.toMatchObject({ code: "PEER_UNREACHABLE" });
    await expect(call(acme, [])).rejects.toMatchObject({ code: "PEER_UNREACHABLE" });
  });

  it("gives up in time when the inviter thinks for too long", async () => {
    await using acme = await startTestNode("acme");
    const thinking = Promise.withResolvers<Uint8Array>();
    acme.host.onJoin = () => thinking.promise;
    acme.net.setTickets([await ticketOf(ticketSeed)]);
    await expect(call(acme, acme.net.addresses(), AbortSignal.timeout(300))).rejects.toMatchObject({ code: "TIMEOUT" });
    thinking.resolve(utf8("too late"));
  });

  it("gets no other protocol, and is cut when the ticket is revoked", async () => {
    await using acme = await startTestNode("acme", { gossip: true });
    acme.net.setTickets([await ticketOf(ticketSeed)]);
    const node = await startNode({ seed: ticketSeed, listen: [LOOPBACK], announce: [], gater: {}, services: {} });
    try {
      const connection = await node.dial(dialTargets(acme.net.addresses(), peerIdOf(acme.net.transport)));
      for (const protocol of [
        "/tocsin/hello/1",
        "/tocsin/push/1",
        "/tocsin/sync/1",
        "/ipfs/id/1.0.0",
        "/meshsub/1.1.0",
      ]) {
        const stream = await connection.newStream(protocol).catch(() => undefined);
        await expect.poll(() => stream?.status ?? "refused").not.toBe("open");
      }
      expect(connection.status).toBe("open");
      acme.net.setTickets([]);
      await expect.poll(() => connection.status).not.toBe("open");
    } finally {
      await node.stop();
    }
  });
});

const call = (node: TestNode, addresses = node.net.addresses(), signal = soon()): ReturnType<typeof joinCall> =>
  joinCall({ ticketSeed, addresses, responderHash: hashOf(node), respond: () => utf8("let me in"), signal });
